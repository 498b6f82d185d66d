#include "rota/engine/lease_book.h"

#include <gtest/gtest.h>

namespace rota {
namespace {

using std::chrono::seconds;

SteadyTime At(int s) { return SteadyTime(seconds(s)); }

constexpr Milliseconds kTtl = seconds(10);  // Renewed every 3.3 s, in doubt after 9 s.

std::vector<std::string> Ids(const std::vector<LeaseBook::Lost>& lost) {
  std::vector<std::string> ids;
  for (const LeaseBook::Lost& entry : lost) ids.push_back(entry.run_id);
  return ids;
}

TEST(LeaseBook, CountsALeaseFromBeforeItWasAskedFor) {
  LeaseBook book(kTtl);
  book.Add({"run", "task"}, LeaseGuard::kFleet, At(100), seconds(1800));
  EXPECT_EQ(book.NextDeadline(), At(109));
  EXPECT_TRUE(book.TakeLost(At(109) - Milliseconds(1)).empty());
  const std::vector<LeaseBook::Lost> lost = book.TakeLost(At(109));
  ASSERT_EQ(Ids(lost), (std::vector<std::string>{"run"}));
  EXPECT_EQ(lost[0].loss, LeaseLoss::kDoubt);
  EXPECT_TRUE(book.Held().empty());
}

TEST(LeaseBook, StaysGoodWhileRenewalsAreConfirmed) {
  LeaseBook book(kTtl);
  book.Add({"run", "task"}, LeaseGuard::kFleet, At(100), seconds(1800));
  EXPECT_TRUE(book.Renewed(book.Held(), {RenewOutcome::kRenewed}, At(104)).empty());
  EXPECT_TRUE(book.TakeLost(At(112)).empty());
  EXPECT_EQ(Ids(book.TakeLost(At(113))), (std::vector<std::string>{"run"}));
}

TEST(LeaseBook, LosesALeaseThatTheStoreSaysIsGone) {
  LeaseBook book(kTtl);
  book.Add({"kept", "a"}, LeaseGuard::kFleet, At(100), seconds(1800));
  book.Add({"gone", "b"}, LeaseGuard::kFleet, At(100), seconds(1800));
  const std::vector<LeaseRef> held = book.Held();
  ASSERT_EQ(held[0].run_id, "gone");
  EXPECT_EQ(Ids(book.Renewed(held, {RenewOutcome::kExpired, RenewOutcome::kRenewed}, At(103))),
            (std::vector<std::string>{"gone"}));
  EXPECT_EQ(book.Held().size(), 1u);
}

TEST(LeaseBook, EndsAMarginBeforeTheLockTimeoutHoweverOftenItIsRenewed) {
  LeaseBook book(kTtl);
  book.Add({"run", "task"}, LeaseGuard::kFleet, At(100), seconds(12));
  EXPECT_TRUE(book.Renewed(book.Held(), {RenewOutcome::kRenewed}, At(108)).empty());
  EXPECT_EQ(book.LockLeft("run", At(108)), seconds(4));
  EXPECT_TRUE(book.TakeLost(At(111) - Milliseconds(1)).empty());
  const std::vector<LeaseBook::Lost> lost = book.TakeLost(At(111));
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(lost[0].loss, LeaseLoss::kLockTimeout);
}

TEST(LeaseBook, NeverDoubtsALeaseThatNobodyElseCanTake) {
  LeaseBook book(kTtl);
  book.Add({"run", "task@a"}, LeaseGuard::kServer, At(100), seconds(60));
  EXPECT_TRUE(book.TakeLost(At(159)).empty());
  EXPECT_EQ(book.TakeLost(At(160)).size(), 1u);
}

TEST(LeaseBook, IgnoresARenewalOfARunThatEnded) {
  LeaseBook book(kTtl);
  book.Add({"run", "task"}, LeaseGuard::kFleet, At(100), seconds(60));
  const std::vector<LeaseRef> held = book.Held();
  book.Remove("run");
  EXPECT_TRUE(book.Renewed(held, {RenewOutcome::kExpired}, At(101)).empty());
  EXPECT_EQ(book.NextDeadline(), SteadyTime::max());
}

}  // namespace
}  // namespace rota
