#include "rota/coordination/redis/backoff.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

namespace rota::redis {
namespace {

using std::chrono::milliseconds;

constexpr std::uint64_t kSeed = 20;
const SteadyTime kStart{std::chrono::hours(1)};

// How long the attempt after the last of `failures` failures waits.
milliseconds DelayAfter(int failures, std::uint64_t seed) {
  Backoff backoff(seed);
  SteadyTime now = kStart;
  milliseconds delay(0);
  for (int i = 0; i < failures; ++i) {
    backoff.Failed(Unavailable("refused"), now);
    for (delay = milliseconds(0); backoff.Holds(now); ++delay) now += milliseconds(1);
  }
  return delay;
}

TEST(Backoff, HoldsNobodyBeforeTheFirstFailureOrAfterASuccess) {
  Backoff backoff(kSeed);
  EXPECT_FALSE(backoff.Holds(kStart));
  backoff.Failed(Unavailable("refused"), kStart);
  EXPECT_TRUE(backoff.Holds(kStart));
  backoff.Succeeded();
  EXPECT_FALSE(backoff.Holds(kStart));
}

TEST(Backoff, RepeatsTheLastFailureMeanwhile) {
  Backoff backoff(kSeed);
  backoff.Failed(Unavailable("refused"), kStart);
  EXPECT_EQ(backoff.Holds(kStart), Unavailable("refused"));
}

TEST(Backoff, WaitsForARandomPartOfADelayThatDoubles) {
  for (const auto& [failures, most] :
       std::vector<std::pair<int, int>>{{1, 50}, {2, 100}, {4, 400}, {8, 1000}, {20, 1000}}) {
    milliseconds longest(0);
    milliseconds shortest(10'000);
    for (std::uint64_t seed = 0; seed < 60; ++seed) {
      const milliseconds delay = DelayAfter(failures, seed);
      longest = std::max(longest, delay);
      shortest = std::min(shortest, delay);
    }
    EXPECT_LE(longest.count(), most) << failures;
    EXPECT_GT(longest.count(), most * 3 / 4) << failures;
    EXPECT_LT(shortest.count(), most / 4) << failures;
  }
}

TEST(Backoff, CountsAttemptsThatFailTogetherAsOne) {
  Backoff backoff(kSeed);
  for (int i = 0; i < 20; ++i) backoff.Failed(Unavailable("refused"), kStart);
  EXPECT_FALSE(backoff.Holds(kStart + milliseconds(50)));
}

}  // namespace
}  // namespace rota::redis
