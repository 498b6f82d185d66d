#include "rota/run/task_runner.h"

#include <optional>
#include <variant>

#include "rota/base/text.h"
#include "rota/run/conditions.h"

namespace rota {
namespace {

template <typename... Cases>
struct Overloaded : Cases... {
  using Cases::operator()...;
};
template <typename... Cases>
Overloaded(Cases...) -> Overloaded<Cases...>;

}  // namespace

RunResult TaskRunner::Run(const RunOrder& order) {
  std::optional<RunResult> result = AskConditions(order);
  if (!result && order.signals->stop.stop_requested()) {
    result = RunResult{Outcome::kCancelled, "stopped before it began", ""};
  }
  if (!result) {
    result =
        std::visit(Overloaded{
                       [&](const CommandCall& call) { return in_process_.Run(order, call); },
                       [&](const ExecCall& call) { return child_process_.Run(order, call.argv, call.process.get()); },
                       [&](const ShellCall& call) {
                         return child_process_.Run(order, {"/bin/sh", "-c", call.line}, call.process.get());
                       },
                   },
                   order.task->work);
  }
  result->reason = ValidUtf8(result->reason);
  return *std::move(result);
}

}  // namespace rota
