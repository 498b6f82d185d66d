#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rota/schedule/schedule.h"

namespace rota {

// A mark for each task, of 16 hex digits, that differs when its definition does: by it servers find out which of their
// tasks another one defines as they do.
std::string MakeManifest(const Schedule& schedule);

// Per task of the schedule: whether the other one, of which this is the manifest, defines it differently, or has it no
// more. Nothing when the text is no manifest.
std::optional<std::vector<bool>> FindChanged(const Schedule& schedule, std::string_view manifest);

}  // namespace rota
