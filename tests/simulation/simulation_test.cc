#include "rota/testing/cluster/simulation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rota/base/format.h"

namespace rota::cluster {
namespace {

using testing::Gt;
using testing::IsEmpty;
using testing::SizeIs;

// Each seed is another fleet with other faults; `./dev simulate` runs many more.
class Simulation : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, Simulation, testing::Range<std::uint64_t>(1, 9));

TEST_P(Simulation, BreaksNoPromiseUnderFaults) {
  SCOPED_TRACE(Format("seed {}", GetParam()));
  const SimulationReport report = Simulate({.seed = GetParam(), .occurrences = 4'000});
  EXPECT_THAT(report.violations, IsEmpty());
  EXPECT_THAT(report.occurrences, Gt(1'000));
  EXPECT_THAT(report.faults, SizeIs(Gt(1)));
  EXPECT_THAT(report.outcomes.at("succeeded"), Gt(500));
}

// Fleets in which a clock is set back while claims that were early are asked again, or the store goes away meanwhile.
class LongSimulation : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Seeds, LongSimulation, testing::Values(11, 14, 154));

TEST_P(LongSimulation, BreaksNoPromiseUnderFaults) {
  SCOPED_TRACE(Format("seed {}", GetParam()));
  EXPECT_THAT(Simulate({.seed = GetParam(), .occurrences = 10'000}).violations, IsEmpty());
}

TEST(SimulationSeed, DecidesTheWholeCourseOfEvents) {
  const SimulationReport once = Simulate({.seed = 7, .occurrences = 2'000});
  const SimulationReport again = Simulate({.seed = 7, .occurrences = 2'000});
  const SimulationReport other = Simulate({.seed = 8, .occurrences = 2'000});
  EXPECT_EQ(once.trace, again.trace);
  EXPECT_EQ(once.outcomes, again.outcomes);
  EXPECT_NE(once.trace, other.trace);
}

}  // namespace
}  // namespace rota::cluster
