// Short runs of the scenarios that fail soonest when a promise breaks.

#include <gtest/gtest.h>

#include "short_play.h"

namespace rota::chaos {
namespace {

TEST(Fleet, RunsEachOccurrenceAtMostOnceThoughServersAreKilled) { PlayShort("sigkill"); }

TEST(Fleet, RunsEachOccurrenceAtMostOnceThoughRedisIsRestarted) { PlayShort("redis-restart-aof"); }

TEST(Fleet, RunsEachOccurrenceAtMostOnceThoughAnotherRedisTakesOver) { PlayShort("sentinel-failover"); }

TEST(Fleet, RunsEachOccurrenceAtMostOnceThoughAServerIsCutOff) { PlayShort("cut"); }

TEST(Fleet, TakesOverFromAKilledHolder) { EXPECT_FALSE(PlayShort("kill-holder").takeovers.empty()); }

}  // namespace
}  // namespace rota::chaos
