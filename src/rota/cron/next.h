#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "rota/base/instant.h"
#include "rota/cron/expression.h"
#include "rota/time/time_zone.h"

namespace rota {

// What happens to a time of day that a change of the clocks skips, and to one that it repeats. Where nothing is said,
// the vixie rule: see Next().
enum class DstGap {
  kRunAfter,   // Once, at the first instant after the gap.
  kSkip,       // Not at all.
  kRunBefore,  // Once, at the last whole second before the gap.
};
enum class DstOverlap { kFirst, kSecond, kBoth };
struct DstPolicy {
  std::optional<DstGap> gap = {};
  std::optional<DstOverlap> overlap = {};
  friend bool operator==(const DstPolicy&, const DstPolicy&) = default;
};

// The days of a month on which the fields match, as bits 1-31; months and years are not asked.
std::uint32_t MatchingDays(const Expression& expression, std::chrono::year_month month);

// Changes on which days an expression fires: the business calendars of schedule/ are made of it.
class DayRule {
 public:
  virtual ~DayRule() = default;
  // The days of the month on which the expression fires, as bits 1-31, its months and years taken into account: a day
  // may have come from another month. Thread-safe.
  virtual std::uint32_t Days(const Expression& expression, std::chrono::year_month month) const = 0;
};

struct CronOptions {
  DstPolicy dst = {};
  const DayRule* days = nullptr;  // Outlives the call.
};

// The first instant strictly after `after`, and not before 1970, at which the expression fires in the zone, or nothing
// when it never fires again before 2200. Bounded for every input; allocates nothing.
//
// DST, the vixie rule (cron(8) of ISC cron): an expression whose second, minute or hour field begins with `*` follows
// real time: nothing is made up in a gap, both passes of a repeated hour fire. Any other is fixed-time: a time inside
// a gap of at most 3 h fires once at the first instant after the gap (several collapse to one; a longer gap is a
// correction of the clock, for which nothing is made up), a repeated time fires at its first pass only. A policy
// replaces the rule for gaps, for overlaps or for both; the limit of 3 h stays.
std::optional<WallTime> Next(const Expression& expression, const TimeZone& zone, WallTime after,
                             const CronOptions& options = {});

// The last instant strictly before `before` at which the expression fires, not before 1970; the inverse of Next().
std::optional<WallTime> Previous(const Expression& expression, const TimeZone& zone, WallTime before,
                                 const CronOptions& options = {});

}  // namespace rota
