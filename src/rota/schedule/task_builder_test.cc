#include "rota/schedule/task_builder.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "rota/base/format.h"
#include "rota/schedule/scheduler.h"
#include "rota/schedule/test_catalog.h"
#include "rota/time/format.h"

namespace rota {
namespace {

using namespace std::chrono_literals;
using Chain = std::function<TaskBuilder(TaskBuilder)>;

// "0 2 * * *", "every 10s" or "once 2026-…", then what restricts it.
std::string Text(const Trigger& trigger) {
  std::string text;
  if (const auto* cron = std::get_if<CronFrequency>(&trigger.frequency())) {
    text = cron->text;
  } else if (const auto* interval = std::get_if<IntervalFrequency>(&trigger.frequency())) {
    text = "every " + FormatDuration(interval->period);
  } else if (trigger.fires_at_start()) {
    text = "start";
  } else {
    text = "once " + FormatInstant(std::get<OnceFrequency>(trigger.frequency()).at);
  }
  const Restrictions& restrictions = trigger.restrictions();
  if (restrictions.weekdays != 0x7f) text += Format(" days {:07b}", restrictions.weekdays);
  for (const auto& [from, to] : restrictions.between) {
    text += Format(" +{}-{}", FormatTimeOfDay(from), FormatTimeOfDay(to));
  }
  for (const auto& [from, to] : restrictions.unless_between) {
    text += Format(" -{}-{}", FormatTimeOfDay(from), FormatTimeOfDay(to));
  }
  return text;
}

class TaskBuilderTest : public testing::Test {
 protected:
  TaskBuilder Begin() { return scheduler_.Command("task"); }
  // What the chain defines, or the error.
  std::string Outcome(TaskBuilder builder) {
    const Result<TaskId> id = std::move(builder).TryRegister();
    if (!id) return id.error().message();
    const Result<Schedule> schedule = scheduler_.Build();
    return schedule ? Text(*schedule->Find(*id)->trigger) : schedule.error().message();
  }

  TestCatalog catalog_;
  Scheduler scheduler_{catalog_, TimeZone()};
};

struct Example {
  const char* calls;
  Chain chain;
  const char* expected;
};
// Each example gets its own scheduler.
void Expect(const std::vector<Example>& examples) {
  for (const Example& example : examples) {
    TestCatalog catalog;
    Scheduler scheduler(catalog, TimeZone());
    const Result<TaskId> id = example.chain(scheduler.Command("task")).TryRegister();
    std::string outcome = id ? "" : id.error().message();
    if (id) outcome = Text(*scheduler.Build()->Find(*id)->trigger);
    EXPECT_EQ(outcome, example.expected) << example.calls;
  }
}

// The chain as text beside the chain itself.
#define CHAIN(calls) #calls, [](TaskBuilder task) { return std::move(task) calls; }

TEST(TaskBuilder, KnowsTheFrequenciesByName) {
  Expect({
      {CHAIN(.EverySecond()), "every 1s"},
      {CHAIN(.EveryTwoSeconds()), "every 2s"},
      {CHAIN(.EveryFiveSeconds()), "every 5s"},
      {CHAIN(.EveryTenSeconds()), "every 10s"},
      {CHAIN(.EveryFifteenSeconds()), "every 15s"},
      {CHAIN(.EveryTwentySeconds()), "every 20s"},
      {CHAIN(.EveryThirtySeconds()), "every 30s"},
      {CHAIN(.Every(90s)), "every 1m30s"},
      {CHAIN(.Every(1ms)), "every 1ms"},
      {CHAIN(.Every(366 * 24h)), "every 366d"},
      {CHAIN(.EveryMinute()), "* * * * *"},
      {CHAIN(.EveryTwoMinutes()), "*/2 * * * *"},
      {CHAIN(.EveryThreeMinutes()), "*/3 * * * *"},
      {CHAIN(.EveryFourMinutes()), "*/4 * * * *"},
      {CHAIN(.EveryFiveMinutes()), "*/5 * * * *"},
      {CHAIN(.EveryTenMinutes()), "*/10 * * * *"},
      {CHAIN(.EveryFifteenMinutes()), "*/15 * * * *"},
      {CHAIN(.EveryThirtyMinutes()), "*/30 * * * *"},
      {CHAIN(.Hourly()), "0 * * * *"},
      {CHAIN(.HourlyAt(17)), "17 * * * *"},
      {CHAIN(.HourlyAt(45, 15, 15)), "15,45 * * * *"},
      {CHAIN(.HourlyAt({15, 45})), "15,45 * * * *"},
      {CHAIN(.EveryOddHour()), "0 1-23/2 * * *"},
      {CHAIN(.EveryTwoHours()), "0 */2 * * *"},
      {CHAIN(.EveryThreeHours()), "0 */3 * * *"},
      {CHAIN(.EveryFourHours()), "0 */4 * * *"},
      {CHAIN(.EverySixHours()), "0 */6 * * *"},
      {CHAIN(.Daily()), "0 0 * * *"},
      {CHAIN(.DailyAt("13:30")), "30 13 * * *"},
      {CHAIN(.TwiceDaily()), "0 1,13 * * *"},
      {CHAIN(.TwiceDaily(16, 8)), "0 8,16 * * *"},
      {CHAIN(.TwiceDailyAt(1, 13, 15)), "15 1,13 * * *"},
      {CHAIN(.Weekly()), "0 0 * * 0"},
      {CHAIN(.WeeklyOn(Weekday::kMonday)), "0 0 * * 1"},
      {CHAIN(.WeeklyOn(Weekday::kSaturday, "08:00")), "0 8 * * 6"},
      {CHAIN(.Monthly()), "0 0 1 * *"},
      {CHAIN(.MonthlyOn(4)), "0 0 4 * *"},
      {CHAIN(.MonthlyOn(4, "15:00")), "0 15 4 * *"},
      {CHAIN(.TwiceMonthly()), "0 0 1,16 * *"},
      {CHAIN(.TwiceMonthly(20, 5, "13:00")), "0 13 5,20 * *"},
      {CHAIN(.LastDayOfMonth()), "0 0 L * *"},
      {CHAIN(.LastDayOfMonth("15:00")), "0 15 L * *"},
      {CHAIN(.DaysOfMonth({20, 1, 10})), "0 0 1,10,20 * *"},
      {CHAIN(.Quarterly()), "0 0 1 1,4,7,10 *"},
      {CHAIN(.QuarterlyOn(4, "14:00")), "0 14 4 1,4,7,10 *"},
      {CHAIN(.Yearly()), "0 0 1 1 *"},
      {CHAIN(.YearlyOn(6, 1, "17:00")), "0 17 1 6 *"},
      {CHAIN(.Cron("*/15 * * * *")), "*/15 * * * *"},
      {CHAIN(.Cron("@daily")), "@daily"},
      {CHAIN(.OnceAt("2026-03-07 02:00")), "once 2026-03-07T02:00:00Z"},
      {CHAIN(.OnceAt(WallTime(1000ms))), "once 1970-01-01T00:00:01Z"},
  });
}

TEST(TaskBuilder, TakesAllThatACronTextMaySay) {
  Expect({
      {CHAIN(.Cron("0 2 * * *")), "0 2 * * *"},
      {CHAIN(.Cron("0 0 2 ? * MON-FRI 2030", CronDialect::kQuartz)), "0 0 2 ? * MON-FRI 2030"},
      {CHAIN(.Cron("@every 90s")), "every 1m30s"},
      {CHAIN(.Cron("@every 1h").Weekdays()), "every 1h days 0111110"},
      {CHAIN(.Cron("@reboot")), "start"},
      {CHAIN(.Cron("@reboot").When([] { return true; })), "start"},
      {CHAIN(.Cron("H H * * *")), "H H * * *"},
      {CHAIN(.Cron("CRON_TZ=Asia/Tokyo 0 2 * * *")), "CRON_TZ=Asia/Tokyo 0 2 * * *"},
      {CHAIN(.Cron("CRON_TZ=Asia/Tokyo 0 2 * * *").Timezone("Asia/Tokyo")), "CRON_TZ=Asia/Tokyo 0 2 * * *"},
  });
}

TEST(TaskBuilder, RefusesWhatACronTextCannotMean) {
  Expect({
      {CHAIN(.Cron("CRON_TZ=Asia/Tokyo 0 2 * * *").Timezone("UTC")),
       "task: Cron(\"CRON_TZ=Asia/Tokyo 0 2 * * *\") and Timezone(\"UTC\") contradict each other: a task has one time "
       "zone"},
      {CHAIN(.Cron("@reboot").OnDstGap(DstGap::kSkip)),
       "task: Cron(\"@reboot\") and OnDstGap(DstGap::kSkip) contradict each other: a change of the clocks skips and "
       "repeats times of day only"},
      {CHAIN(.Cron("@every 90s").OnDstOverlap(DstOverlap::kBoth)),
       "task: Cron(\"@every 90s\") and OnDstOverlap(DstOverlap::kBoth) contradict each other: a change of the clocks "
       "skips and repeats times of day only"},
      {CHAIN(.Cron("@reboot").Mondays().Between("08:00", "18:00")),
       "task: Cron(\"@reboot\").Mondays().Between(\"08:00\", \"18:00\"): the start of a server has no day or time of "
       "its own: expected When() or Skip()"},
      {CHAIN(.Cron("61 0 2 ? * 2", CronDialect::kQuartz)),
       "task: Cron(\"61 0 2 ? * 2\", CronDialect::kQuartz): column 1: second \"61\": 61 is out of range; expected 0-59 "
       "or *"},
  });
}

TEST(TaskBuilder, GivesWholeDaysTheirTimeWithAt) {
  Expect({
      {CHAIN(.At("02:00")), "0 2 * * *"},
      {CHAIN(.Daily().At("02:00:30")), "30 0 2 * * *"},
      {CHAIN(.Daily().At("7:05")), "5 7 * * *"},
      {CHAIN(.Weekly().At("23:59")), "59 23 * * 0"},
      {CHAIN(.WeeklyOn(Weekday::kMonday).At("08:00")), "0 8 * * 1"},
      {CHAIN(.Monthly().At("03:00")), "0 3 1 * *"},
      {CHAIN(.TwiceMonthly(1, 15).At("03:00")), "0 3 1,15 * *"},
      {CHAIN(.LastDayOfMonth().At("03:00")), "0 3 L * *"},
      {CHAIN(.DaysOfMonth({1}).At("03:00")), "0 3 1 * *"},
      {CHAIN(.Quarterly().At("03:00")), "0 3 1 1,4,7,10 *"},
      {CHAIN(.Yearly().At("03:00")), "0 3 1 1 *"},
  });
}

TEST(TaskBuilder, TakesWeekdaysAloneOrAsARestriction) {
  Expect({
      {CHAIN(.Weekdays()), "0 0 * * 1-5"},
      {CHAIN(.Weekdays().At("13:00")), "0 13 * * 1-5"},
      {CHAIN(.Weekends().At("13:00")), "0 13 * * 0,6"},
      {CHAIN(.Mondays()), "0 0 * * 1"},
      {CHAIN(.Tuesdays()), "0 0 * * 2"},
      {CHAIN(.Wednesdays()), "0 0 * * 3"},
      {CHAIN(.Thursdays()), "0 0 * * 4"},
      {CHAIN(.Fridays()), "0 0 * * 5"},
      {CHAIN(.Saturdays()), "0 0 * * 6"},
      {CHAIN(.Sundays()), "0 0 * * 0"},
      {CHAIN(.Mondays().Wednesdays()), "0 0 * * 1,3"},
      {CHAIN(.Weekdays().Weekends()), "0 0 * * *"},
      {CHAIN(.Days({Weekday::kFriday, Weekday::kMonday})), "0 0 * * 1,5"},
      {CHAIN(.Hourly().Mondays()), "0 * * * 1"},
      {CHAIN(.EveryFiveMinutes().Weekdays()), "*/5 * * * 1-5"},
      {CHAIN(.Weekly().Weekends()), "0 0 * * 0"},
      {CHAIN(.Monthly().Weekdays()), "0 0 1 * +1-5"},
      {CHAIN(.LastDayOfMonth().Fridays()), "0 0 L * +5"},
      {CHAIN(.Cron("0 9 1 * *").Mondays()), "0 9 1 * * days 0000010"},
      {CHAIN(.Every(10s).Weekends()), "every 10s days 1000001"},
      {CHAIN(.OnceAt("2026-03-07").Saturdays()), "once 2026-03-07T00:00:00Z days 1000000"},
  });
}

TEST(TaskBuilder, KeepsToWindowsOfTheDay) {
  Expect({
      {CHAIN(.EveryMinute().Between("08:00", "18:00")), "* * * * * +08:00-18:00"},
      {CHAIN(.EveryMinute().Between("22:00", "02:00")), "* * * * * +22:00-02:00"},
      {CHAIN(.EveryMinute().UnlessBetween("12:00", "13:00:30")), "* * * * * -12:00-13:00:30"},
      {CHAIN(.Hourly().Between("14:00", "18:00").Between("08:00", "12:00")), "0 * * * * +08:00-12:00 +14:00-18:00"},
  });
}

TEST(TaskBuilder, RefusesContradictionsNamingBothCalls) {
  Expect({
      {CHAIN(.Hourly().At("02:00")),
       "task: Hourly() and At(\"02:00\") contradict each other: At() gives the time of Daily(), Weekly(), Monthly(), "
       "Quarterly(), Yearly() and of weekdays"},
      {CHAIN(.At("02:00").EveryMinute().Weekdays()),
       "task: EveryMinute() and At(\"02:00\") contradict each other: At() gives the time of Daily(), Weekly(), "
       "Monthly(), Quarterly(), Yearly() and of weekdays"},
      {CHAIN(.DailyAt("01:00").At("02:00")),
       "task: DailyAt(\"01:00\") and At(\"02:00\") contradict each other: At() gives the time of Daily(), Weekly(), "
       "Monthly(), Quarterly(), Yearly() and of weekdays"},
      {CHAIN(.Cron("* * * * *").At("02:00")),
       "task: Cron(\"* * * * *\") and At(\"02:00\") contradict each other: At() gives the time of Daily(), Weekly(), "
       "Monthly(), Quarterly(), Yearly() and of weekdays"},
      {CHAIN(.Every(1s).At("02:00")),
       "task: Every(1s) and At(\"02:00\") contradict each other: At() gives the time of Daily(), Weekly(), Monthly(), "
       "Quarterly(), Yearly() and of weekdays"},
      {CHAIN(.Daily().Hourly()), "task: Daily() and Hourly() contradict each other: a task has one frequency"},
      {CHAIN(.Cron("0 1 * * *").Cron("0 2 * * *")),
       "task: Cron(\"0 1 * * *\") and Cron(\"0 2 * * *\") contradict each other: a task has one frequency"},
      {CHAIN(.At("01:00").At("02:00")),
       "task: At(\"01:00\") and At(\"02:00\") contradict each other: a task has one time of day; for two use "
       "TwiceDaily() or Cron()"},
      {CHAIN(.Weekly().Mondays()),
       "task: Weekly() and Mondays() never meet: expected Mondays() alone, or WeeklyOn(day, time)"},
      {CHAIN(.Daily().Timezone("UTC").Timezone("Asia/Tokyo")),
       "task: Timezone(\"UTC\") and Timezone(\"Asia/Tokyo\") contradict each other: a task has one time zone"},
      {CHAIN(.Daily().OnDstGap(DstGap::kSkip).OnDstGap(DstGap::kRunAfter)),
       "task: OnDstGap(DstGap::kSkip) and OnDstGap(DstGap::kRunAfter) contradict each other: a task has one policy "
       "for DST gaps"},
      {CHAIN(.OnDstOverlap(DstOverlap::kBoth).OnDstOverlap(DstOverlap::kFirst).Daily()),
       "task: OnDstOverlap(DstOverlap::kBoth) and OnDstOverlap(DstOverlap::kFirst) contradict each other: a task has "
       "one policy for DST overlaps"},
      {CHAIN(.OnDstGap(DstGap::kRunBefore).Every(90s)),
       "task: Every(1m30s) and OnDstGap(DstGap::kRunBefore) contradict each other: a change of the clocks skips and "
       "repeats times of day only"},
      {CHAIN(.OnceAt("2026-03-07 02:00").OnDstOverlap(DstOverlap::kSecond)),
       "task: OnceAt(\"2026-03-07 02:00\") and OnDstOverlap(DstOverlap::kSecond) contradict each other: a change of "
       "the clocks skips and repeats times of day only"},
      {CHAIN(.Daily().LockTimeout(1min).LockTimeout(2min)),
       "task: LockTimeout(1m) and LockTimeout(2m) contradict each other: a task has one lock timeout"},
      {CHAIN(.Daily().Timeout(1min).Timeout(2min)),
       "task: Timeout(1m) and Timeout(2m) contradict each other: a task has one timeout"},
      {CHAIN(.Daily().Retry({.attempts = 2}).Retry({.attempts = 4, .delay = 1s, .jitter = Jitter::kFull})),
       "task: Retry({.attempts = 2}) and Retry({.attempts = 4, .delay = 1s, .jitter = Jitter::kFull}) contradict each "
       "other: a task has one retry policy"},
      {CHAIN(.Daily().Name("a").Name("b")),
       "a: Name(\"a\") and Name(\"b\") contradict each other: a task has one name"},
      {CHAIN(.Daily().Description("a").Description("b")),
       "task: Description(\"a\") and Description(\"b\") contradict each other: a task has one description"},
  });
}

TEST(TaskBuilder, RefusesWrongValuesSayingWhatWasExpected) {
  Expect({
      {CHAIN(.Daily().At("25:61")), "task: At(\"25:61\"): expected HH:MM, 00:00 to 23:59"},
      {CHAIN(.Daily().At("2:0O")), "task: At(\"2:0O\"): expected HH:MM, 00:00 to 23:59"},
      {CHAIN(.Daily().At("24:00")), "task: At(\"24:00\"): expected HH:MM, 00:00 to 23:59"},
      {CHAIN(.Daily().At("")), "task: At(\"\"): expected HH:MM, 00:00 to 23:59"},
      {CHAIN(.Daily().At("1:\n0")), "task: At(\"1:\\n0\"): expected HH:MM, 00:00 to 23:59"},
      {CHAIN(.DailyAt("8")), "task: DailyAt(\"8\"): expected HH:MM, 00:00 to 23:59"},
      {CHAIN(.MonthlyOn(4, "8")), "task: MonthlyOn(4, \"8\"): expected HH:MM, 00:00 to 23:59"},
      {CHAIN(.WeeklyOn(Weekday::kMonday, "8")),
       "task: WeeklyOn(Weekday::kMonday, \"8\"): expected HH:MM, 00:00 to 23:59"},
      {CHAIN(.WeeklyOn(static_cast<Weekday>(7))),
       "task: WeeklyOn(Weekday(7)): expected Weekday::kSunday to Weekday::kSaturday"},
      {CHAIN(.Every(0ms)), "task: Every(0s): expected 1ms to 366d"},
      {CHAIN(.Every(-5s)), "task: Every(-5000ms): expected 1ms to 366d"},
      {CHAIN(.Every(367 * 24h)), "task: Every(367d): expected 1ms to 366d"},
      {CHAIN(.HourlyAt(60)), "task: HourlyAt(60): expected minutes 0 to 59"},
      {CHAIN(.HourlyAt(-1)), "task: HourlyAt(-1): expected minutes 0 to 59"},
      {CHAIN(.HourlyAt(std::vector<int>())), "task: HourlyAt(): expected minutes 0 to 59"},
      {CHAIN(.TwiceDaily(1, 24)), "task: TwiceDaily(1, 24): expected two different hours 0 to 23"},
      {CHAIN(.TwiceDaily(1, 1)), "task: TwiceDaily(1, 1): expected two different hours 0 to 23"},
      {CHAIN(.TwiceDailyAt(1, 2, 60)),
       "task: TwiceDailyAt(1, 2, 60): expected two different hours 0 to 23 and a minute 0 to 59"},
      {CHAIN(.MonthlyOn(0)), "task: MonthlyOn(0): expected a day 1 to 31"},
      {CHAIN(.MonthlyOn(32)), "task: MonthlyOn(32): expected a day 1 to 31"},
      {CHAIN(.TwiceMonthly(1, 1)), "task: TwiceMonthly(1, 1): expected two different days 1 to 31"},
      {CHAIN(.DaysOfMonth({})), "task: DaysOfMonth(): expected days 1 to 31"},
      {CHAIN(.DaysOfMonth({1, 32})), "task: DaysOfMonth(1, 32): expected days 1 to 31"},
      {CHAIN(.QuarterlyOn(40)), "task: QuarterlyOn(40): expected a day 1 to 31"},
      {CHAIN(.YearlyOn(13, 1)), "task: YearlyOn(13, 1): expected a month 1 to 12 and a day 1 to 31"},
      {CHAIN(.Days({})), "task: Days(): expected weekdays, Weekday::kSunday to Weekday::kSaturday"},
      {CHAIN(.Cron("61 * * * *").Mondays()),
       "task: Cron(\"61 * * * *\"): column 1: minute \"61\": 61 is out of range; expected 0-59 or *"},
      {CHAIN(.Daily().Between("8", "18:00")), "task: Between(\"8\", \"18:00\"): expected HH:MM, 00:00 to 23:59"},
      {CHAIN(.Daily().UnlessBetween("08:00", "18")),
       "task: UnlessBetween(\"08:00\", \"18\"): expected HH:MM, 00:00 to 23:59"},
      {CHAIN(.Daily().Between("08:00", "8:00")), "task: Between(\"08:00\", \"8:00\"): expected two different times"},
      {CHAIN(.Daily().Timezone("Asia/Shanghia")),
       "task: Timezone(\"Asia/Shanghia\"): unknown time zone \"Asia/Shanghia\"; did you mean \"Asia/Shanghai\"?"},
      {CHAIN(.Daily().LockTimeout(0ms)), "task: LockTimeout(0s): expected 1ms to 366d"},
      {CHAIN(.Daily().Timeout(0ms)), "task: Timeout(0s): expected 1ms to 366d"},
      {CHAIN(.Daily().KillAfter(2h)), "task: KillAfter(2h): expected 0s to 1h"},
      {CHAIN(.Daily().Retry({.attempts = 1})), "task: Retry({.attempts = 1}): expected 2 to 100 attempts"},
      {CHAIN(.Daily().Retry({.attempts = 2, .delay = 25h})),
       "task: Retry({.attempts = 2, .delay = 1d1h}): expected delays from 0s to 1d"},
      {CHAIN(.Daily().Retry({.attempts = 2, .backoff = Backoff::kExponential, .max_delay = -1s, .exit_codes = {1, 2}})),
       "task: Retry({.attempts = 2, .backoff = Backoff::kExponential, .max_delay = -1000ms, .exit_codes = {1, 2}}): "
       "expected delays from 0s to 1d"},
      {CHAIN(.Daily().Retry({.exit_codes = {0}})),
       "task: Retry({.attempts = 3, .exit_codes = {0}}): expected exit codes 1 to 255"},
      {CHAIN(.Daily().Overlap(OverlapPolicy::kQueueOne).Overlap(OverlapPolicy::kQueueAll)),
       "task: Overlap(OverlapPolicy::kQueueOne) and Overlap(OverlapPolicy::kQueueAll) contradict each other: a task "
       "has "
       "one overlap policy"},
      {CHAIN(.Daily().WithoutOverlapping().Overlap(OverlapPolicy::kAllow)),
       "task: WithoutOverlapping() and Overlap(OverlapPolicy::kAllow) contradict each other: a run overlaps others or "
       "it "
       "does not"},
      {CHAIN(.Daily().AtLeastOnce()),
       "task: AtLeastOnce(): expected Unique() beside it, for another server tries it again"},
      {CHAIN(.Daily().Misfire({.grace = -1s})),
       "task: Misfire({.what = Misfire::kRunOnce, .grace = -1000ms}): expected a grace from 0s to 366d"},
      {CHAIN(.Daily().Misfire({.what = Misfire::kRunAll, .max_runs = 0})),
       "task: Misfire({.what = Misfire::kRunAll, .max_runs = 0}): expected 1 to 10000 runs"},
      {CHAIN(.Daily().Misfire({.what = Misfire::kSkip, .pace = 1s})),
       "task: Misfire({.what = Misfire::kSkip, .pace = 1s}): expected max_runs and pace with Misfire::kRunAll alone"},
      {CHAIN(.Daily().Misfire({.what = Misfire::kRunAll, .pace = 25h})),
       "task: Misfire({.what = Misfire::kRunAll, .pace = 1d1h}): expected a pace from 0s to 1d"},
      {CHAIN(.Daily().Pool("")), "task: Pool(\"\"): expected a printable name"},
      {CHAIN(.Daily().Priority(101)), "task: Priority(101): expected -100 to 100"},
      {CHAIN(.Daily().Environments({})), "task: Environments(): expected names such as \"production\""},
      {CHAIN(.Daily().Environments({"production", " "})),
       "task: Environments(): expected names such as \"production\""},
      {CHAIN(.Daily().Tag("")), "task: Tag(\"\"): expected a word"},
      {CHAIN(.Daily().When(nullptr)), "task: When(): expected a function"},
      {CHAIN(.Daily().Skip({})), "task: Skip(): expected a function"},
      {"", [](TaskBuilder task) { return task; },
       "task: no frequency: expected one, such as Daily(), EveryFiveMinutes() or Cron(\"0 2 * * *\")"},
      {CHAIN(.Between("08:00", "18:00").Unique()),
       "task: no frequency: expected one, such as Daily(), EveryFiveMinutes() or Cron(\"0 2 * * *\")"},
  });
}

TEST(TaskBuilder, RefusesWhatNeverFires) {
  Expect({
      {CHAIN(.Cron("0 0 30 2 *")),
       "task: Cron(\"0 0 30 2 *\"): never fires: expected an instant between 1970 and 2200 that meets all of it"},
      {CHAIN(.YearlyOn(2, 30)),
       "task: YearlyOn(2, 30): never fires: expected an instant between 1970 and 2200 that meets all of it"},
      {CHAIN(.Daily().Between("08:00", "18:00")),
       "task: Daily().Between(\"08:00\", \"18:00\"): never fires: expected an instant between 1970 and 2200 that "
       "meets all of it"},
      {CHAIN(.Daily().At("12:30").UnlessBetween("12:00", "13:00")),
       "task: Daily().At(\"12:30\").UnlessBetween(\"12:00\", \"13:00\"): never fires: expected an instant between "
       "1970 and 2200 that meets all of it"},
      {CHAIN(.EverySecond().Between("08:00", "18:00").UnlessBetween("07:00", "19:00")),
       "task: EverySecond().Between(\"08:00\", \"18:00\").UnlessBetween(\"07:00\", \"19:00\"): never fires: expected "
       "an instant between 1970 and 2200 that meets all of it"},
      {CHAIN(.OnceAt("2026-03-07").Sundays()),
       "task: OnceAt(\"2026-03-07\").Sundays(): never fires: expected an instant between 1970 and 2200 that meets all "
       "of it"},
      {CHAIN(.OnceAt("1969-12-31")),
       "task: OnceAt(\"1969-12-31\"): never fires: expected an instant between 1970 and 2200 that meets all of it"},
  });
}

TEST_F(TaskBuilderTest, AcceptsAnInstantOfThePast) {
  EXPECT_EQ(Outcome(Begin().OnceAt("1970-01-02 00:00")), "once 1970-01-02T00:00:00Z");
}

TEST_F(TaskBuilderTest, ReadsOnceAtInTheTasksZoneInAnyOrder) {
  EXPECT_EQ(Outcome(Begin().OnceAt("2026-03-07 02:00").Timezone("Asia/Shanghai")), "once 2026-03-06T18:00:00Z");
}

TEST_F(TaskBuilderTest, RefusesADateThatIsNone) {
  const std::string outcome = Outcome(Begin().OnceAt("2026-02-30"));
  EXPECT_TRUE(outcome.starts_with("task: OnceAt(\"2026-02-30\"): expected")) << outcome;
}

TEST_F(TaskBuilderTest, RefusesUnknownCommandsAndArguments) {
  EXPECT_EQ(Outcome(scheduler_.Command("bakcup:run").Daily()),
            "bakcup:run: unknown command \"bakcup:run\"; did you mean \"backup:run\"?");
  EXPECT_EQ(Outcome(scheduler_.Command("backup:run", {"--fast"}).Daily()),
            "backup:run --fast: unknown option \"--fast\"");
}

TEST_F(TaskBuilderTest, RefusesWorkThatIsNone) {
  EXPECT_EQ(Outcome(scheduler_.Exec({}).Daily().Name("x")), "x: Exec(): expected a program");
  EXPECT_EQ(Outcome(scheduler_.Exec({""}).Daily().Name("x")), "x: Exec(): expected a program");
  EXPECT_EQ(Outcome(scheduler_.Shell(" ").Daily().Name("x")), "x: Shell(\" \"): expected a line for /bin/sh");
  EXPECT_EQ(Outcome(scheduler_.Http("get", "http://a").Daily().Name("x")),
            "x: Http(): method \"get\": expected one in capitals, such as GET or POST");
  EXPECT_EQ(Outcome(scheduler_.Exec({"ls", std::string("a\0b", 3)}).Daily().Name("x")),
            "x: Exec(\"a\\x00b\"): expected no NUL byte");
}

TEST_F(TaskBuilderTest, RefusesNamesThatCannotBeShown) {
  EXPECT_EQ(Outcome(Begin().Daily().Name("")), "a task's name is empty: expected printable text");
  EXPECT_EQ(Outcome(Begin().Daily().Name("a\nb")),
            "\"a\\nb\": a task's name must be printable, without space at its ends; give it one with Name()");
  EXPECT_EQ(Outcome(Begin().Daily().Name(" a")),
            "\" a\": a task's name must be printable, without space at its ends; give it one with Name()");
  EXPECT_EQ(Outcome(scheduler_.Shell(std::string(201, 'x')).Daily()),
            std::string(40, 'x') + "…: the task's name has 201 bytes: expected at most 200; give it one with Name()");
}

TEST_F(TaskBuilderTest, RefusesASecondTaskOfTheSameName) {
  Begin().Daily().Register();
  EXPECT_EQ(Outcome(Begin().Hourly()),
            "task: a task with this name is registered already: tell them apart with Name()");
  EXPECT_EQ(Outcome(Begin().Hourly().Name("task, hourly")), "0 * * * *");
}

TEST_F(TaskBuilderTest, NamesATaskAfterItsWork) {
  EXPECT_EQ(*scheduler_.Command("backup:run", {"--full", "to disk"}).Daily().TryRegister(),
            "backup:run --full 'to disk'");
  EXPECT_EQ(*scheduler_.Exec({"/usr/bin/rsync", "-a", "/srv"}).Daily().TryRegister(), "/usr/bin/rsync -a /srv");
  EXPECT_EQ(*scheduler_.Shell("df -h | mail ops").Daily().TryRegister(), "df -h | mail ops");
  EXPECT_EQ(*scheduler_.Http("POST", "https://a.example/jobs?key=1").Daily().TryRegister(),
            "POST https://a.example/jobs?***");
}

TEST_F(TaskBuilderTest, SetsPolicies) {
  Begin().Daily().Register();
  Begin().Daily().Name("unique").Unique().EvenInMaintenanceMode().LockTimeout(10min).Register();
  Begin().Daily().Name("alone").WithoutOverlapping().Description("Alone.").Register();
  Begin().Daily().Name("marked").Tag("b").Tag("a").Tag("b").Environments({"staging"}).Environments({"qa"}).Register();
  Begin().Daily().Name("asked").When([] { return true; }).Skip([] { return false; }).Register();
  const Result<Schedule> schedule = scheduler_.Build();
  ASSERT_TRUE(schedule);
  const auto policies = [&](const char* id) -> const TaskPolicies& { return *schedule->Find(id)->policies; };

  EXPECT_EQ(policies("task").placement, Placement::kEveryServer);
  EXPECT_EQ(policies("task").overlap, OverlapPolicy::kAllow);
  EXPECT_EQ(policies("task").lock_timeout, 30min);
  EXPECT_EQ(policies("unique").placement, Placement::kOneServer);
  EXPECT_FALSE(policies("task").even_in_maintenance_mode);
  EXPECT_TRUE(policies("unique").even_in_maintenance_mode);
  EXPECT_EQ(policies("unique").overlap, OverlapPolicy::kSkip);
  EXPECT_EQ(policies("unique").lock_timeout, 10min);
  EXPECT_EQ(policies("alone").placement, Placement::kEveryServer);
  EXPECT_EQ(policies("alone").overlap, OverlapPolicy::kSkip);
  EXPECT_EQ(schedule->Find("alone")->description, "Alone.");
  EXPECT_EQ(policies("marked").tags, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(policies("marked").environments, (std::vector<std::string>{"qa", "staging"}));
  ASSERT_EQ(policies("asked").when.size(), 1u);
  EXPECT_TRUE(policies("asked").when[0]());
  ASSERT_EQ(policies("asked").skip.size(), 1u);
  EXPECT_FALSE(policies("asked").skip[0]());
}

TEST(TaskBuilder, GivesTheSameTaskInAnyOrderOfCalls) {
  std::vector<Chain> calls = {
      [](TaskBuilder b) { return std::move(b).Daily(); },
      [](TaskBuilder b) { return std::move(b).At("09:30"); },
      [](TaskBuilder b) { return std::move(b).Weekdays(); },
      [](TaskBuilder b) { return std::move(b).Saturdays(); },
      [](TaskBuilder b) { return std::move(b).Between("08:00", "10:00"); },
      [](TaskBuilder b) { return std::move(b).Between("20:00", "04:00"); },
      [](TaskBuilder b) { return std::move(b).UnlessBetween("12:00", "13:00"); },
      [](TaskBuilder b) { return std::move(b).Timezone("Europe/Berlin"); },
      [](TaskBuilder b) { return std::move(b).OnDstGap(DstGap::kRunBefore); },
      [](TaskBuilder b) { return std::move(b).OnDstOverlap(DstOverlap::kBoth); },
      [](TaskBuilder b) { return std::move(b).Environments({"production"}); },
      [](TaskBuilder b) { return std::move(b).Environments({"staging"}); },
      [](TaskBuilder b) { return std::move(b).Unique(); },
      [](TaskBuilder b) { return std::move(b).WithoutOverlapping(); },
      [](TaskBuilder b) { return std::move(b).EvenInMaintenanceMode(); },
      [](TaskBuilder b) { return std::move(b).LockTimeout(5min); },
      [](TaskBuilder b) { return std::move(b).Timeout(4min); },
      [](TaskBuilder b) { return std::move(b).KillAfter(7s); },
      [](TaskBuilder b) { return std::move(b).Retry({.attempts = 2}); },
      [](TaskBuilder b) { return std::move(b).Overlap(OverlapPolicy::kCancelPrevious); },
      [](TaskBuilder b) { return std::move(b).Misfire({.what = Misfire::kRunAll}); },
      [](TaskBuilder b) { return std::move(b).AtLeastOnce(); },
      [](TaskBuilder b) { return std::move(b).OnStoreOutage(StoreOutage::kOpen); },
      [](TaskBuilder b) { return std::move(b).Pool("slow"); },
      [](TaskBuilder b) { return std::move(b).Priority(3); },
      [](TaskBuilder b) { return std::move(b).Name("it"); },
      [](TaskBuilder b) { return std::move(b).Description("d"); },
      [](TaskBuilder b) { return std::move(b).Tag("x"); },
      [](TaskBuilder b) { return std::move(b).Tag("y"); },
  };
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(Format("seed {}", seed));
  std::mt19937 random(seed);
  std::string first;
  for (int round = 0; round < 100; ++round) {
    TestCatalog catalog;
    Scheduler scheduler(catalog, TimeZone());
    TaskBuilder builder = scheduler.Command("task");
    for (const Chain& call : calls) builder = call(std::move(builder));
    std::move(builder).Register();
    const Result<Schedule> schedule = scheduler.Build();
    ASSERT_TRUE(schedule);
    const std::string task = schedule->digest() + " " + Text(*schedule->tasks()[0].trigger);
    if (round == 0) first = task;
    ASSERT_EQ(task, first);
    std::shuffle(calls.begin(), calls.end(), random);
  }
  EXPECT_TRUE(first.ends_with(" 30 9 * * 1-6 +08:00-10:00 +20:00-04:00 -12:00-13:00")) << first;
}

TEST_F(TaskBuilderTest, RegisterThrowsWhatTryRegisterReturns) {
  try {
    Begin().Daily().At("25:61").Register();
    FAIL() << "nothing was thrown";
  } catch (const ScheduleError& error) {
    EXPECT_STREQ(error.what(), "task: At(\"25:61\"): expected HH:MM, 00:00 to 23:59");
  }
  EXPECT_TRUE(scheduler_.Build());  // A chain that failed was not forgotten.
}

TEST_F(TaskBuilderTest, BuildNamesEveryChainThatForgotRegister) {
  {
    const TaskBuilder forgotten = Begin().Daily().At("02:00");
  }
  {
    const TaskBuilder forgotten = scheduler_.Shell("df\n").Unique();
  }
  {
    const TaskBuilder forgotten = scheduler_.Http("GET", "http://a?key=1").Daily();
  }
  const Result<Schedule> schedule = scheduler_.Build();
  ASSERT_FALSE(schedule);
  EXPECT_EQ(
      schedule.error().message(),
      "Register() is missing after Command(\"task\").Daily().At(\"02:00\") and after Shell(\"df\\n\").Unique() and "
      "after Http(\"GET\", \"http://a?***\").Daily()");
}

TEST_F(TaskBuilderTest, NotesAChainThatIsOverwritten) {
  TaskBuilder builder = Begin().Daily();
  builder = Begin().Hourly();
  std::move(builder).Discard();
  EXPECT_EQ(scheduler_.Build().error().message(), "Register() is missing after Command(\"task\").Daily()");
}

TEST_F(TaskBuilderTest, AChainCutShortByAnExceptionWasNotForgotten) {
  const auto fail = []() -> std::string { throw std::runtime_error("no time"); };
  EXPECT_THROW(
      {
        TaskBuilder builder = Begin().Daily();
        std::move(builder).At(fail()).Register();
      },
      std::runtime_error);
  EXPECT_TRUE(scheduler_.Build());
}

TEST_F(TaskBuilderTest, SurvivesItsScheduler) {
  auto scheduler = std::make_unique<Scheduler>(catalog_, TimeZone());
  TaskBuilder builder = scheduler->Command("task").Daily();
  scheduler.reset();
  EXPECT_TRUE(std::move(builder).TryRegister());
}

TEST_F(TaskBuilderTest, DiscardEndsAChain) {
  Begin().Daily().Discard();
  EXPECT_TRUE(scheduler_.Build());
}

TEST(TaskBuilderDeathTest, RefusesToGoOnAfterItsEnd) {
  TestCatalog catalog;
  Scheduler scheduler(catalog, TimeZone());
  TaskBuilder builder = scheduler.Command("task");
  std::move(builder).Discard();
  EXPECT_DEATH(std::move(builder).Daily().Register(), "the chain of this TaskBuilder has ended or was moved from");
}

TEST(TaskBuilder, SendsOutputToOneFile) {
  const TestCatalog catalog;
  Scheduler scheduler(catalog, TimeZone());
  const auto error = [](TaskBuilder builder) {
    const Result<TaskId> id = std::move(builder).Daily().TryRegister();
    return id ? "no error" : id.error().message();
  };
  EXPECT_EQ(error(scheduler.Command("task").SendOutputTo("a").AppendOutputTo("b")),
            "task: SendOutputTo(\"a\") and AppendOutputTo(\"b\") contradict each other: a task has one file for its "
            "output");
  EXPECT_EQ(error(scheduler.Command("task").SendOutputTo("")),
            "task: SendOutputTo(\"\"): expected the path of a file, without control characters");
  EXPECT_EQ(error(scheduler.Command("task").AppendOutputTo("a\nb")),
            "task: AppendOutputTo(\"a\\nb\"): expected the path of a file, without control characters");
}

TEST(TaskBuilder, AppendsTheOutputOfAGroupToOneFile) {
  const TestCatalog catalog;
  Scheduler scheduler(catalog, TimeZone());
  scheduler.Group(Attributes().AppendOutputTo("all.log"), [](Scheduler& group) {
    group.Command("backup:run").Daily().Register();
    group.Command("cache:clear").Daily().SendOutputTo("its-own.log").Register();
  });
  const Result<Schedule> schedule = scheduler.Build();
  EXPECT_EQ(schedule->tasks()[0].policies->output, (OutputFile{"all.log", OutputFile::Mode::kAppend}));
  EXPECT_EQ(schedule->tasks()[1].policies->output, (OutputFile{"its-own.log", OutputFile::Mode::kReplace}));
}

TEST(TaskBuilder, IsolatesCommandsAndRefusesToIsolateFunctions) {
  const TestCatalog catalog;
  Scheduler scheduler(catalog, TimeZone());
  scheduler.Group(Attributes().Isolated(), [](Scheduler& group) {
    group.Command("backup:run").Daily().Register();
    const Result<TaskId> id = group.Call("warm", [](Context&) {}).Daily().TryRegister();
    EXPECT_EQ(id.error().message(),
              "warm: Call(\"warm\", …) and Isolated() contradict each other: another process cannot call a function of "
              "this one; a Command() can be isolated");
  });
  scheduler.Command("cache:clear").Daily().Isolated().Register();
  scheduler.Command("stats:generate").Daily().Register();
  const Result<Schedule> schedule = scheduler.Build();
  EXPECT_TRUE(schedule->Find("backup:run")->policies->isolated);
  EXPECT_TRUE(schedule->Find("cache:clear")->policies->isolated);
  EXPECT_FALSE(schedule->Find("stats:generate")->policies->isolated);
}

}  // namespace
}  // namespace rota
