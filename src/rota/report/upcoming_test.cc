#include "rota/report/upcoming.h"

#include <gtest/gtest.h>

#include "rota/report/test_schedule.h"

namespace rota {
namespace {

Upcoming List(std::string_view cron, std::string_view zone, std::string_view after, int count) {
  return ListUpcoming(cron, *Expression::Parse(cron), *TimeZone::Load(zone), Utc(after), count);
}

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
            R"({"cron":"0 2 * * *","schedule":"At 02:00","zone":"Asia/Shanghai",)"
            R"("next":[{"utc":"2026-03-06T18:00:00Z","local":"2026-03-07 02:00:00 +08:00"}]})"
            "\n");
}

}  // namespace
}  // namespace rota
