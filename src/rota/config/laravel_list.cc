#include "rota/config/laravel_list.h"

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <optional>
#include <utility>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/config/yaml.h"
#include "rota/cron/rule.h"
#include "rota/schedule/trigger.h"
#include "rota/time/format.h"
#include "rota/time/time_zone.h"

namespace rota {
namespace {

// One object of the list.
struct Entry {
  std::string expression;
  std::string command;
  std::string description;
  std::string timezone = "UTC";
  std::string next_due_date;
  std::int64_t repeat_seconds = 0;
  std::vector<std::string> environments;
  bool has_mutex = false;
};

// Takes the values of an object's keys. A key that is missing or null leaves what was there.
class EntryReader {
 public:
  explicit EntryReader(const boost::json::object& object) : object_(object) {}

  void Take(std::string_view key, std::string& slot) {
    const boost::json::value* value = Find(key);
    if (value == nullptr) return;
    if (const auto* text = value->if_string()) {
      slot = *text;
    } else {
      Refuse(key, *value, "a text");
    }
  }
  void Take(std::string_view key, std::int64_t& slot) {
    const boost::json::value* value = Find(key);
    if (value == nullptr) return;
    if (const auto* number = value->if_int64()) {
      slot = *number;
    } else {
      Refuse(key, *value, "a whole number or null");
    }
  }
  void Take(std::string_view key, bool& slot) {
    const boost::json::value* value = Find(key);
    if (value == nullptr) return;
    if (const auto* truth = value->if_bool()) {
      slot = *truth;
    } else {
      Refuse(key, *value, "true or false");
    }
  }
  void Take(std::string_view key, std::vector<std::string>& slot) {
    const boost::json::value* value = Find(key);
    if (value == nullptr) return;
    const auto* array = value->if_array();
    if (array == nullptr) return Refuse(key, *value, "a list of texts");
    for (const boost::json::value& item : *array) {
      if (!item.is_string()) return Refuse(key, item, "a text");
      slot.emplace_back(item.get_string());
    }
  }
  const std::string& problem() const { return problem_; }

 private:
  const boost::json::value* Find(std::string_view key) const {
    const boost::json::value* value = object_.if_contains(key);
    return value == nullptr || value->is_null() ? nullptr : value;
  }
  void Refuse(std::string_view key, const boost::json::value& value, std::string_view expected) {
    if (!problem_.empty()) return;
    problem_ = Format("{}: {}: expected {}", key, Printable(boost::json::serialize(value).substr(0, 60)), expected);
  }

  const boost::json::object& object_;
  std::string problem_;
};

// Why what it runs is no command line; empty where it is one. Of a callback the list shows a name alone: the one it was
// given, which is its description too, or a class.
std::string WhyNoCommand(const Entry& entry) {
  const std::string& command = entry.command;
  const std::string shown = Printable(command);
  if (Trim(command).empty()) return "command: \"\": expected a command";
  if (command.starts_with("Closure at: ")) {
    return Format("\"{}\": a closure has no command line: make it an artisan command", shown);
  }
  const bool is_class = command.find('\\') != std::string::npos && std::ranges::all_of(command, [](char c) {
                          const bool letter =
                              (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
                          return letter || (c >= '0' && c <= '9') || c == '_' || c == '\\' || c == ':' || c == '@';
                        });
  if (is_class || command == entry.description) {
    return Format("\"{}\": a job or a callback has no command line: make it an artisan command", shown);
  }
  return {};
}

// Whether Laravel's own next date is one of the expression's. It is not where the task has a zone of its own and
// Laravel is of a version that shows expressions as they were written.
bool IsDueAsListed(const Entry& entry, const Trigger& trigger) {
  if (entry.repeat_seconds > 0 || entry.next_due_date.empty()) return true;
  const Result<WallTime> due = ParseInstant(entry.next_due_date, trigger.zone());
  return !due || trigger.Next(*due - Milliseconds(1)) == *due;
}

// The schedule in Rota's words, or why there is none.
Result<std::string> ScheduleOf(const Entry& entry) {
  std::string expression(Trim(entry.expression));
  const Result<CronRule> rule = CronRule::Parse(expression, {});
  if (!rule) return Fail(rule.error().WithContext(Format("expression \"{}\"", Printable(expression))));
  const Result<TimeZone> zone = TimeZone::Load(entry.timezone);
  if (!zone) return Fail(zone.error().WithContext("timezone"));
  const Trigger trigger = Trigger::FromCron(*rule, expression, CronDialect::kOcps, *zone);
  if (!trigger.Next(WallTime())) {
    return Fail(InvalidArgument("expression \"{}\": never fires: expected a date that exists", expression));
  }
  if (!IsDueAsListed(entry, trigger)) {
    return Fail(
        InvalidArgument("expression \"{}\" does not fire at {} as next_due_date says: expected times of {}; the "
                        "task has a zone of its own, which the list does not name",
                        expression, Printable(entry.next_due_date), zone->name()));
  }
  if (entry.repeat_seconds == 0) return expression;
  if (entry.repeat_seconds < 1 || 60 % entry.repeat_seconds != 0 || Split(expression, ' ').size() != 5) {
    return Fail(InvalidArgument("repeat_seconds: {}: expected a part of a minute, beside an expression of five fields",
                                entry.repeat_seconds));
  }
  return Format("*/{} {}", entry.repeat_seconds, expression);
}

Entry ReadEntry(EntryReader& reader) {
  Entry entry;
  reader.Take("expression", entry.expression);
  reader.Take("command", entry.command);
  reader.Take("description", entry.description);
  reader.Take("timezone", entry.timezone);
  reader.Take("next_due_date", entry.next_due_date);
  reader.Take("repeat_seconds", entry.repeat_seconds);
  reader.Take("environments", entry.environments);
  reader.Take("has_mutex", entry.has_mutex);
  return entry;
}

Result<ImportedTask> MakeTask(const Entry& entry, const LaravelListOptions& options, TaskNames& names) {
  if (std::string why = WhyNoCommand(entry); !why.empty()) return Fail(Status(StatusCode::kInvalidArgument, why));
  Result<std::string> schedule = ScheduleOf(entry);
  if (!schedule) return Fail(schedule.error());
  ImportedTask task;
  task.name = names.For(entry.command);
  task.description = entry.description;
  task.schedule = *std::move(schedule);
  task.timezone = entry.timezone;
  task.shell = entry.command;
  task.directory = options.directory;
  task.environments = entry.environments;
  task.without_overlapping = entry.has_mutex;
  return task;
}

std::vector<std::string> Header(const LaravelListOptions& options) {
  std::vector<std::string> lines = {
      Format("# Made of {} by import:laravel-list.", options.file_name),
      "#",
      "# The list does not carry withoutOverlapping() (but where a task held its lock just then), onOneServer(),",
      "# runInBackground(), evenInMaintenanceMode(), user(), between(), when(), skip(), hooks, pings and output:",
      "# look for them in the project. Expressions are those of one zone, as of the day of the list.",
  };
  if (options.directory.empty())
    lines.emplace_back("# Start the server in the project's folder, or import with --directory.");
  return lines;
}

// Where in the text a byte is.
yaml::Position PositionOf(std::string_view text, std::size_t byte) {
  const std::string_view before = text.substr(0, byte);
  const std::size_t line_begin = before.rfind('\n') + 1;
  return {1 + static_cast<int>(std::ranges::count(before, '\n')), 1 + static_cast<int>(before.size() - line_begin)};
}

}  // namespace

Result<Import> ReadLaravelList(std::string_view text, const LaravelListOptions& options) {
  const auto refuse = [&](yaml::Position position, std::string_view message) {
    return Fail(InvalidArgument("{}", yaml::At(options.file_name, position, message)));
  };
  boost::json::stream_parser parser;
  boost::json::error_code error;
  const std::size_t read = parser.write(text.data(), text.size(), error);
  if (!error) parser.finish(error);
  if (error) {
    return refuse(PositionOf(text, read),
                  "expected the JSON that `php artisan schedule:list --json` prints: " + error.message());
  }
  const boost::json::value root = parser.release();
  if (!root.is_array()) return refuse({}, "expected a list of tasks, as `php artisan schedule:list --json` prints it");

  Import import;
  import.header = Header(options);
  TaskNames names;
  int number = 0;
  for (const boost::json::value& item : root.get_array()) {
    ++number;
    const auto leave_out = [&](const std::string& reason) {
      import.comments.push_back(Format("# Not carried over: {}", reason));
      import.comments.push_back(Format("# {}", boost::json::serialize(item)));
      import.left_out.push_back({Format("entry {}", number), reason});
    };
    if (!item.is_object()) {
      leave_out("expected an object");
      continue;
    }
    EntryReader reader(item.get_object());
    const Entry entry = ReadEntry(reader);
    Result<ImportedTask> task =
        reader.problem().empty() ? MakeTask(entry, options, names) : Fail(InvalidArgument("{}", reader.problem()));
    if (!task) {
      leave_out(task.error().message());
      continue;
    }
    if (import.timezone.empty()) import.timezone = task->timezone;
    if (task->timezone == import.timezone) task->timezone.clear();
    task->comments = std::exchange(import.comments, {});
    import.tasks.push_back(*std::move(task));
  }
  return import;
}

}  // namespace rota
