#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>

#include "rota/base/instant.h"

namespace rota {

// What is kept of a run's output: its beginning and its end, in bounded memory however much is printed, with a line
// between them that counts what is missing. Each line begins with the instant at which its first byte came. What is
// kept is printable as PrintableLine() has it, whatever the bytes are.
//
//   2026-03-07T02:00:00.012Z dumping shop
//   … 1,234,567 bytes in 8,910 lines are left out …
//   2026-03-07T02:31:40.503Z no space left on device
//
// Thread-compatible.
class OutputTail {
 public:
  static constexpr std::size_t kHeadBytes = 4 * 1024;
  static constexpr std::size_t kTailBytes = 12 * 1024;

  // `at`: when the bytes came.
  void Write(WallTime at, std::string_view bytes);
  // What was kept. A last line without line end has none here either.
  std::string Finish();

 private:
  // A line, or a part of one that is long.
  struct Piece {
    std::string text;  // As printed, without its line end.
    WallTime at;
    bool begins = true;  // A line.
    bool ends = false;
  };
  enum class LineEnd { kHere, kLater };

  std::size_t Skip(std::string_view bytes);
  void Commit(std::size_t length, LineEnd end);
  void Keep(Piece piece);
  void CutFirst();
  std::string Render(const Piece& piece);
  const std::string& Stamp(WallTime at);

  std::string pending_;         // The last piece, as printed so far.
  bool pending_begins_ = true;  // A line.
  WallTime pending_at_;
  std::string stamp_;
  WallTime stamped_;
  std::string head_;
  bool head_closed_ = false;
  std::deque<Piece> tail_;
  std::size_t tail_bytes_ = 0;  // Of it when rendered, at least.
  std::uint64_t cut_bytes_ = 0;
  std::uint64_t cut_lines_ = 0;  // By their beginnings.
};

}  // namespace rota
