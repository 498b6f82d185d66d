#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rota/base/instant.h"
#include "rota/cron/next.h"
#include "rota/schedule/business_days.h"
#include "rota/schedule/task.h"

namespace rota {

// A calendar by its name, and what a task wants of it.
struct CalendarChoice {
  std::string name;
  CalendarUse use = CalendarUse::kOn;
  Shift shift = Shift::kSkip;
  std::optional<int> nth = {};  // The n-th business day of the month.
};

// What attributes say, as written and unchecked: Register() checks it and names the call that is wrong.
struct AttributeValues {
  using Window = std::pair<std::string, std::string>;  // From and to, as written.

  std::optional<std::string> timezone;
  DstPolicy dst;
  std::optional<CalendarChoice> calendar;
  std::optional<Milliseconds> spread;
  std::optional<std::vector<std::string>> environments;
  bool unique = false;
  bool without_overlapping = false;
  bool even_in_maintenance_mode = false;
  bool isolated = false;
  std::optional<Milliseconds> lock_timeout;
  std::optional<Milliseconds> timeout;
  std::optional<Milliseconds> kill_after;
  std::optional<RetryPolicy> retry;
  std::optional<OverlapPolicy> overlap;
  std::optional<MisfirePolicy> misfire;
  bool at_least_once = false;
  std::optional<StoreOutage> store_outage;
  std::optional<std::string> pool;
  std::optional<int> priority;
  std::optional<OutputFile> output;
  std::vector<std::string> tags;
  std::vector<Window> between;
  std::vector<Window> unless_between;
  std::vector<std::function<bool()>> when;
  std::vector<std::function<bool()>> skip;
  std::vector<Hook> hooks;
};

// What the tasks of a group have in common: every setter returns a new value, so that one can be kept and extended.
//
//   const auto nightly = Attributes().Timezone("Asia/Shanghai").Unique();
//   scheduler.Group(nightly.Tag("reports"), [](Scheduler& group) { … });
//
// Immutable.
class [[nodiscard]] Attributes {
 public:
  Attributes();

  Attributes Timezone(std::string_view zone) const;
  // As TaskBuilder's. Tasks that no change of the clocks concerns, such as intervals, ignore them.
  Attributes OnDstGap(DstGap policy) const;
  Attributes OnDstOverlap(DstOverlap policy) const;
  Attributes On(std::string_view calendar, Shift shift = Shift::kSkip) const;
  Attributes Except(std::string_view calendar, Shift shift = Shift::kSkip) const;
  // As TaskBuilder's. Tasks that have nothing to shift, `@reboot` and OnceAt(), ignore it.
  Attributes Spread(Milliseconds range) const;
  Attributes Environments(std::vector<std::string> environments) const;
  Attributes Unique() const;
  Attributes WithoutOverlapping() const;
  Attributes EvenInMaintenanceMode() const;
  Attributes LockTimeout(Milliseconds timeout) const;
  Attributes Timeout(Milliseconds timeout) const;
  Attributes KillAfter(Milliseconds delay) const;
  Attributes Retry(RetryPolicy policy) const;
  Attributes Overlap(OverlapPolicy policy) const;
  Attributes Misfire(MisfirePolicy policy) const;
  Attributes AtLeastOnce() const;
  Attributes OnStoreOutage(StoreOutage policy) const;
  Attributes Pool(std::string_view name) const;
  Attributes Priority(int priority) const;
  Attributes Isolated() const;
  Attributes AppendOutputTo(std::string_view path) const;
  Attributes Tag(std::string_view tag) const;
  Attributes Between(std::string_view from, std::string_view to) const;
  Attributes UnlessBetween(std::string_view from, std::string_view to) const;
  Attributes When(std::function<bool()> condition) const;
  Attributes Skip(std::function<bool()> condition) const;
  Attributes Before(HookFunction hook, Milliseconds timeout = kHookTimeout) const;
  Attributes After(HookFunction hook, Milliseconds timeout = kHookTimeout) const;
  Attributes OnSuccess(HookFunction hook, Milliseconds timeout = kHookTimeout) const;
  Attributes OnFailure(HookFunction hook, Milliseconds timeout = kHookTimeout) const;
  Attributes OnSkipped(HookFunction hook, Milliseconds timeout = kHookTimeout) const;
  Attributes OnMissed(HookFunction hook, Milliseconds timeout = kHookTimeout) const;
  Attributes OnLost(HookFunction hook, Milliseconds timeout = kHookTimeout) const;
  Attributes Ping(HookPoint point, std::string_view url, Milliseconds timeout = kHookTimeout) const;

  // These attributes around `inner`: what a task has once (its time zone, environments, timeout, …) and its Between()
  // windows replace these; its tags, UnlessBetween() windows, conditions and hooks are added; what either switches on
  // is on.
  Attributes With(const Attributes& inner) const;

  const AttributeValues& values() const { return *values_; }

 private:
  explicit Attributes(AttributeValues values);
  template <typename Change>
  Attributes Changed(const Change& change) const;
  Attributes AddHook(Hook hook) const;

  std::shared_ptr<const AttributeValues> values_;
};

// The rule of Attributes::With().
AttributeValues Merge(const AttributeValues& outer, AttributeValues inner);

}  // namespace rota
