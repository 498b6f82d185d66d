#include "rota/schedule/business_days.h"

#include <gtest/gtest.h>

#include <random>
#include <set>
#include <vector>

#include "rota/base/format.h"
#include "rota/base/text.h"

namespace rota {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;
using std::chrono::year_month;
using std::chrono::year_month_day;

// China in early 2026: the New Year of 15 to 23 February off, the Saturdays 14 and 28 February worked in exchange.
Calendar China() {
  DaySet set = DaySet::OfWeekdays(0x3e);
  set.Remove(CivilDay{2026y / 1 / 1}, CivilDay{2026y / 1 / 3});
  set.Add(CivilDay{2026y / 1 / 4}, CivilDay{2026y / 1 / 4});
  set.Remove(CivilDay{2026y / 2 / 15}, CivilDay{2026y / 2 / 23});
  set.Add(CivilDay{2026y / 2 / 14}, CivilDay{2026y / 2 / 14});
  set.Add(CivilDay{2026y / 2 / 28}, CivilDay{2026y / 2 / 28});
  return Calendar("cn", set);
}

Expression Parse(std::string_view text) {
  Result<Expression> expression = Expression::Parse(text);
  if (!expression) ADD_FAILURE() << text << ": " << expression.error().message();
  return expression.value_or(Expression());
}

std::string Text(std::uint32_t bits) {
  std::vector<std::string> list;
  for (int day = 0; day < 32; ++day) {
    if (bits >> day & 1) list.push_back(std::to_string(day));
  }
  return Join(list, " ");
}

std::string DaysOf(const BusinessDays& rule, std::string_view expression, year_month month) {
  return Text(rule.Days(Parse(expression), month));
}

// Of an expression for one year alone.
std::string DaysOf(const BusinessDays& rule, std::string_view text, int year, year_month month) {
  Expression expression = Parse(text);
  expression.years = YearSet();
  expression.years.Add(year);
  return Text(rule.Days(expression, month));
}

TEST(BusinessDays, LeaveOutTheDaysWithoutBusiness) {
  const BusinessDays on(China(), CalendarUse::kOn, Shift::kSkip);
  EXPECT_EQ(DaysOf(on, "0 9 * * *", 2026y / 2), "2 3 4 5 6 9 10 11 12 13 14 24 25 26 27 28");
  EXPECT_EQ(DaysOf(on, "0 9 15,24 * *", 2026y / 2), "24");
  const BusinessDays except(China(), CalendarUse::kExcept, Shift::kSkip);
  EXPECT_EQ(DaysOf(except, "0 9 * * *", 2026y / 2), "1 7 8 15 16 17 18 19 20 21 22 23");
}

TEST(BusinessDays, MoveToTheNextOne) {
  const BusinessDays rule(China(), CalendarUse::kOn, Shift::kNext);
  EXPECT_EQ(DaysOf(rule, "0 9 15 * *", 2026y / 2), "24");
  EXPECT_EQ(DaysOf(rule, "0 9 14 * *", 2026y / 2), "14");
  EXPECT_EQ(DaysOf(rule, "0 9 16-20 * *", 2026y / 2), "24");
  EXPECT_EQ(DaysOf(rule, "0 9 1 * *", 2026y / 3), "2");
}

TEST(BusinessDays, MoveToThePreviousOne) {
  const BusinessDays rule(China(), CalendarUse::kOn, Shift::kPrevious);
  EXPECT_EQ(DaysOf(rule, "0 9 15 * *", 2026y / 2), "14");
  EXPECT_EQ(DaysOf(rule, "0 9 20,25 * *", 2026y / 2), "14 25");
}

TEST(BusinessDays, MoveToTheNearestOneAndToTheEarlierOfTwo) {
  const Calendar weekdays("week", DaySet::OfWeekdays(0x3e));
  const BusinessDays rule(weekdays, CalendarUse::kOn, Shift::kNearest);
  EXPECT_EQ(DaysOf(rule, "0 9 14 * *", 2026y / 3), "13");  // A Saturday.
  EXPECT_EQ(DaysOf(rule, "0 9 15 * *", 2026y / 3), "16");  // A Sunday.
  // The holidays of 15 to 23 February are nine days: the fifth is as far from either end.
  const BusinessDays china(China(), CalendarUse::kOn, Shift::kNearest);
  EXPECT_EQ(DaysOf(china, "0 9 19 * *", 2026y / 2), "14");
  EXPECT_EQ(DaysOf(china, "0 9 20 * *", 2026y / 2), "24");
}

TEST(BusinessDays, MoveIntoOtherMonths) {
  const Calendar weekdays("week", DaySet::OfWeekdays(0x3e));
  const BusinessDays next(weekdays, CalendarUse::kOn, Shift::kNext);
  EXPECT_EQ(DaysOf(next, "0 9 31 1 *", 2026y / 1), "");
  EXPECT_EQ(DaysOf(next, "0 9 31 1 *", 2026y / 2), "2");  // 31 January 2026 is a Saturday.
  EXPECT_EQ(DaysOf(next, "0 9 31 1 *", 2027y / 2), "1");  // In 2027 a Sunday.
  const BusinessDays previous(weekdays, CalendarUse::kOn, Shift::kPrevious);
  EXPECT_EQ(DaysOf(previous, "0 9 1 3 *", 2026y / 2), "27");
  EXPECT_EQ(DaysOf(previous, "0 9 1 1 *", 2027y / 1), "1");
  EXPECT_EQ(DaysOf(previous, "0 9 1 1 *", 2021y / 12), "31");  // 1 January 2022 is a Saturday.
  const BusinessDays nearest(weekdays, CalendarUse::kOn, Shift::kNearest);
  EXPECT_EQ(DaysOf(nearest, "0 9 1 8 *", 2026y / 7), "31");
}

TEST(BusinessDays, MoveNoFartherThan366Days) {
  DaySet set;
  const CivilDay lone{2026y / 3 / 1};
  set.Add(lone, lone);
  const Calendar calendar("lone", set);
  const BusinessDays next(calendar, CalendarUse::kOn, Shift::kNext);
  EXPECT_EQ(DaysOf(next, "0 0 28 2 *", 2026y / 3), "1");
  EXPECT_EQ(DaysOf(next, "0 0 28 2 *", 2025, 2026y / 3), "1");  // 366 days before.
  EXPECT_EQ(DaysOf(next, "0 0 27 2 *", 2025, 2026y / 3), "");
  const BusinessDays previous(calendar, CalendarUse::kOn, Shift::kPrevious);
  EXPECT_EQ(DaysOf(previous, "0 0 2 3 *", 2027, 2026y / 3), "1");
  EXPECT_EQ(DaysOf(previous, "0 0 3 3 *", 2027, 2026y / 3), "");
  const BusinessDays nearest(calendar, CalendarUse::kOn, Shift::kNearest);
  EXPECT_EQ(DaysOf(nearest, "0 0 27 2 *", 2025, 2026y / 3), "");
  EXPECT_EQ(DaysOf(nearest, "0 0 2 3 *", 2027, 2026y / 3), "1");
}

TEST(BusinessDays, CountFromEitherEndOfTheMonth) {
  const auto nth = [](int n, year_month month) { return DaysOf(BusinessDays(China(), n), "0 9 * * *", month); };
  EXPECT_EQ(nth(1, 2026y / 1), "4");
  EXPECT_EQ(nth(3, 2026y / 2), "4");
  EXPECT_EQ(nth(16, 2026y / 2), "28");
  EXPECT_EQ(nth(17, 2026y / 2), "");
  EXPECT_EQ(nth(-1, 2026y / 2), "28");
  EXPECT_EQ(nth(-6, 2026y / 2), "14");
  EXPECT_EQ(nth(-16, 2026y / 2), "2");
  EXPECT_EQ(nth(-17, 2026y / 2), "");
}

TEST(BusinessDays, KeepTheMonthsAndYearsOfTheExpression) {
  const BusinessDays first(China(), 1);
  EXPECT_EQ(DaysOf(first, "0 9 * 1,4,7,10 *", 2026y / 4), "1");
  EXPECT_EQ(DaysOf(first, "0 9 * 1,4,7,10 *", 2026y / 5), "");
  EXPECT_EQ(DaysOf(first, "0 9 * * *", 2027, 2026y / 4), "");
  const BusinessDays on(China(), CalendarUse::kOn, Shift::kSkip);
  EXPECT_EQ(DaysOf(on, "0 9 2 3 *", 2026y / 2), "");
  EXPECT_EQ(DaysOf(on, "0 9 2 * *", 2027, 2026y / 2), "");
}

TEST(BusinessDays, HaveNoDaysOfAnEmptyCalendar) {
  for (const Shift shift : {Shift::kSkip, Shift::kNext, Shift::kPrevious, Shift::kNearest}) {
    const BusinessDays on(Calendar("none", DaySet()), CalendarUse::kOn, shift);
    const BusinessDays except(Calendar("all", DaySet::OfWeekdays(0x7f)), CalendarUse::kExcept, shift);
    for (year_month month = 1970y / 1; month <= 2199y / 12; month += std::chrono::months(1)) {
      ASSERT_EQ(on.Days(Parse("0 0 * * *"), month), 0u);
      ASSERT_EQ(except.Days(Parse("0 0 * * *"), month), 0u);
    }
  }
}

// Every day of the years is moved by itself, step by step.
std::set<CivilDay> MovedOneByOne(const DaySet& business, Shift shift, const Expression& expression, int from, int to) {
  std::set<CivilDay> result;
  const auto step = [&business](CivilDay day, int by) {
    int distance = 0;
    while (!business.Contains(day + days(distance * by)) && distance <= 366) ++distance;
    return distance;
  };
  for (CivilDay day{std::chrono::year(from) / 1 / 1}; day < CivilDay{std::chrono::year(to) / 1 / 1}; day += days(1)) {
    const year_month_day date(day);
    const bool fires = (expression.months >> static_cast<unsigned>(date.month()) & 1) != 0 &&
                       (MatchingDays(expression, date.year() / date.month()) >> static_cast<unsigned>(date.day()) & 1);
    if (!fires) continue;
    const int back = shift == Shift::kNext ? 1000 : step(day, -1);
    const int ahead = shift == Shift::kPrevious ? 1000 : step(day, 1);
    const int distance = back <= ahead ? -back : ahead;
    if (std::abs(distance) > (shift == Shift::kSkip ? 0 : 366)) continue;
    result.insert(day + days(distance));
  }
  return result;
}

TEST(BusinessDays, AgreeWithMovingDaysOneByOne) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  constexpr const char* kExpressions[] = {"0 0 * * *",   "0 0 1 * *",      "0 0 15,31 * *", "0 0 L * *",
                                          "0 0 * * 6,0", "0 0 29-31 12 *", "0 0 1 * 3",     "0 0 1 1 *"};
  for (int round = 0; round < 60; ++round) {
    DaySet business = DaySet::OfWeekdays(static_cast<std::uint8_t>(random() & 0x7f));
    for (int i = 0; i < 12; ++i) {
      const CivilDay first = CivilDay{2019y / 1 / 1} + days(random() % 1800);
      const CivilDay last = first + days(random() % (i < 3 ? 500 : 40));
      if (i % 4 == 3) {
        business.Add(first, last);
      } else {
        business.Remove(first, last);
      }
    }
    const auto shift = static_cast<Shift>(random() % 4);
    const BusinessDays rule(Calendar("random", business), CalendarUse::kOn, shift);
    const char* text = kExpressions[random() % std::size(kExpressions)];
    const Expression expression = Parse(text);
    const std::set<CivilDay> expected = MovedOneByOne(business, shift, expression, 2018, 2026);
    for (year_month month = 2020y / 1; month < 2024y / 1; month += std::chrono::months(1)) {
      std::uint32_t bits = 0;
      for (unsigned day = 1; day <= 31; ++day) {
        const year_month_day date = month / std::chrono::day(day);
        if (date.ok() && expected.contains(CivilDay(date))) bits |= 1u << day;
      }
      ASSERT_EQ(Text(rule.Days(expression, month)), Text(bits))
          << text << ", shift " << Name(shift) << ", " << static_cast<int>(month.year()) << "-"
          << static_cast<unsigned>(month.month());
    }
  }
}

TEST(BusinessDays, AreToldInWords) {
  using enum Shift;
  const auto on = [](Shift shift, Locale locale) {
    return BusinessDays(China(), CalendarUse::kOn, shift).Describe(locale);
  };
  const auto except = [](Shift shift, Locale locale) {
    return BusinessDays(China(), CalendarUse::kExcept, shift).Describe(locale);
  };
  const auto nth = [](int n, Locale locale) { return BusinessDays(China(), n).Describe(locale); };
  constexpr Locale kEn = Locale::kEnglish, kZh = Locale::kChinese;
  EXPECT_EQ(on(kSkip, kEn), "on business days of cn");
  EXPECT_EQ(on(kNext, kEn), "on business days of cn, moved to the next one");
  EXPECT_EQ(on(kNearest, kEn), "on business days of cn, moved to the nearest one");
  EXPECT_EQ(except(kSkip, kEn), "except on days of cn");
  EXPECT_EQ(except(kPrevious, kEn), "except on days of cn, moved to the previous other day");
  EXPECT_EQ(nth(1, kEn), "on the first business day of the month (cn)");
  EXPECT_EQ(nth(2, kEn), "on the 2nd business day of the month (cn)");
  EXPECT_EQ(nth(11, kEn), "on the 11th business day of the month (cn)");
  EXPECT_EQ(nth(23, kEn), "on the 23rd business day of the month (cn)");
  EXPECT_EQ(nth(-1, kEn), "on the last business day of the month (cn)");
  EXPECT_EQ(nth(-2, kEn), "on the 2nd to last business day of the month (cn)");
  EXPECT_EQ(on(kSkip, kZh), "限 cn 的工作日");
  EXPECT_EQ(on(kNext, kZh), "限 cn 的工作日，否则顺延至下一个工作日");
  EXPECT_EQ(except(kPrevious, kZh), "避开 cn 的日期，遇则提前至其前");
  EXPECT_EQ(nth(3, kZh), "每月第 3 个工作日（cn）");
  EXPECT_EQ(nth(-1, kZh), "每月最后一个工作日（cn）");
  EXPECT_EQ(nth(-2, kZh), "每月倒数第 2 个工作日（cn）");
}

TEST(BusinessDays, HaveAKeyThatDiffersWithEveryRule) {
  DaySet other = China().days();
  other.Remove(CivilDay{2026y / 5 / 1}, CivilDay{2026y / 5 / 1});
  const std::set<std::string> keys = {
      BusinessDays(China(), CalendarUse::kOn, Shift::kSkip).key(),
      BusinessDays(China(), CalendarUse::kOn, Shift::kNext).key(),
      BusinessDays(China(), CalendarUse::kExcept, Shift::kSkip).key(),
      BusinessDays(China(), 1).key(),
      BusinessDays(China(), -1).key(),
      BusinessDays(Calendar("cn", other), CalendarUse::kOn, Shift::kSkip).key(),
      BusinessDays(Calendar("hk", China().days()), CalendarUse::kOn, Shift::kSkip).key(),
  };
  EXPECT_EQ(keys.size(), 7u);
  EXPECT_EQ(BusinessDays(Calendar("cn", China().days(), {.version = "2"}), 1).key(), BusinessDays(China(), 1).key());
}

}  // namespace
}  // namespace rota
