#pragma once

#include "rota/engine/runner.h"
#include "rota/run/child_process_runner.h"
#include "rota/run/command_registry.h"
#include "rota/run/in_process_runner.h"
#include "rota/run/isolated.h"
#include "rota/run/output_feed.h"
#include "rota/time/clock.h"

namespace rota {

// The runner of every kind of task. Asks the task's conditions first, unless a person asked for the run: a `when` that
// is false or a `skip` that is true makes `skipped(condition)`, one that throws `failed`. Then runs the command in this
// process, the program or shell line as a child. A run whose stop was requested before it began is `cancelled` and
// starts nothing. Reasons are valid UTF-8. Thread-safe.
class TaskRunner final : public Runner {
 public:
  // All outlive the runner; `commands` is not changed any more. `feed` gets what runs print while somebody watches.
  TaskRunner(const CommandRegistry& commands, const Clock& clock, OutputFeed& feed)
      : clock_(clock), feed_(feed), in_process_(commands), isolated_(commands, child_process_) {}

  // REQUIRES: order.task, its policies, and order.signals are set.
  RunResult Run(const RunOrder& order) override;

 private:
  RunResult Start(const RunOrder& order, const Context::Output& output);

  const Clock& clock_;
  OutputFeed& feed_;
  InProcessRunner in_process_;
  ChildProcessRunner child_process_;
  IsolatedRunner isolated_;
};

}  // namespace rota
