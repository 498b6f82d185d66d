#include "rota/config/config.h"

#include <cstdlib>
#include <filesystem>
#include <utility>
#include <vector>

#include "rota/base/file_bytes.h"
#include "rota/base/text.h"
#include "rota/config/calendars.h"
#include "rota/config/keys.h"
#include "rota/schedule/scheduler.h"
#include "rota/schedule/words.h"

namespace rota {
namespace {

std::optional<std::string> ProcessVariable(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

// The position of the key that an error of the builder is about. Its message is "<task>: <Call>(…): …", or without a
// call where the work or the name is wrong.
yaml::Position Offender(const TaskEntry& task, const Status& error) {
  const auto position = [&task](const auto& key) { return key ? key->position : task.position; };
  const yaml::Position work = task.command ? task.command->position
                              : task.exec  ? position(task.exec)
                              : task.http  ? position(task.http)
                                           : position(task.shell);
  if (error.code() == StatusCode::kNotFound) return work;
  const auto tells = [&error](std::string_view text) { return error.message().find(text) != std::string::npos; };
  if (tells("task's name") || tells("task with this name")) return task.name ? task.name->position : work;
  if (tells(": After(")) return position(task.after);
  if (tells(": Exec(") || tells(": Shell(") || tells(": Http(")) return work;
  if (tells(": Between(")) return position(task.between);
  if (tells(": UnlessBetween(")) return position(task.unless_between);
  if (tells("OnBusinessDay(") || tells("OnLastBusinessDay(")) return position(task.business_day);
  if (tells(": On(") || tells(" and On(")) return position(task.on);
  if (tells(": Except(") || tells(" and Except(")) return position(task.except);
  if (tells(" and OnDstGap(")) return position(task.dst_gap);
  if (tells(" and OnDstOverlap(")) return position(task.dst_overlap);
  if (tells(": Spread(") || tells(" and Spread(")) return position(task.spread);
  if (tells(": LockTimeout(")) return position(task.lock_timeout);
  if (tells(": Timeout(")) return position(task.timeout);
  if (tells(": KillAfter(")) return position(task.kill_after);
  if (tells(": Retry(")) return position(task.retry);
  if (tells(": Overlap(") || tells(" and Overlap(")) return position(task.overlap);
  if (tells(": Misfire(")) return position(task.misfire);
  if (tells(": AtLeastOnce(")) return position(task.on_lost);
  if (tells(": Pool(")) return position(task.pool);
  if (tells(": Priority(")) return position(task.priority);
  if (tells(": Ping(")) return position(task.ping);
  if (tells(": Environments(")) return position(task.environments);
  // Arguments that the command does not take.
  if (task.command && tells(Format(": {}: ", task.command->value)))
    return task.arguments ? position(task.arguments) : work;
  return position(task.schedule);
}

// REQUIRES: exactly one kind of work, as the reader has checked.
TaskBuilder BeginTask(Scheduler& scheduler, const TaskEntry& task) {
  if (task.exec) return scheduler.Exec(task.exec->value, task.process);
  if (task.shell) return scheduler.Shell(task.shell->value, task.process);
  if (task.http) return scheduler.Http(task.http->value.method, task.http->value.url, task.http->value.options);
  return scheduler.Command(task.command->value, task.arguments ? task.arguments->value : std::vector<std::string>());
}

TaskBuilder AddParents(TaskBuilder builder, const std::vector<Parent>& parents) {
  for (const auto& [task, on] : parents) {
    builder = std::move(builder).After(task);
    if (on == ParentEnd::kFail) builder = std::move(builder).OnFailure();
    if (on == ParentEnd::kEnd) builder = std::move(builder).OnEnd();
  }
  return builder;
}

TaskBuilder ApplyKeys(TaskBuilder builder, const TaskEntry& task) {
  if (task.name) builder = std::move(builder).Name(task.name->value);
  if (task.description) builder = std::move(builder).Description(task.description->value);
  if (task.after) builder = AddParents(std::move(builder), task.after->value);
  if (task.timezone) builder = std::move(builder).Timezone(task.timezone->value);
  const Shift shift = task.shift ? task.shift->value : Shift::kSkip;
  if (task.business_day) {
    builder = std::move(builder).OnBusinessDay(task.business_day->value, task.on->value);
  } else if (task.on) {
    builder = std::move(builder).On(task.on->value, shift);
  }
  if (task.except) builder = std::move(builder).Except(task.except->value, shift);
  if (task.dst_gap) builder = std::move(builder).OnDstGap(task.dst_gap->value);
  if (task.dst_overlap) builder = std::move(builder).OnDstOverlap(task.dst_overlap->value);
  if (task.spread) builder = std::move(builder).Spread(task.spread->value);
  if (task.unique && task.unique->value) builder = std::move(builder).Unique();
  if (task.without_overlapping && task.without_overlapping->value) builder = std::move(builder).WithoutOverlapping();
  if (task.even_in_maintenance_mode && task.even_in_maintenance_mode->value) {
    builder = std::move(builder).EvenInMaintenanceMode();
  }
  if (task.lock_timeout) builder = std::move(builder).LockTimeout(task.lock_timeout->value);
  if (task.timeout) builder = std::move(builder).Timeout(task.timeout->value);
  if (task.kill_after) builder = std::move(builder).KillAfter(task.kill_after->value);
  if (task.retry) builder = std::move(builder).Retry(task.retry->value);
  if (task.overlap) builder = std::move(builder).Overlap(task.overlap->value);
  if (task.misfire) builder = std::move(builder).Misfire(task.misfire->value);
  if (task.on_lost && task.on_lost->value == OnLost::kRetry) builder = std::move(builder).AtLeastOnce();
  if (task.store_outage) builder = std::move(builder).OnStoreOutage(task.store_outage->value);
  if (task.pool) builder = std::move(builder).Pool(task.pool->value);
  if (task.priority) builder = std::move(builder).Priority(task.priority->value);
  if (task.ping) {
    for (const Hook& ping : task.ping->value) {
      builder = std::move(builder).Ping(ping.point, std::get<std::string>(ping.action), ping.timeout);
    }
  }
  if (task.isolated && task.isolated->value) builder = std::move(builder).Isolated();
  if (task.output) {
    const auto& [path, mode] = task.output->value;
    builder = mode == OutputFile::Mode::kAppend ? std::move(builder).AppendOutputTo(path)
                                                : std::move(builder).SendOutputTo(path);
  }
  if (task.environments) builder = std::move(builder).Environments(task.environments->value);
  if (task.between) builder = std::move(builder).Between(task.between->value.first, task.between->value.second);
  if (task.unless_between) {
    builder = std::move(builder).UnlessBetween(task.unless_between->value.first, task.unless_between->value.second);
  }
  if (task.tags) {
    for (const std::string& tag : task.tags->value) builder = std::move(builder).Tag(tag);
  }
  return builder;
}

// The name that the task has unless it is given one.
std::string DescribeWork(const TaskEntry& task) {
  if (task.exec) return Describe(ExecCall{task.exec->value});
  if (task.shell) return Describe(ShellCall{task.shell->value});
  if (task.http) return Describe(HttpCall{task.http->value.method, task.http->value.url, task.http->value.options});
  return Describe(
      CommandCall{task.command->value, task.arguments ? task.arguments->value : std::vector<std::string>()});
}

void DefineTask(Scheduler& scheduler, const TaskEntry& task, ValueReader& mistakes) {
  const std::optional<CronDialect> dialect = task.dialect ? std::optional(task.dialect->value) : std::nullopt;
  Result<TaskBuilder> builder = ApplyKeys(BeginTask(scheduler, task), task);
  if (task.schedule) builder = ApplyWords(*std::move(builder), task.schedule->value, dialect);
  if (!builder) {
    return mistakes.Refuse(task.schedule->position, Format("schedule: {}", builder.error()));
  }
  const Result<TaskId> id = (*std::move(builder)).TryRegister();
  if (!id) mistakes.Refuse(Offender(task, id.error()), id.error().message());
}

}  // namespace

struct Config::Tasks {
  std::string file_name;
  std::vector<Calendar> calendars;
  std::vector<TaskEntry> entries;
};

Config::Config(Options options, std::shared_ptr<const Tasks> tasks)
    : options_(std::move(options)), tasks_(std::move(tasks)) {}

Result<Config> Config::Load(const std::string& path) {
  const Result<std::string> text = ReadBytes(path, yaml::Limits().bytes);
  if (!text) return Fail(text.error());
  return Parse(*text, path, ProcessVariable);
}

Result<Config> Config::Parse(std::string_view text, std::string_view file_name, const Environment& environment) {
  const Result<yaml::Node> root = yaml::Parse(text, file_name);
  if (!root) return Fail(root.error());
  ValueReader reader(std::string(file_name), environment);
  FileContents file = ReadFile(*root, reader);
  const std::filesystem::path folder = std::filesystem::path(file_name).parent_path();
  std::vector<Calendar> calendars = MakeCalendars(file.calendars, folder.string(), reader);
  if (Status status = reader.status(); !status.ok()) return Fail(std::move(status));
  auto tasks =
      std::make_shared<const Tasks>(Tasks{std::string(file_name), std::move(calendars), std::move(file.tasks)});
  return Config(std::move(file.options), std::move(tasks));
}

std::size_t Config::task_count() const { return tasks_->entries.size(); }

void Config::DefineCalendars(Scheduler& scheduler) const {
  for (const Calendar& calendar : tasks_->calendars) scheduler.DefineCalendar(calendar);
}

Status Config::DefineTasks(Scheduler& scheduler) const {
  ValueReader mistakes(tasks_->file_name, nullptr);
  for (const TaskEntry& task : tasks_->entries) DefineTask(scheduler, task, mistakes);
  return mistakes.status();
}

std::string Config::PlaceOf(std::string_view id) const {
  for (const TaskEntry& task : tasks_->entries) {
    if ((task.name ? task.name->value : DescribeWork(task)) != id) continue;
    const auto [line, column] = task.after ? task.after->position : task.position;
    return Format("{}:{}:{}", tasks_->file_name, line, column);
  }
  return "";
}

}  // namespace rota
