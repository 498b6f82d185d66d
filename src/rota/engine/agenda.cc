#include "rota/engine/agenda.h"

#include <algorithm>
#include <functional>
#include <map>
#include <string_view>
#include <tuple>
#include <utility>

#include "rota/base/hash.h"

namespace rota {

Agenda::Agenda(const Schedule& schedule) {
  using Key = std::tuple<std::string_view, Placement, std::optional<Milliseconds>>;
  std::map<Key, std::uint32_t> known;
  const std::vector<Task>& tasks = schedule.tasks();
  for (TaskIndex i = 0; i < tasks.size(); ++i) {
    const TaskPolicies& policies = *tasks[i].policies;
    const Key key(tasks[i].trigger->key(), policies.placement, policies.grace);
    const auto [place, is_new] = known.try_emplace(key, static_cast<std::uint32_t>(cohorts_.size()));
    if (is_new) cohorts_.push_back({tasks[i].trigger, policies.placement, policies.grace, {}});
    cohorts_[place->second].tasks.push_back(i);
  }
  for (Cohort& cohort : cohorts_) {
    cohort.tasks.shrink_to_fit();
    std::ranges::sort(cohort.tasks, {}, [&tasks](TaskIndex i) { return std::pair(StableHash(tasks[i].id), i); });
  }
}

void Agenda::Reset(WallTime after) {
  heap_.clear();
  for (std::uint32_t i = 0; i < cohorts_.size(); ++i) Push(i, after);
}

std::optional<WallTime> Agenda::NextDue() const {
  if (heap_.empty()) return std::nullopt;
  return heap_.front().at;
}

std::vector<Agenda::Due> Agenda::PopDue(WallTime now) {
  std::vector<Due> due;
  while (!heap_.empty() && heap_.front().at <= now) {
    std::pop_heap(heap_.begin(), heap_.end(), std::greater<>());
    Entry entry = heap_.back();
    heap_.pop_back();
    const Cohort& cohort = cohorts_[entry.cohort];
    const std::optional<WallTime> latest = cohort.trigger->Previous(now + Milliseconds(1));
    if (latest && *latest > entry.at) entry.at = *latest;
    due.push_back({&cohort, entry.at});
    Push(entry.cohort, entry.at);
  }
  std::stable_sort(due.begin(), due.end(), [](const Due& a, const Due& b) { return a.at < b.at; });
  return due;
}

WallTime Agenda::Expiry(const Trigger& trigger, std::optional<Milliseconds> grace, WallTime at) {
  if (grace) return at + *grace;
  constexpr Milliseconds kLongest = std::chrono::hours(1);
  const std::optional<WallTime> next = trigger.Next(at);
  return at + (next ? std::min(*next - at, kLongest) : kLongest);
}

void Agenda::Push(std::uint32_t cohort, WallTime after) {
  const std::optional<WallTime> next = cohorts_[cohort].trigger->Next(after);
  if (!next) return;
  heap_.push_back({*next, cohort});
  std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
}

}  // namespace rota
