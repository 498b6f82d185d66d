#include "rota/schedule/manifest.h"

#include <gtest/gtest.h>

#include <utility>

namespace rota {
namespace {

Task MakeTask(std::string id, Milliseconds period) {
  Task task;
  task.work = CommandCall{id, {}};
  task.id = std::move(id);
  task.trigger = std::make_shared<const Trigger>(IntervalFrequency{period}, TimeZone(), Restrictions{});
  task.policies = std::make_shared<const TaskPolicies>();
  return task;
}

constexpr Milliseconds kMinute = std::chrono::minutes(1);
constexpr Milliseconds kHour = std::chrono::hours(1);

TEST(Manifest, TellsWhichTasksAnotherScheduleChanges) {
  const Schedule here({MakeTask("same", kMinute), MakeTask("changed", kMinute), MakeTask("gone", kMinute)});
  const Schedule there({MakeTask("new", kMinute), MakeTask("changed", kHour), MakeTask("same", kMinute)});
  const std::string manifest = MakeManifest(there);
  EXPECT_EQ(manifest.size(), 3u * 16);
  EXPECT_EQ(FindChanged(here, manifest), (std::vector<bool>{false, true, true}));
  EXPECT_EQ(FindChanged(here, MakeManifest(here)), (std::vector<bool>{false, false, false}));
}

TEST(Manifest, OfAnEmptyScheduleHasNoTaskAnyMore) {
  const Schedule here({MakeTask("a", kMinute)});
  EXPECT_EQ(FindChanged(here, MakeManifest(Schedule({}))), (std::vector<bool>{true}));
}

TEST(Manifest, IsNoOtherText) {
  const Schedule here({MakeTask("a", kMinute)});
  EXPECT_EQ(FindChanged(here, "0123"), std::nullopt);
  EXPECT_EQ(FindChanged(here, "0123456789abcdeg"), std::nullopt);
}

}  // namespace
}  // namespace rota
