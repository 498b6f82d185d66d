#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rota/console/test_workplace.h"

namespace rota {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

using ScheduleCommands = ConsoleTest;
using PauseCommands = ConsoleTest;
using MaintenanceCommand = ConsoleTest;
using CronNext = ConsoleTest;

TEST_F(ScheduleCommands, WorkUntilStoppedOrForOneTick) {
  EXPECT_EQ(Run({"schedule:work"}), 0);
  EXPECT_EQ(out(), "");
  EXPECT_EQ(Run({"schedule:run"}), 0);
  EXPECT_THAT(workplace_.worked, ElementsAre(WorkMode::kUntilStopped, WorkMode::kOneTick));
}

TEST_F(ScheduleCommands, WorkPrintsWhatRunsPrintWhenAsked) {
  EXPECT_EQ(Run({"schedule:work", "--output"}), 0);
  EXPECT_EQ(out(), "backup:run | dumping\n… 12 lines left out: the reader was too slow\nhello | hi\n");
}

TEST_F(ScheduleCommands, FailWhenTheServerCannotStart) {
  workplace_.work_status = Unavailable("sqlite var/rota.db: disk full");
  EXPECT_EQ(Run({"schedule:work"}), 1);
  EXPECT_EQ(err(), "error: sqlite var/rota.db: disk full\n");
}

TEST_F(ScheduleCommands, BlameTheConfigurationNotTheCommandLine) {
  workplace_.work_status = workplace_.schedule_error = InvalidArgument("config.yaml:3:5: unknown key");
  for (const char* command : {"schedule:work", "schedule:run", "schedule:list", "schedule:validate"}) {
    EXPECT_EQ(Run({command}), 1) << command;
    EXPECT_EQ(err(), "error: config.yaml:3:5: unknown key\n");
  }
}

TEST_F(ScheduleCommands, ListTheTasks) {
  EXPECT_EQ(Run({"schedule:list"}), 0);
  EXPECT_THAT(out(), StartsWith("TASK "));
  EXPECT_THAT(out(), HasSubstr("\nbackup:run  At 02:00 "));
  EXPECT_THAT(out(), HasSubstr("\nhello "));
  EXPECT_EQ(err(), "");
}

TEST_F(ScheduleCommands, ListTheNextInstantsOfTaggedTasksAsJson) {
  EXPECT_EQ(Run({"schedule:list", "--tag", "db", "--next", "2", "--json"}), 0);
  EXPECT_THAT(out(), StartsWith(R"([{"task":"backup:run",)"));
  EXPECT_THAT(out(), HasSubstr(R"("next":[{"utc":"2026-03-06T18:00:00Z","local":"2026-03-07 02:00:00 +08:00"},)"));
}

TEST_F(ScheduleCommands, TellWhichChangesOfTheClocksAffectTheTasks) {
  EXPECT_EQ(Run({"schedule:list", "--dst"}), 0);
  EXPECT_EQ(out(), "Not affected by a change of the clocks: 2 of 2 tasks.\n");
  EXPECT_EQ(Run({"schedule:list", "--dst", "--locale", "zh"}), 0);
  EXPECT_EQ(out(), "不受时钟调整影响：2 个任务中的 2 个。\n");
  EXPECT_EQ(Run({"schedule:list", "--dst", "--tag", "db", "--json"}), 0);
  EXPECT_EQ(out(), "[{\"task\":\"backup:run\",\"zone\":\"Asia/Shanghai\",\"changes\":[]}]\n");
}

TEST_F(ScheduleCommands, SayWhenNoTaskHasTheTag) {
  EXPECT_EQ(Run({"schedule:list", "--tag", "web"}), 0);
  EXPECT_EQ(out(), "No task is tagged web.\n");
  EXPECT_EQ(Run({"schedule:list", "--dst", "--tag", "web"}), 0);
  EXPECT_EQ(out(), "No task is tagged web.\n");
}

TEST_F(ScheduleCommands, ListTheTasksWithoutAStoreButWarn) {
  workplace_.store_error = Unavailable("sqlite var/rota.db: locked");
  EXPECT_EQ(Run({"schedule:list"}), 0);
  EXPECT_THAT(out(), HasSubstr("backup:run"));
  EXPECT_EQ(err(), "warning: pauses are not shown: sqlite var/rota.db: locked\n");
}

TEST_F(ScheduleCommands, RefuseACountThatIsNone) {
  for (const char* count : {"0", "-1", "two", "2x", "", "1001", "99999999999"}) {
    EXPECT_EQ(Run({"schedule:list", Format("--next={}", count)}), 2) << count;
    EXPECT_EQ(err(), Format("error: --next {}: expected a whole number from 1 to 1000\nTry: app schedule:list --help\n",
                            count));
  }
}

TEST_F(ScheduleCommands, RunATaskInTheForeground) {
  workplace_.run_now.outcome = Outcome::kSucceeded;
  workplace_.run_now.started_at = clock_.Now();
  workplace_.run_now.finished_at = clock_.Now() + std::chrono::milliseconds(1250);
  EXPECT_EQ(Run({"schedule:test", "backup:run"}), 0);
  EXPECT_EQ(out(), "dumping\ndone\nbackup:run: succeeded after 1s250ms\n");
}

TEST_F(ScheduleCommands, FailWhenTheTaskThatIsTestedFails) {
  workplace_.run_now.outcome = Outcome::kFailed;
  workplace_.run_now.reason = "exit 3";
  EXPECT_EQ(Run({"schedule:test", "backup:run"}), 1);
  EXPECT_EQ(out(), "dumping\ndone\n");
  EXPECT_EQ(err(), "error: backup:run: failed(exit 3)\n");
}

TEST_F(ScheduleCommands, RefuseAnUnknownTaskWithTheNearestOne) {
  for (const char* command : {"schedule:test", "schedule:why", "schedule:pause"}) {
    EXPECT_EQ(Run({command, "backup:rum"}), 1) << command;
    EXPECT_EQ(err(), "error: no task \"backup:rum\" in the schedule; did you mean \"backup:run\"?\n");
  }
  EXPECT_EQ(Run({"schedule:test", "something-else"}), 1);
  EXPECT_EQ(err(), "error: no task \"something-else\" in the schedule; schedule:list shows all tasks\n");
}

TEST_F(ScheduleCommands, ValidateTheSchedule) {
  EXPECT_EQ(Run({"schedule:validate"}), 0);
  EXPECT_EQ(out(), Format("The schedule is valid: 2 tasks, digest {}.\n", (*workplace_.LoadSchedule())->digest()));
}

TEST_F(ScheduleCommands, WarnOfCalendarsThatEnd) {
  workplace_.define = [](Scheduler& scheduler) {
    scheduler.DefineCalendar(
        Calendar("cn", DaySet::OfWeekdays(0x3e), {.covered_until = CivilDay{std::chrono::year(2026) / 3 / 31}}));
    scheduler.Command("backup:run").Name("settle").Daily().On("cn").Register();
  };
  for (const char* command : {"schedule:validate", "schedule:list"}) {
    EXPECT_EQ(Run({command}), 0);
    EXPECT_EQ(
        err(),
        "warning: calendar cn covers days up to 2026-03-31, 25 days from today: settle follows its weekly rule alone "
        "after that\n");
  }
}

TEST_F(PauseCommands, PauseATaskForAWhile) {
  EXPECT_EQ(Run({"schedule:pause", "backup:run", "--reason", "disk swap", "--for", "2h"}), 0);
  EXPECT_EQ(out(),
            "Paused backup:run until 2026-03-06T14:00:00Z. Runs under way go on; what falls due is recorded as "
            "skipped(paused).\n");
  const std::vector<Pause> pauses = *workplace_.store().Pauses();
  ASSERT_EQ(pauses.size(), 1u);
  EXPECT_EQ(pauses[0].target, PauseTarget::Task("backup:run"));
  EXPECT_EQ(pauses[0].author, "ann@web1");
  EXPECT_EQ(pauses[0].reason, "disk swap");
  EXPECT_EQ(pauses[0].since, clock_.Now());
  EXPECT_EQ(pauses[0].until, clock_.Now() + std::chrono::hours(2));
}

TEST_F(PauseCommands, CountTheLengthOfAPauseByTheClockOfTheStore) {
  desk_clock_.ahead = -std::chrono::hours(3);
  EXPECT_EQ(Run({"schedule:pause", "backup:run", "--for", "2h"}), 0);
  EXPECT_THAT(out(), StartsWith("Paused backup:run until 2026-03-06T14:00:00Z."));
  const std::vector<Pause> pauses = *workplace_.store().Pauses();
  ASSERT_EQ(pauses.size(), 1u);
  EXPECT_EQ(pauses[0].since, clock_.Now());
  EXPECT_EQ(pauses[0].until, clock_.Now() + std::chrono::hours(2));
}

TEST_F(PauseCommands, PauseAllTasksUntilResumed) {
  EXPECT_EQ(Run({"schedule:pause"}), 0);
  EXPECT_THAT(out(), StartsWith("Paused all tasks until schedule:resume."));
  EXPECT_EQ((*workplace_.store().Pauses())[0].target, PauseTarget::All());
  EXPECT_EQ((*workplace_.store().Pauses())[0].until, std::nullopt);
  EXPECT_EQ(Run({"schedule:list"}), 0);
  EXPECT_THAT(out(), HasSubstr("paused by ann@web1, unique"));
  EXPECT_EQ(Run({"schedule:resume"}), 0);
  EXPECT_EQ(out(), "Resumed all tasks.\n");
  EXPECT_TRUE(workplace_.store().Pauses()->empty());
}

TEST_F(PauseCommands, RefuseALengthThatIsNone) {
  EXPECT_EQ(Run({"schedule:pause", "--for", "soon"}), 2);
  EXPECT_EQ(err(),
            "error: --for: expected a duration such as 500ms, 90s, 30m, 1h30m or 7d, not \"soon\"\n"
            "Try: app schedule:pause --help\n");
  EXPECT_EQ(Run({"schedule:pause", "--for", "0s"}), 2);
  EXPECT_THAT(err(), StartsWith("error: --for 0s: expected more than nothing\n"));
  EXPECT_TRUE(workplace_.store().Pauses()->empty());
}

TEST_F(PauseCommands, TellThatAnotherPauseStillHolds) {
  Run({"schedule:pause"});
  Run({"schedule:pause", "backup:run"});
  EXPECT_EQ(Run({"schedule:resume", "backup:run"}), 0);
  EXPECT_EQ(out(),
            "Resumed backup:run.\n"
            "All tasks are still paused: schedule:resume without a task ends that.\n");
  Run({"schedule:pause", "hello"});
  EXPECT_EQ(Run({"schedule:resume"}), 0);
  EXPECT_EQ(out(), "Resumed all tasks.\nhello is still paused itself: schedule:resume hello\n");
}

TEST_F(PauseCommands, RefuseToResumeWhatIsNotPaused) {
  EXPECT_EQ(Run({"schedule:resume"}), 1);
  EXPECT_EQ(err(), "error: the schedule is not paused\n");
  EXPECT_EQ(Run({"schedule:resume", "hello"}), 1);
  EXPECT_EQ(err(), "error: hello is not paused\n");
  Run({"schedule:pause"});
  EXPECT_EQ(Run({"schedule:resume", "hello"}), 1);
  EXPECT_EQ(err(), "error: hello is not paused itself, but all tasks are: schedule:resume without a task ends that\n");
  Run({"schedule:resume"});
  Run({"schedule:pause", "--tag", "db"});
  EXPECT_EQ(Run({"schedule:resume", "hello"}), 1);
  EXPECT_EQ(err(), "error: hello itself is not paused, but the tasks tagged db are: schedule:resume --tag db\n");
  EXPECT_EQ(Run({"schedule:resume"}), 1);
  EXPECT_EQ(err(), "error: the schedule is not paused, but the tasks tagged db are: schedule:resume --tag db\n");
  Run({"schedule:resume", "--tag", "db"});
  Run({"schedule:pause", "hello"});
  EXPECT_EQ(Run({"schedule:resume"}), 1);
  EXPECT_EQ(err(), "error: no pause of all tasks is set, but hello is paused: schedule:resume hello\n");
}

TEST_F(PauseCommands, PauseAndResumeATag) {
  EXPECT_EQ(Run({"schedule:pause", "--tag", "db", "--reason", "disk swap"}), 0);
  EXPECT_THAT(out(), StartsWith("Paused tasks tagged db until schedule:resume."));
  EXPECT_EQ((*workplace_.store().Pauses())[0].target, PauseTarget::Tag("db"));
  EXPECT_EQ(Run({"schedule:list"}), 0);
  EXPECT_THAT(out(), HasSubstr("tag db paused by ann@web1 (disk swap), unique"));
  EXPECT_EQ(Run({"schedule:why", "backup:run"}), 0);
  EXPECT_THAT(out(), HasSubstr("All tasks tagged db are paused by ann@web1 (disk swap): "));

  for (const char* task : {"hello", "backup:run"}) Run({"schedule:pause", task});
  EXPECT_EQ(Run({"schedule:resume", "hello"}), 0);
  EXPECT_EQ(out(), "Resumed hello.\n") << "it has no such tag";
  EXPECT_EQ(Run({"schedule:resume", "backup:run"}), 0);
  EXPECT_EQ(out(), "Resumed backup:run.\nTasks tagged db are still paused: schedule:resume --tag db\n");
  EXPECT_EQ(Run({"schedule:resume", "--tag", "db"}), 0);
  EXPECT_EQ(out(), "Resumed tasks tagged db.\n");
  EXPECT_EQ(Run({"schedule:resume", "-t", "db"}), 1);
  EXPECT_EQ(err(), "error: tasks tagged db are not paused\n");
}

TEST_F(PauseCommands, RefuseATagThatNoTaskHas) {
  workplace_.define = [](Scheduler& scheduler) {
    scheduler.Command("backup:run").Name("settle").Daily().Tag("nightly").Register();
  };
  EXPECT_EQ(Run({"schedule:pause", "--tag", "nigthly"}), 1);
  EXPECT_EQ(err(), "error: no task is tagged \"nigthly\"; did you mean \"nightly\"?\n");
  EXPECT_EQ(Run({"schedule:pause", "--tag", "something-else"}), 1);
  EXPECT_EQ(err(), "error: no task is tagged \"something-else\"; schedule:list shows all tasks\n");
  for (const char* command : {"schedule:pause", "schedule:resume"}) {
    EXPECT_EQ(Run({command, "backup:run", "--tag", "nightly"}), 2);
    EXPECT_THAT(err(), StartsWith("error: backup:run and --tag nightly: expected one of them\n"));
  }
  EXPECT_TRUE(workplace_.store().Pauses()->empty());
}

TEST_F(MaintenanceCommand, SwitchesItOnAndOff) {
  EXPECT_EQ(Run({"schedule:maintenance"}), 0);
  EXPECT_EQ(out(), "Maintenance mode is off.\n");
  EXPECT_EQ(Run({"schedule:maintenance", "on", "--reason", "upgrade", "--for", "2h"}), 0);
  EXPECT_EQ(out(),
            "Maintenance mode is on until 2026-03-06T14:00:00Z. Runs under way go on; what falls due is recorded as "
            "skipped(maintenance), but for tasks that run even in maintenance mode.\n");
  const std::string told = "Maintenance mode was switched on by ann@web1 (upgrade) until 2026-03-06 14:00:00 +00:00.\n";
  EXPECT_EQ(Run({"schedule:maintenance"}), 0);
  EXPECT_EQ(out(), told);
  EXPECT_EQ(Run({"schedule:servers"}), 0);
  EXPECT_THAT(out(), StartsWith(told));
  EXPECT_EQ(Run({"schedule:list"}), 0);
  EXPECT_THAT(out(), HasSubstr("maintenance mode by ann@web1 (upgrade) until "));

  Run({"schedule:pause", "hello"});
  EXPECT_EQ(Run({"schedule:resume", "hello"}), 0);
  EXPECT_EQ(out(), "Resumed hello.\nMaintenance mode is still on: schedule:maintenance off\n");
  EXPECT_EQ(Run({"schedule:maintenance", "off"}), 0);
  EXPECT_EQ(out(), "Maintenance mode is off.\n");
  EXPECT_EQ(Run({"schedule:maintenance", "off"}), 1);
  EXPECT_EQ(err(), "error: maintenance mode is off\n");
}

TEST_F(MaintenanceCommand, RefusesWhatIsNeitherOnNorOff) {
  EXPECT_EQ(Run({"schedule:maintenance", "down"}), 2);
  EXPECT_THAT(err(), StartsWith("error: \"down\": expected on or off\n"));
  EXPECT_EQ(Run({"schedule:maintenance", "off", "--for", "2h"}), 2);
  EXPECT_THAT(err(), StartsWith("error: --reason and --for: expected \"on\" before them\n"));
}

TEST_F(CronNext, ShowsWordsAndInstantsFromNow) {
  EXPECT_EQ(Run({"cron:next", "0 2 * * *", "-n", "2"}), 0);
  EXPECT_EQ(out(),
            "At 02:00 (UTC)\n"
            "2026-03-07 02:00:00 +00:00\n"
            "2026-03-08 02:00:00 +00:00\n");
}

TEST_F(CronNext, StartsAfterACivilTimeOfTheZone) {
  EXPECT_EQ(Run({"cron:next", "0 2 * * *", "--timezone", "Asia/Shanghai", "--from", "2026-05-01 02:00", "-n1"}), 0);
  EXPECT_EQ(out(), "At 02:00 (Asia/Shanghai)\n2026-05-02 02:00:00 +08:00\n");
}

TEST_F(CronNext, PrintsJson) {
  EXPECT_EQ(Run({"cron:next", "@daily", "--json", "-n", "1"}), 0);
  EXPECT_THAT(out(), StartsWith(R"({"cron":"@daily",)"));
}

TEST_F(CronNext, RefusesBadInput) {
  EXPECT_EQ(Run({"cron:next", "61 * * * *"}), 2);
  EXPECT_THAT(err(), StartsWith("error: "));
  EXPECT_EQ(Run({"cron:next", "* * * * *", "--timezone", "Europe/Berlim"}), 2);
  EXPECT_THAT(err(), HasSubstr("--timezone: "));
  EXPECT_THAT(err(), HasSubstr("did you mean \"Europe/Berlin\"?"));
  EXPECT_EQ(Run({"cron:next", "* * * * *", "--from", "noon"}), 2);
  EXPECT_THAT(err(), StartsWith("error: --from: "));
  EXPECT_EQ(Run({"cron:next", "* * * * *", "--count", "0"}), 2);
  EXPECT_THAT(err(), StartsWith("error: --count 0: expected a whole number from 1 to 10000\n"));
}

TEST_F(CronNext, AnswersABatchLineByLine) {
  in_.str(
      "0 2 * * *\tAsia/Shanghai\t2026-03-06T00:00:00Z\t2\n"
      "0 0 30 2 *\tUTC\t2026-03-06T00:00:00Z\t1\n"
      "61 * * * *\tUTC\t2026-03-06T00:00:00Z\t1\n"
      "@daily\tUTC\t2026-03-06T00:00:00Z\t-1");
  EXPECT_EQ(Run({"cron:next", "--batch"}), 0);
  EXPECT_EQ(out(),
            "2026-03-06T18:00:00Z,2026-03-07T18:00:00Z\n"
            "NONE\n"
            "ERROR: column 1: minute \"61\": 61 is out of range; expected 0-59 or *\n"
            "2026-03-05T00:00:00Z\n");
  EXPECT_EQ(err(), "");
}

TEST_F(CronNext, NamesTheOptionThatAnHNeeds) {
  EXPECT_EQ(Run({"cron:next", "H * * * *"}), 2);
  EXPECT_THAT(err(), StartsWith("error: column 1: minute \"H\": H needs a task: its value is made from the task's id; "
                                "name the task with --task ID\n"));
  EXPECT_EQ(Run({"cron:next", "H 25 * * *"}), 2);
  EXPECT_THAT(err(), HasSubstr("--task ID"));
  EXPECT_EQ(Run({"cron:next", "61 H * * *"}), 2);
  EXPECT_THAT(err(), Not(HasSubstr("--task ID")));
  EXPECT_EQ(Run({"cron:next", "H * * * *", "--task", "nightly"}), 0);
}

TEST_F(CronNext, EndsABatchThatNobodyReads) {
  in_.str("@daily\tUTC\t2026-03-06T00:00:00Z\t1\n@daily\tUTC\t2026-03-06T00:00:00Z\t1\nleft");
  out_.setstate(std::ios::badbit);
  EXPECT_EQ(Run({"cron:next", "--batch"}), 1);
  EXPECT_EQ(err(), "error: the output could not be written\n");
  std::string next;
  EXPECT_TRUE(std::getline(in_, next));
}

TEST_F(CronNext, TakesEitherAnExpressionOrABatch) {
  EXPECT_EQ(Run({"cron:next", "@daily", "--batch"}), 2);
  EXPECT_THAT(err(), StartsWith("error: --batch takes its expressions from standard input\n"));
  EXPECT_EQ(Run({"cron:next"}), 2);
  EXPECT_THAT(err(), StartsWith("error: expected an expression, in quotes: \"*/15 * * * *\"\n"));
}

TEST_F(CronNext, RefusesADialectItDoesNotKnow) {
  EXPECT_EQ(Run({"cron:next", "@daily", "--dialect", "spring"}), 2);
  EXPECT_THAT(err(), StartsWith("error: --dialect: \"spring\": expected ocps, unix, seconds or quartz\n"));
}

TEST_F(CronNext, GoesBackAsCronPrevious) {
  EXPECT_EQ(Run({"cron:previous", "0 2 * * *", "-n", "2"}), 0);
  EXPECT_EQ(out(), "At 02:00 (UTC)\n2026-03-06 02:00:00 +00:00\n2026-03-05 02:00:00 +00:00\n");
  EXPECT_EQ(Run({"cron:previous", "0 2 * * *", "--from", "1970-01-01 02:00"}), 1);
  EXPECT_EQ(err(), "error: 0 2 * * *: never fired before 1970-01-01 02:00:00 +00:00\n");
}

TEST_F(CronNext, AsksForQuotesWhenTheExpressionFallsApart) {
  EXPECT_EQ(Run({"cron:next", "0", "2", "*", "*", "*"}), 2);
  EXPECT_THAT(err(), StartsWith("error: unexpected argument \"2\""));
}

TEST_F(CronNext, FailsForAnExpressionThatNeverFires) {
  EXPECT_EQ(Run({"cron:next", "0 0 30 2 *"}), 1);
  EXPECT_EQ(err(), "error: 0 0 30 2 *: never fires after 2026-03-06 12:00:00 +00:00\n");
}

}  // namespace
}  // namespace rota
