#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "rota/engine/engine_core.h"
#include "rota/engine/test_core.h"

namespace rota {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

TaskPolicies UniqueWith(OverlapPolicy overlap) {
  TaskPolicies policies = Unique();
  policies.overlap = overlap;
  return policies;
}

TaskPolicies EveryServerWith(OverlapPolicy overlap) {
  TaskPolicies policies;
  policies.overlap = overlap;
  return policies;
}

// One whose only task is due every minute, and runs since the first minute.
class BusyCore : public Core {
 public:
  explicit BusyCore(const TaskPolicies& policies) : Core({MakeTask("a", seconds(60), policies)}) {
    Follow();
    Advance(seconds(60));
    AnswerClaims(ClaimOutcome::kClaimed);
    Events();
  }
  // The next occurrence falls due, and the store finds the task busy.
  void DueWhileBusy() {
    Advance(seconds(60));
    AnswerClaims(ClaimOutcome::kBusy);
  }
  std::string run_id(std::size_t n = 0) const { return starts.at(n).record.run_id; }
  void EndAndRecord(std::size_t n = 0) {
    EndRun(run_id(n));
    Record();
  }
};

TEST(EngineCoreQueue, LetsAnOccurrenceWaitForTheEndOfTheRun) {
  BusyCore core(UniqueWith(OverlapPolicy::kQueueOne));
  core.DueWhileBusy();
  EXPECT_THAT(core.Events(), IsEmpty());
  EXPECT_THAT(core.Asked(), IsEmpty());
  core.EndAndRecord();
  EXPECT_THAT(core.Asked(), ElementsAre("a@120"));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  ASSERT_THAT(core.starts, SizeIs(2));
}

TEST(EngineCoreQueue, AsksAgainEachSecondForATaskThatRunsElsewhere) {
  BusyCore core(UniqueWith(OverlapPolicy::kQueueOne));
  core.DueWhileBusy();
  core.Advance(seconds(1));
  EXPECT_THAT(core.Asked(), ElementsAre("a@120"));
}

TEST(EngineCoreQueue, KeepsOnlyTheLatestOfThoseThatWait) {
  BusyCore core(UniqueWith(OverlapPolicy::kQueueOne));
  core.DueWhileBusy();
  for (int i = 0; i < 60; ++i) {
    core.Advance(seconds(1));
    core.AnswerClaims(ClaimOutcome::kBusy);
  }
  EXPECT_THAT(core.Asked(), ElementsAre("a@120 skipped(overlap)"));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  EXPECT_THAT(core.Events(), ElementsAre("occurrence_closed a@120 skipped(overlap)"));
  EXPECT_THAT(core.Asked(), ElementsAre("a@180"));
}

TEST(EngineCoreQueue, KeepsEveryOneInTheOrderOfItsInstant) {
  BusyCore core(UniqueWith(OverlapPolicy::kQueueAll));
  core.DueWhileBusy();
  for (int i = 0; i < 120; ++i) {
    core.Advance(seconds(1));
    EXPECT_THAT(core.Asked(), ElementsAre("a@120"));
    core.AnswerClaims(ClaimOutcome::kBusy);
  }
  core.EndAndRecord();
  ASSERT_THAT(core.Asked(), ElementsAre("a@120"));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  ASSERT_THAT(core.Asked(), ElementsAre("a@180")) << "its turn is found out by asking";
  core.AnswerClaims(ClaimOutcome::kBusy);
  core.EndAndRecord(1);
  ASSERT_THAT(core.Asked(), ElementsAre("a@180"));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  EXPECT_THAT(core.Asked(), ElementsAre("a@240"));
}

TEST(EngineCoreQueue, LetsNoLaterOccurrenceGoFirst) {
  BusyCore core(UniqueWith(OverlapPolicy::kQueueAll));
  core.Advance(seconds(60));
  core.AnswerClaims(ClaimOutcome::kBusy);
  core.Advance(Milliseconds(59'500));
  core.AnswerClaims(ClaimOutcome::kBusy);
  core.Advance(Milliseconds(500));  // The one of minute 3 waits behind the one of minute 2.
  core.EndAndRecord();
  core.AnswerClaims(ClaimOutcome::kClaimed);
  ASSERT_THAT(core.Asked(), ElementsAre("a@180"));
  core.AnswerClaims(ClaimOutcome::kBusy);
  core.Advance(Milliseconds(59'800));
  core.AnswerClaims(ClaimOutcome::kBusy);
  core.Advance(Milliseconds(300));
  EXPECT_THAT(core.Asked(), testing::AnyOf(IsEmpty(), ElementsAre("a@180"))) << "not the one of minute 4";
}

TEST(EngineCoreQueue, LeavesOutTheOldestWhenTooManyWait) {
  BusyCore core(UniqueWith(OverlapPolicy::kQueueAll));
  core.DueWhileBusy();
  for (int i = 0; i < 100 * 60; ++i) {
    core.Advance(seconds(1));
    if (core.Asked() != std::vector<std::string>{"a@120"}) break;
    core.AnswerClaims(ClaimOutcome::kBusy);
  }
  EXPECT_EQ(core.now().wall, kStart + minutes(2 + 100));
  EXPECT_THAT(core.Asked(), ElementsAre("a@120 skipped(overlap)"));
}

TEST(EngineCoreQueue, HoldsBackATaskOfEachServerWithoutAskingTheStore) {
  BusyCore core(EveryServerWith(OverlapPolicy::kQueueOne));
  core.Advance(seconds(90));
  EXPECT_THAT(core.Asked(), IsEmpty());
  core.EndAndRecord();
  ASSERT_THAT(core.AskedClaims(), SizeIs(1));
  EXPECT_EQ(core.AskedClaims()[0].at, kStart + minutes(2));
}

TEST(EngineCoreQueue, GoesOnForATaskOfEachServerWhileTheStoreIsDown) {
  BusyCore core(EveryServerWith(OverlapPolicy::kQueueOne));
  core.Advance(seconds(60));
  core.EndRun(core.run_id());
  core.FailRecords();
  core.AdvanceWithoutStore(seconds(1));
  ASSERT_THAT(core.starts, SizeIs(2));
  EXPECT_EQ(core.starts[1].record.scheduled_at, kStart + minutes(2));
}

TEST(EngineCoreQueue, OverlapsNothingThatItMakesUpForWithoutTheStore) {
  TaskPolicies policies = EveryServerWith(OverlapPolicy::kSkip);
  policies.misfire.what = Misfire::kRunAll;
  Core core({MakeTask("a", seconds(60), policies)}, 4, kStart - minutes(10));
  core.core().CatchUp(kStart + minutes(2));
  core.Sleep(minutes(2));
  EXPECT_THAT(core.AskedClaims(), SizeIs(testing::Gt(2u)));
  core.FailClaims();
  EXPECT_THAT(core.starts, SizeIs(1));
}

TEST(EngineCoreQueue, WaitsAlsoForWhatItCalledLate) {
  BusyCore core(UniqueWith(OverlapPolicy::kQueueOne));
  core.Advance(seconds(60));
  core.FailClaims();
  const std::vector<std::string> late = {"a@120 missed(store)"};
  for (int i = 0; i < 70 && core.Asked() != late; ++i) {
    core.FailClaims();
    core.AdvanceWithoutStore(seconds(1));
  }
  ASSERT_EQ(core.Asked(), late);
  core.AnswerClaims(ClaimOutcome::kBusy);
  EXPECT_THAT(core.Asked(), ElementsAre("a@120 skipped(overlap)")) << "the one of minute 3 is due as well";
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.EndAndRecord();
  EXPECT_THAT(core.Asked(), ElementsAre("a@180"));
}

TEST(EngineCoreQueue, TellsThePreviousRunToStop) {
  BusyCore core(UniqueWith(OverlapPolicy::kCancelPrevious));
  core.DueWhileBusy();
  ASSERT_THAT(core.stops, SizeIs(1));
  EXPECT_EQ(core.stops[0].run_id, core.run_id());
  EXPECT_EQ(core.stops[0].how, action::StopHow::kStop);
  core.EndRun(core.run_id(), Outcome::kCancelled);
  EXPECT_THAT(core.Events(), ElementsAre("run_finished a@60 cancelled(cancel_previous)"));
  core.Record();
  EXPECT_THAT(core.Asked(), ElementsAre("a@120"));
}

TEST(EngineCoreQueue, KillsAPreviousRunThatDoesNotStop) {
  BusyCore core(UniqueWith(OverlapPolicy::kCancelPrevious));
  core.DueWhileBusy();
  core.Advance(seconds(5));
  ASSERT_THAT(core.stops, SizeIs(2));
  EXPECT_EQ(core.stops[1].how, action::StopHow::kKill);
}

TEST(EngineCoreQueue, TellsThePreviousRunOfEachServerToStop) {
  BusyCore core(EveryServerWith(OverlapPolicy::kCancelPrevious));
  core.Advance(seconds(60));
  EXPECT_THAT(core.stops, SizeIs(1));
  EXPECT_THAT(core.Asked(), IsEmpty()) << "it has not ended yet";
}

TEST(EngineCoreQueue, StopsARunOfWhichARenewalSaysSo) {
  RunningCore core;
  core.Events();
  const std::string run_id = core.starts.at(0).record.run_id;
  RenewReply reply{{RenewOutcome::kRenewed}, {"a"}};
  reply.stops.push_back({run_id, "cancelled by anna"});
  core.Tell(input::LeasesRenewed{{{run_id, "a"}}, reply, core.now().steady});
  core.Tell(input::LeasesRenewed{{{run_id, "a"}}, reply, core.now().steady});
  ASSERT_THAT(core.stops, SizeIs(1)) << "it is told once";
  core.EndRun(run_id, Outcome::kCancelled);
  EXPECT_THAT(core.Events(), ElementsAre("run_finished a@60 cancelled(cancelled by anna)"));
}

TEST(EngineCoreQueue, KeepsWhatWaitsWhenTheClockIsSetBack) {
  BusyCore core(UniqueWith(OverlapPolicy::kQueueOne));
  core.DueWhileBusy();
  core.JumpWall(-seconds(90));
  core.EndAndRecord();
  core.AdvanceWithoutClaims(seconds(95));
  EXPECT_THAT(core.Asked(), IsEmpty()) << "the store calls it early for an hour";
  core.Advance(minutes(60));
  ASSERT_THAT(core.Asked(), Contains("a@120"));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  EXPECT_THAT(core.starts, SizeIs(testing::Gt(1u)));
}

TEST(EngineCoreQueue, LeavesWhatWaitsToOthersWhenItStops) {
  BusyCore core(UniqueWith(OverlapPolicy::kQueueOne));
  core.DueWhileBusy();
  core.Tell(input::ShutdownRequested{});
  core.EndAndRecord();
  EXPECT_THAT(core.Asked(), IsEmpty());
  EXPECT_TRUE(core.finished());
}

TEST(EngineCoreQueue, EndsAManualRunThatWaitsWhenItStops) {
  Core core({MakeTask("a", seconds(60), UniqueWith(OverlapPolicy::kQueueOne))});
  core.Tell(input::RunRequested{0});
  core.AnswerClaims(ClaimOutcome::kBusy);
  core.Tell(input::ShutdownRequested{});
  EXPECT_THAT(core.Events(), ElementsAre("server_stopping", "occurrence_closed a@0 cancelled(shutdown)"));
}

TaskPolicies MakesUpFor(MisfirePolicy misfire, TaskPolicies policies = Unique()) {
  policies.misfire = misfire;
  return policies;
}

// One that was away for ten minutes, while its only task was due each minute.
class ReturningCore : public Core {
 public:
  explicit ReturningCore(const TaskPolicies& policies)
      : Core({MakeTask("a", seconds(60), policies)}, 4, kStart - minutes(10)) {
    core().CatchUp(now().wall);
    Follow();
  }
};

TEST(EngineCoreMisfire, RunsTheLatestOfThoseThatWereMissed) {
  ReturningCore core(MakesUpFor({.what = Misfire::kRunOnce}));
  EXPECT_THAT(core.Asked(), ElementsAre("a@0"));
}

TEST(EngineCoreMisfire, RecordsWhatWasMissedWhereItIsToBeSkipped) {
  ReturningCore core(MakesUpFor({.what = Misfire::kSkip}));
  EXPECT_THAT(core.Asked(), ElementsAre("a@0")) << "the one that is due now is not missed";

  Core late({MakeTask("a", seconds(60), MakesUpFor({.what = Misfire::kSkip}))}, 4, kStart - minutes(10));
  late.core().CatchUp(kStart - seconds(15));
  late.Follow();
  EXPECT_THAT(late.Asked(), ElementsAre("a@-60 missed(down)"));
}

TEST(EngineCoreMisfire, RunsAllThatWereMissedInTurn) {
  ReturningCore core(MakesUpFor({.what = Misfire::kRunAll, .grace = minutes(3)}));
  EXPECT_THAT(core.Asked(), ElementsAre("a@-180", "a@-120", "a@-60", "a@0"));
  EXPECT_EQ(core.AskedClaims()[0].overlap, OverlapPolicy::kQueueAll) << "they do not skip each other";
  EXPECT_EQ(core.AskedClaims()[0].previous, kStart - minutes(4)) << "what is older is recorded as missed";
}

TEST(EngineCoreMisfire, RunsNoMoreThanItMay) {
  ReturningCore core(MakesUpFor({.what = Misfire::kRunAll, .max_runs = 2}));
  EXPECT_THAT(core.Asked(), ElementsAre("a@-60", "a@0"));
}

TEST(EngineCoreMisfire, KeepsItsPace) {
  ReturningCore core(MakesUpFor({.what = Misfire::kRunAll, .max_runs = 3, .pace = seconds(10)}));
  EXPECT_THAT(core.Asked(), ElementsAre("a@-120"));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.EndRun(core.starts.at(0).record.run_id);
  core.Record();
  EXPECT_THAT(core.Asked(), IsEmpty());
  core.Advance(seconds(9));
  EXPECT_THAT(core.Asked(), IsEmpty());
  core.Advance(seconds(1));
  EXPECT_THAT(core.Asked(), ElementsAre("a@-60"));
}

TEST(EngineCoreMisfire, RunsAllThatAJumpOfTheClockPassed) {
  Core core({MakeTask("a", seconds(60), MakesUpFor({.what = Misfire::kRunAll}, {}))});
  core.Follow();
  core.JumpWall(minutes(3));
  ASSERT_THAT(core.starts, SizeIs(3));
  for (int i = 0; i < 3; ++i) EXPECT_EQ(core.starts[i].record.scheduled_at, kStart + minutes(i + 1));
}

TEST(EngineCoreStoreOutage, RunsAnOpenTaskWithoutTheStore) {
  TaskPolicies open = Unique();
  open.store_outage = StoreOutage::kOpen;
  Core core({MakeTask("a", seconds(60), open), MakeTask("b", seconds(60), Unique())});
  core.Follow();
  core.Advance(seconds(60));
  core.FailClaims();
  ASSERT_THAT(core.starts, SizeIs(1));
  EXPECT_EQ(core.starts[0].record.task, "a");
  EXPECT_EQ(core.starts[0].record.token, 0u);
  core.AdvanceWithoutStore(seconds(60));
  core.FailClaims();
  EXPECT_THAT(core.starts, SizeIs(1)) << "it still runs";
  core.EndRun(core.starts[0].record.run_id);
  core.AdvanceWithoutStore(seconds(60));
  core.FailClaims();
  ASSERT_THAT(core.starts, SizeIs(2));
  EXPECT_EQ(core.starts[1].record.scheduled_at, kStart + minutes(3));
}

OccurrenceRecord SecondAttempt() {
  OccurrenceRecord record;
  record.run_id = "r1.2";
  record.task = record.scope = "a";
  record.scheduled_at = record.scheduled_last = kStart;
  record.server = "a";
  record.attempt = 2;
  record.token = 9;
  return record;
}

TEST(EngineCoreOnLost, AsksForAsManyAttemptsAsThePolicySays) {
  TaskPolicies again = Unique();
  again.on_lost = OnLost::kRetry;
  TaskPolicies often = again;
  often.retry = RetryPolicy{.attempts = 5};
  Core core(
      {MakeTask("a", seconds(60), Unique()), MakeTask("b", seconds(60), again), MakeTask("c", seconds(60), often)});
  core.Follow();
  core.Advance(seconds(60));
  std::map<std::string, int> attempts;
  for (const ClaimRequest& request : core.AskedClaims()) attempts[request.task] = request.attempts_if_lost;
  EXPECT_EQ(attempts, (std::map<std::string, int>{{"a", 1}, {"b", 3}, {"c", 5}}));
}

TEST(EngineCoreOnLost, StartsTheAttemptThatTheStoreGaveItAndRenewsItsLeaseAtOnce) {
  Core core({MakeTask("a", seconds(60), Unique())});
  core.Follow();
  core.Events();
  core.Tell(input::Reaped{{SecondAttempt()}, core.now().steady});
  ASSERT_THAT(core.starts, SizeIs(1));
  EXPECT_EQ(core.starts[0].record.attempt, 2);
  EXPECT_EQ(core.starts[0].record.token, 9u);
  EXPECT_EQ(core.starts[0].previous, kStart - seconds(60));
  ASSERT_THAT(core.renewals, SizeIs(1));
  EXPECT_EQ(core.renewals[0].at(0).run_id, "r1.2");
  core.EndRun("r1.2");
  EXPECT_THAT(core.Events(), ElementsAre("run_started a@0", "run_finished a@0 succeeded"));
}

TEST(EngineCoreOnLost, IsNoneOfTheBusinessOfAProcessThatRunsOneTask) {
  Core core({MakeTask("a", seconds(60), Unique())});
  core.Tell(input::RunRequested{0});
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.Advance(seconds(20));
  EXPECT_EQ(core.reaps, 0);
}

TEST(EngineCoreOnLost, WaitsForAWorker) {
  Core core({MakeTask("a", minutes(60), Unique()), MakeTask("b", seconds(60), Unique())}, 1);
  core.Follow();
  core.Advance(seconds(60));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.Tell(input::Reaped{{SecondAttempt()}, core.now().steady});
  EXPECT_THAT(core.starts, SizeIs(1));
  core.EndRun(core.starts[0].record.run_id);
  ASSERT_THAT(core.starts, SizeIs(2));
  EXPECT_EQ(core.starts[1].record.run_id, "r1.2");
}

TEST(EngineCoreOnLost, TellsWhichAttemptCouldNotBegin) {
  Core core({MakeTask("a", minutes(60), Unique()), MakeTask("b", seconds(60), Unique())}, 1);
  core.Follow();
  core.Advance(seconds(60));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.Tell(input::Reaped{{SecondAttempt()}, core.now().steady});
  core.Events();
  core.Tell(input::ShutdownRequested{});
  EXPECT_THAT(core.Events(), Contains("run_finished a@0 lost(its server died; no further attempt: shutdown)"));
  ASSERT_THAT(core.records, SizeIs(1));
  EXPECT_EQ(core.records[0].at(0).attempt, 2);
}

TEST(EngineCoreQueue, GoesOnAfterAnOccurrenceThatRanBecauseTheStoreDidNotAnswer) {
  TaskPolicies policies;
  policies.overlap = OverlapPolicy::kQueueOne;
  Core core({MakeTask("a", seconds(60), policies)});
  core.Follow();
  core.Advance(seconds(60));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.Advance(seconds(60));  // Waits for the run.
  core.EndRun(core.starts.back().record.run_id);
  core.Record();
  ASSERT_THAT(core.Asked(), ElementsAre(HasSubstr("@120")));
  core.AnswerClaims(ClaimOutcome::kUnanswered);
  ASSERT_THAT(core.starts, SizeIs(2));
  core.EndRun(core.starts.back().record.run_id);
  core.Record();
  core.Advance(seconds(60));
  EXPECT_THAT(core.Asked(), ElementsAre(HasSubstr("@180")));
}

TEST(EngineCoreQueue, GoesOnWithWhatLacksAWorkerWhenTheNextOneCameToIt) {
  TaskPolicies policies = Unique();
  policies.overlap = OverlapPolicy::kQueueAll;
  policies.misfire.grace = minutes(10);
  Core core({MakeTask("a", seconds(60), policies), MakeTask("b", minutes(30), Unique())}, 1);
  core.Follow();
  core.Advance(seconds(60));
  core.AnswerClaims(ClaimOutcome::kBusy);  // a@60 waits for a run elsewhere,
  core.Advance(seconds(60));               // and a@120 for its turn.
  core.AnswerClaims(ClaimOutcome::kBusy);
  core.Tell(input::RunRequested{1});  // b takes the worker.
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.Advance(seconds(120));
  EXPECT_THAT(core.Asked(), IsEmpty());
  for (const action::Start& start : std::exchange(core.starts, {})) core.EndRun(start.record.run_id);
  core.Advance(seconds(2));
  EXPECT_THAT(core.Asked(), SizeIs(1));
}

TEST(EngineCoreOnLost, LeavesAnAttemptToOthersThatIsNotForThisServer) {
  TaskPolicies staging = Unique();
  staging.environments = {"staging"};
  for (const Task& task : {MakeTask("b", seconds(60), Unique()), MakeTask("a", seconds(60), staging)}) {
    Core core({task});
    core.Follow();
    core.Events();
    core.Tell(input::Reaped{{SecondAttempt()}, core.now().steady});
    EXPECT_THAT(core.starts, IsEmpty());
    EXPECT_THAT(core.Events(), IsEmpty());
    EXPECT_THAT(core.records, IsEmpty());
    core.Advance(seconds(5));
    for (const std::vector<LeaseRef>& leases : core.renewals) EXPECT_THAT(leases, IsEmpty());
  }
}

TEST(EngineCorePools, KeepWorkersForTheirOwnTasks) {
  TaskPolicies slow = Unique();
  slow.pool = "slow";
  Core core({MakeTask("s1", seconds(60), slow), MakeTask("s2", seconds(60), slow),
             MakeTask("f1", seconds(60), Unique()), MakeTask("f2", seconds(60), Unique())},
            1, {{"slow", {1, {}}}});
  core.Follow();
  core.Advance(seconds(60));
  EXPECT_THAT(core.Asked(), SizeIs(2)) << "one of each pool";
  core.AnswerClaims(ClaimOutcome::kClaimed);
  EXPECT_THAT(core.starts, SizeIs(2));
  EXPECT_NE(core.starts[0].record.task.front(), core.starts[1].record.task.front());
}

TEST(EngineCorePools, LetTheMoreUrgentGoFirst) {
  TaskPolicies urgent = Unique();
  urgent.priority = 10;
  Core core({MakeTask("low", seconds(60), Unique()), MakeTask("high", seconds(60), urgent)}, 1);
  core.Follow();
  core.Advance(seconds(60));
  EXPECT_THAT(core.Asked(), ElementsAre("high@60"));
}

}  // namespace
}  // namespace rota
