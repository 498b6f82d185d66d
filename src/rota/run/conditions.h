#pragma once

#include <optional>

#include "rota/engine/runner.h"

namespace rota {

// Asks the conditions of the order's task: a `when` that is false or a `skip` that is true makes `skipped(condition)`,
// one that throws `failed`. Nothing: the run may start. They are not asked where a person wants the run, who has
// decided already. REQUIRES: order.task and its policies are set.
std::optional<RunResult> AskConditions(const RunOrder& order);

}  // namespace rota
