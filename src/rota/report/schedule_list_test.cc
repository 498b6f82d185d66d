#include "rota/report/schedule_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rota/report/test_schedule.h"

namespace rota {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const WallTime kNow = Utc("2026-03-06 12:00");

Schedule SeedSchedule() {
  return MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("backup:run").Daily().At("02:00").Timezone("Asia/Shanghai").Unique().Tag("db").Register();
    scheduler.Command("cache:clear").EveryThirtyMinutes().Register();
  });
}

TEST(ScheduleList, ShowsScheduleZoneNextInstantAndPolicies) {
  EXPECT_EQ(ToTable(ListSchedule(SeedSchedule(), {}, kNow)),
            "TASK         SCHEDULE          ZONE           NEXT                        POLICIES\n"
            "backup:run   At 02:00          Asia/Shanghai  2026-03-07 02:00:00 +08:00  "
            "unique, overlap skip, lock timeout 30m, tagged db\n"
            "cache:clear  Every 30 minutes  UTC            2026-03-06 12:30:00 +00:00  every server, overlap allow\n");
}

TEST(ScheduleList, PutsFurtherInstantsBelowTheFirst) {
  const std::string table = ToTable(ListSchedule(SeedSchedule(), {}, kNow, {.next = 2, .tag = "db"}));
  EXPECT_EQ(table,
            "TASK        SCHEDULE  ZONE           NEXT                        POLICIES\n"
            "backup:run  At 02:00  Asia/Shanghai  2026-03-07 02:00:00 +08:00  "
            "unique, overlap skip, lock timeout 30m, tagged db\n"
            "                                     2026-03-08 02:00:00 +08:00\n");
}

TEST(ScheduleList, SaysTheScheduleInChinese) {
  EXPECT_EQ(ToTable(ListSchedule(SeedSchedule(), {}, kNow, {.locale = Locale::kChinese})),
            "TASK         SCHEDULE    ZONE           NEXT                        POLICIES\n"
            "backup:run   每天 02:00  Asia/Shanghai  2026-03-07 02:00:00 +08:00  "
            "unique, overlap skip, lock timeout 30m, tagged db\n"
            "cache:clear  每 30 分钟  UTC            2026-03-06 12:30:00 +00:00  every server, overlap allow\n");
}

TEST(ScheduleList, FindsTheNextInstantsInOrder) {
  const std::vector<ScheduleRow> rows = ListSchedule(SeedSchedule(), {}, kNow, {.next = 3});
  EXPECT_THAT(rows[1].next, ElementsAre(Utc("2026-03-06 12:30"), Utc("2026-03-06 13:00"), Utc("2026-03-06 13:30")));
}

TEST(ScheduleList, KeepsOnlyTasksWithTheTag) {
  EXPECT_EQ(ListSchedule(SeedSchedule(), {}, kNow, {.tag = "db"}).size(), 1u);
  EXPECT_TRUE(ListSchedule(SeedSchedule(), {}, kNow, {.tag = "d"}).empty());
}

TEST(ScheduleList, SaysWhenATaskIsNeverDueAgain) {
  const Schedule schedule =
      MakeSchedule([](Scheduler& scheduler) { scheduler.Command("migrate").OnceAt("2027-01-01 00:00").Register(); });
  const std::vector<ScheduleRow> rows = ListSchedule(schedule, {}, Utc("2027-01-02"), {.next = 3});
  EXPECT_TRUE(rows[0].next.empty());
  EXPECT_THAT(ToTable(rows), HasSubstr("never again"));
}

TEST(ScheduleList, ShowsWhatRunsWhenTheTaskHasAnotherName) {
  const Schedule schedule = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Exec({"/usr/bin/rsync", "-a", "/srv"}).Name("mirror").Hourly().Register();
  });
  EXPECT_THAT(ToTable(ListSchedule(schedule, {}, kNow)), HasSubstr("/usr/bin/rsync -a /srv"));
  EXPECT_THAT(ToTable(ListSchedule(SeedSchedule(), {}, kNow)), Not(HasSubstr("RUNS")));
}

TEST(ScheduleList, NamesConditionsAndEnvironments) {
  const Schedule schedule = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("a").Hourly().When([] { return true; }).Environments({"staging", "production"}).Register();
  });
  EXPECT_THAT(ToTable(ListSchedule(schedule, {}, kNow)), HasSubstr("conditional, only in "));
  EXPECT_TRUE(ListSchedule(schedule, {}, kNow)[0].conditional);
}

TEST(ScheduleList, TellsWhatAProcessFindsAroundItButNoSecret) {
  const Schedule schedule = MakeSchedule([](Scheduler& scheduler) {
    scheduler
        .Shell("pg_dump shop",
               {.environment = {{"PGPASSWORD", "secret"}}, .user = "postgres", .limits = {.open_files = 64}})
        .Daily()
        .Register();
    scheduler.Command("a").Hourly().Register();
  });
  const std::vector<ScheduleRow> rows = ListSchedule(schedule, {}, kNow);
  EXPECT_THAT(ToTable(rows), HasSubstr("overlap allow, user postgres, open_files 64, environment PGPASSWORD"));
  EXPECT_THAT(ToJson(rows),
              HasSubstr(R"("process":{"environment":["PGPASSWORD"],"directory":"","user":"postgres","umask":null,)"
                        R"("limits":{"memory":null,"cpu_time_ms":null,"open_files":64,"processes":null,)"
                        R"("core_size":null,"file_size":null}})"));
  EXPECT_THAT(ToJson(rows), HasSubstr(R"("work":"a","process":null)"));
  EXPECT_THAT(ToTable(rows) + ToJson(rows), Not(HasSubstr("secret")));
}

TEST(ScheduleList, TellsWhereTheOutputGoes) {
  const Schedule schedule = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("a").Hourly().SendOutputTo("a.log").Isolated().Register();
    scheduler.Command("b").Hourly().AppendOutputTo("b.log").Register();
  });
  const std::vector<ScheduleRow> rows = ListSchedule(schedule, {}, kNow);
  EXPECT_THAT(ToTable(rows), HasSubstr("overlap allow, isolated, output to a.log\n"));
  EXPECT_THAT(ToTable(rows), HasSubstr("overlap allow, output added to b.log\n"));
  EXPECT_THAT(ToJson(rows), HasSubstr(R"("isolated":true,"output":{"file":"a.log","append":false})"));
  EXPECT_THAT(ToJson(rows), HasSubstr(R"("output":{"file":"b.log","append":true})"));
}

TEST(ScheduleList, TellsWhatATaskFollows) {
  const Schedule schedule = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("extract").Daily().Register();
    scheduler.Command("clean").Daily().Register();
    scheduler.Command("load").After("extract").After("clean").OnEnd().Register();
  });
  const std::vector<ScheduleRow> rows = ListSchedule(schedule, {}, kNow);
  EXPECT_THAT(ToTable(rows), HasSubstr("\nload     after extract and clean (end)"));
  EXPECT_EQ(rows[2].next, rows[0].next);
  EXPECT_THAT(ToJson(rows), HasSubstr(R"("after":[{"task":"extract","on":"success"},{"task":"clean","on":"end"}])"));
  EXPECT_THAT(ToJson(rows), HasSubstr(R"("after":[],)"));
}

TEST(ScheduleList, TellsTimeoutAndRetries) {
  const Schedule schedule = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("backup:run").Daily().Timeout(minutes(5)).Retry({.attempts = 2}).Register();
    scheduler.Command("cache:clear")
        .Hourly()
        .Retry({.attempts = 5,
                .delay = seconds(1),
                .backoff = Backoff::kExponential,
                .jitter = Jitter::kFull,
                .exit_codes = {75, 111}})
        .Register();
  });
  const std::string table = ToTable(ListSchedule(schedule, {}, kNow));
  EXPECT_THAT(table, HasSubstr("every server, overlap allow, timeout 5m, 2 attempts 10s apart\n"));
  EXPECT_THAT(table, HasSubstr("5 attempts 1s to 8s apart with full jitter after exit 75 or 111\n"));
  EXPECT_THAT(
      ToJson(ListSchedule(schedule, {}, kNow)),
      HasSubstr(R"("timeout_ms":300000,"kill_after_ms":null,"retry":{"attempts":2,"delay_ms":10000,"backoff":"fixed",)"
                R"("max_delay_ms":3600000,"jitter":"none","exit_codes":[]})"));
}

TEST(ScheduleList, TellsWhatHappensWhenARunCannotBeAsPlanned) {
  const Schedule schedule = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("backup:run")
        .Daily()
        .Unique()
        .Overlap(OverlapPolicy::kQueueOne)
        .KillAfter(seconds(30))
        .Misfire({.what = Misfire::kRunAll, .grace = hours(24), .max_runs = 10, .pace = minutes(1)})
        .AtLeastOnce()
        .OnStoreOutage(StoreOutage::kOpen)
        .Pool("slow")
        .Priority(5)
        .Register();
  });
  const std::vector<ScheduleRow> rows = ListSchedule(schedule, {}, kNow);
  EXPECT_THAT(ToTable(rows), HasSubstr("unique, overlap queue_one, lock timeout 30m, killed 30s later, misfire run_all "
                                       "within 1d, 10 runs at most, 1m apart, tried again when lost, runs without the "
                                       "store, pool slow, priority 5\n"));
  EXPECT_THAT(ToJson(rows),
              HasSubstr(R"("misfire":{"policy":"run_all","grace_ms":86400000,"max_runs":10,"pace_ms":60000},)"
                        R"("on_lost":"retry","store_outage":"open","pool":"slow","priority":5,)"));
}

TEST(ScheduleList, TellsOfHooksAndPings) {
  const Schedule schedule = MakeSchedule([](Scheduler& scheduler) {
    const HookFunction hook = [](const HookFacts&) {};
    scheduler.Command("backup:run")
        .Daily()
        .Before(hook)
        .OnFailure(hook)
        .OnFailure(hook)
        .Ping(HookPoint::kSuccess, "https://a.example/ping?key=secret", seconds(3))
        .Register();
  });
  const std::vector<ScheduleRow> rows = ListSchedule(schedule, {}, kNow);
  EXPECT_THAT(ToTable(rows), HasSubstr("overlap allow, hooks at start and fail, pings at success\n"));
  EXPECT_THAT(ToJson(rows),
              HasSubstr(R"("hooks":[{"at":"start","ping":null,"timeout_ms":10000},)"
                        R"({"at":"fail","ping":null,"timeout_ms":10000},{"at":"fail","ping":null,"timeout_ms":10000},)"
                        R"({"at":"success","ping":"https://a.example/ping?***","timeout_ms":3000}])"));
}

TEST(ScheduleList, TellsTheTasksOwnPartOfItsSpread) {
  const Schedule schedule = MakeSchedule(
      [](Scheduler& scheduler) { scheduler.Command("backup:run").DailyAt("02:00").Spread(minutes(5)).Register(); });
  const std::vector<ScheduleRow> rows = ListSchedule(schedule, {}, kNow);
  EXPECT_THAT(ToTable(rows),
              HasSubstr("At 02:00, spread over 5m: 1m38s later  UTC   2026-03-07 02:01:38 +00:00  every server"));
  EXPECT_THAT(ToJson(rows), HasSubstr(R"("spread":{"range_ms":300000,"offset_ms":98000})"));
}

TEST(ScheduleList, ShowsThePauseOfTheTaskBeforeTheOneOfAllTasks) {
  const std::vector<Pause> pauses = {{PauseTarget::All(), "bob@web1", "", kNow, std::nullopt},
                                     {PauseTarget::Task("backup:run"), "ann@web1", "disk swap", kNow, kNow + hours(2)}};
  const std::string table = ToTable(ListSchedule(SeedSchedule(), pauses, kNow));
  EXPECT_THAT(table, HasSubstr("paused by ann@web1 (disk swap) until 2026-03-06 22:00:00 +08:00, unique"));
  EXPECT_THAT(table, HasSubstr("paused by bob@web1, every server"));
}

TEST(ScheduleList, ShowsThePauseOfATag) {
  const std::vector<Pause> pauses = {{PauseTarget::Tag("db"), "ann", "disk swap", kNow, std::nullopt}};
  const std::vector<ScheduleRow> rows = ListSchedule(SeedSchedule(), pauses, kNow);
  EXPECT_THAT(ToTable(rows), HasSubstr("tag db paused by ann (disk swap), unique"));
  EXPECT_FALSE(rows[1].pause.has_value());
  EXPECT_THAT(ToJson(rows), HasSubstr(R"("pause":{"all_tasks":false,"maintenance":false,"tag":"db","author":"ann")"));
}

TEST(ScheduleList, ShowsWhatMaintenanceModeHoldsBackAndWhatRunsEvenSo) {
  const Schedule schedule = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("backup:run").Hourly().Register();
    scheduler.Command("health:check").Hourly().EvenInMaintenanceMode().Register();
  });
  const std::vector<Pause> pauses = {{PauseTarget::Maintenance(), "ann", "upgrade", kNow, std::nullopt}};
  const std::vector<ScheduleRow> rows = ListSchedule(schedule, pauses, kNow);
  EXPECT_THAT(ToTable(rows), HasSubstr("maintenance mode by ann (upgrade), every server"));
  EXPECT_THAT(ToTable(rows), HasSubstr("every server, overlap allow, even in maintenance mode\n"));
  EXPECT_TRUE(rows[0].pause.has_value());
  EXPECT_FALSE(rows[1].pause.has_value());
  EXPECT_THAT(ToJson(rows), HasSubstr(R"("even_in_maintenance_mode":true)"));
  EXPECT_THAT(ToJson(rows), HasSubstr(R"("pause":{"all_tasks":false,"maintenance":true,"tag":null,"author":"ann")"));
}

TEST(ScheduleList, ForgetsAPauseThatIsOver) {
  const std::vector<Pause> pauses = {{PauseTarget::Task("backup:run"), "ann", "", kNow - hours(2), kNow}};
  EXPECT_FALSE(ListSchedule(SeedSchedule(), pauses, kNow)[0].pause.has_value());
}

TEST(ScheduleList, GivesEverythingAsJson) {
  const std::vector<Pause> pauses = {{PauseTarget::Task("backup:run"), "ann", "disk \"swap\"", kNow, std::nullopt}};
  EXPECT_EQ(
      ToJson(ListSchedule(SeedSchedule(), pauses, kNow, {.tag = "db"})),
      R"([{"task":"backup:run","description":"","work":"backup:run","process":null,"schedule":"At 02:00","cron":"0 2 * * *",)"
      R"("dialect":"ocps","zone":"Asia/Shanghai","dst_gap":null,"dst_overlap":null,"spread":null,"fires_at_start":false,"after":[],"next":[{"utc":"2026-03-06T18:00:00Z","local":"2026-03-07 02:00:00 +08:00"}],)"
      R"("unique":true,"runs_on":"one server","overlap":"skip","lock_timeout_ms":1800000,"timeout_ms":null,"kill_after_ms":null,"retry":null,)"
      R"("even_in_maintenance_mode":false,"misfire":{"policy":"run_once","grace_ms":null,"max_runs":100,"pace_ms":0},"on_lost":"record","store_outage":"closed","pool":"","priority":0,"hooks":[],"isolated":false,"output":null,"environments":[],)"
      R"("tags":["db"],"conditional":false,"pause":{"all_tasks":false,"maintenance":false,"tag":null,"author":"ann",)"
      R"("reason":"disk \"swap\"","since":"2026-03-06T12:00:00Z","until":null}}])"
      "\n");
}

TEST(ScheduleList, HasNoCronForAnInterval) {
  const Schedule schedule =
      MakeSchedule([](Scheduler& scheduler) { scheduler.Command("poll").Every(std::chrono::seconds(90)).Register(); });
  EXPECT_THAT(ToJson(ListSchedule(schedule, {}, kNow)), HasSubstr(R"("cron":null,"dialect":null)"));
}

TEST(ScheduleList, ShowsTheDstPoliciesThatATaskChose) {
  const Schedule schedule = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("a").Daily().OnDstGap(DstGap::kSkip).OnDstOverlap(DstOverlap::kBoth).Register();
  });
  const std::vector<ScheduleRow> rows = ListSchedule(schedule, {}, kNow);
  EXPECT_THAT(ToTable(rows), HasSubstr("overlap allow, DST gap skip, DST overlap both\n"));
  EXPECT_THAT(ToJson(rows), HasSubstr(R"("dst_gap":"skip","dst_overlap":"both")"));
}

}  // namespace
}  // namespace rota
