#include "rota/schedule/business_days.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <utility>

#include "rota/base/check.h"
#include "rota/base/format.h"

namespace rota {
namespace {

using std::chrono::days;
using std::chrono::months;
using std::chrono::year_month;
using std::chrono::year_month_day;

constexpr days kFarthestShift{366};

DaySet Allowed(const Calendar& calendar, CalendarUse use) {
  if (use == CalendarUse::kOn) return calendar.days();
  DaySet rest = DaySet::OfWeekdays(0x7f);
  return rest -= calendar.days();
}

// The days on which the expression itself fires.
std::uint32_t OwnDays(const Expression& expression, year_month month) {
  const bool in_month = (expression.months >> static_cast<unsigned>(month.month()) & 1) != 0;
  return in_month && expression.years.Contains(static_cast<int>(month.year())) ? MatchingDays(expression, month) : 0;
}

// The n-th set bit alone, from the highest when n is negative.
std::uint32_t NthBit(std::uint32_t bits, int n) {
  for (; n > 1; --n) bits &= bits - 1;
  if (n == 1) return bits & -bits;
  for (; n < -1; ++n) bits &= ~std::bit_floor(bits);
  return std::bit_floor(bits);
}

std::uint32_t BitOf(CivilDay day) { return std::uint32_t{1} << static_cast<unsigned>(year_month_day(day).day()); }

// "2nd", "23rd", "11th".
std::string Ordinal(int n) {
  const bool teens = n / 10 == 1;
  const char* suffix = teens ? "th" : n % 10 == 1 ? "st" : n % 10 == 2 ? "nd" : n % 10 == 3 ? "rd" : "th";
  return Format("{}{}", n, suffix);
}

std::string DescribeNth(const std::string& name, int n, Locale locale) {
  if (locale == Locale::kChinese) {
    if (n == -1) return Format("每月最后一个工作日（{}）", name);
    return Format("每月{}第 {} 个工作日（{}）", n < 0 ? "倒数" : "", std::abs(n), name);
  }
  const std::string which = n == -1 ? "last" : n < 0 ? Ordinal(-n) + " to last" : n == 1 ? "first" : Ordinal(n);
  return Format("on the {} business day of the month ({})", which, name);
}

}  // namespace

std::string_view Name(Shift shift) {
  switch (shift) {
    case Shift::kSkip:
      return "skip";
    case Shift::kNext:
      return "next";
    case Shift::kPrevious:
      return "previous";
    case Shift::kNearest:
      return "nearest";
  }
  ROTA_CHECK(false, "unknown shift");
}

BusinessDays::BusinessDays(Calendar calendar, CalendarUse use, Shift shift)
    : calendar_(std::move(calendar)), use_(use), shift_(shift), nth_(0), allowed_(Allowed(calendar_, use)) {}

BusinessDays::BusinessDays(Calendar calendar, int n)
    : calendar_(std::move(calendar)),
      use_(CalendarUse::kOn),
      shift_(Shift::kSkip),
      nth_(n),
      allowed_(calendar_.days()) {
  ROTA_CHECK(n != 0 && std::abs(n) <= 31, "no month has such a business day");
}

// Where an occurrence of a day without business goes.
std::optional<CivilDay> BusinessDays::Moved(CivilDay day) const {
  std::optional<CivilDay> earlier;
  std::optional<CivilDay> later;
  if (shift_ != Shift::kNext) earlier = allowed_.LastUpTo(day);
  if (shift_ != Shift::kPrevious) later = allowed_.FirstFrom(day);
  if (earlier && *earlier < day - kFarthestShift) earlier.reset();
  if (later && *later > day + kFarthestShift) later.reset();
  if (!earlier || !later) return earlier ? earlier : later;
  return day - *earlier <= *later - day ? earlier : later;
}

std::uint32_t BusinessDays::Days(const Expression& expression, year_month month) const {
  const std::uint32_t allowed = allowed_.InMonth(month);
  if (nth_ != 0) return NthBit(allowed, nth_) & OwnDays(expression, month);
  std::uint32_t result = OwnDays(expression, month) & allowed;
  if (shift_ == Shift::kSkip || allowed == 0) return result;

  // What moves into this month comes from between the business days that stand next to it on either side.
  CivilDay first(month / 1);
  CivilDay last(month / std::chrono::last);
  if (shift_ != Shift::kPrevious) {
    const CivilDay earliest = first - kFarthestShift;
    first = std::max(allowed_.LastUpTo(first - days(1)).value_or(CivilDay::min()) + days(1), earliest);
  }
  if (shift_ != Shift::kNext) {
    const CivilDay latest = last + kFarthestShift;
    last = std::min(allowed_.FirstFrom(last + days(1)).value_or(CivilDay::max()) - days(1), latest);
  }
  const auto month_of = [](CivilDay day) { return year_month_day(day).year() / year_month_day(day).month(); };
  for (year_month from = month_of(first); from <= month_of(last); from += months(1)) {
    const CivilDay day_zero = CivilDay(from / 1) - days(1);
    std::uint32_t moving = OwnDays(expression, from) & ~allowed_.InMonth(from);
    for (; moving != 0; moving &= moving - 1) {
      const CivilDay day = day_zero + days(std::countr_zero(moving));
      const std::optional<CivilDay> target = first <= day && day <= last ? Moved(day) : std::nullopt;
      if (target && month_of(*target) == month) result |= BitOf(*target);
    }
  }
  return result;
}

std::string BusinessDays::Describe(Locale locale) const {
  const std::string& name = calendar_.name();
  if (nth_ != 0) return DescribeNth(name, nth_, locale);
  const bool on = use_ == CalendarUse::kOn;
  if (locale == Locale::kChinese) {
    constexpr const char* kOn[] = {"", "，否则顺延至下一个工作日", "，否则提前至上一个工作日",
                                   "，否则移至最近的工作日"};
    constexpr const char* kExcept[] = {"", "，遇则顺延至其后", "，遇则提前至其前", "，遇则移至最近的其他日期"};
    const auto shift = static_cast<std::size_t>(shift_);
    return on ? Format("限 {} 的工作日{}", name, kOn[shift]) : Format("避开 {} 的日期{}", name, kExcept[shift]);
  }
  std::string words = Format("{} {}", on ? "on business days of" : "except on days of", name);
  if (shift_ != Shift::kSkip) words += Format(", moved to the {} {}", Name(shift_), on ? "one" : "other day");
  return words;
}

std::string BusinessDays::key() const {
  const std::string calendar = Format("{} {:016x}", calendar_.name(), calendar_.hash());
  if (nth_ != 0) return Format("business day {} {}", nth_, calendar);
  return Format("{} {} {}", use_ == CalendarUse::kOn ? "on" : "except", Name(shift_), calendar);
}

}  // namespace rota
