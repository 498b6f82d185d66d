#pragma once

#include <functional>
#include <optional>
#include <string_view>

#include "rota/base/status.h"
#include "rota/engine/runner.h"

namespace rota {

// How long a When() or Skip() may take to answer.
inline constexpr Milliseconds kConditionTimeout = std::chrono::seconds(10);

// Calls a condition and returns what it said. `call` is "When()" or "Skip()". Errors: what became of it ("threw: …"),
// kCancelled when the run was told to stop meanwhile.
using AskCondition = std::function<Result<bool>(std::string_view call, const std::function<bool()>& condition)>;

// Asks the conditions of the order's task: a `when` that is false or a `skip` that is true makes `skipped(condition)`,
// one without an answer makes `failed`, and no further attempt. Nothing: the run may start. They are asked once for an
// occurrence, before its first attempt, and not where a person wants the run, who has decided already.
//
// REQUIRES: order.task and its policies are set.
std::optional<RunResult> AskConditions(const RunOrder& order, const AskCondition& ask);
// There and then, however long they take.
std::optional<RunResult> AskConditions(const RunOrder& order);

}  // namespace rota
