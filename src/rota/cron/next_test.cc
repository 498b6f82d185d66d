#include "rota/cron/next.h"

#include <gtest/gtest.h>

#include <vector>

#include "rota/time/format.h"

namespace rota {
namespace {

TimeZone Zone(std::string_view name) {
  const Result<TimeZone> zone = TimeZone::Load(name);
  EXPECT_TRUE(zone) << zone.error().message();
  return zone.value_or(TimeZone());
}

WallTime At(std::string_view text) { return ParseInstant(text, TimeZone()).value(); }

// The next `count` instants, as people of the zone read them.
std::vector<std::string> After(std::string_view expression, const TimeZone& zone, std::string_view from, int count) {
  std::vector<std::string> found;
  std::optional<WallTime> next = ParseInstant(from, zone).value();
  for (int i = 0; i < count; ++i) {
    next = Next(Expression::Parse(expression).value(), zone, *next);
    if (!next) break;
    found.push_back(FormatInstant(*next, zone));
  }
  return found;
}

using Texts = std::vector<std::string>;

TEST(Next, IsStrictlyAfter) {
  const Expression every_minute = Expression::Parse("* * * * *").value();
  const TimeZone utc;
  EXPECT_EQ(Next(every_minute, utc, At("2026-03-07T02:00:00Z")), At("2026-03-07T02:01:00Z"));
  EXPECT_EQ(Next(every_minute, utc, At("2026-03-07T01:59:59.999Z")), At("2026-03-07T02:00:00Z"));
  EXPECT_EQ(Next(every_minute, utc, At("2026-03-07T02:00:00.001Z")), At("2026-03-07T02:01:00Z"));
}

TEST(Previous, IsStrictlyBefore) {
  const Expression every_minute = Expression::Parse("* * * * *").value();
  const TimeZone utc;
  EXPECT_EQ(Previous(every_minute, utc, At("2026-03-07T02:00:00Z")), At("2026-03-07T01:59:00Z"));
  EXPECT_EQ(Previous(every_minute, utc, At("2026-03-07T02:00:00.001Z")), At("2026-03-07T02:00:00Z"));
}

TEST(Next, SkipsNothingMadeUpForAnExpressionThatFollowsRealTime) {
  EXPECT_EQ(After("*/30 * * * *", Zone("Europe/Berlin"), "2026-03-29 01:00", 2),
            (Texts{"2026-03-29 01:30:00 +01:00", "2026-03-29 03:00:00 +02:00"}));
  EXPECT_EQ(After("*/30 2 * * *", Zone("Europe/Berlin"), "2026-03-28 12:00", 1), (Texts{"2026-03-30 02:00:00 +02:00"}));
}

TEST(Next, FiresAFixedTimeOfTheGapOnceRightAfterIt) {
  EXPECT_EQ(After("0,15,30 2 * * *", Zone("Europe/Berlin"), "2026-03-29 00:00", 2),
            (Texts{"2026-03-29 03:00:00 +02:00", "2026-03-30 02:00:00 +02:00"}));
  EXPECT_EQ(After("30 2,3 * * *", Zone("Europe/Berlin"), "2026-03-29 00:00", 2),
            (Texts{"2026-03-29 03:00:00 +02:00", "2026-03-29 03:30:00 +02:00"}));
}

TEST(Next, FiresOnceWhenTheInstantAfterTheGapIsOneOfItsOwn) {
  EXPECT_EQ(After("0 2,3 * * *", Zone("Europe/Berlin"), "2026-03-29 00:00", 2),
            (Texts{"2026-03-29 03:00:00 +02:00", "2026-03-30 02:00:00 +02:00"}));
}

TEST(Next, FiresAFixedTimeAtTheFirstPassOnly) {
  EXPECT_EQ(After("30 2 * * *", Zone("Europe/Berlin"), "2026-10-25 00:00", 2),
            (Texts{"2026-10-25 02:30:00 +02:00", "2026-10-26 02:30:00 +01:00"}));
}

TEST(Next, FiresAtBothPassesForAnExpressionThatFollowsRealTime) {
  EXPECT_EQ(After("30 * * * *", Zone("America/New_York"), "2026-11-01 00:45", 3),
            (Texts{"2026-11-01 01:30:00 -04:00", "2026-11-01 01:30:00 -05:00", "2026-11-01 02:30:00 -05:00"}));
}

TEST(Next, MakesNothingUpForAGapLongerThanThreeHours) {
  // Samoa had no 30 December 2011.
  EXPECT_EQ(After("0 12 * * *", Zone("Pacific/Apia"), "2011-12-29 00:00", 2),
            (Texts{"2011-12-29 12:00:00 -10:00", "2011-12-31 12:00:00 +14:00"}));
}

TEST(Next, HasNothingForADateThatDoesNotExist) {
  const Expression impossible = Expression::Parse("0 0 30 2 *").value();
  for (const char* zone : {"UTC", "Europe/Berlin"}) {
    EXPECT_EQ(Next(impossible, Zone(zone), At("2026-03-07T02:00:00Z")), std::nullopt);
    EXPECT_EQ(Previous(impossible, Zone(zone), At("2199-03-07T02:00:00Z")), std::nullopt);
  }
}

TEST(Next, HasNothingForAnExpressionWithoutValues) {
  EXPECT_EQ(Next(Expression(), TimeZone(), At("2026-03-07T02:00:00Z")), std::nullopt);
  EXPECT_EQ(Previous(Expression(), TimeZone(), At("2026-03-07T02:00:00Z")), std::nullopt);
  Expression without_hours = Expression::Parse("0 0 * * *").value();
  without_hours.hours = 0;
  EXPECT_EQ(Next(without_hours, TimeZone(), At("2026-03-07T02:00:00Z")), std::nullopt);
  EXPECT_EQ(Previous(without_hours, TimeZone(), At("2026-03-07T02:00:00Z")), std::nullopt);
}

TEST(Next, FindsTheRarestDate) {
  // 29 February on a Monday: 28 years apart, 40 over 2100, which is no leap year.
  EXPECT_EQ(After("0 0 29 2 +mon", TimeZone(), "2025-01-01", 6),
            (Texts{"2044-02-29 00:00:00 +00:00", "2072-02-29 00:00:00 +00:00", "2112-02-29 00:00:00 +00:00",
                   "2140-02-29 00:00:00 +00:00", "2168-02-29 00:00:00 +00:00", "2196-02-29 00:00:00 +00:00"}));
}

TEST(Next, StaysWithin1970And2200) {
  const Expression daily = Expression::Parse("@daily").value();
  for (const char* name : {"UTC", "Pacific/Kiritimati", "America/Los_Angeles"}) {
    const TimeZone zone = Zone(name);
    const std::optional<WallTime> first = Next(daily, zone, WallTime::min());
    const std::optional<WallTime> last = Previous(daily, zone, WallTime::max());
    ASSERT_TRUE(first && last) << name;
    EXPECT_GE(*first, At("1970-01-01"));
    EXPECT_LT(*first, At("1970-01-02"));
    EXPECT_LT(*last, At("2200-01-01"));
    EXPECT_GE(*last, At("2199-12-31"));
    EXPECT_EQ(Next(daily, zone, *last), std::nullopt);
    EXPECT_EQ(Previous(daily, zone, *first), std::nullopt);
    EXPECT_EQ(Next(daily, zone, WallTime::max()), std::nullopt);
    EXPECT_EQ(Previous(daily, zone, WallTime::min()), std::nullopt);
  }
}

// Fires on the day before each that the fields give, which may lie in another month or year.
class TheDayBefore final : public DayRule {
 public:
  std::uint32_t Days(const Expression& expression, std::chrono::year_month month) const override {
    const std::chrono::year_month following = month + std::chrono::months(1);
    const unsigned last = static_cast<unsigned>((month / std::chrono::last).day());
    const bool carries = Fires(expression, following) && (MatchingDays(expression, following) >> 1 & 1) != 0;
    const std::uint32_t within = Fires(expression, month) ? MatchingDays(expression, month) >> 1 & ~1u : 0;
    return within | (carries ? std::uint32_t{1} << last : 0);
  }

 private:
  static bool Fires(const Expression& expression, std::chrono::year_month month) {
    return (expression.months >> static_cast<unsigned>(month.month()) & 1) != 0;
  }
};

TEST(Next, AsksARuleForTheDaysOfEveryMonth) {
  const TheDayBefore rule;
  const CronOptions options = {.days = &rule};
  const Expression expression = Expression::Parse("0 12 1 3,6 *").value();
  const TimeZone utc;
  EXPECT_EQ(Next(expression, utc, At("2026-01-01"), options), At("2026-02-28T12:00:00Z"));
  EXPECT_EQ(Next(expression, utc, At("2026-02-28T12:00:00Z"), options), At("2026-05-31T12:00:00Z"));
  EXPECT_EQ(Next(expression, utc, At("2028-01-01"), options), At("2028-02-29T12:00:00Z"));
  EXPECT_EQ(Previous(expression, utc, At("2026-05-31T12:00:00Z"), options), At("2026-02-28T12:00:00Z"));
  EXPECT_EQ(Previous(expression, utc, At("2026-02-28T12:00:00Z"), options), At("2025-05-31T12:00:00Z"));
}

TEST(Next, MakesUpForAGapOnADayThatARuleGives) {
  const TheDayBefore rule;
  const Expression mondays = Expression::Parse("30 2 * * mon").value();
  EXPECT_EQ(Next(mondays, Zone("Europe/Berlin"), At("2026-03-28"), {.days = &rule}), At("2026-03-29T01:00:00Z"));
}

TEST(Next, HasNothingWhereARuleHasNoDays) {
  class Never final : public DayRule {
    std::uint32_t Days(const Expression&, std::chrono::year_month) const override { return 0; }
  };
  const Never rule;
  const Expression daily = Expression::Parse("@daily").value();
  EXPECT_EQ(Next(daily, TimeZone(), At("2026-01-01"), {.days = &rule}), std::nullopt);
  EXPECT_EQ(Previous(daily, TimeZone(), At("2026-01-01"), {.days = &rule}), std::nullopt);
}

TEST(MatchingDays, AskNeitherMonthsNorYears) {
  const Expression february = Expression::Parse("0 0 28-31 2 *").value();
  EXPECT_EQ(MatchingDays(february, std::chrono::year(2026) / 4), 0x70000000u);
  EXPECT_EQ(MatchingDays(february, std::chrono::year(2028) / 2), 0x30000000u);
}

TEST(MatchingDays, CountBackFromTheLastDayAsFarAsTheMonthReaches) {
  Expression expression = Expression::Parse("0 0 L * *").value();
  expression.last_offset = 3;
  EXPECT_EQ(MatchingDays(expression, std::chrono::year(2026) / 2), 1u << 25);
  expression.last_offset = 30;
  EXPECT_EQ(MatchingDays(expression, std::chrono::year(2026) / 1), 1u << 1);
  EXPECT_EQ(MatchingDays(expression, std::chrono::year(2026) / 2), 0u);
}

}  // namespace
}  // namespace rota
