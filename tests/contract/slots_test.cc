#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <thread>

#include "fixtures.h"
#include "rota/base/format.h"
#include "rota/testing/fake_clock.h"

namespace rota::contract {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

const Scope kPool = PoolScope("reports");

class Slots : public testing::TestWithParam<StoreKind> {
 protected:
  static ClaimRequest Slot(std::string id, int fleet_limit, std::string server = "a") {
    ClaimRequest request = Request(std::move(id));
    request.scope = request.task = kPool;
    request.server = std::move(server);
    request.lock_timeout = kNoLockTimeout;
    request.purpose = ClaimPurpose::kSlot;
    request.fleet_limit = fleet_limit;
    return request;
  }
  ClaimOutcome Take(std::string id, int fleet_limit, std::string server = "a") {
    return ClaimOne(*store_, Slot(std::move(id), fleet_limit, std::move(server))).outcome;
  }
  void GiveBack(std::string id) {
    ClaimRequest request = Slot(std::move(id), 0);
    request.purpose = ClaimPurpose::kGiveBack;
    EXPECT_EQ(ClaimOne(*store_, request).outcome, ClaimOutcome::kClaimed);
  }
  std::vector<std::string> Holders() {
    std::vector<std::string> lines;
    const auto locks = store_->Locks();
    for (const Lock& lock : locks.value()) lines.push_back(Format("{}: {} on {}", lock.task, lock.run_id, lock.server));
    return lines;
  }

  TempFolder folder_;
  FakeClock clock_{kStart};
  std::unique_ptr<Store> store_ = MakeStore(GetParam(), folder_, clock_);
};
INSTANTIATE_TEST_SUITE_P(Store, Slots, testing::ValuesIn(kAllStores), testing::PrintToStringParamName());

TEST_P(Slots, AreTakenUpToTheLimit) {
  EXPECT_EQ(Take("s1", 2, "a"), ClaimOutcome::kClaimed);
  EXPECT_EQ(Take("s2", 2, "b"), ClaimOutcome::kClaimed);
  const ClaimReply full = ClaimOne(*store_, Slot("s3", 2, "c"));
  EXPECT_EQ(full.outcome, ClaimOutcome::kBusy);
  EXPECT_EQ(full.holder, "a");
  EXPECT_EQ(Take("s4", 3, "c"), ClaimOutcome::kClaimed) << "the limit is that of who asks";
  EXPECT_THAT(Holders(), ElementsAre(" pool reports: s1 on a", " pool reports: s2 on b", " pool reports: s4 on c"));
  EXPECT_THAT(store_->Query({}).value(), IsEmpty());
}

TEST_P(Slots, ThatAreGivenBackAreForOthers) {
  Take("s1", 1);
  GiveBack("s1");
  GiveBack("s1");
  EXPECT_THAT(Holders(), IsEmpty());
  EXPECT_EQ(Take("s2", 1), ClaimOutcome::kClaimed);
}

TEST_P(Slots, OfOneIdAreOne) {
  EXPECT_EQ(Take("s1", 1), ClaimOutcome::kClaimed);
  EXPECT_EQ(Take("s1", 1), ClaimOutcome::kClaimed);
  EXPECT_THAT(Holders(), ElementsAre(" pool reports: s1 on a"));
}

TEST_P(Slots, OfOnePoolLeaveAnotherAlone) {
  Take("s1", 1);
  ClaimRequest other = Slot("s2", 1);
  other.scope = other.task = PoolScope("mails");
  EXPECT_EQ(ClaimOne(*store_, other).outcome, ClaimOutcome::kClaimed);
}

TEST_P(Slots, EndWithTheirServer) {
  Join(*store_, "a", "i1");
  Take("s1", 1, "a");
  clock_.Advance(seconds(14));
  EXPECT_EQ(Take("s2", 1, "b"), ClaimOutcome::kBusy);
  clock_.Advance(seconds(1));
  EXPECT_EQ(Take("s2", 1, "b"), ClaimOutcome::kClaimed);
  EXPECT_EQ(RenewOne(*store_, "s1", kPool), RenewOutcome::kExpired);
  EXPECT_THAT(Holders(), ElementsAre(" pool reports: s2 on b"));
}

TEST_P(Slots, AreKeptByTheirRenewal) {
  Take("s1", 1);
  clock_.Advance(seconds(10));
  EXPECT_EQ(RenewOne(*store_, "s1", kPool), RenewOutcome::kRenewed);
  clock_.Advance(seconds(14));
  EXPECT_EQ(Take("s2", 1, "b"), ClaimOutcome::kBusy);
  clock_.Advance(std::chrono::hours(24 * 30));
  Take("s3", 1);
  EXPECT_EQ(RenewOne(*store_, "s3", kPool), RenewOutcome::kRenewed) << "there is no lock timeout";
}

TEST_P(Slots, OfTheDeadAreReapedWithoutARecord) {
  Take("s1", 1);
  clock_.Advance(seconds(15));
  EXPECT_THAT(store_->Reap("b", kTtl).value(), IsEmpty());
  EXPECT_THAT(Holders(), IsEmpty());
}

TEST_P(Slots, CanBeTakenAway) {
  Take("s1", 1);
  ASSERT_TRUE(store_->Unlock(kPool, "s1").ok());
  EXPECT_EQ(RenewOne(*store_, "s1", kPool), RenewOutcome::kExpired);
  EXPECT_EQ(Take("s2", 1, "b"), ClaimOutcome::kClaimed);
}

TEST_P(Slots, AreNeverMoreThanTheLimitThoughManyAskAtOnce) {
  std::atomic<int> held = 0;
  std::vector<std::thread> servers;
  for (int server = 0; server < 4; ++server) {
    servers.emplace_back([this, server, &held] {
      for (int i = 0; i < 20; ++i) {
        const ClaimRequest request = Slot(Format("{}/{}", server, i), 3, Format("s{}", server));
        const auto replies = store_->Claim({&request, 1});
        if (replies.value().at(0).outcome == ClaimOutcome::kClaimed) ++held;
      }
    });
  }
  for (std::thread& server : servers) server.join();
  EXPECT_EQ(held, 3);
  EXPECT_EQ(Holders().size(), 3u);
}

// A file keeps what it acknowledged: it is told nothing.
TEST_P(Slots, AreToldToAStoreThatLostThem) {
  if (GetParam() == StoreKind::kSqlite) return;
  Memory memory;
  memory.slots = {{"s1", kPool, "a", kTtl}, {"s2", kPool, "a", kTtl}};
  ASSERT_TRUE(store_->Reassert("a", memory).has_value());
  EXPECT_EQ(Take("s3", 2, "b"), ClaimOutcome::kBusy);
  clock_.Advance(seconds(10));
  EXPECT_EQ(RenewOne(*store_, "s1", kPool), RenewOutcome::kRenewed);
  clock_.Advance(seconds(5));
  EXPECT_EQ(Take("s3", 2, "b"), ClaimOutcome::kClaimed) << "s2 was not renewed";
  EXPECT_EQ(Take("s4", 2, "b"), ClaimOutcome::kBusy);
  EXPECT_THAT(store_->Query({}).value(), IsEmpty());
}

}  // namespace
}  // namespace rota::contract
