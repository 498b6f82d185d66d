#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "rota/engine/engine_core.h"
#include "rota/engine/test_core.h"

namespace rota {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

std::vector<Task> UniqueTasks(int count, Milliseconds period = seconds(60)) {
  std::vector<Task> tasks;
  for (int i = 0; i < count; ++i) tasks.push_back(MakeTask(Format("task-{}", i), period, Unique()));
  return tasks;
}

// One of two servers.
class SharingCore : public Core {
 public:
  explicit SharingCore(std::vector<Task> tasks, int workers = 100) : Core(std::move(tasks), workers) {
    fleet = {"a", "b"};
    Follow();
  }
};

TEST(EngineCoreInAFleet, ClaimsItsShareAtOnceAndTheRestAfterAHeadStart) {
  SharingCore core(UniqueTasks(20));
  core.Advance(seconds(60));
  EXPECT_THAT(core.Asked(), SizeIs(10));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  EXPECT_EQ(core.wake(), core.now().steady + milliseconds(250));
  core.Advance(milliseconds(249));
  EXPECT_THAT(core.Asked(), IsEmpty());
  core.Advance(milliseconds(1));
  EXPECT_THAT(core.Asked(), SizeIs(10));
  core.AnswerClaims(ClaimOutcome::kDecided);
  core.Advance(seconds(1));
  EXPECT_THAT(core.Asked(), IsEmpty());
  EXPECT_THAT(core.starts, SizeIs(10));
}

TEST(EngineCoreInAFleet, GivesAHeadStartOfATenthOfAShortPeriod) {
  SharingCore core(UniqueTasks(20, seconds(1)));
  core.Advance(seconds(1));
  core.AnswerClaims(ClaimOutcome::kDecided);
  EXPECT_EQ(core.wake(), core.now().steady + milliseconds(100));
}

TEST(EngineCoreInAFleet, LeavesNoHeadStartForTasksThatEveryServerRuns) {
  SharingCore core({MakeTask("cache", seconds(60), {})});
  core.Advance(seconds(60));
  EXPECT_THAT(core.Asked(), SizeIs(1));
}

TEST(EngineCoreInAFleet, ClaimsEverythingAtOnceWhenTheOthersAreGone) {
  SharingCore core(UniqueTasks(20));
  core.fleet = {"a"};
  core.Advance(seconds(60));
  EXPECT_THAT(core.Asked(), SizeIs(20));
}

TEST(EngineCoreInAFleet, LosesNoTaskWhenItsShareChangesDuringAHeadStart) {
  SharingCore core(UniqueTasks(20));
  core.Advance(seconds(60));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.Tell(input::LeasesRenewed{{}, RenewReply{{}, {"a", "b", "c"}}, core.now().steady});
  core.Advance(milliseconds(250));
  EXPECT_THAT(core.Asked(), SizeIs(10));
}

TEST(EngineCoreInAFleet, ClaimsTogetherWhatFallsDueWhileTheStoreAnswers) {
  Core core(UniqueTasks(20), 8);
  core.Follow();
  core.Advance(seconds(60));
  EXPECT_THAT(core.Asked(), SizeIs(8));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.EndRun(core.starts[0].record.run_id);
  EXPECT_THAT(core.Asked(), SizeIs(1));
  for (int i = 1; i < 8; ++i) core.EndRun(core.starts[static_cast<std::size_t>(i)].record.run_id);
  EXPECT_THAT(core.Asked(), SizeIs(1)) << "one round at a time";
  core.Advance(minutes(1));
  EXPECT_GT(core.wake(), core.now().steady) << "nothing to be done before the answer";
  core.AnswerClaims(ClaimOutcome::kDecided);
  EXPECT_THAT(core.claims, SizeIs(1));
  EXPECT_THAT(core.Asked(), SizeIs(8));
}

TEST(EngineCoreInAFleet, AsksAgainForWhatAPartOfTheStoreDidNotAnswer) {
  Core core(UniqueTasks(1));
  core.Follow();
  core.Advance(seconds(60));
  const std::string run_id = core.AskedClaims()[0].run_id;
  core.AnswerClaims(ClaimOutcome::kUnanswered);
  EXPECT_THAT(core.Asked(), IsEmpty());
  core.Advance(seconds(1));
  ASSERT_THAT(core.Asked(), ElementsAre("task-0@60"));
  EXPECT_EQ(core.AskedClaims()[0].run_id, run_id);
}

TEST(EngineCoreInAFleet, AsksAgainBeforeItReliesOnAnAnswerThatItSleptThrough) {
  Core core(UniqueTasks(1));
  core.Follow();
  core.Advance(seconds(60));
  const SteadyTime asked = core.now().steady;
  const std::string run_id = core.AskedClaims().at(0).run_id;
  core.Sleep(seconds(14));
  core.AnswerClaims(ClaimOutcome::kClaimed, asked);
  EXPECT_THAT(core.starts, IsEmpty());
  core.AnswerRenewals();
  ASSERT_THAT(core.AskedClaims(), SizeIs(1));
  EXPECT_EQ(core.AskedClaims()[0].run_id, run_id);
}

TEST(EngineCoreInAFleet, AsksAgainWhenItSleptThroughALockTimeoutShorterThanTheLease) {
  TaskPolicies policies = Unique();
  policies.lock_timeout = seconds(5);
  Core core({MakeTask("a", seconds(60), policies)});
  core.Follow();
  core.Advance(seconds(60));
  const SteadyTime asked = core.now().steady;
  core.Sleep(seconds(5));
  core.AnswerClaims(ClaimOutcome::kClaimed, asked);
  EXPECT_THAT(core.starts, IsEmpty());
  EXPECT_THAT(core.Asked(), ElementsAre("a@60"));
}

TEST(EngineCoreInAFleet, EndsThoughItSleptThroughAnAnswerAndIsToldToStop) {
  Core core({MakeTask("a", seconds(1), Unique())});
  core.Follow();
  core.Advance(seconds(1));
  const SteadyTime asked = core.now().steady;
  const std::string run_id = core.AskedClaims().at(0).run_id;
  core.Sleep(seconds(14));
  core.Tell(input::ShutdownRequested{});
  core.AnswerClaims(ClaimOutcome::kClaimed, asked);
  ASSERT_THAT(core.records, SizeIs(1));
  EXPECT_EQ(core.records[0].at(0).run_id, run_id);
  EXPECT_THAT(core.Events(), Contains("occurrence_closed a@1 missed(late)"));
  core.Record();
  EXPECT_TRUE(core.finished());
  EXPECT_THAT(core.starts, IsEmpty());
}

TEST(EngineCoreInAFleet, AsksAgainForWhatWasNotAnsweredThoughItsClockIsSetBack) {
  Core core(UniqueTasks(1));
  core.Follow();
  core.Advance(seconds(60));
  const std::string run_id = core.AskedClaims()[0].run_id;
  core.FailClaims();  // It may have been granted.
  core.JumpWall(-seconds(30));
  core.Advance(seconds(2));
  ASSERT_THAT(core.AskedClaims(), SizeIs(1));
  EXPECT_EQ(core.AskedClaims()[0].run_id, run_id);
}

// The network may have repeated the early claim, and the store granted that one.
TEST(EngineCoreInAFleet, AsksForAnEarlyInstantUnderOneRunIdAlsoWhenItsClockIsSetBack) {
  Core core(UniqueTasks(1));
  core.Follow();
  core.Advance(seconds(60));
  const std::string run_id = core.AskedClaims().at(0).run_id;
  core.AnswerClaimsEarly(seconds(30));
  core.JumpWall(-seconds(20));
  core.Advance(seconds(29));
  EXPECT_THAT(core.Asked(), IsEmpty()) << "twenty seconds later it is due by the clock as it was set back";
  core.Advance(seconds(1));
  ASSERT_THAT(core.Asked(), ElementsAre("task-0@60"));
  EXPECT_EQ(core.AskedClaims()[0].run_id, run_id);
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.Advance(seconds(10));
  EXPECT_THAT(core.Asked(), IsEmpty());
}

TEST(EngineCoreInAFleet, RunsWhatItsClockCalledLateUntilItWasSetBack) {
  TaskPolicies policies = Unique();
  policies.misfire.grace = seconds(5);
  Core core({MakeTask("a", seconds(60), policies)});
  core.Follow();
  core.JumpWall(seconds(70));
  core.Advance(seconds(5));  // For others to renew their leases.
  ASSERT_THAT(core.Asked(), ElementsAre("a@60 missed(late)"));
  core.AnswerClaimsEarly(seconds(60));
  core.JumpWall(-seconds(70));
  core.Advance(seconds(54));
  EXPECT_THAT(core.Asked(), IsEmpty());
  core.Advance(seconds(1));
  EXPECT_THAT(core.Asked(), ElementsAre("a@60"));
}

TEST(EngineCoreInAFleet, SkipsAnEarlyInstantThatComesDueDuringARunOfTheSameServer) {
  TaskPolicies policies;
  policies.overlap = OverlapPolicy::kSkip;
  Core core({MakeTask("a", seconds(4), policies)});
  core.Follow();
  core.Advance(seconds(4));
  const std::string run_id = core.AskedClaims().at(0).run_id;
  core.AnswerClaimsEarly(milliseconds(4'500));
  core.Advance(seconds(4));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  EXPECT_THAT(core.starts, SizeIs(1));
  core.Advance(milliseconds(500));
  ASSERT_THAT(core.Asked(), ElementsAre("a\x1F"
                                        "a@4 skipped(overlap)"));
  EXPECT_EQ(core.AskedClaims()[0].run_id, run_id);
}

TEST(EngineCoreInAFleet, SkipsWhatIsGrantedBesideARunThatBeganWithoutTheStore) {
  TaskPolicies policies;
  policies.overlap = OverlapPolicy::kSkip;
  Core core({MakeTask("a", seconds(4), policies)});
  core.Follow();
  core.Advance(seconds(4));
  core.AnswerClaimsEarly(seconds(4));
  core.Advance(seconds(4));
  std::vector<ClaimRequest> batch = core.AskedClaims();
  ASSERT_THAT(batch, SizeIs(2));
  std::vector<ClaimReply> replies(2);
  replies[0].outcome = ClaimOutcome::kUnanswered;
  replies[1].outcome = ClaimOutcome::kClaimed;
  replies[1].token = 7;
  core.claims.clear();
  core.Tell(input::ClaimsAnswered{std::move(batch), std::move(replies), core.now().steady});
  EXPECT_THAT(core.Events(), ElementsAre("run_started a@4", "occurrence_closed a@8 skipped(overlap)"));
  EXPECT_THAT(core.starts, SizeIs(1));
}

TEST(EngineCoreInAFleet, KeepsALeaseThatAPartOfTheStoreDidNotAnswerFor) {
  RunningCore core;
  core.Tell(input::LeasesRenewed{
      {{core.starts[0].record.run_id, "a"}}, RenewReply{{RenewOutcome::kUnanswered}, {"a"}}, core.now().steady});
  EXPECT_THAT(core.stops, IsEmpty());
}

TEST(EngineCoreInAFleet, WithAFastClockCountsTheGraceFromWhenTheStoreTakesTheClaim) {
  Core core({MakeTask("a", seconds(1), Unique())});
  core.Follow();
  core.Advance(seconds(1));
  ClaimReply early;
  early.outcome = ClaimOutcome::kEarly;
  early.wait = seconds(5);
  core.Tell(input::ClaimsAnswered{std::exchange(core.claims, {}).at(0), std::vector{early}, core.now().steady});
  core.AdvanceWithoutClaims(seconds(5));
  EXPECT_THAT(core.Asked(), Contains("a@1")) << "to run it";
}

// One that runs "a" since the first minute, has a recorded outcome of the minute before, and is told that the store
// lost its state.
class RememberingCore : public Core {
 public:
  RememberingCore() : Core({MakeTask("a", seconds(60), Unique()), MakeTask("b", seconds(50), Unique())}) {
    Follow();
    Advance(seconds(50));
    AnswerClaims(ClaimOutcome::kClaimed);
    EndRun(starts.at(0).record.run_id);
    Record();
    Advance(seconds(10));
    AnswerClaims(ClaimOutcome::kClaimed);
    Tell(input::LeasesRenewed{{}, Fail(StateLost("another process")), now().steady});
  }
};

TEST(EngineCoreAfterALoss, TellsTheStoreWhatItRemembers) {
  RememberingCore core;
  ASSERT_THAT(core.memories, SizeIs(1));
  const Memory& memory = core.memories[0];
  ASSERT_THAT(memory.records, SizeIs(1));
  EXPECT_EQ(memory.records[0].task, "b");
  EXPECT_EQ(memory.records[0].outcome, Outcome::kSucceeded);
  ASSERT_THAT(memory.runs, SizeIs(1));
  EXPECT_EQ(memory.runs[0].record.run_id, core.starts[1].record.run_id);
  EXPECT_EQ(memory.runs[0].record.token, core.starts[1].record.token);
  EXPECT_EQ(memory.runs[0].lock_left, minutes(30));
  ASSERT_THAT(memory.watermarks, SizeIs(2));
  EXPECT_EQ(memory.watermarks[0].scope, "a");
  EXPECT_EQ(memory.watermarks[0].at, kStart + seconds(60));
  EXPECT_EQ(memory.watermarks[1].at, kStart + seconds(50));
  EXPECT_THAT(core.Events(), Contains("state_lost"));
}

TEST(EngineCoreAfterALoss, ClaimsRenewsAndRecordsNothingBeforeTheStoreWasTold) {
  RememberingCore core;
  core.renewals.clear();
  core.EndRun(core.starts[1].record.run_id);
  core.Advance(seconds(60));
  EXPECT_THAT(core.Asked(), IsEmpty());
  EXPECT_THAT(core.renewals, IsEmpty());
  EXPECT_THAT(core.records, IsEmpty());
  EXPECT_THAT(core.memories, SizeIs(1)) << "told once";

  core.Tell(input::Reasserted{Milliseconds(0)});
  EXPECT_THAT(core.Asked(), Not(IsEmpty()));
  EXPECT_THAT(core.renewals, SizeIs(1));
  core.AnswerClaims(ClaimOutcome::kDecided);
  EXPECT_THAT(core.records, SizeIs(1));
}

TEST(EngineCoreAfterALoss, WaitsWithClaimsAsLongAsTheStoreSays) {
  RememberingCore core;
  core.Tell(input::Reasserted{seconds(6)});
  EXPECT_THAT(core.Events(), Contains("state_reasserted"));
  const int reaps = core.reaps;
  core.Advance(milliseconds(5'900));
  EXPECT_EQ(core.reaps, reaps) << "others may not have shown yet that they live";
  core.Advance(seconds(45));
  EXPECT_THAT(core.Asked(), Not(IsEmpty()));
}

TEST(EngineCoreAfterALoss, WaitsAsLongThoughTheClockJumps) {
  RememberingCore core;
  core.Tell(input::Reasserted{seconds(6)});
  core.JumpWall(minutes(2));
  core.Advance(milliseconds(5'900));
  EXPECT_THAT(core.Asked(), IsEmpty());
  core.Advance(milliseconds(100));
  EXPECT_THAT(core.Asked(), Not(IsEmpty()));
}

TEST(EngineCoreAfterALoss, TriesAgainWhenTheStoreIsGoneInBetween) {
  RememberingCore core;
  core.Tell(input::Reasserted{Fail(Unavailable("gone"))});
  EXPECT_THAT(core.memories, SizeIs(1));
  EXPECT_EQ(core.wake(), core.now().steady + seconds(1));
  core.Advance(seconds(1));
  EXPECT_THAT(core.memories, SizeIs(2));
}

TEST(EngineCoreAfterALoss, DoesNotTakeForDecidedWhatWasOnlyAsked) {
  Core core({MakeTask("a", seconds(60), Unique())});
  core.Follow();
  core.Advance(seconds(60));
  core.AnswerClaims(ClaimOutcome::kDecided);
  core.Advance(seconds(60));
  core.FailClaims(StateLost("another process"));
  ASSERT_THAT(core.memories, SizeIs(1));
  ASSERT_THAT(core.memories[0].watermarks, SizeIs(1));
  EXPECT_EQ(core.memories[0].watermarks[0].at, kStart + seconds(60));
  core.Tell(input::Reasserted{Milliseconds(0)});
  core.Advance(seconds(1));
  EXPECT_THAT(core.Asked(), ElementsAre("a@120"));
}

TEST(EngineCoreAfterALoss, DoesNotTakeForDecidedWhereATaskBegan) {
  const auto schedule = std::make_shared<const Schedule>(
      std::vector<Task>{MakeTask("a", seconds(60), Unique()), MakeTask("b", seconds(60), Unique())});
  EngineCore core(Core::Options(4), schedule, {kStart, kStart}, {true, false});
  const Moment now{kStart, SteadyTime(std::chrono::hours(1))};
  core.Follow(now.wall);
  core.Decide(input::Woken{}, now);
  const Decision decision = core.Decide(input::LeasesRenewed{{}, Fail(StateLost("it was emptied")), now.steady}, now);
  std::vector<Scope> told;
  for (const EngineAction& action : decision.actions) {
    const auto* reassert = std::get_if<action::Reassert>(&action);
    if (reassert == nullptr) continue;
    for (const Memory::Watermark& watermark : reassert->memory.watermarks) told.push_back(watermark.scope);
  }
  EXPECT_THAT(told, ElementsAre("b"));
}

TEST(EngineCoreAfterALoss, DoesNotTakeForDecidedWhatAStoppingServerGaveUp) {
  Core core({MakeTask("a", seconds(60), Unique())});
  core.Follow();
  core.Advance(seconds(60));
  core.FailClaims();
  core.Tell(input::ShutdownRequested{});
  core.Tell(input::LeasesRenewed{{}, Fail(StateLost("another process")), core.now().steady});
  core.Advance(seconds(1));
  for (const Memory& memory : core.memories) EXPECT_EQ(memory.watermarks.at(0).at, kStart);
}

TEST(EngineCoreAfterALoss, TellsAlsoWhatTheStoreDidNotTakeYet) {
  Core core({MakeTask("a", seconds(60), Unique())});
  core.Follow();
  core.Advance(seconds(60));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.EndRun(core.starts.at(0).record.run_id);
  core.FailRecords(StateLost("another process"));
  ASSERT_THAT(core.memories, SizeIs(1));
  ASSERT_THAT(core.memories[0].records, SizeIs(1));
  EXPECT_EQ(core.memories[0].records[0].outcome, Outcome::kSucceeded);
}

TEST(EngineCoreAfterALoss, WaitsForClaimsUnderWayBeforeItTells) {
  Core core({MakeTask("a", seconds(60), Unique())});
  core.Follow();
  core.Advance(seconds(60));
  core.Tell(input::LeasesRenewed{{}, Fail(StateLost("another process")), core.now().steady});
  EXPECT_THAT(core.memories, IsEmpty());
  core.AnswerClaims(ClaimOutcome::kClaimed);
  ASSERT_THAT(core.memories, SizeIs(1));
  EXPECT_THAT(core.memories[0].runs, SizeIs(1));
}

TEST(EngineCoreAfterALoss, CountsAndRecordsWhatNobodyRemembers) {
  Core core({MakeTask("a", seconds(60), Unique())});
  core.Follow();
  OccurrenceRecord unknown;
  unknown.run_id = "a@1.unknown";
  unknown.task = unknown.scope = "a";
  unknown.scheduled_at = kStart + milliseconds(1);
  unknown.scheduled_last = kStart + seconds(180);
  unknown.count = 0;
  unknown.outcome = Outcome::kUnknown;
  unknown.reason = "nobody knows";
  core.Tell(input::Reaped{{unknown}});
  ASSERT_THAT(core.records, SizeIs(1));
  EXPECT_EQ(core.records[0].at(0).count, 3u);
  EXPECT_EQ(core.records[0].at(0).scheduled_at, kStart + seconds(60));
  EXPECT_THAT(core.Events(), Contains("occurrence_closed a@60 unknown(nobody knows)"));
}

TEST(EngineCore, LetsClaimsUnderWayGoBeforeOutcomes) {
  Core core({MakeTask("a", seconds(60), Unique()), MakeTask("b", seconds(90), Unique())});
  core.Follow();
  core.Advance(seconds(60));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.Advance(seconds(30));
  ASSERT_THAT(core.Asked(), ElementsAre("b@90"));
  core.EndRun(core.starts[0].record.run_id);
  EXPECT_THAT(core.records, IsEmpty());
  core.AnswerClaims(ClaimOutcome::kClaimed);
  EXPECT_THAT(core.records, SizeIs(1));
}

TEST(EngineCore, TellsAnOutcomeSoonThoughClaimsAreNotAnswered) {
  Core core({MakeTask("a", seconds(60), Unique()), MakeTask("b", seconds(90), Unique())});
  core.Follow();
  core.Advance(seconds(60));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.Advance(seconds(30));
  core.EndRun(core.starts[0].record.run_id);
  const SteadyTime wake = core.wake();
  EXPECT_LE(wake - core.now().steady, seconds(1));
  core.Advance(std::chrono::ceil<Milliseconds>(wake - core.now().steady));
  EXPECT_THAT(core.records, SizeIs(1));
}

}  // namespace
}  // namespace rota
