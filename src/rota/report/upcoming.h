#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rota/base/instant.h"
#include "rota/cron/expression.h"
#include "rota/time/time_zone.h"

namespace rota {

// When a cron expression fires next.
struct Upcoming {
  std::string cron;   // As written.
  std::string words;  // The expression in words.
  TimeZone zone;
  std::vector<WallTime> instants;  // Soonest first.
};

// The first `count` instants after `after`; fewer when the expression stops firing.
Upcoming ListUpcoming(std::string_view cron, const Expression& expression, const TimeZone& zone, WallTime after,
                      int count);

// The words on the first line, then an instant a line.
std::string ToText(const Upcoming& upcoming);
std::string ToJson(const Upcoming& upcoming);

}  // namespace rota
