#include "rota/report/upcoming.h"

#include <gtest/gtest.h>

#include "rota/report/test_schedule.h"

namespace rota {
namespace {

Upcoming List(std::string cron, std::string_view zone, std::string_view from, int count,
              CronQuestion::Direction direction = CronQuestion::Direction::kForwards) {
  return *ListUpcoming({.cron = std::move(cron),
                        .zone = *TimeZone::Load(zone),
                        .from = Utc(from),
                        .direction = direction,
                        .count = count});
}

std::string Batch(std::string_view line) { return AnswerBatchLine(line, CronDialect::kOcps, std::nullopt); }

TEST(Upcoming, ShowsTheInstantsInTheZone) {
  EXPECT_EQ(ToText(List("0 2 * * *", "Asia/Shanghai", "2026-03-06 00:00", 2)),
            "At 02:00 (Asia/Shanghai)\n"
            "2026-03-07 02:00:00 +08:00\n"
            "2026-03-08 02:00:00 +08:00\n");
}

TEST(Upcoming, StartsStrictlyAfterTheInstant) {
  EXPECT_EQ(List("0 2 * * *", "UTC", "2026-03-07 02:00", 1).instants, std::vector{Utc("2026-03-08 02:00")});
}

TEST(Upcoming, ShowsTheChangeOfOffset) {
  EXPECT_EQ(ToText(List("0 12 * * *", "Europe/Berlin", "2026-03-28 00:00", 2)),
            "At 12:00 (Europe/Berlin)\n"
            "2026-03-28 12:00:00 +01:00\n"
            "2026-03-29 12:00:00 +02:00\n");
}

TEST(Upcoming, IsEmptyForAnExpressionThatNeverFires) {
  EXPECT_TRUE(List("0 0 30 2 *", "UTC", "2026-01-01 00:00", 3).instants.empty());
}

TEST(Upcoming, GivesEachInstantInUtcAndInTheZoneAsJson) {
  EXPECT_EQ(ToJson(List("0 2 * * *", "Asia/Shanghai", "2026-03-06 00:00", 1)),
            R"({"cron":"0 2 * * *","schedule":"At 02:00","zone":"Asia/Shanghai","fires_at_start":false,)"
            R"("next":[{"utc":"2026-03-06T18:00:00Z","local":"2026-03-07 02:00:00 +08:00"}]})"
            "\n");
}

TEST(Upcoming, SaysInJsonThatItFiresAtTheStartOfAServer) {
  EXPECT_EQ(ToJson(List("@reboot", "UTC", "2026-03-06 00:00", 1)),
            R"({"cron":"@reboot","schedule":"When the server starts","zone":"UTC","fires_at_start":true,"next":[]})"
            "\n");
}

TEST(Upcoming, GoesBackFromStrictlyBeforeTheInstant) {
  const Upcoming upcoming = List("0 2 * * *", "UTC", "2026-03-07 02:00", 2, CronQuestion::Direction::kBackwards);
  EXPECT_EQ(upcoming.instants, (std::vector{Utc("2026-03-06 02:00"), Utc("2026-03-05 02:00")}));
  EXPECT_EQ(ToJson(upcoming), R"({"cron":"0 2 * * *","schedule":"At 02:00","zone":"UTC","fires_at_start":false,)"
                              R"("previous":[{"utc":"2026-03-06T02:00:00Z","local":"2026-03-06 02:00:00 +00:00"},)"
                              R"({"utc":"2026-03-05T02:00:00Z","local":"2026-03-05 02:00:00 +00:00"}]})"
                              "\n");
}

TEST(Upcoming, RefusesWhatIsNoCron) {
  EXPECT_EQ(ListUpcoming({.cron = "61 * * * *", .from = Utc("2026-03-07 02:00")}).error().message(),
            "column 1: minute \"61\": 61 is out of range; expected 0-59 or *");
}

TEST(Batch, AnswersInInstantsOfUtc) {
  EXPECT_EQ(Batch("0 2 * * *\tAsia/Shanghai\t2026-03-06T00:00:00Z\t2"), "2026-03-06T18:00:00Z,2026-03-07T18:00:00Z");
  EXPECT_EQ(Batch("0 2 * * *\t+08:00\t2026-03-06T08:00:00+08:00\t-1"), "2026-03-05T18:00:00Z");
  EXPECT_EQ(Batch("0\t2 * * *\tUTC\t2026-03-06T00:00:00.250Z\t1\r"), "2026-03-06T02:00:00Z");
}

TEST(Batch, TakesAPlusSign) { EXPECT_EQ(Batch("@daily\tUTC\t2026-03-06T00:00:00Z\t+1"), "2026-03-07T00:00:00Z"); }

TEST(Batch, SaysWhenNothingComes) {
  EXPECT_EQ(Batch("0 0 30 2 *\tUTC\t2026-03-06T00:00:00Z\t5"), "NONE");
  EXPECT_EQ(Batch("0 0 1 1 *\tUTC\t2198-06-01T00:00:00Z\t5"), "2199-01-01T00:00:00Z");
}

TEST(Batch, SaysWhatIsWrongOnOneLine) {
  EXPECT_EQ(Batch(""), "ERROR: expected four fields with tabs between them: expression, zone, from, k");
  EXPECT_EQ(Batch("* * * * * UTC 2026-03-06T00:00:00Z 1"),
            "ERROR: expected four fields with tabs between them: expression, zone, from, k");
  EXPECT_EQ(Batch("61 * * * *\tUTC\t2026-03-06T00:00:00Z\t1"),
            "ERROR: column 1: minute \"61\": 61 is out of range; expected 0-59 or *");
  EXPECT_EQ(Batch("* * * * *\tMoon\t2026-03-06T00:00:00Z\t1").find("ERROR: unknown time zone \"Moon\""), 0u);
  EXPECT_EQ(Batch("* * * * *\tUTC\tnoon\t1").find("ERROR: from: "), 0u);
  for (const char* k :
       {"", "0", "1.5", "1 ", "+", "+-1", "++1", "-+1", "+0", "x", "10001", "-10001", "-2147483648", "99999999999"}) {
    EXPECT_EQ(Batch(Format("* * * * *\tUTC\t2026-03-06T00:00:00Z\t{}", k)),
              Format("ERROR: k \"{}\": expected a whole number from -10000 to 10000, but for 0", k));
  }
}

}  // namespace
}  // namespace rota
