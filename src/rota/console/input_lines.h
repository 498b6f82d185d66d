#pragma once

#include <cstddef>
#include <istream>
#include <stop_token>
#include <string>

namespace rota {

// The lines of a descriptor, as they come. Waiting for the next one ends at a stop, which neither std::getline() nor a
// signal that restarts system calls can do. Nothing else may read the descriptor. Thread-compatible.
class InputLines {
 public:
  // The descriptor stays the caller's.
  InputLines(int descriptor, std::stop_token stop);
  // The same of standard input where `in` is std::cin. Another stream, which outlives this, is read as it is.
  InputLines(std::istream& in, std::stop_token stop);

  // Puts the next line there without its end. False at the end of the input, when it cannot be read, and soon after a
  // stop.
  bool Next(std::string& line);

 private:
  bool Fill();

  std::istream* const stream_ = nullptr;
  const int descriptor_;
  const std::stop_token stop_;
  std::string buffer_;
  std::size_t begin_ = 0;    // Of what was not given out yet.
  std::size_t scanned_ = 0;  // No line ends before it.
  bool ended_ = false;
};

}  // namespace rota
