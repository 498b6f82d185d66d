#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "rota/base/instant.h"
#include "rota/base/status.h"
#include "rota/schedule/schedule.h"
#include "rota/time/time_zone.h"

namespace rota {

// How many tasks fire at once, and when?
struct LoadQuestion {
  WallTime from;
  WallTime to;  // As ForecastQuestion has them.
  std::string environment = "production";
  int peaks = 5;       // How many to list.
  TimeZone zone = {};  // In which instants and hours are shown.
};

// The answer, by the triggers alone. Names stay valid as long as the schedule does.
struct Load {
  // An hour of the day, of all days.
  struct Hour {
    std::uint64_t fires = 0;
    std::uint64_t minutes = 0;  // That the time has of it.
    std::uint64_t most = 0;     // In one minute,
    WallTime busiest;           // the first such one.
  };
  // The minutes in which the same tasks fire equally often.
  struct Peak {
    std::uint64_t fires = 0;    // In each of them.
    std::uint64_t minutes = 0;  // How many they are,
    WallTime first;             // and the first one.
    std::vector<const Task*> tasks;
  };
  // Tasks that would fire apart from each other if each had this spread.
  struct Advice {
    Milliseconds spread{};
    std::vector<const Task*> tasks;
  };

  LoadQuestion question;
  std::size_t tasks = 0;      // That run in the environment.
  std::size_t elsewhere = 0;  // And that do not.
  std::uint64_t fires = 0;
  std::uint64_t minutes = 0;
  std::uint64_t most = 0;  // In one minute.
  std::array<Hour, 24> hours{};
  std::vector<Peak> peaks;  // The highest first.
  std::vector<Advice> advice;
  std::uint64_t most_then = 0;  // In one minute, if all of the advice were taken.
};

// Errors: as MakeForecast().
Result<Load> MeasureLoad(const Schedule& schedule, const LoadQuestion& question);

// A summary, the hours of the day, the peaks, and what to do about them; 80 columns wide where names allow it.
std::string ToText(const Load& load);
std::string ToJson(const Load& load);

}  // namespace rota
