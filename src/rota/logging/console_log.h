#pragma once

#include <cstdint>
#include <string_view>

#include "rota/base/log.h"
#include "rota/base/mutex.h"
#include "rota/logging/log_line.h"
#include "rota/time/time_zone.h"

namespace rota {

// Colors for a terminal, unless the environment variable NO_COLOR is set and not empty (no-color.org) or TERM is
// "dumb"; none for files and pipes.
Colors ColorsFor(int descriptor);

// Writes records as lines for people (HumanLine) to a descriptor, whole or, at worst, cut
// short. A reader that stops reading, as
// a paused terminal or a full pipe does, costs the writer at most 100 ms once: then lines are dropped and counted, and
// the first line that fits again is preceded by one that says how many are missing. Errors are treated alike.
// The program must ignore SIGPIPE when the descriptor may be a pipe. Thread-safe.
//
//   ConsoleLog log(STDERR_FILENO, zone, ColorsFor(STDERR_FILENO));
class ConsoleLog final : public LogSink {
 public:
  // `descriptor` stays open as long as this lives and is not closed by it.
  ConsoleLog(int descriptor, TimeZone zone, Colors colors);
  void Write(const LogRecord& record) override;

 private:
  bool Put(std::string_view line) ROTA_REQUIRES(mu_);

  const int descriptor_;
  const TimeZone zone_;
  const Colors colors_;

  // Held over the write, which is bounded: it is what keeps lines whole.
  Mutex mu_;
  std::int64_t dropped_ ROTA_GUARDED_BY(mu_) = 0;  // Since the last line that went out whole.
  bool torn_ ROTA_GUARDED_BY(mu_) = false;         // The stream ends in the middle of a line.
};

}  // namespace rota
