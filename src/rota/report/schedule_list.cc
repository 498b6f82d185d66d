#include "rota/report/schedule_list.h"

#include <algorithm>
#include <utility>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/report/json.h"
#include "rota/report/table.h"
#include "rota/report/wording.h"
#include "rota/time/format.h"

namespace rota {
namespace {

constexpr int kScheduleWidth = 60;
constexpr int kWorkWidth = 50;

std::string_view Name(Placement placement) {
  return placement == Placement::kOneServer ? std::string_view("one server") : std::string_view("every server");
}

std::string_view Name(CronDialect dialect) {
  return dialect == CronDialect::kQuartz ? std::string_view("quartz") : std::string_view("ocps");
}

ScheduleRow MakeRow(const Task& task, std::span<const Pause> pauses, WallTime now, const ScheduleListOptions& options) {
  const TaskPolicies& policies = *task.policies;
  ScheduleRow row;
  row.id = task.id;
  row.description = task.description;
  row.work = Describe(task.work);
  if (const ProcessOptions* process = ProcessOf(task.work)) row.process = *process;
  row.schedule = task.trigger->Describe(options.locale);
  if (const auto* cron = std::get_if<CronFrequency>(&task.trigger->frequency())) {
    row.cron = cron->text;
    row.dialect = cron->dialect;
  }
  row.zone = task.trigger->zone();
  row.dst = task.trigger->dst();
  row.spread = task.trigger->spread();
  row.fires_at_start = task.trigger->fires_at_start();
  for (std::optional<WallTime> at = task.trigger->Next(now); at && std::ssize(row.next) < options.next;
       at = task.trigger->Next(*at)) {
    row.next.push_back(*at);
  }
  row.after = policies.after;
  if (!row.after.empty()) row.schedule = Describe(row.after);
  row.placement = policies.placement;
  row.overlap = policies.overlap;
  row.lock_timeout = policies.lock_timeout;
  row.timeout = policies.timeout;
  row.kill_after = policies.kill_after;
  row.retry = policies.retry;
  row.even_in_maintenance_mode = policies.even_in_maintenance_mode;
  row.misfire = policies.misfire;
  row.on_lost = policies.on_lost;
  row.store_outage = policies.store_outage;
  row.pool = policies.pool;
  row.priority = policies.priority;
  row.isolated = policies.isolated;
  row.output = policies.output;
  row.environments = policies.environments;
  row.tags = policies.tags;
  row.hooks = policies.hooks;
  row.conditional = !policies.when.empty() || !policies.skip.empty();
  if (const Pause* pause = FindPause(pauses, AsPausable(task), now)) row.pause = *pause;
  return row;
}

boost::json::array AfterJson(const std::vector<Parent>& parents) {
  boost::json::array array;
  for (const Parent& parent : parents) array.push_back({{"task", json::Text(parent.task)}, {"on", Name(parent.on)}});
  return array;
}

boost::json::value MisfireJson(const MisfirePolicy& misfire) {
  return {{"policy", Name(misfire.what)},
          {"grace_ms", json::Millis(misfire.grace)},
          {"max_runs", misfire.max_runs},
          {"pace_ms", json::Millis(misfire.pace)}};
}

boost::json::value RetryJson(const std::optional<RetryPolicy>& retry) {
  if (!retry) return {};
  return {{"attempts", retry->attempts},     {"delay_ms", json::Millis(retry->delay)},
          {"backoff", Name(retry->backoff)}, {"max_delay_ms", json::Millis(retry->max_delay)},
          {"jitter", Name(retry->jitter)},   {"exit_codes", boost::json::value_from(retry->exit_codes)}};
}

template <typename T>
boost::json::value OrNull(const std::optional<T>& value) {
  return value ? boost::json::value(*value) : boost::json::value();
}

// Without the values of variables, which may be secret.
boost::json::value ProcessJson(const std::optional<ProcessOptions>& process) {
  if (!process) return {};
  std::vector<std::string> names;
  for (const auto& [name, value] : process->environment) names.push_back(name);
  const ProcessLimits& limits = process->limits;
  return {{"environment", json::Texts(names)},
          {"directory", json::Text(process->directory)},
          {"user", json::Text(process->user)},
          {"umask", process->umask ? boost::json::value(Format("{:04o}", *process->umask)) : boost::json::value()},
          {"limits",
           {{"memory", OrNull(limits.memory)},
            {"cpu_time_ms", json::Millis(limits.cpu_time)},
            {"open_files", OrNull(limits.open_files)},
            {"processes", OrNull(limits.processes)},
            {"core_size", OrNull(limits.core_size)},
            {"file_size", OrNull(limits.file_size)}}}};
}

boost::json::value SpreadJson(const Spread& spread) {
  if (spread == Spread()) return {};
  return {{"range_ms", json::Millis(spread.range)}, {"offset_ms", json::Millis(spread.offset)}};
}

boost::json::value PauseJson(const std::optional<Pause>& pause) {
  if (!pause) return {};
  const PauseTarget& target = pause->target;
  const bool is_tag = target.kind == PauseTarget::Kind::kTag;
  return {{"all_tasks", target.kind == PauseTarget::Kind::kAll},
          {"maintenance", target.kind == PauseTarget::Kind::kMaintenance},
          {"tag", is_tag ? boost::json::value(json::Text(target.name)) : boost::json::value()},
          {"author", json::Text(pause->author)},
          {"reason", json::Text(pause->reason)},
          {"since", json::Utc(pause->since)},
          {"until", json::Utc(pause->until)}};
}

// "hooks at start and fail", "pings at success and fail".
std::vector<std::string> DescribeHooks(const std::vector<Hook>& hooks) {
  std::vector<std::string> functions;
  std::vector<std::string> pings;
  for (const Hook& hook : hooks) {
    std::vector<std::string>& points = std::holds_alternative<std::string>(hook.action) ? pings : functions;
    const std::string point(Name(hook.point));
    if (std::ranges::find(points, point) == points.end()) points.push_back(point);
  }
  std::vector<std::string> words;
  if (!functions.empty()) words.push_back("hooks at " + Join(functions, " and "));
  if (!pings.empty()) words.push_back("pings at " + Join(pings, " and "));
  return words;
}

boost::json::array HooksJson(const std::vector<Hook>& hooks) {
  boost::json::array array;
  for (const Hook& hook : hooks) {
    const auto* url = std::get_if<std::string>(&hook.action);
    array.push_back({{"at", Name(hook.point)},
                     {"ping", url == nullptr ? boost::json::value() : json::Text(MaskedUrl(*url))},
                     {"timeout_ms", json::Millis(hook.timeout)}});
  }
  return array;
}

boost::json::value OutputJson(const std::optional<OutputFile>& output) {
  if (!output) return {};
  return {{"file", json::Text(output->path)}, {"append", output->mode == OutputFile::Mode::kAppend}};
}

std::string DescribePolicies(const ScheduleRow& row) {
  std::vector<std::string> words;
  if (row.pause) words.push_back(Describe(*row.pause, row.zone));
  words.push_back(row.placement == Placement::kOneServer ? "unique" : "every server");
  words.push_back(Format("overlap {}", Name(row.overlap)));
  // A task that may overlap itself on every server takes no lock.
  if (row.placement == Placement::kOneServer || row.overlap != OverlapPolicy::kAllow) {
    words.push_back(Format("lock timeout {}", FormatDuration(row.lock_timeout)));
  }
  if (row.timeout) words.push_back(Format("timeout {}", FormatDuration(*row.timeout)));
  if (row.kill_after) words.push_back(Format("killed {} later", FormatDuration(*row.kill_after)));
  if (row.retry) words.push_back(Describe(*row.retry));
  if (row.misfire != MisfirePolicy()) words.push_back("misfire " + Describe(row.misfire));
  if (row.on_lost == OnLost::kRetry) words.emplace_back("tried again when lost");
  if (row.store_outage == StoreOutage::kOpen) words.emplace_back("runs without the store");
  if (!row.pool.empty()) words.push_back("pool " + row.pool);
  if (row.priority != 0) words.push_back(Format("priority {}", row.priority));
  if (row.isolated) words.emplace_back("isolated");
  if (row.output) {
    words.push_back((row.output->mode == OutputFile::Mode::kAppend ? "output added to " : "output to ") +
                    row.output->path);
  }
  if (row.dst.gap) words.push_back(Format("DST gap {}", Name(*row.dst.gap)));
  if (row.dst.overlap) words.push_back(Format("DST overlap {}", Name(*row.dst.overlap)));
  for (const std::string& hooks : DescribeHooks(row.hooks)) words.push_back(hooks);
  if (row.conditional) words.emplace_back("conditional");
  if (row.even_in_maintenance_mode) words.emplace_back("even in maintenance mode");
  if (!row.environments.empty()) words.push_back("only in " + Join(row.environments, " or "));
  if (row.process) words.push_back(Describe(*row.process));
  if (!row.tags.empty()) words.push_back("tagged " + Join(row.tags, " "));
  return Join(words, ", ");
}

std::string FirstInstant(const ScheduleRow& row) {
  if (row.fires_at_start) return "at the next start";
  return row.next.empty() ? "never again" : FormatInstant(row.next.front(), row.zone);
}

template <typename Policy>
boost::json::value PolicyJson(const std::optional<Policy>& policy) {
  return policy ? boost::json::value(json::Text(Name(*policy))) : boost::json::value();
}

}  // namespace

std::vector<ScheduleRow> ListSchedule(const Schedule& schedule, std::span<const Pause> pauses, WallTime now,
                                      const ScheduleListOptions& options) {
  std::vector<ScheduleRow> rows;
  for (const Task& task : schedule.tasks()) {
    const std::vector<std::string>& tags = task.policies->tags;
    if (options.tag && std::find(tags.begin(), tags.end(), *options.tag) == tags.end()) continue;
    rows.push_back(MakeRow(task, pauses, now, options));
  }
  return rows;
}

std::string ToTable(std::span<const ScheduleRow> rows) {
  // Most tasks are named after the command they run: the column would say everything twice.
  const bool show_work = std::any_of(rows.begin(), rows.end(), [](const auto& row) { return row.work != row.id; });
  std::vector<Table::Column> columns = {{"TASK"}, {"SCHEDULE", kScheduleWidth}, {"ZONE"}, {"NEXT"}, {"POLICIES"}};
  if (show_work) columns.push_back({"RUNS", kWorkWidth});
  const std::size_t width = columns.size();
  Table table(std::move(columns));
  for (const ScheduleRow& row : rows) {
    std::vector<std::string> cells = {row.id, row.schedule, row.zone.name(), FirstInstant(row), DescribePolicies(row)};
    if (show_work) cells.push_back(row.work);
    table.AddRow(std::move(cells));
    for (std::size_t i = 1; i < row.next.size(); ++i) {
      std::vector<std::string> below(width);
      below[3] = FormatInstant(row.next[i], row.zone);
      table.AddRow(std::move(below));
    }
  }
  return table.Render();
}

std::string ToJson(std::span<const ScheduleRow> rows) {
  boost::json::array tasks;
  for (const ScheduleRow& row : rows) {
    tasks.push_back({
        {"task", json::Text(row.id)},
        {"description", json::Text(row.description)},
        {"work", json::Text(row.work)},
        {"process", ProcessJson(row.process)},
        {"schedule", json::Text(row.schedule)},
        {"cron", row.cron.empty() ? boost::json::value() : boost::json::value(json::Text(row.cron))},
        {"dialect", row.cron.empty() ? boost::json::value() : boost::json::value(Name(row.dialect))},
        {"zone", json::Text(row.zone.name())},
        {"dst_gap", PolicyJson(row.dst.gap)},
        {"dst_overlap", PolicyJson(row.dst.overlap)},
        {"spread", SpreadJson(row.spread)},
        {"fires_at_start", row.fires_at_start},
        {"after", AfterJson(row.after)},
        {"next", json::Instants(row.next, row.zone)},
        {"unique", row.placement == Placement::kOneServer},
        {"runs_on", json::Text(Name(row.placement))},
        {"overlap", json::Text(Name(row.overlap))},
        {"lock_timeout_ms", json::Millis(row.lock_timeout)},
        {"timeout_ms", json::Millis(row.timeout)},
        {"kill_after_ms", json::Millis(row.kill_after)},
        {"retry", RetryJson(row.retry)},
        {"even_in_maintenance_mode", row.even_in_maintenance_mode},
        {"misfire", MisfireJson(row.misfire)},
        {"on_lost", json::Text(Name(row.on_lost))},
        {"store_outage", json::Text(Name(row.store_outage))},
        {"pool", json::Text(row.pool)},
        {"priority", row.priority},
        {"hooks", HooksJson(row.hooks)},
        {"isolated", row.isolated},
        {"output", OutputJson(row.output)},
        {"environments", json::Texts(row.environments)},
        {"tags", json::Texts(row.tags)},
        {"conditional", row.conditional},
        {"pause", PauseJson(row.pause)},
    });
  }
  return json::Line(tasks);
}

}  // namespace rota
