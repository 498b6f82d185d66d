#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/status.h"
#include "rota/engine/runner.h"
#include "rota/run/child_process_runner.h"
#include "rota/run/command_registry.h"
#include "rota/run/context.h"
#include "rota/schedule/task.h"

namespace rota {

// The command with which a program runs one of its commands for a server, in a process of its own. No person types it.
inline constexpr std::string_view kIsolatedRun = "isolated:run";

// Runs a command in a child process of this program: `PROGRAM isolated:run --server ID -- NAME ARGUMENTS…`. The child
// learns of its run as any child does, prints to its output, hears of a stop by SIGTERM, and says on a descriptor of
// its own how the command ended; what it says makes the result that it would have made in this process. One that ended
// without saying so failed as its process did: `failed(signal 11 (Segmentation fault))`. Thread-safe.
class IsolatedRunner {
 public:
  // Both outlive the runner; `commands` is not changed any more.
  IsolatedRunner(const CommandRegistry& commands, ChildProcessRunner& processes)
      : commands_(commands), processes_(processes) {}

  // REQUIRES: order.task and order.signals are set.
  RunResult Run(const RunOrder& order, const CommandCall& call, const Context::Output& output);

 private:
  const CommandRegistry& commands_;
  ChildProcessRunner& processes_;
};

// The child's part: carries out the command and says how it ended. Errors: kFailed when this process was not started by
// a server, or cannot tell it.
Status RunIsolated(const CommandRegistry& commands, const std::vector<std::string>& words, std::string server,
                   std::stop_token stop, const Context::Output& output);

}  // namespace rota
