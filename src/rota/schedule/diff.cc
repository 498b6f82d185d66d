#include "rota/schedule/diff.h"

#include <algorithm>
#include <map>
#include <utility>

#include "rota/base/text.h"
#include "rota/schedule/business_days.h"
#include "rota/schedule/policies_key.h"
#include "rota/time/format.h"

namespace rota {
namespace {

constexpr std::size_t kMostInstants = 100'000;

// The instants of a trigger within a span, one after the other; none without a trigger.
class Instants {
 public:
  Instants(const Trigger* trigger, WallTime from, WallTime to) : trigger_(trigger), to_(to) { MoveTo(from); }

  const std::optional<WallTime>& at() const { return at_; }
  // REQUIRES: there is one.
  void Step() { MoveTo(*at_); }

 private:
  void MoveTo(WallTime after) {
    at_ = trigger_ == nullptr ? std::nullopt : trigger_->Next(after);
    if (at_ && *at_ > to_) at_.reset();
  }

  const Trigger* trigger_;
  const WallTime to_;
  std::optional<WallTime> at_;
};

struct Apart {
  InstantsApart appear;
  InstantsApart vanish;
  bool counted = true;
};

// Compares tasks; what their triggers do is found out once for all tasks that share them.
class Comparison {
 public:
  explicit Comparison(const DiffOptions& options) : options_(options), to_(options.from + options.span) {}

  WallTime to() const { return to_; }
  // Either of them may be null: it does not run.
  const Apart& Compare(const Task* before, const Task* after) {
    const Trigger* old_trigger = TriggerOf(before);
    const Trigger* new_trigger = TriggerOf(after);
    const auto key = [](const Trigger* trigger) { return trigger == nullptr ? std::string() : trigger->key(); };
    const auto [entry, is_new] = known_.try_emplace({key(old_trigger), key(new_trigger)});
    if (is_new) entry->second = Walk(old_trigger, new_trigger);
    return entry->second;
  }

 private:
  const Trigger* TriggerOf(const Task* task) const {
    if (task == nullptr) return nullptr;
    const std::vector<std::string>& where = task->policies->environments;
    const bool elsewhere =
        options_.environment && !where.empty() && std::ranges::find(where, *options_.environment) == where.end();
    return elsewhere ? nullptr : task->trigger.get();
  }

  void Note(InstantsApart& apart, WallTime instant) const {
    if (apart.count++ < options_.examples) apart.first.push_back(instant);
  }

  Apart Walk(const Trigger* before, const Trigger* after) const {
    Apart apart;
    Instants old_ones(before, options_.from, to_);
    Instants new_ones(after, options_.from, to_);
    for (std::size_t looked_at = 0; old_ones.at() || new_ones.at(); ++looked_at) {
      if (looked_at == kMostInstants) {
        apart.counted = false;
        break;
      }
      if (old_ones.at() == new_ones.at()) {
        old_ones.Step();
        new_ones.Step();
      } else if (!new_ones.at() || (old_ones.at() && *old_ones.at() < *new_ones.at())) {
        Note(apart.vanish, *old_ones.at());
        old_ones.Step();
      } else {
        Note(apart.appear, *new_ones.at());
        new_ones.Step();
      }
    }
    return apart;
  }

  const DiffOptions& options_;
  const WallTime to_;
  std::map<std::pair<std::string, std::string>, Apart> known_;
};

void AddIfApart(std::vector<FieldChange>& changes, std::string_view field, std::string before, std::string after) {
  if (before != after) changes.push_back({std::string(field), std::move(before), std::move(after)});
}

template <typename Policy>
std::string NameOf(const std::optional<Policy>& policy) {
  return policy ? std::string(Name(*policy)) : std::string();
}

std::string CalendarOf(const Trigger& trigger) {
  const auto& days = trigger.restrictions().business_days;
  return days ? days->calendar().name() : std::string();
}

std::string SpreadOf(const Trigger& trigger) {
  const Milliseconds range = trigger.spread().range;
  return range == Milliseconds() ? std::string() : FormatDuration(range);
}

void CompareTriggers(const Trigger& before, const Trigger& after, std::vector<FieldChange>& changes) {
  if (before.key() == after.key()) return;
  const std::size_t so_far = changes.size();
  AddIfApart(changes, "schedule", before.Rule().Describe(), after.Rule().Describe());
  AddIfApart(changes, "zone", before.zone().name(), after.zone().name());
  AddIfApart(changes, "dst_gap", NameOf(before.dst().gap), NameOf(after.dst().gap));
  AddIfApart(changes, "dst_overlap", NameOf(before.dst().overlap), NameOf(after.dst().overlap));
  AddIfApart(changes, "spread", SpreadOf(before), SpreadOf(after));
  if (changes.size() > so_far) return;
  // Other days in a calendar of the same name, or expressions with the same words.
  const bool calendar = !CalendarOf(before).empty();
  changes.push_back({calendar ? "calendar" : "schedule", CalendarOf(before), CalendarOf(after)});
}

std::string ProcessWords(const Work& work) {
  const ProcessOptions* options = ProcessOf(work);
  return options == nullptr ? std::string() : Describe(*options);
}

// What a request has besides its method and URL, without values, which may be secret: "headers Authorization, body of
// 14 bytes, expects 200 or 409".
std::string RequestWords(const Work& work) {
  const auto* http = std::get_if<HttpCall>(&work);
  if (http == nullptr) return "";
  const HttpOptions& options = *http->options;
  std::vector<std::string> words;
  std::vector<std::string> names;
  for (const auto& [name, value] : options.headers) names.push_back(name);
  if (!names.empty()) words.push_back("headers " + Join(names, " "));
  if (!options.body.empty()) words.push_back("body of " + Count(options.body.size(), "byte"));
  words.push_back("expects " + DescribeExpected(options));
  return Join(words, ", ");
}

void ComparePolicies(const TaskPolicies& before, const TaskPolicies& after, std::vector<FieldChange>& changes) {
  const std::size_t so_far = changes.size();
  const std::vector<internal::PolicyFact> old_facts = internal::PolicyFacts(before);
  const std::vector<internal::PolicyFact> new_facts = internal::PolicyFacts(after);
  for (std::size_t i = 0; i < old_facts.size(); ++i) {
    AddIfApart(changes, old_facts[i].name, old_facts[i].value, new_facts[i].value);
  }
  // Words may be too short for a difference.
  if (changes.size() == so_far && internal::PoliciesKey(before) != internal::PoliciesKey(after)) {
    changes.push_back({"policies", "", ""});
  }
}

std::vector<FieldChange> CompareFields(const Task& before, const Task& after) {
  std::vector<FieldChange> changes;
  AddIfApart(changes, "description", before.description, after.description);
  CompareTriggers(*before.trigger, *after.trigger, changes);
  AddIfApart(changes, "runs", Describe(before.work), Describe(after.work));
  // Words hide the values of variables, which may be secret: what differs in them alone reads the same.
  const bool hidden =
      Describe(before.work) == Describe(after.work) && internal::WorkKey(before.work) != internal::WorkKey(after.work);
  if (hidden && std::holds_alternative<HttpCall>(after.work)) {
    changes.push_back({"http", RequestWords(before.work), RequestWords(after.work)});
  } else if (hidden || ProcessWords(before.work) != ProcessWords(after.work)) {
    changes.push_back({"process", ProcessWords(before.work), ProcessWords(after.work)});
  }
  ComparePolicies(*before.policies, *after.policies, changes);
  return changes;
}

}  // namespace

ScheduleDiff Diff(const Schedule& before, const Schedule& after, const DiffOptions& options) {
  Comparison comparison(options);
  ScheduleDiff diff{.from = options.from, .to = comparison.to(), .tasks = {}};
  const auto add = [&](TaskChange::Kind kind, const Task* old_task, const Task* new_task,
                       std::vector<FieldChange> fields) {
    const Apart& apart = comparison.Compare(old_task, new_task);
    const Task& task = new_task == nullptr ? *old_task : *new_task;
    diff.tasks.push_back({kind, task, std::move(fields), apart.appear, apart.vanish, apart.counted});
  };
  for (const Task& task : after.tasks()) {
    const Task* was = before.Find(task.id);
    if (was == nullptr) {
      add(TaskChange::Kind::kAdded, nullptr, &task, {});
    } else if (std::vector<FieldChange> fields = CompareFields(*was, task); !fields.empty()) {
      add(TaskChange::Kind::kChanged, was, &task, std::move(fields));
    }
  }
  for (const Task& task : before.tasks()) {
    if (after.Find(task.id) == nullptr) add(TaskChange::Kind::kRemoved, &task, nullptr, {});
  }
  return diff;
}

}  // namespace rota
