#include "rota/schedule/task_set.h"

#include <algorithm>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdlib>
#include <utility>

#include "rota/base/format.h"
#include "rota/base/suggest.h"
#include "rota/base/text.h"
#include "rota/cron/rule.h"
#include "rota/schedule/chain_links.h"
#include "rota/schedule/policies_key.h"
#include "rota/time/format.h"

namespace rota::internal {
namespace {

constexpr std::size_t kMaxIdBytes = 200;
constexpr Milliseconds kMaxDuration = std::chrono::hours(24 * 366);
constexpr Milliseconds kLongestKillAfter = std::chrono::hours(1);
constexpr Milliseconds kLongestDelay = std::chrono::hours(24);
constexpr Milliseconds kLongestSpread = std::chrono::hours(24);
constexpr int kMostAttempts = 100;
constexpr int kMostMadeUp = 10'000;
constexpr int kMostUrgent = 100;

Status CheckId(const TaskId& id) {
  if (Trim(id).empty()) return InvalidArgument("a task's name is empty: expected printable text");
  const std::string printable = Printable(id);
  if (id.size() > kMaxIdBytes) {
    const std::string_view start = std::string_view(printable).substr(0, 40);
    return InvalidArgument("{}…: the task's name has {} bytes: expected at most {}; give it one with Name()",
                           ValidUtf8(start), id.size(), kMaxIdBytes);
  }
  if (printable != id || Trim(id) != id) {
    return InvalidArgument(
        "\"{}\": a task's name must be printable, without space at its ends; give it one with Name()", printable);
  }
  return Status();
}

Status CheckDuration(const char* call, Milliseconds value, Milliseconds least, Milliseconds most) {
  if (value >= least && value <= most) return Status();
  return InvalidArgument("{}({}): expected {} to {}", call, DurationText(value), FormatDuration(least),
                         FormatDuration(most));
}

Status CheckRetry(const RetryPolicy& retry) {
  const auto refuse = [&retry](std::string_view expected) {
    return InvalidArgument("{}: expected {}", CallOf(retry), expected);
  };
  if (retry.attempts < 2 || retry.attempts > kMostAttempts) return refuse(Format("2 to {} attempts", kMostAttempts));
  const auto is_delay = [](Milliseconds delay) { return delay >= Milliseconds(0) && delay <= kLongestDelay; };
  if (!is_delay(retry.delay) || !is_delay(retry.max_delay)) {
    return refuse(Format("delays from {} to {}", FormatDuration(Milliseconds(0)), FormatDuration(kLongestDelay)));
  }
  const auto is_failure = [](int code) { return code >= 1 && code <= 255; };
  if (!std::ranges::all_of(retry.exit_codes, is_failure)) return refuse("exit codes 1 to 255");
  return Status();
}

Status CheckMisfire(const MisfirePolicy& misfire) {
  const auto refuse = [&misfire](std::string_view expected) {
    return InvalidArgument("{}: expected {}", CallOf(misfire), expected);
  };
  const Milliseconds grace = misfire.grace.value_or(Milliseconds(0));
  if (grace < Milliseconds(0) || grace > kMaxDuration) {
    return refuse(Format("a grace from {} to {}", FormatDuration(Milliseconds(0)), FormatDuration(kMaxDuration)));
  }
  const MisfirePolicy usual;
  const bool limits = misfire.max_runs != usual.max_runs || misfire.pace != usual.pace;
  if (limits && misfire.what != Misfire::kRunAll) return refuse("max_runs and pace with Misfire::kRunAll alone");
  if (misfire.max_runs < 1 || misfire.max_runs > kMostMadeUp) return refuse(Format("1 to {} runs", kMostMadeUp));
  if (misfire.pace < Milliseconds(0) || misfire.pace > kLongestDelay) {
    return refuse(Format("a pace from {} to {}", FormatDuration(Milliseconds(0)), FormatDuration(kLongestDelay)));
  }
  return Status();
}

// When it runs where it cannot run as it was planned.
Status SetFallbacks(const AttributeValues& attributes, TaskPolicies& policies) {
  if (attributes.unique || attributes.without_overlapping) policies.overlap = OverlapPolicy::kSkip;
  policies.overlap = attributes.overlap.value_or(policies.overlap);
  if (attributes.without_overlapping && policies.overlap == OverlapPolicy::kAllow) {
    return Contradiction("WithoutOverlapping()", CallOf(policies.overlap), "a run overlaps others or it does not");
  }
  policies.misfire = attributes.misfire.value_or(policies.misfire);
  if (Status valid = CheckMisfire(policies.misfire); !valid.ok()) return valid;
  if (attributes.at_least_once && !attributes.unique) {
    return InvalidArgument("AtLeastOnce(): expected Unique() beside it, for another server tries it again");
  }
  if (attributes.at_least_once) policies.on_lost = OnLost::kRetry;
  policies.store_outage = attributes.store_outage.value_or(policies.store_outage);
  return Status();
}

Status SetPool(const AttributeValues& attributes, TaskPolicies& policies) {
  policies.pool = attributes.pool.value_or("");
  if (attributes.pool && (Trim(policies.pool).empty() || Printable(policies.pool) != policies.pool)) {
    return InvalidArgument("Pool({}): expected a printable name", Quote(policies.pool));
  }
  policies.priority = attributes.priority.value_or(0);
  if (std::abs(policies.priority) <= kMostUrgent) return Status();
  return InvalidArgument("Priority({}): expected {} to {}", policies.priority, -kMostUrgent, kMostUrgent);
}

// How long a run may take, hold others up, and be tried again.
Status SetLimits(AttributeValues& attributes, TaskPolicies& policies) {
  policies.lock_timeout = attributes.lock_timeout.value_or(policies.lock_timeout);
  policies.timeout = attributes.timeout;
  policies.kill_after = attributes.kill_after;
  policies.retry = std::move(attributes.retry);
  Status lock = CheckDuration("LockTimeout", policies.lock_timeout, Milliseconds(1), kMaxDuration);
  if (!lock.ok()) return lock;
  Status timeout = CheckDuration("Timeout", policies.timeout.value_or(kMaxDuration), Milliseconds(1), kMaxDuration);
  if (!timeout.ok()) return timeout;
  const Milliseconds kill_after = policies.kill_after.value_or(Milliseconds(0));
  Status kill = CheckDuration("KillAfter", kill_after, Milliseconds(0), kLongestKillAfter);
  if (!kill.ok()) return kill;
  return policies.retry ? CheckRetry(*policies.retry) : Status();
}

Status CheckWords(const char* call, const std::vector<std::string>& words) {
  for (const std::string& word : words) {
    if (word.find('\0') != std::string::npos) return InvalidArgument("{}({}): expected no NUL byte", call, Quote(word));
  }
  return Status();
}

void SortUnique(std::vector<std::string>& texts) {
  std::ranges::sort(texts);
  texts.erase(std::unique(texts.begin(), texts.end()), texts.end());
}

std::string WindowCall(const char* name, const AttributeValues::Window& window) {
  return Format("{}({}, {})", name, Quote(window.first), Quote(window.second));
}

Result<std::vector<DayWindow>> ReadWindows(const char* name, const std::vector<AttributeValues::Window>& windows) {
  std::vector<DayWindow> read;
  for (const AttributeValues::Window& window : windows) {
    const auto from = ReadTimeOfDay(WindowCall(name, window), window.first);
    if (!from) return Fail(from.error());
    const auto to = ReadTimeOfDay(WindowCall(name, window), window.second);
    if (!to) return Fail(to.error());
    if (*from == *to) return Fail(InvalidArgument("{}: expected two different times", WindowCall(name, window)));
    read.push_back({*from, *to});
  }
  return read;
}

// The call that gave the task its calendar, or would give it that of its group.
std::string CalendarCall(const Definition& definition) {
  const std::optional<CalendarChoice>& choice = definition.attributes.calendar;
  std::string call = definition.CallThatSet(kCalendar);
  return call.empty() && choice ? CallOf(*choice) : call;
}

// When a task is due: a cron text may have a zone of its own.
struct Timing {
  Frequency frequency;
  TimeZone zone;
};

Result<Timing> ReadCron(const TaskId& id, const CronText& cron, const std::string& call, const TimeZone& zone,
                        const std::string& timezone_call) {
  const Result<CronRule> rule = CronRule::Parse(cron.text, {.dialect = cron.dialect, .hash_key = id});
  if (!rule) return Fail(rule.error().WithContext(call));
  if (rule->zone && !timezone_call.empty() && *rule->zone != zone) {
    return Fail(Contradiction(call, timezone_call, "a task has one time zone"));
  }
  return Timing{FrequencyOf(*rule, cron.text, cron.dialect), rule->zone.value_or(zone)};
}

Result<Timing> ReadTiming(const TaskId& id, const Definition::Folded& folded, const TimeZone& zone,
                          const std::string& timezone_call) {
  if (const auto* cron = std::get_if<CronText>(&folded.value)) {
    return ReadCron(id, *cron, folded.call, zone, timezone_call);
  }
  if (const auto* once = std::get_if<OnceText>(&folded.value)) {
    const Result<WallTime> at = ParseInstant(once->text, zone);
    if (!at) return Fail(at.error().WithContext(folded.call));
    return Timing{OnceFrequency{*at}, zone};
  }
  if (const auto* at = std::get_if<WallTime>(&folded.value)) return Timing{OnceFrequency{*at}, zone};
  const Milliseconds period = std::get<Milliseconds>(folded.value);
  if (period < Milliseconds(1) || period > kMaxDuration) {
    return Fail(InvalidArgument("{}: expected 1ms to {}", folded.call, FormatDuration(kMaxDuration)));
  }
  return Timing{IntervalFrequency{period}, zone};
}

// What its calendar needs of a task's frequency.
Status CheckCalendar(const Frequency& frequency, const Definition::Folded& folded, const Restrictions& restrictions,
                     const std::string& call) {
  const BusinessDays* days = restrictions.business_days.get();
  if (days == nullptr || (days->nth() == 0 && days->shift() == Shift::kSkip)) return Status::Ok();
  const auto* cron = std::get_if<CronFrequency>(&frequency);
  if (cron == nullptr) {
    return Contradiction(folded.call, call,
                         days->nth() != 0 ? "a business day of the month needs a time of day, such as At(\"09:00\")"
                                          : "only a time of day can move to another day; expected Shift::kSkip");
  }
  constexpr std::uint32_t kWholeMonth = 0xfffffffe;
  const std::chrono::year_month january = std::chrono::year(2024) / 1;
  const bool names_days =
      restrictions.weekdays != kAllWeekdays || MatchingDays(cron->expression, january) != kWholeMonth;
  if (days->nth() == 0 || !names_days) return Status::Ok();
  return Contradiction(folded.calls, call, "both choose days of the month");
}

// The spread of a task of this frequency. Of a group it is for those of its tasks that have something to shift.
Result<Spread> ReadSpread(const TaskId& id, const Frequency& frequency, const Definition::Folded& folded,
                          const Definition& definition) {
  if (!definition.attributes.spread) return Spread();
  const Milliseconds range = *definition.attributes.spread;
  if (Status valid = CheckDuration("Spread", range, Milliseconds(1), kLongestSpread); !valid.ok()) {
    return Fail(std::move(valid));
  }
  const std::string call = Format("Spread({})", DurationText(range));
  if (std::holds_alternative<StartFrequency>(frequency) || std::holds_alternative<OnceFrequency>(frequency)) {
    if (definition.CallThatSet(kSpread).empty()) return Spread();
    return Fail(Contradiction(folded.call, call, "it has one instant of its own, and none to spread"));
  }
  const auto* interval = std::get_if<IntervalFrequency>(&frequency);
  if (interval != nullptr && range > interval->period) {
    return Fail(Contradiction(
        folded.call, call, Format("a spread is as long as the period at most, {}", FormatDuration(interval->period))));
  }
  return Spread::Of(id, range);
}

// The trigger of a task, whose definition has the attributes of its groups.
Result<std::shared_ptr<const Trigger>> ReadTrigger(const TaskId& id, const Definition::Folded& folded,
                                                   const TimeZone& zone, Restrictions restrictions,
                                                   const Definition& definition) {
  Result<Timing> timing = ReadTiming(id, folded, zone, definition.CallThatSet(kTimeZone));
  if (!timing) return Fail(timing.error());
  const std::string gap_call = definition.CallThatSet(kGapPolicy);
  const std::string dst_call = gap_call.empty() ? definition.CallThatSet(kOverlapPolicy) : gap_call;
  if (!dst_call.empty() && !std::holds_alternative<CronFrequency>(timing->frequency)) {
    return Fail(Contradiction(folded.call, dst_call, "a change of the clocks skips and repeats times of day only"));
  }
  const std::string call = CalendarCall(definition);
  if (Status valid = CheckCalendar(timing->frequency, folded, restrictions, call); !valid.ok()) {
    return Fail(std::move(valid));
  }
  const Result<Spread> spread = ReadSpread(id, timing->frequency, folded, definition);
  if (!spread) return Fail(spread.error());
  return std::make_shared<const Trigger>(std::move(timing->frequency), timing->zone, std::move(restrictions),
                                         definition.attributes.dst, *spread);
}

// A trigger that never fires is a mistake; one that fires at the server's start has no instants.
Status CheckFires(const Trigger& trigger, const Definition::Folded& folded, const Definition& definition) {
  const AttributeValues& attributes = definition.attributes;
  const bool restricted = trigger.restrictions() != Restrictions();
  if (trigger.fires_at_start() ? !restricted : trigger.Next(WallTime::min()).has_value()) return Status::Ok();
  std::string calls = folded.calls;
  if (attributes.calendar) calls += (calls.empty() ? "" : ".") + CalendarCall(definition);
  for (const auto& window : attributes.between) calls += "." + WindowCall("Between", window);
  for (const auto& window : attributes.unless_between) calls += "." + WindowCall("UnlessBetween", window);
  if (trigger.fires_at_start()) {
    return InvalidArgument("{}: the start of a server has no day or time of its own: expected When() or Skip()", calls);
  }
  return InvalidArgument("{}: never fires: expected an instant between 1970 and 2200 that meets all of it", calls);
}

// Whether the value is a cron text that means the same for every task: no `H`, no zone, no `@every` or `@reboot`.
bool IsPlainCron(const FrequencyValue& value) {
  const auto* cron = std::get_if<CronText>(&value);
  return cron != nullptr && cron->text.find_first_of("Hh=@") == std::string::npos;
}

// Nothing for a task that follows others: it has none of its own.
Result<std::optional<Definition::Folded>> FrequencyOf(const Definition& definition) {
  if (definition.after.empty()) {
    return definition.Fold().map([](const Definition::Folded& folded) { return std::optional(folded); });
  }
  const std::string timing = definition.TimingCall();
  if (timing.empty()) return std::nullopt;
  return Fail(Contradiction(CallOf(definition.after.front()), timing, "a task that follows others is due as they are"));
}

// Equal for definitions of one trigger. Unlike Trigger::key() it keeps a cron text as it was written.
std::string TriggerText(const Definition::Folded& folded, const TimeZone& zone, const DstPolicy& dst,
                        const Restrictions& restrictions, const Spread& spread) {
  std::string text;
  if (const auto* cron = std::get_if<CronText>(&folded.value)) {
    text = (cron->dialect == CronDialect::kQuartz ? "quartz " : "cron ") + cron->text;
  } else if (const auto* once = std::get_if<OnceText>(&folded.value)) {
    text = "once " + once->text;
  } else if (const auto* at = std::get_if<WallTime>(&folded.value)) {
    text = "at " + std::to_string(at->time_since_epoch().count());
  } else {
    text = "every " + std::to_string(std::get<Milliseconds>(folded.value).count());
  }
  text += '\n' + zone.name() + '\n' + std::to_string(folded.weekdays) + '\n';
  if (dst.gap) text += Name(*dst.gap);
  text += '\n';
  if (dst.overlap) text += Name(*dst.overlap);
  for (const auto* windows : {&restrictions.between, &restrictions.unless_between}) {
    text += '\n';
    for (const DayWindow& window : *windows) text += Format("{}-{} ", window.from.count(), window.to.count());
  }
  if (restrictions.business_days) text += '\n' + restrictions.business_days->key();
  if (spread != Spread()) text += Format("\nspread {} {}", spread.range.count(), spread.offset.count());
  return text;
}

}  // namespace

struct TaskSet::Interned {
  boost::unordered_flat_map<std::string, std::shared_ptr<const Trigger>> triggers;
  boost::unordered_flat_map<std::string, std::shared_ptr<const TaskPolicies>> policies;
};

TaskSet::TaskSet(const CommandCatalog& catalog, TimeZone zone)
    : catalog_(catalog), zone_(zone), interned_(std::make_unique<Interned>()) {}

TaskSet::~TaskSet() = default;

Result<TaskId> TaskSet::Add(Definition definition, const AttributeValues& outer) {
  TaskId id = definition.name ? *definition.name : Describe(definition.work);
  if (Status valid = CheckId(id); !valid.ok()) return Fail(std::move(valid));
  Result<Task> task = Resolve(id, std::move(definition), outer);
  if (!task) return Fail(task.error().WithContext(id));
  tasks_.push_back(*std::move(task));
  index_.AddLast(tasks_);
  return id;
}

Result<Task> TaskSet::Resolve(TaskId id, Definition definition, const AttributeValues& outer) {
  if (built_) return Fail(InvalidArgument("the schedule is already built: register tasks before Build()"));
  if (!definition.problem.ok()) return Fail(definition.problem);
  if (Status valid = CheckWork(definition.work); !valid.ok()) return Fail(std::move(valid));
  if (index_.Find(tasks_, id) != nullptr) {
    return Fail(InvalidArgument("a task with this name is registered already: tell them apart with Name()"));
  }
  const Result<std::optional<Definition::Folded>> folded = FrequencyOf(definition);
  if (!folded) return Fail(folded.error());
  definition.attributes = Merge(outer, std::move(definition.attributes));
  if (const auto* call = std::get_if<FunctionCall>(&definition.work);
      call != nullptr && definition.attributes.isolated) {
    return Fail(Contradiction(Format("Call({}, …)", Quote(call->id)), "Isolated()",
                              "another process cannot call a function of this one; a Command() can be isolated"));
  }
  std::shared_ptr<const Trigger> trigger;  // Of a child: LinkChains() gives it that of its parents.
  if (*folded) {
    auto own = TriggerOf(id, **folded, definition);
    if (!own) return Fail(own.error());
    trigger = *std::move(own);
  }
  auto policies = PoliciesOf(std::move(definition.attributes), std::move(definition.after));
  if (!policies) return Fail(policies.error());
  return Task{std::move(id), std::move(definition.description).value_or(""), std::move(definition.work),
              std::move(trigger), *std::move(policies)};
}

Status TaskSet::CheckWork(const Work& work) const {
  if (const auto* call = std::get_if<FunctionCall>(&work)) {
    return call->function ? Status() : InvalidArgument("Call({}, …): expected a function", Quote(call->id));
  }
  if (const auto* command = std::get_if<CommandCall>(&work)) return catalog_.Check(command->name, command->arguments);
  if (const auto* exec = std::get_if<ExecCall>(&work)) {
    if (exec->argv.empty() || exec->argv.front().empty()) return InvalidArgument("Exec(): expected a program");
    if (Status valid = CheckWords("Exec", exec->argv); !valid.ok()) return valid;
    return exec->process ? Check(*exec->process).WithContext(Format("Exec({})", Quote(exec->argv.front()))) : Status();
  }
  if (const auto* http = std::get_if<HttpCall>(&work)) return CheckHttpCall(*http);
  const auto& [line, process] = std::get<ShellCall>(work);
  if (Trim(line).empty()) return InvalidArgument("Shell({}): expected a line for /bin/sh", Quote(line));
  if (Status valid = CheckWords("Shell", {line}); !valid.ok()) return valid;
  return process ? Check(*process).WithContext(Format("Shell({})", Quote(line))) : Status();
}

Result<TimeZone> TaskSet::ZoneOf(const AttributeValues& attributes) {
  if (!attributes.timezone) return zone_;
  if (const auto known = zones_.find(*attributes.timezone); known != zones_.end()) return known->second;
  Result<TimeZone> zone = TimeZone::Load(*attributes.timezone);
  if (!zone) return Fail(zone.error().WithContext(Format("Timezone({})", Quote(*attributes.timezone))));
  zones_.emplace(*attributes.timezone, *zone);
  return zone;
}

void TaskSet::DefineCalendar(Calendar calendar) {
  const std::string name = calendar.name();
  if (!calendar_problem_.ok()) return;
  if (Trim(name).empty() || Trim(name) != name || Printable(name) != name) {
    calendar_problem_ =
        InvalidArgument("calendar {}: expected a printable name without space at its ends", Quote(name));
  } else if (!calendars_.emplace(name, std::move(calendar)).second) {
    calendar_problem_ = InvalidArgument("calendar {} is defined twice: give one of them another name", Quote(name));
  }
}

Result<std::shared_ptr<const BusinessDays>> TaskSet::BusinessDaysOf(const CalendarChoice& choice,
                                                                    const std::string& call) {
  const auto found = calendars_.find(choice.name);
  if (found == calendars_.end()) {
    std::vector<std::string> known;
    for (const auto& [name, calendar] : calendars_) known.push_back(name);
    return Fail(InvalidArgument("{}: unknown calendar{}; {}", call, DidYouMean(choice.name, known),
                                known.empty() ? "none is defined" : "defined: " + Join(known, ", ")));
  }
  std::shared_ptr<const BusinessDays>& days = business_days_[CallOf(choice)];
  if (!days) {
    days = choice.nth ? std::make_shared<const BusinessDays>(found->second, *choice.nth)
                      : std::make_shared<const BusinessDays>(found->second, choice.use, choice.shift);
  }
  return days;
}

Result<Restrictions> TaskSet::RestrictionsOf(const Definition::Folded& folded, const Definition& definition) {
  const AttributeValues& attributes = definition.attributes;
  Restrictions restrictions;
  restrictions.weekdays = folded.weekdays;
  auto between = ReadWindows("Between", attributes.between);
  if (!between) return Fail(between.error());
  restrictions.between = *std::move(between);
  auto unless_between = ReadWindows("UnlessBetween", attributes.unless_between);
  if (!unless_between) return Fail(unless_between.error());
  restrictions.unless_between = *std::move(unless_between);
  if (attributes.calendar) {
    auto days = BusinessDaysOf(*attributes.calendar, CalendarCall(definition));
    if (!days) return Fail(days.error());
    restrictions.business_days = *std::move(days);
  }
  return restrictions;
}

Result<std::shared_ptr<const Trigger>> TaskSet::TriggerOf(const TaskId& id, const Definition::Folded& folded,
                                                          const Definition& definition) {
  const Result<TimeZone> known_zone = ZoneOf(definition.attributes);
  if (!known_zone) return Fail(known_zone.error());
  const TimeZone& zone = *known_zone;
  Result<Restrictions> restrictions = RestrictionsOf(folded, definition);
  if (!restrictions) return Fail(restrictions.error());

  const bool plain = IsPlainCron(folded.value);
  const Spread spread = Spread::Of(id, definition.attributes.spread.value_or(Milliseconds(0)));
  std::string text = TriggerText(folded, zone, definition.attributes.dst, *restrictions, spread);
  if (plain) {
    if (const auto known = interned_->triggers.find(text); known != interned_->triggers.end()) return known->second;
  }
  auto trigger = ReadTrigger(id, folded, zone, *std::move(restrictions), definition);
  if (!trigger) return Fail(trigger.error());
  if (!plain) {
    text += '\n' + (*trigger)->key();
    if (const auto known = interned_->triggers.find(text); known != interned_->triggers.end()) return known->second;
  }
  if (Status valid = CheckFires(**trigger, folded, definition); !valid.ok()) return Fail(std::move(valid));
  interned_->triggers.emplace(std::move(text), *trigger);
  return trigger;
}

Result<std::shared_ptr<const TaskPolicies>> TaskSet::PoliciesOf(AttributeValues attributes, std::vector<Parent> after) {
  TaskPolicies policies;
  policies.after = std::move(after);
  if (attributes.unique) policies.placement = Placement::kOneServer;
  if (Status valid = SetFallbacks(attributes, policies); !valid.ok()) return Fail(std::move(valid));
  if (Status valid = SetPool(attributes, policies); !valid.ok()) return Fail(std::move(valid));
  policies.even_in_maintenance_mode = attributes.even_in_maintenance_mode;
  if (Status valid = SetLimits(attributes, policies); !valid.ok()) return Fail(std::move(valid));
  policies.isolated = attributes.isolated;
  policies.output = std::move(attributes.output);
  if (const auto& output = policies.output;
      output && (output->path.empty() || Printable(output->path) != output->path)) {
    return Fail(InvalidArgument("{}: expected the path of a file, without control characters", CallOf(*output)));
  }
  if (attributes.environments) {
    const auto& names = *attributes.environments;
    if (names.empty() || std::ranges::any_of(names, [](const std::string& name) { return Trim(name).empty(); })) {
      return Fail(InvalidArgument("Environments(): expected names such as \"production\""));
    }
    policies.environments = *std::move(attributes.environments);
    SortUnique(policies.environments);
  }
  if (std::ranges::any_of(attributes.tags, [](const std::string& tag) { return Trim(tag).empty(); })) {
    return Fail(InvalidArgument("Tag(\"\"): expected a word"));
  }
  policies.tags = std::move(attributes.tags);
  SortUnique(policies.tags);
  for (const auto* conditions : {&attributes.when, &attributes.skip}) {
    const bool when = conditions == &attributes.when;
    for (const auto& condition : *conditions) {
      if (!condition) return Fail(InvalidArgument("{}(): expected a function", when ? "When" : "Skip"));
    }
  }
  for (const Hook& hook : attributes.hooks) {
    if (Status valid = CheckHook(hook); !valid.ok()) return Fail(std::move(valid));
  }
  policies.hooks = std::move(attributes.hooks);
  policies.when = std::move(attributes.when);
  policies.skip = std::move(attributes.skip);

  // Functions cannot be compared: policies with some are not shared.
  const auto is_function = [](const Hook& hook) { return std::holds_alternative<HookFunction>(hook.action); };
  if (!policies.when.empty() || !policies.skip.empty() || std::ranges::any_of(policies.hooks, is_function))
    return std::make_shared<const TaskPolicies>(std::move(policies));
  auto& shared = interned_->policies[PoliciesKey(policies)];
  if (!shared) shared = std::make_shared<const TaskPolicies>(std::move(policies));
  return shared;
}

void TaskSet::Forget(std::string chain) { forgotten_.push_back(std::move(chain)); }

Result<Schedule> TaskSet::Build(const std::function<std::string(const TaskId&)>& where) {
  if (built_) return Fail(InvalidArgument("the schedule is already built: Build() is called once"));
  if (!forgotten_.empty())
    return Fail(InvalidArgument("Register() is missing after {}", Join(forgotten_, " and after ")));
  if (!calendar_problem_.ok()) return Fail(calendar_problem_);
  if (Status linked = LinkChains(tasks_, index_, where); !linked.ok()) return Fail(std::move(linked));
  built_ = true;
  index_ = TaskIndex();
  return Schedule(std::exchange(tasks_, {}));
}

}  // namespace rota::internal
