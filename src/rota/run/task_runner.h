#pragma once

#include "rota/engine/runner.h"
#include "rota/run/child_process_runner.h"
#include "rota/run/command_registry.h"
#include "rota/run/in_process_runner.h"

namespace rota {

// The runner of every kind of task. Asks the task's conditions first, unless a person asked for the run: a `when` that
// is false or a `skip` that is true makes `skipped(condition)`, one that throws `failed`. Then runs the command in this
// process, the program or shell line as a child, and sends the request. A run whose stop was requested before it began
// is `cancelled` and starts nothing. Reasons are valid UTF-8. Thread-safe.
class TaskRunner final : public Runner {
 public:
  // `commands` outlives the runner and is not changed any more.
  explicit TaskRunner(const CommandRegistry& commands) : in_process_(commands) {}

  // REQUIRES: order.task, its policies, and order.signals are set.
  RunResult Run(const RunOrder& order) override;

 private:
  InProcessRunner in_process_;
  ChildProcessRunner child_process_;
};

}  // namespace rota
