#include "rota/engine/agenda.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "rota/base/hash.h"

namespace rota {
namespace {

using std::chrono::seconds;

WallTime At(int s) { return WallTime(seconds(s)); }

std::shared_ptr<const Trigger> Every(seconds period) {
  return std::make_shared<const Trigger>(IntervalFrequency{period}, TimeZone(), Restrictions{});
}

Schedule MakeSchedule(const std::vector<std::shared_ptr<const Trigger>>& triggers) {
  std::vector<Task> tasks;
  for (const auto& trigger : triggers) {
    Task task;
    task.id = "task-" + std::to_string(tasks.size());
    task.trigger = trigger;
    task.policies = std::make_shared<const TaskPolicies>();
    tasks.push_back(task);
  }
  return Schedule(std::move(tasks));
}

TEST(Agenda, KeepsOneEntryForTasksThatShareATrigger) {
  const auto ten = Every(seconds(10));
  const Schedule schedule = MakeSchedule({ten, Every(seconds(7)), Every(seconds(10))});
  const Agenda agenda(schedule);
  ASSERT_EQ(agenda.cohorts().size(), 2u);
  EXPECT_THAT(agenda.cohorts()[0].tasks, testing::UnorderedElementsAre(0, 2));
  EXPECT_EQ(agenda.cohorts()[1].tasks, (std::vector<TaskIndex>{1}));
}

TEST(Agenda, KeepsUniqueTasksApartFromTheOthersOfTheirTrigger) {
  const auto ten = Every(seconds(10));
  std::vector<Task> tasks(2);
  TaskPolicies unique;
  unique.placement = Placement::kOneServer;
  tasks[0] = {"a", "", {}, ten, std::make_shared<const TaskPolicies>()};
  tasks[1] = {"b", "", {}, ten, std::make_shared<const TaskPolicies>(unique)};
  const Schedule schedule(std::move(tasks));
  EXPECT_EQ(Agenda(schedule).cohorts().size(), 2u);
}

TEST(Agenda, OrdersTheTasksOfACohortAsStoresPartThem) {
  const Schedule schedule = MakeSchedule(std::vector(50, Every(seconds(10))));
  const Agenda agenda(schedule);
  const std::vector<TaskIndex>& members = agenda.cohorts().at(0).tasks;
  ASSERT_EQ(members.size(), 50u);
  EXPECT_TRUE(std::ranges::is_sorted(members, {}, [&](TaskIndex i) { return StableHash(schedule.tasks()[i].id); }));
}

TEST(Agenda, PopsWhatIsDueInTheOrderOfItsInstants) {
  const Schedule schedule = MakeSchedule({Every(seconds(10)), Every(seconds(7)), Every(seconds(100))});
  Agenda agenda(schedule);
  EXPECT_EQ(agenda.NextDue(), std::nullopt);
  agenda.Reset(At(0));
  EXPECT_EQ(agenda.NextDue(), At(7));
  EXPECT_TRUE(agenda.PopDue(At(6)).empty());

  const std::vector<Agenda::Due> due = agenda.PopDue(At(10));
  ASSERT_EQ(due.size(), 2u);
  EXPECT_EQ(due[0].at, At(7));
  EXPECT_EQ(due[1].at, At(10));
  EXPECT_EQ(agenda.NextDue(), At(14));
}

TEST(Agenda, GivesOnlyTheLatestOfTheInstantsThatPassed) {
  const Schedule schedule = MakeSchedule({Every(seconds(10))});
  Agenda agenda(schedule);
  agenda.Reset(At(0));
  const std::vector<Agenda::Due> due = agenda.PopDue(At(99));
  ASSERT_EQ(due.size(), 1u);
  EXPECT_EQ(due[0].at, At(90));
  EXPECT_EQ(agenda.NextDue(), At(100));
}

TEST(Agenda, ForgetsATriggerThatNeverFiresAgain) {
  const auto once = std::make_shared<const Trigger>(OnceFrequency{At(50)}, TimeZone(), Restrictions{});
  const Schedule schedule = MakeSchedule({once});
  Agenda agenda(schedule);
  agenda.Reset(At(0));
  EXPECT_EQ(agenda.PopDue(At(60)).size(), 1u);
  EXPECT_EQ(agenda.NextDue(), std::nullopt);
}

TEST(Agenda, EndsTheGraceWithThePeriodOrAfterAnHour) {
  EXPECT_EQ(Agenda::Expiry(*Every(seconds(10)), {}, At(20)), At(30));
  EXPECT_EQ(Agenda::Expiry(*Every(seconds(86400)), {}, At(0)), At(3600));
  EXPECT_EQ(Agenda::Expiry(*Every(seconds(10)), {.grace = Milliseconds(2500)}, At(20)), At(20) + Milliseconds(2500));
}

}  // namespace
}  // namespace rota
