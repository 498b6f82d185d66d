#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rota/base/format.h"
#include "rota/engine/test_core.h"

namespace rota {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

TaskPolicies InPool(TaskPolicies policies = Unique()) {
  policies.pool = "reports";
  return policies;
}

// One whose tasks, due every minute, are of a pool with two workers and a limit.
class LimitedCore : public Core {
 public:
  explicit LimitedCore(int tasks = 1, const TaskPolicies& policies = InPool(), int fleet_limit = 10)
      : Core(Tasks(tasks, policies), 4, Pools{{"reports", {2, fleet_limit}}}) {
    Follow();
    Advance(minutes(1));
  }
  // The first task runs, with a slot.
  void Start() {
    AnswerSlots(1);
    AnswerClaims(ClaimOutcome::kClaimed);
    Record();
  }
  std::string RunId(std::size_t i = 0) const { return starts.at(i).record.run_id; }

 private:
  static std::vector<Task> Tasks(int count, const TaskPolicies& policies) {
    std::vector<Task> tasks;
    for (int i = 0; i < count; ++i) tasks.push_back(MakeTask(Format("t{}", i), seconds(60), policies));
    return tasks;
  }
};

TEST(EngineCoreSlots, AreTakenBeforeAnOccurrenceIsClaimed) {
  LimitedCore core;
  EXPECT_THAT(core.Asked(), IsEmpty());
  ASSERT_THAT(core.AskedSlots(), ElementsAre("take"));
  const ClaimRequest& request = core.slots.at(0).at(0);
  EXPECT_EQ(request.scope, " pool reports");
  EXPECT_EQ(request.fleet_limit, 10);
  core.AnswerSlots(1);
  EXPECT_THAT(core.Asked(), ElementsAre("t0@60"));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  EXPECT_THAT(core.starts, SizeIs(1));
}

TEST(EngineCoreSlots, GoBackWhenTheirRunHasEnded) {
  LimitedCore core;
  core.Start();
  EXPECT_THAT(core.AskedSlots(), IsEmpty());
  core.EndRun(core.RunId());
  EXPECT_THAT(core.AskedSlots(), ElementsAre("give back"));
}

TEST(EngineCoreSlots, AreAskedForAsManyAsWaitForThemAndHaveAWorker) {
  LimitedCore core(3);
  EXPECT_THAT(core.AskedSlots(), ElementsAre("take", "take"));
  core.AnswerSlots(2);
  EXPECT_THAT(core.Asked(), SizeIs(2));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  core.EndRun(core.RunId());
  EXPECT_THAT(core.Asked(), SizeIs(1)) << "with the slot of the run that ended";
  EXPECT_THAT(core.AskedSlots(), IsEmpty());
}

TEST(EngineCoreSlots, GoBackWhereAnotherServerRunsTheOccurrence) {
  LimitedCore core;
  core.AnswerSlots(1);
  core.AnswerClaims(ClaimOutcome::kDecided);
  EXPECT_THAT(core.AskedSlots(), ElementsAre("give back"));
}

TEST(EngineCoreSlots, OfAFullPoolAreAskedForAgainWithinASecond) {
  LimitedCore core;
  core.AnswerSlots(0);
  EXPECT_THAT(core.AskedSlots(), IsEmpty());
  EXPECT_LE(core.wake(), core.now().steady + seconds(1));
  core.Advance(seconds(1));
  EXPECT_THAT(core.AskedSlots(), ElementsAre("take"));
}

TEST(EngineCoreSlots, ThatDoNotComeInTimeLeaveTheOccurrenceMissed) {
  TaskPolicies policies = InPool();
  policies.misfire.grace = seconds(10);
  LimitedCore core(1, policies);
  for (int i = 0; i < 11; ++i) {
    core.AnswerSlots(0);
    core.Advance(seconds(1));
  }
  EXPECT_THAT(core.Asked(), ElementsAre("t0@60 missed(late)"));
}

TEST(EngineCoreSlots, AreNeededByTasksOfEachServerToo) {
  LimitedCore core(1, InPool({}));
  EXPECT_THAT(core.Asked(), IsEmpty());
  EXPECT_THAT(core.AskedSlots(), ElementsAre("take"));
}

TEST(EngineCoreSlots, AreRenewedWithTheLeases) {
  LimitedCore core;
  core.Start();
  core.Sleep(seconds(5));
  ASSERT_THAT(core.renewals, SizeIs(1));
  ASSERT_THAT(core.renewals[0], SizeIs(2));
  EXPECT_THAT((std::vector{core.renewals[0][0].scope, core.renewals[0][1].scope}),
              testing::UnorderedElementsAre("t0", " pool reports"));
}

TEST(EngineCoreSlots, ThatAreLostLetTheirRunGoOnAndKeepTheNextOneWaiting) {
  LimitedCore core;
  core.Start();
  core.Sleep(seconds(5));
  const std::vector<LeaseRef> leases = core.renewals.at(0);
  std::vector<RenewOutcome> outcomes;
  for (const LeaseRef& lease : leases) {
    outcomes.push_back(IsPoolScope(lease.scope) ? RenewOutcome::kExpired : RenewOutcome::kRenewed);
  }
  core.Tell(input::LeasesRenewed{leases, RenewReply{outcomes, {"a"}}, core.now().steady});
  EXPECT_THAT(core.stops, IsEmpty());
  EXPECT_THAT(core.AskedSlots(), ElementsAre("give back", "take")) << "others are to count the run again";
  core.AnswerSlots(0);
  core.EndRun(core.RunId());
  core.Advance(minutes(1));
  EXPECT_THAT(core.Asked(), IsEmpty());
  EXPECT_THAT(core.AskedSlots(), ElementsAre("take"));
}

TEST(EngineCoreSlots, AreNotHadWithoutTheStore) {
  TaskPolicies policies = InPool();
  policies.store_outage = StoreOutage::kOpen;
  LimitedCore core(1, policies);
  for (int i = 0; i < 59; ++i) {
    core.FailSlots();
    core.AdvanceWithoutStore(seconds(1));
  }
  EXPECT_THAT(core.starts, IsEmpty());
  EXPECT_THAT(core.Asked(), IsEmpty());
  core.FailSlots();
  core.AdvanceWithoutStore(seconds(2));
  EXPECT_THAT(core.Asked().front(), "t0@60 missed(store)");
}

TEST(EngineCoreSlots, ThatAreHeldAreUsedWithoutTheStore) {
  LimitedCore core(2, InPool({}));
  core.AnswerSlots(1);
  core.FailClaims();
  ASSERT_THAT(core.starts, SizeIs(1));
  core.slots.clear();
  core.EndRun(core.RunId());
  EXPECT_THAT(core.starts, SizeIs(2));
}

TEST(EngineCoreSlots, OfWhichNothingIsKnownAreGivenBack) {
  LimitedCore core;
  core.FailSlots();
  core.Advance(seconds(1));
  EXPECT_THAT(core.AskedSlots(), ElementsAre("give back", "take"));
}

TEST(EngineCoreSlots, AreRememberedForAStoreThatLostThem) {
  LimitedCore core;
  core.Start();
  core.Sleep(seconds(5));
  core.Tell(input::LeasesRenewed{core.renewals.at(0), Fail(StateLost("it was emptied")), core.now().steady});
  ASSERT_THAT(core.memories, SizeIs(1));
  ASSERT_THAT(core.memories[0].slots, SizeIs(1));
  EXPECT_EQ(core.memories[0].slots[0].scope, " pool reports");
  EXPECT_EQ(core.memories[0].slots[0].server, "a");
}

TEST(EngineCoreSlots, AreTakenForARunThatAPersonAsksFor) {
  Core core({MakeTask("t0", minutes(60), InPool())}, 4, Pools{{"reports", {2, 1}}});
  core.Tell(input::RunRequested{0});
  core.Tell(input::DrainRequested{});
  ASSERT_THAT(core.AskedSlots(), ElementsAre("take"));
  EXPECT_FALSE(core.finished());
  core.AnswerSlots(1);
  EXPECT_THAT(core.Asked(), ElementsAre("t0@0"));
  core.AnswerClaims(ClaimOutcome::kClaimed);
  EXPECT_THAT(core.starts, SizeIs(1));
}

TEST(EngineCoreSlots, DoNotKeepAPersonWaitingWhereTheStoreDoesNotAnswer) {
  Core core({MakeTask("t0", minutes(60), InPool())}, 4, Pools{{"reports", {2, 1}}});
  core.Tell(input::RunRequested{0});
  core.Tell(input::DrainRequested{});
  core.FailSlots();
  EXPECT_THAT(core.Events(), testing::Contains("occurrence_closed t0@0 missed(store)"));
}

TEST(EngineCoreSlots, AreTakenForTheNextAttempt) {
  TaskPolicies policies = InPool();
  policies.retry = RetryPolicy{};
  policies.retry->attempts = 2;
  LimitedCore core(1, policies);
  core.Start();
  core.EndRun(core.RunId(), Outcome::kFailed);
  EXPECT_THAT(core.AskedSlots(), ElementsAre("give back"));
  core.AnswerSlots(0);
  core.Advance(minutes(5));
  EXPECT_THAT(core.starts, SizeIs(1));
  ASSERT_THAT(core.AskedSlots(), ElementsAre("take"));
  core.AnswerSlots(1);
  EXPECT_THAT(core.starts, SizeIs(2));
}

}  // namespace
}  // namespace rota
