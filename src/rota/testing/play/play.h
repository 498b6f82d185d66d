#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rota/base/instant.h"
#include "rota/engine/occurrence.h"
#include "rota/engine/runner.h"
#include "rota/schedule/schedule.h"
#include "rota/testing/fake_clock.h"
#include "rota/time/time_zone.h"

namespace rota {

// How an attempt of a run goes in a play. One that is told to stop before its time is over is `cancelled` at once.
struct PlayedRun {
  Milliseconds takes{0};
  Outcome outcome = Outcome::kSucceeded;
  std::string reason = {};
  std::optional<int> exit_code = {};  // As of a child process: what RetryPolicy::exit_codes looks at.
};

struct PlayOptions {
  WallTime from = {};  // The server starts here, as one that is new to its tasks: nothing before was missed.
  WallTime to = {};    // What is scheduled here, or later, does not fire any more; what has begun ends.
  std::string environment = "production";
  int workers = 16;
  // Called as each attempt begins. Empty: all runs succeed at once. What it throws ends the play.
  std::function<PlayedRun(const RunOrder&)> run = {};
  // Is set to the time of the play and goes with it, for conditions and functions that ask it. May be null.
  FakeClock* clock = nullptr;
};

// Lets one server follow a schedule in virtual time, and returns how each occurrence of [from, to) ended, in the order
// of their instants. The engine's own core decides, over a store in memory: retries, timeouts, overlap, environments
// and changes of the clocks are as in production. Conditions are asked; of the work nothing is carried out, unless
// `run` does it. Whatever takes no time of its own takes none, so a play of the same schedule goes the same each time.
// A run that ends at the instant at which its task is due again overlaps it.
//
//   using namespace std::chrono;
//   const auto played = rota::Play(schedule, {.from = sys_days{2026y / 3 / 7}, .to = sys_days{2026y / 3 / 9}});
//   EXPECT_THAT(rota::Lines(played), ElementsAre("2026-03-07T02:00:00Z backup:run succeeded",
//                                                "2026-03-08T02:00:00Z backup:run succeeded"));
//
// REQUIRES: from < to. Nobody else moves the clock meanwhile.
std::vector<OccurrenceRecord> Play(const Schedule& schedule, const PlayOptions& options);

// A line for each record: its instant, in UTC or as people of the zone read it, its task, and how it ended.
std::vector<std::string> Lines(std::span<const OccurrenceRecord> records);
std::vector<std::string> Lines(std::span<const OccurrenceRecord> records, const TimeZone& zone);

}  // namespace rota
