#pragma once

#include <string>
#include <vector>

#include "rota/base/instant.h"
#include "rota/schedule/schedule.h"

namespace rota {

// A sentence for each calendar of the schedule's tasks that is covered for 30 more days at most, or no longer, in the
// order of their names; the day is that of the first such task's zone.
std::vector<std::string> CalendarWarnings(const Schedule& schedule, WallTime now);

}  // namespace rota
