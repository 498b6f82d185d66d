#include "rota/engine/preference.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rota/base/format.h"

namespace rota {
namespace {

std::shared_ptr<const Trigger> Every(std::chrono::seconds period) {
  return std::make_shared<const Trigger>(IntervalFrequency{period}, TimeZone(), Restrictions{});
}

// Unique tasks, so many for each of so many triggers.
Schedule MakeSchedule(int triggers, int tasks_each) {
  auto policies = std::make_shared<TaskPolicies>();
  policies->placement = Placement::kOneServer;
  std::vector<Task> tasks;
  for (int i = 0; i < triggers; ++i) {
    const std::shared_ptr<const Trigger> trigger = Every(std::chrono::seconds(i + 1));
    for (int k = 0; k < tasks_each; ++k) {
      Task task;
      task.id = Format("task-{}-{}", i, k);
      task.trigger = trigger;
      task.policies = policies;
      tasks.push_back(std::move(task));
    }
  }
  return Schedule(std::move(tasks));
}

// Per task the server that prefers it; checks that there is exactly one.
std::vector<std::string> Choices(const Schedule& schedule, const std::vector<std::string>& servers) {
  const Agenda agenda(schedule);
  std::vector<std::string> chosen(schedule.tasks().size());
  for (const std::string& server : servers) {
    Preference preference(schedule, agenda, server);
    preference.SetServers(servers);
    for (TaskIndex i = 0; i < chosen.size(); ++i) {
      if (!preference.Prefers(i)) continue;
      EXPECT_EQ(chosen[i], "") << "task " << i << " is preferred twice";
      chosen[i] = server;
    }
  }
  EXPECT_EQ(std::ranges::count(chosen, ""), 0) << "each task is preferred by some server";
  return chosen;
}

std::map<std::string, int> CountByServer(const std::vector<std::string>& choices) {
  std::map<std::string, int> counts;
  for (const std::string& server : choices) ++counts[server];
  return counts;
}

TEST(Preference, OfALoneServerIsEveryTask) {
  const Schedule schedule = MakeSchedule(2, 3);
  const Agenda agenda(schedule);
  Preference preference(schedule, agenda, "a");
  EXPECT_FALSE(preference.shared());
  EXPECT_TRUE(preference.Prefers(5));
  preference.SetServers({"a"});
  EXPECT_TRUE(preference.Prefers(5));
}

TEST(Preference, SharesTasksThatAreDueTogetherEvenly) {
  const auto counts = CountByServer(Choices(MakeSchedule(1, 300), {"a", "b", "c"}));
  EXPECT_EQ(counts, (std::map<std::string, int>{{"a", 100}, {"b", 100}, {"c", 100}}));
}

TEST(Preference, SharesTasksThatAreDueApartEvenly) {
  const auto counts = CountByServer(Choices(MakeSchedule(300, 1), {"a", "b", "c"}));
  EXPECT_EQ(counts, (std::map<std::string, int>{{"a", 100}, {"b", 100}, {"c", 100}}));
}

TEST(Preference, MovesFewTasksWhenAServerLeaves) {
  const Schedule schedule = MakeSchedule(10, 100);
  const std::vector<std::string> before = Choices(schedule, {"a", "b", "c", "d"});
  const std::vector<std::string> after = Choices(schedule, {"a", "b", "c"});
  int moved = 0;
  for (std::size_t i = 0; i < before.size(); ++i) moved += before[i] != "d" && before[i] != after[i] ? 1 : 0;
  EXPECT_LT(moved, 150) << "of 750 that need not move";
}

TEST(Preference, OfAServerThatIsNotAmongTheLiveOnesIsNothing) {
  const Schedule schedule = MakeSchedule(1, 10);
  const Agenda agenda(schedule);
  Preference preference(schedule, agenda, "x");
  preference.SetServers({"a", "b"});
  for (TaskIndex i = 0; i < 10; ++i) EXPECT_FALSE(preference.Prefers(i));
}

}  // namespace
}  // namespace rota
