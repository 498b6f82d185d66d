#include "rota/config/task_keys.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <iterator>
#include <utility>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/config/ping_keys.h"
#include "rota/config/process_keys.h"

namespace rota {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Place = ValueReader::Place;

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
          List<Policy>("exit_codes", Integer(1, 255), "[75, 111]",
                       "Only these exit codes of a child process are tried again. Otherwise every failure and every "
                       "timeout is.",
                       &Policy::exit_codes)};
}

// A map of its own keys, or the number of attempts alone.
Key<TaskEntry> Http(std::string meaning) {
  return {"http", "a map, or a URL", "", std::move(meaning),
          [](ValueReader& reader, const Place& place, TaskEntry& task) {
            Assign(task.http, ReadHttp(reader, place), place.node.position);
          }};
}

Key<TaskEntry> Ping(std::string meaning) {
  return {"ping", "a map of URLs", "", std::move(meaning),
          [](ValueReader& reader, const Place& place, TaskEntry& task) {
            Assign(task.ping, ReadPings(reader, place), place.node.position);
          }};
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

ValueType<Misfire> MisfireWord() {
  return OneOf<Misfire>({{"skip", Misfire::kSkip}, {"run_once", Misfire::kRunOnce}, {"run_all", Misfire::kRunAll}});
}

std::vector<Key<MisfirePolicy>> MakeMisfireKeys() {
  using Policy = MisfirePolicy;
  return {Value<Policy>("policy", MisfireWord(), "run_once",
                        "Of the occurrences that were missed together none is made up for, the latest, or each, the "
                        "oldest first.",
                        &Policy::what),
          Value<Policy>("grace", Duration(milliseconds(0), hours(24 * 365)), "",
                        "How late an occurrence may begin; later it is recorded as missed. Unless given: of `skip` the "
                        "period or 10 s, of `run_once` the period or 1 h, whichever is shorter; of `run_all` 24 h.",
                        &Policy::grace),
          Value<Policy>("max_runs", Integer(1, 10'000), "100", "Of `run_all`: how many are made up for, the latest.",
                        &Policy::max_runs),
          Value<Policy>("pace", Duration(milliseconds(0), hours(24)), "0s",
                        "Of `run_all`: the least time from one's start to the next one's.", &Policy::pace)};
}

// A map of its own keys, or the policy's word alone.
Key<TaskEntry> MisfireKey(std::string meaning) {
  return {"misfire", "a map, or `skip`, `run_once` or `run_all`", "run_once", std::move(meaning),
          [](ValueReader& reader, const Place& place, TaskEntry& task) {
            MisfirePolicy policy;
            if (place.node.kind == yaml::Node::Kind::kMapping) {
              ReadKeys(reader, place, place.name + ".", MisfireKeys(), policy);
            } else if (const auto what = reader.Read(place, MisfireWord())) {
              policy.what = *what;
            }
            Assign(task.misfire, policy, place.node.position);
          }};
}

std::vector<Key<OutputFile>> MakeOutputKeys() {
  using Mode = OutputFile::Mode;
  return {Value<OutputFile>("file", Line(), "", "Its path, relative to the server's directory. Required.",
                            &OutputFile::path),
          Value<OutputFile>("append", OneOf<Mode>({{"true", Mode::kAppend}, {"false", Mode::kReplace}}), "false",
                            "Whether a run adds to what is there, or replaces it.", &OutputFile::mode)};
}

// A map of its own keys, or the path of the file alone.
Key<TaskEntry> Output(std::string meaning) {
  return {"output", "a map, or a path", "", std::move(meaning),
          [](ValueReader& reader, const Place& place, TaskEntry& task) {
            OutputFile output;
            if (place.node.kind != yaml::Node::Kind::kMapping) {
              output.path = reader.Read(place, Line()).value_or("");
            } else {
              ReadKeys(reader, place, place.name + ".", OutputKeys(), output);
              if (yaml::Find(place.node, "file") == nullptr) {
                reader.Refuse(place.node.position, Format("{}: expected a file in it", place.name));
              }
            }
            Assign(task.output, std::move(output), place.node.position);
          }};
}

ValueType<ParentEnd> EndWord() {
  return OneOf<ParentEnd>({{"success", ParentEnd::kSuccess}, {"fail", ParentEnd::kFail}, {"end", ParentEnd::kEnd}});
}

// A map of names and ends, a list of names, or one name.
std::vector<Parent> ReadParents(ValueReader& reader, const Place& place) {
  std::vector<Parent> parents;
  if (place.node.kind == yaml::Node::Kind::kMapping) {
    for (const yaml::Node::Entry& entry : place.node.entries) {
      const auto on = reader.Read({entry.value, Format("{}.{}", place.name, entry.key)}, EndWord());
      if (on) parents.push_back({entry.key, *on});
    }
  } else if (place.node.kind == yaml::Node::Kind::kSequence) {
    const auto names = reader.ReadList(place, Line(), "[extract, clean]");
    for (const std::string& name : names.value_or(std::vector<std::string>())) parents.push_back({name});
  } else if (auto name = reader.Read(place, Line())) {
    parents.push_back({*std::move(name)});
  }
  return parents;
}

Key<TaskEntry> After(std::string meaning) {
  return {"after", "the name of a task, a list of names, or a map of names and `success`, `fail` or `end`", "",
          std::move(meaning), [](ValueReader& reader, const Place& place, TaskEntry& task) {
            const std::size_t before = reader.mistakes();
            std::vector<Parent> parents = ReadParents(reader, place);
            if (reader.mistakes() == before && parents.empty()) {
              reader.Refuse(place.node.position, Format("{}: expected the name of a task in it", place.name));
            }
            Assign(task.after, std::move(parents), place.node.position);
          }};
}

// A key of a child process, as one of a task.
Key<TaskEntry> OfTask(const Key<ProcessOptions>& key) {
  return {key.name, key.type, key.default_value, key.meaning,
          [key](ValueReader& reader, const Place& place, TaskEntry& task) {
            key.read(reader, place, task.process);
            task.process_key = {key.name, place.node.position};
          }};
}

std::vector<Key<TaskEntry>> MakeTaskKeys() {
  using Task = TaskEntry;
  std::vector<Key<Task>> keys = {
      Value<Task>("name", Line(), "", "Its name, unique in the schedule; what it runs, as typed, unless given.",
                  &Task::name),
      Value<Task>("description", Text(), "", "A sentence for people.", &Task::description),
      Value<Task>("schedule", Text(), "",
                  "When it runs: a cron expression (`0 2 * * *`), `@every 90s`, `@reboot`, or words (`daily at 02:00`, "
                  "`every five minutes`). Required, but for a task with `after`.",
                  &Task::schedule),
      After("In place of a schedule: the tasks that it follows. Each occurrence begins when those have ended, and runs "
            "if all of them succeeded, or came to what is given: `fail` (or timed out, was cancelled, was lost), or "
            "`end`, whatever became of it. Otherwise it is skipped, with a reason that names that task."),
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
      Value<Task>("spread", Duration(milliseconds(1), hours(24)), "",
                  "Starts each occurrence a while later, less than this, that is made from the task's name: tasks of "
                  "one schedule do not all start at once, and each keeps its time on all servers. At most the period "
                  "of an interval.",
                  &Task::spread),
      Value<Task>("command", Line(), "",
                  "What it runs: a command of the program. One of `command`, `exec`, `shell` and `http`.",
                  &Task::command),
      List<Task>("arguments", Text(), "[--full, db1]", "The command's arguments, as on a command line.",
                 &Task::arguments),
      List<Task>("exec", Text(), "[ls, -l]", "What it runs: a program and its arguments, without a shell.",
                 &Task::exec),
      Value<Task>("shell", Text(), "", "What it runs: a line for `/bin/sh -c`.", &Task::shell),
      Http("What it runs: a request, whose answer is the output of the run. A map of the keys below, or a URL for a "
           "plain GET."),
      Value<Task>("unique", Boolean(), "false",
                  "One server of the fleet runs each occurrence, and the task does not overlap itself; otherwise every "
                  "server runs it.",
                  &Task::unique),
      Value<Task>("without_overlapping", Boolean(), "false",
                  "An occurrence that is due while the task still runs is skipped. Always so for a unique task.",
                  &Task::without_overlapping),
      Value<Task>("even_in_maintenance_mode", Boolean(), "false", "It also runs while maintenance mode is on.",
                  &Task::even_in_maintenance_mode),
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
      Value<Task>(
          "overlap",
          OneOf<OverlapPolicy>({{"skip", OverlapPolicy::kSkip},
                                {"queue_one", OverlapPolicy::kQueueOne},
                                {"queue_all", OverlapPolicy::kQueueAll},
                                {"cancel_previous", OverlapPolicy::kCancelPrevious},
                                {"allow", OverlapPolicy::kAllow}}),
          "",
          "What becomes of an occurrence that is due while the task still runs: it is skipped; it waits, alone "
          "(one that waits already is skipped) or behind up to 99 others; it waits and the run is told to stop; "
          "or it runs beside it. Unless given: `skip` for a unique task, `allow` for others.",
          &Task::overlap),
      MisfireKey("What becomes of an occurrence that could not begin when it was due, as no server ran, the store did "
                 "not answer, no worker was free, or the clock jumped. A map of the keys below, or a word."),
      Value<Task>(
          "on_lost", OneOf<OnLost>({{"record", OnLost::kRecord}, {"retry", OnLost::kRetry}}), "record",
          "What becomes of a run whose server died: it is recorded as lost, and with `retry` another server "
          "tries it again, unless a later run is under way: 3 attempts in all, or those of `retry`. Only for unique "
          "tasks.",
          &Task::on_lost),
      Value<Task>(
          "store_outage", OneOf<StoreOutage>({{"closed", StoreOutage::kClosed}, {"open", StoreOutage::kOpen}}),
          "closed",
          "What a unique task does while the store does not answer: it waits, within its grace, or every server "
          "runs it for itself.",
          &Task::store_outage),
      Value<Task>("pool", Line(), "", "The workers that run it, one of `server.pools`; `server.workers` unless given.",
                  &Task::pool),
      Value<Task>("priority", Integer(-100, 100), "0", "Where workers are short, the larger one goes first.",
                  &Task::priority),
      Ping("URLs that are asked when something happened to it, beside the run: as services that watch cron jobs expect "
           "it. A map of the keys below."),
      Value<Task>("isolated", Boolean(), "false",
                  "A command runs in a child process of the program, whose crash is a failed run and nothing else.",
                  &Task::isolated),
      Output(
          "Writes all that it prints to a file besides. A map of the keys below, or the path of a file that each run "
          "replaces. A file that cannot be written is told in the outcome's reason and fails no run."),
      List<Task>("environments", Line(), "[production, staging]",
                 "It runs only where `app.environment` is one of these.", &Task::environments),
      Window("between",
             "It runs only from the first time up to, but not at, the second; past midnight if that is earlier.",
             &Task::between),
      Window("unless_between", "It does not run from the first time up to the second.", &Task::unless_between),
      List<Task>("tags", Line(), "[nightly, db]", "Words to find it by.", &Task::tags),
  };
  std::vector<Key<Task>> process;
  std::ranges::transform(ProcessKeys(), std::back_inserter(process), OfTask);
  keys.insert(std::next(std::ranges::find(keys, "shell", &Key<Task>::name)), process.begin(), process.end());
  return keys;
}

// What the table cannot say: keys that need or exclude each other.
void CheckTask(ValueReader& reader, const TaskEntry& task) {
  constexpr std::array<const char*, 5> kCounts = {"none", "one", "two", "three", "all"};
  const int works = task.command.has_value() + task.exec.has_value() + task.shell.has_value() + task.http.has_value();
  if (works != 1) {
    reader.Refuse(task.position, Format("this task has {} of command, exec, shell and http: expected one of them",
                                        kCounts.at(static_cast<std::size_t>(works))));
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
  if (task.process_key && !task.exec && !task.shell) {
    reader.Refuse(task.process_key->position, Format("{}: only exec and shell take it", task.process_key->value));
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
  if (task.schedule && task.after) {
    reader.Refuse(task.after->position, "after: a task that follows others is due as they are: expected no schedule");
  }
  if (!task.schedule && !task.after) {
    reader.Refuse(task.position,
                  "this task has no schedule: expected a cron expression or words such as "
                  "\"daily at 02:00\"");
  }
}

}  // namespace

const std::vector<Key<TaskEntry>>& TaskKeys() {
  static const std::vector<Key<TaskEntry>> kKeys = MakeTaskKeys();
  return kKeys;
}

const std::vector<Key<RetryPolicy>>& RetryKeys() {
  static const std::vector<Key<RetryPolicy>> kKeys = MakeRetryKeys();
  return kKeys;
}

const std::vector<Key<MisfirePolicy>>& MisfireKeys() {
  static const std::vector<Key<MisfirePolicy>> kKeys = MakeMisfireKeys();
  return kKeys;
}

const std::vector<Key<OutputFile>>& OutputKeys() {
  static const std::vector<Key<OutputFile>> kKeys = MakeOutputKeys();
  return kKeys;
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

}  // namespace rota
