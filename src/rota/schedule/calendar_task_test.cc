#include <gtest/gtest.h>

#include <functional>

#include "rota/base/text.h"
#include "rota/schedule/business_days.h"
#include "rota/schedule/scheduler.h"
#include "rota/schedule/test_catalog.h"
#include "rota/time/format.h"

namespace rota {
namespace {

using namespace std::chrono_literals;
using Chain = std::function<TaskBuilder(TaskBuilder)>;

// The October of China in 2026: the 1st to the 7th are holidays, Saturday the 10th is worked.
Calendar China() {
  DaySet days = DaySet::OfWeekdays(0x3e);
  days.Remove(CivilDay{2026y / 10 / 1}, CivilDay{2026y / 10 / 7});
  days.Add(CivilDay{2026y / 10 / 10}, CivilDay{2026y / 10 / 10});
  return Calendar("cn", days);
}

// Tasks on the calendars "cn" and "none", the latter without days.
class CalendarTask : public testing::Test {
 protected:
  CalendarTask() {
    scheduler_.DefineCalendar(China());
    scheduler_.DefineCalendar(Calendar("none", DaySet()));
  }

  Result<Schedule> Define(const Chain& chain) {
    const Result<TaskId> id = chain(scheduler_.Command("task")).TryRegister();
    if (!id) return Fail(id.error());
    return scheduler_.Build();
  }
  std::string ErrorOf(const Chain& chain) {
    const Result<Schedule> schedule = Define(chain);
    return schedule ? "registered" : schedule.error().message();
  }
  // The next four instants after the end of September 2026.
  std::string October(const Chain& chain) {
    const Result<Schedule> schedule = Define(chain);
    if (!schedule) return schedule.error().message();
    const Trigger& trigger = *schedule->tasks().front().trigger;
    std::vector<std::string> instants;
    std::optional<WallTime> at = ParseInstant("2026-09-30T23:59:59Z", TimeZone()).value();
    while (instants.size() < 4 && (at = trigger.Next(*at))) {
      instants.push_back(FormatInstant(*at).substr(5, 11));
      EXPECT_EQ(trigger.Previous(*at + 1ms), at);
    }
    return Join(instants, " ");
  }

  TestCatalog catalog_;
  Scheduler scheduler_{catalog_, TimeZone()};
};

TEST_F(CalendarTask, RunsOnTheDaysOfItsCalendar) {
  EXPECT_EQ(October([](TaskBuilder task) { return std::move(task).DailyAt("09:00").On("cn"); }),
            "10-08T09:00 10-09T09:00 10-10T09:00 10-12T09:00");
}

TEST_F(CalendarTask, RunsOnAllOtherDays) {
  EXPECT_EQ(October([](TaskBuilder task) { return std::move(task).Except("cn").DailyAt("09:00"); }),
            "10-01T09:00 10-02T09:00 10-03T09:00 10-04T09:00");
}

TEST_F(CalendarTask, RunsAtMidnightOrAtWhenItSaysNoFrequency) {
  EXPECT_EQ(October([](TaskBuilder task) { return std::move(task).On("cn"); }),
            "10-08T00:00 10-09T00:00 10-10T00:00 10-12T00:00");
}

TEST_F(CalendarTask, RunsAtTheTimeThatAtGives) {
  EXPECT_EQ(October([](TaskBuilder task) { return std::move(task).On("cn").At("07:30"); }),
            "10-08T07:30 10-09T07:30 10-10T07:30 10-12T07:30");
}

TEST_F(CalendarTask, MovesToAnotherDayAsItsShiftSays) {
  EXPECT_EQ(October([](TaskBuilder task) { return std::move(task).MonthlyOn(3, "09:00").On("cn", Shift::kNext); }),
            "10-08T09:00 11-03T09:00 12-03T09:00 01-04T09:00");
}

TEST_F(CalendarTask, MovesAcrossMonths) {
  EXPECT_EQ(October([](TaskBuilder task) { return std::move(task).MonthlyOn(1, "09:00").On("cn", Shift::kPrevious); }),
            "10-30T09:00 12-01T09:00 01-01T09:00 02-01T09:00");
}

TEST_F(CalendarTask, CountsTheBusinessDaysOfTheMonth) {
  EXPECT_EQ(October([](TaskBuilder task) { return std::move(task).OnBusinessDay(3, "cn").At("09:00"); }),
            "10-10T09:00 11-04T09:00 12-03T09:00 01-05T09:00");
}

TEST_F(CalendarTask, FindsTheLastBusinessDayOfTheMonth) {
  EXPECT_EQ(October([](TaskBuilder task) { return std::move(task).OnLastBusinessDay("cn").At("18:00"); }),
            "10-30T18:00 11-30T18:00 12-31T18:00 01-29T18:00");
}

TEST_F(CalendarTask, CountsBusinessDaysInTheMonthsOfItsFrequency) {
  EXPECT_EQ(October([](TaskBuilder task) { return std::move(task).Cron("0 9 * */3 *").OnBusinessDay(-2, "cn"); }),
            "10-29T09:00 01-28T09:00 04-29T09:00 07-29T09:00");
}

TEST_F(CalendarTask, LeavesOutTheIntervalsOfOtherDays) {
  EXPECT_EQ(October([](TaskBuilder task) { return std::move(task).Every(8h).On("cn"); }),
            "10-08T00:00 10-08T08:00 10-08T16:00 10-09T00:00");
}

TEST_F(CalendarTask, JudgesTheDayInTheZoneOfTheTask) {
  EXPECT_EQ(October([](TaskBuilder task) { return std::move(task).Every(12h).On("cn").Timezone("Asia/Shanghai"); }),
            "10-08T00:00 10-08T12:00 10-09T00:00 10-09T12:00");
  Scheduler other(catalog_, TimeZone());
  other.DefineCalendar(China());
  other.Command("task").Every(12h).On("cn").Timezone("America/New_York").Register();
  const Trigger trigger = *other.Build()->tasks().front().trigger;
  EXPECT_EQ(trigger.Next(ParseInstant("2026-10-01T04:00:00Z", TimeZone()).value()),
            ParseInstant("2026-10-08T12:00:00Z", TimeZone()).value());
}

TEST_F(CalendarTask, TakesItsOwnCalendarBeforeThatOfItsGroup) {
  scheduler_.Group(Attributes().On("cn", Shift::kNext), [](Scheduler& group) {
    group.Command("task").Name("of the group").Daily().Register();
    group.Command("task").Name("its own").Daily().Except("cn").Register();
  });
  const Result<Schedule> schedule = scheduler_.Build();
  ASSERT_TRUE(schedule) << schedule.error().message();
  EXPECT_EQ(schedule->Find("of the group")->trigger->Describe(),
            "At 00:00, on business days of cn, moved to the next one");
  EXPECT_EQ(schedule->Find("its own")->trigger->Describe(), "At 00:00, except on days of cn");
}

TEST_F(CalendarTask, IsDescribedWithItsCalendar) {
  const Result<Schedule> schedule =
      Define([](TaskBuilder task) { return std::move(task).OnLastBusinessDay("cn").At("18:00"); });
  ASSERT_TRUE(schedule) << schedule.error().message();
  const Trigger& trigger = *schedule->tasks().front().trigger;
  EXPECT_EQ(trigger.Describe(), "At 18:00, on the last business day of the month (cn)");
  EXPECT_TRUE(trigger.Describe(Locale::kChinese).ends_with("，每月最后一个工作日（cn）"))
      << trigger.Describe(Locale::kChinese);
}

TEST_F(CalendarTask, SharesATriggerOnlyWhereTheCalendarIsTheSame) {
  scheduler_.Command("task").Name("a").Daily().On("cn").Register();
  scheduler_.Command("task").Name("b").Daily().On("cn").Register();
  scheduler_.Command("task").Name("c").Daily().On("cn", Shift::kNext).Register();
  scheduler_.Command("task").Name("d").Daily().Register();
  const Result<Schedule> schedule = scheduler_.Build();
  ASSERT_TRUE(schedule) << schedule.error().message();
  const auto trigger = [&](const char* id) { return schedule->Find(id)->trigger; };
  EXPECT_EQ(trigger("a"), trigger("b"));
  EXPECT_NE(trigger("a")->key(), trigger("c")->key());
  EXPECT_NE(trigger("a")->key(), trigger("d")->key());
}

TEST_F(CalendarTask, RefusesACalendarThatIsNotDefined) {
  EXPECT_EQ(ErrorOf([](TaskBuilder task) { return std::move(task).Daily().On("nome"); }),
            "task: On(\"nome\"): unknown calendar; did you mean \"none\"?; defined: cn, none");
  Scheduler empty(catalog_, TimeZone());
  EXPECT_EQ(empty.Command("task").OnLastBusinessDay("cn").TryRegister().error().message(),
            "task: OnLastBusinessDay(\"cn\"): unknown calendar; none is defined");
}

TEST_F(CalendarTask, RefusesASecondCalendar) {
  EXPECT_EQ(ErrorOf([](TaskBuilder task) { return std::move(task).Daily().On("cn").Except("none", Shift::kNearest); }),
            "task: On(\"cn\") and Except(\"none\", Shift::kNearest) contradict each other: a task has one calendar; to "
            "have two, define a third as their union or intersection");
}

TEST_F(CalendarTask, RefusesToMoveWhatHasNoTimeOfDay) {
  EXPECT_EQ(ErrorOf([](TaskBuilder task) { return std::move(task).Every(90s).On("cn", Shift::kPrevious); }),
            "task: Every(1m30s) and On(\"cn\", Shift::kPrevious) contradict each other: only a time of day can move to "
            "another day; expected Shift::kSkip");
  EXPECT_EQ(ErrorOf([](TaskBuilder task) { return std::move(task).Every(90s).OnBusinessDay(1, "cn"); }),
            "task: Every(1m30s) and OnBusinessDay(1, \"cn\") contradict each other: a business day of the month needs "
            "a time of day, such as At(\"09:00\")");
}

TEST_F(CalendarTask, RefusesDaysBesideABusinessDayOfTheMonth) {
  EXPECT_EQ(ErrorOf([](TaskBuilder task) { return std::move(task).Monthly().OnBusinessDay(1, "cn"); }),
            "task: Monthly() and OnBusinessDay(1, \"cn\") contradict each other: both choose days of the month");
  EXPECT_EQ(
      ErrorOf([](TaskBuilder task) { return std::move(task).Mondays().At("09:00").OnLastBusinessDay("cn"); }),
      "task: Mondays().At(\"09:00\") and OnLastBusinessDay(\"cn\") contradict each other: both choose days of the "
      "month");
  EXPECT_EQ(
      ErrorOf([](TaskBuilder task) { return std::move(task).Cron("0 9 * * *").Mondays().OnBusinessDay(1, "cn"); }),
      "task: Cron(\"0 9 * * *\").Mondays() and OnBusinessDay(1, \"cn\") contradict each other: both choose days of "
      "the month");
}

TEST_F(CalendarTask, RefusesABusinessDayThatNoMonthHas) {
  EXPECT_EQ(ErrorOf([](TaskBuilder task) { return std::move(task).OnBusinessDay(0, "cn"); }),
            "task: OnBusinessDay(0, \"cn\"): expected 1 to 31, or -1 to -31 from the end of the month");
  EXPECT_EQ(
      ErrorOf([](TaskBuilder task) { return std::move(task).OnBusinessDay(25, "cn").At("09:00"); }),
      "task: At(\"09:00\").OnBusinessDay(25, \"cn\"): never fires: expected an instant between 1970 and 2200 that "
      "meets all of it");
}

TEST_F(CalendarTask, RefusesWhatNeverFires) {
  EXPECT_EQ(ErrorOf([](TaskBuilder task) { return std::move(task).Every(90s).On("none"); }),
            "task: Every(1m30s).On(\"none\"): never fires: expected an instant between 1970 and 2200 that meets all of "
            "it");
  EXPECT_EQ(
      ErrorOf([](TaskBuilder task) { return std::move(task).OnceAt("2026-10-03 09:00").On("cn"); }),
      "task: OnceAt(\"2026-10-03 09:00\").On(\"cn\"): never fires: expected an instant between 1970 and 2200 that "
      "meets all of it");
  EXPECT_EQ(
      ErrorOf([](TaskBuilder task) { return std::move(task).Cron("@reboot").On("cn"); }),
      "task: Cron(\"@reboot\").On(\"cn\"): the start of a server has no day or time of its own: expected When() or "
      "Skip()");
}

TEST_F(CalendarTask, RefusesTwoCalendarsOfOneName) {
  scheduler_.DefineCalendar(Calendar("cn", DaySet()));
  EXPECT_EQ(scheduler_.Build().error().message(), "calendar \"cn\" is defined twice: give one of them another name");
}

TEST_F(CalendarTask, RefusesACalendarWhoseNameCannotBeShown) {
  scheduler_.DefineCalendar(Calendar("c\nn", DaySet()));
  EXPECT_EQ(scheduler_.Build().error().message(),
            "calendar \"c\\nn\": expected a printable name without space at its ends");
}

}  // namespace
}  // namespace rota
