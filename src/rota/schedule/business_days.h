#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rota/cron/describe.h"
#include "rota/cron/next.h"
#include "rota/schedule/calendar.h"

namespace rota {

// Whether a task runs on the days of its calendar or on all others.
enum class CalendarUse { kOn, kExcept };

// What becomes of an occurrence that falls on a day without business. It keeps its time of day, may move into another
// month, and is left out where no day within 366 is one of business; occurrences that meet on one day become one.
enum class Shift {
  kSkip,      // It is left out.
  kNext,      // It moves to the next business day.
  kPrevious,  // It moves to the previous one.
  kNearest,  // It moves to the nearer of the two, as `W` in cron does: Saturday to Friday, Sunday to Monday. A tie goes
             // to the earlier.
};
std::string_view Name(Shift shift);  // "skip", "next", "previous", "nearest"

// Restricts an expression to business days: those of a calendar, or those that are not in it. Immutable.
class BusinessDays final : public DayRule {
 public:
  // The expression's days, moved as `shift` says where they are no business days.
  BusinessDays(Calendar calendar, CalendarUse use, Shift shift);
  // Of each month the n-th day of the calendar, counted from its end when n is negative: -1 is the last. The
  // expression's own days must match too: `*` lets all through. A month with fewer days has none.
  // REQUIRES: 1 <= |n| <= 31.
  BusinessDays(Calendar calendar, int n);

  std::uint32_t Days(const Expression& expression, std::chrono::year_month month) const override;
  bool Contains(CivilDay day) const { return allowed_.Contains(day); }

  // In words that follow a frequency's: "on business days of cn, moved to the next one".
  std::string Describe(Locale locale = Locale::kEnglish) const;
  // Rules with equal keys give equal days.
  std::string key() const;

  const Calendar& calendar() const { return calendar_; }
  CalendarUse use() const { return use_; }
  Shift shift() const { return shift_; }
  int nth() const { return nth_; }  // 0: none.

 private:
  std::optional<CivilDay> Moved(CivilDay day) const;

  Calendar calendar_;
  CalendarUse use_;
  Shift shift_;
  int nth_;
  DaySet allowed_;
};

}  // namespace rota
