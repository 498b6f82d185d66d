#include "rota/time/zone_rules.h"

#include <cctz/time_zone.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>

#include "rota/base/format.h"
#include "rota/time/time_zone.h"

namespace rota {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year;

// A file without changes of its own that ends with a rule for the years to come.
std::string FileWith(std::string_view rule, std::int32_t offset = 0, char version = '2') {
  std::string header = "TZif";
  header += version;
  header.append(15, '\0');
  const std::string counts("\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\0\0\0\4", 24);
  std::string block;
  for (const int shift : {24, 16, 8, 0}) block += static_cast<char>(offset >> shift & 0xff);
  block.append(2, '\0');
  block += std::string("ABC\0", 4);
  return header + counts + block + header + counts + block + Format("\n{}\n", rule);
}

ZoneRules Rules(std::string_view rule) { return ZoneRules::Read(FileWith(rule)).value(); }

std::string ErrorOf(std::string_view file) {
  const Result<ZoneRules> rules = ZoneRules::Read(file);
  if (rules) return "read";
  EXPECT_EQ(rules.error().code(), StatusCode::kDataLoss);
  return rules.error().message();
}

// The change at which the stretch of an instant begins, as "instant offset".
std::string BeginOf(const ZoneRules& rules, sys_seconds at) {
  const ZoneRules::Stretch* stretch = rules.At(at);
  const std::chrono::year_month_day date(std::chrono::floor<days>(stretch->begin));
  const std::chrono::hh_mm_ss time(stretch->begin - sys_days(date));
  return Format("{}-{:02}-{:02} {:02}:{:02} {}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()), time.hours().count(), time.minutes().count(),
                stretch->offset / minutes(1));
}

TEST(ZoneRules, ReadsTheRuleForTheYearsToCome) {
  const sys_seconds july = sys_days(year(2026) / 7 / 1);
  const sys_seconds january = sys_days(year(2027) / 1 / 1);
  EXPECT_EQ(BeginOf(Rules("CET-1CEST,M3.5.0,M10.5.0/3"), july), "2026-03-29 01:00 120");
  EXPECT_EQ(BeginOf(Rules("CET-1CEST,M3.5.0,M10.5.0/3"), january), "2026-10-25 01:00 60");
  // Dublin: winter time is the exception. Lord Howe: by half an hour. Nuuk: hours before midnight.
  EXPECT_EQ(BeginOf(Rules("IST-1GMT0,M10.5.0,M3.5.0/1"), january), "2026-10-25 01:00 0");
  EXPECT_EQ(BeginOf(Rules("<+1030>-10:30<+11>-11,M10.1.0,M4.1.0"), july), "2026-04-04 15:00 630");
  EXPECT_EQ(BeginOf(Rules("<-02>2<-01>,M3.5.0/-1,M10.5.0/0"), july), "2026-03-29 01:00 -60");
  // Days of the year: the 60th without a leap day, and from 0.
  EXPECT_EQ(BeginOf(Rules("AAA0BBB,J60/0,J300"), sys_days(year(2028) / 5 / 1)), "2028-03-01 00:00 60");
  EXPECT_EQ(BeginOf(Rules("AAA0BBB,59/0,J300"), sys_days(year(2028) / 5 / 1)), "2028-02-29 00:00 60");
}

TEST(ZoneRules, KnowsASummerThatLastsAllTheYear) {
  const ZoneRules rules = Rules("EST5EDT,0/0,J365/25");
  EXPECT_EQ(rules.At(sys_days(year(2026) / 1 / 1))->offset, -hours(4));
  EXPECT_EQ(rules.At(sys_days(year(2026) / 7 / 1)), rules.At(sys_days(year(2199) / 12 / 31)));
}

TEST(ZoneRules, HoldsTheNearestOffsetBefore1970AndAfter2200) {
  const ZoneRules rules = Rules("CET-1CEST,M3.5.0,M10.5.0/3");
  EXPECT_EQ(rules.At(sys_days(year(1900) / 7 / 1)), rules.At(sys_days(year(1970) / 1 / 1)));
  EXPECT_EQ(rules.At(sys_days(year(2900) / 7 / 1)), rules.At(sys_days(year(2199) / 12 / 31)));
  EXPECT_FALSE(rules.HasBefore(rules.At(sys_days(year(1900) / 7 / 1))));
  EXPECT_FALSE(rules.HasAfter(rules.At(sys_days(year(2900) / 7 / 1))));
  EXPECT_TRUE(rules.HasAfter(rules.At(sys_days(year(1900) / 7 / 1))));
}

TEST(ZoneRules, LeavesOutChangesThatChangeNothing) {
  const sys_seconds day = sys_days(year(2000) / 1 / 1);
  const ZoneRules rules(hours(1), {{day, hours(1)}, {day + days(1), hours(2)}, {day + days(2), hours(2)}});
  EXPECT_EQ(rules.At(day)->end, day + days(1));
  EXPECT_EQ(rules.At(day + days(3))->begin, day + days(1));
}

TEST(ZoneRules, FindsTheFirstStretchThatEndsAfterACivilTime) {
  const ZoneRules rules = Rules("CET-1CEST,M3.5.0,M10.5.0/3");
  const auto ending = [&](int month, int day, seconds time) {
    return rules.Ending(std::chrono::local_days(year(2026) / month / day) + time)->offset;
  };
  EXPECT_EQ(ending(3, 29, hours(2) - seconds(1)), hours(1));
  EXPECT_EQ(ending(3, 29, hours(2)), hours(2));
  EXPECT_EQ(ending(10, 25, hours(3) - seconds(1)), hours(2));
  EXPECT_EQ(ending(10, 25, hours(3)), hours(1));
}

TEST(ZoneRules, SaysWhatIsWrongWithAFile) {
  EXPECT_EQ(ErrorOf(FileWith("UTC0")), "read");
  EXPECT_EQ(ErrorOf(FileWith("")), "read");
  EXPECT_EQ(ErrorOf(""), "it has no TZif header");
  EXPECT_EQ(ErrorOf("#!/bin/sh but long enough to be a header of a zone"), "it has no TZif header");
  EXPECT_EQ(ErrorOf(FileWith("UTC0", 0, '\0')), "it is of TZif version 1; expected 2 or later");
  EXPECT_EQ(ErrorOf(FileWith("UTC0", 26 * 3600)), "an offset exceeds 26 h");
  for (const char* rule : {"U0", "UTC", "UTC25", "UTC0x", "CET-1CEST", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0",
                           "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0", "CET-1CEST,J0,J9", "<+1>-1x",
                           "CET-1CEST,366,J9", "CET-1CEST,M3.5.0/168,M10.5.0", "<+01-1", "CET-1:60"}) {
    EXPECT_EQ(ErrorOf(FileWith(rule)), "its rule for the years to come cannot be read") << rule;
  }
}

TEST(ZoneRules, SurvivesEveryTruncationAndEveryDamagedByte) {
  std::ifstream stream("/usr/share/zoneinfo/Europe/Berlin", std::ios::binary);
  const std::string file{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  ASSERT_EQ(ErrorOf(file), "read");
  for (std::size_t size = 0; size < file.size(); ++size) EXPECT_NE(ErrorOf(file.substr(0, size)), "read") << size;
  for (std::size_t i = 0; i < file.size(); ++i) {
    for (const char byte : {'\0', '\x7f', '\xff'}) {
      std::string damaged = file;
      damaged[i] = byte;
      const Result<ZoneRules> rules = ZoneRules::Read(damaged);
      if (rules) rules->Ending(CivilTime(seconds(1'700'000'000)));
    }
  }
}

// The same database as another library reads it, at every change of offset of every zone and a second before it.
TEST(ZoneRules, AgreesWithCctzInAllZonesUpTo2200) {
  const auto offset_by_cctz = [](const cctz::time_zone& zone, sys_seconds at) {
    return seconds(zone.lookup(cctz::time_point<cctz::seconds>(at.time_since_epoch())).offset);
  };
  int changes = 0;
  const std::vector<std::string> names = TimeZone::KnownNames().value();
  for (const std::string& name : names) {
    SCOPED_TRACE(name);
    cctz::time_zone zone;
    ASSERT_TRUE(cctz::load_time_zone(name, &zone));
    const TimeZone ours = TimeZone::Load(name).value();
    const auto check = [&](sys_seconds at) {
      ASSERT_EQ(ours.Offset(at), offset_by_cctz(zone, at)) << at.time_since_epoch().count();
    };
    cctz::time_point<cctz::seconds> at{};
    const cctz::time_point<cctz::seconds> end(sys_days(year(2200) / 1 / 1).time_since_epoch());
    check(sys_seconds());
    cctz::time_zone::civil_transition transition;
    while (zone.next_transition(at, &transition)) {
      at = zone.lookup(transition.to).trans;
      if (at >= end) break;
      check(sys_seconds(at.time_since_epoch()));
      check(sys_seconds(at.time_since_epoch()) - seconds(1));
      ++changes;
    }
    // And at those of ours, which cctz then has too.
    for (auto next = ours.NextTransition(WallTime()); next; next = ours.NextTransition(next->at)) {
      check(std::chrono::floor<seconds>(next->at));
      check(std::chrono::floor<seconds>(next->at) - seconds(1));
    }
  }
  EXPECT_GT(changes, 50'000);
}

}  // namespace
}  // namespace rota
