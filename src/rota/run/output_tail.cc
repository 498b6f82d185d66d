#include "rota/run/output_tail.h"

#include <algorithm>
#include <utility>

#include "rota/base/format.h"
#include "rota/base/text.h"

namespace rota {
namespace {

bool IsContinuation(char byte) { return (static_cast<unsigned char>(byte) & 0xc0) == 0x80; }

// The length of `text` without the UTF-8 sequence that its end breaks off, if there is one.
std::size_t CompleteLength(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const char byte = text[text.size() - back];
    if (IsContinuation(byte)) continue;
    const auto lead = static_cast<unsigned char>(byte);
    const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
    return length > back ? text.size() - back : text.size();
  }
  return text.size();
}

// The first place at or after `from` where no UTF-8 sequence is split.
std::size_t CutAfter(std::string_view text, std::size_t from) {
  std::size_t cut = from;
  while (cut < text.size() && cut - from < 3 && IsContinuation(text[cut])) ++cut;
  return cut;
}

}  // namespace

OutputTail::OutputTail(std::function<void(std::string_view)> on_line) : on_line_(std::move(on_line)) {}

void OutputTail::Write(std::string_view bytes) {
  const MutexLock lock(mu_);
  Keep(bytes);
  if (on_line_) Forward(bytes);
}

std::string OutputTail::Finish() {
  const MutexLock lock(mu_);
  if (!line_.empty()) Deliver(line_);
  line_.clear();
  const std::string text = head_ + tail_;
  if (cut_ == 0 && text.size() <= kHeadBytes + kTailBytes) return ValidUtf8(text);
  // Once bytes are cut, the tail holds at least its share, so the two parts never overlap.
  const std::size_t head = CompleteLength(std::string_view(text).substr(0, kHeadBytes));
  const std::size_t tail = CutAfter(text, text.size() - kTailBytes);
  return ValidUtf8(text.substr(0, head)) + Format("\n[... {} bytes left out ...]\n", cut_ + tail - head) +
         ValidUtf8(text.substr(tail));
}

void OutputTail::Keep(std::string_view bytes) {
  const std::size_t to_head = std::min(bytes.size(), kHeadBytes - head_.size());
  head_.append(bytes.substr(0, to_head));
  bytes.remove_prefix(to_head);
  if (bytes.size() > kTailBytes) {
    const std::size_t skipped = bytes.size() - kTailBytes;
    cut_ += tail_.size() + skipped;
    tail_.clear();
    bytes.remove_prefix(skipped);
  }
  tail_.append(bytes);
  if (tail_.size() > 2 * kTailBytes) {
    const std::size_t excess = tail_.size() - kTailBytes;
    tail_.erase(0, excess);
    cut_ += excess;
  }
}

void OutputTail::Forward(std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t end = bytes.find('\n');
    const std::string_view part = bytes.substr(0, std::min(end, kLineBytes));
    line_.append(part);
    bytes.remove_prefix(part.size());
    if (!bytes.empty() && bytes.front() == '\n') {
      bytes.remove_prefix(1);
      Deliver(line_);
      line_.clear();
    } else if (line_.size() > kLineBytes) {
      const std::size_t cut = CompleteLength(std::string_view(line_).substr(0, kLineBytes));
      Deliver(std::string_view(line_).substr(0, cut));
      line_.erase(0, cut);
    }
  }
}

void OutputTail::Deliver(std::string_view line) {
  if (!on_line_) return;
  if (line.ends_with('\r')) line.remove_suffix(1);
  try {
    on_line_(ValidUtf8(line));
  } catch (...) {
    on_line_ = nullptr;  // A watcher's failure is not the run's.
  }
}

}  // namespace rota
