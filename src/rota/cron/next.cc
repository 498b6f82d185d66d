#include "rota/cron/next.h"

#include <algorithm>
#include <bit>

// The time line is cut at the zone's transitions into segments of one offset. Within a segment civil time runs evenly,
// so that a match is found among civil fields alone; what the DST rule adds happens only at a segment's beginning.

namespace rota {
namespace {

using std::chrono::days;
using std::chrono::seconds;

// Everything fires within [1970, 2200). Civil time is searched a little further, for the zones ahead of UTC and behind.
constexpr WallTime kEarliest = std::chrono::sys_days(std::chrono::January / 1 / 1970);
constexpr WallTime kEnd = std::chrono::sys_days(std::chrono::January / 1 / 2200);
constexpr std::chrono::local_days kFirstDay{std::chrono::December / 29 / 1969};
constexpr std::chrono::local_days kLastDay{std::chrono::January / 4 / 2200};

// Larger jumps are corrections of the clock, after which nothing is made up (cron(8) of ISC cron).
constexpr seconds kLongestGap = std::chrono::hours(3);

// The lowest set bit at or above `from`, or the highest at or below; -1 when there is none. 0 <= from < 64.
int LowestBit(std::uint64_t bits, int from) {
  bits &= ~std::uint64_t{0} << from;
  return bits == 0 ? -1 : std::countr_zero(bits);
}
int HighestBit(std::uint64_t bits, int from) {
  bits &= ~std::uint64_t{0} >> (63 - from);
  return 63 - std::countl_zero(bits);
}

// The first time of day at or after the one given, or the last at or before it; nothing when the day has none.
std::optional<seconds> FirstTime(const Expression& expression, seconds at_or_after) {
  const std::chrono::hh_mm_ss time(at_or_after);
  const auto hour = static_cast<int>(time.hours().count());
  const auto minute = static_cast<int>(time.minutes().count());
  const auto second = static_cast<int>(time.seconds().count());
  const auto at = [](int h, int m, int s) { return seconds((h * 60 + m) * 60 + s); };

  if (expression.hours >> hour & 1) {
    if (expression.minutes >> minute & 1) {
      if (const int s = LowestBit(expression.seconds, second); s >= 0) return at(hour, minute, s);
    }
    if (const int m = LowestBit(expression.minutes, minute + 1); m >= 0) {
      return at(hour, m, LowestBit(expression.seconds, 0));
    }
  }
  const int h = LowestBit(expression.hours, hour + 1);
  if (h < 0) return std::nullopt;
  return at(h, LowestBit(expression.minutes, 0), LowestBit(expression.seconds, 0));
}
std::optional<seconds> LastTime(const Expression& expression, seconds at_or_before) {
  const std::chrono::hh_mm_ss time(at_or_before);
  const auto hour = static_cast<int>(time.hours().count());
  const auto minute = static_cast<int>(time.minutes().count());
  const auto second = static_cast<int>(time.seconds().count());
  const auto at = [](int h, int m, int s) { return seconds((h * 60 + m) * 60 + s); };

  if (expression.hours >> hour & 1) {
    if (expression.minutes >> minute & 1) {
      if (const int s = HighestBit(expression.seconds, second); s >= 0) return at(hour, minute, s);
    }
    if (const int m = minute == 0 ? -1 : HighestBit(expression.minutes, minute - 1); m >= 0) {
      return at(hour, m, HighestBit(expression.seconds, 59));
    }
  }
  const int h = hour == 0 ? -1 : HighestBit(expression.hours, hour - 1);
  if (h < 0) return std::nullopt;
  return at(h, HighestBit(expression.minutes, 59), HighestBit(expression.seconds, 59));
}

// An expression that was put together by hand may leave a field empty.
bool HasTime(const Expression& expression) {
  return expression.seconds != 0 && expression.minutes != 0 && expression.hours != 0;
}

// The first civil time at or after `from` that the fields match, up to kLastDay.
std::optional<CivilTime> FirstMatch(const Expression& expression, CivilTime from) {
  if (!HasTime(expression)) return std::nullopt;
  std::chrono::local_days day = std::chrono::floor<days>(from);
  seconds time = from - day;
  while (day <= kLastDay) {
    const std::chrono::year_month_day date(day);
    const std::chrono::year_month month = date.year() / date.month();
    if (expression.months >> static_cast<unsigned>(date.month()) & 1) {
      const std::uint32_t matching = MatchingDays(expression, month);
      const auto today = static_cast<int>(static_cast<unsigned>(date.day()));
      if (matching >> today & 1) {
        if (const std::optional<seconds> found = FirstTime(expression, time)) return day + *found;
      }
      if (const int next = LowestBit(matching, today + 1); next >= 0) {
        return day + days(next - today) + *FirstTime(expression, seconds(0));
      }
    }
    day = std::chrono::local_days((month + std::chrono::months(1)) / 1);
    time = seconds(0);
  }
  return std::nullopt;
}

// The last civil time at or before `from` that the fields match, down to kFirstDay.
std::optional<CivilTime> LastMatch(const Expression& expression, CivilTime from) {
  constexpr seconds kDayEnd = days(1) - seconds(1);
  if (!HasTime(expression)) return std::nullopt;
  std::chrono::local_days day = std::chrono::floor<days>(from);
  seconds time = from - day;
  while (day >= kFirstDay) {
    const std::chrono::year_month_day date(day);
    const std::chrono::year_month month = date.year() / date.month();
    if (expression.months >> static_cast<unsigned>(date.month()) & 1) {
      const std::uint32_t matching = MatchingDays(expression, month);
      const auto today = static_cast<int>(static_cast<unsigned>(date.day()));
      if (matching >> today & 1) {
        if (const std::optional<seconds> found = LastTime(expression, time)) return day + *found;
      }
      if (const int last = HighestBit(matching, today - 1); last >= 0) {
        return day - days(today - last) + *LastTime(expression, kDayEnd);
      }
    }
    day = std::chrono::local_days(month / 1) - days(1);
    time = kDayEnd;
  }
  return std::nullopt;
}

bool NeverFires(const Expression& expression) { return !FirstMatch(expression, kFirstDay); }

// Whether a fixed-time expression fires at the transition itself, in place of what the gap swallowed.
bool FiresAfterGap(const Expression& expression, const TimeZone::Transition& transition) {
  const seconds gap = transition.to - transition.from;
  if (expression.wildcard_time || gap <= seconds(0) || gap > kLongestGap) return false;
  const std::optional<CivilTime> swallowed = FirstMatch(expression, transition.from);
  return swallowed && *swallowed < transition.to;
}

// The civil time with which a segment's own matches begin: a fixed-time expression leaves out the second pass.
CivilTime SegmentBegin(const Expression& expression, const TimeZone::Transition& transition) {
  return expression.wildcard_time ? transition.to : std::max(transition.from, transition.to);
}

}  // namespace

std::uint32_t MatchingDays(const Expression& expression, std::chrono::year_month month) {
  const std::chrono::local_days first(month / 1);
  const unsigned length = static_cast<unsigned>((month / std::chrono::last).day());
  const std::uint32_t all = static_cast<std::uint32_t>(((std::uint64_t{1} << length) - 1) << 1);

  std::uint32_t by_date = expression.days;
  if (expression.last_day) by_date |= std::uint32_t{1} << length;
  // Each week of seven bits is turned so that its lowest bit is the weekday of the 1st.
  const unsigned turn = std::chrono::weekday(first).c_encoding();
  constexpr std::uint64_t kEachWeek = 0x10204081;
  const std::uint64_t low = kEachWeek * (0x7fu >> turn);
  const std::uint64_t weeks = expression.weekdays;
  const std::uint64_t turned = (weeks >> turn & low) | (weeks << (7 - turn) & ~low & 0x7ffffffff);
  const auto by_weekday = static_cast<std::uint32_t>(turned << 1);

  const bool both = expression.both_days || expression.any_day || expression.any_weekday;
  return all & (both ? by_date & by_weekday : by_date | by_weekday);
}

std::optional<WallTime> Next(const Expression& expression, const TimeZone& zone, WallTime after, const CronOptions&) {
  // Fires on whole seconds only.
  WallTime from = std::chrono::floor<seconds>(std::clamp(after, kEarliest - seconds(1), kEnd)) + seconds(1);
  while (from < kEnd) {
    const std::optional<TimeZone::Transition> begin = zone.PreviousTransition(from);
    const std::optional<TimeZone::Transition> end = zone.NextTransition(from);
    const CivilTime shown = zone.ToCivil(from);
    CivilTime civil = shown;
    if (begin) {
      if (begin->at == from && FiresAfterGap(expression, *begin)) return from;
      civil = std::max(civil, SegmentBegin(expression, *begin));
    }
    const std::optional<CivilTime> match = FirstMatch(expression, civil);
    if (match) {
      const WallTime instant = from + (*match - shown);
      if (!end || instant < end->at) return instant < kEnd ? std::optional(instant) : std::nullopt;
    } else if (NeverFires(expression)) {
      return std::nullopt;
    }
    if (!end) return std::nullopt;
    from = end->at;
  }
  return std::nullopt;
}

std::optional<WallTime> Previous(const Expression& expression, const TimeZone& zone, WallTime before,
                                 const CronOptions&) {
  if (before <= kEarliest) return std::nullopt;
  WallTime from = std::chrono::ceil<seconds>(std::min(before, kEnd)) - seconds(1);
  while (from >= kEarliest) {
    const std::optional<TimeZone::Transition> begin = zone.PreviousTransition(from);
    const CivilTime civil = zone.ToCivil(from);
    const std::optional<CivilTime> match = LastMatch(expression, civil);
    if (match && (!begin || *match >= SegmentBegin(expression, *begin))) {
      const WallTime instant = from - (civil - *match);
      return instant >= kEarliest ? std::optional(instant) : std::nullopt;
    }
    if (!match && NeverFires(expression)) return std::nullopt;
    if (!begin) return std::nullopt;
    if (begin->at >= kEarliest && FiresAfterGap(expression, *begin)) return begin->at;
    from = begin->at - seconds(1);
  }
  return std::nullopt;
}

}  // namespace rota
