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
#include "rota/run/run_output.h"

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
    RunOutput output(order, clock_, feed_);
    result = Start(order, [&output](std::string_view bytes) { output.Write(bytes); });
    output.Finish(*result);
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

RunResult TaskRunner::Start(const RunOrder& order, const Context::Output& output) {
  return std::visit(Overloaded{
                        [&](const CommandCall& call) {
                          const bool isolated = order.task->policies->isolated;
                          return isolated ? isolated_.Run(order, call, output) : in_process_.Run(order, call, output);
                        },
                        [&](const HttpCall& call) { return RunHttpCall(order, call, output); },
                        [&](const FunctionCall& call) { return in_process_.Run(order, call, output); },
                        [&](const ExecCall& call) {
                          return child_process_.Run(order, call.argv, {.process = call.process.get()}, output);
                        },
                        [&](const ShellCall& call) {
                          return child_process_.Run(order, {"/bin/sh", "-c", call.line},
                                                    {.process = call.process.get()}, output);
                        },
                    },
                    order.task->work);
}

}  // namespace rota
