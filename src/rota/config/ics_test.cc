#include "rota/config/ics.h"

#include <gtest/gtest.h>

#include <string>

#include "rota/base/text.h"

namespace rota {
namespace {

using namespace std::chrono_literals;

std::string InCalendar(std::string_view events) {
  return Format("BEGIN:VCALENDAR\r\nVERSION:2.0\r\n{}END:VCALENDAR\r\n", events);
}
std::string InEvent(std::string_view lines) { return InCalendar(Format("BEGIN:VEVENT\r\n{}END:VEVENT\r\n", lines)); }

// The first days of the set, from 2026 on: "2026-01-01 2026-01-02".
std::string DaysOf(std::string_view ics, std::size_t count = 6) {
  const Result<DaySet> set = ReadIcs(ics, "h.ics");
  if (!set) return set.error().message();
  std::vector<std::string> days;
  auto day = set->FirstFrom(CivilDay{2026y / 1 / 1});
  for (; day && days.size() < count; day = set->FirstFrom(*day + std::chrono::days(1))) {
    const std::chrono::year_month_day date(*day);
    days.push_back(Format("{}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                          static_cast<unsigned>(date.day())));
  }
  return Join(days, " ");
}

TEST(Ics, ReadsAllDayEventsOfOneDayAndOfSeveral) {
  EXPECT_EQ(DaysOf(InEvent("DTSTART;VALUE=DATE:20260405\r\nSUMMARY:Easter\r\n")), "2026-04-05");
  EXPECT_EQ(DaysOf(InEvent("DTSTART;VALUE=DATE:20261001\r\nDTEND;VALUE=DATE:20261004\r\n")),
            "2026-10-01 2026-10-02 2026-10-03");
  EXPECT_EQ(DaysOf(InEvent("DTSTART:20261001\r\nDTEND:20261001\r\n")), "2026-10-01");
  EXPECT_EQ(DaysOf(InEvent("DTSTART:20261001\r\nDURATION:P2D\r\n")), "2026-10-01 2026-10-02");
  EXPECT_EQ(DaysOf(InEvent("DTSTART:20261231\r\nDURATION:P1W\r\n"), 7),
            "2026-12-31 2027-01-01 2027-01-02 2027-01-03 2027-01-04 2027-01-05 2027-01-06");
  EXPECT_EQ(DaysOf(InCalendar("")), "");
}

TEST(Ics, ExpandsRepetitions) {
  EXPECT_EQ(DaysOf(InEvent("DTSTART:20001225\r\nDURATION:P2D\r\nRRULE:FREQ=YEARLY\r\n"), 4),
            "2026-12-25 2026-12-26 2027-12-25 2027-12-26");
  EXPECT_EQ(DaysOf(InEvent("DTSTART:20251127\r\nRRULE:FREQ=YEARLY;BYMONTH=11;BYDAY=4TH\r\n"), 2),
            "2026-11-26 2027-11-25");
  EXPECT_EQ(DaysOf(InEvent("DTSTART:20260101\r\nRRULE:FREQ=DAILY;COUNT=3\r\n")), "2026-01-01 2026-01-02 2026-01-03");
  EXPECT_EQ(DaysOf(InEvent("DTSTART:20260301\r\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30\r\n")), "2026-03-01");
  const Result<DaySet> forever = ReadIcs(InEvent("DTSTART:20001225\r\nRRULE:FREQ=YEARLY\r\n"), "h.ics");
  EXPECT_TRUE(forever->Contains(CivilDay{2199y / 12 / 25}));
}

TEST(Ics, RefusesPartsOfADayInARule) {
  for (const char* part : {"BYHOUR", "BYMINUTE", "BYSECOND"}) {
    EXPECT_EQ(DaysOf(InEvent(Format("DTSTART:20260102\r\nRRULE:FREQ=YEARLY;{}=1\r\n", part))),
              Format("h.ics:5: RRULE \"FREQ=YEARLY;{}=1\": expected no {}", part, part));
  }
  EXPECT_EQ(DaysOf(InEvent("DTSTART:20260102\r\nRRULE:FREQ=DAILY;byhour=9\r\n")),
            "h.ics:5: RRULE \"FREQ=DAILY;byhour=9\": expected no BYHOUR");
}

TEST(Ics, RefusesMoreThanAMillionOccurrencesInAFile) {
  // Some 84,000 days each.
  const std::string daily = "BEGIN:VEVENT\nDTSTART:19700101\nRRULE:FREQ=DAILY\nEND:VEVENT\n";
  std::string events;
  for (int i = 0; i < 12; ++i) events += daily;
  EXPECT_EQ(DaysOf(InCalendar(events)),
            "h.ics:49: RRULE \"FREQ=DAILY\": expected no more than 1000000 occurrences in all of the file");
  EXPECT_EQ(DaysOf(InCalendar(daily), 2), "2026-01-01 2026-01-02");
}

TEST(Ics, EndsWithTheLastDayThatACalendarCovers) {
  const Result<DaySet> days = ReadIcs(InEvent("DTSTART:21991230\r\nRRULE:FREQ=DAILY;COUNT=999999999\r\n"), "h.ics");
  ASSERT_TRUE(days) << days.error().message();
  EXPECT_EQ(days->LastUpTo(DaySet::kLast), DaySet::kLast);
  EXPECT_EQ(DaysOf(InEvent("DTSTART:20260102\r\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30\r\n")), "2026-01-02");
}

TEST(Ics, AddsAndLeavesOutSingleDates) {
  EXPECT_EQ(DaysOf(InEvent("DTSTART:20260101\r\nRRULE:FREQ=DAILY;COUNT=4\r\nEXDATE;VALUE=DATE:20260102,20260103\r\n"
                           "RDATE;VALUE=DATE:20260601\r\n")),
            "2026-01-01 2026-01-04 2026-06-01");
}

TEST(Ics, PutsAChangedOccurrenceInThePlaceOfTheOldOne) {
  EXPECT_EQ(DaysOf(InCalendar("BEGIN:VEVENT\nUID:a\nDTSTART:20260101\nRRULE:FREQ=DAILY;COUNT=3\nEND:VEVENT\n"
                              "BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20260102\nDTSTART:20260110\nEND:VEVENT\n"
                              "BEGIN:VEVENT\nUID:b\nDTSTART:20260102\nSTATUS:CANCELLED\nEND:VEVENT\n")),
            "2026-01-01 2026-01-03 2026-01-10");
  EXPECT_EQ(DaysOf(InCalendar("BEGIN:VEVENT\nUID:a\nDTSTART:20260101\nRRULE:FREQ=DAILY;COUNT=3\nEND:VEVENT\n"
                              "BEGIN:VEVENT\nUID:a\nRECURRENCE-ID:20260102\nDTSTART:20260102\nSTATUS:CANCELLED\n"
                              "END:VEVENT\n")),
            "2026-01-01 2026-01-03");
}

TEST(Ics, ReadsFoldedLinesAndPassesOverAllElse) {
  EXPECT_EQ(DaysOf("\xef\xbb\xbf" +
                   InCalendar("BEGIN:VTIMEZONE\nTZID:X\nBEGIN:STANDARD\nDTSTART:16010101T000000\nEND:STANDARD\n"
                              "END:VTIMEZONE\nBEGIN:VTODO\nDTSTART:garbage\nEND:VTODO\n"
                              "begin:vevent\ndtstart;x-note=\"a:b\";value=date:2026\n 0102\n\nBEGIN:VALARM\n"
                              "DTSTART:20260909\nEND:VALARM\nend:vevent\n")),
            "2026-01-02");
}

TEST(Ics, RefusesAnEventWithATimeOfDay) {
  EXPECT_EQ(
      DaysOf(InEvent("SUMMARY:Lunch\r\nDTSTART;TZID=Europe/Berlin:20260102T120000\r\n")),
      "h.ics:5: DTSTART \"20260102T120000\": expected a date alone, such as 20260101: an event with a time of day is "
      "no day of a calendar");
}

TEST(Ics, RefusesWhatItCannotReadWithItsLine) {
  EXPECT_EQ(DaysOf(""), "h.ics:1: the file is empty: expected BEGIN:VCALENDAR");
  EXPECT_EQ(DaysOf("calendars:\n"), "h.ics:1: CALENDARS \"\": expected BEGIN:VCALENDAR before it");
  EXPECT_EQ(DaysOf("<html>\n"), "h.ics:1: expected NAME:VALUE, as in an iCalendar file");
  EXPECT_EQ(DaysOf("BEGIN:VEVENT\n"), "h.ics:1: BEGIN \"VEVENT\": expected BEGIN:VCALENDAR first");
  EXPECT_EQ(DaysOf("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20260101\n"), "h.ics:2: BEGIN:VEVENT has no END");
  EXPECT_EQ(DaysOf("BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VCALENDAR\n"),
            "h.ics:3: END \"VCALENDAR\": expected END:VEVENT for line 2");
  EXPECT_EQ(DaysOf(InEvent("SUMMARY:x\r\n")),
            "h.ics:3: this event has no DTSTART: expected one, such as DTSTART;VALUE=DATE:20260101");
  EXPECT_EQ(DaysOf(InEvent("DTSTART:20260231\r\n")),
            "h.ics:4: DTSTART \"20260231\": expected a date that exists, such as 20260101");
  EXPECT_EQ(DaysOf(InEvent("DTSTART:20260101\r\nDTSTART:20260102\r\n")),
            "h.ics:5: DTSTART \"20260102\": expected one DTSTART an event; the first is on line 4");
  EXPECT_EQ(DaysOf(InEvent("DTSTART:20260102\r\nDTEND:20260101\r\n")),
            "h.ics:5: DTEND \"20260101\": expected a date after DTSTART");
  EXPECT_EQ(DaysOf(InEvent("DTSTART:20260102\r\nDURATION:PT1H\r\n")),
            "h.ics:5: DURATION \"PT1H\": expected days or weeks, such as P1D");
  EXPECT_EQ(DaysOf(InEvent("DTSTART:20260102\r\nRRULE:FREQ=SOMETIMES\r\n")),
            "h.ics:5: RRULE \"FREQ=SOMETIMES\": expected a rule such as FREQ=YEARLY;BYMONTH=10;BYMONTHDAY=1");
  EXPECT_EQ(DaysOf(InEvent("DTSTART:20260102\r\nRRULE:FREQ=HOURLY\r\n")),
            "h.ics:5: RRULE \"FREQ=HOURLY\": expected FREQ=DAILY, WEEKLY, MONTHLY or YEARLY");
  EXPECT_EQ(DaysOf(InEvent("DTSTART:20260102\r\nRRULE:FREQ=YEARLY;RSCALE=CHINESE\r\n")),
            "h.ics:5: RRULE \"FREQ=YEARLY;RSCALE=CHINESE\": expected no RSCALE");
  EXPECT_EQ(DaysOf(InEvent("DTSTART:20260102\r\nEXRULE:FREQ=DAILY\r\n")),
            "h.ics:5: EXRULE \"FREQ=DAILY\": expected EXDATE in its place");
}

}  // namespace
}  // namespace rota
