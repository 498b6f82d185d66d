#include "rota/run/task_runner.h"

#include <optional>
#include <variant>

#include "rota/base/text.h"
#include "rota/run/conditions.h"
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
  std::optional<RunResult> result = AskConditions(order);
  if (!result && order.signals->stop.stop_requested()) {
    result = RunResult{Outcome::kCancelled, "stopped before it began", ""};
  }
  if (!result) {
    RunOutput output(order, clock_, feed_);
    result = Start(order, [&output](std::string_view bytes) { output.Write(bytes); });
    output.Finish(*result);
  }
  result->reason = ValidUtf8(result->reason);
  return *std::move(result);
}

RunResult TaskRunner::Start(const RunOrder& order, const Context::Output& output) {
  return std::visit(Overloaded{
                        [&](const CommandCall& call) {
                          const bool isolated = order.task->policies->isolated;
                          return isolated ? isolated_.Run(order, call, output) : in_process_.Run(order, call, output);
                        },
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
