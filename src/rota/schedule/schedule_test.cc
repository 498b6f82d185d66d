#include "rota/schedule/schedule.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "rota/base/format.h"

namespace rota {
namespace {

using namespace std::chrono_literals;

Task MakeTask(TaskId id) {
  return {std::move(id), "does it", CommandCall{"task", {"a", "b"}},
          std::make_shared<const Trigger>(IntervalFrequency{1s}, TimeZone(), Restrictions()),
          std::make_shared<const TaskPolicies>()};
}
std::vector<Task> Tasks(std::initializer_list<const char*> ids) {
  std::vector<Task> tasks;
  for (const char* id : ids) tasks.push_back(MakeTask(id));
  return tasks;
}

TEST(Schedule, FindsEveryTaskById) {
  std::vector<Task> tasks;
  for (int i = 0; i < 1000; ++i) tasks.push_back(MakeTask(Format("task {}", i)));
  const Schedule schedule(std::move(tasks));
  for (int i = 0; i < 1000; ++i) {
    ASSERT_EQ(schedule.Find(Format("task {}", i)), &schedule.tasks()[static_cast<std::size_t>(i)]);
  }
  EXPECT_EQ(schedule.Find("task 1000"), nullptr);
  EXPECT_EQ(Schedule({}).Find("task"), nullptr);
}

TEST(Schedule, StillFindsTasksAfterAMove) {
  Schedule schedule(Tasks({"a", "b"}));
  const Schedule moved = std::move(schedule);
  EXPECT_EQ(moved.Find("b"), &moved.tasks()[1]);
}

TEST(Schedule, HasADigestThatDiffersWithEveryDefinition) {
  const std::string digest = Schedule(Tasks({"a"})).digest();
  EXPECT_EQ(digest, "c8b4854d95898e50");  // The same on all machines and in all releases.
  EXPECT_EQ(Schedule(Tasks({"a", "b"})).digest(), Schedule(Tasks({"b", "a"})).digest());
  EXPECT_NE(Schedule(Tasks({"a", "b"})).digest(), digest);
  EXPECT_NE(Schedule({}).digest(), digest);

  const std::vector<std::function<void(Task&, TaskPolicies&)>> changes = {
      [](Task& task, TaskPolicies&) { task.id = "b"; },
      [](Task& task, TaskPolicies&) { task.description = "d"; },
      [](Task& task, TaskPolicies&) { task.work = CommandCall{"task", {"ab"}}; },
      [](Task& task, TaskPolicies&) { task.work = ExecCall{{"task", "a", "b"}}; },
      [](Task& task, TaskPolicies&) { task.work = ShellCall{"task a b"}; },
      [](Task& task, TaskPolicies&) { task.work = HttpCall{"GET", "http://a", {}}; },
      [](Task& task, TaskPolicies&) { task.work = HttpCall{"POST", "http://a", {}}; },
      [](Task& task, TaskPolicies&) { task.work = HttpCall{"GET", "http://a/b", {}}; },
      [](Task& task, TaskPolicies&) { task.work = HttpCall{"GET", "http://a", {.headers = {{"a", "b"}}}}; },
      [](Task& task, TaskPolicies&) { task.work = HttpCall{"GET", "http://a", {.body = "b"}}; },
      [](Task& task, TaskPolicies&) { task.work = HttpCall{"GET", "http://a", {.expect = {200}}}; },
      [](Task& task, TaskPolicies&) { task.work = HttpCall{"GET", "http://a", {.body_limit = 1}}; },
      [](Task& task, TaskPolicies&) { task.work = HttpCall{"GET", "http://a", {.ca_file = "b"}}; },
      [](Task& task, TaskPolicies&) {
        task.trigger = std::make_shared<const Trigger>(IntervalFrequency{2s}, TimeZone(), Restrictions());
      },
      [](Task&, TaskPolicies& policies) { policies.placement = Placement::kOneServer; },
      [](Task&, TaskPolicies& policies) { policies.overlap = OverlapPolicy::kSkip; },
      [](Task&, TaskPolicies& policies) { policies.lock_timeout = 1s; },
      [](Task&, TaskPolicies& policies) { policies.even_in_maintenance_mode = true; },
      [](Task&, TaskPolicies& policies) { policies.environments = {"x"}; },
      [](Task&, TaskPolicies& policies) { policies.tags = {"x"}; },
      [](Task&, TaskPolicies& policies) { policies.misfire.grace = 1s; },
  };
  std::vector<std::string> digests = {digest};
  for (const auto& change : changes) {
    Task task = MakeTask("a");
    TaskPolicies policies;
    change(task, policies);
    task.policies = std::make_shared<const TaskPolicies>(policies);
    std::vector<Task> tasks = {task};
    digests.push_back(Schedule(std::move(tasks)).digest());
  }
  std::ranges::sort(digests);
  EXPECT_EQ(std::ranges::adjacent_find(digests), digests.end());
}

TEST(ScheduleDeathTest, RefusesTwoTasksWithOneId) {
  EXPECT_DEATH(Schedule(Tasks({"a", "a"})), "two tasks of a schedule have the same id");
}

}  // namespace
}  // namespace rota
