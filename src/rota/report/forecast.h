#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rota/base/instant.h"
#include "rota/base/status.h"
#include "rota/cron/dst.h"
#include "rota/schedule/schedule.h"
#include "rota/time/time_zone.h"

namespace rota {

// What a schedule would fire, and when?
struct ForecastQuestion {
  WallTime from;  // What fires here is meant,
  WallTime to;    // and here it is not.
  std::string environment = "production";
  std::optional<TaskId> task = {};  // Only this one.
  std::size_t limit = 1'000;        // How many occurrences are listed.
  TimeZone zone = {};               // In which instants are shown.
};

// The answer, by the triggers alone: conditions, pauses and overlap are not looked at. Names stay valid as long as the
// schedule does.
struct Forecast {
  struct Occurrence {
    WallTime at;
    const Task* task = nullptr;
  };
  // Something that a change of the clocks does to tasks that fire together.
  struct Change {
    DstEffect effect;
    TimeZone zone;
    std::vector<const Task*> tasks;
  };

  ForecastQuestion question;
  std::vector<Occurrence> occurrences;  // The first of them, in order; at one instant in that of registration.
  std::uint64_t total = 0;              // How many there are in all,
  std::size_t tasks = 0;                // and of how many tasks.
  std::size_t elsewhere = 0;            // Tasks that do not run in the environment.
  std::vector<Change> changes;
};

// Errors: kInvalidArgument when the time runs backwards, is longer than 366 days, or when the tasks fire too often in
// it to be counted.
Result<Forecast> MakeForecast(const Schedule& schedule, const ForecastQuestion& question);

// The zone that all tasks share; UTC where they do not.
TimeZone SharedZone(const Schedule& schedule);

// A table of the occurrences, and what there is to say of them.
std::string ToText(const Forecast& forecast);
std::string ToJson(const Forecast& forecast);

}  // namespace rota
