#include "rota/config/keys.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "rota/base/suggest.h"
#include "rota/base/text.h"
#include "rota/config/redis_section.h"

namespace rota {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using Place = ValueReader::Place;
using File = FileContents;

constexpr std::int64_t kKilobyte = 1024;
constexpr std::int64_t kGigabyte = kKilobyte * kKilobyte * kKilobyte;

using TextList = std::optional<Located<std::vector<std::string>>> TaskEntry::*;

Key<TaskEntry> List(std::string name, ValueType<std::string> type, std::string_view example, std::string meaning,
                    TextList slot) {
  std::string words = "a list: " + type.words;
  return {std::move(name), std::move(words), "", std::move(meaning),
          [type = std::move(type), example, slot](ValueReader& reader, const Place& place, TaskEntry& task) {
            if (auto values = reader.ReadList(place, type, example)) {
              Assign(task.*slot, *std::move(values), place.node.position);
            }
          }};
}

using WordsSlot = std::optional<CalendarEntry::Words> CalendarEntry::*;

// A list whose elements keep their places, for what is found out about them later.
Key<CalendarEntry> WordList(std::string name, ValueType<std::string> type, std::string_view example,
                            std::string meaning, WordsSlot slot) {
  std::string words = "a list: " + type.words;
  return {std::move(name), std::move(words), "", std::move(meaning),
          [type = std::move(type), example, slot](ValueReader& reader, const Place& place, CalendarEntry& calendar) {
            if (!reader.IsList(place, example)) return;
            auto& list = (calendar.*slot).emplace();
            for (const yaml::Node& item : place.node.items) {
              if (auto word = reader.Read(Place{item, place.name}, type))
                list.push_back({*std::move(word), item.position});
            }
          }};
}

// Which business day of the month.
ValueType<int> BusinessDay() {
  const ValueType<int> number = Integer(-31, 31);
  return {"1 to 31, -1 to -31 from the month's end, or `last`", [number](const std::string& text) -> Result<int> {
            if (text == "last") return -1;
            const Result<int> day = number.parse(text);
            if (!day || *day == 0) return Fail(Expected(text, "1 to 31, -1 to -31 from the month's end, or last"));
            return *day;
          }};
}

constexpr std::string_view kWindowExample = R"(["08:00", "18:00"])";

using WindowSlot = std::optional<Located<TaskEntry::Window>> TaskEntry::*;

Key<TaskEntry> Window(std::string name, std::string meaning, WindowSlot slot) {
  return {std::move(name), "a list of two times of day", "", std::move(meaning),
          [slot](ValueReader& reader, const Place& place, TaskEntry& task) {
            const auto times = reader.ReadList(place, TimeOfDay(), kWindowExample);
            if (!times) return;
            if (times->size() != 2) {
              return reader.Refuse(place.node.position, Format("{}: expected two times, as in {}, found {}", place.name,
                                                               kWindowExample, times->size()));
            }
            Assign(task.*slot, TaskEntry::Window{times->front(), times->back()}, place.node.position);
          }};
}

Section AppSection() {
  return {"app",
          "The application.",
          {Value<File>("name", Line(), "rota", "What this application is called. Its keys in Redis begin with it.",
                       [](File& f) -> auto& { return f.options.app.name; }),
           Value<File>("environment", Line(), "production",
                       "Where it runs. A task with `environments` runs only in those, and fleets of different ones "
                       "never meet in Redis.",
                       [](File& f) -> auto& { return f.options.app.environment; }),
           Value<File>("timezone", ZoneName(), "UTC", "The time zone of tasks that name none.",
                       [](File& f) -> auto& { return f.options.app.timezone; })}};
}

Section ServerSection() {
  return {"server",
          "One process that runs the schedule.",
          {Value<File>("id", Line(), "", "Its name in history and logs; the host's name unless given.",
                       [](File& f) -> auto& { return f.options.server.id; }),
           Value<File>("workers", Integer(1, 1024), "16", "How many runs it works on at once.",
                       [](File& f) -> auto& { return f.options.server.workers; }),
           Value<File>("shutdown_grace", Duration(seconds(0), hours(24)), "30s",
                       "How long running work may go on after SIGTERM or SIGINT, before it is told to stop.",
                       [](File& f) -> auto& { return f.options.server.shutdown_grace; }),
           Value<File>("kill_after", Duration(seconds(0), hours(1)), "5s",
                       "How long a child process may take to end after SIGTERM, before SIGKILL.",
                       [](File& f) -> auto& { return f.options.server.kill_after; })}};
}

Section CoordinationSection() {
  return {
      "coordination",
      "Where servers agree on who runs what.",
      {Value<File>("driver",
                   OneOf<CoordinationDriver>({{"memory", CoordinationDriver::kMemory},
                                              {"sqlite", CoordinationDriver::kSqlite},
                                              {"redis", CoordinationDriver::kRedis}}),
                   "sqlite",
                   "`memory`: this process alone, forgets at its end. `sqlite`: any number of processes on one host. "
                   "`redis`: the fleet; the default where there is a `redis` section.",
                   &File::driver),
       Value<File>("path", Line(), "var/rota.db", "The database of `sqlite`, relative to the working directory.",
                   [](File& f) -> auto& { return f.options.coordination.path; }),
       Value<File>("lease_ttl", Duration(seconds(1), minutes(10)), "15s",
                   "How long a task stays blocked after its server died. Renewed every third of it.",
                   [](File& f) -> auto& { return f.options.coordination.lease_ttl; }),
       Value<File>("max_skew", Duration(seconds(0), minutes(1)), "2s",
                   "How far a server's clock may run ahead of the store's before its claims are refused as early.",
                   [](File& f) -> auto& { return f.options.coordination.max_skew; })}};
}

Section LogSection() {
  return {
      "log",
      "The log.",
      {Value<File>("level",
                   OneOf<LogLevel>({{"debug", LogLevel::kDebug},
                                    {"info", LogLevel::kInfo},
                                    {"warning", LogLevel::kWarning},
                                    {"error", LogLevel::kError}}),
                   "info", "The least level that is written.", [](File& f) -> auto& { return f.options.log.level; }),
       Value<File>(
           "file", Text(), "var/log/rota.log",
           "The file of JSON lines, relative to the working directory; empty: none. Each process needs its own.",
           [](File& f) -> auto& { return f.options.log.file; }),
       Value<File>("max_size", Size(kKilobyte, 100 * kGigabyte), "10MB",
                   "The size at which a new file begins; the old one becomes `rota.1.log`, and so on.",
                   [](File& f) -> auto& { return f.options.log.max_size; }),
       Value<File>("max_files", Integer(1, 1000), "5", "How many files are kept, the one being written included.",
                   [](File& f) -> auto& { return f.options.log.max_files; })}};
}

Section HistorySection() {
  return {"history",
          "What is remembered of past runs.",
          {Value<File>("keep", Duration(hours(1), hours(24 * 3650)), "30d", "How long a run stays in the history.",
                       [](File& f) -> auto& { return f.options.history.keep; }),
           Value<File>("max_records", Integer(1000, 100'000'000), "200000",
                       "How many runs stay there at most, the oldest going first. `sqlite` keeps any number.",
                       [](File& f) -> auto& { return f.options.history.max_records; })}};
}

std::vector<Key<CalendarEntry>> MakeCalendarKeys() {
  using Entry = CalendarEntry;
  constexpr std::string_view kDaysExample = "[2026-01-01, 2026-12-25]";
  constexpr std::string_view kNamesExample = "[berlin, london]";
  return {
      Value<Entry>("version", Line(), "", "Which edition of the calendar this is, for people.", &Entry::version),
      Value<Entry>(
          "covered_until", Date(), "",
          "The last day whose holidays are known. From 30 days before, servers and `schedule:validate` warn. "
          "Without: the earliest of 31 December of the year of its last listed day, and of the calendars it is made "
          "of; none if it is purely weekly.",
          &Entry::covered_until),
      WordList("weekdays", WeekdayWord(), "[mon, wed, fri]",
               "The days it begins with. `[mon, tue, wed, thu, fri]` unless it has `dates`, `union` or `intersection`.",
               &Entry::weekdays),
      WordList("dates", DaysOrIcs(), kDaysExample, "In place of `weekdays`: it begins with these days alone.",
               &Entry::dates),
      WordList("union", Line(), kNamesExample, "In place of `weekdays`: the days of any of these calendars.",
               &Entry::union_of),
      WordList("intersection", Line(), kNamesExample, "In place of `weekdays`: the days of all of these calendars.",
               &Entry::intersection_of),
      WordList("holidays", DaysOrIcs(), kDaysExample, "Days that are taken out.", &Entry::holidays),
      WordList("working_days", DaysOrIcs(), kDaysExample,
               "Days that are added after that, such as weekends that are worked.", &Entry::working_days),
      WordList("except", Line(), kNamesExample, "Calendars whose days are taken out last.", &Entry::except)};
}

std::vector<Key<RetryPolicy>> MakeRetryKeys() {
  using Policy = RetryPolicy;
  return {Value<Policy>("attempts", Integer(2, 100), "3", "How many attempts there are in all.", &Policy::attempts),
          Value<Policy>("delay", Duration(milliseconds(0), hours(24)), "10s", "How long the second attempt waits.",
                        &Policy::delay),
          Value<Policy>("backoff", OneOf<Backoff>({{"fixed", Backoff::kFixed}, {"exponential", Backoff::kExponential}}),
                        "fixed", "Whether each further attempt waits as long, or twice as long as the one before.",
                        &Policy::backoff),
          Value<Policy>("max_delay", Duration(milliseconds(0), hours(24)), "1h", "The longest that an attempt waits.",
                        &Policy::max_delay),
          Value<Policy>("jitter", OneOf<Jitter>({{"none", Jitter::kNone}, {"full", Jitter::kFull}}), "none",
                        "`full`: each delay is drawn evenly from nothing to what it would be.", &Policy::jitter),
          {"exit_codes", "a list: an integer from 1 to 255", "",
           "Only these exit codes of a child process are tried again. Otherwise every failure and every timeout is.",
           [](ValueReader& reader, const Place& place, Policy& policy) {
             if (auto codes = reader.ReadList(place, Integer(1, 255), "[75, 111]"))
               policy.exit_codes = *std::move(codes);
           }}};
}

// A map of its own keys, or the number of attempts alone.
Key<TaskEntry> Retry(std::string meaning);

std::vector<Key<TaskEntry>> MakeTaskKeys() {
  using Task = TaskEntry;
  return {
      Value<Task>("name", Line(), "", "Its name, unique in the schedule; what it runs, as typed, unless given.",
                  &Task::name),
      Value<Task>("description", Text(), "", "A sentence for people.", &Task::description),
      Value<Task>("schedule", Text(), "",
                  "When it runs: a cron expression (`0 2 * * *`), `@every 90s`, `@reboot`, or words (`daily at 02:00`, "
                  "`every five minutes`). Required.",
                  &Task::schedule),
      Value<Task>("dialect", OneOf<CronDialect>({{"ocps", CronDialect::kOcps}, {"quartz", CronDialect::kQuartz}}),
                  "ocps", "The language of the cron expression.", &Task::dialect),
      Value<Task>("timezone", ZoneName(), "", "The zone of its times; `app.timezone` unless given.", &Task::timezone),
      Value<Task>("on", Line(), "", "A calendar: the task runs on its days.", &Task::on),
      Value<Task>("except", Line(), "", "A calendar: the task runs on all other days.", &Task::except),
      Value<Task>("shift",
                  OneOf<Shift>({{"skip", Shift::kSkip},
                                {"next", Shift::kNext},
                                {"previous", Shift::kPrevious},
                                {"nearest", Shift::kNearest}}),
                  "skip",
                  "What becomes of a run that falls on another day than `on` or `except` allows: it is left out, or "
                  "moves to the next, the previous or the nearest allowed day.",
                  &Task::shift),
      Value<Task>("business_day", BusinessDay(), "",
                  "With `on`: it runs on this day of the calendar in each month; the schedule gives the time.",
                  &Task::business_day),
      Value<Task>("dst_gap",
                  OneOf<DstGap>(
                      {{"run_after", DstGap::kRunAfter}, {"skip", DstGap::kSkip}, {"run_before", DstGap::kRunBefore}}),
                  "",
                  "What becomes of a time that a change of the clocks skips: the task runs right after the gap, not at "
                  "all, or right before it. Unless given: `run_after` for fixed times, `skip` where the second, minute "
                  "or hour begins with `*`.",
                  &Task::dst_gap),
      Value<Task>("dst_overlap",
                  OneOf<DstOverlap>(
                      {{"first", DstOverlap::kFirst}, {"second", DstOverlap::kSecond}, {"both", DstOverlap::kBoth}}),
                  "",
                  "At which pass of a time that occurs twice the task runs. Unless given: `first` for fixed times, "
                  "`both` where the second, minute or hour begins with `*`.",
                  &Task::dst_overlap),
      Value<Task>("command", Line(), "",
                  "What it runs: a command of the program. One of `command`, `exec` and `shell`.", &Task::command),
      List("arguments", Text(), "[--full, db1]", "The command's arguments, as on a command line.", &Task::arguments),
      List("exec", Text(), "[ls, -l]", "What it runs: a program and its arguments, without a shell.", &Task::exec),
      Value<Task>("shell", Text(), "", "What it runs: a line for `/bin/sh -c`.", &Task::shell),
      Value<Task>("unique", Boolean(), "false",
                  "One server of the fleet runs each occurrence, and the task does not overlap itself; otherwise every "
                  "server runs it.",
                  &Task::unique),
      Value<Task>("without_overlapping", Boolean(), "false",
                  "An occurrence that is due while the task still runs is skipped. Always so for a unique task.",
                  &Task::without_overlapping),
      Value<Task>("lock_timeout", Duration(milliseconds(1), hours(24 * 365)), "30m",
                  "The longest a run keeps others from running the task.", &Task::lock_timeout),
      Value<Task>(
          "timeout", Duration(milliseconds(1), hours(24 * 365)), "",
          "The longest an attempt may take: it is then told to stop (SIGTERM for children), and is `timed_out`.",
          &Task::timeout),
      Value<Task>("kill_after", Duration(seconds(0), hours(1)), "",
                  "From there to the SIGKILL of its children; `server.kill_after` unless given.", &Task::kill_after),
      Retry(
          "Tries again what failed or timed out; the occurrence keeps its lock meanwhile. A map of the keys below, or "
          "a number of attempts."),
      List("environments", Line(), "[production, staging]", "It runs only where `app.environment` is one of these.",
           &Task::environments),
      Window("between",
             "It runs only from the first time up to, but not at, the second; past midnight if that is earlier.",
             &Task::between),
      Window("unless_between", "It does not run from the first time up to the second.", &Task::unless_between),
      List("tags", Line(), "[nightly, db]", "Words to find it by.", &Task::tags),
  };
}

template <typename Named>
std::vector<std::string> Names(const std::vector<Named>& named) {
  std::vector<std::string> names;
  for (const Named& one : named) names.push_back(one.name);
  return names;
}

void RefuseKey(ValueReader& reader, const yaml::Node::Entry& entry, std::string_view place,
               const std::vector<std::string>& known) {
  reader.Refuse(entry.position, Format("unknown key \"{}\" in {}{}; allowed: {}", Printable(entry.key), place,
                                       DidYouMean(entry.key, known), Join(known, ", ")));
}

// True if the node is a map that is to be read. Nothing at all, as where each of a section's lines is a comment, is
// an empty map.
bool IsMap(ValueReader& reader, const Place& place, std::string_view expected) {
  if (place.node.kind == yaml::Node::Kind::kMapping) return true;
  if (place.node.kind != yaml::Node::Kind::kNull) {
    reader.Refuse(place.node.position,
                  Format("{}: expected {}, found {}", place.name, expected, Describe(place.node.kind)));
  }
  return false;
}

// Reads the entries of a map by their table. `prefix` begins the keys' names in messages.
template <typename Target>
void ReadKeys(ValueReader& reader, const Place& map, std::string_view prefix, const std::vector<Key<Target>>& keys,
              Target& target) {
  for (const yaml::Node::Entry& entry : map.node.entries) {
    const auto key = std::ranges::find(keys, entry.key, &Key<Target>::name);
    if (key == keys.end()) {
      RefuseKey(reader, entry, map.name, Names(keys));
    } else {
      key->read(reader, {entry.value, Format("{}{}", prefix, key->name)}, target);
    }
  }
}

Key<TaskEntry> Retry(std::string meaning) {
  return {"retry", "a map, or an integer from 2 to 100", "", std::move(meaning),
          [](ValueReader& reader, const Place& place, TaskEntry& task) {
            RetryPolicy policy;
            if (place.node.kind == yaml::Node::Kind::kMapping) {
              ReadKeys(reader, place, place.name + ".", RetryKeys(), policy);
            } else if (const auto attempts = reader.Read(place, Integer(2, 100))) {
              policy.attempts = *attempts;
            }
            Assign(task.retry, std::move(policy), place.node.position);
          }};
}

// What the table cannot say: keys that need or exclude each other.
void CheckTask(ValueReader& reader, const TaskEntry& task) {
  const int works = task.command.has_value() + task.exec.has_value() + task.shell.has_value();
  if (works != 1) {
    reader.Refuse(task.position,
                  Format("this task has {} of command, exec and shell: expected one of them", works == 0   ? "none"
                                                                                              : works == 2 ? "two"
                                                                                                           : "three"));
  }
  if (task.arguments && !task.command) {
    reader.Refuse(task.arguments->position, "arguments: only a command takes them; those of exec stand in its list");
  }
  if (task.exec && task.exec->value.empty()) {
    reader.Refuse(task.exec->position, "exec: expected a program and its arguments, found an empty list");
  }
  if (task.shell && Trim(task.shell->value).empty()) {
    reader.Refuse(task.shell->position, Format("shell: {}", Expected(task.shell->value, "a line for /bin/sh")));
  }
  if (task.on && task.except) {
    reader.Refuse(task.except->position,
                  "except: a task has one calendar, on or except; define one that is made of both");
  }
  if (task.shift && !task.on && !task.except) {
    reader.Refuse(task.shift->position, "shift: needs a calendar: expected on or except beside it");
  }
  if (task.business_day && !task.on) {
    reader.Refuse(task.business_day->position, "business_day: needs a calendar: expected on beside it");
  }
  if (task.business_day && task.shift) {
    reader.Refuse(task.shift->position, "shift: business_day names a day that needs none");
  }
  if (!task.schedule) {
    reader.Refuse(task.position,
                  "this task has no schedule: expected a cron expression or words such as "
                  "\"daily at 02:00\"");
  }
}

void ReadCalendars(ValueReader& reader, const yaml::Node& node, std::vector<CalendarEntry>& calendars) {
  if (!IsMap(reader, {node, "calendars"}, "a map of calendars by name")) return;
  for (const yaml::Node::Entry& entry : node.entries) {
    CalendarEntry calendar;
    calendar.name = entry.key;
    calendar.position = entry.position;
    const std::string place = Format("calendars.{}", Printable(entry.key));
    if (const Result<std::string> name = Line().parse(entry.key); !name || Trim(entry.key) != entry.key) {
      reader.Refuse(entry.position, Format("calendars: {}", Expected(entry.key, "a printable name")));
    }
    const Place map{entry.value, place};
    if (IsMap(reader, map, "a map of keys")) ReadKeys(reader, map, place + ".", CalendarKeys(), calendar);
    calendars.push_back(std::move(calendar));
  }
}

void ReadTasks(ValueReader& reader, const yaml::Node& node, std::vector<TaskEntry>& tasks) {
  if (node.kind == yaml::Node::Kind::kNull) return;
  if (node.kind != yaml::Node::Kind::kSequence) {
    return reader.Refuse(node.position, Format("tasks: expected a list of tasks, found {}", Describe(node.kind)));
  }
  for (const yaml::Node& item : node.items) {
    if (item.kind != yaml::Node::Kind::kMapping) {
      reader.Refuse(item.position, Format("tasks: expected a map of keys, found {}", Describe(item.kind)));
      continue;
    }
    TaskEntry task;
    task.position = item.position;
    const std::size_t before = reader.mistakes();
    ReadKeys(reader, {item, "a task"}, "", TaskKeys(), task);
    if (reader.mistakes() == before) CheckTask(reader, task);
    tasks.push_back(std::move(task));
  }
}

void ReadSection(ValueReader& reader, const yaml::Node::Entry& entry, const Section& section, File& file) {
  const bool is_redis = section.name == "redis";
  if (is_redis) {
    file.options.redis.emplace();
    if (entry.value.kind == yaml::Node::Kind::kNull) {
      return reader.Refuse(
          entry.position,
          "redis: has no keys: expected host and port, socket, sentinels or cluster, or no redis at all");
    }
  }
  const Place place{entry.value, section.name};
  const std::size_t before = reader.mistakes();
  if (IsMap(reader, place, "a map")) ReadKeys(reader, place, section.name + ".", section.keys, file);
  if (is_redis && reader.mistakes() == before) CheckRedis(reader, entry.value, *file.options.redis);
}

// The driver that holds: the one given, else what the presence of `redis:` says.
void ChooseDriver(ValueReader& reader, File& file) {
  if (file.driver && file.driver->value == CoordinationDriver::kRedis && !file.options.redis) {
    return reader.Refuse(file.driver->position,
                         "coordination.driver: \"redis\" needs a redis section with the server's host");
  }
  const CoordinationDriver otherwise = file.options.redis ? CoordinationDriver::kRedis : CoordinationDriver::kSqlite;
  file.options.coordination.driver = file.driver ? file.driver->value : otherwise;
}

}  // namespace

const std::vector<Section>& Sections() {
  static const std::vector<Section> kSections = {AppSection(),   ServerSection(), CoordinationSection(),
                                                 RedisSection(), LogSection(),    HistorySection()};
  return kSections;
}

const std::vector<Key<CalendarEntry>>& CalendarKeys() {
  static const std::vector<Key<CalendarEntry>> kKeys = MakeCalendarKeys();
  return kKeys;
}

const std::vector<Key<TaskEntry>>& TaskKeys() {
  static const std::vector<Key<TaskEntry>> kKeys = MakeTaskKeys();
  return kKeys;
}

const std::vector<Key<RetryPolicy>>& RetryKeys() {
  static const std::vector<Key<RetryPolicy>> kKeys = MakeRetryKeys();
  return kKeys;
}

FileContents ReadFile(const yaml::Node& root, ValueReader& reader) {
  File file;
  if (!IsMap(reader, {root, "the file"}, "a map of sections")) return file;
  for (const yaml::Node::Entry& entry : root.entries) {
    const auto section = std::ranges::find(Sections(), entry.key, &Section::name);
    if (section != Sections().end()) {
      ReadSection(reader, entry, *section, file);
    } else if (entry.key == "calendars") {
      ReadCalendars(reader, entry.value, file.calendars);
    } else if (entry.key == "tasks") {
      ReadTasks(reader, entry.value, file.tasks);
    } else {
      std::vector<std::string> known = Names(Sections());
      known.insert(known.end(), {"calendars", "tasks"});
      RefuseKey(reader, entry, "the file", known);
    }
  }
  const yaml::Node* const redis = yaml::Find(root, "redis");
  if (redis != nullptr && reader.mistakes() == 0) {
    FitTimeouts(reader, *redis, file.options.coordination.lease_ttl, *file.options.redis);
  }
  ChooseDriver(reader, file);
  return file;
}

namespace {

template <typename Target>
std::string KeysTable(const std::vector<Key<Target>>& keys) {
  std::string table = "| key | value | default | meaning |\n|---|---|---|---|\n";
  for (const Key<Target>& key : keys) {
    const std::string default_value = key.default_value.empty() ? "" : "`" + key.default_value + "`";
    table += Format("| `{}` | {} | {} | {} |\n", key.name, key.type, default_value, key.meaning);
  }
  return table;
}

}  // namespace

std::string KeysAsMarkdown() {
  std::string page;
  for (const Section& section : Sections()) {
    page += Format("## `{}`\n\n{}\n\n{}\n", section.name, section.meaning, KeysTable(section.keys));
  }
  page +=
      "## `calendars`\n\nBusiness calendars by name, each a map of these keys.\n\n" + KeysTable(CalendarKeys()) + "\n";
  page += "## `tasks`\n\nA list of tasks, each a map of these keys.\n\n" + KeysTable(TaskKeys());
  return page + "\n### `retry`\n\nOf a task.\n\n" + KeysTable(RetryKeys());
}

}  // namespace rota
