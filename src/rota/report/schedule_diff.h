#pragma once

#include <string>

#include "rota/schedule/diff.h"

namespace rota {

// What changed of each task, and which instants appear or vanish; each in the task's zone. Says so where nothing
// changed.
std::string ToText(const ScheduleDiff& diff);
// An object: `same`, the span, and an object for each task that changed.
std::string ToJson(const ScheduleDiff& diff);

}  // namespace rota
