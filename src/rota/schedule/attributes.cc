#include "rota/schedule/attributes.h"

namespace rota {
namespace {

template <typename T>
void Prepend(const std::vector<T>& outer, std::vector<T>& inner) {
  inner.insert(inner.begin(), outer.begin(), outer.end());
}

}  // namespace

AttributeValues Merge(const AttributeValues& outer, AttributeValues inner) {
  if (!inner.timezone) inner.timezone = outer.timezone;
  if (!inner.dst.gap) inner.dst.gap = outer.dst.gap;
  if (!inner.dst.overlap) inner.dst.overlap = outer.dst.overlap;
  if (!inner.calendar) inner.calendar = outer.calendar;
  if (!inner.spread) inner.spread = outer.spread;
  if (!inner.environments) inner.environments = outer.environments;
  if (!inner.lock_timeout) inner.lock_timeout = outer.lock_timeout;
  if (!inner.timeout) inner.timeout = outer.timeout;
  if (!inner.kill_after) inner.kill_after = outer.kill_after;
  if (!inner.retry) inner.retry = outer.retry;
  if (!inner.overlap) inner.overlap = outer.overlap;
  if (!inner.misfire) inner.misfire = outer.misfire;
  if (!inner.store_outage) inner.store_outage = outer.store_outage;
  if (!inner.pool) inner.pool = outer.pool;
  if (!inner.priority) inner.priority = outer.priority;
  inner.at_least_once |= outer.at_least_once;
  if (!inner.output) inner.output = outer.output;
  if (inner.between.empty()) inner.between = outer.between;
  inner.unique |= outer.unique;
  inner.without_overlapping |= outer.without_overlapping;
  inner.even_in_maintenance_mode |= outer.even_in_maintenance_mode;
  inner.isolated |= outer.isolated;
  Prepend(outer.tags, inner.tags);
  Prepend(outer.unless_between, inner.unless_between);
  Prepend(outer.when, inner.when);
  Prepend(outer.skip, inner.skip);
  Prepend(outer.hooks, inner.hooks);
  return inner;
}

Attributes::Attributes() : Attributes(AttributeValues()) {}

Attributes::Attributes(AttributeValues values) : values_(std::make_shared<const AttributeValues>(std::move(values))) {}

template <typename Change>
Attributes Attributes::Changed(const Change& change) const {
  AttributeValues values = *values_;
  change(values);
  return Attributes(std::move(values));
}

Attributes Attributes::Timezone(std::string_view zone) const {
  return Changed([&](AttributeValues& values) { values.timezone = zone; });
}

Attributes Attributes::OnDstGap(DstGap policy) const {
  return Changed([&](AttributeValues& values) { values.dst.gap = policy; });
}

Attributes Attributes::OnDstOverlap(DstOverlap policy) const {
  return Changed([&](AttributeValues& values) { values.dst.overlap = policy; });
}

Attributes Attributes::On(std::string_view calendar, Shift shift) const {
  return Changed([&](AttributeValues& values) { values.calendar = {std::string(calendar), CalendarUse::kOn, shift}; });
}

Attributes Attributes::Except(std::string_view calendar, Shift shift) const {
  return Changed(
      [&](AttributeValues& values) { values.calendar = {std::string(calendar), CalendarUse::kExcept, shift}; });
}

Attributes Attributes::Spread(Milliseconds range) const {
  return Changed([&](AttributeValues& values) { values.spread = range; });
}

Attributes Attributes::Environments(std::vector<std::string> environments) const {
  return Changed([&](AttributeValues& values) { values.environments = std::move(environments); });
}

Attributes Attributes::Unique() const {
  return Changed([&](AttributeValues& values) { values.unique = true; });
}

Attributes Attributes::WithoutOverlapping() const {
  return Changed([&](AttributeValues& values) { values.without_overlapping = true; });
}

Attributes Attributes::EvenInMaintenanceMode() const {
  return Changed([&](AttributeValues& values) { values.even_in_maintenance_mode = true; });
}

Attributes Attributes::LockTimeout(Milliseconds timeout) const {
  return Changed([&](AttributeValues& values) { values.lock_timeout = timeout; });
}

Attributes Attributes::Timeout(Milliseconds timeout) const {
  return Changed([&](AttributeValues& values) { values.timeout = timeout; });
}

Attributes Attributes::KillAfter(Milliseconds delay) const {
  return Changed([&](AttributeValues& values) { values.kill_after = delay; });
}

Attributes Attributes::Retry(RetryPolicy policy) const {
  return Changed([&](AttributeValues& values) { values.retry = std::move(policy); });
}

Attributes Attributes::Overlap(OverlapPolicy policy) const {
  return Changed([&](AttributeValues& values) { values.overlap = policy; });
}

Attributes Attributes::Misfire(MisfirePolicy policy) const {
  return Changed([&](AttributeValues& values) { values.misfire = policy; });
}

Attributes Attributes::AtLeastOnce() const {
  return Changed([](AttributeValues& values) { values.at_least_once = true; });
}

Attributes Attributes::OnStoreOutage(StoreOutage policy) const {
  return Changed([&](AttributeValues& values) { values.store_outage = policy; });
}

Attributes Attributes::Pool(std::string_view name) const {
  return Changed([&](AttributeValues& values) { values.pool = name; });
}

Attributes Attributes::Priority(int priority) const {
  return Changed([&](AttributeValues& values) { values.priority = priority; });
}

Attributes Attributes::Isolated() const {
  return Changed([](AttributeValues& values) { values.isolated = true; });
}

Attributes Attributes::AppendOutputTo(std::string_view path) const {
  return Changed([&](AttributeValues& values) { values.output = {std::string(path), OutputFile::Mode::kAppend}; });
}

Attributes Attributes::Tag(std::string_view tag) const {
  return Changed([&](AttributeValues& values) { values.tags.emplace_back(tag); });
}

Attributes Attributes::Between(std::string_view from, std::string_view to) const {
  return Changed([&](AttributeValues& values) { values.between.emplace_back(from, to); });
}

Attributes Attributes::UnlessBetween(std::string_view from, std::string_view to) const {
  return Changed([&](AttributeValues& values) { values.unless_between.emplace_back(from, to); });
}

Attributes Attributes::When(std::function<bool()> condition) const {
  return Changed([&](AttributeValues& values) { values.when.push_back(std::move(condition)); });
}

Attributes Attributes::Skip(std::function<bool()> condition) const {
  return Changed([&](AttributeValues& values) { values.skip.push_back(std::move(condition)); });
}

Attributes Attributes::AddHook(Hook hook) const {
  return Changed([&](AttributeValues& values) { values.hooks.push_back(std::move(hook)); });
}

Attributes Attributes::Before(HookFunction hook, Milliseconds timeout) const {
  return AddHook({HookPoint::kStart, std::move(hook), timeout});
}

Attributes Attributes::After(HookFunction hook, Milliseconds timeout) const {
  return AddHook({HookPoint::kEnd, std::move(hook), timeout});
}

Attributes Attributes::OnSuccess(HookFunction hook, Milliseconds timeout) const {
  return AddHook({HookPoint::kSuccess, std::move(hook), timeout});
}

Attributes Attributes::OnFailure(HookFunction hook, Milliseconds timeout) const {
  return AddHook({HookPoint::kFail, std::move(hook), timeout});
}

Attributes Attributes::OnSkipped(HookFunction hook, Milliseconds timeout) const {
  return AddHook({HookPoint::kSkipped, std::move(hook), timeout});
}

Attributes Attributes::OnMissed(HookFunction hook, Milliseconds timeout) const {
  return AddHook({HookPoint::kMissed, std::move(hook), timeout});
}

Attributes Attributes::OnLost(HookFunction hook, Milliseconds timeout) const {
  return AddHook({HookPoint::kLost, std::move(hook), timeout});
}

Attributes Attributes::Ping(HookPoint point, std::string_view url, Milliseconds timeout) const {
  return AddHook({point, std::string(url), timeout});
}

Attributes Attributes::With(const Attributes& inner) const { return Attributes(Merge(*values_, *inner.values_)); }

}  // namespace rota
