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
  using Key = std::tuple<std::string_view, Placement, MisfirePolicy, StoreOutage, std::string_view, int, bool>;
  std::map<Key, std::uint32_t> known;
  const std::vector<Task>& tasks = schedule.tasks();
  for (TaskIndex i = 0; i < tasks.size(); ++i) {
    const TaskPolicies& policies = *tasks[i].policies;
    const Key key(tasks[i].trigger->key(), policies.placement, policies.misfire, policies.store_outage, policies.pool,
                  policies.priority, policies.after.empty());
    const auto [place, is_new] = known.try_emplace(key, static_cast<std::uint32_t>(cohorts_.size()));
    if (is_new) cohorts_.push_back({tasks[i].trigger, &policies, {}});
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
    const WallTime first = entry.at;
    if (latest && *latest > entry.at) entry.at = *latest;
    due.push_back({&cohort, first, entry.at});
    Push(entry.cohort, entry.at);
  }
  std::stable_sort(due.begin(), due.end(), [](const Due& a, const Due& b) { return a.at < b.at; });
  return due;
}

WallTime Agenda::Expiry(const Trigger& trigger, const MisfirePolicy& misfire, WallTime at) {
  if (misfire.grace) return at + *misfire.grace;
  if (misfire.what == Misfire::kRunAll) return at + std::chrono::hours(24);
  const bool skips = misfire.what == Misfire::kSkip;
  const Milliseconds longest = skips ? std::chrono::seconds(10) : Milliseconds(std::chrono::hours(1));
  const std::optional<WallTime> next = trigger.Next(at);
  return at + (next ? std::min<Milliseconds>(*next - at, longest) : longest);
}

std::vector<WallTime> Agenda::ToRun(const Trigger& trigger, const MisfirePolicy& misfire, WallTime first, WallTime at,
                                    WallTime now) {
  std::vector<WallTime> instants = {at};
  if (misfire.what != Misfire::kRunAll) return instants;
  while (static_cast<int>(instants.size()) < misfire.max_runs) {
    const std::optional<WallTime> before = trigger.Previous(instants.back());
    if (!before || *before < first || Expiry(trigger, misfire, *before) < now) break;
    instants.push_back(*before);
  }
  std::ranges::reverse(instants);
  return instants;
}

void Agenda::Push(std::uint32_t cohort, WallTime after) {
  const std::optional<WallTime> next = cohorts_[cohort].trigger->Next(after);
  if (!next) return;
  heap_.push_back({*next, cohort});
  std::push_heap(heap_.begin(), heap_.end(), std::greater<>());
}

}  // namespace rota
