#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rota/base/instant.h"
#include "rota/cron/describe.h"
#include "rota/cron/expression.h"
#include "rota/cron/next.h"
#include "rota/cron/rule.h"
#include "rota/time/time_zone.h"

namespace rota {

class BusinessDays;

enum class Weekday { kSunday, kMonday, kTuesday, kWednesday, kThursday, kFriday, kSaturday };

// A window of the day, [from, to) in the task's zone, wrapping midnight when to <= from. Seconds after midnight.
struct DayWindow {
  std::chrono::seconds from{};
  std::chrono::seconds to{};
  friend bool operator==(const DayWindow&, const DayWindow&) = default;
};

// What a trigger's instants must satisfy besides its frequency, judged in the task's zone, before the spread.
struct Restrictions {
  std::uint8_t weekdays = 0x7f;                // Bits 0-6, Sunday is 0.
  std::vector<DayWindow> between = {};         // Inside one of them, if there are any.
  std::vector<DayWindow> unless_between = {};  // Outside all of them.
  // The days of a calendar, or null. Of a cron expression it may move the days; all else it only leaves out.
  std::shared_ptr<const BusinessDays> business_days = nullptr;
  friend bool operator==(const Restrictions&, const Restrictions&) = default;
};

// The words of YAML and JSON: "run_after", "skip", "run_before"; "first", "second", "both".
std::string_view Name(DstGap gap);
std::string_view Name(DstOverlap overlap);

struct CronFrequency {
  std::string text;  // As written; the expression is its parse.
  Expression expression;
  CronDialect dialect = CronDialect::kOcps;
};
// Every `period`, anchored to the epoch: all servers compute the same instants.
struct IntervalFrequency {
  Milliseconds period{};
};
struct OnceFrequency {
  WallTime at;
};
// `@reboot`: once, when a server starts. It has no instants of its own.
struct StartFrequency {};
using Frequency = std::variant<CronFrequency, IntervalFrequency, OnceFrequency, StartFrequency>;
// What a cron text says but for its zone.
Frequency FrequencyOf(const CronRule& rule, std::string_view text, CronDialect dialect);

// How much later than its rule says a trigger fires, so that the tasks of one rule do not all start at once.
struct Spread {
  Milliseconds range{};   // None: every task is on time.
  Milliseconds offset{};  // The task's own part of it, in [0, range).

  // The same on all servers and after each restart. Whole seconds where the range has them: so a million tasks that are
  // spread over five minutes are 300 triggers.
  static Spread Of(std::string_view task, Milliseconds range);
  friend bool operator==(const Spread&, const Spread&) = default;
};

// Maps an instant to the next scheduled instant. Pure: the same answer on every server, whatever its clock says.
// Immutable; shared by all tasks with the same definition.
class Trigger {
 public:
  // `dst` is for cron expressions; what is not on the wall clock ignores it.
  Trigger(Frequency frequency, TimeZone zone, Restrictions restrictions, DstPolicy dst = {}, Spread spread = {});

  // What a cron text says, in its own zone or else in `zone`.
  static Trigger FromCron(const CronRule& rule, std::string_view text, CronDialect dialect, const TimeZone& zone);

  // The first instant strictly after `after`; nothing when its rule never fires again (before 2200).
  std::optional<WallTime> Next(WallTime after) const;
  // The last instant strictly before `before`; nothing when its rule never did (since 1970).
  std::optional<WallTime> Previous(WallTime before) const;

  // In words: "At 13:00, Monday through Friday", "Every 90s, between 08:00 and 18:00, spread over 1m: 12s later".
  std::string Describe(Locale locale = Locale::kEnglish) const;
  // Triggers with equal keys always fire together: cohorts, digests and diffs are built on it.
  const std::string& key() const { return key_; }
  const TimeZone& zone() const { return zone_; }
  const Frequency& frequency() const { return frequency_; }
  const Restrictions& restrictions() const { return restrictions_; }
  const DstPolicy& dst() const { return dst_; }
  const Spread& spread() const { return spread_; }
  // The trigger without its spread.
  Trigger Rule() const { return Trigger(frequency_, zone_, restrictions_, dst_); }
  // With what Next() and Previous() ask a cron expression; lives no longer than the trigger.
  CronOptions cron_options() const;
  // Whether it fires when a server starts, and then only.
  bool fires_at_start() const { return std::holds_alternative<StartFrequency>(frequency_); }

 private:
  bool Allows(WallTime instant) const;
  std::optional<WallTime> NextOfRule(WallTime after) const;
  std::optional<WallTime> PreviousOfRule(WallTime before) const;

  Frequency frequency_;
  TimeZone zone_;
  Restrictions restrictions_;
  DstPolicy dst_;
  Spread spread_;
  std::string key_;
};

}  // namespace rota
