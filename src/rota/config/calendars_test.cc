#include "rota/config/calendars.h"

#include <gtest/gtest.h>

#include <bit>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "rota/config/config.h"
#include "rota/schedule/scheduler.h"
#include "rota/time/time_zone.h"

namespace rota {
namespace {

using namespace std::chrono_literals;

std::optional<std::string> NoVariables(std::string_view) { return std::nullopt; }

class AnyCommand final : public CommandCatalog {
 public:
  Status Check(std::string_view, std::span<const std::string>) const override { return Status::Ok(); }
};

class Calendars : public testing::Test {
 protected:
  ~Calendars() override { std::filesystem::remove_all(folder_); }

  void Write(const std::string& name, std::string_view text) { std::ofstream(folder_ / name) << text; }
  Result<Config> Read(std::string_view text) {
    return Config::Parse(text, (folder_ / "config.yaml").string(), NoVariables);
  }
  // The file's mistakes without the folder's name.
  std::string ErrorOf(std::string_view text) {
    const Result<Config> config = Read(text);
    if (!config) return WithoutFolder(config.error().message());
    Scheduler scheduler(catalog_, TimeZone());
    config->DefineCalendars(scheduler);
    return WithoutFolder(config->DefineTasks(scheduler).message());
  }
  std::string WithoutFolder(std::string text) const {
    const std::string prefix = folder_.string() + "/";
    for (std::size_t at; (at = text.find(prefix)) != std::string::npos;) text.erase(at, prefix.size());
    return text;
  }
  Result<Schedule> ScheduleOf(std::string_view text) {
    const Result<Config> config = Read(text);
    if (!config) return Fail(config.error());
    Scheduler scheduler(catalog_, TimeZone());
    config->DefineCalendars(scheduler);
    if (Status status = config->DefineTasks(scheduler); !status.ok()) return Fail(status);
    return scheduler.Build();
  }
  Calendar CalendarOf(std::string_view calendars, std::string_view name) {
    const Result<Schedule> schedule =
        ScheduleOf(Format("{}\ntasks: [{{shell: x, schedule: daily, on: {}}}]", calendars, name));
    if (!schedule) {
      ADD_FAILURE() << schedule.error().message();
      return Calendar("", DaySet());
    }
    return schedule->tasks().front().trigger->restrictions().business_days->calendar();
  }

  AnyCommand catalog_;
  const std::filesystem::path folder_ = [] {
    std::string path = (std::filesystem::temp_directory_path() / "rota-calendars-XXXXXX").string();
    return std::filesystem::path(mkdtemp(path.data()));
  }();
};

std::string InMonth(const Calendar& calendar, std::chrono::year_month month) {
  std::string text;
  for (int day = 1; day <= 31; ++day) {
    if (calendar.days().InMonth(month) >> day & 1) text += (text.empty() ? "" : " ") + std::to_string(day);
  }
  return text;
}

constexpr std::string_view kChina = R"(calendars:
  cn:
    version: 2026-1
    covered_until: 2026-12-31
    weekdays: [mon, Tuesday, WED, thu, fri]
    holidays: [2026-10-01..2026-10-07]
    working_days: [2026-10-10]
)";

TEST_F(Calendars, AreWeekdaysWithoutHolidaysAndWithMakeUpDays) {
  const Calendar cn = CalendarOf(kChina, "cn");
  EXPECT_EQ(cn.name(), "cn");
  EXPECT_EQ(cn.version(), "2026-1");
  EXPECT_EQ(cn.covered_until(), CivilDay{2026y / 12 / 31});
  EXPECT_EQ(InMonth(cn, 2026y / 10), "8 9 10 12 13 14 15 16 19 20 21 22 23 26 27 28 29 30");
}

TEST_F(Calendars, AreMondayToFridayUnlessTheySay) {
  const Calendar plain = CalendarOf("calendars: {week: }", "week");
  EXPECT_EQ(plain.days(), DaySet::OfWeekdays(0x3e));
  EXPECT_EQ(plain.covered_until(), std::nullopt);
}

TEST_F(Calendars, AreMadeOfOthersThatMayStandAfterThem) {
  constexpr std::string_view kText = R"(calendars:
  trading: {intersection: [cn, hk], except: [freeze]}
  either: {union: [freeze, sundays]}
  cn: {covered_until: 2026-12-31, holidays: [2026-10-01..2026-10-07]}
  hk: {covered_until: 2026-11-30, holidays: [2026-10-19]}
  sundays: {weekdays: [sun]}
  freeze: {dates: [2026-10-26..2026-10-31]}
)";
  const Calendar trading = CalendarOf(kText, "trading");
  EXPECT_EQ(InMonth(trading, 2026y / 10), "8 9 12 13 14 15 16 20 21 22 23");
  EXPECT_EQ(trading.covered_until(), CivilDay{2026y / 11 / 30});
  EXPECT_EQ(InMonth(CalendarOf(kText, "either"), 2026y / 10), "4 11 18 25 26 27 28 29 30 31");
}

TEST_F(Calendars, AreCoveredUntilTheEndOfTheYearOfTheLastDayTheyList) {
  Write("h.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20281001\nEND:VEVENT\nEND:VCALENDAR\n");
  constexpr std::string_view kText = R"(calendars:
  listed: {holidays: [2027-10-01], working_days: [2026-10-10]}
  dates: {dates: [2026-03-01..2026-03-05]}
  file: {holidays: [h.ics, 2026-10-01]}
  both: {union: [listed, dates], working_days: [2029-01-01]}
  said: {covered_until: 2026-06-30, holidays: [2027-10-01]}
)";
  EXPECT_EQ(CalendarOf(kText, "listed").covered_until(), CivilDay{2027y / 12 / 31});
  EXPECT_EQ(CalendarOf(kText, "dates").covered_until(), CivilDay{2026y / 12 / 31});
  EXPECT_EQ(CalendarOf(kText, "file").covered_until(), CivilDay{2028y / 12 / 31});
  EXPECT_EQ(CalendarOf(kText, "both").covered_until(), CivilDay{2026y / 12 / 31});
  EXPECT_EQ(CalendarOf(kText, "said").covered_until(), CivilDay{2026y / 6 / 30});
}

TEST_F(Calendars, ReadIcsFilesBesideTheConfiguration) {
  Write("holidays.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART:20261001\nDURATION:P7D\nEND:VEVENT\nEND:VCALENDAR\n");
  const Calendar cn = CalendarOf("calendars: {cn: {holidays: [holidays.ics, 2026-10-08]}}", "cn");
  EXPECT_EQ(InMonth(cn, 2026y / 10), "9 12 13 14 15 16 19 20 21 22 23 26 27 28 29 30");
}

TEST_F(Calendars, TellWhatIsWrongWithAnIcsFile) {
  Write("bad.ics", "BEGIN:VCALENDAR\nBEGIN:VEVENT\nEND:VEVENT\nEND:VCALENDAR\n");
  EXPECT_EQ(ErrorOf("calendars:\n  cn:\n    holidays:\n      - bad.ics\n      - none.ics\n"),
            "config.yaml:4:9: calendars.cn.holidays: bad.ics:2: this event has no DTSTART: expected one, such as "
            "DTSTART;VALUE=DATE:20260101\n"
            "config.yaml:5:9: calendars.cn.holidays: none.ics: No such file or directory");
}

TEST_F(Calendars, RefuseDaysThatDoNotExistOrRunBackwards) {
  const std::string expected =
      "expected a date that exists, from 1970-01-01 to 2199-12-31, a range such as 2026-10-01..2026-10-07, or the name "
      "of an .ics file";
  EXPECT_EQ(ErrorOf("calendars:\n  cn: {holidays: [2026-02-29]}"),
            "config.yaml:2:19: calendars.cn.holidays: \"2026-02-29\": " + expected);
  EXPECT_EQ(ErrorOf("calendars:\n  cn: {dates: [1969-12-31]}"),
            "config.yaml:2:16: calendars.cn.dates: \"1969-12-31\": " + expected);
  EXPECT_EQ(ErrorOf("calendars:\n  cn: {working_days: [2026-1-1]}"),
            "config.yaml:2:23: calendars.cn.working_days: \"2026-1-1\": " + expected);
  EXPECT_EQ(ErrorOf("calendars:\n  cn: {holidays: [2026-10-07..2026-10-01]}"),
            "config.yaml:2:19: calendars.cn.holidays: \"2026-10-07..2026-10-01\": expected a range that runs forwards");
  EXPECT_EQ(ErrorOf("calendars:\n  cn: {covered_until: 2026}"),
            "config.yaml:2:23: calendars.cn.covered_until: \"2026\": expected a date that exists, from 1970-01-01 to "
            "2199-12-31");
  EXPECT_EQ(ErrorOf("calendars:\n  cn: {weekdays: [mo]}"),
            "config.yaml:2:19: calendars.cn.weekdays: \"mo\": expected a weekday: mon, tue, wed, thu, fri, sat or sun");
}

TEST_F(Calendars, RefuseWhatTheyCannotBeMadeOf) {
  EXPECT_EQ(ErrorOf("calendars:\n  cn:\n  x: {union: [cm]}"),
            "config.yaml:3:15: calendars.x.union: unknown calendar \"cm\"; did you mean \"cn\"?; defined: cn, x");
  EXPECT_EQ(ErrorOf("calendars:\n  a: {union: [b]}\n  b: {except: [a]}"),
            "config.yaml:3:16: calendars.b.except: \"a\": a calendar cannot be made of itself (a, b, a)");
  EXPECT_EQ(ErrorOf("calendars:\n  a: {union: []}"),
            "config.yaml:2:3: calendars.a.union: expected names of calendars, found an empty list");
  EXPECT_EQ(ErrorOf("calendars:\n  cn:\n  a: {union: [cn], weekdays: [mon]}"),
            "config.yaml:3:3: calendars.a: expected one of weekdays, dates, union and intersection, found 2");
}

TEST_F(Calendars, AreMadeOfEachOtherUpToADepth) {
  // c1 is made of c2, and so on, or the other way round.
  const auto chain = [](int length, bool down) {
    std::string text = "calendars:\n";
    for (int i = 1; i <= length; ++i) {
      const int other = down ? i + 1 : i - 1;
      text += other < 1 || other > length ? Format("  c{}: \n", i) : Format("  c{}: {{union: [c{}]}}\n", i, other);
    }
    return text;
  };
  EXPECT_EQ(ErrorOf(chain(32, true)), "");
  EXPECT_EQ(ErrorOf(chain(32, false)), "");
  EXPECT_EQ(ErrorOf(chain(33, true)),
            "config.yaml:33:17: calendars.c32.union: \"c33\": calendars are made of each other more than 32 deep");
  EXPECT_EQ(ErrorOf(chain(33, false)),
            "config.yaml:34:17: calendars.c33.union: \"c32\": calendars are made of each other more than 32 deep");
  EXPECT_TRUE(ErrorOf(chain(300, true)).starts_with("config.yaml:33:17: calendars.c32.union: \"c33\": calendars"));
}

TEST_F(Calendars, AreReadAsTheDocumentationShowsThem) {
  std::ostringstream page;
  page << std::ifstream(ROTA_DOCS_DIR "/configuration.md").rdbuf();
  const std::string text = page.str();
  const std::size_t begin = text.find("calendars:\n  cn:");
  ASSERT_NE(begin, std::string::npos);
  Write("company.ics", "BEGIN:VCALENDAR\nEND:VCALENDAR\n");
  const Result<Schedule> schedule = ScheduleOf(text.substr(begin, text.find("```", begin) - begin));
  ASSERT_TRUE(schedule) << schedule.error().message();
  EXPECT_EQ(schedule->Find("/opt/bin/close-books")->trigger->Describe(),
            "At 20:00, on the last business day of the month (trading)");
  // The holidays and worked weekends of 2026 leave 248 days.
  const DaySet days = schedule->Find("/opt/bin/settle")->trigger->restrictions().business_days->calendar().days();
  int count = 0;
  for (auto month = 2026y / 1; month <= 2026y / 12; month += std::chrono::months(1)) {
    count += std::popcount(days.InMonth(month));
  }
  EXPECT_EQ(count, 248);
}

TEST_F(Calendars, AreChosenByTasks) {
  // What a task with these keys says of itself, or its mistakes.
  const auto outcome = [this](const std::string& keys) {
    const auto schedule = ScheduleOf(Format("{}tasks:\n  - {{shell: x, {}}}\n", kChina, keys));
    return schedule ? schedule->tasks().front().trigger->Describe() : WithoutFolder(schedule.error().message());
  };
  EXPECT_EQ(outcome("schedule: daily, on: cn"), "At 00:00, on business days of cn");
  EXPECT_EQ(outcome("schedule: monthly, on: cn, shift: next"),
            "At 00:00, on day 1 of the month, on business days of cn, moved to the next one");
  EXPECT_EQ(outcome("schedule: daily, except: cn, shift: nearest"),
            "At 00:00, except on days of cn, moved to the nearest other day");
  EXPECT_EQ(outcome("schedule: daily at 09:00, on: cn, business_day: last"),
            "At 09:00, on the last business day of the month (cn)");
  EXPECT_EQ(outcome("schedule: daily, on: cn, business_day: -2"),
            "At 00:00, on the 2nd to last business day of the month (cn)");
  EXPECT_EQ(outcome("schedule: daily, on: nc"),
            "config.yaml:9:37: x: On(\"nc\"): unknown calendar; did you mean \"cn\"?; defined: cn");
  EXPECT_EQ(
      outcome("schedule: every 90s, except: cn, shift: next"),
      "config.yaml:9:45: x: Every(1m30s) and Except(\"cn\", Shift::kNext) contradict each other: only a time of day "
      "can move to another day; expected Shift::kSkip");
  EXPECT_EQ(outcome("schedule: daily, on: cn, except: cn"),
            "config.yaml:9:49: except: a task has one calendar, on or except; define one that is made of both");
  EXPECT_EQ(outcome("schedule: daily, shift: next"),
            "config.yaml:9:40: shift: needs a calendar: expected on or except beside it");
  EXPECT_EQ(outcome("schedule: daily, business_day: 1"),
            "config.yaml:9:47: business_day: needs a calendar: expected on beside it");
  EXPECT_EQ(outcome("schedule: daily, on: cn, business_day: 1, shift: next"),
            "config.yaml:9:65: shift: business_day names a day that needs none");
  EXPECT_EQ(outcome("schedule: daily, on: cn, business_day: 0"),
            "config.yaml:9:55: business_day: \"0\": expected 1 to 31, -1 to -31 from the month's end, or last");
}

}  // namespace
}  // namespace rota
