#pragma once

#include <span>

#include "rota/base/status.h"
#include "rota/schedule/schedule.h"
#include "rota/schedule/task.h"
#include "rota/schedule/task_index.h"

namespace rota::internal {

// Gives each task that follows others their trigger. Errors: kInvalidArgument for a parent that is unknown or runs when
// a server starts, for parents that are not due together, for tasks of which some are unique and some are not, and for
// one that follows itself by way of others. `where` may be null. REQUIRES: all tasks are in the index.
Status LinkChains(std::span<Task> tasks, const TaskIndex& index, const PlaceOfTask& where);

}  // namespace rota::internal
