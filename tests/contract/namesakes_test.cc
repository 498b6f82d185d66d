#include <gtest/gtest.h>

#include <algorithm>

#include "fixtures.h"
#include "rota/testing/fake_clock.h"

// Two processes that were given one id, each with a store object of its own, as when a server was paused for longer
// than its heartbeat lasts, and another one came meanwhile.
namespace rota::contract {
namespace {

using std::chrono::seconds;

class Namesakes : public testing::TestWithParam<StoreKind> {
 protected:
  void SetUp() override {
    ASSERT_EQ(Join(*former_, "web", "i1"), "web");
    clock_.Advance(kTtl);
    ASSERT_EQ(Join(*later_, "web", "i2"), "web");
  }
  static void Beat(Store& store) { ASSERT_TRUE(store.Renew("web", {}, kTtl).has_value()); }
  static bool HasFinding(Store& store, std::string_view code) {
    const auto findings = store.Examine();
    return std::ranges::find(findings.value(), code, &Finding::code) != findings->end();
  }
  ServerInfo Row() { return later_->Servers().value().at(0); }

  TempFolder folder_;
  FakeClock clock_{kStart};
  std::unique_ptr<Store> former_ = MakeStore(GetParam(), folder_, clock_);
  std::unique_ptr<Store> later_ = MakeStore(GetParam(), folder_, clock_);
};
INSTANTIATE_TEST_SUITE_P(Store, Namesakes, testing::Values(StoreKind::kSqlite, StoreKind::kRedis),
                         testing::PrintToStringParamName());

TEST_P(Namesakes, DoNotKeepEachOtherAlive) {
  ClaimRequest request = Request("r1", kStart + kTtl);
  request.server = "web";
  ASSERT_EQ(ClaimOne(*later_, request).outcome, ClaimOutcome::kClaimed);
  clock_.Advance(kTtl - seconds(1));
  Beat(*former_);
  clock_.Advance(seconds(1));
  EXPECT_EQ(former_->Reap("web", kTtl).value().size(), 1u);
  EXPECT_EQ(OutcomeOf(*former_, "r1"), "lost(server web died)");
}

TEST_P(Namesakes, LeaveTheIdToTheLaterOneAsLongAsThatLives) {
  clock_.Advance(seconds(5));
  Beat(*former_);
  EXPECT_EQ(Row().incarnation, "i2");
  EXPECT_EQ(Row().alive_until, kStart + kTtl + kTtl);
  Beat(*later_);
  EXPECT_EQ(Row().alive_until, kStart + kTtl + seconds(5) + kTtl);

  ASSERT_TRUE(later_->Leave("web").ok());
  Beat(*former_);
  EXPECT_EQ(Row().incarnation, "i1");
  EXPECT_EQ(Row().alive_until, kStart + kTtl + seconds(5) + kTtl);
}

TEST_P(Namesakes, HoldLeasesOfTheirOwn) {
  ClaimRequest request = Request("r1", kStart + kTtl);
  request.server = "web";
  ASSERT_EQ(ClaimOne(*former_, request).outcome, ClaimOutcome::kClaimed);
  clock_.Advance(kTtl - seconds(1));
  Beat(*later_);
  clock_.Advance(seconds(1));
  EXPECT_EQ(later_->Reap("web", kTtl).value().size(), 1u) << "the later one knows nothing of the run";
}

TEST_P(Namesakes, AreTold) {
  EXPECT_TRUE(HasFinding(*former_, "id-taken"));
  EXPECT_FALSE(HasFinding(*later_, "id-taken"));
}

}  // namespace
}  // namespace rota::contract
