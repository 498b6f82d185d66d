#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rota/engine/runner.h"
#include "rota/run/output_feed.h"
#include "rota/run/output_tail.h"
#include "rota/run/spawn.h"
#include "rota/time/clock.h"

namespace rota {

// Where a run's output goes as it comes: all of it, as it is, to the task's file if it has one; line by line to those
// who watch; and in bounds to what is kept of the run. A file that cannot be opened or written is told in the run's
// reason and changes nothing else. Thread-compatible.
class RunOutput {
 public:
  // A longer line reaches a watcher in pieces of this size.
  static constexpr std::size_t kLineBytes = 8 * 1024;

  // All outlive it. REQUIRES: order.task, its policies and order.signals are set.
  RunOutput(const RunOrder& order, const Clock& clock, OutputFeed& feed);

  void Write(std::string_view bytes);
  // Ends the last line, and adds to the result what was kept and what is the matter with the file.
  void Finish(RunResult& result);

 private:
  void OpenFile();
  void WriteFile(std::string_view bytes);
  void Cut(WallTime at, std::string_view bytes);
  void Deliver(WallTime at, std::string_view line);
  void Publish();

  const RunOrder& order_;
  const Clock& clock_;
  OutputFeed& feed_;
  OutputTail tail_;
  FileDescriptor file_;
  std::string file_problem_;
  std::string line_;               // Begun, not yet handed to watchers.
  std::vector<OutputLine> lines_;  // Not yet handed to them either.
};

}  // namespace rota
