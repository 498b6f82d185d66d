#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "rota/base/instant.h"
#include "rota/schedule/schedule.h"
#include "rota/testing/cluster/dice.h"

namespace rota::cluster {

// What a simulated fleet has to do.
struct Workload {
  std::shared_ptr<const Schedule> schedule;
  std::vector<Milliseconds> durations;  // Per task: how long a run takes on average.
  double rate = 0;                      // Occurrences a second: of unique tasks once, of others per server.
};

// The pool of some tasks, whose runs are short. It may have a fleet limit.
inline constexpr std::string_view kLimitedPool = "limited";

// Draws a schedule for so many servers: cron expressions and intervals, unique tasks and others, overlap skipped and
// allowed, graces, lock timeouts, tasks that start on their servers; misfire policies, retries, timeouts, short runs
// and long ones.
Workload DrawWorkload(Dice& dice, int servers);

}  // namespace rota::cluster
