#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rota/engine/test_core.h"

namespace rota {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::UnorderedElementsAre;

TaskPolicies After(std::vector<Parent> parents, TaskPolicies policies = Unique()) {
  policies.after = std::move(parents);
  return policies;
}

// One whose tasks are due every minute: load follows extract, and report follows load whatever became of it.
class EngineCoreChains : public testing::Test {
 protected:
  explicit EngineCoreChains(const TaskPolicies& policies = Unique())
      : core_({MakeTask("extract", seconds(60), policies),
               MakeTask("load", seconds(60), After({{"extract"}}, policies)),
               MakeTask("report", seconds(60), After({{"load", ParentEnd::kEnd}}, policies))}) {}

  void SetUp() override {
    core_.Follow();
    core_.Advance(seconds(60));
  }

  // The history has no record of what is looked up.
  void AnswerLookUp() {
    const std::vector<OccurrenceKey> keys = core_.look_ups.back();
    core_.look_ups.clear();
    core_.Tell(input::LookedUp{keys, std::vector<Standing>(keys.size())});
  }

  Core core_;
};

TEST_F(EngineCoreChains, RunsEachTaskWhenTheOneBeforeItHasEnded) {
  EXPECT_THAT(core_.Asked(), ElementsAre("extract@60"));
  core_.AnswerClaims(ClaimOutcome::kClaimed);
  EXPECT_THAT(core_.Asked(), IsEmpty());
  core_.EndRun(core_.starts.back().record.run_id);
  EXPECT_THAT(core_.Asked(), ElementsAre("load@60"));
  core_.AnswerClaims(ClaimOutcome::kClaimed);
  core_.EndRun(core_.starts.back().record.run_id, Outcome::kFailed);
  EXPECT_THAT(core_.Asked(), ElementsAre("report@60"));
}

TEST_F(EngineCoreChains, RecordsWhichParentDidNotEndAsItShould) {
  core_.AnswerClaims(ClaimOutcome::kClaimed);
  core_.EndRun(core_.starts.back().record.run_id, Outcome::kFailed);
  EXPECT_THAT(core_.Asked(), ElementsAre("load@60 skipped(parent extract failed)"));
  core_.AnswerClaims(ClaimOutcome::kClaimed);
  EXPECT_THAT(core_.Asked(), ElementsAre("report@60"));
}

TEST_F(EngineCoreChains, TakesASkippedParentForOneThatDidNotSucceed) {
  core_.AnswerClaims(ClaimOutcome::kOverlap);
  EXPECT_THAT(core_.Asked(), ElementsAre("load@60 skipped(parent extract skipped)"));
}

TEST_F(EngineCoreChains, LooksUpWhatAnotherServerDecided) {
  core_.AnswerClaims(ClaimOutcome::kDecided);
  EXPECT_THAT(core_.look_ups, IsEmpty());
  core_.Advance(seconds(1));
  const std::vector<OccurrenceKey> keys = {{"extract", kStart + seconds(60)}, {"load", kStart + seconds(60)}};
  ASSERT_THAT(core_.look_ups, ElementsAre(keys));
  Standing running;
  running.stage = Standing::Stage::kRunning;
  core_.Tell(input::LookedUp{keys, std::vector<Standing>{running, {}}});
  EXPECT_THAT(core_.Asked(), IsEmpty());
  core_.Advance(seconds(2));
  ASSERT_THAT(core_.look_ups, SizeIs(2));
  const Standing succeeded{Standing::Stage::kEnded, Outcome::kSucceeded, kStart + seconds(62)};
  core_.Tell(input::LookedUp{keys, std::vector<Standing>{succeeded, {}}});
  EXPECT_THAT(core_.Asked(), ElementsAre("load@60"));
}

TEST_F(EngineCoreChains, LooksAgainWhereTheStoreDidNotAnswer) {
  core_.AnswerClaims(ClaimOutcome::kDecided);
  core_.Advance(seconds(1));
  core_.Tell(input::LookedUp{core_.look_ups.back(), Fail(Unavailable("database is locked"))});
  core_.Advance(seconds(2));
  EXPECT_THAT(core_.look_ups, SizeIs(2));
}

TEST_F(EngineCoreChains, ForgetsWhatAnotherServerRan) {
  core_.AnswerClaims(ClaimOutcome::kClaimed);
  core_.EndRun(core_.starts.back().record.run_id);
  core_.AnswerClaims(ClaimOutcome::kDecided);  // load
  core_.Advance(seconds(20));
  ASSERT_FALSE(core_.look_ups.empty());
  EXPECT_THAT(core_.look_ups.back(), ElementsAre(OccurrenceKey{"load", kStart + seconds(60)}));
}

TEST_F(EngineCoreChains, DecidesAChildsOccurrencesInTheirOrder) {
  core_.AnswerClaims(ClaimOutcome::kClaimed);
  const std::string first = core_.starts.back().record.run_id;
  core_.Advance(seconds(60));
  core_.AnswerClaims(ClaimOutcome::kOverlap);  // extract@120: its child waits for the one before it.
  EXPECT_THAT(core_.Asked(), IsEmpty());
  core_.EndRun(first);
  EXPECT_THAT(core_.Asked(), ElementsAre("load@60"));
  core_.AnswerClaims(ClaimOutcome::kClaimed);
  EXPECT_THAT(core_.Asked(), ElementsAre("load@120 skipped(parent extract skipped)"));
}

TEST_F(EngineCoreChains, PassesOverAnOccurrenceOfWhichTheParentWasNeverDue) {
  core_.AnswerClaims(ClaimOutcome::kDecided);
  core_.Advance(seconds(60));
  core_.AnswerClaims(ClaimOutcome::kClaimed);  // extract@120
  ASSERT_THAT(core_.look_ups, SizeIs(1));
  core_.EndRun(core_.starts.back().record.run_id);
  AnswerLookUp();  // Asked before, so that extract@60 may have been decided since.
  EXPECT_THAT(core_.Asked(), IsEmpty());
  ASSERT_THAT(core_.look_ups, ElementsAre(Contains(OccurrenceKey{"extract", kStart + seconds(60)})));
  AnswerLookUp();
  EXPECT_THAT(core_.Asked(), ElementsAre("load@120"));
}

TEST_F(EngineCoreChains, BeginsNothingOnAServerThatStops) {
  core_.AnswerClaims(ClaimOutcome::kClaimed);
  core_.Tell(input::ShutdownRequested{});
  core_.EndRun(core_.starts.back().record.run_id);
  EXPECT_THAT(core_.Asked(), IsEmpty());
}

TEST_F(EngineCoreChains, CountTheGraceOfAChildFromTheEndOfItsParent) {
  core_.AnswerClaims(ClaimOutcome::kClaimed);
  core_.AdvanceWithoutClaims(minutes(3));  // Longer than the grace.
  core_.AnswerClaimsEarly(std::chrono::hours(1));
  core_.EndRun(core_.starts.back().record.run_id);
  EXPECT_THAT(core_.Asked(), Contains("load@60"));
}

TEST_F(EngineCoreChains, LeavesWhatWaitsToTheNextSchedule) {
  core_.AnswerClaims(ClaimOutcome::kClaimed);
  core_.Tell(input::HandoverRequested{});
  core_.EndRun(core_.starts.back().record.run_id);
  EXPECT_THAT(core_.Asked(), IsEmpty());
  EXPECT_THAT(core_.core().HandedOver(), ElementsAre(kStart + seconds(60), kStart, kStart));
}

TEST_F(EngineCoreChains, LeavesAChildToServersOfANewerRelease) {
  core_.AnswerClaims(ClaimOutcome::kClaimed);
  core_.Tell(input::Withheld{{false, true, false}});
  core_.EndRun(core_.starts.back().record.run_id);
  EXPECT_THAT(core_.Asked(), IsEmpty());
  core_.look_ups.clear();
  core_.Tell(input::Withheld{});  // They are gone.
  core_.Advance(seconds(1));
  ASSERT_THAT(core_.look_ups, testing::Not(IsEmpty()));
  EXPECT_THAT(core_.look_ups.back(), Contains(OccurrenceKey{"extract", kStart + seconds(60)}));
}

TEST_F(EngineCoreChains, RecordsAChildAsMissedWhenTheStoreIsAwayForItsGrace) {
  core_.AnswerClaims(ClaimOutcome::kClaimed);
  core_.AdvanceWithoutClaims(minutes(3));
  core_.AnswerClaimsEarly(std::chrono::hours(1));
  core_.EndRun(core_.starts.back().record.run_id);
  core_.FailClaims();
  core_.Sleep(seconds(30));
  EXPECT_THAT(core_.Asked(), Contains("load@60"));
  core_.FailClaims();
  core_.Sleep(seconds(31));
  EXPECT_THAT(core_.Asked(), Contains("load@60 missed(store)"));
}

class ChainsOfEachServer : public EngineCoreChains {
 protected:
  ChainsOfEachServer() : EngineCoreChains({}) {}
};

TEST_F(ChainsOfEachServer, GoOnWithoutTheStore) {
  core_.FailClaims();
  ASSERT_THAT(core_.starts, SizeIs(1));
  core_.EndRun(core_.starts.back().record.run_id);
  ASSERT_THAT(core_.starts, SizeIs(2));
  EXPECT_EQ(core_.starts.back().record.task, "load");
}

TEST_F(ChainsOfEachServer, LeaveWhatWaitsToTheNextSchedule) {
  core_.AnswerClaims(ClaimOutcome::kClaimed);
  core_.Tell(input::HandoverRequested{});
  EXPECT_LT(core_.core().HandedOver()[1], kStart + seconds(60));
}

TEST_F(EngineCoreChains, AskTheStoreHowARunEndedThatOutlivedItsLease) {
  core_.AnswerClaims(ClaimOutcome::kClaimed);
  const std::string run_id = core_.starts.back().record.run_id;
  core_.renewals.clear();
  core_.look_ups.clear();
  core_.SleepSilently(seconds(20));
  core_.EndRun(run_id);
  EXPECT_THAT(core_.Asked(), testing::Not(Contains("load@60"))) << "another server may have found it lost";
  EXPECT_THAT(core_.look_ups, SizeIs(1));
}

TEST(EngineCoreJoins, LookUpTheOtherParentsWhenOneHasEndedHere) {
  Core core({MakeTask("a", seconds(60), Unique()), MakeTask("b", seconds(60), Unique()),
             MakeTask("both", seconds(60), After({{"a"}, {"b"}}))});
  core.Follow();
  core.Advance(seconds(60));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  ASSERT_THAT(core.starts, SizeIs(2));
  const std::size_t before = core.look_ups.size();
  core.EndRun(core.starts[0].record.run_id);
  ASSERT_EQ(core.look_ups.size(), before + 1);
  EXPECT_THAT(core.look_ups.back(), ElementsAre(OccurrenceKey{"b", kStart + seconds(60)}));
}

TEST(EngineCoreJoins, WaitForAllParents) {
  Core core({MakeTask("a", seconds(60), Unique()), MakeTask("b", seconds(60), Unique()),
             MakeTask("both", seconds(60), After({{"a"}, {"b", ParentEnd::kFail}}))});
  core.Follow();
  core.Advance(seconds(60));
  EXPECT_THAT(core.Asked(), UnorderedElementsAre("a@60", "b@60"));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  ASSERT_THAT(core.starts, SizeIs(2));
  core.EndRun(core.starts[0].record.run_id);
  EXPECT_THAT(core.Asked(), IsEmpty());
  core.EndRun(core.starts[1].record.run_id);
  EXPECT_THAT(core.Asked(), ElementsAre("both@60 skipped(parent b succeeded)"));
}

TEST(EngineCoreJoins, FollowEachOccurrenceThatTheirParentMakesUpFor) {
  TaskPolicies root = Unique();
  root.misfire = {Misfire::kRunAll};
  Core core({MakeTask("a", seconds(60), root), MakeTask("child", seconds(60), After({{"a"}}))});
  core.Follow();
  core.Sleep(seconds(180));
  std::vector<std::string> asked;
  for (int i = 0; i < 10; ++i) {
    for (const std::string& one : core.Asked()) asked.push_back(one);
    core.AnswerClaims(ClaimOutcome::kClaimed);
    for (const action::Start& start : std::exchange(core.starts, {})) core.EndRun(start.record.run_id);
  }
  EXPECT_THAT(asked, ElementsAre("a@60", "a@120", "a@180", "child@60", "child@120", "child@180"));
}

// Another server may have them waiting, too.
TEST(EngineCoreJoins, DoNotOvertakeWhatIsNotDecided) {
  Core core({MakeTask("a", seconds(60), Unique()), MakeTask("child", seconds(60), After({{"a"}}))}, 4,
            kStart - minutes(3));
  core.core().CatchUp(kStart);
  core.Follow();
  core.AnswerClaims(ClaimOutcome::kDecided);
  const std::vector<OccurrenceKey> keys = core.look_ups.back();
  ASSERT_THAT(keys, SizeIs(3));
  const Standing running{Standing::Stage::kRunning, Outcome::kRunning, {}};
  const Standing skipped{Standing::Stage::kEnded, Outcome::kSkipped, kStart};
  core.Tell(input::LookedUp{keys, std::vector<Standing>{running, skipped, skipped}});
  EXPECT_THAT(core.Asked(), IsEmpty());
}

TEST(EngineCoreJoins, CloseWhatWasMissedWithTheirParentsTogether) {
  Core core({MakeTask("a", seconds(60), Unique()), MakeTask("child", seconds(60), After({{"a"}}))}, 4,
            kStart - minutes(3));
  core.core().CatchUp(kStart);
  core.Follow();
  core.AnswerClaims(ClaimOutcome::kDecided);
  const std::vector<OccurrenceKey> keys = core.look_ups.back();
  const Standing missed{Standing::Stage::kEnded, Outcome::kMissed, kStart};
  const Standing succeeded{Standing::Stage::kEnded, Outcome::kSucceeded, kStart};
  core.Tell(input::LookedUp{keys, std::vector<Standing>{missed, missed, succeeded}});
  EXPECT_THAT(core.Asked(), ElementsAre("child@-60 skipped(parent a missed)"));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  EXPECT_THAT(core.Asked(), ElementsAre("child@0"));
}

}  // namespace
}  // namespace rota
