#pragma once

#include <functional>
#include <string_view>
#include <vector>

#include "rota/base/instant.h"
#include "rota/engine/occurrence.h"

namespace rota {

// Instants of a task that are past and are to be run, one after the other.
struct Backfill {
  std::vector<WallTime> instants;                         // In their order.
  Milliseconds pace{};                                    // From the start of one to that of the next, at least.
  std::function<void(std::string_view server)> on_busy;   // The task runs there; its end is waited for.
  std::function<void(const OccurrenceRecord&)> on_ended;  // How an instant ended.
};

}  // namespace rota
