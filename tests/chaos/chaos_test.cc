// Short runs of the scenarios that fail soonest when a promise breaks.

#include <gtest/gtest.h>

#include <chrono>

#include "short_play.h"

namespace rota::chaos {
namespace {

TEST(Fleet, RunsEachOccurrenceAtMostOnceThoughServersAreKilled) { PlayShort("sigkill"); }

TEST(Fleet, RunsEachOccurrenceAtMostOnceThoughRedisIsRestarted) { PlayShort("redis-restart-aof"); }

TEST(Fleet, RunsEachOccurrenceAtMostOnceThoughAnotherRedisTakesOver) { PlayShort("sentinel-failover"); }

TEST(Fleet, RunsEachOccurrenceAtMostOnceThoughAServerIsCutOff) { PlayShort("cut"); }

TEST(Fleet, TakesOverFromAKilledHolder) {
  const Report report = PlayShort("kill-holder");
  ASSERT_FALSE(report.takeovers.empty());
  // The lease is 3 s long; whoever waited for the lock timeout would wait for far longer.
  for (const Milliseconds takeover : report.takeovers) EXPECT_LT(takeover, std::chrono::seconds(15));
}

}  // namespace
}  // namespace rota::chaos
