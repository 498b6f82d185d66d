#pragma once

#include <string>
#include <vector>

#include "rota/engine/runner.h"
#include "rota/run/context.h"
#include "rota/run/process_guard.h"
#include "rota/run/spawn.h"

namespace rota {

// Runs a program as a child process and waits for it. It learns of its run by ROTA_RUN_ID, ROTA_TASK,
// ROTA_SCHEDULED_AT, ROTA_PREVIOUS_SCHEDULED_AT, ROTA_ATTEMPT and ROTA_FENCING_TOKEN in its environment. A user,
// directory or limit that it cannot have makes the run `failed`.
//
// A stop sends SIGTERM to the child's process group, a kill SIGKILL; both make the outcome `cancelled`. The run ends
// with the child: background processes it left behind may go on, their later output is lost. After a stop, the run
// lasts until they too have let go of the output, or the kill, so that what was told to stop has stopped. Thread-safe.
class ChildProcessRunner {
 public:
  // `options` as for Spawn(); their account follows from `options.process`. `output` gets what it prints, on the
  // calling thread. REQUIRES: order.task and order.signals are set, argv has a program.
  RunResult Run(const RunOrder& order, const std::vector<std::string>& argv, SpawnOptions options,
                const Context::Output& output);

 private:
  ProcessGuard guard_;
};

}  // namespace rota
