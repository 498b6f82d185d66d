#include "rota/report/load.h"

#include <gmock/gmock.h>

#include <chrono>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/report/test_schedule.h"

namespace rota {
namespace {

using testing::Each;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::ResultOf;
using testing::SizeIs;

LoadQuestion Days(std::string_view from, std::string_view to) { return {.from = Utc(from), .to = Utc(to)}; }

// Twelve tasks at midnight, two each hour, one each minute.
Schedule Crowded() {
  return MakeSchedule([](Scheduler& scheduler) {
    for (int i = 0; i < 12; ++i) scheduler.Command("report").Daily().Name(Format("report-{}", i)).Register();
    scheduler.Command("sync:a").Hourly().Register();
    scheduler.Command("sync:b").Hourly().Register();
    scheduler.Command("probe").EveryMinute().Register();
  });
}

TEST(Load, CountsWhatFiresInEachMinute) {
  const Load load = *MeasureLoad(Crowded(), Days("2026-03-07", "2026-03-09"));
  EXPECT_EQ(load.minutes, 2u * 1'440);
  EXPECT_EQ(load.fires, 2u * (12 + 2 * 24 + 1'440));
  EXPECT_EQ(load.most, 15u);
  EXPECT_EQ(load.hours[0].most, 15u);
  EXPECT_EQ(load.hours[0].busiest, Utc("2026-03-07"));
  EXPECT_EQ(load.hours[0].fires, 2u * (12 + 2 + 60));
  EXPECT_EQ(load.hours[7].most, 3u);
  EXPECT_EQ(load.hours[7].minutes, 120u);
}

TEST(Load, LeavesOutWhatBeginsWhenOthersEnd) {
  const Schedule schedule = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("extract").Daily().Register();
    scheduler.Command("load").After("extract").Register();
  });
  const Load load = *MeasureLoad(schedule, Days("2026-03-07", "2026-03-08"));
  EXPECT_EQ(load.tasks, 1u);
  EXPECT_EQ(load.fires, 1u);
  EXPECT_EQ(load.elsewhere, 0u);
}

TEST(Load, PutsMinutesOfTheSameTasksIntoOnePeak) {
  const Schedule schedule = Crowded();
  const Load load = *MeasureLoad(schedule, Days("2026-03-07", "2026-03-09"));
  ASSERT_THAT(load.peaks, SizeIs(3));
  EXPECT_EQ(load.peaks[0].fires, 15u);
  EXPECT_EQ(load.peaks[0].minutes, 2u);
  EXPECT_THAT(load.peaks[0].tasks, SizeIs(15));
  EXPECT_EQ(load.peaks[1].fires, 3u);
  EXPECT_EQ(load.peaks[1].minutes, 46u);
  EXPECT_EQ(load.peaks[1].first, Utc("2026-03-07 01:00"));
  EXPECT_EQ(load.peaks[1].tasks[0]->id, "sync:a");
  EXPECT_EQ(load.peaks[2].fires, 1u);
}

TEST(Load, AdvisesSpreadsThatLowerThePeak) {
  const Schedule schedule = Crowded();
  const Load load = *MeasureLoad(schedule, Days("2026-03-07", "2026-03-09"));
  ASSERT_THAT(load.advice, SizeIs(2));
  EXPECT_EQ(load.advice[0].spread, std::chrono::hours(1));
  EXPECT_THAT(load.advice[0].tasks, SizeIs(12));
  EXPECT_EQ(load.advice[1].spread, std::chrono::minutes(15));
  EXPECT_EQ(load.advice[1].tasks[1]->id, "sync:b");

  // The peak that is promised is the one that a schedule has which takes the advice.
  const Schedule spread = MakeSchedule([](Scheduler& scheduler) {
    for (int i = 0; i < 12; ++i) {
      scheduler.Command("report").Daily().Spread(std::chrono::hours(1)).Name(Format("report-{}", i)).Register();
    }
    scheduler.Command("sync:a").Hourly().Spread(std::chrono::minutes(15)).Register();
    scheduler.Command("sync:b").Hourly().Spread(std::chrono::minutes(15)).Register();
    scheduler.Command("probe").EveryMinute().Register();
  });
  EXPECT_EQ(MeasureLoad(spread, Days("2026-03-07", "2026-03-09"))->most, load.most_then);
  EXPECT_LT(load.most_then, load.most);
}

TEST(Load, AdvisesNothingWhereNothingMeetsOrCouldBeSpread) {
  const Schedule apart = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("a").DailyAt("01:00").Register();
    scheduler.Command("b").DailyAt("02:00").Register();
  });
  EXPECT_THAT(MeasureLoad(apart, Days("2026-03-07", "2026-03-09"))->advice, IsEmpty());
  const Schedule fixed = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("a").EveryMinute().Register();
    scheduler.Command("b").EveryMinute().Register();
    scheduler.Command("c").OnceAt("2026-03-07 12:00").Register();
    scheduler.Command("d").OnceAt("2026-03-07 12:00").Register();
  });
  EXPECT_THAT(MeasureLoad(fixed, Days("2026-03-07", "2026-03-09"))->advice, IsEmpty());
}

TEST(Load, CountsShortIntervalsAsOftenAsTheyFire) {
  const Schedule schedule = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("tick").EverySecond().Register();
    scheduler.Command("busy").Every(Milliseconds(1)).Register();
  });
  const Load load = *MeasureLoad(schedule, Days("2026-01-01", "2027-01-01"));
  EXPECT_EQ(load.most, 60u + 60'000u);
  EXPECT_EQ(load.fires, std::uint64_t{365} * 86'400 * 1'001);
}

TEST(Load, ShowsHoursAsPeopleOfTheZoneReadThem) {
  const Schedule schedule = MakeSchedule(
      [](Scheduler& scheduler) { scheduler.Command("a").DailyAt("08:00").Timezone("Asia/Shanghai").Register(); });
  LoadQuestion question = Days("2026-03-07", "2026-03-08");
  question.zone = *TimeZone::Load("Asia/Shanghai");
  EXPECT_EQ(MeasureLoad(schedule, question)->hours[8].fires, 1u);
}

TEST(Load, IsPrintedAsATableOfHoursPeaksAndAdvice) {
  const Schedule schedule = Crowded();
  const std::string text = ToText(*MeasureLoad(schedule, Days("2026-03-06 23:00", "2026-03-07 02:00")));
  EXPECT_EQ(text,
            R"(198 occurrences of 15 tasks: 1.10 a minute, 15 in the busiest.
2026-03-06 23:00:00 +00:00 to 2026-03-07 02:00:00 +00:00 (UTC)

HOUR   A MINUTE  MOST  BUSIEST MINUTE
00:00  1.23      15    2026-03-07 00:00  ██████████████████████████████████
01:00  1.03      3     2026-03-07 01:00  ███████
23:00  1.03      3     2026-03-06 23:00  ███████

PEAK  MINUTES  FIRST             TASKS
15    1        2026-03-07 00:00  report-0, report-1, report-2 and 12 more
3     2        2026-03-06 23:00  sync:a, sync:b, probe
1     177      2026-03-06 23:01  probe

A spread gives each task a delay of its own. With these the busiest minute has
4 occurrences instead of 15:

SPREAD  TASKS
1h      report-0, report-1, report-2 and 9 more
15m     sync:a, sync:b
)");
}

TEST(Load, FitsATerminalOf80Columns) {
  const Schedule schedule = Crowded();
  const std::string text = ToText(*MeasureLoad(schedule, Days("2026-03-07", "2027-03-07")));
  EXPECT_THAT(Split(text, '\n'), Each(ResultOf(DisplayWidth, Le(80))));
}

TEST(Load, LeavesOutWhatDoesNotRunHere) {
  const Schedule schedule = MakeSchedule(
      [](Scheduler& scheduler) { scheduler.Command("rehearse").Daily().Environments({"staging"}).Register(); });
  const Load load = *MeasureLoad(schedule, Days("2026-03-07", "2026-03-08"));
  EXPECT_EQ(load.fires, 0u);
  EXPECT_THAT(ToText(load), HasSubstr("Left out: 1 task not for production.\n"));
}

TEST(Load, RefusesAStretchThatRunsBackwards) {
  EXPECT_EQ(MeasureLoad(Crowded(), Days("2026-03-08", "2026-03-07")).error().message(),
            "2026-03-07T00:00:00Z: expected an instant after 2026-03-08T00:00:00Z, where the stretch begins");
}

TEST(Load, SaysTheSameInJson) {
  const Schedule schedule = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("a").DailyAt("02:00").Register();
    scheduler.Command("b").DailyAt("02:00").Register();
  });
  EXPECT_EQ(ToJson(*MeasureLoad(schedule, Days("2026-03-07 02:00", "2026-03-07 02:10"))),
            R"({"from":"2026-03-07T02:00:00Z","to":"2026-03-07T02:10:00Z","zone":"UTC","environment":"production",)"
            R"("tasks":2,"elsewhere":0,"occurrences":2,"minutes":10,"most":2,"hours":[{"hour":2,"occurrences":2,)"
            R"("minutes":10,"most":2,"busiest":{"utc":"2026-03-07T02:00:00Z","local":"2026-03-07 02:00:00 +00:00"}}],)"
            R"("peaks":[{"occurrences":2,"minutes":1,"first":{"utc":"2026-03-07T02:00:00Z",)"
            R"("local":"2026-03-07 02:00:00 +00:00"},"task_count":2,"tasks":["a","b"]}],)"
            R"("advice":[{"spread_ms":3600000,"task_count":2,"tasks":["a","b"]}],"most_then":1})"
            "\n");
}

}  // namespace
}  // namespace rota
