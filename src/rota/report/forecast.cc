#include "rota/report/forecast.h"

#include <algorithm>
#include <queue>
#include <utility>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/report/dst_list.h"
#include "rota/report/fires.h"
#include "rota/report/json.h"
#include "rota/report/table.h"
#include "rota/time/format.h"

namespace rota {
namespace {

constexpr int kMostChanges = 16;  // Of the clocks of one task, in the longest stretch.
constexpr std::size_t kMostChangesShown = 20;

// The first occurrences of the cohorts, at most `limit`.
std::vector<Forecast::Occurrence> ListOccurrences(const std::vector<Cohort>& cohorts,
                                                  const ForecastQuestion& question) {
  using Due = std::pair<WallTime, std::size_t>;  // An instant, and the cohort that fires then.
  std::priority_queue<Due, std::vector<Due>, std::greater<>> due;
  const auto push = [&](std::size_t cohort, WallTime after) {
    const std::optional<WallTime> next = cohorts[cohort].trigger->Next(after);
    if (next && *next < question.to) due.emplace(*next, cohort);
  };
  for (std::size_t i = 0; i < cohorts.size(); ++i) push(i, question.from - Milliseconds(1));

  std::vector<Forecast::Occurrence> occurrences;
  while (!due.empty() && occurrences.size() < question.limit) {
    const WallTime at = due.top().first;
    std::vector<const Task*> together;
    while (!due.empty() && due.top().first == at) {
      const std::size_t cohort = due.top().second;
      due.pop();
      together.insert(together.end(), cohorts[cohort].tasks.begin(), cohorts[cohort].tasks.end());
      push(cohort, at);
    }
    std::ranges::sort(together);  // The schedule has its tasks in the order of their registration.
    for (const Task* task : together) {
      if (occurrences.size() < question.limit) occurrences.push_back({at, task});
    }
  }
  return occurrences;
}

std::vector<Forecast::Change> ListChanges(const std::vector<Cohort>& cohorts, const ForecastQuestion& question) {
  std::vector<Forecast::Change> changes;
  for (const Cohort& cohort : cohorts) {
    const TimeZone& zone = cohort.trigger->zone();
    const std::optional<TimeZone::Transition> next = zone.NextTransition(question.from);
    if (!next || next->at >= question.to) continue;
    for (const DstEffect& effect : DstEffectsOn(*cohort.trigger, question.from, kMostChanges)) {
      if (effect.transition.at < question.to) changes.push_back({effect, zone, cohort.tasks});
    }
  }
  std::ranges::stable_sort(changes, {}, [](const Forecast::Change& change) { return change.effect.transition.at; });
  return changes;
}

// "backup:run", "backup:run and 4 more".
std::string Names(const std::vector<const Task*>& tasks) {
  const std::string& first = tasks.front()->id;
  return tasks.size() == 1 ? first : Format("{} and {} more", first, tasks.size() - 1);
}

std::string From(const ForecastQuestion& question) {
  return Format("from {} to {} ({})", FormatInstant(question.from, question.zone),
                FormatInstant(question.to, question.zone), question.zone.name());
}

bool IsConditional(const Task& task) { return !task.policies->when.empty() || !task.policies->skip.empty(); }

std::string NoteOf(const Task& task) {
  std::string note = task.policies->after.empty() ? std::string() : Describe(task.policies->after);
  if (IsConditional(task)) note += note.empty() ? "if its conditions agree" : ", if its conditions agree";
  return note;
}

}  // namespace

Result<Forecast> MakeForecast(const Schedule& schedule, const ForecastQuestion& question) {
  const Stretch stretch{question.from, question.to};
  if (Status valid = CheckStretch(stretch); !valid.ok()) return Fail(std::move(valid));
  Forecast forecast;
  forecast.question = question;
  std::vector<Cohort> cohorts = FindCohorts(schedule, question.environment, forecast.elsewhere);
  if (question.task) {
    forecast.elsewhere = 0;
    for (Cohort& cohort : cohorts)
      std::erase_if(cohort.tasks, [&](const Task* task) { return task->id != *question.task; });
    std::erase_if(cohorts, [](const Cohort& cohort) { return cohort.tasks.empty(); });
    const Task* task = schedule.Find(*question.task);
    if (cohorts.empty() && task != nullptr) forecast.elsewhere = 1;
  }
  FireCounter counter(stretch);
  for (const Cohort& cohort : cohorts) {
    std::uint64_t fires = 0;
    if (Status counted = counter.Count(*cohort.trigger, [&](std::size_t, std::uint64_t count) { fires += count; });
        !counted.ok()) {
      return Fail(std::move(counted));
    }
    if (fires > 0) forecast.tasks += cohort.tasks.size();
    forecast.total += fires * cohort.tasks.size();
  }
  forecast.occurrences = ListOccurrences(cohorts, question);
  forecast.changes = ListChanges(cohorts, question);
  return forecast;
}

TimeZone SharedZone(const Schedule& schedule) {
  const std::vector<Task>& tasks = schedule.tasks();
  if (tasks.empty()) return {};
  const TimeZone zone = tasks.front().trigger->zone();
  const bool shared = std::ranges::all_of(tasks, [&](const Task& task) { return task.trigger->zone() == zone; });
  return shared ? zone : TimeZone();
}

std::string ToText(const Forecast& forecast) {
  std::string text;
  const std::size_t shown = forecast.occurrences.size();
  if (shown > 0) {
    Table table({{"TIME"}, {"TASK"}, {"NOTE"}});
    for (const auto& [at, task] : forecast.occurrences) {
      table.AddRow({FormatInstant(at, forecast.question.zone), task->id, NoteOf(*task)});
    }
    text += table.Render() + "\n";
  }
  if (forecast.total == 0) {
    text += Format("Nothing fires {}.\n", From(forecast.question));
  } else if (shown < forecast.total) {
    text += Format("The first {} of {}, of {}, {}.\n", shown, Count(forecast.total, "occurrence"),
                   Count(forecast.tasks, "task"), From(forecast.question));
  } else {
    text += Format("{} of {} {}.\n", Count(forecast.total, "occurrence"), Count(forecast.tasks, "task"),
                   From(forecast.question));
  }
  if (forecast.elsewhere > 0) {
    text += Format("Left out: {} not for {}.\n", Count(forecast.elsewhere, "task"), forecast.question.environment);
  }
  if (!forecast.changes.empty()) text += "\nChanges of the clocks\n";
  for (std::size_t i = 0; i < std::min(forecast.changes.size(), kMostChangesShown); ++i) {
    const Forecast::Change& change = forecast.changes[i];
    const TimeZone::Transition& transition = change.effect.transition;
    text += Format("  {}  {}: {}\n", FormatDate(std::min(transition.from, transition.to)), Names(change.tasks),
                   Describe(change.effect, change.zone));
  }
  if (forecast.changes.size() > kMostChangesShown) {
    text += Format("  and {} more: schedule:list --dst has them all\n", forecast.changes.size() - kMostChangesShown);
  }
  return text;
}

std::string ToJson(const Forecast& forecast) {
  boost::json::array occurrences;
  for (const auto& [at, task] : forecast.occurrences) {
    occurrences.push_back({{"task", json::Text(task->id)},
                           {"at", {{"utc", json::Utc(at)}, {"local", json::Local(at, forecast.question.zone)}}},
                           {"conditional", IsConditional(*task)}});
  }
  boost::json::array changes;
  for (const Forecast::Change& change : forecast.changes) {
    boost::json::array tasks;
    for (const Task* task : change.tasks) tasks.push_back(json::Text(task->id));
    changes.push_back({{"at", json::Utc(change.effect.transition.at)},
                       {"tasks", std::move(tasks)},
                       {"words", json::Text(Describe(change.effect, change.zone))}});
  }
  return json::Line(boost::json::object{{"from", json::Utc(forecast.question.from)},
                                        {"to", json::Utc(forecast.question.to)},
                                        {"zone", json::Text(forecast.question.zone.name())},
                                        {"environment", json::Text(forecast.question.environment)},
                                        {"total", forecast.total},
                                        {"tasks", forecast.tasks},
                                        {"elsewhere", forecast.elsewhere},
                                        {"occurrences", std::move(occurrences)},
                                        {"dst", std::move(changes)}});
}

}  // namespace rota
