#include "rota/time/format.h"

#include <gtest/gtest.h>

#include <random>

namespace rota {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

TimeZone Zone(std::string_view name) { return TimeZone::Load(name).value(); }

WallTime Instant(int year, unsigned month, unsigned day, seconds time) {
  return std::chrono::sys_days(std::chrono::year(year) / std::chrono::month(month) / std::chrono::day(day)) + time;
}

template <typename T>
std::string ErrorOf(const Result<T>& result) {
  if (result) return "";
  EXPECT_EQ(result.error().code(), StatusCode::kInvalidArgument);
  return result.error().message();
}

TEST(FormatInstant, WritesRfc3339InUtc) {
  const WallTime instant = Instant(2026, 3, 7, hours(2));
  EXPECT_EQ(FormatInstant(instant), "2026-03-07T02:00:00Z");
  EXPECT_EQ(FormatInstant(instant + Milliseconds(250)), "2026-03-07T02:00:00.250Z");
  EXPECT_EQ(FormatInstant(instant - Milliseconds(1)), "2026-03-07T01:59:59.999Z");
  EXPECT_EQ(FormatInstant(WallTime(Milliseconds(-1))), "1969-12-31T23:59:59.999Z");
}

TEST(FormatInstant, WritesTheTimeOfAZoneWithItsOffset) {
  const WallTime instant = Instant(2026, 7, 7, hours(18));
  EXPECT_EQ(FormatInstant(instant, Zone("Asia/Shanghai")), "2026-07-08 02:00:00 +08:00");
  EXPECT_EQ(FormatInstant(instant, Zone("America/St_Johns")), "2026-07-07 15:30:00 -02:30");
  EXPECT_EQ(FormatInstant(instant + Milliseconds(5), TimeZone()), "2026-07-07 18:00:00.005 +00:00");
  EXPECT_EQ(FormatInstant(Instant(1971, 7, 7, hours(18)), Zone("Africa/Monrovia")), "1971-07-07 17:15:30 -00:44:30");
}

TEST(ParseInstant, ReadsRfc3339) {
  const WallTime instant = Instant(2026, 3, 7, hours(2));
  for (const char* text : {"2026-03-07T02:00:00Z", "2026-03-07t02:00:00z", "2026-03-07T10:00:00+08:00",
                           "2026-03-06T22:30:00-03:30", "2026-03-07 10:00:00 +08:00", "2026-03-07T02:00Z"}) {
    EXPECT_EQ(ParseInstant(text, Zone("Europe/Berlin")).value(), instant) << text;
  }
  EXPECT_EQ(ParseInstant("2026-03-07T02:00:00.25Z", TimeZone()).value(), instant + Milliseconds(250));
  EXPECT_EQ(ParseInstant("2026-03-07T02:00:00.123999999Z", TimeZone()).value(), instant + Milliseconds(123));
}

TEST(ParseInstant, ReadsCivilTimeInTheZone) {
  const TimeZone shanghai = Zone("Asia/Shanghai");
  EXPECT_EQ(ParseInstant("2026-03-07", shanghai).value(), Instant(2026, 3, 6, hours(16)));
  EXPECT_EQ(ParseInstant("2026-03-07 02:00", shanghai).value(), Instant(2026, 3, 6, hours(18)));
  EXPECT_EQ(ParseInstant("2026-03-07 02:00:05", shanghai).value(), Instant(2026, 3, 6, hours(18) + seconds(5)));
  EXPECT_EQ(ParseInstant("2026-03-07T02:00", shanghai).value(), Instant(2026, 3, 6, hours(18)));
}

TEST(ParseInstant, TakesTheFirstInstantAfterAGapAndTheFirstPassOfARepeatedTime) {
  const TimeZone berlin = Zone("Europe/Berlin");
  EXPECT_EQ(ParseInstant("2026-03-29 02:30", berlin).value(), Instant(2026, 3, 29, hours(1)));
  EXPECT_EQ(ParseInstant("2026-10-25 02:30", berlin).value(), Instant(2026, 10, 25, minutes(30)));
}

TEST(ParseInstant, ReadsBackWhatFormatInstantWrites) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(Format("seed {}", seed));
  std::mt19937_64 random(seed);
  const TimeZone berlin = Zone("Europe/Berlin");
  for (int i = 0; i < 2000; ++i) {
    const WallTime instant(Milliseconds(random() % 7'258'118'400'000));  // 1970 to 2200.
    ASSERT_EQ(ParseInstant(FormatInstant(instant), berlin).value(), instant);
    ASSERT_EQ(ParseInstant(FormatInstant(instant, berlin), TimeZone()).value(), instant);
  }
}

TEST(ParseInstant, ReadsALeapSecondAsTheNextDay) {
  const WallTime instant = Instant(2017, 1, 1, seconds(0));
  for (const char* text : {"2016-12-31T23:59:60Z", "2016-12-31T23:59:60.5Z", "2017-01-01T05:29:60+05:30"}) {
    EXPECT_EQ(ParseInstant(text, TimeZone()).value(), instant) << text;
  }
  EXPECT_EQ(ParseInstant("2016-12-31 23:59:60", TimeZone()).value(), instant);
  EXPECT_EQ(ParseInstant("2017-01-01 07:59:60", Zone("Asia/Shanghai")).value(), instant);
  for (const char* text :
       {"2016-12-31T22:59:60Z", "2016-12-31T23:58:60Z", "2016-12-31T23:59:60+08:00", "2016-12-31T23:59:61Z"}) {
    EXPECT_FALSE(ParseInstant(text, TimeZone())) << text;
  }
}

TEST(FormatDate, WritesYearMonthAndDay) {
  using namespace std::chrono_literals;
  EXPECT_EQ(FormatDate(std::chrono::local_days(2026y / 3 / 7)), "2026-03-07");
  EXPECT_EQ(FormatDate(std::chrono::local_days(2026y / 3 / 7) + 23h), "2026-03-07");
  EXPECT_EQ(FormatDate(std::chrono::local_days(987y / 12 / 31)), "0987-12-31");
}

TEST(ParseInstant, RefusesWhatIsNoInstant) {
  for (const char* text :
       {"", "now", "2026", "2026-3-7", "2026-02-30", "2026-13-01", "2026-03-07T", "2026-03-07T25:00",
        "2026-03-07 02:60", "2026-03-07 02:00:60", "2026-03-07T02:00:00+8", "2026-03-07T02:00:00Zx",
        "2026-03-07T02:00:00.Z", "2026-03-07T02:00:00+24:00", " 2026-03-07", "2026-03-07 ", "2026-03-07Z", "02:00"}) {
    EXPECT_EQ(ErrorOf(ParseInstant(text, TimeZone())),
              Format("expected a time such as 2026-03-07T02:00:00Z, 2026-03-07T02:00:00+08:00, 2026-03-07 02:00 or "
                     "2026-03-07, not \"{}\"",
                     text));
  }
}

TEST(ParseDuration, ReadsUnitsInFallingOrder) {
  EXPECT_EQ(ParseDuration("500ms").value(), Milliseconds(500));
  EXPECT_EQ(ParseDuration("90s").value(), seconds(90));
  EXPECT_EQ(ParseDuration("30m").value(), minutes(30));
  EXPECT_EQ(ParseDuration("1h30m").value(), minutes(90));
  EXPECT_EQ(ParseDuration("7d").value(), days(7));
  EXPECT_EQ(ParseDuration("1d2h3m4s5ms").value(), days(1) + hours(2) + minutes(3) + seconds(4) + Milliseconds(5));
  EXPECT_EQ(ParseDuration("1m5ms").value(), minutes(1) + Milliseconds(5));
  EXPECT_EQ(ParseDuration("0s").value(), Milliseconds(0));
  EXPECT_EQ(ParseDuration("36525d").value(), days(36525));
}

TEST(ParseDuration, RefusesWhatIsNoDuration) {
  for (const char* text :
       {"", "5", "s", "-5s", "+5s", "1.5h", "5 s", "5x", "30m1h", "1h1h", "1h30", "5S", "５s", "ms"}) {
    EXPECT_EQ(ErrorOf(ParseDuration(text)),
              Format("expected a duration such as 500ms, 90s, 30m, 1h30m or 7d, not \"{}\"", text));
  }
}

TEST(ParseDuration, RefusesMoreThanAHundredYears) {
  for (const char* text : {"36525d1ms", "36526d", "99999999999999999999999999s", "9223372036854775807ms"}) {
    EXPECT_EQ(ErrorOf(ParseDuration(text)), Format("\"{}\" is longer than 100 years", text));
  }
}

TEST(FormatDuration, UsesTheLargestUnits) {
  EXPECT_EQ(FormatDuration(Milliseconds(0)), "0s");
  EXPECT_EQ(FormatDuration(Milliseconds(250)), "250ms");
  EXPECT_EQ(FormatDuration(minutes(90)), "1h30m");
  EXPECT_EQ(FormatDuration(days(7)), "7d");
  EXPECT_EQ(FormatDuration(seconds(90) + Milliseconds(5)), "1m30s5ms");
  EXPECT_EQ(FormatDuration(-minutes(90)), "-1h30m");
}

TEST(FormatDuration, IsReadBackByParseDuration) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(Format("seed {}", seed));
  std::mt19937_64 random(seed);
  for (int i = 0; i < 2000; ++i) {
    const Milliseconds duration(random() % (std::uint64_t{1} << (random() % 41)));
    ASSERT_EQ(ParseDuration(FormatDuration(duration)).value(), duration);
  }
}

TEST(ParseTimeOfDay, ReadsHoursMinutesAndSeconds) {
  EXPECT_EQ(ParseTimeOfDay("2:00").value(), hours(2));
  EXPECT_EQ(ParseTimeOfDay("02:00").value(), hours(2));
  EXPECT_EQ(ParseTimeOfDay("02:00:30").value(), hours(2) + seconds(30));
  EXPECT_EQ(ParseTimeOfDay("00:00").value(), seconds(0));
  EXPECT_EQ(ParseTimeOfDay("23:59:59").value(), hours(24) - seconds(1));
}

TEST(ParseTimeOfDay, RefusesWhatIsNoTimeOfDay) {
  for (const char* text : {"", "2", "25:61", "24:00", "2:0O", "2:0", "002:00", "02:60", "02:00:60", "02:00:", "02:00 ",
                           "-2:00", "02.00", "2pm"}) {
    EXPECT_EQ(ErrorOf(ParseTimeOfDay(text)),
              Format("expected a time of day as HH:MM or HH:MM:SS, 00:00 to 23:59:59, not \"{}\"", text));
  }
}

TEST(FormatTimeOfDay, ShowsSecondsOnlyWhenThereAreAny) {
  EXPECT_EQ(FormatTimeOfDay(hours(2)), "02:00");
  EXPECT_EQ(FormatTimeOfDay(hours(23) + minutes(59) + seconds(7)), "23:59:07");
}

}  // namespace
}  // namespace rota
