#include "rota/console/input_lines.h"

#include <poll.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <utility>

namespace rota {
namespace {

constexpr std::size_t kChunk = 65'536;
constexpr int kPeriodMs = 100;  // How long a stop may go unseen.

}  // namespace

InputLines::InputLines(int descriptor, std::stop_token stop) : descriptor_(descriptor), stop_(std::move(stop)) {}

InputLines::InputLines(std::istream& in, std::stop_token stop)
    : stream_(in.rdbuf() == std::cin.rdbuf() ? nullptr : &in), descriptor_(STDIN_FILENO), stop_(std::move(stop)) {}

bool InputLines::Next(std::string& line) {
  if (stream_ != nullptr) return static_cast<bool>(std::getline(*stream_, line));
  while (!stop_.stop_requested()) {
    const std::size_t end = buffer_.find('\n', scanned_);
    if (end != std::string::npos) {
      line.assign(buffer_, begin_, end - begin_);
      begin_ = scanned_ = end + 1;
      return true;
    }
    scanned_ = buffer_.size();
    if (Fill()) continue;
    if (stop_.stop_requested() || begin_ == buffer_.size()) return false;
    line.assign(buffer_, begin_);  // The last line may lack its end.
    begin_ = buffer_.size();
    return true;
  }
  return false;
}

// Adds what is there to the buffer, after waiting for it; false when no more comes.
bool InputLines::Fill() {
  buffer_.erase(0, begin_);
  scanned_ -= begin_;
  begin_ = 0;
  while (!ended_ && !stop_.stop_requested()) {
    pollfd input{descriptor_, POLLIN, 0};
    if (poll(&input, 1, kPeriodMs) <= 0) continue;  // Nothing yet, or interrupted.
    const std::size_t size = buffer_.size();
    buffer_.resize(size + kChunk);
    const ssize_t got = read(descriptor_, buffer_.data() + size, kChunk);
    const int error = errno;
    buffer_.resize(size + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got > 0) return true;
    ended_ = got == 0 || (error != EINTR && error != EAGAIN);
  }
  return false;
}

}  // namespace rota
