#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <set>

#include "rota/base/format.h"
#include "rota/schedule/scheduler.h"
#include "rota/schedule/test_catalog.h"
#include "rota/schedule/trigger.h"
#include "rota/time/format.h"

namespace rota {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

WallTime Utc(std::string_view text) { return ParseInstant(text, TimeZone()).value(); }
CronFrequency Cron(const char* text) { return {text, Expression::Parse(text).value()}; }

TEST(Spread, StaysInItsRange) {
  for (const Milliseconds range : {1ms, 7ms, 999ms, 1000ms, 1500ms, Milliseconds(5min), Milliseconds(24h)}) {
    for (int i = 0; i < 1'000; ++i) {
      const Milliseconds offset = Spread::Of(Format("task {}", i), range).offset;
      ASSERT_GE(offset, 0ms);
      ASSERT_LT(offset, range);
    }
  }
}

TEST(Spread, IsWholeSecondsWhereTheRangeHasThem) {
  std::set<Milliseconds> offsets;
  for (int i = 0; i < 10'000; ++i) offsets.insert(Spread::Of(Format("task {}", i), 5min).offset);
  EXPECT_EQ(offsets.size(), 300u);
  for (const Milliseconds offset : offsets) EXPECT_EQ(offset % 1s, 0ms);
  EXPECT_NE(Spread::Of("backup:run", 500ms).offset, 0ms);
}

// Whoever changes these moves the tasks of every fleet that is updated, server by server.
TEST(Spread, IsTheSameInAllReleases) {
  EXPECT_EQ(Spread::Of("backup:run", 5min).offset, 98s);
  EXPECT_EQ(Spread::Of("cache:clear", 24h).offset, 7h + 6min + 27s);
  EXPECT_EQ(Spread::Of("cache:clear", 250ms).offset, 137ms);
}

TEST(Spread, GivesEachTenthOfTheRangeItsShareOfTheTasks) {
  constexpr int kTasks = 10'000;
  for (const Milliseconds range : {Milliseconds(100ms), Milliseconds(5min), Milliseconds(24h)}) {
    std::array<int, 10> tenths{};
    for (int i = 0; i < kTasks; ++i) {
      ++tenths[static_cast<std::size_t>(Spread::Of(Format("report:send --customer={}", i), range).offset * 10 / range)];
    }
    for (const int tasks : tenths) {
      EXPECT_GE(tasks, kTasks * 8 / 100) << FormatDuration(range);
      EXPECT_LE(tasks, kTasks * 12 / 100) << FormatDuration(range);
    }
  }
}

struct Rule {
  const char* name;
  Trigger trigger;
};

std::vector<Rule> Rules() {
  const TimeZone berlin = TimeZone::Load("Europe/Berlin").value();
  const TimeZone lord_howe = TimeZone::Load("Australia/Lord_Howe").value();
  const Restrictions night = {.weekdays = 0b0111110, .between = {{22h, 6h}}, .unless_between = {{2h, 2h + 15min}}};
  return {{"daily in the hour of the changes", Trigger(Cron("30 2 * * *"), berlin, {})},
          {"daily in both passes", Trigger(Cron("30 2 * * *"), berlin, {}, {DstGap::kSkip, DstOverlap::kBoth})},
          {"every ten minutes", Trigger(Cron("*/10 * * * *"), berlin, {})},
          {"in windows", Trigger(Cron("*/5 * * * *"), berlin, night)},
          {"where the clocks change by half an hour", Trigger(Cron("45 1 * * *"), lord_howe, {})},
          {"an interval in windows", Trigger(IntervalFrequency{7min}, berlin, night)}};
}

// Around a change in spring and one in autumn, from hour to hour and at every instant and its neighbours.
TEST(Spread, ShiftsEachInstantOfTheRuleAndNothingElse) {
  for (const Rule& rule : Rules()) {
    for (const Spread spread : {Spread{1s, 999ms}, Spread{5min, 133s}, Spread{24h, 24h - 1s}}) {
      const Trigger& base = rule.trigger;
      const Trigger spread_out(base.frequency(), base.zone(), base.restrictions(), base.dst(), spread);
      for (const char* from : {"2026-03-27", "2026-04-03", "2026-10-02", "2026-10-23"}) {
        const WallTime begin = Utc(from);
        for (WallTime at = begin; at < begin + std::chrono::days(4); at += 17min) {
          const auto next = base.Next(at);
          const auto previous = base.Previous(at);
          ASSERT_TRUE(next && previous) << rule.name;
          ASSERT_EQ(spread_out.Next(at + spread.offset), *next + spread.offset) << rule.name << FormatInstant(at);
          ASSERT_EQ(spread_out.Previous(at + spread.offset), *previous + spread.offset) << rule.name;
          // Inverse: between two neighbours there is nothing.
          const auto first = spread_out.Next(at);
          ASSERT_EQ(spread_out.Previous(*first + 1ms), first) << rule.name;
          ASSERT_EQ(spread_out.Next(*first - 1ms), first) << rule.name;
          ASSERT_EQ(spread_out.Next(spread_out.Previous(*first).value()), first) << rule.name;
        }
      }
    }
  }
}

TEST(Spread, ShiftsTheFirstAndTheLastInstantToo) {
  const Trigger trigger(IntervalFrequency{24h}, TimeZone(), {}, {}, {1h, 10min});
  EXPECT_EQ(trigger.Next(WallTime::min()), WallTime(10min));
  EXPECT_EQ(trigger.Previous(WallTime(24h)), WallTime(10min));
  EXPECT_EQ(trigger.Previous(WallTime(10min)), std::nullopt);
  EXPECT_EQ(trigger.Previous(WallTime::min()), std::nullopt);
  EXPECT_EQ(trigger.Next(WallTime::max()), std::nullopt);
  EXPECT_EQ(trigger.Previous(WallTime::max()), Utc("2199-12-31T00:10:00Z"));
  EXPECT_EQ(trigger.Next(Utc("2199-12-31T00:10:00Z")), std::nullopt);
}

TEST(Spread, IsTold) {
  const Trigger trigger(Cron("0 2 * * *"), TimeZone(), {.between = {{1h, 3h}}}, {}, {5min, 133s});
  EXPECT_EQ(trigger.Describe(), "At 02:00, between 01:00 and 03:00, spread over 5m: 2m13s later");
  EXPECT_EQ(trigger.Describe(Locale::kChinese), "每天 02:00，在 01:00 至 03:00 之间，在 5m 内分散：推迟 2m13s");
  EXPECT_EQ(trigger.Rule().Describe(), "At 02:00, between 01:00 and 03:00");
}

TEST(Spread, MakesKeysDifferByTheOffset) {
  const auto key = [](Spread spread) { return Trigger(IntervalFrequency{1h}, TimeZone(), {}, {}, spread).key(); };
  EXPECT_NE(key({5min, 1s}), key({}));
  EXPECT_NE(key({5min, 1s}), key({5min, 2s}));
  EXPECT_EQ(key({5min, 0s}), key({}));
  EXPECT_EQ(key({5min, 1s}), key({6min, 1s}));
}

class SpreadTask : public testing::Test {
 protected:
  // The message of the error that the definition gets.
  static std::string Refusal(TaskBuilder chain) {
    const Result<TaskId> id = std::move(chain).TryRegister();
    return id ? "accepted" : id.error().message();
  }
  Scheduler& scheduler() { return scheduler_; }

 private:
  const TestCatalog catalog_;
  Scheduler scheduler_{catalog_, TimeZone()};
};

TEST_F(SpreadTask, StartsLaterByItsOwnOffset) {
  scheduler().Command("backup:run").Daily().At("02:00").Between("01:00", "02:01").Spread(5min).Register();
  const Schedule schedule = scheduler().Build().value();
  const Trigger& trigger = *schedule.Find("backup:run")->trigger;
  EXPECT_EQ(trigger.Next(Utc("2026-03-07")), Utc("2026-03-07T02:00:00Z") + Spread::Of("backup:run", 5min).offset);
  EXPECT_EQ(trigger.spread(), Spread::Of("backup:run", 5min));
}

TEST_F(SpreadTask, SharesATriggerOnlyWithTasksOfItsOffset) {
  for (int i = 0; i < 100; ++i) {
    scheduler().Command("backup:run").Name(Format("backup {}", i)).Daily().Spread(5s).Register();
    scheduler().Command("backup:run").Name(Format("poll {}", i)).Every(10s).Spread(5s).Register();
  }
  const Schedule schedule = scheduler().Build().value();
  std::set<const Trigger*> triggers;
  for (const Task& task : schedule.tasks()) {
    EXPECT_EQ(task.trigger->spread(), Spread::Of(task.id, 5s));
    triggers.insert(task.trigger.get());
  }
  EXPECT_EQ(triggers.size(), 10u);
}

TEST_F(SpreadTask, TakesItsOwnSpreadBeforeThatOfItsGroup) {
  scheduler().Group(Attributes().Spread(5min), [](Scheduler& group) {
    group.Command("backup:run").Daily().Register();
    group.Command("cache:clear").Daily().Spread(1h).Register();
    group.Command("backup:run").Name("at start").Cron("@reboot").Register();
    group.Command("backup:run").Name("once").OnceAt("2030-01-01 00:00").Register();
  });
  const Schedule schedule = scheduler().Build().value();
  EXPECT_EQ(schedule.Find("backup:run")->trigger->spread().range, 5min);
  EXPECT_EQ(schedule.Find("cache:clear")->trigger->spread().range, 1h);
  EXPECT_EQ(schedule.Find("at start")->trigger->spread(), Spread());
  EXPECT_EQ(schedule.Find("once")->trigger->Next(Utc("2029-01-01")), Utc("2030-01-01"));
}

TEST_F(SpreadTask, RefusesARangeThatIsNone) {
  EXPECT_EQ(Refusal(scheduler().Command("backup:run").Daily().Spread(0s)),
            "backup:run: Spread(0s): expected 1ms to 1d");
  EXPECT_EQ(Refusal(scheduler().Command("backup:run").Daily().Spread(-5s)),
            "backup:run: Spread(-5000ms): expected 1ms to 1d");
  EXPECT_EQ(Refusal(scheduler().Command("backup:run").Daily().Spread(24h + 1ms)),
            "backup:run: Spread(1d1ms): expected 1ms to 1d");
  EXPECT_THAT(Refusal(scheduler().Command("backup:run").Daily().Spread(5s).Spread(6s)),
              HasSubstr("Spread(5s) and Spread(6s) contradict each other: a task has one spread"));
}

TEST_F(SpreadTask, RefusesToSpreadWhatHasOneInstant) {
  EXPECT_EQ(
      Refusal(scheduler().Command("backup:run").Cron("@reboot").Spread(5s)),
      "backup:run: Cron(\"@reboot\") and Spread(5s) contradict each other: it has one instant of its own, and none "
      "to spread");
  EXPECT_THAT(Refusal(scheduler().Command("backup:run").OnceAt("2030-01-01 00:00").Spread(5s)),
              HasSubstr("OnceAt(\"2030-01-01 00:00\") and Spread(5s) contradict each other"));
}

TEST_F(SpreadTask, RefusesARangeBeyondThePeriod) {
  EXPECT_EQ(Refusal(scheduler().Command("backup:run").Every(90s).Spread(91s)),
            "backup:run: Every(1m30s) and Spread(1m31s) contradict each other: a spread is as long as the period at "
            "most, 1m30s");
  EXPECT_THAT(Refusal(scheduler().Command("backup:run").Cron("@every 90s").Spread(91s)), HasSubstr("at most, 1m30s"));
  EXPECT_EQ(Refusal(scheduler().Command("backup:run").Every(90s).Spread(90s)), "accepted");
}

}  // namespace
}  // namespace rota
