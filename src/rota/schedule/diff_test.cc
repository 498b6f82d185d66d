#include "rota/schedule/diff.h"

#include <gtest/gtest.h>

#include <chrono>
#include <functional>

#include "rota/base/format.h"
#include "rota/schedule/scheduler.h"
#include "rota/schedule/test_catalog.h"
#include "rota/time/format.h"

namespace rota {
namespace {

using namespace std::chrono_literals;
using Kind = TaskChange::Kind;

WallTime Utc(std::string_view text) { return *ParseInstant(text, TimeZone()); }

Schedule Make(const std::function<void(Scheduler&)>& define) {
  const TestCatalog catalog;
  Scheduler scheduler(catalog, TimeZone());
  define(scheduler);
  return *scheduler.Build();
}

// A schedule of one task.
Schedule One(const std::function<TaskBuilder(TaskBuilder)>& refine) {
  return Make([&](Scheduler& scheduler) { refine(scheduler.Command("task")).Register(); });
}

// A Friday, before the clocks of Berlin change on the 29th.
const DiffOptions kOptions{.from = Utc("2026-03-27 00:00")};

ScheduleDiff Compare(const Schedule& before, const Schedule& after) { return Diff(before, after, kOptions); }

// The changed fields of the only changed task, a line each: "zone: UTC -> Europe/Berlin".
std::string FieldsOf(const ScheduleDiff& diff) {
  std::string text;
  for (const TaskChange& change : diff.tasks) {
    for (const FieldChange& field : change.fields) {
      text += Format("{}: {} -> {}\n", field.field, field.before, field.after);
    }
  }
  return text;
}

std::string FieldsOf(const std::function<TaskBuilder(TaskBuilder)>& before,
                     const std::function<TaskBuilder(TaskBuilder)>& after) {
  return FieldsOf(Compare(One(before), One(after)));
}

TaskBuilder Daily(TaskBuilder task) { return std::move(task).Daily().At("02:00"); }

TEST(Diff, IsEmptyForTheSameDefinitions) {
  const auto define = [](Scheduler& scheduler) {
    scheduler.Command("backup:run").Daily().At("02:00").Unique().Retry({.attempts = 3}).Tag("db").Register();
    scheduler.Shell("df -h").Every(90s).Register();
  };
  EXPECT_TRUE(Compare(Make(define), Make(define)).same());
}

TEST(Diff, DoesNotMindTheOrderOfTheTasks) {
  const Schedule before = Make([](Scheduler& scheduler) {
    scheduler.Shell("a").Daily().Register();
    scheduler.Shell("b").Daily().Register();
  });
  const Schedule after = Make([](Scheduler& scheduler) {
    scheduler.Shell("b").Daily().Register();
    scheduler.Shell("a").Daily().Register();
  });
  EXPECT_TRUE(Compare(before, after).same());
}

TEST(Diff, TellsTasksThatComeAndGoInTheOrderOfTheLaterScheduleAndThenOfTheEarlier) {
  const Schedule before = Make([](Scheduler& scheduler) {
    scheduler.Shell("gone").Daily().Register();
    scheduler.Shell("stays").Daily().Register();
    scheduler.Shell("moves").Daily().Register();
  });
  const Schedule after = Make([](Scheduler& scheduler) {
    scheduler.Shell("moves").Hourly().Register();
    scheduler.Shell("stays").Daily().Register();
    scheduler.Shell("new").Weekly().Register();
  });
  const ScheduleDiff diff = Compare(before, after);
  ASSERT_EQ(diff.tasks.size(), 3u);
  EXPECT_EQ(diff.tasks[0].task.id, "moves");
  EXPECT_EQ(diff.tasks[0].kind, Kind::kChanged);
  EXPECT_EQ(diff.tasks[1].task.id, "new");
  EXPECT_EQ(diff.tasks[1].kind, Kind::kAdded);
  EXPECT_EQ(diff.tasks[2].task.id, "gone");
  EXPECT_EQ(diff.tasks[2].kind, Kind::kRemoved);
}

TEST(Diff, NamesWhatChanged) {
  EXPECT_EQ(FieldsOf(Daily, [](TaskBuilder task) { return std::move(task).Daily().At("03:00"); }),
            "schedule: At 02:00 -> At 03:00\n");
  EXPECT_EQ(FieldsOf(Daily, [](TaskBuilder task) { return Daily(std::move(task)).Timezone("Europe/Berlin"); }),
            "zone: UTC -> Europe/Berlin\n");
  EXPECT_EQ(FieldsOf(Daily, [](TaskBuilder task) { return Daily(std::move(task)).OnDstGap(DstGap::kSkip); }),
            "dst_gap:  -> skip\n");
  EXPECT_EQ(FieldsOf(Daily, [](TaskBuilder task) { return Daily(std::move(task)).OnDstOverlap(DstOverlap::kBoth); }),
            "dst_overlap:  -> both\n");
  EXPECT_EQ(FieldsOf(Daily, [](TaskBuilder task) { return Daily(std::move(task)).Spread(5min); }), "spread:  -> 5m\n");
  EXPECT_EQ(FieldsOf(Daily, [](TaskBuilder task) { return Daily(std::move(task)).Description("Nightly"); }),
            "description:  -> Nightly\n");
}

TEST(Diff, NamesEveryPolicyThatChanged) {
  const auto more = [](TaskBuilder task) {
    return Daily(std::move(task))
        .Unique()
        .LockTimeout(5min)
        .Timeout(90s)
        .KillAfter(1s)
        .Retry({.attempts = 5, .delay = 10s})
        .EvenInMaintenanceMode()
        .Isolated()
        .AppendOutputTo("all.log")
        .Environments({"production", "staging"})
        .Tag("db")
        .Ping(HookPoint::kFail, "https://a.example/x?key=secret")
        .When([] { return true; });
  };
  EXPECT_EQ(FieldsOf(Daily, more),
            "unique: false -> true\n"
            "overlap: allow -> skip\n"
            "lock_timeout: 30m -> 5m\n"
            "timeout:  -> 1m30s\n"
            "kill_after:  -> 1s\n"
            "retry:  -> 5 attempts 10s apart\n"
            "even_in_maintenance_mode: false -> true\n"
            "isolated: false -> true\n"
            "output:  -> added to all.log\n"
            "environments:  -> production, staging\n"
            "tags:  -> db\n"
            "hooks:  -> ping https://a.example/x?*** at fail\n"
            "conditions:  -> 1\n");
}

TEST(Diff, SeesAPolicyThatReadsTheSame) {
  const auto retry = [](Milliseconds max_delay) {
    return
        [max_delay](TaskBuilder task) { return Daily(std::move(task)).Retry({.attempts = 2, .max_delay = max_delay}); };
  };
  EXPECT_EQ(FieldsOf(retry(1h), retry(2h)), "policies:  -> \n");
}

TEST(Diff, TellsWhatRuns) {
  const auto exec = [](std::vector<std::string> argv) {
    return Make([&](Scheduler& scheduler) { scheduler.Exec(argv).Name("task").Daily().Register(); });
  };
  EXPECT_EQ(FieldsOf(Compare(exec({"df", "-h"}), exec({"df"}))), "runs: df -h -> df\n");
  const Schedule shell = Make([](Scheduler& scheduler) { scheduler.Shell("df -h").Name("task").Daily().Register(); });
  EXPECT_EQ(FieldsOf(Compare(exec({"df", "-h"}), shell)), "process:  -> \n");
}

TEST(Diff, TellsWhatARequestHasButNoValues) {
  const auto http = [](HttpOptions options) {
    return Make([&](Scheduler& scheduler) {
      scheduler.Http("POST", "https://a.example/", std::move(options)).Name("task").Daily().Register();
    });
  };
  EXPECT_EQ(FieldsOf(Compare(http({}), http({.headers = {{"X-Key", "a"}}, .body = "{}", .expect = {201}}))),
            "http: expects 200 to 299 -> headers X-Key, body of 2 bytes, expects 201\n");
  EXPECT_EQ(FieldsOf(Compare(http({.headers = {{"X-Key", "a"}}}), http({.headers = {{"X-Key", "b"}}}))),
            "http: headers X-Key, expects 200 to 299 -> headers X-Key, expects 200 to 299\n");
}

TEST(Diff, TellsWhatTheProcessFindsAroundItButNoValues) {
  const auto shell = [](ProcessOptions options) {
    return Make([&](Scheduler& scheduler) { scheduler.Shell("df", options).Name("task").Daily().Register(); });
  };
  EXPECT_EQ(FieldsOf(Compare(shell({}), shell({.user = "postgres"}))), "process:  -> user postgres\n");
  EXPECT_EQ(FieldsOf(Compare(shell({.environment = {{"TOKEN", "a"}}}), shell({.environment = {{"TOKEN", "b"}}}))),
            "process: environment TOKEN -> environment TOKEN\n");
}

TEST(Diff, SeesOtherDaysInACalendarOfTheSameName) {
  const auto schedule = [](CivilDay holiday) {
    DaySet days = DaySet::OfWeekdays(0x3e);
    days.Remove(holiday, holiday);
    return Make([&](Scheduler& scheduler) {
      scheduler.DefineCalendar(Calendar("cn", days));
      scheduler.Command("task").Daily().On("cn").Register();
    });
  };
  const ScheduleDiff diff = Compare(schedule(CivilDay{2026y / 3 / 30}), schedule(CivilDay{2026y / 3 / 31}));
  EXPECT_EQ(FieldsOf(diff), "calendar: cn -> cn\n");
  EXPECT_EQ(diff.tasks[0].appear.first, std::vector{Utc("2026-03-30 00:00")});
  EXPECT_EQ(diff.tasks[0].vanish.first, std::vector{Utc("2026-03-31 00:00")});
}

TEST(Diff, ListsTheInstantsThatOnlyOneOfThemHas) {
  const ScheduleDiff diff =
      Compare(One(Daily), One([](TaskBuilder task) { return std::move(task).TwiceDaily(2, 14); }));
  EXPECT_EQ(diff.from, Utc("2026-03-27 00:00"));
  EXPECT_EQ(diff.to, Utc("2026-04-03 00:00"));
  ASSERT_EQ(diff.tasks.size(), 1u);
  EXPECT_EQ(diff.tasks[0].vanish.count, 0u);
  EXPECT_EQ(diff.tasks[0].appear.count, 7u);
  EXPECT_EQ(diff.tasks[0].appear.first,
            (std::vector{Utc("2026-03-27 14:00"), Utc("2026-03-28 14:00"), Utc("2026-03-29 14:00")}));
}

TEST(Diff, SeesAnotherZoneFromTheChangeOfTheClocksOn) {
  const auto in = [](const char* zone) {
    return One([zone](TaskBuilder task) { return Daily(std::move(task)).Timezone(zone); });
  };
  const ScheduleDiff diff = Compare(in("+01:00"), in("Europe/Berlin"));
  // 02:00 does not exist on the 29th: it is 03:00 of summer, which is the same instant.
  EXPECT_EQ(diff.tasks[0].appear.first,
            (std::vector{Utc("2026-03-30 00:00"), Utc("2026-03-31 00:00"), Utc("2026-04-01 00:00")}));
  EXPECT_EQ(diff.tasks[0].appear.count, 5u);  // The last is at the very end of the week.
  EXPECT_EQ(diff.tasks[0].vanish.count, 4u);
}

TEST(Diff, CountsTheInstantsOfTasksThatComeAndGo) {
  const Schedule none = Make([](Scheduler&) {});
  const ScheduleDiff added = Compare(none, One(Daily));
  EXPECT_EQ(added.tasks[0].appear.count, 7u);
  EXPECT_EQ(added.tasks[0].vanish.count, 0u);
  const ScheduleDiff removed = Compare(One(Daily), none);
  EXPECT_EQ(removed.tasks[0].appear.count, 0u);
  EXPECT_EQ(removed.tasks[0].vanish.count, 7u);
  EXPECT_EQ(removed.tasks[0].vanish.first.front(), Utc("2026-03-27 02:00"));
}

TEST(Diff, HasNoInstantsWhereTheTaskDoesNotRun) {
  const auto in = [](std::vector<std::string> environments) {
    return One([&](TaskBuilder task) { return Daily(std::move(task)).Environments(environments); });
  };
  DiffOptions options = kOptions;
  options.environment = "production";
  const ScheduleDiff diff = Diff(in({"production", "staging"}), in({"staging"}), options);
  EXPECT_EQ(FieldsOf(diff), "environments: production, staging -> staging\n");
  EXPECT_EQ(diff.tasks[0].vanish.count, 7u);
  EXPECT_EQ(diff.tasks[0].appear.count, 0u);
}

TEST(Diff, StopsCountingAndSaysSo) {
  const Schedule none = Make([](Scheduler&) {});
  const Schedule seconds = One([](TaskBuilder task) { return std::move(task).EverySecond(); });
  const ScheduleDiff diff = Compare(none, seconds);
  EXPECT_FALSE(diff.tasks[0].counted);
  EXPECT_EQ(diff.tasks[0].appear.count, 100'000u);
  const Schedule minutes = One([](TaskBuilder task) { return std::move(task).EveryMinute(); });
  EXPECT_TRUE(Compare(none, minutes).tasks[0].counted);
  EXPECT_EQ(Compare(none, minutes).tasks[0].appear.count, 7u * 24 * 60);
}

}  // namespace
}  // namespace rota
