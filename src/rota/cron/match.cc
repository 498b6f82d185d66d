#include "rota/cron/match.h"

#include <bit>

#include "rota/cron/weekday_bits.h"

// A search goes one way through time: forwards for FirstMatch(), backwards for LastMatch(). It looks at the day it
// begins in, at the other days of that month, then at the other months; from a day found it takes the edge of the day.

namespace rota {
namespace {

using internal::kAllWeekdays;
using internal::kEachWeek;
using std::chrono::days;
using std::chrono::local_days;
using std::chrono::seconds;

// The civil years that some zone shows within [1970, 2200) of UTC.
constexpr int kFirstYear = YearSet::kFirst - 1;
constexpr int kLastYear = YearSet::kLast + 1;

enum class Way { kForwards, kBackwards };

template <Way kWay>
constexpr int kStep = kWay == Way::kForwards ? 1 : -1;

// The set bit nearest to `from` on the way, `from` included; -1 when there is none. -1 <= from <= 62.
template <Way kWay>
int Scan(std::uint64_t bits, int from) {
  if constexpr (kWay == Way::kForwards) {
    bits &= ~std::uint64_t{0} << from;
    return bits == 0 ? -1 : std::countr_zero(bits);
  } else {
    bits &= (std::uint64_t{1} << (from + 1)) - 1;
    return 63 - std::countl_zero(bits);
  }
}

// The first set bit on the way. REQUIRES: there is one.
template <Way kWay>
int Edge(std::uint64_t bits) {
  return kWay == Way::kForwards ? std::countr_zero(bits) : 63 - std::countl_zero(bits);
}

constexpr int TimeOfDay(int hour, int minute, int second) { return (hour * 60 + minute) * 60 + second; }

// The first time of a day on the way.
template <Way kWay>
seconds EdgeOfDay(const Expression& expression) {
  return seconds(
      TimeOfDay(Edge<kWay>(expression.hours), Edge<kWay>(expression.minutes), Edge<kWay>(expression.seconds)));
}

// The first time of the day on the way from a time of day, that one included, in seconds; -1 when none is left.
template <Way kWay>
int RestOfDay(const Expression& expression, int time) {
  const int hour = time / 3600;
  const int minute = time / 60 % 60;
  if (expression.hours >> hour & 1) {
    if (expression.minutes >> minute & 1) {
      if (const int s = Scan<kWay>(expression.seconds, time % 60); s >= 0) return TimeOfDay(hour, minute, s);
    }
    if (const int m = Scan<kWay>(expression.minutes, minute + kStep<kWay>); m >= 0) {
      return TimeOfDay(hour, m, Edge<kWay>(expression.seconds));
    }
  }
  const int h = Scan<kWay>(expression.hours, hour + kStep<kWay>);
  if (h < 0) return -1;
  return TimeOfDay(h, Edge<kWay>(expression.minutes), Edge<kWay>(expression.seconds));
}

unsigned LengthOf(std::chrono::year_month month) { return static_cast<unsigned>((month / std::chrono::last).day()); }

// The days 1 to 7 * n of a month that lie on the given weekdays, `bits` holding seven bits for each week: the k-th
// seven for the k-th such weekday. `turn` is the weekday of the 1st.
std::uint32_t DaysOnWeekdays(std::uint64_t bits, unsigned turn) {
  // Each week of seven bits is turned so that its lowest bit is the weekday of the 1st.
  const std::uint64_t low = kEachWeek * (0x7fu >> turn);
  return static_cast<std::uint32_t>((bits >> turn & low) | (bits << (7 - turn) & ~low & kAllWeekdays)) << 1;
}

// The Monday to Friday nearest to a day, within its month.
unsigned NearestWorkingDay(unsigned day, unsigned length, unsigned first_weekday) {
  const unsigned weekday = (first_weekday + day - 1) % 7;
  if (weekday == 6) return day == 1 ? 3 : day - 1;
  if (weekday == 0) return day == length ? day - 2 : day + 1;
  return day;
}

std::uint32_t DaysByDate(const Expression& expression, unsigned length, unsigned first_weekday) {
  std::uint32_t by_date = expression.days;
  if (expression.last_day && expression.last_offset < length) {
    by_date |= std::uint32_t{1} << (length - expression.last_offset);
  }
  if (!expression.nearest) return by_date;
  const auto day = static_cast<unsigned>(std::countr_zero(by_date));
  return day > length ? 0 : std::uint32_t{1} << NearestWorkingDay(day, length, first_weekday);
}

std::uint32_t MatchingDaysOf(const Expression& expression, unsigned length, unsigned first_weekday) {
  const auto all = static_cast<std::uint32_t>(((std::uint64_t{1} << length) - 1) << 1);
  const std::uint32_t by_date = DaysByDate(expression, length, first_weekday);
  std::uint32_t by_weekday = DaysOnWeekdays(expression.weekdays, first_weekday);
  if (expression.last_weekdays) {
    const std::uint64_t each_week = expression.last_weekdays * kEachWeek;
    by_weekday |= DaysOnWeekdays(each_week, first_weekday) & (all & ~(all >> 7));
  }
  const bool both = expression.both_days || expression.any_day || expression.any_weekday;
  return all & (both ? by_date & by_weekday : by_date | by_weekday);
}

// A set of all years stands for those of kFirstYear to kLastYear.
bool IsEveryYear(const Expression& expression) {
  static const YearSet kAll = YearSet::All();
  return expression.years == kAll;
}

bool MatchesYear(const Expression& expression, int year) {
  if (year < YearSet::kFirst || year > YearSet::kLast) return IsEveryYear(expression);
  return expression.years.Contains(year);
}

// The next year on the way.
template <Way kWay>
std::optional<int> OtherYear(const Expression& expression, int year) {
  constexpr int kEnd = kWay == Way::kForwards ? kLastYear : kFirstYear;
  const std::optional<int> other =
      kWay == Way::kForwards ? expression.years.FirstFrom(year + 1) : expression.years.LastUpTo(year - 1);
  if (!other && year != kEnd && IsEveryYear(expression)) return kEnd;
  return other;
}

// The match in the months behind `from`. There are fourteen kinds of years, by their first weekday and their length:
// once each has been seen to hold nothing, nothing ever will.
template <Way kWay>
[[gnu::noinline]] std::optional<CivilTime> InOtherMonths(const Expression& expression, std::chrono::year_month from) {
  constexpr unsigned kAllKinds = (1u << 14) - 1;
  unsigned empty_kinds = 0;
  auto month = static_cast<int>(static_cast<unsigned>(from.month()));
  int year = static_cast<int>(from.year());
  bool whole = false;  // All months of the year are looked at.
  if (!MatchesYear(expression, year)) month = kWay == Way::kForwards ? 12 : 1;
  for (;;) {
    while ((month = Scan<kWay>(expression.months, month + kStep<kWay>)) > 0) {
      const std::chrono::year_month at = std::chrono::year(year) / month;
      const local_days first(at / 1);
      const std::uint32_t matching = MatchingDaysOf(expression, LengthOf(at), std::chrono::weekday(first).c_encoding());
      if (matching != 0) return first + days(Edge<kWay>(matching) - 1) + EdgeOfDay<kWay>(expression);
    }
    const auto kind = [](int y) {
      const std::chrono::year of(y);
      return 1u << (std::chrono::weekday(local_days(of / 1 / 1)).c_encoding() * 2 + (of.is_leap() ? 1 : 0));
    };
    if (whole) empty_kinds |= kind(year);
    whole = true;
    do {
      const std::optional<int> other = OtherYear<kWay>(expression, year);
      if (!other || empty_kinds == kAllKinds) return std::nullopt;
      year = *other;
    } while (empty_kinds & kind(year));
    month = kWay == Way::kForwards ? 0 : 13;
  }
}

// The match in the months behind `from` that a rule gives: it may have moved days across months and years.
template <Way kWay>
[[gnu::noinline]] std::optional<CivilTime> InOtherMonths(const Expression& expression, std::chrono::year_month from,
                                                         const DayRule& rule) {
  for (;;) {
    from += std::chrono::months(kStep<kWay>);
    if (from.year() < std::chrono::year(kFirstYear) || from.year() > std::chrono::year(kLastYear)) return std::nullopt;
    if (const std::uint32_t matching = rule.Days(expression, from)) {
      return local_days(from / 1) + days(Edge<kWay>(matching) - 1) + EdgeOfDay<kWay>(expression);
    }
  }
}

template <Way kWay>
std::optional<CivilTime> Match(const Expression& expression, CivilTime from, const DayRule* rule) {
  constexpr CivilTime kFirst = local_days(std::chrono::year(kFirstYear) / 1 / 1);
  constexpr CivilTime kLast = local_days(std::chrono::year(kLastYear) / 12 / 31);
  // An expression that was put together by hand may leave a field empty.
  if (expression.seconds == 0 || expression.minutes == 0 || expression.hours == 0) return std::nullopt;
  if (from < kFirst) from = kFirst;  // std::clamp() goes through memory.
  if (from > kLast) from = kLast;
  const auto day = std::chrono::floor<days>(from);
  const std::chrono::year_month_day date(day);
  const std::chrono::year_month month = date.year() / date.month();
  const auto today = static_cast<unsigned>(date.day());
  const local_days first = day - days(today - 1);

  std::uint32_t matching = 0;
  if (rule != nullptr) {
    matching = rule->Days(expression, month);
  } else if ((expression.months >> static_cast<unsigned>(date.month()) & 1) &&
             MatchesYear(expression, static_cast<int>(date.year()))) {
    matching = MatchingDaysOf(expression, LengthOf(month), std::chrono::weekday(first).c_encoding());
  }
  if (matching >> today & 1) {
    const int time = RestOfDay<kWay>(expression, static_cast<int>((from - day).count()));
    if (time >= 0) return day + seconds(time);
  }
  if (const int other = Scan<kWay>(matching, static_cast<int>(today) + kStep<kWay>); other > 0) {
    return first + days(other - 1) + EdgeOfDay<kWay>(expression);
  }
  return rule != nullptr ? InOtherMonths<kWay>(expression, month, *rule) : InOtherMonths<kWay>(expression, month);
}

}  // namespace

std::uint32_t MatchingDays(const Expression& expression, std::chrono::year_month month) {
  return MatchingDaysOf(expression, LengthOf(month), std::chrono::weekday(local_days(month / 1)).c_encoding());
}

std::optional<CivilTime> FirstMatch(const Expression& expression, CivilTime from, const DayRule* rule) {
  return Match<Way::kForwards>(expression, from, rule);
}

std::optional<CivilTime> LastMatch(const Expression& expression, CivilTime from, const DayRule* rule) {
  return Match<Way::kBackwards>(expression, from, rule);
}

}  // namespace rota
