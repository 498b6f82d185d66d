#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/instant.h"
#include "rota/base/status.h"
#include "rota/cron/expression.h"
#include "rota/cron/rule.h"
#include "rota/schedule/trigger.h"
#include "rota/time/time_zone.h"

namespace rota {

// When does a cron text fire, from some instant on or back?
struct CronQuestion {
  enum class Direction { kForwards, kBackwards };

  std::string cron;
  CronDialect dialect = CronDialect::kOcps;
  std::optional<std::string> task = {};  // Whose `H` it is.
  TimeZone zone = {};                    // Unless the text names its own.
  WallTime from{};
  Direction direction = Direction::kForwards;
  int count = 5;
};

// The answer.
struct Upcoming {
  std::string cron;   // As written.
  std::string words;  // The same in words.
  TimeZone zone;
  CronQuestion::Direction direction = CronQuestion::Direction::kForwards;
  bool at_server_start = false;    // `@reboot`: it has no instants.
  std::vector<WallTime> instants;  // The nearest first.
};

// What the question's text says. Errors: kInvalidArgument for a text that is no cron.
Result<CronRule> ReadRule(const CronQuestion& question);
// The instants that are asked for of what it says; the nearest first.
std::vector<WallTime> ListInstants(const Trigger& trigger, const CronQuestion& question);

// The first `count` instants strictly after `from`, or the last ones strictly before it; fewer when the schedule ends.
// Errors: kInvalidArgument for a text that is no cron.
Result<Upcoming> ListUpcoming(const CronQuestion& question);

// The words on the first line, then an instant a line.
std::string ToText(const Upcoming& upcoming);
std::string ToJson(const Upcoming& upcoming);

// Answers one line of a batch, `cron TAB zone TAB from TAB k`: |k| instants of RFC 3339 in UTC with commas between
// them, after `from` or, when k is negative, before it; fewer when the schedule ends, `NONE` when there is none, and
// `ERROR: reason` for a line that asks nothing.
std::string AnswerBatchLine(std::string_view line, CronDialect dialect, const std::optional<std::string>& task);

// The dialect of a name: "ocps" ("unix" and "seconds" are its parts) or "quartz". Errors: kInvalidArgument.
Result<CronDialect> ParseCronDialect(std::string_view name);

}  // namespace rota
