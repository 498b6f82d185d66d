#include "rota/cron/dst.h"

#include <gtest/gtest.h>

#include "rota/base/text.h"
#include "rota/time/format.h"

namespace rota {
namespace {

std::string_view Word(DstOutcome outcome) {
  switch (outcome) {
    case DstOutcome::kRunAfter:
      return "after";
    case DstOutcome::kRunBefore:
      return "before";
    case DstOutcome::kDropped:
      return "dropped";
    case DstOutcome::kFirstPass:
      return "first";
    case DstOutcome::kSecondPass:
      return "second";
    case DstOutcome::kBothPasses:
      return "both";
  }
  return "";
}

std::string Text(CivilTime civil) { return FormatInstant(WallTime(civil.time_since_epoch())).substr(0, 19); }

// Each effect in a line: the transition, the times and their number, the outcome and its run.
std::string Effects(std::string_view expression, std::string_view zone_name, std::string_view from, int count,
                    DstPolicy policy = {}) {
  const TimeZone zone = TimeZone::Load(zone_name).value();
  std::string lines;
  for (const DstEffect& effect : DstEffects(Expression::Parse(expression).value(), zone, {.dst = policy},
                                            ParseInstant(from, zone).value(), count)) {
    lines += Format("{}: {} to {} ({}) {} {}\n", FormatInstant(effect.transition.at, zone), Text(effect.first),
                    Text(effect.last), effect.count, Word(effect.outcome),
                    effect.runs ? FormatInstant(*effect.runs, zone) : "-");
  }
  return lines;
}

TEST(DstEffects, TellsWhatBecomesOfAFixedTime) {
  EXPECT_EQ(
      Effects("30 2 * * *", "Europe/Berlin", "2026-01-01", 2),
      "2026-03-29 03:00:00 +02:00: 2026-03-29T02:30:00 to 2026-03-29T02:30:00 (1) after 2026-03-29 03:00:00 +02:00\n"
      "2026-10-25 02:00:00 +01:00: 2026-10-25T02:30:00 to 2026-10-25T02:30:00 (1) first 2026-10-25 02:30:00 +02:00\n");
}

TEST(DstEffects, FollowsThePolicy) {
  const DstPolicy other = {.gap = DstGap::kRunBefore, .overlap = DstOverlap::kSecond};
  EXPECT_EQ(
      Effects("0,30 2 * * *", "Europe/Berlin", "2026-01-01", 2, other),
      "2026-03-29 03:00:00 +02:00: 2026-03-29T02:00:00 to 2026-03-29T02:30:00 (2) before 2026-03-29 01:59:59 +01:00\n"
      "2026-10-25 02:00:00 +01:00: 2026-10-25T02:00:00 to 2026-10-25T02:30:00 (2) second 2026-10-25 02:00:00 +01:00\n");
}

TEST(DstEffects, TellsOfAWildcardInCertainHours) {
  EXPECT_EQ(
      Effects("*/20 1-2 * * *", "America/New_York", "2026-01-01", 2),
      "2026-03-08 03:00:00 -04:00: 2026-03-08T02:00:00 to 2026-03-08T02:40:00 (3) dropped -\n"
      "2026-11-01 01:00:00 -05:00: 2026-11-01T01:00:00 to 2026-11-01T01:40:00 (3) both 2026-11-01 01:00:00 -04:00\n");
}

TEST(DstEffects, LeavesOutWhatFiresEveryHourUnlessAPolicySaysOtherwise) {
  EXPECT_EQ(Effects("*/15 * * * *", "Europe/Berlin", "2026-01-01", 2), "");
  EXPECT_EQ(Effects("0 * * * *", "Europe/Berlin", "2026-01-01", 2), "");
  EXPECT_EQ(
      Effects("0 * * * *", "Europe/Berlin", "2026-06-01", 1, {.overlap = DstOverlap::kFirst}),
      "2026-10-25 02:00:00 +01:00: 2026-10-25T02:00:00 to 2026-10-25T02:00:00 (1) first 2026-10-25 02:00:00 +02:00\n");
  // Fixed to each hour, it is silent for two at the end of summer.
  EXPECT_EQ(
      Effects("30 0-23 * * *", "Europe/Berlin", "2026-06-01", 1),
      "2026-10-25 02:00:00 +01:00: 2026-10-25T02:30:00 to 2026-10-25T02:30:00 (1) first 2026-10-25 02:30:00 +02:00\n");
}

TEST(DstEffects, FindsTheYearInWhichADateMeetsAChange) {
  EXPECT_EQ(
      Effects("30 2 25 10 *", "Europe/Berlin", "2027-01-01", 1),
      "2037-10-25 02:00:00 +01:00: 2037-10-25T02:30:00 to 2037-10-25T02:30:00 (1) first 2037-10-25 02:30:00 +02:00\n");
}

TEST(DstEffects, SaysThatACorrectionOfTheClockDropsItsTimes) {
  EXPECT_EQ(Effects("0 12 * * *", "Pacific/Apia", "2011-12-01", 1),
            "2011-12-31 00:00:00 +14:00: 2011-12-30T12:00:00 to 2011-12-30T12:00:00 (1) dropped -\n");
}

TEST(DstEffects, CountsNoFurtherThanAHundred) {
  EXPECT_EQ(Effects("0-59 0-59 2 * * *", "Europe/Berlin", "2026-01-01", 1),
            "2026-03-29 03:00:00 +02:00: 2026-03-29T02:00:00 to 2026-03-29T02:59:59 (100) after 2026-03-29 03:00:00 "
            "+02:00\n");
}

TEST(DstEffects, AreNoneWhereNothingMeetsAChange) {
  EXPECT_EQ(Effects("30 12 * * *", "Europe/Berlin", "2026-01-01", 5), "");
  EXPECT_EQ(Effects("30 2 * * *", "UTC", "2026-01-01", 5), "");
  EXPECT_EQ(Effects("30 2 * * *", "Europe/Berlin", "2199-12-01", 5), "");
  EXPECT_EQ(Effects("30 2 * * *", "Europe/Berlin", "2026-01-01", 0), "");
  EXPECT_EQ(Effects("30 2 30 2 *", "Europe/Berlin", "2026-01-01", 5), "");
}

}  // namespace
}  // namespace rota
