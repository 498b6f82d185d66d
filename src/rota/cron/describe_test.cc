#include "rota/cron/describe.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "rota/cron/next.h"

namespace rota {
namespace {

std::string Words(std::string_view text) { return Describe(Expression::Parse(text).value()); }

TEST(Describe, NamesTimesOfDay) {
  EXPECT_EQ(Words("0 2 * * *"), "At 02:00");
  EXPECT_EQ(Words("30 1,13 * * *"), "At 01:30 and 13:30");
  EXPECT_EQ(Words("0,30 8,9 * * *"), "At 08:00, 08:30, 09:00 and 09:30");
  EXPECT_EQ(Words("15 0 2 * * *"), "At 02:00:15");
  EXPECT_EQ(Words("0-59/15 2 * * *"), "At 02:00, 02:15, 02:30 and 02:45");
}

TEST(Describe, NamesPeriods) {
  EXPECT_EQ(Words("* * * * *"), "Every minute");
  EXPECT_EQ(Words("*/15 * * * *"), "Every 15 minutes");
  EXPECT_EQ(Words("0,30 * * * *"), "Every 30 minutes");
  EXPECT_EQ(Words("* * * * * *"), "Every second");
  EXPECT_EQ(Words("*/10 * * * * *"), "Every 10 seconds");
  EXPECT_EQ(Words("*/15 9-17 * * *"), "Every 15 minutes past hours 9 through 17");
}

TEST(Describe, CallsNoPeriodWhatDoesNotDivideTheHour) {
  EXPECT_EQ(Words("*/7 * * * *"), "Every 7th minute");
  EXPECT_EQ(Words("*/31 * * * *"), "Every 31st minute");
  EXPECT_EQ(Words("*/22 * * * *"), "Every 22nd minute");
  EXPECT_EQ(Words("*/13 * * * *"), "Every 13th minute");
}

TEST(Describe, NamesMinutesPastHours) {
  EXPECT_EQ(Words("@hourly"), "At minute 0 past every hour");
  EXPECT_EQ(Words("5,10,40-50 * * * *"), "At minutes 5, 10 and 40 through 50 past every hour");
  EXPECT_EQ(Words("0 */2 * * *"), "At minute 0 past every 2nd hour");
  EXPECT_EQ(Words("0 9-17 * * *"), "At minute 0 past hours 9 through 17");
}

TEST(Describe, NamesSecondsOfMinutes) {
  EXPECT_EQ(Words("30 * * * * *"), "At second 30 of every minute");
  EXPECT_EQ(Words("30 5 * * * *"), "At second 30 of minute 5 past every hour");
  EXPECT_EQ(Words("*/10 5 * * * *"), "Every 10 seconds of minute 5");
  EXPECT_EQ(Words("*/10 */5 2 * * *"), "Every 10 seconds of every 5th minute past hour 2");
  EXPECT_EQ(Words("* 5 2 * * *"), "Every second of minute 5 past hour 2");
}

TEST(Describe, NamesDays) {
  EXPECT_EQ(Words("0 2 * * 1-5"), "At 02:00, Monday through Friday");
  EXPECT_EQ(Words("0 0 * * 0"), "At 00:00, on Sunday");
  EXPECT_EQ(Words("0 0 * * sun,sat"), "At 00:00, on Saturday and Sunday");
  EXPECT_EQ(Words("0 0 * * mon,wed,fri"), "At 00:00, on Monday, Wednesday and Friday");
  EXPECT_EQ(Words("0 0 1 * *"), "At 00:00, on day 1 of the month");
  EXPECT_EQ(Words("0 0 1,15 * *"), "At 00:00, on days 1 and 15 of the month");
  EXPECT_EQ(Words("0 0 L * *"), "At 00:00, on the last day of the month");
  EXPECT_EQ(Words("0 0 1,L * *"), "At 00:00, on day 1 and the last day of the month");
  EXPECT_EQ(Words("0 0 * jan-mar,dec *"), "At 00:00, in January through March and December");
  EXPECT_EQ(Words("0 0 30 2 *"), "At 00:00, on day 30 of the month, in February");
}

TEST(Describe, SaysHowDayAndWeekdayCombine) {
  EXPECT_EQ(Words("0 0 13 * fri"), "At 00:00, on day 13 of the month or on Friday");
  EXPECT_EQ(Words("0 0 1-7 * +mon"), "At 00:00, on days 1 through 7 of the month if it is Monday");
  EXPECT_EQ(Words("0 0 1-31 * mon"), "At 00:00");
}

TEST(Describe, TellsApartWhatDiffersOnlyOverDst) {
  EXPECT_EQ(Words("*/15 2 * * *"), "Every 15 minutes past hour 2");
  EXPECT_EQ(Words("0 0-23 * * *"), "At minute 0 past hours 0 through 23");
  EXPECT_EQ(Words("0,5,20,40 3 * * *"), "At 03:00, 03:05, 03:20 and 03:40");
  EXPECT_EQ(Words("*/20,5 3 * * *"), "At 03:00, 03:05, 03:20 and 03:40, in real time over DST");
}

// The instants from before one change of DST in Berlin until after another, as far as they matter.
std::vector<WallTime> Instants(const Expression& expression) {
  static const TimeZone berlin = TimeZone::Load("Europe/Berlin").value();
  std::vector<WallTime> instants;
  for (const std::chrono::sys_days start :
       {std::chrono::sys_days(std::chrono::March / 28 / 2026), std::chrono::sys_days(std::chrono::October / 24 / 2026),
        std::chrono::sys_days(std::chrono::January / 30 / 2027)}) {
    std::optional<WallTime> next = start;
    for (int i = 0; i < 20; ++i) {
      next = Next(expression, berlin, *next);
      if (!next) break;
      instants.push_back(*next);
    }
  }
  return instants;
}

TEST(Describe, SaysTheSameOnlyOfWhatFiresTheSame) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(Format("seed {}", seed));
  std::mt19937 random(seed);
  const auto pick = [&random](std::initializer_list<const char*> from) { return from.begin()[random() % from.size()]; };
  std::map<std::string, std::pair<std::string, Expression>> known;
  int repeats = 0;
  for (int i = 0; i < 4000; ++i) {
    const std::string text =
        Format("{} {} {} {} {} {}", pick({"0", "*", "*/30", "0,30", "0-59"}),
               pick({"0", "*", "*/30", "0,30", "0-59", "*/40", "0-59/20", "*/20", "*/20,5", "0,5,20,40"}),
               pick({"0", "*", "2", "*/2", "0-23", "0-23/2", "1-3", "*/12", "0,12", "2,*/12"}),
               pick({"*", "?", "1-31", "*/2", "L", "1,L", "1"}), pick({"*", "1-12", "*/6", "1,7"}),
               pick({"*", "?", "0-7", "1-5", "+1-5", "*/2", "sun", "+0-6"}));
    const Expression expression = Expression::Parse(text).value();
    const auto [it, fresh] = known.try_emplace(Describe(expression), text, expression);
    if (fresh || it->second.second == expression) continue;
    ++repeats;
    EXPECT_EQ(expression.wildcard_time, it->second.second.wildcard_time) << text << " and " << it->second.first;
    ASSERT_EQ(Instants(expression), Instants(it->second.second)) << text << " and " << it->second.first;
  }
  EXPECT_GT(repeats, 0);
}

}  // namespace
}  // namespace rota
