#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures.h"
#include "rota/base/format.h"
#include "rota/testing/fake_clock.h"

namespace rota::contract {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

class Locks : public testing::TestWithParam<StoreKind> {
 protected:
  // "backup:run r1 a token 1 since 0 until 15000 at most 1800000"
  std::vector<std::string> List() {
    const Result<std::vector<Lock>> locks = store_->Locks();
    EXPECT_TRUE(locks.has_value()) << locks.error().message();
    std::vector<std::string> lines;
    for (const Lock& lock : *locks) {
      EXPECT_EQ(lock.task, TaskOfScope(lock.scope));
      const auto from_start = [](WallTime at) { return (at - kStart).count(); };
      lines.push_back(Format("{} {} {} token {} since {} until {} at most {}", lock.scope, lock.run_id, lock.server,
                             lock.token, lock.since ? Format("{}", from_start(*lock.since)) : std::string("-"),
                             from_start(lock.lease_until), from_start(lock.lock_until)));
    }
    return lines;
  }
  ClaimRequest Overlapping(std::string run_id, const Scope& scope, WallTime at) {
    ClaimRequest request = Request(std::move(run_id), at);
    request.scope = scope;
    request.task = TaskOfScope(scope);
    request.overlap = OverlapPolicy::kAllow;
    return request;
  }

  TempFolder folder_;
  FakeClock clock_{kStart};
  std::unique_ptr<Store> store_ = MakeStore(GetParam(), folder_, clock_);
};
INSTANTIATE_TEST_SUITE_P(Store, Locks, testing::ValuesIn(kAllStores), testing::PrintToStringParamName());

TEST_P(Locks, OfAnIdleFleetAreNone) { EXPECT_THAT(List(), IsEmpty()); }

TEST_P(Locks, TellWhoHoldsWhatByScopeAndToken) {
  ClaimOne(*store_, Overlapping("r3", "b", kStart));
  clock_.Advance(seconds(1));
  ClaimOne(*store_, Overlapping("r1", "b", kStart + seconds(1)));
  ClaimRequest other = Overlapping("r2", "a\x1fweb-2", kStart);
  other.server = "web-2";
  ClaimOne(*store_, other);
  EXPECT_THAT(List(), ElementsAre("a\x1fweb-2 r2 web-2 token 1 since 1000 until 16000 at most 1801000",
                                  "b r3 a token 1 since 0 until 15000 at most 1800000",
                                  "b r1 a token 2 since 1000 until 16000 at most 1801000"));
}

TEST_P(Locks, MoveWithTheirRenewalAndEndWithTheirRun) {
  ClaimOne(*store_, Request("r1"));
  clock_.Advance(seconds(10));
  ASSERT_EQ(RenewOne(*store_, "r1"), RenewOutcome::kRenewed);
  EXPECT_THAT(List(), ElementsAre("backup:run r1 a token 1 since 0 until 25000 at most 1800000"));
  ASSERT_TRUE(Finish(*store_, "r1").ok());
  EXPECT_THAT(List(), IsEmpty());
}

TEST_P(Locks, ThatRanOutStayUntilTheirRunHasEnded) {
  ClaimOne(*store_, Request("r1"));
  clock_.Advance(seconds(20));
  EXPECT_THAT(List(), ElementsAre("backup:run r1 a token 1 since 0 until 15000 at most 1800000"));
  ASSERT_TRUE(store_->Reap("b", kTtl).has_value());
  EXPECT_THAT(List(), IsEmpty());
}

TEST_P(Locks, ThatAreTakenAwayLetOthersRunAtOnceAndTellTheHolder) {
  ClaimOne(*store_, Request("r1"));
  clock_.Advance(seconds(1));
  ASSERT_TRUE(store_->Unlock("backup:run", "r1").ok());
  EXPECT_THAT(List(), ElementsAre("backup:run r1 a token 1 since 0 until 1000 at most 1000"));
  EXPECT_EQ(RenewOne(*store_, "r1"), RenewOutcome::kExpired);
  EXPECT_EQ(ClaimOne(*store_, Request("r2", kStart + seconds(1))).outcome, ClaimOutcome::kClaimed);
  ASSERT_TRUE(Finish(*store_, "r1").ok());
  EXPECT_EQ(OutcomeOf(*store_, "r1"), "succeeded") << "the holder may still say how its run ended";
  EXPECT_THAT(List(), ElementsAre("backup:run r2 a token 2 since 1000 until 16000 at most 1801000"));
}

TEST_P(Locks, OfCancelledRunsStandUntilTheyHaveEnded) {
  ClaimOne(*store_, Request("r1"));
  ASSERT_TRUE(store_->Cancel("backup:run", "r1", "cancelled by anna").ok());
  ASSERT_TRUE(store_->Cancel("backup:run", "r1", "cancelled by ben").ok());
  const LeaseRef lease{"r1", "backup:run"};
  const RenewReply reply = store_->Renew("a", {&lease, 1}, kTtl).value();
  EXPECT_EQ(reply.outcomes.at(0), RenewOutcome::kRenewed);
  ASSERT_EQ(reply.stops.size(), 1u);
  EXPECT_EQ(reply.stops[0].run_id, "r1");
  EXPECT_EQ(reply.stops[0].cause, "cancelled by anna");
  EXPECT_EQ(ClaimOne(*store_, Request("r2", kStart + seconds(1))).outcome, ClaimOutcome::kOverlap);
  EXPECT_EQ(store_->Cancel("backup:run", "r2", "cancelled by anna"), NotFound("run r2 holds no lock of backup:run"));
}

TEST_P(Locks, ThatNobodyHoldsCannotBeTakenAway) {
  EXPECT_EQ(store_->Unlock("backup:run", "r1"), NotFound("run r1 holds no lock of backup:run"));
  ClaimOne(*store_, Request("r1"));
  EXPECT_EQ(store_->Unlock("backup:run", "r2"), NotFound("run r2 holds no lock of backup:run"));
  EXPECT_EQ(store_->Unlock("backup:run\x1fweb", "r1"), NotFound("run r1 holds no lock of backup:run"));
  EXPECT_EQ(RenewOne(*store_, "r1"), RenewOutcome::kRenewed);
}

}  // namespace
}  // namespace rota::contract
