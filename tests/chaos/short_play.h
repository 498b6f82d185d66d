#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <string_view>

#include "scenario.h"

namespace rota::chaos {

// Plays a scenario for some seconds, and expects that all promises hold.
inline Report PlayShort(std::string_view name) {
  Run run;
  run.duration = std::chrono::seconds(3);
  run.seed = std::random_device()();
  const testing::ScopedTrace trace(__FILE__, __LINE__, "seed " + std::to_string(run.seed));
  Report report = FindScenario(name)->play(run);
  EXPECT_GT(report.faults, 0);
  EXPECT_THAT(report.violations, testing::IsEmpty());
  for (const auto& [task, verdict] : report.lines) EXPECT_THAT(verdict.examples, testing::IsEmpty()) << task;
  return report;
}

}  // namespace rota::chaos
