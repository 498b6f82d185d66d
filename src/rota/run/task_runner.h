#pragma once

#include <cstddef>
#include <functional>
#include <string_view>
#include <utility>

#include "rota/engine/runner.h"
#include "rota/run/child_process_runner.h"
#include "rota/run/command_registry.h"
#include "rota/run/in_process_runner.h"
#include "rota/run/isolated.h"
#include "rota/run/output_feed.h"
#include "rota/run/timed_calls.h"
#include "rota/time/clock.h"

namespace rota {

// The runner of every kind of task. Asks the task's conditions first, as AskConditions() says; one that does not answer
// within kConditionTimeout makes the run `failed`, and holds up no worker. Then runs the command in this process, the
// program or shell line as a child, or sends the request. A run whose stop was requested before it began is `cancelled`
// and starts nothing. Reasons are valid UTF-8. Thread-safe.
class TaskRunner final : public Runner {
 public:
  // All outlive the runner; `commands` is not changed any more. `feed` gets what runs print while somebody watches.
  // `on_begin` is called on the worker when the work of an occurrence begins, before its first attempt.
  TaskRunner(const CommandRegistry& commands, Clock& clock, OutputFeed& feed,
             std::function<void(const RunOrder&)> on_begin = {})
      : on_begin_(std::move(on_begin)),
        clock_(clock),
        feed_(feed),
        in_process_(commands),
        isolated_(commands, child_process_),
        conditions_("rota-conditions", clock) {}

  // REQUIRES: order.task, its policies, and order.signals are set.
  RunResult Run(const RunOrder& order) override;

  // The conditions that have not answered although nobody waits for them any more. The destructor would.
  std::size_t abandoned() { return conditions_.overdue(); }

 private:
  Result<bool> Ask(const RunOrder& order, std::string_view call, const std::function<bool()>& condition);
  RunResult Start(const RunOrder& order, const Context::Output& output);

  const std::function<void(const RunOrder&)> on_begin_;
  const Clock& clock_;
  OutputFeed& feed_;
  InProcessRunner in_process_;
  ChildProcessRunner child_process_;
  IsolatedRunner isolated_;
  TimedCalls conditions_;
};

}  // namespace rota
