#include "rota/testing/play/play.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <stdexcept>

#include "rota/base/format.h"
#include "rota/schedule/scheduler.h"
#include "rota/time/format.h"

namespace rota {
namespace {

using testing::ElementsAre;
using testing::SizeIs;
using namespace std::chrono_literals;

class AnyCommand final : public CommandCatalog {
 public:
  Status Check(std::string_view, std::span<const std::string>) const override { return Status::Ok(); }
};

Schedule Define(const std::function<void(Scheduler&)>& define) {
  const AnyCommand catalog;
  Scheduler scheduler(catalog, TimeZone());
  define(scheduler);
  return *scheduler.Build();
}

PlayOptions Days(std::string_view from, std::string_view to) {
  return {.from = *ParseInstant(from, TimeZone()), .to = *ParseInstant(to, TimeZone())};
}

TEST(Play, TellsHowEachOccurrenceOfTheTimeEnded) {
  const Schedule schedule = Define([](Scheduler& scheduler) {
    scheduler.Command("backup:run").DailyAt("02:00").Unique().Register();
    scheduler.Command("stats").Cron("0 */12 * * *").Register();
  });
  EXPECT_THAT(Lines(Play(schedule, Days("2026-03-07", "2026-03-09"))),
              ElementsAre("2026-03-07T00:00:00Z stats succeeded", "2026-03-07T02:00:00Z backup:run succeeded",
                          "2026-03-07T12:00:00Z stats succeeded", "2026-03-08T00:00:00Z stats succeeded",
                          "2026-03-08T02:00:00Z backup:run succeeded", "2026-03-08T12:00:00Z stats succeeded"));
}

TEST(Play, FollowsTheClocksOfATaskThroughTheirChanges) {
  const Schedule schedule = Define([](Scheduler& scheduler) {
    scheduler.Command("backup").DailyAt("02:30").Timezone("America/New_York").Register();
  });
  const TimeZone new_york = *TimeZone::Load("America/New_York");
  EXPECT_THAT(Lines(Play(schedule, Days("2026-03-07", "2026-03-10")), new_york),
              ElementsAre("2026-03-07 02:30:00 -05:00 backup succeeded", "2026-03-08 03:00:00 -04:00 backup succeeded",
                          "2026-03-09 02:30:00 -04:00 backup succeeded"));
}

TEST(Play, FollowsChains) {
  const Schedule schedule = Define([](Scheduler& scheduler) {
    scheduler.Group(Attributes().Unique().LockTimeout(3h), [](Scheduler& chain) {
      chain.Command("extract").DailyAt("02:00").Register();
      chain.Command("load").After("extract").Register();
      chain.Command("report").After("load").Register();
      chain.Command("alarm").After("extract").OnFailure().Register();
      chain.Command("clean").After("load").After("alarm").OnEnd().Register();
    });
  });
  PlayOptions options = Days("2026-03-07", "2026-03-09");
  options.run = [&](const RunOrder& order) {
    const bool second = order.scheduled_at > *ParseInstant("2026-03-08", TimeZone());
    PlayedRun run;
    run.takes = 2h;  // Longer than the grace of those that follow.
    if (second && order.task->id == "extract") run.outcome = Outcome::kFailed;
    return run;
  };
  EXPECT_THAT(
      Lines(Play(schedule, options)),
      ElementsAre("2026-03-07T02:00:00Z extract succeeded",
                  "2026-03-07T02:00:00Z alarm skipped(parent extract succeeded)", "2026-03-07T02:00:00Z load succeeded",
                  "2026-03-07T02:00:00Z report succeeded", "2026-03-07T02:00:00Z clean succeeded",
                  "2026-03-08T02:00:00Z extract failed", "2026-03-08T02:00:00Z load skipped(parent extract failed)",
                  "2026-03-08T02:00:00Z report skipped(parent load skipped)", "2026-03-08T02:00:00Z alarm succeeded",
                  "2026-03-08T02:00:00Z clean skipped(parent load skipped)"));
}

TEST(Play, LetsAFunctionDecideHowRunsEnd) {
  const Schedule schedule = Define([](Scheduler& scheduler) {
    scheduler.Command("good").DailyAt("02:00").Register();
    scheduler.Command("bad").DailyAt("03:00").Register();
  });
  PlayOptions options = Days("2026-03-07", "2026-03-08");
  options.run = [](const RunOrder& order) {
    EXPECT_EQ(order.previous_scheduled_at, order.scheduled_at - 24h);
    if (order.task->id == "good") return PlayedRun{.takes = 90s};
    return PlayedRun{.outcome = Outcome::kFailed, .reason = "exit 3", .exit_code = 3};
  };
  const std::vector<OccurrenceRecord> played = Play(schedule, options);
  EXPECT_THAT(Lines(played),
              ElementsAre("2026-03-07T02:00:00Z good succeeded", "2026-03-07T03:00:00Z bad failed(exit 3)"));
  EXPECT_EQ(played[0].started_at, played[0].scheduled_at);
  EXPECT_EQ(played[0].finished_at, played[0].scheduled_at + 90s);
}

TEST(Play, SkipsWhatOverlaps) {
  for (const auto& protect : {&TaskBuilder::Unique, &TaskBuilder::WithoutOverlapping}) {
    const Schedule schedule = Define(
        [&protect](Scheduler& scheduler) { (scheduler.Command("sync").EveryTenMinutes().*protect)().Register(); });
    PlayOptions options = Days("2026-03-07 00:00", "2026-03-07 00:50");
    options.run = [](const RunOrder&) { return PlayedRun{.takes = 15min}; };
    EXPECT_THAT(Lines(Play(schedule, options)),
                ElementsAre("2026-03-07T00:00:00Z sync succeeded", "2026-03-07T00:10:00Z sync skipped(overlap)",
                            "2026-03-07T00:20:00Z sync succeeded", "2026-03-07T00:30:00Z sync skipped(overlap)",
                            "2026-03-07T00:40:00Z sync succeeded"));
  }
}

TEST(Play, StopsWhatTakesTooLong) {
  const Schedule schedule = Define([](Scheduler& scheduler) {
    scheduler.Command("slow").DailyAt("02:00").Timeout(10min).Register();
    scheduler.Command("slower").DailyAt("03:00").Unique().LockTimeout(20min).Register();
  });
  PlayOptions options = Days("2026-03-07", "2026-03-08");
  options.run = [](const RunOrder&) { return PlayedRun{.takes = 5h}; };
  const std::vector<OccurrenceRecord> played = Play(schedule, options);
  EXPECT_THAT(Lines(played), ElementsAre("2026-03-07T02:00:00Z slow timed_out(after 10m)",
                                         "2026-03-07T03:00:00Z slower cancelled(lock timeout reached)"));
  EXPECT_EQ(played[0].finished_at, played[0].scheduled_at + 10min);
}

TEST(Play, KeepsTheLeaseOfALongRun) {
  const Schedule schedule = Define(
      [](Scheduler& scheduler) { scheduler.Command("long").DailyAt("02:00").Unique().LockTimeout(48h).Register(); });
  PlayOptions options = Days("2026-03-07", "2026-03-09");
  options.run = [](const RunOrder&) { return PlayedRun{.takes = 30h}; };
  EXPECT_THAT(Lines(Play(schedule, options)),
              ElementsAre("2026-03-07T02:00:00Z long succeeded", "2026-03-08T02:00:00Z long skipped(overlap)"));
}

TEST(Play, TriesAgainWhatFailed) {
  const Schedule schedule = Define([](Scheduler& scheduler) {
    scheduler.Command("flaky").DailyAt("02:00").Unique().Retry({.attempts = 3, .delay = 5min}).Register();
  });
  PlayOptions options = Days("2026-03-07", "2026-03-08");
  options.run = [](const RunOrder& order) {
    return PlayedRun{.outcome = order.attempt < 3 ? Outcome::kFailed : Outcome::kSucceeded};
  };
  const std::vector<OccurrenceRecord> played = Play(schedule, options);
  EXPECT_THAT(Lines(played), ElementsAre("2026-03-07T02:00:00Z flaky succeeded"));
  EXPECT_EQ(played[0].attempt, 3);
  EXPECT_EQ(played[0].finished_at, played[0].scheduled_at + 10min);
}

TEST(Play, AsksConditionsAndLetsThemSeeItsTime) {
  FakeClock clock(WallTime{});
  int asked = 0;
  const Schedule schedule = Define([&](Scheduler& scheduler) {
    scheduler.Command("even").Hourly().When([&] { return clock.Now().time_since_epoch() / 1h % 2 == 0; }).Register();
    scheduler.Command("off").DailyAt("02:30").Skip([&] { return ++asked > 0; }).Register();
    scheduler.Command("broken")
        .DailyAt("02:45")
        .When([]() -> bool { throw std::runtime_error("no rates"); })
        .Register();
  });
  PlayOptions options = Days("2026-03-07 01:00", "2026-03-07 03:00");
  options.clock = &clock;
  EXPECT_THAT(Lines(Play(schedule, options)),
              ElementsAre("2026-03-07T01:00:00Z even skipped(condition)", "2026-03-07T02:00:00Z even succeeded",
                          "2026-03-07T02:30:00Z off skipped(condition)",
                          "2026-03-07T02:45:00Z broken failed(When() threw: no rates)"));
  EXPECT_EQ(asked, 1);
}

TEST(Play, RunsOnlyWhatIsForTheEnvironment) {
  const Schedule schedule = Define([](Scheduler& scheduler) {
    scheduler.Command("live").DailyAt("23:59").Unique().Environments({"production"}).Register();
    scheduler.Command("rehearse").DailyAt("23:59").Environments({"staging"}).Register();
  });
  PlayOptions options = Days("2026-03-07", "2026-03-08");
  options.environment = "staging";
  EXPECT_THAT(Lines(Play(schedule, options)),
              testing::UnorderedElementsAre("2026-03-07T23:59:00Z live skipped(environment)",
                                            "2026-03-07T23:59:00Z rehearse succeeded"));
}

TEST(Play, MissesWhatNoWorkerIsFreeForInTime) {
  const Schedule schedule = Define([](Scheduler& scheduler) {
    scheduler.Command("hog").DailyAt("02:00").Register();
    scheduler.Command("tick").Cron("*/10 2 * * *").Register();
  });
  PlayOptions options = Days("2026-03-07 02:00", "2026-03-07 03:00");
  options.workers = 1;
  options.run = [](const RunOrder& order) { return PlayedRun{.takes = order.task->id == "hog" ? 35min : 0min}; };
  EXPECT_THAT(Lines(Play(schedule, options)),
              ElementsAre("2026-03-07T02:00:00Z tick missed(late)", "2026-03-07T02:00:00Z hog succeeded",
                          "2026-03-07T02:10:00Z tick missed(late)", "2026-03-07T02:20:00Z tick missed(late)",
                          "2026-03-07T02:30:00Z tick succeeded", "2026-03-07T02:40:00Z tick succeeded",
                          "2026-03-07T02:50:00Z tick succeeded"));
}

TEST(Play, TakesWhatIsDueAtItsBeginningAndNothingAtItsEnd) {
  const Schedule schedule = Define([](Scheduler& scheduler) {
    scheduler.Command("midnight").Daily().Register();
    scheduler.Command("warm-up").Cron("@reboot").Register();
  });
  EXPECT_THAT(Lines(Play(schedule, Days("2026-03-07", "2026-03-08"))),
              testing::UnorderedElementsAre("2026-03-07T00:00:00Z midnight succeeded",
                                            "2026-03-07T00:00:00Z warm-up succeeded"));
}

TEST(Play, LetsWhatHasBegunEndAfterItsEnd) {
  const Schedule schedule = Define([](Scheduler& scheduler) { scheduler.Command("late").DailyAt("23:00").Register(); });
  PlayOptions options = Days("2026-03-07", "2026-03-08");
  options.run = [](const RunOrder&) { return PlayedRun{.takes = 3h}; };
  const std::vector<OccurrenceRecord> played = Play(schedule, options);
  ASSERT_THAT(played, SizeIs(1));
  EXPECT_EQ(played[0].finished_at, options.to + 2h);
}

TEST(Play, LetsTheFunctionThrow) {
  const Schedule schedule = Define([](Scheduler& scheduler) { scheduler.Command("a").Daily().Register(); });
  PlayOptions options = Days("2026-03-07", "2026-03-08");
  options.run = [](const RunOrder&) -> PlayedRun { throw std::runtime_error("as it is"); };
  EXPECT_THROW(Play(schedule, options), std::runtime_error);
}

TEST(Play, RefusesATimeThatRunsBackwards) {
  const Schedule schedule = Define([](Scheduler& scheduler) { scheduler.Command("a").Daily().Register(); });
  EXPECT_DEATH(Play(schedule, Days("2026-03-08", "2026-03-07")), "from lies before to");
}

// A year of a hundred tasks, as a program has them.
TEST(Play, TakesAYearInItsStride) {
  const Schedule schedule = Define([](Scheduler& scheduler) {
    for (int i = 0; i < 80; ++i) {
      scheduler.Command("job")
          .DailyAt(Format("{}:{}", i % 6 + 1, 10 + i % 50))
          .Unique()
          .Name(Format("daily-{}", i))
          .Register();
    }
    for (int i = 0; i < 10; ++i)
      scheduler.Command("job").WeeklyOn(Weekday::kMonday, "07:00").Name(Format("weekly-{}", i)).Register();
    for (int i = 0; i < 10; ++i) scheduler.Command("job").Hourly().Unique().Name(Format("hourly-{}", i)).Register();
  });
  const std::vector<OccurrenceRecord> played = Play(schedule, Days("2026-01-01", "2027-01-01"));
  EXPECT_THAT(played, SizeIs(80 * 365 + 10 * 52 + 10 * 8760));
  const auto succeeded = [](const OccurrenceRecord& record) { return record.outcome == Outcome::kSucceeded; };
  EXPECT_TRUE(std::ranges::all_of(played, succeeded));
}

}  // namespace
}  // namespace rota
