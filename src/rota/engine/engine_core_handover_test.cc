#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rota/engine/test_core.h"

namespace rota {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

TaskPolicies QueueOne() {
  TaskPolicies policies = Unique();
  policies.overlap = OverlapPolicy::kQueueOne;
  return policies;
}

TaskPolicies WithPool(TaskPolicies policies, std::string pool) {
  policies.pool = std::move(pool);
  return policies;
}

TEST(EngineCoreHandover, IsOverAtOnceWhereNothingIsUnderWay) {
  Core core({MakeTask("a", seconds(60), Unique())});
  core.Follow();
  EXPECT_FALSE(core.finished());
  core.Tell(input::HandoverRequested{});
  EXPECT_TRUE(core.finished());
  EXPECT_THAT(core.core().HandedOver(), ElementsAre(kStart));
}

TEST(EngineCoreHandover, TakesUpNothingMore) {
  RunningCore core;
  core.Tell(input::HandoverRequested{});
  core.Advance(seconds(180));
  EXPECT_THAT(core.Asked(), IsEmpty());
  EXPECT_THAT(core.core().HandedOver(), ElementsAre(kStart + seconds(60)));
}

TEST(EngineCoreHandover, LetsRunsEndAndRecordsThem) {
  RunningCore core;
  core.Tell(input::HandoverRequested{});
  core.Advance(seconds(600));
  EXPECT_FALSE(core.finished());
  EXPECT_THAT(core.stops, IsEmpty());
  core.EndRun(core.starts.at(0).record.run_id);
  EXPECT_FALSE(core.finished()) << "its outcome is to be stored";
  core.Record();
  EXPECT_TRUE(core.finished());
}

TEST(EngineCoreHandover, WaitsForAStoreThatDoesNotTakeOutcomes) {
  RunningCore core;
  core.Tell(input::HandoverRequested{});
  core.EndRun(core.starts.at(0).record.run_id);
  core.FailRecords();
  core.AdvanceWithoutStore(seconds(3600));
  core.FailRecords();
  EXPECT_FALSE(core.finished());
  core.Advance(seconds(10));
  core.Record();
  EXPECT_TRUE(core.finished());
}

TEST(EngineCoreHandover, MakesTheNextAttemptOfARun) {
  TaskPolicies policies = Unique();
  policies.retry = RetryPolicy{.attempts = 2, .delay = seconds(10), .jitter = Jitter::kNone};
  Core core({MakeTask("a", seconds(60), policies)});
  core.Follow();
  core.Advance(seconds(60));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.Tell(input::HandoverRequested{});
  core.EndRun(core.starts.at(0).record.run_id, Outcome::kFailed);
  core.Advance(seconds(10));
  ASSERT_EQ(core.starts.size(), 2u);
  EXPECT_EQ(core.starts[1].record.attempt, 2);
}

TEST(EngineCoreHandover, AsksForWhatHasNoAnswerUntilItIsDecided) {
  Core core({MakeTask("a", seconds(60), Unique())});
  core.Follow();
  core.Advance(seconds(60));
  core.Tell(input::HandoverRequested{});
  const std::string run_id = core.AskedClaims().at(0).run_id;
  core.FailClaims();
  EXPECT_FALSE(core.finished());
  core.Advance(seconds(2));
  ASSERT_EQ(core.Asked().size(), 1u);
  EXPECT_EQ(core.AskedClaims()[0].run_id, run_id);
  EXPECT_THAT(core.core().HandedOver(), ElementsAre(kStart)) << "the store lets one of the two have it";
  core.AnswerClaims(ClaimOutcome::kDecided);
  EXPECT_TRUE(core.finished());
}

TEST(EngineCoreHandover, KeepsWhatItMayDecideWithoutTheStore) {
  Core core({MakeTask("cache", seconds(60), {})});
  core.Follow();
  core.Advance(seconds(60));
  core.Tell(input::HandoverRequested{});
  EXPECT_THAT(core.core().HandedOver(), ElementsAre(kStart + seconds(60)));
  core.FailClaims();
  EXPECT_EQ(core.starts.size(), 1u);
}

TEST(EngineCoreHandover, LeavesWhatWasCalledEarlyToTheSuccessor) {
  Core core({MakeTask("cache", seconds(60), {})});
  core.Follow();
  core.Advance(seconds(60));
  core.AnswerClaimsEarly(seconds(5));
  core.Tell(input::HandoverRequested{});
  EXPECT_TRUE(core.finished());
  EXPECT_THAT(core.core().HandedOver(), ElementsAre(kStart + seconds(60) - Milliseconds(1)));
}

TEST(EngineCoreHandover, LeavesWhatIsCalledEarlyAfterItToTheSuccessor) {
  Core core({MakeTask("a", seconds(60), Unique())});
  core.Follow();
  core.Advance(seconds(60));
  core.Tell(input::HandoverRequested{});
  core.AnswerClaimsEarly(seconds(5));
  EXPECT_TRUE(core.finished());
}

TEST(EngineCoreHandover, LeavesWhatWaitsForABusyTaskToTheSuccessor) {
  Core core({MakeTask("a", seconds(60), QueueOne())});
  core.Follow();
  core.Advance(seconds(60));
  core.AnswerClaims(ClaimOutcome::kBusy);
  core.Tell(input::HandoverRequested{});
  EXPECT_TRUE(core.finished());
  EXPECT_THAT(core.core().HandedOver(), ElementsAre(kStart));
}

TEST(EngineCoreHandover, LeavesWhatWaitsForAWorkerToTheSuccessor) {
  Core core({MakeTask("a", seconds(60), {}), MakeTask("b", seconds(60), {})}, 1);
  core.Follow();
  core.Advance(seconds(60));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.Tell(input::HandoverRequested{});
  EXPECT_THAT(core.core().HandedOver(), ElementsAre(kStart + seconds(60), kStart));
  core.EndRun(core.starts.at(0).record.run_id);
  core.Record();
  EXPECT_EQ(core.starts.size(), 1u);
  EXPECT_TRUE(core.finished());
}

TEST(EngineCoreHandover, StillRunsWhatFiredWhenTheServerStarted) {
  Core core({MakeTaskAtStart("first", WithPool({}, "p")), MakeTaskAtStart("second", WithPool({}, "p"))}, 4,
            {{"p", {1, {}}}});
  core.Follow();
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.Tell(input::HandoverRequested{});
  ASSERT_EQ(core.starts.size(), 1u);
  core.EndRun(core.starts[0].record.run_id);
  core.AnswerClaims(ClaimOutcome::kClaimed);
  EXPECT_EQ(core.starts.size(), 2u);
}

TEST(EngineCoreHandover, LeavesDeadServersToTheSuccessor) {
  RunningCore core;
  core.Advance(seconds(10));
  core.Tell(input::HandoverRequested{});
  const int reaps = core.reaps;
  core.Advance(seconds(60));
  EXPECT_EQ(core.reaps, reaps);
}

TEST(EngineCoreHandover, EndsWithTheServer) {
  RunningCore core;
  core.Tell(input::HandoverRequested{});
  core.Tell(input::ShutdownRequested{});
  core.Advance(seconds(30));
  ASSERT_EQ(core.stops.size(), 1u);
  EXPECT_EQ(core.stops[0].run_id, core.starts.at(0).record.run_id);
}

TEST(EngineCoreHandover, HasTheSuccessorDecideNothingAgain) {
  Core core({MakeTask("a", seconds(60), Unique()), MakeTask("cache", seconds(60), {})});
  core.Sleep(seconds(90));
  core.core().TakeOver({kStart, kStart + seconds(60)});
  core.core().CatchUp(core.now().wall, Beginning::kSchedule);
  core.core().Follow(core.now().wall, Beginning::kSchedule);
  core.Tell(input::Woken{});
  EXPECT_THAT(core.Asked(), ElementsAre("a@60"));
}

TEST(EngineCoreHandover, HasTheSuccessorMakeUpForTheTimeBetweenButStartNothingAnew) {
  Core core({MakeTaskAtStart("boot", {}), MakeTask("a", seconds(60), Unique())});
  core.Sleep(seconds(90));
  core.core().CatchUp(core.now().wall, Beginning::kSchedule);
  core.core().Follow(core.now().wall, Beginning::kSchedule);
  core.Tell(input::Woken{});
  EXPECT_THAT(core.Asked(), ElementsAre("a@60"));
  EXPECT_EQ(core.AskedClaims().at(0).gap_reason, reason::kLate) << "the server was not down";
}

TEST(EngineCoreHandover, TellsTheStoreWhatItRemembersThoughItDidNotFindTheLossItself) {
  RunningCore core;
  core.Tell(input::HandoverRequested{});
  core.Events();
  core.Tell(input::StateLost{});
  ASSERT_THAT(core.memories, testing::SizeIs(1));
  EXPECT_EQ(core.memories[0].runs.at(0).record.task, "a");
  EXPECT_THAT(core.Events(), testing::IsEmpty()) << "who found it has told";
}

TEST(EngineCoreHandover, OwesWhatItRanWithoutTheStore) {
  CoreWithoutStore core;
  EXPECT_TRUE(core.core().owes_outcomes());
  core.Advance(std::chrono::seconds(1));
  core.Record();
  EXPECT_FALSE(core.core().owes_outcomes());
}

TEST(EngineCoreWithheld, TakesUpNoOccurrenceOfTheTasks) {
  Core core({MakeTask("a", seconds(60), Unique()), MakeTask("b", seconds(60), Unique())});
  core.Follow();
  core.Tell(input::Withheld{{true, false}});
  core.Advance(seconds(60));
  EXPECT_THAT(core.Asked(), ElementsAre("b@60"));
  EXPECT_THAT(core.Events(), IsEmpty()) << "whoever has it decides it";
}

TEST(EngineCoreWithheld, LeavesWhatOtherServersLostToServersOfTheNewerRelease) {
  Core core({MakeTask("a", std::chrono::seconds(60), Unique())});
  core.Follow();
  core.Tell(input::Withheld{{true}});
  core.reaps = 0;
  core.Advance(std::chrono::seconds(15));
  EXPECT_EQ(core.reaps, 0);
  core.Tell(input::Withheld{});
  core.Advance(std::chrono::seconds(15));
  EXPECT_GT(core.reaps, 0);
}

TEST(EngineCoreWithheld, LetsARunGoOn) {
  RunningCore core;
  core.Tell(input::Withheld{{true}});
  core.Advance(seconds(60));
  EXPECT_THAT(core.stops, IsEmpty());
  EXPECT_THAT(core.Asked(), IsEmpty());
  core.EndRun(core.starts.at(0).record.run_id);
  EXPECT_EQ(core.records.size(), 1u);
}

TEST(EngineCoreWithheld, LeavesWhatWaitsToOthers) {
  Core core({MakeTask("a", seconds(60), QueueOne())});
  core.Follow();
  core.Advance(seconds(60));
  core.AnswerClaims(ClaimOutcome::kBusy);
  core.Tell(input::Withheld{{true}});
  core.Advance(seconds(10));
  EXPECT_THAT(core.Asked(), IsEmpty());
}

TEST(EngineCoreWithheld, AsksForWhatHasNoAnswerUntilItIsDecided) {
  Core core({MakeTask("a", seconds(60), Unique())});
  core.Follow();
  core.Advance(seconds(60));
  core.FailClaims();
  core.Tell(input::Withheld{{true}});
  core.Advance(seconds(2));
  EXPECT_THAT(core.Asked(), ElementsAre("a@60"));
}

TEST(EngineCoreWithheld, TakesThemUpAgainWithWhatNobodyMayHaveDecided) {
  Core core({MakeTask("a", seconds(60), Unique()), MakeTask("b", seconds(60), Unique())});
  core.Follow();
  core.Tell(input::Withheld{{true, true}});
  core.Advance(seconds(90));
  core.Tell(input::Withheld{{true, false}});
  EXPECT_THAT(core.Asked(), ElementsAre("b@60"));
  core.AnswerClaims(ClaimOutcome::kDecided);
  core.Tell(input::Withheld{});
  EXPECT_THAT(core.Asked(), ElementsAre("a@60"));
  core.AnswerClaims(ClaimOutcome::kDecided);
  core.Advance(seconds(30));
  EXPECT_THAT(core.Asked(), ElementsAre("a@120", "b@120"));
}

}  // namespace
}  // namespace rota
