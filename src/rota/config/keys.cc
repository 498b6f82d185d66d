#include "rota/config/keys.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "rota/base/suggest.h"
#include "rota/base/text.h"
#include "rota/config/http_keys.h"
#include "rota/config/ping_keys.h"
#include "rota/config/process_keys.h"
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
                       [](File& f) -> auto& { return f.options.app.timezone; }),
           Value<File>("release", Line(), "",
                       "What this deployment is called, such as `v1.4.2`. A server leaves to live ones of a newer "
                       "release the unique "
                       "tasks that those define differently.",
                       [](File& f) -> auto& { return f.options.app.release; })}};
}

ValueType<int> Workers() { return Integer(1, 1024); }

// A number of workers, or a map.
std::optional<PoolOptions> ReadPool(ValueReader& reader, const Place& place) {
  static const std::vector<Key<PoolOptions>> kKeys = {
      Value<PoolOptions>("workers", Workers(), "", "", [](PoolOptions& pool) -> auto& { return pool.workers; }),
      Value<PoolOptions>("fleet_limit", Integer(1, 100'000), "", "",
                         [](PoolOptions& pool) -> auto& { return pool.fleet_limit; })};
  PoolOptions pool{0, {}};
  const std::size_t mistakes = reader.mistakes();
  if (place.node.kind == yaml::Node::Kind::kMapping) {
    ReadKeys(reader, place, place.name + ".", kKeys, pool);
  } else if (const auto workers = reader.Read(place, Workers())) {
    pool.workers = *workers;
  }
  if (reader.mistakes() > mistakes) return std::nullopt;
  if (pool.workers > 0) return pool;
  reader.Refuse(place.node.position,
                Format("{}: expected its workers too: {{workers: 4, fleet_limit: 10}}", place.name));
  return std::nullopt;
}

void ReadPools(ValueReader& reader, const Place& place, File& file) {
  if (!IsMap(reader, place, "a map of names to numbers of workers")) return;
  for (const yaml::Node::Entry& entry : place.node.entries) {
    if (Trim(entry.key).empty() || Printable(entry.key) != entry.key) {
      reader.Refuse(entry.position, Format("{}: {}", place.name, Expected(entry.key, "a printable name")));
    } else if (const auto pool = ReadPool(reader, {entry.value, Format("{}.{}", place.name, entry.key)})) {
      file.options.server.pools[entry.key] = *pool;
    }
  }
}

Section ServerSection() {
  return {
      "server",
      "One process that runs the schedule.",
      {Value<File>("id", Line(), "", "Its name in history and logs; the host's name unless given.",
                   [](File& f) -> auto& { return f.options.server.id; }),
       Value<File>("workers", Workers(), "16", "How many runs it works on at once.",
                   [](File& f) -> auto& { return f.options.server.workers; }),
       {"pools", "a map of names to integers from 1 to 1024, or to `{workers: 4, fleet_limit: 10}`", "",
        "Workers of their own for the tasks that name such a pool: `{slow: 4}`. `fleet_limit`: how many runs of the "
        "pool all servers together work on at once.",
        ReadPools},
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
  page += "\n### `http`\n\nOf a task.\n\n" + KeysTable(HttpKeys());
  page += "\n### `retry`\n\nOf a task.\n\n" + KeysTable(RetryKeys());
  page += "\n### `misfire`\n\nOf a task.\n\n" + KeysTable(MisfireKeys());
  page += "\n### `ping`\n\nOf a task.\n\n" + KeysTable(PingKeys());
  page += "\n### `output`\n\nOf a task.\n\n" + KeysTable(OutputKeys());
  return page + "\n### `limits`\n\nOf a task's child process.\n\n" + KeysTable(LimitKeys());
}

}  // namespace rota
