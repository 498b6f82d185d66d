#include "rota/run/task_runner.h"

#include <exception>
#include <functional>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "rota/base/format.h"
#include "rota/base/text.h"

namespace rota {
namespace {

// What the conditions make of the run, or nothing when it may start.
std::optional<RunResult> AskConditions(const std::vector<std::function<bool()>>& conditions, bool expected,
                                       std::string_view call) {
  try {
    for (const auto& condition : conditions) {
      if (condition() != expected) return RunResult{Outcome::kSkipped, std::string(reason::kCondition), ""};
    }
    return std::nullopt;
  } catch (const std::exception& error) {
    return RunResult{Outcome::kFailed, Format("{} threw: {}", call, error), ""};
  } catch (...) {
    return RunResult{Outcome::kFailed, Format("{} threw something that is not a std::exception", call), ""};
  }
}

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace

RunResult TaskRunner::Run(const RunOrder& order) {
  const TaskPolicies& policies = *order.task->policies;
  std::optional<RunResult> result;
  if (order.kind != OccurrenceKind::kManual) {  // A person who asks for a run has decided already.
    result = AskConditions(policies.when, true, "When()");
    if (!result) result = AskConditions(policies.skip, false, "Skip()");
  }
  if (!result && order.signals->stop.stop_requested()) {
    result = RunResult{Outcome::kCancelled, "stopped before it began", ""};
  }
  if (!result) {
    result =
        std::visit(Overloaded{
                       [&](const CommandCall& call) { return in_process_.Run(order, call); },
                       [&](const ExecCall& call) { return child_process_.Run(order, call.argv); },
                       [&](const ShellCall& call) { return child_process_.Run(order, {"/bin/sh", "-c", call.line}); },
                   },
                   order.task->work);
  }
  result->reason = ValidUtf8(result->reason);
  return *std::move(result);
}

}  // namespace rota
