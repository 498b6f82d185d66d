#include "rota/schedule/task.h"

#include <gtest/gtest.h>

#include <chrono>

namespace rota {
namespace {

using std::chrono::seconds;

TEST(DescribeWork, ReadsAsAPersonWouldTypeIt) {
  EXPECT_EQ(Describe(CommandCall{"backup:run", {}}), "backup:run");
  EXPECT_EQ(Describe(CommandCall{"backup:run", {"--full", "two words", "", "it's"}}),
            "backup:run --full 'two words' '' 'it'\\''s'");
  EXPECT_EQ(Describe(ExecCall{{"/usr/bin/rsync", "-a", "/srv", "$HOME", "备份"}}),
            "/usr/bin/rsync -a /srv '$HOME' 备份");
  EXPECT_EQ(Describe(ExecCall{{"my program"}}), "'my program'");
  EXPECT_EQ(Describe(ShellCall{"df -h | mail ops"}), "df -h | mail ops");
  EXPECT_EQ(Describe(HttpCall{"POST", "https://tom:pass@a.example/jobs?key=1", {}}),
            "POST https://***@a.example/jobs?***");
}

TEST(OverlapPolicy, HasNames) {
  EXPECT_EQ(Name(OverlapPolicy::kSkip), "skip");
  EXPECT_EQ(Name(OverlapPolicy::kAllow), "allow");
}

TEST(RetryPolicy, WaitsAsLongOrTwiceAsLongUpToItsLongest) {
  const RetryPolicy fixed{.delay = seconds(10)};
  EXPECT_EQ(DelayAfter(1, fixed, 0.5), seconds(10));
  EXPECT_EQ(DelayAfter(7, fixed, 0.5), seconds(10));
  const RetryPolicy growing{.delay = seconds(10), .backoff = Backoff::kExponential, .max_delay = seconds(60)};
  EXPECT_EQ(DelayAfter(1, growing, 0.5), seconds(10));
  EXPECT_EQ(DelayAfter(2, growing, 0.5), seconds(20));
  EXPECT_EQ(DelayAfter(3, growing, 0.5), seconds(40));
  EXPECT_EQ(DelayAfter(4, growing, 0.5), seconds(60));
  EXPECT_EQ(DelayAfter(100, growing, 0.5), seconds(60));
  EXPECT_EQ(DelayAfter(1, RetryPolicy{.delay = seconds(10), .max_delay = seconds(5)}, 0.5), seconds(5));
  EXPECT_EQ(DelayAfter(100, RetryPolicy{.delay = seconds(0), .backoff = Backoff::kExponential}, 0.5), seconds(0));
}

TEST(RetryPolicy, DrawsTheWholeDelayWithFullJitter) {
  const RetryPolicy policy{.delay = seconds(10), .backoff = Backoff::kExponential, .jitter = Jitter::kFull};
  EXPECT_EQ(DelayAfter(2, policy, 0), seconds(0));
  EXPECT_EQ(DelayAfter(2, policy, 0.25), seconds(5));
  EXPECT_EQ(DelayAfter(2, policy, 0.75), seconds(15));
}

}  // namespace
}  // namespace rota
