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
  if (!inner.environments) inner.environments = outer.environments;
  if (!inner.lock_timeout) inner.lock_timeout = outer.lock_timeout;
  if (!inner.timeout) inner.timeout = outer.timeout;
  if (!inner.kill_after) inner.kill_after = outer.kill_after;
  if (!inner.retry) inner.retry = outer.retry;
  if (inner.between.empty()) inner.between = outer.between;
  inner.unique |= outer.unique;
  inner.without_overlapping |= outer.without_overlapping;
  Prepend(outer.tags, inner.tags);
  Prepend(outer.unless_between, inner.unless_between);
  Prepend(outer.when, inner.when);
  Prepend(outer.skip, inner.skip);
  return inner;
}

Attributes::Attributes() : Attributes(AttributeValues()) {}

Attributes::Attributes(AttributeValues values) : values_(std::make_shared<const AttributeValues>(std::move(values))) {}

Attributes Attributes::Timezone(std::string_view zone) const {
  AttributeValues values = *values_;
  values.timezone = zone;
  return Attributes(std::move(values));
}

Attributes Attributes::OnDstGap(DstGap policy) const {
  AttributeValues values = *values_;
  values.dst.gap = policy;
  return Attributes(std::move(values));
}

Attributes Attributes::OnDstOverlap(DstOverlap policy) const {
  AttributeValues values = *values_;
  values.dst.overlap = policy;
  return Attributes(std::move(values));
}

Attributes Attributes::On(std::string_view calendar, Shift shift) const {
  AttributeValues values = *values_;
  values.calendar = {std::string(calendar), CalendarUse::kOn, shift};
  return Attributes(std::move(values));
}

Attributes Attributes::Except(std::string_view calendar, Shift shift) const {
  AttributeValues values = *values_;
  values.calendar = {std::string(calendar), CalendarUse::kExcept, shift};
  return Attributes(std::move(values));
}

Attributes Attributes::Environments(std::vector<std::string> environments) const {
  AttributeValues values = *values_;
  values.environments = std::move(environments);
  return Attributes(std::move(values));
}

Attributes Attributes::Unique() const {
  AttributeValues values = *values_;
  values.unique = true;
  return Attributes(std::move(values));
}

Attributes Attributes::WithoutOverlapping() const {
  AttributeValues values = *values_;
  values.without_overlapping = true;
  return Attributes(std::move(values));
}

Attributes Attributes::LockTimeout(Milliseconds timeout) const {
  AttributeValues values = *values_;
  values.lock_timeout = timeout;
  return Attributes(std::move(values));
}

Attributes Attributes::Timeout(Milliseconds timeout) const {
  AttributeValues values = *values_;
  values.timeout = timeout;
  return Attributes(std::move(values));
}

Attributes Attributes::KillAfter(Milliseconds delay) const {
  AttributeValues values = *values_;
  values.kill_after = delay;
  return Attributes(std::move(values));
}

Attributes Attributes::Retry(RetryPolicy policy) const {
  AttributeValues values = *values_;
  values.retry = std::move(policy);
  return Attributes(std::move(values));
}

Attributes Attributes::Tag(std::string_view tag) const {
  AttributeValues values = *values_;
  values.tags.emplace_back(tag);
  return Attributes(std::move(values));
}

Attributes Attributes::Between(std::string_view from, std::string_view to) const {
  AttributeValues values = *values_;
  values.between.emplace_back(from, to);
  return Attributes(std::move(values));
}

Attributes Attributes::UnlessBetween(std::string_view from, std::string_view to) const {
  AttributeValues values = *values_;
  values.unless_between.emplace_back(from, to);
  return Attributes(std::move(values));
}

Attributes Attributes::When(std::function<bool()> condition) const {
  AttributeValues values = *values_;
  values.when.push_back(std::move(condition));
  return Attributes(std::move(values));
}

Attributes Attributes::Skip(std::function<bool()> condition) const {
  AttributeValues values = *values_;
  values.skip.push_back(std::move(condition));
  return Attributes(std::move(values));
}

Attributes Attributes::With(const Attributes& inner) const { return Attributes(Merge(*values_, *inner.values_)); }

}  // namespace rota
