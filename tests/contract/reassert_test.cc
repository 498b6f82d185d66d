#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures.h"
#include "rota/testing/fake_clock.h"

namespace rota::contract {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::IsEmpty;

// The stores that may lose what they acknowledged.
class Reasserting : public testing::TestWithParam<StoreKind> {
 protected:
  void Tell(const Memory& memory) {
    const Result<Milliseconds> quiet = store_->Reassert("a", memory);
    ASSERT_TRUE(quiet.has_value()) << quiet.error().message();
    EXPECT_EQ(*quiet, Milliseconds(0)) << "nothing was lost";
  }
  // What Reap() recorded, one record a line.
  std::string Reap() {
    std::string text;
    const auto records = store_->Reap("a", kTtl);
    for (const OccurrenceRecord& record : records.value()) text += Describe(record);
    return text;
  }
  HeldRun Held(std::string run_id, WallTime at, std::uint64_t token) {
    HeldRun run{Record(std::move(run_id), at, Outcome::kRunning), OverlapPolicy::kSkip, kTtl, kLockTimeout};
    run.record.token = token;
    run.record.started_at = at;
    return run;
  }

  TempFolder folder_;
  FakeClock clock_{kStart};
  std::unique_ptr<Store> store_ = MakeStore(GetParam(), folder_, clock_);
};
INSTANTIATE_TEST_SUITE_P(Store, Reasserting, testing::Values(StoreKind::kMemory, StoreKind::kRedis),
                         testing::PrintToStringParamName());

TEST_P(Reasserting, NothingChangesNothing) {
  ClaimOne(*store_, Request("r1"));
  const std::string before = DescribeAll(*store_);
  Tell({});
  EXPECT_EQ(DescribeAll(*store_), before);
}

TEST_P(Reasserting, AnInstantKeepsItFromBeingClaimed) {
  Tell({.records = {}, .runs = {}, .watermarks = {{"backup:run", kStart}}});
  EXPECT_EQ(ClaimOne(*store_, Request("r1")).outcome, ClaimOutcome::kDecided);
  EXPECT_EQ(ClaimOne(*store_, Request("r2", kStart + seconds(1))).outcome, ClaimOutcome::kClaimed);
}

TEST_P(Reasserting, AnEarlierInstantChangesNothing) {
  ClaimOne(*store_, Request("r1"));
  Tell({.records = {}, .runs = {}, .watermarks = {{"backup:run", kStart - minutes(1)}}});
  EXPECT_EQ(ClaimOne(*store_, Request("r2")).outcome, ClaimOutcome::kDecided);
  EXPECT_EQ(Reap(), "");
}

TEST_P(Reasserting, ALaterInstantLeavesThoseInBetweenUnknown) {
  ClaimOne(*store_, Request("r1"));
  ASSERT_TRUE(Finish(*store_, "r1").ok());
  clock_.Advance(minutes(3));
  Tell({.records = {}, .runs = {}, .watermarks = {{"backup:run", kStart + minutes(1)}}});
  Tell({.records = {}, .runs = {}, .watermarks = {{"backup:run", kStart + minutes(2)}}});
  EXPECT_EQ(
      Reap(),
      "backup:run@1800000120000.unknown backup:run backup:run scheduled 1..120000 x0  attempt 1 token 0 started - "
      "finished 180000 unknown(decided before the store lost its state) []\n");
  EXPECT_EQ(OutcomeOf(*store_, "backup:run@1800000120000.unknown"), "unknown(decided before the store lost its state)");
  EXPECT_EQ(Reap(), "") << "they are told once";
}

TEST_P(Reasserting, AnInstantThatSomebodyRecordsLeavesNothingUnknown) {
  ClaimOne(*store_, Request("r1"));
  ASSERT_TRUE(Finish(*store_, "r1").ok());
  clock_.Advance(minutes(3));
  Tell({.records = {}, .runs = {}, .watermarks = {{"backup:run", kStart + minutes(2)}}});
  Tell({.records = {Record("r2", kStart + minutes(1))}, .runs = {}, .watermarks = {}});
  EXPECT_EQ(Reap(), "");
}

TEST_P(Reasserting, AnOutcomeOfAnotherScopeDoesNotSettleAnInstant) {
  ClaimOne(*store_, Request("r1"));
  clock_.Advance(minutes(3));
  OccurrenceRecord other = Record("r2", kStart + minutes(1));
  other.scope = "backup:run\x1fweb";
  Tell({.records = {other}, .runs = {}, .watermarks = {{"backup:run", kStart + minutes(1)}}});
  EXPECT_THAT(Reap(), testing::HasSubstr("backup:run@1800000060000.unknown"));
}

TEST_P(Reasserting, AnInstantAheadIsBelievedAsFarAsOneMayBeClaimed) {
  Tell({.records = {}, .runs = {}, .watermarks = {{"backup:run", kStart + minutes(60)}}});
  EXPECT_EQ(ClaimOne(*store_, Request("r1", kStart + seconds(2))).outcome, ClaimOutcome::kDecided);
  clock_.Advance(seconds(1));
  EXPECT_EQ(ClaimOne(*store_, Request("r2", kStart + seconds(3))).outcome, ClaimOutcome::kClaimed);
}

// The store was emptied, and a server that remembers nothing joined first.
TEST_P(Reasserting, AnInstantTakesThePlaceOfALaterSeed) {
  const std::vector<Task> tasks = {UniqueTask("backup:run")};
  clock_.Advance(minutes(5));
  JoinRequest newcomer;
  newcomer.server = Server("b", "i2");
  newcomer.heartbeat_ttl = kTtl;
  newcomer.tasks = &tasks;
  newcomer.seed = clock_.Now();
  ASSERT_EQ(store_->Join(newcomer).value().watermarks.at(0), kStart + minutes(5));
  Tell({.records = {}, .runs = {}, .watermarks = {{"backup:run", kStart}}});
  EXPECT_EQ(ClaimOne(*store_, Request("pending", kStart + minutes(2))).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(Reap(), "") << "nothing is unknown";
  ASSERT_TRUE(Finish(*store_, "pending").ok());

  clock_.Advance(minutes(1));
  ClaimRequest next = Request("next", kStart + minutes(6));
  next.previous = kStart + minutes(5);
  const ClaimReply reply = ClaimOne(*store_, next);
  EXPECT_EQ(reply.outcome, ClaimOutcome::kClaimed);
  ASSERT_TRUE(reply.gap.has_value()) << "what lies between was nobody's";
  EXPECT_EQ(reply.gap->scheduled_at, kStart + minutes(2) + Milliseconds(1));
  EXPECT_EQ(reply.gap->scheduled_last, kStart + minutes(5));
}

TEST_P(Reasserting, OutcomesMergesThemAndRaisesTheToken) {
  OccurrenceRecord record = Record("r1", kStart, Outcome::kFailed);
  record.token = 41;
  Tell({.records = {record}, .runs = {}, .watermarks = {}});
  EXPECT_EQ(Describe(*Find(*store_, "r1")), Describe(record));
  EXPECT_EQ(ClaimOne(*store_, Request("r2", kStart + seconds(1))).token, 42u);
}

TEST_P(Reasserting, ARunGivesItsLeaseBack) {
  Join(*store_, "a", "i1");
  clock_.Advance(seconds(1));
  Tell({.records = {}, .runs = {Held("r1", kStart, 5)}, .watermarks = {}});
  EXPECT_EQ(OutcomeOf(*store_, "r1"), "running");
  EXPECT_EQ(ClaimOne(*store_, Request("r2", kStart + seconds(1))).outcome, ClaimOutcome::kOverlap);
  clock_.Advance(seconds(10));
  EXPECT_EQ(RenewOne(*store_, "r1"), RenewOutcome::kRenewed);
  EXPECT_THAT(Reap(), IsEmpty());
  const std::vector<Lock> locks = store_->Locks().value();
  ASSERT_EQ(locks.size(), 1u);
  EXPECT_EQ(locks[0].token, 5u);
  EXPECT_EQ(locks[0].lease_until, kStart + seconds(26));
  EXPECT_EQ(locks[0].lock_until, kStart + seconds(1) + kLockTimeout);
}

TEST_P(Reasserting, ARunThatHasEndedChangesNothing) {
  ClaimOne(*store_, Request("r1"));
  const HeldRun run = Held("r1", kStart, 1);
  ASSERT_TRUE(Finish(*store_, "r1", Outcome::kFailed, "exit 1").ok());
  Tell({.records = {}, .runs = {run}, .watermarks = {}});
  EXPECT_EQ(OutcomeOf(*store_, "r1"), "failed(exit 1)");
  EXPECT_THAT(store_->Locks().value(), IsEmpty());
}

TEST_P(Reasserting, ManyThingsTakesThemAll) {
  Memory memory;
  for (int i = 0; i < 3'000; ++i) memory.watermarks.push_back({"task-" + std::to_string(i), kStart});
  Tell(memory);
  std::vector<ClaimRequest> requests;
  for (int i = 0; i < 3'000; ++i) {
    requests.push_back(Request("r" + std::to_string(i)));
    requests.back().task = requests.back().scope = "task-" + std::to_string(i);
  }
  const auto replies = store_->Claim(requests);
  for (const ClaimReply& reply : replies.value()) EXPECT_EQ(reply.outcome, ClaimOutcome::kDecided);
}

}  // namespace
}  // namespace rota::contract
