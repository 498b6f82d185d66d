// Short runs of the scenarios that fail soonest when a promise breaks.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "scenario.h"

namespace rota::chaos {
namespace {

constexpr Milliseconds kShort = std::chrono::seconds(5);

Report Play(std::string_view name) {
  Run run;
  run.duration = kShort;
  run.seed = std::random_device()();
  const testing::ScopedTrace trace(__FILE__, __LINE__, "seed " + std::to_string(run.seed));
  Report report = FindScenario(name)->play(run);
  EXPECT_THAT(report.violations, testing::IsEmpty());
  for (const auto& [task, verdict] : report.lines) EXPECT_THAT(verdict.examples, testing::IsEmpty()) << task;
  EXPECT_GT(report.faults, 0);
  return report;
}

TEST(Fleet, RunsEachOccurrenceAtMostOnceThoughServersAreKilled) { Play("sigkill"); }

TEST(Fleet, RunsEachOccurrenceAtMostOnceThoughRedisIsRestarted) { Play("redis-restart-aof"); }

TEST(Fleet, RunsEachOccurrenceAtMostOnceThoughAnotherRedisTakesOver) { Play("sentinel-failover"); }

TEST(Fleet, RunsEachOccurrenceAtMostOnceThoughAServerIsCutOff) { Play("cut"); }

TEST(Fleet, RunsEachOccurrenceAtMostOnceThoughClocksDiffer) { Play("skew-1s"); }

TEST(Fleet, TakesOverFromAKilledHolder) { EXPECT_FALSE(Play("kill-holder").takeovers.empty()); }

}  // namespace
}  // namespace rota::chaos
