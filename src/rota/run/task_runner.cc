#include "rota/run/task_runner.h"

#include <memory>
#include <optional>
#include <string_view>
#include <utility>
#include <variant>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/run/conditions.h"
#include "rota/run/http_runner.h"

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
  std::optional<RunResult> result =
      AskConditions(order, [&](std::string_view call, const auto& condition) { return Ask(order, call, condition); });
  if (!result && order.signals->stop.stop_requested()) {
    result = RunResult{Outcome::kCancelled, "stopped before it began", ""};
  }
  if (!result) {
    if (on_begin_ && order.attempt == 1) on_begin_(order);
    result =
        std::visit(Overloaded{
                       [&](const CommandCall& call) { return in_process_.Run(order, call); },
                       [&](const ExecCall& call) { return child_process_.Run(order, call.argv, call.process.get()); },
                       [&](const ShellCall& call) {
                         return child_process_.Run(order, {"/bin/sh", "-c", call.line}, call.process.get());
                       },
                       [&](const HttpCall& call) { return RunHttpCall(order, call); },
                   },
                   order.task->work);
  }
  result->reason = ValidUtf8(result->reason);
  return *std::move(result);
}

// What an overdue condition uses may not go before it ends: it holds the policies that it is part of.
Result<bool> TaskRunner::Ask(const RunOrder& order, std::string_view call, const std::function<bool()>& condition) {
  const auto answer = std::make_shared<bool>(false);
  const auto ask = [answer, &condition, policies = order.task->policies] { *answer = condition(); };
  Status asked =
      conditions_.Call(Format("{} {}", call, order.task->id), ask, kConditionTimeout, order.signals->stop.get_token());
  if (!asked.ok()) return Fail(std::move(asked));
  return *answer;
}

}  // namespace rota
