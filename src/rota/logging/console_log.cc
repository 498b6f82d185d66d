#include "rota/logging/console_log.h"

#include <limits.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "rota/base/format.h"
#include "rota/base/instant.h"

namespace rota {
namespace {

constexpr Milliseconds kPatience(100);

bool WaitWritable(int descriptor, Milliseconds timeout) {
  pollfd poll_for{descriptor, POLLOUT, 0};
  return ::poll(&poll_for, 1, static_cast<int>(timeout.count())) == 1 && (poll_for.revents & POLLOUT) != 0;
}

}  // namespace

Colors ColorsFor(int descriptor) {
  const char* no_color = std::getenv("NO_COLOR");
  const char* term = std::getenv("TERM");
  const bool refused =
      (no_color != nullptr && *no_color != '\0') || (term != nullptr && std::string_view(term) == "dumb");
  return !refused && ::isatty(descriptor) == 1 ? Colors::kOn : Colors::kOff;
}

ConsoleLog::ConsoleLog(int descriptor, TimeZone zone, Colors colors)
    : descriptor_(descriptor), zone_(zone), colors_(colors) {}

void ConsoleLog::Write(const LogRecord& record) {
  if (record.machines_only) return;
  const std::string line = HumanLine(record, zone_, colors_) + "\n";
  MutexLock lock(mu_);
  if (dropped_ > 0) {
    LogRecord gap{record.at, LogLevel::kWarning, "log lines are missing here: the reader was too slow", {}};
    gap.fields.push_back({"dropped", dropped_});
    const std::string_view end_of_torn_line = torn_ ? "\n" : "";
    if (!Put(Format("{}{}\n", end_of_torn_line, HumanLine(gap, zone_, colors_)))) {
      ++dropped_;
      return;
    }
    dropped_ = 0;
  }
  if (!Put(line)) ++dropped_;
}

// A pipe that polls writable takes PIPE_BUF bytes without blocking, so long lines go in pieces.
bool ConsoleLog::Put(std::string_view line) {
  const std::size_t whole = line.size();
  while (!line.empty()) {
    // Who has waited in vain once does not wait again before something moves.
    if (!WaitWritable(descriptor_, dropped_ > 0 ? Milliseconds(0) : kPatience)) break;
    const ssize_t written = ::write(descriptor_, line.data(), std::min<std::size_t>(line.size(), PIPE_BUF));
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) break;
    line.remove_prefix(static_cast<std::size_t>(written));
  }
  // When nothing went out, the end of the stream is what it was before.
  if (line.size() < whole) torn_ = !line.empty();
  return line.empty();
}

}  // namespace rota
