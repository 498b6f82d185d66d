#include "rota/report/schedule_diff.h"

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/report/json.h"
#include "rota/report/table.h"
#include "rota/time/format.h"

namespace rota {
namespace {

constexpr int kWidth = 50;

std::string_view Name(TaskChange::Kind kind) {
  switch (kind) {
    case TaskChange::Kind::kAdded:
      return "added";
    case TaskChange::Kind::kRemoved:
      return "removed";
    case TaskChange::Kind::kChanged:
      return "changed";
  }
  return "";
}

// When and what, of a task that stands in one schedule alone.
std::string Summary(const Task& task) {
  return Format("{} ({}): {}", task.trigger->Describe(), task.trigger->zone().name(), Describe(task.work));
}

std::string OrDash(const std::string& words) { return words.empty() ? "-" : words; }

std::string ChangesTable(const ScheduleDiff& diff) {
  Table table({{"TASK"}, {"CHANGE"}, {"BEFORE", kWidth}, {"AFTER", kWidth}});
  for (const TaskChange& change : diff.tasks) {
    std::string id = change.task.id;
    if (change.kind == TaskChange::Kind::kAdded) table.AddRow({id, "added", "-", Summary(change.task)});
    if (change.kind == TaskChange::Kind::kRemoved) table.AddRow({id, "removed", Summary(change.task), "-"});
    for (const FieldChange& field : change.fields) {
      table.AddRow({id, field.field, OrDash(field.before), OrDash(field.after)});
      id.clear();
    }
  }
  return table.Render();
}

// "2026-03-27 14:00:00 +00:00, 2026-03-28 14:00:00 +00:00 and 5 more"
std::string ListInstants(const InstantsApart& instants, const TaskChange& change) {
  std::vector<std::string> first;
  for (const WallTime instant : instants.first) {
    first.push_back(FormatInstant(instant, change.task.trigger->zone()));
  }
  const std::size_t more = instants.count - instants.first.size();
  std::string text = Join(first, ", ");
  if (more > 0) text += Format(" and {} more", more);
  return change.counted ? text : text + " at least";
}

std::string InstantsTable(const ScheduleDiff& diff) {
  Table table({{"TASK"}, {"INSTANTS"}, {"FIRST"}});
  bool any = false;
  for (const TaskChange& change : diff.tasks) {
    const auto add = [&](const InstantsApart& instants, std::string_view verb) {
      if (instants.count == 0) return;
      any = true;
      table.AddRow({change.task.id, Format("{} {}", instants.count, verb), ListInstants(instants, change)});
    };
    add(change.appear, "appear");
    add(change.vanish, "vanish");
  }
  const std::string span = Format("{} to {}", FormatInstant(diff.from, TimeZone()), FormatInstant(diff.to, TimeZone()));
  if (!any) return Format("No instant appears or vanishes from {}.\n", span);
  return Format("From {}:\n\n{}", span, table.Render());
}

boost::json::object InstantsJson(const InstantsApart& instants, const TimeZone& zone) {
  return {{"count", instants.count}, {"first", json::Instants(instants.first, zone)}};
}

boost::json::value WordsJson(const std::string& words) {
  return words.empty() ? boost::json::value() : boost::json::value(json::Text(words));
}

}  // namespace

std::string ToText(const ScheduleDiff& diff) {
  if (diff.same()) return "The schedules are the same.\n";
  return ChangesTable(diff) + "\n" + InstantsTable(diff);
}

std::string ToJson(const ScheduleDiff& diff) {
  boost::json::array tasks;
  for (const TaskChange& change : diff.tasks) {
    const TimeZone& zone = change.task.trigger->zone();
    boost::json::array fields;
    for (const FieldChange& field : change.fields) {
      fields.push_back(
          {{"field", json::Text(field.field)}, {"before", WordsJson(field.before)}, {"after", WordsJson(field.after)}});
    }
    tasks.push_back({
        {"task", json::Text(change.task.id)},
        {"change", json::Text(Name(change.kind))},
        {"fields", std::move(fields)},
        {"zone", json::Text(zone.name())},
        {"appear", InstantsJson(change.appear, zone)},
        {"vanish", InstantsJson(change.vanish, zone)},
        {"counted", change.counted},
    });
  }
  return json::Line(boost::json::object{
      {"same", diff.same()},
      {"from", json::Utc(diff.from)},
      {"to", json::Utc(diff.to)},
      {"tasks", std::move(tasks)},
  });
}

}  // namespace rota
