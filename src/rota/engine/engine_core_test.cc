#include "rota/engine/engine_core.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "rota/engine/test_core.h"

namespace rota {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TEST(EngineCore, SleepsUntilTheNextInstant) {
  Core core({MakeTask("daily", seconds(40), {})});
  core.Follow();
  core.core().Decide(input::Woken{}, core.now());
  EXPECT_THAT(core.Asked(), IsEmpty());
  EXPECT_LE(core.wake() - core.now().steady, seconds(40));
}

TEST(EngineCore, ClaimsWhatIsDueRunsItAndRecordsTheOutcome) {
  Core core({MakeTask("backup", seconds(60), Unique())});
  core.Follow();
  core.Advance(seconds(60));
  ASSERT_THAT(core.Asked(), ElementsAre("backup@60"));
  EXPECT_EQ(core.AskedClaims()[0].previous, kStart);
  EXPECT_EQ(core.AskedClaims()[0].lock_timeout, minutes(30));

  core.AnswerClaims(ClaimOutcome::kClaimed);
  ASSERT_THAT(core.starts, SizeIs(1));
  EXPECT_EQ(core.starts[0].record.token, 1u);
  core.EndRun(core.starts[0].record.run_id, Outcome::kFailed);
  ASSERT_THAT(core.records, SizeIs(1));
  EXPECT_EQ(core.records[0][0].outcome, Outcome::kFailed);
  EXPECT_THAT(core.Events(), ElementsAre("run_started backup@60", "run_finished backup@60 failed"));
}

TEST(EngineCore, RunsOnceAtItsStartWhatFiresThen) {
  Core core({MakeTaskAtStart("warm-up", Unique())});
  core.Follow();
  ASSERT_THAT(core.AskedClaims(), SizeIs(1));
  EXPECT_EQ(core.AskedClaims()[0].at, kStart);
  EXPECT_EQ(core.AskedClaims()[0].kind, OccurrenceKind::kStart);
  EXPECT_EQ(core.AskedClaims()[0].previous, std::nullopt);
  core.AnswerClaims(ClaimOutcome::kClaimed);
  ASSERT_THAT(core.starts, SizeIs(1));
  core.EndRun(core.starts[0].record.run_id, Outcome::kSucceeded);
  core.Advance(hours(2));
  EXPECT_THAT(core.Asked(), IsEmpty());
}

TEST(EngineCore, RunsAtItsStartAlsoWhenTheClockWasSetBackSinceTheLastOne) {
  Core core({MakeTaskAtStart("warm-up", {})}, 1, kStart + hours(1));
  core.Follow();
  ASSERT_THAT(core.AskedClaims(), SizeIs(1));
  EXPECT_EQ(core.AskedClaims()[0].at, kStart);
}

TEST(EngineCore, RunsAtAStartOnlyWhereTheTaskIsFor) {
  TaskPolicies elsewhere;
  elsewhere.environments = {"staging"};
  Core core({MakeTaskAtStart("warm-up", elsewhere)});
  core.Follow();
  ASSERT_THAT(core.AskedClaims(), SizeIs(1));
  EXPECT_EQ(core.AskedClaims()[0].purpose, ClaimPurpose::kRecord);
  EXPECT_EQ(core.AskedClaims()[0].reason, reason::kEnvironment);
}

TEST(EngineCore, DoesNotTakeATickForAStart) {
  Core core({MakeTaskAtStart("warm-up", {})});
  core.core().CatchUp(core.now().wall);
  core.Tell(input::DrainRequested{});
  EXPECT_THAT(core.Asked(), IsEmpty());
}

TEST(EngineCore, KeepsAScopeOfItsOwnForATaskThatEveryServerRuns) {
  Core core({MakeTask("cache", seconds(60), {})});
  core.Follow();
  core.Advance(seconds(60));
  EXPECT_THAT(core.Asked(), ElementsAre("cache\x1f"
                                        "a@60"));
}

TEST(EngineCore, LeavesToOthersWhatTheyDecided) {
  Core core({MakeTask("backup", seconds(60), Unique())}, 1);
  core.Follow();
  core.Advance(seconds(60));
  core.AnswerClaims(ClaimOutcome::kDecided);
  EXPECT_THAT(core.starts, IsEmpty());
  EXPECT_THAT(core.Events(), IsEmpty());
  core.Advance(seconds(60));
  EXPECT_THAT(core.Asked(), ElementsAre("backup@120"));  // The worker is free again.
}

TEST(EngineCore, ClaimsNoMoreThanItHasWorkersFor) {
  Core core({MakeTask("a", seconds(60), Unique()), MakeTask("b", seconds(60), Unique()),
             MakeTask("c", seconds(60), Unique())},
            2);
  core.Follow();
  core.Advance(seconds(60));
  ASSERT_THAT(core.Asked(), ElementsAre("a@60", "b@60"));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  EXPECT_THAT(core.Asked(), IsEmpty());
  core.EndRun(core.starts[0].record.run_id);
  EXPECT_THAT(core.Asked(), ElementsAre("c@60"));
}

TEST(EngineCore, RecordsAsLateWhatFindsNoWorkerWithinItsGrace) {
  Core core({MakeTask("a", seconds(60), Unique()), MakeTask("b", seconds(60), Unique())}, 1);
  core.Follow();
  core.Advance(seconds(60));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.Advance(seconds(59));
  EXPECT_THAT(core.Asked(), IsEmpty());
  EXPECT_LE(core.wake() - core.now().steady, milliseconds(1001));
  core.Advance(milliseconds(1001));
  ASSERT_THAT(core.Asked(), ElementsAre("b@60 missed(late)"));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  EXPECT_THAT(core.starts, SizeIs(1));
  EXPECT_THAT(core.Events(), ElementsAre("run_started a@60", "occurrence_closed b@60 missed(late)"));
}

TEST(EngineCore, CatchesUpWithTheLatestInstantWithinItsGrace) {
  Core core({MakeTask("hourly", hours(1), Unique()), MakeTask("daily", hours(24), Unique())}, 4, kStart - hours(30));
  core.core().CatchUp(kStart + minutes(10));
  core.Advance(minutes(10));
  ASSERT_THAT(core.Asked(), ElementsAre("hourly@0", "daily@-43200 missed(down)"));
  EXPECT_EQ(core.AskedClaims()[0].gap_reason, "down");
  EXPECT_EQ(core.AskedClaims()[0].previous, kStart - hours(1));
}

TEST(EngineCore, DoesNotCatchUpWhatWasDecidedBefore) {
  Core core({MakeTask("hourly", hours(1), Unique())}, 4, kStart);
  core.core().CatchUp(kStart + minutes(10));
  core.Advance(minutes(10));
  EXPECT_THAT(core.Asked(), IsEmpty());
}

TEST(EngineCore, CountsAndRecordsTheGapThatAClaimUncovers) {
  Core core({MakeTask("minutely", seconds(60), Unique())});
  core.Follow();
  core.Advance(seconds(60));
  std::vector<ClaimRequest> asked = core.claims[0];
  OccurrenceRecord gap;
  gap.run_id = "GAP";
  gap.task = "minutely";
  gap.scheduled_at = kStart - seconds(290);  // The watermark was between two instants.
  gap.scheduled_last = kStart;
  gap.count = 0;
  gap.outcome = Outcome::kMissed;
  gap.reason = "late";
  core.Tell(
      input::ClaimsAnswered{asked, std::vector<ClaimReply>{{ClaimOutcome::kClaimed, 7, gap, ""}}, core.now().steady});
  ASSERT_THAT(core.records, SizeIs(1));
  const OccurrenceRecord& counted = core.records[0][0];
  EXPECT_EQ(counted.run_id, "GAP");
  EXPECT_EQ(counted.scheduled_at, kStart - seconds(240));
  EXPECT_EQ(counted.count, 5u);
  EXPECT_THAT(core.Events(), ElementsAre("occurrence_closed minutely@-240 missed(late)", "run_started minutely@60"));
}

TEST(EngineCore, SaysWhatTheStoreSkipped) {
  Core core({MakeTask("a", seconds(60), Unique())});
  core.Follow();
  core.Advance(seconds(60));
  core.AnswerClaims(ClaimOutcome::kOverlap);
  for (const char* reason : {"paused", "maintenance"}) {
    core.Advance(seconds(60));
    ClaimReply paused;
    paused.outcome = ClaimOutcome::kPaused;
    paused.reason = reason;
    core.Tell(input::ClaimsAnswered{std::exchange(core.claims, {})[0], std::vector{paused}, core.now().steady});
  }
  EXPECT_THAT(core.starts, IsEmpty());
  EXPECT_THAT(core.records, IsEmpty());  // The claim recorded them.
  EXPECT_THAT(core.Events(),
              ElementsAre("occurrence_closed a@60 skipped(overlap)", "occurrence_closed a@120 skipped(paused)",
                          "occurrence_closed a@180 skipped(maintenance)"));
}

TEST(EngineCore, AsksAgainForABackfillWhileItsTaskRunsElsewhere) {
  Core core({MakeTask("a", seconds(60), Unique())});
  core.Tell(input::RunRequested{0, kStart - seconds(600)});
  const std::vector<ClaimRequest> asked = core.AskedClaims();
  ASSERT_THAT(asked, SizeIs(1));
  EXPECT_EQ(asked[0].kind, OccurrenceKind::kBackfill);
  EXPECT_EQ(asked[0].at, kStart - seconds(600));
  EXPECT_EQ(asked[0].previous, kStart - seconds(660));
  core.AnswerClaims(ClaimOutcome::kBusy);
  core.Advance(milliseconds(999));
  EXPECT_THAT(core.Asked(), IsEmpty());
  core.Advance(milliseconds(1));
  EXPECT_EQ(core.AskedClaims()[0].run_id, asked[0].run_id);
  core.AnswerClaims(ClaimOutcome::kBusy);
  core.Advance(std::chrono::hours(2));
  EXPECT_EQ(core.AskedClaims()[0].purpose, ClaimPurpose::kRun) << "however long that is";
  core.AnswerClaims(ClaimOutcome::kClaimed);
  EXPECT_THAT(core.starts, SizeIs(1));
  EXPECT_THAT(core.Events(), ElementsAre("run_started a@-600"));
}

TEST(EngineCore, EndsABackfillThatWaitsAtAShutdown) {
  Core core({MakeTask("a", seconds(60), Unique())});
  core.Tell(input::RunRequested{0, kStart - seconds(600)});
  core.AnswerClaims(ClaimOutcome::kBusy);
  core.Tell(input::ShutdownRequested{});
  EXPECT_THAT(core.Events(), ElementsAre("server_stopping", "occurrence_closed a@-600 cancelled(shutdown)"));
}

TEST(EngineCore, TellsTheStoreByWhatPausesMayHoldATaskBack) {
  TaskPolicies policies = Unique();
  policies.tags = {"db", "nightly"};
  policies.even_in_maintenance_mode = true;
  Core core({MakeTask("a", seconds(60), policies)});
  core.Follow();
  core.Advance(seconds(60));
  EXPECT_THAT(core.AskedClaims()[0].tags, ElementsAre("db", "nightly"));
  EXPECT_TRUE(core.AskedClaims()[0].even_in_maintenance_mode);
}

TEST(EngineCore, RecordsThatATaskIsNotForThisEnvironment) {
  TaskPolicies policies;
  policies.environments = {"staging"};
  Core core({MakeTask("a", seconds(60), policies)});
  core.Follow();
  core.Advance(seconds(60));
  EXPECT_THAT(core.Asked(), ElementsAre("a\x1f"
                                        "a@60 skipped(environment)"));
}

TEST(EngineCore, LeavesAUniqueOccurrenceToServersOfItsEnvironmentWhileItIsInTime) {
  TaskPolicies policies = Unique();
  policies.environments = {"staging"};
  Core core({MakeTask("a", seconds(60), policies)});
  core.Follow();
  core.Advance(seconds(119));
  EXPECT_THAT(core.Asked(), IsEmpty());
  core.Advance(seconds(1));
  EXPECT_THAT(core.Asked(), ElementsAre("a@60 skipped(environment)"));
}

TEST(EngineCore, TriesAgainWhatTheStoreCallsEarly) {
  Core core({MakeTask("a", seconds(60), Unique())});
  core.Follow();
  core.Advance(seconds(60));
  const std::string run_id = core.AskedClaims()[0].run_id;
  ClaimReply early;
  early.outcome = ClaimOutcome::kEarly;
  early.wait = milliseconds(320);
  core.Tell(input::ClaimsAnswered{std::exchange(core.claims, {}).at(0), std::vector{early}, core.now().steady});
  EXPECT_THAT(core.Asked(), IsEmpty());
  EXPECT_EQ(core.wake(), core.now().steady + milliseconds(320));
  core.Advance(milliseconds(320));
  ASSERT_THAT(core.Asked(), ElementsAre("a@60"));
  EXPECT_EQ(core.AskedClaims()[0].run_id, run_id);
}

TEST(EngineCore, AsksAgainWithTheSameRunIdWhenTheStoreDidNotAnswer) {
  Core core({MakeTask("a", seconds(60), Unique())});
  core.Follow();
  core.Advance(seconds(60));
  const std::string run_id = core.AskedClaims()[0].run_id;
  core.FailClaims();
  EXPECT_THAT(core.Asked(), IsEmpty());
  core.Advance(seconds(1));
  ASSERT_THAT(core.Asked(), ElementsAre("a@60"));
  EXPECT_EQ(core.AskedClaims()[0].run_id, run_id);
  core.AnswerClaims(ClaimOutcome::kClaimed);
  EXPECT_THAT(core.Events(), ElementsAre("store_unavailable", "store_available", "run_started a@60"));
}

TEST(EngineCore, BeginsNothingThatIsGrantedAfterTheGraceOfAShutdown) {
  Core core({MakeTask("a", seconds(60), Unique()), MakeTask("b", seconds(60), Unique())});
  core.Follow();
  core.Advance(seconds(60));
  core.Tell(input::ShutdownRequested{});
  core.Tell(input::ShutdownRequested{});
  core.Advance(seconds(1));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  EXPECT_THAT(core.starts, IsEmpty());
  EXPECT_THAT(core.Events(), ElementsAre("server_stopping", "occurrence_closed a@60 cancelled(shutdown)",
                                         "occurrence_closed b@60 cancelled(shutdown)"));
  EXPECT_FALSE(core.finished());
  core.Record();
  EXPECT_TRUE(core.finished());
}

TEST(EngineCore, TellsOnceOfAStoreThatAnswersRenewalsButNoClaims) {
  Core core({MakeTask("a", seconds(60), Unique())});
  core.Follow();
  core.Advance(seconds(60));
  for (int time = 0; time < 10; ++time) {
    core.FailClaims();
    core.Advance(seconds(1));
  }
  EXPECT_THAT(core.Events(), ElementsAre("store_unavailable"));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  EXPECT_THAT(core.Events(), ElementsAre("store_available", "run_started a@60"));
}

TEST(EngineCore, RecordsAsMissedForTheStoreWhatWaitedLongerThanItsGrace) {
  Core core({MakeTask("a", seconds(60), Unique())});
  core.Follow();
  core.Advance(seconds(60));
  const std::string run_id = core.AskedClaims()[0].run_id;
  for (int second = 0; second < 61; ++second) {
    core.FailClaims();
    core.Advance(seconds(1));
  }
  const std::vector<ClaimRequest> asked = core.AskedClaims();
  ASSERT_FALSE(asked.empty());
  EXPECT_EQ(asked[0].run_id, run_id);
  EXPECT_EQ(core.Asked()[0], "a@60 missed(store)");
}

TEST(EngineCore, AsksAStoreThatIsDownOnceASecondWhateverIsDue) {
  Core core({MakeTask("a", seconds(1), Unique()), MakeTask("b", seconds(1), Unique())});
  core.Follow();
  core.Advance(seconds(1));
  std::size_t asked = 0;
  for (int tick = 0; tick < 100; ++tick) {
    asked += core.claims.size();
    core.FailClaims();
    core.renewals.clear();
    core.Advance(milliseconds(100));
  }
  EXPECT_LE(asked, 12u);
}

TEST(EngineCore, RunsWithoutItsStoreWhatEveryServerRuns) {
  CoreWithoutStore core;
  ASSERT_THAT(core.starts, SizeIs(1));
  EXPECT_EQ(core.starts[0].record.token, 0u);
  core.EndRun(core.starts[0].record.run_id);
  EXPECT_THAT(core.records, IsEmpty());
  core.Advance(seconds(1));
  ASSERT_THAT(core.records, SizeIs(1));  // Stored as soon as the store may answer.
  core.FailRecords();
  core.AdvanceWithoutStore(seconds(1));
  ASSERT_THAT(core.records, SizeIs(1));
  ASSERT_THAT(core.records[0], SizeIs(1));  // That it started,
  EXPECT_EQ(core.records[0][0].outcome, Outcome::kRunning);
  core.Record();
  ASSERT_THAT(core.records, SizeIs(1));
  ASSERT_THAT(core.records[0], SizeIs(1));  // and how it ended.
  EXPECT_EQ(core.records[0][0].outcome, Outcome::kSucceeded);
}

TEST(EngineCore, TellsTheStoreWhatRanWithoutItBeforeItClaimsAgain) {
  Core core({MakeTask("cache", seconds(1), {})});
  core.Follow();
  core.Advance(seconds(1));
  core.FailClaims();
  ASSERT_THAT(core.starts, SizeIs(1));
  core.Advance(seconds(1));  // The store is back: the record is under way, and the task is not claimed beside it.
  ASSERT_THAT(core.records, SizeIs(1));
  EXPECT_THAT(core.Asked(), IsEmpty());
  EXPECT_THAT(core.starts, SizeIs(2)) << "it runs all the same";
  core.Record();
  core.Record();  // The second run.
  core.Advance(seconds(1));
  EXPECT_THAT(core.Asked(), ElementsAre("cache\x1f"
                                        "a@3"));
}

TEST(EngineCore, DoesNotOverlapARunThatBeganWithoutItsStore) {
  TaskPolicies policies;
  policies.overlap = OverlapPolicy::kSkip;
  Core core({MakeTask("cache", seconds(60), policies)});
  core.Follow();
  core.Advance(seconds(60));
  core.FailClaims();
  ASSERT_THAT(core.starts, SizeIs(1));
  core.Advance(seconds(1));
  core.Record();
  core.Advance(seconds(59));
  EXPECT_THAT(core.Asked(), ElementsAre("cache\x1f"
                                        "a@120 skipped(overlap)"));
  EXPECT_THAT(core.starts, SizeIs(1));
}

TEST(EngineCore, SaysNothingOfWhatStaysUndecidedAtTheEnd) {
  Core core({MakeTask("hourly", hours(1), Unique())}, 4, kStart - hours(2));
  core.core().CatchUp(kStart);
  core.Tell(input::DrainRequested{});
  core.FailClaims();
  EXPECT_THAT(core.Events(), ElementsAre("store_unavailable"));
  EXPECT_TRUE(core.finished());
}

TEST(EngineCore, DeclaresNobodyDeadBeforeEveryoneCouldRenew) {
  Core core({MakeTask("a", hours(1), Unique())});
  core.Follow();
  EXPECT_EQ(core.reaps, 0);
  core.Advance(seconds(5));
  EXPECT_EQ(core.reaps, 1);
  core.AdvanceWithoutStore(seconds(20));
  core.Advance(seconds(1));  // The store is back.
  EXPECT_EQ(core.reaps, 1);
  core.Advance(seconds(5));
  EXPECT_EQ(core.reaps, 2);
}

TEST(EngineCore, KeepsItsHeartbeatAndRenewsItsLeasesEveryThirdOfTheirTime) {
  Core core({MakeTask("a", seconds(60), Unique())});
  core.core().Follow(kStart);
  core.Tell(input::Woken{});
  ASSERT_THAT(core.renewals, SizeIs(1));
  EXPECT_THAT(core.renewals[0], IsEmpty());
  core.AnswerRenewals();
  core.Advance(seconds(60));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  EXPECT_THAT(core.renewals, IsEmpty());
  EXPECT_EQ(core.wake(), core.now().steady + seconds(5));
}

TEST(EngineCore, TellsARunThatItsLeaseIsInDoubt) {
  Core core({MakeTask("a", hours(1), Unique())});
  core.Follow();
  core.Advance(hours(1));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.Events();
  core.AdvanceWithoutStore(seconds(13));
  EXPECT_THAT(core.stops, IsEmpty());
  core.AdvanceWithoutStore(milliseconds(500));  // 15 s less a margin of a tenth.
  ASSERT_THAT(core.stops, SizeIs(1));
  EXPECT_EQ(core.stops[0].how, action::StopHow::kLeaseLost);
  EXPECT_EQ(core.events.back().detail, "renewal in doubt");
}

TEST(EngineCore, LetsARunGoOnThatNobodyElseCouldStart) {
  Core core({MakeTask("a", hours(1), {})});
  core.Follow();
  core.Advance(hours(1));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.AdvanceWithoutStore(seconds(60));
  EXPECT_THAT(core.stops, IsEmpty());
}

TEST(EngineCore, StopsARunWhoseLockTimeoutIsReached) {
  TaskPolicies policies = Unique();
  policies.lock_timeout = minutes(2);
  Core core({MakeTask("a", hours(1), policies)});
  core.Follow();
  core.Advance(hours(1));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.Events();
  core.Advance(milliseconds(118'400));
  EXPECT_THAT(core.stops, IsEmpty());
  core.Advance(milliseconds(100));  // A tenth of the lease before others may run it.
  ASSERT_THAT(core.stops, SizeIs(1));
  EXPECT_EQ(core.stops[0].how, action::StopHow::kLeaseLost);
  EXPECT_EQ(core.events.back().detail, "lock timeout reached");
  core.Advance(seconds(4));
  EXPECT_THAT(core.stops, SizeIs(1));
  core.Advance(seconds(1));  // It did not stop.
  ASSERT_THAT(core.stops, SizeIs(2));
  EXPECT_EQ(core.stops[1].how, action::StopHow::kKill);
  EXPECT_THAT(core.Events(), ElementsAre("lease_lost a@3600"));
  core.Tell(input::RunEnded{core.starts[0].record.run_id, {Outcome::kCancelled, "killed: signal 9 (Killed)", ""}});
  EXPECT_THAT(core.Events(),
              ElementsAre("run_finished a@3600 cancelled(lock timeout reached; killed: signal 9 (Killed))"));
}

TEST(EngineCore, DropsWhatAForwardJumpMadeLateButRunsTheLatest) {
  Core core({MakeTask("a", seconds(60), Unique())});
  core.Follow();
  core.JumpWall(minutes(10) + seconds(5));
  core.Advance(seconds(4));
  EXPECT_THAT(core.Asked(), IsEmpty());  // Others must get to renew their leases first.
  EXPECT_EQ(core.reaps, 0);
  core.Advance(seconds(1));
  ASSERT_THAT(core.Asked(), ElementsAre("a@600"));
  EXPECT_EQ(core.AskedClaims()[0].gap_reason, "late");
  EXPECT_EQ(core.events[0].change, minutes(10) + seconds(5));
}

TEST(EngineCore, RunsNothingTwiceAfterABackwardJump) {
  Core core({MakeTask("a", seconds(60), {})});
  core.Follow();
  core.Advance(seconds(60));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.EndRun(core.starts[0].record.run_id);
  core.JumpWall(-seconds(30));
  core.Advance(seconds(30));
  EXPECT_THAT(core.Asked(), IsEmpty());
  core.Advance(seconds(60));
  EXPECT_THAT(core.Asked(), ElementsAre("a\x1f"
                                        "a@120"));
}

TEST(EngineCore, DoesNotSleepUntilAnInstantOfTheWrongTimeAfterABackwardJump) {
  Core core({MakeTask("daily", hours(24), {})});
  core.JumpWall(hours(240));
  core.Follow();
  core.Events();
  core.JumpWall(-hours(240));
  core.Advance(hours(12));
  EXPECT_THAT(core.Asked(), ElementsAre("daily\x1f"
                                        "a@43200"));
}

TEST(EngineCore, ShutsDownAtOnceWhenNothingRuns) {
  Core core({MakeTask("a", seconds(60), Unique())});
  core.Follow();
  core.Tell(input::ShutdownRequested{});
  EXPECT_TRUE(core.finished());
}

TEST(EngineCore, GivesRunningWorkItsGraceThenStopsThenKills) {
  RunningCore core;
  core.Tell(input::ShutdownRequested{});
  core.Advance(seconds(29));
  EXPECT_THAT(core.stops, IsEmpty());
  core.Advance(seconds(1));
  ASSERT_THAT(core.stops, SizeIs(1));
  EXPECT_EQ(core.stops[0].how, action::StopHow::kStop);
  core.Advance(seconds(5));
  ASSERT_THAT(core.stops, SizeIs(2));
  EXPECT_EQ(core.stops[1].how, action::StopHow::kKill);
  EXPECT_FALSE(core.finished());
  core.EndRun(core.starts[0].record.run_id, Outcome::kCancelled);
  EXPECT_FALSE(core.finished());  // Not before the outcome is stored.
  core.Record();
  EXPECT_TRUE(core.finished());
  EXPECT_EQ(core.core().abandoned(), 0u);
}

TEST(EngineCore, ClaimsNothingAfterAShutdownWasAskedFor) {
  Core core({MakeTask("a", seconds(60), Unique()), MakeTask("b", seconds(60), Unique())}, 1);
  core.Follow();
  core.Advance(seconds(60));
  core.AnswerClaims(ClaimOutcome::kClaimed);  // "b" waits for the worker.
  core.Tell(input::ShutdownRequested{});
  core.EndRun(core.starts[0].record.run_id);
  core.Advance(seconds(10));
  EXPECT_THAT(core.Asked(), IsEmpty());
}

TEST(EngineCore, SkipsTheGraceAtASecondRequest) {
  RunningCore core;
  core.Tell(input::ShutdownRequested{});
  core.Tell(input::ShutdownRequested{});
  ASSERT_THAT(core.stops, SizeIs(1));
  EXPECT_EQ(core.stops[0].how, action::StopHow::kStop);
}

TEST(EngineCore, LeavesBehindAndRecordsWhatSurvivesTheKill) {
  RunningCore core;
  core.Tell(input::ShutdownRequested{});
  core.Advance(seconds(30));
  core.Advance(seconds(5));
  core.Advance(seconds(5));
  ASSERT_THAT(core.records, SizeIs(1));
  EXPECT_EQ(core.records[0][0].outcome, Outcome::kCancelled);
  EXPECT_EQ(core.core().abandoned(), 1u);
  core.Events();
  core.EndRun(core.starts[0].record.run_id);  // Too late: one outcome is recorded already.
  EXPECT_THAT(core.Events(), IsEmpty());
  core.Record();
  EXPECT_THAT(core.records, IsEmpty());
  EXPECT_TRUE(core.finished());
}

TEST(EngineCore, DoesNotWaitForeverForADeadStoreAtShutdown) {
  CoreWithoutStore core;
  core.EndRun(core.starts[0].record.run_id);
  core.Tell(input::ShutdownRequested{});
  for (int second = 0; second < 60 && !core.finished(); ++second) {
    core.FailRecords();
    core.Advance(seconds(1));
  }
  EXPECT_TRUE(core.finished());
}

TEST(EngineCore, GivesNoGraceToOutcomesThatOnlyWaitForTheStore) {
  CoreWithoutStore core;
  core.EndRun(core.starts[0].record.run_id);
  core.Tell(input::ShutdownRequested{});
  EXPECT_FALSE(core.finished());
  core.AdvanceWithoutStore(seconds(5));
  EXPECT_TRUE(core.finished());
}

TEST(EngineCore, TakesAStoreThatAnswersButCannotWriteForDown) {
  CoreWithoutStore core;
  core.Events();
  for (int second = 0; second < 30; ++second) {
    core.Advance(seconds(1));  // Renewals are answered.
    core.FailRecords(Unavailable("the disk is full"));
  }
  EXPECT_THAT(core.Events(), IsEmpty());
}

TEST(EngineCore, EndsAfterADrainWhenAllIsDone) {
  Core core({MakeTask("hourly", hours(1), Unique())}, 4, kStart - hours(2));
  core.core().CatchUp(kStart);
  core.Tell(input::DrainRequested{});
  EXPECT_FALSE(core.finished());
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.EndRun(core.starts[0].record.run_id);
  EXPECT_FALSE(core.finished());
  core.Record();
  EXPECT_TRUE(core.finished());
}

TEST(EngineCore, RunsOnRequestWithoutTouchingTheSchedule) {
  Core core({MakeTask("hourly", hours(1), Unique())});
  core.Tell(input::RunRequested{0});
  ASSERT_THAT(core.AskedClaims(), SizeIs(1));
  EXPECT_EQ(core.AskedClaims()[0].kind, OccurrenceKind::kManual);
  EXPECT_EQ(core.AskedClaims()[0].previous, std::nullopt);
  core.AnswerClaims(ClaimOutcome::kClaimed);
  EXPECT_THAT(core.starts, SizeIs(1));
}

TEST(EngineCore, PassesOnWhatItsReaperFound) {
  Core core({MakeTask("a", seconds(60), Unique())});
  core.Follow();
  OccurrenceRecord lost;
  lost.task = "a";
  lost.scheduled_at = kStart;
  lost.outcome = Outcome::kLost;
  lost.reason = "server b died";
  core.Tell(input::Reaped{{lost}});
  EXPECT_THAT(core.Events(), ElementsAre("run_lost a@0 lost(server b died)"));
}

// Whatever happens, a decision without news sleeps: no state may make the loop spin.
TEST(EngineCore, NeverSpins) {
  Core core({MakeTask("a", seconds(1), Unique()), MakeTask("b", seconds(1), {}), MakeTask("c", seconds(2), Unique())},
            1);
  core.Follow();
  for (int step = 0; step < 400; ++step) {
    core.Advance(milliseconds(100));
    if (step % 7 == 0) core.FailClaims();
    if (step % 11 == 0) core.AnswerClaims(ClaimOutcome::kClaimed);
    if (step % 13 == 0 && !core.starts.empty()) core.EndRun(core.starts.back().record.run_id);
    core.AnswerRenewals();
    core.Tell(input::Woken{});
    ASSERT_GT(core.wake(), core.now().steady) << "step " << step;
  }
}

TEST(EngineCoreWithoutItsStore, DoesNotOverlapARunThatWasClaimedBefore) {
  TaskPolicies policies;
  policies.overlap = OverlapPolicy::kSkip;
  Core core({MakeTask("cache", seconds(60), policies)});
  core.Follow();
  core.Advance(seconds(60));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.AdvanceWithoutStore(seconds(60));
  core.FailClaims();
  EXPECT_THAT(core.starts, SizeIs(1));
  core.Advance(seconds(1));
  core.FailClaims();
  EXPECT_THAT(core.Events(), testing::Contains("occurrence_closed cache@120 skipped(overlap)"));
}

TEST(EngineCoreWithoutItsStore, RecordsTheInstantsThatItSleptThrough) {
  Core core({MakeTask("cache", seconds(10), {})});
  core.Follow();
  core.Advance(seconds(10));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.Sleep(seconds(50));
  core.FailClaims();
  EXPECT_THAT(core.starts, SizeIs(2));
  const auto missed = std::ranges::find_if(
      core.events, [](const Event& event) { return event.record && event.record->outcome == Outcome::kMissed; });
  ASSERT_NE(missed, core.events.end());
  EXPECT_EQ(missed->record->scheduled_at, kStart + seconds(20));
  EXPECT_EQ(missed->record->scheduled_last, kStart + seconds(50));
  EXPECT_EQ(missed->record->count, 4u);
}

}  // namespace
}  // namespace rota
