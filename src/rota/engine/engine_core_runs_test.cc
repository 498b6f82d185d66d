#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "rota/engine/engine_core.h"
#include "rota/engine/test_core.h"

namespace rota {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TaskPolicies Retrying(RetryPolicy retry) {
  TaskPolicies policies = Unique();
  policies.retry = std::move(retry);
  return policies;
}

TaskPolicies Limited(Milliseconds timeout) {
  TaskPolicies policies = Unique();
  policies.timeout = timeout;
  policies.kill_after = seconds(3);
  return policies;
}

// One whose only task, due every ten minutes, runs since the first of them.
class RetryingCore : public Core {
 public:
  explicit RetryingCore(const TaskPolicies& policies) : Core({MakeTask("a", std::chrono::minutes(10), policies)}) {
    Follow();
    Advance(seconds(600));
    AnswerClaims(ClaimOutcome::kClaimed);
    Events();
  }

  std::string run_id() const { return starts.at(0).record.run_id; }
  void Fail(std::optional<int> exit_code = std::nullopt) {
    RunResult result;
    result.outcome = Outcome::kFailed;
    result.reason = exit_code ? Format("exit {}", *exit_code) : "no route to host";
    result.exit_code = exit_code;
    Tell(input::RunEnded{run_id(), result});
  }
};

TEST(EngineCoreRuns, TriesAgainWhatFailedAndRecordsTheLastAttempt) {
  RetryingCore core(Retrying({.attempts = 3, .delay = seconds(10)}));
  core.Fail();
  EXPECT_THAT(core.Events(), ElementsAre("attempt_failed a@600 failed(no route to host)"));
  EXPECT_THAT(core.records, IsEmpty());
  core.Advance(seconds(9));
  EXPECT_THAT(core.starts, SizeIs(1));
  core.Advance(seconds(1));
  ASSERT_THAT(core.starts, SizeIs(2));
  EXPECT_EQ(core.starts[1].record.run_id, core.run_id());
  EXPECT_EQ(core.starts[1].record.attempt, 2);
  EXPECT_EQ(core.starts[1].record.token, core.starts[0].record.token);
  EXPECT_EQ(core.starts[1].previous, core.starts[0].previous);
  core.EndRun(core.run_id());
  EXPECT_THAT(core.Events(), ElementsAre("run_started a@600", "run_finished a@600 succeeded"));
  ASSERT_THAT(core.records, SizeIs(1));
  EXPECT_EQ(core.records[0].at(0).attempt, 2);
  EXPECT_EQ(core.records[0].at(0).started_at, kStart + seconds(600)) << "of the first attempt";
}

TEST(EngineCoreRuns, EndsWithTheLastAttempt) {
  RetryingCore core(Retrying({.attempts = 2, .delay = seconds(10)}));
  core.Fail();
  core.Advance(seconds(10));
  core.Fail();
  EXPECT_THAT(core.Events(), ElementsAre("attempt_failed a@600 failed(no route to host)", "run_started a@600",
                                         "run_finished a@600 failed(no route to host)"));
  core.Advance(seconds(60));
  EXPECT_THAT(core.starts, SizeIs(2));
}

TEST(EngineCoreRuns, WaitsLongerAfterEachAttempt) {
  RetryingCore core(Retrying({.attempts = 4, .delay = seconds(10), .backoff = Backoff::kExponential}));
  for (const int delay : {10, 20, 40}) {
    const std::size_t before = core.starts.size();
    core.Fail();
    core.Advance(seconds(delay - 1));
    EXPECT_THAT(core.starts, SizeIs(before));
    core.Advance(seconds(1));
    EXPECT_THAT(core.starts, SizeIs(before + 1));
  }
}

TEST(EngineCoreRuns, TriesAgainOnlyAfterItsExitCodes) {
  const RetryPolicy policy{.attempts = 2, .delay = seconds(0), .exit_codes = {75}};
  RetryingCore temporary(Retrying(policy));
  temporary.Fail(75);
  EXPECT_THAT(temporary.starts, SizeIs(2));
  RetryingCore other(Retrying(policy));
  other.Fail(1);
  EXPECT_THAT(other.Events(), ElementsAre("run_finished a@600 failed(exit 1)"));
  RetryingCore without(Retrying(policy));
  without.Fail();
  EXPECT_THAT(without.Events(), ElementsAre("run_finished a@600 failed(no route to host)"));
}

TEST(EngineCoreRuns, DoNotTryAgainWhatItsConditionsEnded) {
  RetryingCore core(Retrying({.attempts = 2}));
  RunResult result;
  result.outcome = Outcome::kFailed;
  result.reason = "When() threw";
  result.final = true;
  core.Tell(input::RunEnded{core.run_id(), result});
  EXPECT_THAT(core.Events(), ElementsAre("run_finished a@600 failed(When() threw)"));
}

TEST(EngineCoreRuns, DoNotTryAgainWhatWasCancelled) {
  RetryingCore core(Retrying({.attempts = 2}));
  core.EndRun(core.run_id(), Outcome::kCancelled);
  EXPECT_THAT(core.Events(), ElementsAre("run_finished a@600 cancelled"));
}

TEST(EngineCoreRuns, KeepTheirLeaseWhileTheyWait) {
  RetryingCore core(Retrying({.attempts = 2, .delay = seconds(60)}));
  core.Fail();
  core.Sleep(seconds(5));
  ASSERT_THAT(core.renewals, SizeIs(1));
  ASSERT_THAT(core.renewals[0], SizeIs(1));
  EXPECT_EQ(core.renewals[0][0].run_id, core.run_id());
}

TEST(EngineCoreRuns, LeaveTheirWorkerToOthersWhileTheyWait) {
  Core core({MakeTask("a", seconds(60), Retrying({.attempts = 2, .delay = seconds(40)})),
             MakeTask("b", seconds(45), Unique())},
            1);
  core.Follow();
  core.Advance(seconds(45));
  core.AnswerClaims(ClaimOutcome::kDecided);  // Another server runs that.
  core.Advance(seconds(15));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.Tell(input::RunEnded{core.starts.at(0).record.run_id, {Outcome::kFailed, "exit 1", ""}});
  core.Advance(seconds(30));
  EXPECT_THAT(core.Asked(), ElementsAre("b@90"));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.Advance(seconds(20));
  EXPECT_THAT(core.starts, SizeIs(2)) << "the worker is busy";
  core.EndRun(core.starts[1].record.run_id);
  ASSERT_THAT(core.starts, SizeIs(3));
  EXPECT_EQ(core.starts[2].record.attempt, 2);
}

TEST(EngineCoreRuns, EndAsTheirLastAttemptDidAtAShutdown) {
  RetryingCore core(Retrying({.attempts = 2, .delay = seconds(60)}));
  core.Fail();
  core.Events();
  core.Tell(input::ShutdownRequested{});
  EXPECT_THAT(core.Events(), ElementsAre("server_stopping",
                                         "run_finished a@600 failed(no route to host; no further attempt: "
                                         "shutdown)"));
  core.Record();
  EXPECT_TRUE(core.finished());
}

TEST(EngineCoreRuns, AreNotTriedAgainDuringAShutdown) {
  RetryingCore core(Retrying({.attempts = 2, .delay = seconds(0)}));
  core.Tell(input::ShutdownRequested{});
  core.Fail();
  core.Record();
  EXPECT_TRUE(core.finished());
  EXPECT_THAT(core.starts, SizeIs(1));
}

TEST(EngineCoreRuns, EndAsTheirLastAttemptDidWhenTheyLoseTheirLease) {
  RetryingCore core(Retrying({.attempts = 2, .delay = seconds(60)}));
  core.Fail();
  core.Events();
  core.Tell(
      input::LeasesRenewed{{{core.run_id(), "a"}}, RenewReply{{RenewOutcome::kExpired}, {"a"}}, core.now().steady});
  EXPECT_THAT(core.Events(), ElementsAre("lease_lost a@600",
                                         "run_finished a@600 failed(no route to host; no further attempt: lease "
                                         "taken away)"));
  core.Advance(seconds(60));
  EXPECT_THAT(core.starts, SizeIs(1));
}

TEST(EngineCoreRuns, AreStoppedAtTheirTimeoutAndKilledLater) {
  RetryingCore core(Limited(seconds(20)));
  core.Advance(seconds(19));
  EXPECT_THAT(core.stops, IsEmpty());
  core.Advance(seconds(1));
  ASSERT_THAT(core.stops, SizeIs(1));
  EXPECT_EQ(core.stops[0].how, action::StopHow::kStop);
  core.Advance(seconds(3));
  ASSERT_THAT(core.stops, SizeIs(2));
  EXPECT_EQ(core.stops[1].how, action::StopHow::kKill);
  core.Tell(input::RunEnded{core.run_id(), {Outcome::kCancelled, "killed: signal 9", ""}});
  EXPECT_THAT(core.Events(), ElementsAre("run_finished a@600 timed_out(after 20s; killed: signal 9)"));
}

TEST(EngineCoreRuns, SucceedThoughTheyWereToldToStopForTheirTimeout) {
  RetryingCore core(Limited(seconds(20)));
  core.Advance(seconds(20));
  core.EndRun(core.run_id());
  EXPECT_THAT(core.Events(), ElementsAre("run_finished a@600 succeeded"));
}

TEST(EngineCoreRuns, HaveTheirWholeTimeoutForEachAttempt) {
  TaskPolicies policies = Limited(seconds(20));
  policies.retry = RetryPolicy{.attempts = 2, .delay = seconds(15)};
  RetryingCore core(policies);
  core.Advance(seconds(20));
  core.EndRun(core.run_id(), Outcome::kCancelled);
  EXPECT_THAT(core.Events(), ElementsAre("attempt_failed a@600 timed_out(after 20s)"));
  core.Advance(seconds(15 + 19));
  EXPECT_THAT(core.stops, SizeIs(1));
  core.Advance(seconds(1));
  EXPECT_THAT(core.stops, SizeIs(2));
  core.EndRun(core.run_id(), Outcome::kCancelled);
  EXPECT_THAT(core.Events(), ElementsAre("run_started a@600", "run_finished a@600 timed_out(after 20s)"));
}

}  // namespace
}  // namespace rota
