#include "rota/report/why.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rota/report/test_schedule.h"

namespace rota {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;

// A daily task, an hour after its instant of 2026-03-07.
class Why : public testing::Test {
 protected:
  Why() { facts_.instant = due_; }

  const Task& task() const { return *schedule_.Find("backup:run"); }
  std::string Text() const { return ToText(Explain(schedule_, task(), facts_, now_)); }
  Verdict Judge() const { return Explain(schedule_, task(), facts_, now_).verdict; }

  OccurrenceRecord Record(Outcome outcome, std::string reason = "") const {
    OccurrenceRecord record;
    record.run_id = "01RUN";
    record.task = "backup:run";
    record.scheduled_at = record.scheduled_last = due_;
    record.server = "web1";
    record.outcome = outcome;
    record.reason = std::move(reason);
    return record;
  }
  OccurrenceRecord Run(Outcome outcome, std::string reason = "") const {
    OccurrenceRecord record = Record(outcome, std::move(reason));
    record.started_at = due_ + seconds(1);
    if (outcome != Outcome::kRunning) record.finished_at = due_ + seconds(126);
    return record;
  }
  ServerInfo Server(std::string id, WallTime started_at) const {
    ServerInfo server;
    server.id = std::move(id);
    server.schedule_digest = schedule_.digest();
    server.started_at = started_at;
    server.seen_at = now_ - seconds(2);
    server.alive_until = now_ + seconds(10);
    return server;
  }

  Schedule schedule_ = MakeSchedule(
      [](Scheduler& scheduler) { scheduler.Command("backup:run").Daily().At("02:00").Unique().Register(); });
  const WallTime due_ = Utc("2026-03-07 02:00");
  WallTime now_ = due_ + hours(1);
  WhyFacts facts_;
};

TEST_F(Why, TellsWhereAndWhenItRan) {
  facts_.records = {Run(Outcome::kSucceeded)};
  EXPECT_EQ(Text(),
            "backup:run at 2026-03-07 02:00:00 +00:00\n"
            "  It ran on web1 and succeeded. It started 2026-03-07 02:00:01 +00:00 and took 2m5s. Run 01RUN.\n"
            "  It is next due 2026-03-08 02:00:00 +00:00.\n");
  EXPECT_EQ(Judge(), Verdict::kRecorded);
}

TEST_F(Why, TellsHowItFailedWhatItPrintedAndHowToRunItAgain) {
  OccurrenceRecord record = Run(Outcome::kFailed, "exit 3");
  record.attempt = 2;
  record.output_tail = "dumping\nno space\x1b[0m left\n";
  facts_.records = {record};
  EXPECT_EQ(Text(),
            "backup:run at 2026-03-07 02:00:00 +00:00\n"
            "  It ran on web1 and failed: exit 3. It started 2026-03-07 02:00:01 +00:00 and took 2m5s, attempt 2. "
            "Run 01RUN.\n"
            "  It is next due 2026-03-08 02:00:00 +00:00.\n"
            "  Its output on web1 ended:\n"
            "    dumping\n"
            "    no space\\x1b[0m left\n"
            "  To run it now, in the foreground: schedule:test backup:run\n");
}

TEST_F(Why, QuotesOnlyTheEndOfALongOutput) {
  OccurrenceRecord record = Run(Outcome::kFailed, "exit 1");
  for (int i = 1; i <= 12; ++i) record.output_tail += Format("line {}\n", i);
  facts_.records = {record};
  EXPECT_THAT(Text(), Not(HasSubstr("line 2\n")));
  EXPECT_THAT(Text(), HasSubstr("    line 3\n"));
  EXPECT_THAT(Text(), HasSubstr("    line 12\n"));
}

TEST_F(Why, TellsEveryOtherEndOfARun) {
  facts_.records = {Run(Outcome::kTimedOut, "after 10m")};
  EXPECT_THAT(Text(), HasSubstr("It ran on web1 and timed out: after 10m."));
  facts_.records = {Run(Outcome::kCancelled, "shutdown")};
  EXPECT_THAT(Text(), HasSubstr("It ran on web1 and was cancelled: shutdown."));
  facts_.records = {Run(Outcome::kLost, "web1 died")};
  EXPECT_THAT(Text(), HasSubstr("It ran on web1 and was lost: web1 died."));
  facts_.records = {Record(Outcome::kUnknown, "fail-over")};
  EXPECT_THAT(Text(), HasSubstr("It is unknown whether it ran: fail-over."));
}

TEST_F(Why, TellsThatItIsStillRunning) {
  facts_.records = {Run(Outcome::kRunning)};
  facts_.servers = {Server("web1", due_ - hours(1))};
  EXPECT_EQ(Text(),
            "backup:run at 2026-03-07 02:00:00 +00:00\n"
            "  It is running on web1. It started 2026-03-07 02:00:01 +00:00, 59m59s ago. Run 01RUN.\n"
            "  It is next due 2026-03-08 02:00:00 +00:00.\n");
}

TEST_F(Why, TellsWhenTheServerOfARunIsSilent) {
  facts_.records = {Run(Outcome::kRunning)};
  ServerInfo server = Server("web1", due_ - hours(1));
  server.alive_until = now_ - seconds(1);
  facts_.servers = {server};
  EXPECT_THAT(Text(), HasSubstr("web1 has not been heard of since 2026-03-07 02:59:58 +00:00."));
  EXPECT_THAT(Text(), HasSubstr("records the run as lost."));
  EXPECT_THAT(Text(), HasSubstr("No server is running. Start one with schedule:work."));
}

TEST_F(Why, SpellsOutWhyItWasSkipped) {
  const std::pair<std::string_view, std::string_view> cases[] = {
      {reason::kOverlap, "It was skipped: an earlier run still held the lease. Recorded by web1."},
      {reason::kCondition, "It was skipped: a condition of the task (When or Skip) said no. Recorded by web1."},
      {"paused: ann", "It was skipped: it was paused: ann. Recorded by web1."},
      {reason::kEnvironment, "another environment than the task asks for. Recorded by web1."},
      {"pausedly", "It was skipped: pausedly. Recorded by web1."},
  };
  for (const auto& [why, sentence] : cases) {
    facts_.records = {Record(Outcome::kSkipped, std::string(why))};
    EXPECT_THAT(Text(), HasSubstr(std::string(sentence)));
  }
}

TEST_F(Why, TellsForWhatItWaits) {
  schedule_ = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("backup:run").Daily().At("02:00").Unique().Overlap(OverlapPolicy::kQueueOne).Register();
  });
  OccurrenceRecord holder = Run(Outcome::kRunning);
  holder.scheduled_at -= hours(24);
  facts_.running = {holder};
  facts_.servers = {Server("web1", due_ - hours(30))};
  facts_.recorded_before = true;
  EXPECT_THAT(Text(), HasSubstr("is still under way on web1, since 2026-03-07 02:00:01 +00:00."));
  EXPECT_THAT(Text(), HasSubstr("It waits for that run to end: overlap queue_one."));
  EXPECT_THAT(Text(), HasSubstr("To stop that run: schedule:cancel backup:run"));
}

TEST_F(Why, TellsWhichTaskItFollows) {
  schedule_ = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("extract").Daily().At("02:00").Unique().Register();
    scheduler.Command("backup:run").After("extract").Unique().Register();
  });
  facts_.servers = {Server("web1", due_ - hours(5))};
  facts_.recorded_before = true;
  EXPECT_THAT(Text(), HasSubstr("It waits until the same occurrence of extract has ended.\n"));
  EXPECT_THAT(Text(), HasSubstr("To see how far that is: schedule:why extract\n"));
  facts_.records = {Record(Outcome::kSkipped, "parent extract failed")};
  EXPECT_THAT(Text(), HasSubstr("It was skipped: parent extract failed. Recorded by web1.\n"));
}

TEST_F(Why, NamesTheRunThatHeldTheLease) {
  facts_.records = {Record(Outcome::kSkipped, "overlap")};
  OccurrenceRecord holder = Run(Outcome::kRunning);
  holder.scheduled_at -= hours(24);
  holder.server = "web2";
  facts_.running = {holder};
  EXPECT_THAT(Text(), HasSubstr("The run of 2026-03-06 02:00:00 +00:00 is still under way on web2"));
}

TEST_F(Why, TellsThatItWasMissedAndHowToMakeUpForIt) {
  facts_.records = {Record(Outcome::kMissed, "down")};
  EXPECT_EQ(Text(),
            "backup:run at 2026-03-07 02:00:00 +00:00\n"
            "  It was missed: no server was running. Recorded by web1.\n"
            "  It is next due 2026-03-08 02:00:00 +00:00.\n"
            "  To make up for it now: schedule:test backup:run\n");
}

TEST_F(Why, TellsOfTheSpanThatWasMissedTogether) {
  OccurrenceRecord span = Record(Outcome::kMissed, "store");
  span.scheduled_at -= hours(48);
  span.count = 3;
  facts_.records = {span};
  EXPECT_THAT(Text(), HasSubstr("It was missed with all 3 instants from 2026-03-05 02:00:00 +00:00 to 2026-03-07 "
                                "02:00:00 +00:00: the store could not be asked."));
  facts_.records[0].count = 0;
  EXPECT_THAT(Text(), HasSubstr("It was missed with all instants from"));
}

TEST_F(Why, TellsOfASpanThatTheStoreLost) {
  OccurrenceRecord span = Record(Outcome::kUnknown, "decided before the store lost its state");
  span.scheduled_at -= hours(48);
  span.count = 3;
  facts_.records = {span};
  EXPECT_THAT(Text(), HasSubstr("It is unknown with all 3 instants from 2026-03-05 02:00:00 +00:00 to 2026-03-07 "
                                "02:00:00 +00:00 whether it ran: decided before the store lost its state."));
  EXPECT_THAT(Text(), HasSubstr("Find out from the task's own traces whether it ran."));
}

TEST_F(Why, DoesNotTakeATimeBetweenTheInstantsOfASpanForOne) {
  OccurrenceRecord span = Record(Outcome::kMissed, "down");
  span.scheduled_at -= hours(48);
  facts_.records = {span};
  facts_.instant = due_ - hours(3);
  EXPECT_EQ(Judge(), Verdict::kNotScheduled);
}

TEST_F(Why, BelievesTheRecordWhenTheScheduleHasChangedSince) {
  facts_.instant = due_ + minutes(30);
  facts_.records = {Run(Outcome::kSucceeded)};
  facts_.records[0].scheduled_at = facts_.records[0].scheduled_last = *facts_.instant;
  EXPECT_EQ(Judge(), Verdict::kRecorded);
}

TEST_F(Why, ShowsTheNearestInstantsForATimeThatIsNone) {
  facts_.instant = due_ + minutes(30);
  EXPECT_EQ(Text(),
            "backup:run at 2026-03-07 02:30:00 +00:00\n"
            "  It is not scheduled then: At 02:00.\n"
            "  The instant before is 2026-03-07 02:00:00 +00:00.\n"
            "  The instant after is 2026-03-08 02:00:00 +00:00.\n");
}

TEST_F(Why, TellsHowLongUntilItIsDue) {
  facts_.instant = due_ + hours(24);
  facts_.servers = {Server("web1", due_)};
  EXPECT_EQ(Text(),
            "backup:run at 2026-03-08 02:00:00 +00:00\n"
            "  It is not due yet: 23h to go.\n");
  EXPECT_EQ(Judge(), Verdict::kNotYetDue);
}

TEST_F(Why, WarnsThatNobodyWillRunWhatIsNotYetDue) {
  facts_.instant = due_ + hours(24);
  EXPECT_THAT(Text(), HasSubstr("No server is running. Start one with schedule:work."));
}

TEST_F(Why, TellsOfAPauseAndHowToEndIt) {
  facts_.instant = due_ + hours(24);
  facts_.servers = {Server("web1", due_)};
  facts_.pauses = {{PauseTarget::Task("backup:run"), "ann", "disk swap", due_, std::nullopt}};
  EXPECT_THAT(Text(), HasSubstr("The task is paused by ann (disk swap): what falls due meanwhile is recorded as "
                                "skipped(paused).\n  To let it run again: schedule:resume backup:run\n"));
  facts_.pauses[0].target = PauseTarget::All();
  EXPECT_THAT(Text(), HasSubstr("All tasks are paused by ann (disk swap)"));
  EXPECT_THAT(Text(), HasSubstr("To let all tasks run again: schedule:resume\n"));
}

TEST_F(Why, TellsOfAPauseOfATagOfTheTask) {
  schedule_ = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("backup:run").DailyAt("02:00").Unique().Tag("db").Tag("nightly").Register();
  });
  facts_.instant = due_ + hours(24);
  facts_.servers = {Server("web1", due_)};
  facts_.pauses = {{PauseTarget::Tag("weekly"), "bob", "", due_, std::nullopt},
                   {PauseTarget::Tag("nightly"), "ann", "disk swap", due_, std::nullopt}};
  EXPECT_THAT(Text(),
              HasSubstr("All tasks tagged nightly are paused by ann (disk swap): what falls due meanwhile is "
                        "recorded as skipped(paused).\n  To let them run again: schedule:resume --tag nightly\n"));
}

TEST_F(Why, TellsOfMaintenanceModeToWhomItConcerns) {
  facts_.instant = due_ + hours(24);
  facts_.servers = {Server("web1", due_)};
  facts_.pauses = {{PauseTarget::Maintenance(), "ann", "upgrade", due_, std::nullopt}};
  EXPECT_THAT(Text(), HasSubstr("Maintenance mode was switched on by ann (upgrade): what falls due meanwhile is "
                                "recorded as skipped(maintenance).\n"
                                "  To let all tasks run again: schedule:maintenance off\n"));
  schedule_ = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("backup:run").DailyAt("02:00").Unique().EvenInMaintenanceMode().Register();
  });
  EXPECT_THAT(Text(), Not(HasSubstr("aintenance")));
}

TEST_F(Why, SaysNothingOfAPauseThatEndsBeforeTheTaskIsDue) {
  facts_.records = {Run(Outcome::kSucceeded)};
  facts_.pauses = {{PauseTarget::Task("backup:run"), "ann", "", due_, due_ + hours(23)}};
  EXPECT_THAT(Text(), Not(HasSubstr("paused")));
  facts_.pauses[0].until = due_ + hours(25);
  EXPECT_THAT(Text(), HasSubstr("The task is paused by ann until 2026-03-08 03:00:00 +00:00"));
}

TEST_F(Why, SaysNothingOfTodaysPauseAboutAnOldOccurrence) {
  facts_.instant = due_ - hours(48);
  facts_.records = {Run(Outcome::kSucceeded)};
  facts_.records[0].scheduled_at = facts_.records[0].scheduled_last = *facts_.instant;
  facts_.pauses = {{PauseTarget::Task("backup:run"), "ann", "", due_, std::nullopt}};
  EXPECT_THAT(Text(), Not(HasSubstr("paused")));
  EXPECT_THAT(Text(), Not(HasSubstr("next due")));
}

TEST_F(Why, AsksForPatienceRightAfterTheInstant) {
  now_ = due_ + seconds(3);
  facts_.recorded_before = true;
  facts_.servers = {Server("web1", due_ - hours(1))};
  EXPECT_EQ(Text(),
            "backup:run at 2026-03-07 02:00:00 +00:00\n"
            "  It was due 3s ago, and no server has decided it yet. Running: web1.\n"
            "  It is next due 2026-03-08 02:00:00 +00:00.\n"
            "  Ask again in a moment.\n");
  EXPECT_EQ(Judge(), Verdict::kUndecided);
}

TEST_F(Why, PointsToTheLogsWhenLiveServersDecideNothing) {
  facts_.recorded_before = true;
  facts_.servers = {Server("web1", due_ - hours(1)), Server("web2", due_ - hours(1))};
  EXPECT_THAT(Text(), HasSubstr("Running: web1, web2."));
  EXPECT_THAT(Text(), HasSubstr("Look into the log of the servers"));
}

TEST_F(Why, TellsThatTheTaskIsForAnotherEnvironment) {
  schedule_ = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("backup:run").Daily().At("02:00").Unique().Environments({"staging", "test"}).Register();
  });
  facts_.environment = "production";
  facts_.recorded_before = true;
  facts_.servers = {Server("web1", due_ - hours(1))};
  now_ = due_ + seconds(3);
  EXPECT_EQ(Text(),
            "backup:run at 2026-03-07 02:00:00 +00:00\n"
            "  It is only for staging or test; the environment here is production.\n"
            "  It was due 3s ago, and no server has decided it yet. Running: web1.\n"
            "  It is recorded as skipped(environment) when its grace is over, at 2026-03-07 03:00:00 +00:00, unless a "
            "server of staging or test takes it.\n"
            "  It is next due 2026-03-08 02:00:00 +00:00.\n");
  facts_.servers[0].alive_until = now_;
  EXPECT_THAT(Text(), HasSubstr("Start a server of staging or test to run it: any other records it as "
                                "skipped(environment).\n"));
  facts_.instant = due_ + hours(24);
  EXPECT_THAT(Text(), HasSubstr("It is only for staging or test; the environment here is production.\n"));
}

TEST_F(Why, SaysNothingOfTheEnvironmentThatTheTaskIsFor) {
  schedule_ = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("backup:run").Daily().At("02:00").Unique().Environments({"staging", "test"}).Register();
  });
  facts_.environment = "test";
  facts_.recorded_before = true;
  now_ = due_ + seconds(3);
  EXPECT_THAT(Text(), Not(HasSubstr("only for")));
  EXPECT_THAT(Text(), HasSubstr("it still runs this occurrence"));
}

TEST_F(Why, NamesAServerThatRunsAnotherSchedule) {
  facts_.recorded_before = true;
  facts_.servers = {Server("web1", due_ - hours(1))};
  facts_.servers[0].schedule_digest = "0123";
  EXPECT_THAT(Text(), HasSubstr(Format("web1 runs another schedule (0123, here it is {})", schedule_.digest())));
}

TEST_F(Why, TellsUntilWhenANewServerStillRunsIt) {
  now_ = due_ + minutes(20);
  facts_.recorded_before = true;
  EXPECT_THAT(Text(), HasSubstr("It was due 20m ago, and no server is running."));
  EXPECT_THAT(Text(), HasSubstr("Start a server with schedule:work: until 2026-03-07 03:00:00 +00:00 it still runs "
                                "this occurrence, later it records it as missed."));
}

TEST_F(Why, TellsThatTheGraceIsOver) {
  facts_.recorded_before = true;
  EXPECT_THAT(Text(), HasSubstr("it records this occurrence as missed, for its grace is over"));
}

TEST_F(Why, TellsThatTheTaskWasNeverRegistered) {
  EXPECT_EQ(Text(),
            "backup:run at 2026-03-07 02:00:00 +00:00\n"
            "  It was due 1h ago, and no server is running.\n"
            "  No occurrence of its schedule has been recorded so far.\n"
            "  It is next due 2026-03-08 02:00:00 +00:00.\n"
            "  Start a server with schedule:work: it registers the task and runs it from then on.\n");
}

TEST_F(Why, TellsThatItWasDueBeforeTheTaskWasRegistered) {
  facts_.servers = {Server("web1", due_ + minutes(5))};
  EXPECT_EQ(Judge(), Verdict::kUnrecorded);
  EXPECT_THAT(Text(), HasSubstr("It was due before the task was first registered by a server"));
}

TEST_F(Why, TellsThatTheRecordsBeginLater) {
  facts_.recorded_after = true;
  EXPECT_EQ(Judge(), Verdict::kUnrecorded);
  EXPECT_THAT(Text(), HasSubstr("it lies before the first occurrence on record"));
}

TEST_F(Why, AdmitsAHoleInTheRecords) {
  facts_.recorded_before = facts_.recorded_after = true;
  EXPECT_EQ(Judge(), Verdict::kUnrecorded);
  EXPECT_THAT(Text(), HasSubstr("though occurrences before and after it are"));
}

TEST_F(Why, TellsOfEveryServerOfATaskThatEachOneRuns) {
  schedule_ =
      MakeSchedule([](Scheduler& scheduler) { scheduler.Command("backup:run").Daily().At("02:00").Register(); });
  facts_.records = {Run(Outcome::kSucceeded), Run(Outcome::kFailed, "exit 1")};
  facts_.records[1].server = "web2";
  facts_.servers = {Server("web1", due_ - hours(1)), Server("web3", due_ - hours(1)), Server("web4", due_ + hours(1))};
  EXPECT_THAT(Text(), HasSubstr("It ran on web1 and succeeded."));
  EXPECT_THAT(Text(), HasSubstr("It ran on web2 and failed: exit 1."));
  EXPECT_THAT(Text(), HasSubstr("web3 has no record of it."));
  EXPECT_THAT(Text(), Not(HasSubstr("web4")));
}

TEST_F(Why, TellsManualRunsApart) {
  facts_.records = {Run(Outcome::kSucceeded)};
  facts_.records[0].kind = OccurrenceKind::kManual;
  EXPECT_THAT(Text(), HasSubstr("By hand, it ran on web1 and succeeded."));
}

TEST_F(Why, SaysThatATaskWithoutAPastWillRun) {
  facts_.instant.reset();
  EXPECT_EQ(Text(),
            "backup:run\n"
            "  It has not been due yet.\n"
            "  It is next due 2026-03-08 02:00:00 +00:00.\n");
}

TEST_F(Why, TellsThatATaskRunsWhenAServerStarts) {
  schedule_ = MakeSchedule([](Scheduler& scheduler) { scheduler.Command("backup:run").Cron("@reboot").Register(); });
  facts_.instant = std::nullopt;
  EXPECT_THAT(Text(), HasSubstr("It runs when a server starts, which has not happened yet.\n"));
  facts_.instant = due_;
  facts_.records = {Run(Outcome::kSucceeded)};
  EXPECT_THAT(Text(), HasSubstr("It runs again when a server starts.\n"));
  EXPECT_THAT(Text(), Not(HasSubstr("never")));
}

TEST_F(Why, GivesTheFactsAsJson) {
  facts_.instant = due_ + minutes(30);
  EXPECT_EQ(ToJson(Explain(schedule_, task(), facts_, now_)),
            R"({"task":"backup:run","verdict":"not_scheduled","instant":"2026-03-07T02:30:00Z",)"
            R"("instant_local":"2026-03-07 02:30:00 +00:00","zone":"UTC","sentences":[)"
            R"("It is not scheduled then: At 02:00.","The instant before is 2026-03-07 02:00:00 +00:00.",)"
            R"("The instant after is 2026-03-08 02:00:00 +00:00."],"advice":"",)"
            R"("previous":"2026-03-07T02:00:00Z","next":"2026-03-08T02:00:00Z","records":[]})"
            "\n");
}

}  // namespace
}  // namespace rota
