#include "rota/report/dst_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rota/base/format.h"
#include "rota/report/test_schedule.h"

namespace rota {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

const WallTime kNow = Utc("2026-01-01");

std::vector<DstRow> List(const std::function<void(Scheduler&)>& define, int next = 2) {
  return ListDst(MakeSchedule(define), kNow, {.next = next});
}

// What happens to a task at its next changes of the clocks, a line each.
std::string Effects(const std::function<TaskBuilder(TaskBuilder)>& chain, Locale locale = Locale::kEnglish) {
  const std::vector<DstRow> rows =
      List([&](Scheduler& scheduler) { chain(scheduler.Command("task").Timezone("Europe/Berlin")).Register(); });
  std::string lines;
  for (const DstRow::Change& change : rows.front().changes) {
    lines += Describe(change.effect, rows.front().zone, locale) + "\n";
  }
  return lines;
}

// Berlin: 02:00 +01:00 is 03:00 +02:00 on 2026-03-29, 03:00 +02:00 is 02:00 +01:00 on 2026-10-25.
TEST(DstList, ShowsWhatHappensToEachTaskAndCountsTheOthers) {
  const std::vector<DstRow> rows = List([](Scheduler& scheduler) {
    scheduler.Command("backup:run").Daily().At("02:30").Timezone("Europe/Berlin").Register();
    scheduler.Command("cache:clear").EveryThirtyMinutes().Timezone("Europe/Berlin").Register();
    scheduler.Command("poll").Every(90s).Timezone("Europe/Berlin").Register();
    scheduler.Command("report")
        .Cron("*/20 1-2 * * *")
        .Timezone("America/New_York")
        .OnDstGap(DstGap::kRunAfter)
        .Register();
    scheduler.Command("utc").Daily().At("02:30").Register();
  });
  EXPECT_EQ(ToTable(rows),
            "TASK        ZONE              DATE        CLOCKS         WHAT HAPPENS\n"
            "backup:run  Europe/Berlin     2026-03-29  02:00 → 03:00  02:30 does not exist: runs at 03:00 instead\n"
            "                              2026-10-25  03:00 → 02:00  02:30 occurs twice: runs at the first pass only\n"
            "report      America/New_York  2026-03-08  02:00 → 03:00  "
            "02:00 to 02:40 (3 times) do not exist: runs once at 03:00 instead\n"
            "                              2026-11-01  02:00 → 01:00  "
            "01:00 to 01:40 (3 times) occur twice: runs at both passes\n"
            "Not affected by a change of the clocks: 3 of 5 tasks.\n");
}

TEST(DstList, SaysThatNoTaskIsAffected) {
  EXPECT_EQ(ToTable(List([](Scheduler& scheduler) { scheduler.Command("task").Daily().Register(); })),
            "Not affected by a change of the clocks: 1 of 1 task.\n");
}

TEST(DstList, TellsEveryPolicy) {
  const auto task = [](DstGap gap, DstOverlap overlap) {
    return
        [=](TaskBuilder builder) { return std::move(builder).Daily().At("02:30").OnDstGap(gap).OnDstOverlap(overlap); };
  };
  EXPECT_EQ(Effects(task(DstGap::kRunBefore, DstOverlap::kSecond)),
            "02:30 does not exist: runs at 01:59:59 instead\n02:30 occurs twice: runs at the second pass only\n");
  EXPECT_EQ(Effects(task(DstGap::kSkip, DstOverlap::kBoth)),
            "02:30 does not exist: does not run\n02:30 occurs twice: runs at both passes\n");
  EXPECT_EQ(Effects(task(DstGap::kRunAfter, DstOverlap::kFirst), Locale::kChinese),
            "02:30 不存在：改在 03:00 运行一次\n02:30 出现两次：只在第一次运行\n");
}

TEST(DstList, JudgesARuleBeforeItsSpreadAndTellsWhenItRuns) {
  const std::string effects = Effects(
      [](TaskBuilder builder) { return std::move(builder).DailyAt("02:30").Between("01:00", "03:30").Spread(1h); });
  const Milliseconds offset = Spread::Of("task", 1h).offset;
  EXPECT_EQ(effects,
            Format("02:30 does not exist: runs at {} instead\n02:30 occurs twice: runs at the first pass only\n",
                   FormatTimeOfDay(std::chrono::floor<std::chrono::seconds>(3h + offset))));
}

TEST(DstList, SpeaksTheLanguageAskedFor) {
  const Schedule schedule = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("task").Cron("*/15 2 * * *").Timezone("Europe/Berlin").Register();
  });
  const std::vector<DstRow> rows = ListDst(schedule, kNow, {.next = 1, .locale = Locale::kChinese});
  EXPECT_EQ(ToTable(rows, Locale::kChinese),
            "任务  时区           日期        时钟           影响\n"
            "task  Europe/Berlin  2026-03-29  02:00 → 03:00  02:00 至 02:45（4 次）不存在：不运行\n"
            "不受时钟调整影响：1 个任务中的 0 个。\n");
}

TEST(DstList, LeavesOutWhatWindowsAndWeekdaysLeaveOut) {
  EXPECT_EQ(Effects([](TaskBuilder task) { return std::move(task).Cron("0,30 2 * * *").Between("02:15", "05:00"); }),
            "02:30 does not exist: runs at 03:00 instead\n02:30 occurs twice: runs at the first pass only\n");
  // 03:00, where the gap ends, is outside of the window.
  EXPECT_EQ(Effects([](TaskBuilder task) { return std::move(task).Cron("0,30 2 * * *").Between("02:15", "02:45"); }),
            "02:30 does not exist: does not run\n02:30 occurs twice: runs at the first pass only\n");
  // Clocks change on Sundays.
  EXPECT_EQ(Effects([](TaskBuilder task) { return std::move(task).Cron("30 2 * * *").Weekdays(); }), "");
  EXPECT_EQ(Effects([](TaskBuilder task) { return std::move(task).Cron("0 1,12 * * *").Between("08:00", "18:00"); }),
            "");
}

TEST(DstList, KeepsToTheDaysOfACalendar) {
  const auto changes = [](std::uint8_t weekdays) {
    const std::vector<DstRow> rows = List([weekdays](Scheduler& scheduler) {
      scheduler.DefineCalendar(Calendar("days", DaySet::OfWeekdays(weekdays)));
      scheduler.Command("task").Daily().At("02:30").On("days").Timezone("Europe/Berlin").Register();
    });
    return rows.front().changes.size();
  };
  EXPECT_EQ(changes(0b0000001), 2u);  // Sundays, on which the clocks change.
  EXPECT_EQ(changes(0b0000010), 0u);
}

TEST(DstList, TellsTheRunOfTheRepeatedTimesThatTheWindowAllows) {
  const std::vector<DstRow> rows = List([](Scheduler& scheduler) {
    scheduler.Command("task").Cron("0,30 2 * * *").Between("02:15", "05:00").Timezone("Europe/Berlin").Register();
  });
  EXPECT_EQ(rows[0].changes.at(1).effect.runs, Utc("2026-10-25 00:30"));
}

TEST(DstList, FindsAsManyChangesAsAskedForOfTaggedTasks) {
  const Schedule schedule = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("a").Daily().At("02:30").Timezone("Europe/Berlin").Tag("x").Register();
    scheduler.Command("b").Daily().At("02:30").Timezone("Europe/Berlin").Register();
  });
  const std::vector<DstRow> rows = ListDst(schedule, kNow, {.next = 5, .tag = "x"});
  ASSERT_EQ(rows.size(), 1u);
  EXPECT_EQ(rows[0].changes.size(), 5u);
}

TEST(DstList, GivesEverythingAsJson) {
  EXPECT_EQ(ToJson(List(
                [](Scheduler& scheduler) {
                  scheduler.Command("task").Daily().At("02:30").Timezone("Europe/Berlin").Register();
                  scheduler.Command("poll").Every(90s).Register();
                },
                1)),
            R"([{"task":"task","zone":"Europe/Berlin","changes":[{"at":"2026-03-29T01:00:00Z",)"
            R"("clocks_from":"2026-03-29 02:00","clocks_to":"2026-03-29 03:00","kind":"gap",)"
            R"("first":"2026-03-29 02:30","last":"2026-03-29 02:30","count":1,"outcome":"run_after",)"
            R"("runs":{"utc":"2026-03-29T01:00:00Z","local":"2026-03-29 03:00:00 +02:00"},)"
            R"("words":"02:30 does not exist: runs at 03:00 instead"}]},{"task":"poll","zone":"UTC","changes":[]}])"
            "\n");
}

}  // namespace
}  // namespace rota
