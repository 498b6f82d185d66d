#pragma once

#include <string>

#include "rota/schedule/task.h"

namespace rota::internal {

// Differs when any policy differs; conditions are functions, which cannot be compared and do not count.
std::string PoliciesKey(const TaskPolicies& policies);

}  // namespace rota::internal
