#pragma once

#include <vector>

#include "rota/config/key.h"
#include "rota/schedule/process_options.h"

namespace rota {

// What a task's child process finds around it: keys of a task, and those of its `limits`, in the order of the
// documentation.
const std::vector<Key<ProcessOptions>>& ProcessKeys();
const std::vector<Key<ProcessLimits>>& LimitKeys();

}  // namespace rota
