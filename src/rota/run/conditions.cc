#include "rota/run/conditions.h"

#include <string>
#include <utility>
#include <vector>

#include "rota/base/format.h"
#include "rota/run/user_code.h"

namespace rota {
namespace {

std::optional<RunResult> Ask(const std::vector<std::function<bool()>>& conditions, bool expected, std::string_view call,
                             const AskCondition& ask) {
  for (const auto& condition : conditions) {
    const Result<bool> answer = ask(call, condition);
    if (answer && *answer == expected) continue;
    RunResult result;
    if (answer) {
      result.outcome = Outcome::kSkipped;
      result.reason = reason::kCondition;
    } else if (answer.error().code() == StatusCode::kCancelled) {
      result.outcome = Outcome::kCancelled;
      result.reason = "stopped before it began";
    } else {
      result.outcome = Outcome::kFailed;
      result.reason = Format("{} {}", call, answer.error());
    }
    result.final = true;
    return result;
  }
  return std::nullopt;
}

Result<bool> AskHere(std::string_view, const std::function<bool()>& condition) {
  bool answer = false;
  Status asked = CallFunction([&] { answer = condition(); });
  if (!asked.ok()) return Fail(std::move(asked));
  return answer;
}

}  // namespace

std::optional<RunResult> AskConditions(const RunOrder& order, const AskCondition& ask) {
  if (IsAskedFor(order.kind) || order.attempt > 1) return std::nullopt;
  const TaskPolicies& policies = *order.task->policies;
  std::optional<RunResult> result = Ask(policies.when, true, "When()", ask);
  if (!result) result = Ask(policies.skip, false, "Skip()", ask);
  return result;
}

std::optional<RunResult> AskConditions(const RunOrder& order) { return AskConditions(order, AskHere); }

}  // namespace rota
