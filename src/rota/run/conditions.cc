#include "rota/run/conditions.h"

#include <exception>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/format.h"

namespace rota {
namespace {

std::optional<RunResult> Ask(const std::vector<std::function<bool()>>& conditions, bool expected,
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

}  // namespace

std::optional<RunResult> AskConditions(const RunOrder& order) {
  if (IsAskedFor(order.kind)) return std::nullopt;
  const TaskPolicies& policies = *order.task->policies;
  std::optional<RunResult> result = Ask(policies.when, true, "When()");
  if (!result) result = Ask(policies.skip, false, "Skip()");
  return result;
}

}  // namespace rota
