#include "rota/testing/cluster/workload.h"

#include <string>
#include <string_view>
#include <utility>

#include "rota/base/format.h"
#include "rota/cron/rule.h"
#include "rota/schedule/task.h"

namespace rota::cluster {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

std::shared_ptr<const Trigger> CronTrigger(std::string_view text) {
  const CronRule rule = *CronRule::Parse(text, Expression::Options());
  return std::make_shared<const Trigger>(Trigger::FromCron(rule, text, CronDialect::kOcps, TimeZone()));
}

std::shared_ptr<const Trigger> DrawTrigger(Dice& dice) {
  if (dice.OneIn(40)) return CronTrigger("@reboot");
  if (dice.OneIn(4)) {
    return CronTrigger(dice.OneOf<std::string_view>({"* * * * * *", "*/2 * * * * *", "*/5 * * * * *", "0-20 * * * * *",
                                                     "*/15 * * * * *", "* * * * *", "*/5 * * * *", "0 * * * *"}));
  }
  const Milliseconds period =
      dice.OneOf<Milliseconds>({seconds(1), seconds(1), seconds(1), seconds(1), seconds(2), seconds(3), seconds(5),
                                milliseconds(7'500), seconds(10), seconds(30), minutes(1), minutes(5), hours(1)});
  return std::make_shared<const Trigger>(IntervalFrequency{period}, TimeZone(), Restrictions{});
}

// What is done where a run does not go as planned.
void DrawFallbacks(Dice& dice, TaskPolicies& policies) {
  if (dice.OneIn(6)) policies.misfire.what = Misfire::kSkip;
  if (dice.OneIn(8))
    policies.misfire = {Misfire::kRunAll, seconds(20), 5, dice.OneOf<Milliseconds>({seconds(0), seconds(1)})};
  if (policies.placement == Placement::kOneServer && dice.OneIn(4)) policies.on_lost = OnLost::kRetry;
  if (dice.OneIn(6)) policies.timeout = dice.OneOf<Milliseconds>({milliseconds(300), seconds(2)});
  if (dice.OneIn(5))
    policies.retry = RetryPolicy{.attempts = 3, .delay = dice.OneOf<Milliseconds>({seconds(0), seconds(2)})};
}

// A task that follows one of those, or perhaps two that are due together.
Task DrawChild(Dice& dice, std::string id, TaskPolicies policies, const std::vector<Task>& tasks) {
  const Task& parent = tasks[dice.Below(tasks.size())];
  const auto draw_end = [&dice] {
    return dice.OneOf<ParentEnd>({ParentEnd::kSuccess, ParentEnd::kEnd, ParentEnd::kFail});
  };
  policies.after = {{parent.id, draw_end()}};
  for (const Task& other : tasks) {
    const bool together = other.trigger == parent.trigger && other.unique() == parent.unique();
    if (together && &other != &parent && dice.OneIn(2)) {
      policies.after.push_back({other.id, draw_end()});
      break;
    }
  }
  policies.placement = parent.policies->placement;
  if (!parent.unique()) policies.on_lost = OnLost::kRecord;
  Task task;
  task.id = std::move(id);
  task.trigger = parent.trigger;
  task.policies = std::make_shared<const TaskPolicies>(std::move(policies));
  return task;
}

TaskPolicies DrawPolicies(Dice& dice) {
  TaskPolicies policies;
  const bool unique = !dice.OneIn(4);
  policies.placement = unique ? Placement::kOneServer : Placement::kEveryServer;
  policies.overlap = unique != dice.OneIn(5) ? OverlapPolicy::kSkip : OverlapPolicy::kAllow;
  policies.lock_timeout = dice.OneOf<Milliseconds>({seconds(8), seconds(40), minutes(30), minutes(30)});
  if (dice.OneIn(3))
    policies.misfire.grace = dice.OneOf<Milliseconds>({milliseconds(500), seconds(5), seconds(20), minutes(1)});
  if (policies.overlap == OverlapPolicy::kSkip && dice.OneIn(4)) {
    policies.overlap = dice.OneOf<OverlapPolicy>({OverlapPolicy::kQueueOne, OverlapPolicy::kCancelPrevious});
  }
  DrawFallbacks(dice, policies);
  return policies;
}

// Occurrences a second, as seen over the first hour.
double RateOf(const Trigger& trigger) {
  constexpr int kMost = 200;
  const WallTime begin{};
  WallTime last = begin;
  int count = 0;
  for (auto next = trigger.Next(begin); next && count < kMost && *next <= begin + hours(1); next = trigger.Next(last)) {
    last = *next;
    ++count;
  }
  return count == 0 ? 0 : count / std::chrono::duration<double>(last - begin).count();
}

}  // namespace

Workload DrawWorkload(Dice& dice, int servers) {
  Workload workload;
  std::vector<Task> tasks;
  const auto count = 20 + dice.Below(60);
  for (std::uint64_t i = 0; i < count; ++i) {
    Task task;
    task.id = Format("task-{}", i);
    task.trigger = DrawTrigger(dice);
    TaskPolicies policies = DrawPolicies(dice);
    workload.durations.push_back(
        dice.OneOf<Milliseconds>({milliseconds(5), milliseconds(5), milliseconds(50), milliseconds(400),
                                  milliseconds(400), seconds(3), seconds(20)}));
    if (i % 4 == 0 && workload.durations.back() < seconds(1)) policies.pool = kLimitedPool;
    task.policies = std::make_shared<const TaskPolicies>(std::move(policies));
    if (i >= 10 && dice.OneIn(4)) {
      Task child = DrawChild(dice, task.id, *task.policies, tasks);
      if (!child.trigger->fires_at_start()) task = std::move(child);
    }
    task.work = CommandCall{task.id, {}};
    workload.rate += RateOf(*task.trigger) * (task.unique() ? 1 : servers);
    tasks.push_back(std::move(task));
  }
  workload.schedule = std::make_shared<const Schedule>(std::move(tasks));
  return workload;
}

}  // namespace rota::cluster
