#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rota/console/test_workplace.h"

namespace rota {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

// Two occurrences of a daily task on record, claimed and finished through the store.
class HistoryCommands : public ConsoleTest {
 protected:
  // Runs backup:run at its next instant, and lets it end as told.
  void RunBackup(std::string run_id, Outcome outcome, std::string why) {
    const Task& task = *schedule_->Find("backup:run");
    const WallTime due = *task.trigger->Next(clock_.Now());
    clock_.Advance(due - clock_.Now());
    ClaimRequest claim;
    claim.run_id = run_id;
    claim.task = task.id;
    claim.scope = task.id;
    claim.at = due;
    claim.previous = task.trigger->Previous(due);
    claim.server = "web1";
    claim.lease_ttl = seconds(15);
    claim.lock_timeout = hours(1);
    const auto replies = workplace_.store().Claim(std::vector{claim});
    ASSERT_TRUE(replies);
    ASSERT_EQ((*replies)[0].outcome, ClaimOutcome::kClaimed);
    if (outcome == Outcome::kRunning) return;
    HistoryQuery query;
    query.run_id = run_id;
    OccurrenceRecord record = (*workplace_.store().Query(query)).at(0);
    record.started_at = due;
    record.finished_at = due + seconds(5);
    record.outcome = outcome;
    record.reason = std::move(why);
    ASSERT_TRUE(workplace_.store().Finish(std::vector{record}));
  }

  void RunTwice() {
    Join("web1");
    RunBackup("01A", Outcome::kSucceeded, "");
    RunBackup("01B", Outcome::kFailed, "exit 3");
  }

  std::shared_ptr<const Schedule> schedule_ = *workplace_.LoadSchedule();
};

TEST_F(HistoryCommands, ListTheRecordsNewestFirst) {
  RunTwice();
  EXPECT_EQ(Run({"schedule:history"}), 0);
  EXPECT_EQ(out(),
            "DUE                         TASK        SERVER  OUTCOME         TOOK  RUN\n"
            "2026-03-08 02:00:00 +08:00  backup:run  web1    failed(exit 3)  5s    01B\n"
            "2026-03-07 02:00:00 +08:00  backup:run  web1    succeeded       5s    01A\n");
}

TEST_F(HistoryCommands, ListOnlyWhatIsAskedFor) {
  RunTwice();
  EXPECT_EQ(Run({"schedule:history", "--limit", "1"}), 0);
  EXPECT_THAT(out(), Not(HasSubstr("01A")));
  EXPECT_EQ(Run({"schedule:history", "--outcome", "succeeded"}), 0);
  EXPECT_THAT(out(), Not(HasSubstr("01B")));
  EXPECT_EQ(Run({"schedule:history", "backup:run", "--server", "web2"}), 0);
  EXPECT_EQ(out(), "Nothing is recorded for backup:run.\n");
  EXPECT_EQ(Run({"schedule:history", "hello", "--json"}), 0);
  EXPECT_EQ(out(), "[]\n");
}

TEST_F(HistoryCommands, SayWhenNothingIsRecorded) {
  EXPECT_EQ(Run({"schedule:history"}), 0);
  EXPECT_EQ(out(), "Nothing is recorded.\n");
}

TEST_F(HistoryCommands, RefuseAnUnknownOutcomeOrTask) {
  EXPECT_EQ(Run({"schedule:history", "--outcome", "fail"}), 2);
  EXPECT_EQ(err(),
            "error: --outcome fail: expected one of running, succeeded, failed, timed_out, cancelled, lost, skipped, "
            "missed, unknown\n"
            "Try: app schedule:history --help\n");
  EXPECT_EQ(Run({"schedule:history", "backup:rum"}), 1);
  EXPECT_EQ(err(), "error: no task \"backup:rum\" in the schedule; did you mean \"backup:run\"?\n");
}

TEST_F(HistoryCommands, ListTheRecordsEvenWhenTheScheduleIsWrong) {
  RunTwice();
  workplace_.schedule_error = InvalidArgument("config.yaml:3:5: unknown key");
  EXPECT_EQ(Run({"schedule:history", "--limit", "1"}), 0);
  EXPECT_THAT(out(), HasSubstr("2026-03-07 18:00:00 +00:00"));
  EXPECT_EQ(err(), "warning: times are shown in UTC: config.yaml:3:5: unknown key\n");
}

TEST_F(HistoryCommands, FailWithoutAStore) {
  workplace_.store_error = DataLoss("sqlite var/rota.db: the file is not a database");
  for (const std::vector<std::string>& words : {std::vector<std::string>{"schedule:history"},
                                                {"schedule:why", "hello"},
                                                {"schedule:servers"},
                                                {"schedule:locks"},
                                                {"schedule:unlock", "hello"},
                                                {"schedule:doctor"},
                                                {"schedule:pause"},
                                                {"schedule:maintenance"},
                                                {"schedule:maintenance", "on"},
                                                {"schedule:maintenance", "off"},
                                                {"schedule:resume"}}) {
    EXPECT_EQ(Run(words), 1) << words[0];
    EXPECT_EQ(err(), "error: sqlite var/rota.db: the file is not a database\n") << words[0];
  }
}

TEST_F(HistoryCommands, ExplainTheLastOccurrence) {
  RunTwice();
  EXPECT_EQ(Run({"schedule:why", "backup:run"}), 0);
  EXPECT_EQ(out(),
            "backup:run at 2026-03-08 02:00:00 +08:00\n"
            "  It ran on web1 and failed: exit 3. It started 2026-03-08 02:00:00 +08:00 and took 5s. Run 01B.\n"
            "  It is next due 2026-03-09 02:00:00 +08:00.\n"
            "  To run it now, in the foreground: schedule:test backup:run\n");
}

TEST_F(HistoryCommands, ExplainAnOccurrenceByItsCivilTime) {
  RunTwice();
  EXPECT_EQ(Run({"schedule:why", "backup:run", "2026-03-07 02:00"}), 0);
  EXPECT_EQ(out(),
            "backup:run at 2026-03-07 02:00:00 +08:00\n"
            "  It ran on web1 and succeeded. It started 2026-03-07 02:00:00 +08:00 and took 5s. Run 01A.\n");
  EXPECT_EQ(Run({"schedule:why", "backup:run", "2026-03-06T18:00:00Z", "--json"}), 0);
  EXPECT_THAT(out(), StartsWith(R"({"task":"backup:run","verdict":"recorded","instant":"2026-03-06T18:00:00Z",)"));
}

TEST_F(HistoryCommands, ExplainTimesWithoutARecord) {
  RunTwice();
  EXPECT_EQ(Run({"schedule:why", "backup:run", "2026-03-06 02:00"}), 0);
  EXPECT_THAT(out(), HasSubstr("it lies before the first occurrence on record"));
  EXPECT_EQ(Run({"schedule:why", "backup:run", "2026-03-07 14:00"}), 0);
  EXPECT_THAT(out(), HasSubstr("It is not scheduled then: At 02:00."));
  EXPECT_EQ(Run({"schedule:why", "backup:run", "2026-03-09 02:00"}), 0);
  EXPECT_THAT(out(), HasSubstr("It is not due yet: 1d to go."));
}

TEST_F(HistoryCommands, ExplainWhatIsOverdueRatherThanTheLastRecord) {
  RunTwice();
  clock_.Advance(hours(24) + seconds(30));
  EXPECT_EQ(Run({"schedule:why", "backup:run"}), 0);
  EXPECT_THAT(out(), StartsWith("backup:run at 2026-03-09 02:00:00 +08:00\n"
                                "  It was due 30s ago, and no server is running.\n"));
}

TEST_F(HistoryCommands, ExplainWhatIsOverdueOfATaskThatIsAlwaysDue) {
  workplace_.define = [](Scheduler& scheduler) {
    scheduler.Command("greet", {"bob"}).Name("poll").EveryTenSeconds().Unique().Register();
  };
  OccurrenceRecord record;
  record.run_id = "01A";
  record.task = record.scope = "poll";
  record.scheduled_at = record.scheduled_last = clock_.Now();
  record.server = "web1";
  record.outcome = Outcome::kSucceeded;
  ASSERT_TRUE(workplace_.store().Finish(std::vector{record}));
  clock_.Advance(seconds(20));
  EXPECT_EQ(Run({"schedule:why", "poll"}), 0);
  EXPECT_THAT(out(), HasSubstr("It ran on web1 and succeeded.")) << "the next one is not late enough yet";
  clock_.Advance(minutes(11) - seconds(20));
  EXPECT_EQ(Run({"schedule:why", "poll"}), 0);
  EXPECT_THAT(out(), StartsWith("poll at 2026-03-06 12:10:40 +00:00\n"
                                "  It was due 20s ago, and no server is running.\n"));
}

TEST_F(HistoryCommands, ExplainThatATaskIsForAnotherEnvironment) {
  workplace_.define = [](Scheduler& scheduler) {
    scheduler.Command("greet", {"bob"}).Name("rehearse").Hourly().Unique().Environments({"staging"}).Register();
  };
  Join("web1");
  clock_.Advance(hours(1));
  Join("web1");
  EXPECT_EQ(Run({"schedule:why", "rehearse"}), 0);
  EXPECT_THAT(out(), HasSubstr("  It is only for staging; the environment here is production.\n"));
}

TEST_F(HistoryCommands, ExplainTheRunOfAServerThatDied) {
  Join("web1");
  RunBackup("01A", Outcome::kRunning, "");
  clock_.Advance(seconds(60));
  EXPECT_EQ(Run({"schedule:why", "backup:run"}), 0);
  EXPECT_THAT(out(), HasSubstr("It is running on web1."));
  EXPECT_THAT(out(), HasSubstr("web1 has not been heard of since"));
  Join("web2");
  ASSERT_TRUE(workplace_.store().Reap("web2", std::chrono::seconds(15)));
  EXPECT_EQ(Run({"schedule:why", "backup:run"}), 0);
  EXPECT_THAT(out(), HasSubstr("It ran on web1 and was lost: server web1 died."));
}

TEST_F(HistoryCommands, RefuseATimeThatIsNone) {
  EXPECT_EQ(Run({"schedule:why", "backup:run", "yesterday"}), 2);
  EXPECT_THAT(err(), StartsWith("error: "));
  EXPECT_THAT(err(), HasSubstr("yesterday"));
  EXPECT_THAT(err(), HasSubstr("Try: app schedule:why --help\n"));
}

}  // namespace
}  // namespace rota
