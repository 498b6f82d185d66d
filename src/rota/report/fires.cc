#include "rota/report/fires.h"

#include <algorithm>
#include <string>
#include <unordered_map>
#include <variant>

#include "rota/base/text.h"
#include "rota/time/format.h"

namespace rota {
namespace {

constexpr Milliseconds kLongest = std::chrono::days(366);

bool IsFor(const Task& task, std::string_view environment) {
  const std::vector<std::string>& environments = task.policies->environments;
  return environments.empty() || std::ranges::find(environments, environment) != environments.end();
}

// How many multiples of `period` lie in [0, until). REQUIRES: until >= 0.
std::uint64_t Multiples(Milliseconds period, Milliseconds until) {
  return static_cast<std::uint64_t>((until.count() + period.count() - 1) / period.count());
}

}  // namespace

Status CheckStretch(const Stretch& stretch) {
  const std::string until = FormatInstant(stretch.to);
  if (stretch.to <= stretch.from) {
    return InvalidArgument("{}: expected an instant after {}, where the stretch begins", until,
                           FormatInstant(stretch.from));
  }
  if (stretch.to - stretch.from > kLongest) {
    return InvalidArgument("{}: expected at most {} after {}, where the stretch begins", until,
                           FormatDuration(kLongest), FormatInstant(stretch.from));
  }
  return Status::Ok();
}

std::vector<Cohort> FindCohorts(const Schedule& schedule, std::string_view environment, std::size_t& elsewhere) {
  std::vector<Cohort> cohorts;
  std::unordered_map<std::string_view, std::size_t> known;  // By the trigger's key.
  elsewhere = 0;
  for (const Task& task : schedule.tasks()) {
    if (!IsFor(task, environment)) {
      ++elsewhere;
      continue;
    }
    const auto [place, is_new] = known.try_emplace(task.trigger->key(), cohorts.size());
    if (is_new) cohorts.push_back({task.trigger.get(), {}});
    cohorts[place->second].tasks.push_back(&task);
  }
  return cohorts;
}

std::size_t FireCounter::minutes() const {
  const auto first = std::chrono::floor<std::chrono::minutes>(stretch_.from);
  return static_cast<std::size_t>((std::chrono::ceil<std::chrono::minutes>(stretch_.to) - first).count());
}

WallTime FireCounter::MinuteAt(std::size_t minute) const {
  return std::chrono::floor<std::chrono::minutes>(stretch_.from) + std::chrono::minutes(minute);
}

Status FireCounter::Count(const Trigger& trigger, const Add& add) {
  const auto* interval = std::get_if<IntervalFrequency>(&trigger.frequency());
  const bool counts_from_epoch = stretch_.from.time_since_epoch() >= kLongest;
  if (interval != nullptr && trigger.restrictions() == Restrictions() && counts_from_epoch) {
    return CountInterval(interval->period, trigger.spread().offset, add);
  }
  for (auto at = trigger.Next(stretch_.from - Milliseconds(1)); at && *at < stretch_.to; at = trigger.Next(*at)) {
    if (++looked_at_ > most_) {
      return InvalidArgument("the tasks fire more than {} times until {}: expected a shorter stretch", most_,
                             FormatInstant(stretch_.to));
    }
    add(static_cast<std::size_t>((*at - MinuteAt(0)) / std::chrono::minutes(1)), 1);
  }
  return Status::Ok();
}

// Short intervals fire too often to be looked at one by one, and are as good to reckon.
Status FireCounter::CountInterval(Milliseconds period, Milliseconds offset, const Add& add) const {
  const auto before = [&](WallTime instant) { return Multiples(period, instant.time_since_epoch() - offset); };
  for (std::size_t minute = 0; minute < minutes(); ++minute) {
    const WallTime from = std::max(MinuteAt(minute), stretch_.from);
    const WallTime to = std::min(MinuteAt(minute + 1), stretch_.to);
    if (const std::uint64_t count = before(to) - before(from); count > 0) add(minute, count);
  }
  return Status::Ok();
}

}  // namespace rota
