#include "rota/config/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <random>

#include "rota/base/text.h"
#include "rota/config/yaml.h"
#include "rota/schedule/scheduler.h"

namespace rota {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

// Knows backup:run, which takes --full, and cache:clear.
class Commands final : public CommandCatalog {
 public:
  Status Check(std::string_view name, std::span<const std::string> arguments) const override {
    if (name != "backup:run" && name != "cache:clear") return NotFound("unknown command \"{}\"", name);
    for (const std::string& argument : arguments) {
      if (argument != "--full") return InvalidArgument("{}: unknown option {}", name, argument);
    }
    return Status::Ok();
  }
};

std::optional<std::string> Variables(std::string_view name) {
  return name == "REDIS_PASSWORD" ? std::optional<std::string>("s3: [cret]") : std::nullopt;
}

Result<Config> Parse(std::string_view text) { return Config::Parse(text, "config/config.yaml", Variables); }

std::string ErrorOf(std::string_view text) {
  const Result<Config> config = Parse(text);
  return config ? "no error" : config.error().message();
}

// What DefineTasks() says.
std::string TaskErrorOf(std::string_view text) {
  const Result<Config> config = Parse(text);
  if (!config) return "not read: " + config.error().message();
  const Commands commands;
  Scheduler scheduler(commands, TimeZone());
  const Status status = config->DefineTasks(scheduler);
  return status.ok() ? "no error" : status.message();
}

TEST(Config, HoldsDefaultsForAnEmptyFile) {
  EXPECT_EQ(Parse("")->options(), Options());
  EXPECT_EQ(Parse("log:\n# level: debug\ntasks:\n")->options(), Options());
}

TEST(Config, ReadsEveryOption) {
  const Result<Config> config = Parse(R"(
app: {name: shop, environment: staging, timezone: Asia/Shanghai, release: v1.4.2}
server: {id: web-1, workers: 4, pools: {slow: 2, reports: {workers: 4, fleet_limit: 10}},
         shutdown_grace: 1m, kill_after: 10s}
coordination: {driver: sqlite, path: /srv/rota.db, lease_ttl: 20s, max_skew: 500ms}
redis: {host: redis.local, port: 6380, password: "${REDIS_PASSWORD}", db: 3}
log: {level: debug, file: "", max_size: 64KB, max_files: 2}
history: {keep: 7d, max_records: 5000}
)");
  ASSERT_TRUE(config) << config.error().message();
  Options expected;
  expected.app = {"shop", "staging", "Asia/Shanghai", "v1.4.2"};
  expected.server = {"web-1", 4, {{"slow", {2, {}}}, {"reports", {4, 10}}}, minutes(1), seconds(10)};
  expected.coordination = {CoordinationDriver::kSqlite, "/srv/rota.db", seconds(20), Milliseconds(500)};
  expected.redis.emplace();
  expected.redis->host = "redis.local";
  expected.redis->port = 6380;
  expected.redis->password = "s3: [cret]";
  expected.redis->db = 3;
  expected.log = {LogLevel::kDebug, "", 64 * 1024, 2};
  expected.history = {std::chrono::hours(24 * 7), 5000};
  EXPECT_EQ(config->options(), expected);
}

TEST(Config, ChoosesRedisWhereThereIsARedisSection) {
  const auto driver = [](std::string_view text) { return Parse(text)->options().coordination.driver; };
  EXPECT_EQ(driver("redis:\n  host: \"localhost\"\n  port: 6379\n  password: \"\"\n  db: 0\n"),
            CoordinationDriver::kRedis);
  EXPECT_EQ(driver("redis: {db: 1}\ncoordination: {driver: memory}"), CoordinationDriver::kMemory);
  EXPECT_EQ(driver("app: {name: x}"), CoordinationDriver::kSqlite);
  EXPECT_EQ(ErrorOf("coordination: {driver: redis}"),
            "config/config.yaml:1:24: coordination.driver: \"redis\" needs a redis section with the server's host");
  EXPECT_EQ(ErrorOf("redis:\n"),
            "config/config.yaml:1:1: redis: has no keys: expected host and port, socket, sentinels or cluster, or no "
            "redis at all");
}

TEST(Config, ReadsWhatAProcessFindsAroundIt) {
  const Result<Config> config = Parse(R"(
tasks:
  - shell: df
    schedule: daily
    env: {PGPORT: 5433, PGPASSWORD: "${REDIS_PASSWORD}", EMPTY: ""}
    directory: /srv/dumps
    user: postgres
    umask: 027
    limits: {memory: 512MB, cpu_time: 10m, open_files: 64, processes: 100, core_size: 0, file_size: 1GB}
)");
  ASSERT_TRUE(config) << config.error().message();
  const Commands commands;
  Scheduler scheduler(commands, TimeZone());
  ASSERT_TRUE(config->DefineTasks(scheduler).ok());
  const Result<Schedule> schedule = scheduler.Build();
  const ProcessOptions expected = {
      .environment = {{"PGPORT", "5433"}, {"PGPASSWORD", "s3: [cret]"}, {"EMPTY", ""}},
      .directory = "/srv/dumps",
      .user = "postgres",
      .umask = 027,
      .limits = {.memory = 512 << 20,
                 .cpu_time = minutes(10),
                 .open_files = 64,
                 .processes = 100,
                 .core_size = 0,
                 .file_size = 1 << 30},
  };
  EXPECT_EQ(*ProcessOf(schedule->tasks()[0].work), expected);
}

TEST(Config, RefusesWhatNoProcessCanFindAroundIt) {
  const auto error = [](std::string_view keys) {
    return ErrorOf(Format("tasks:\n  - {{shell: df, schedule: daily, {}}}\n", keys));
  };
  EXPECT_EQ(error("umask: 888"), "config/config.yaml:2:41: umask: \"888\": expected an octal number from 0 to 0777");
  EXPECT_EQ(error("umask: 1000"), "config/config.yaml:2:41: umask: \"1000\": expected an octal number from 0 to 0777");
  EXPECT_EQ(error("env: [A]"), "config/config.yaml:2:39: env: expected a map of variables by name, found a list");
  EXPECT_EQ(error("env: {A=B: c}"), "config/config.yaml:2:40: env: \"A=B\": expected a name without '='");
  EXPECT_EQ(
      error("env: {ROTA_TASK: c}"),
      "config/config.yaml:2:40: env: \"ROTA_TASK\": expected another name: ROTA_ begins those that tell of the run");
  EXPECT_EQ(error("limits: {cpu_time: 1500ms}"),
            "config/config.yaml:2:53: limits.cpu_time: \"1500ms\": expected a duration of one second or more, in whole "
            "seconds, such as 90s or 1h30m");
  EXPECT_EQ(error("limits: {memory: lots}"),
            "config/config.yaml:2:51: limits.memory: \"lots\": expected a size from 1 to 1024GB, in bytes or with KB, "
            "MB, GB");
  EXPECT_EQ(ErrorOf("tasks:\n  - {command: backup:run, schedule: daily, directory: /srv}\n"),
            "config/config.yaml:2:55: directory: only exec and shell take it");
}

TEST(Config, ReadsWhereTheOutputGoes) {
  const Result<Config> config = Parse(R"(
tasks:
  - {name: bare, shell: df, schedule: daily, output: a.log}
  - {name: map, shell: df, schedule: daily, output: {file: b.log}}
  - {name: append, shell: df, schedule: daily, output: {file: c.log, append: true}}
)");
  ASSERT_TRUE(config) << config.error().message();
  const Commands commands;
  Scheduler scheduler(commands, TimeZone());
  ASSERT_TRUE(config->DefineTasks(scheduler).ok());
  const Result<Schedule> schedule = scheduler.Build();
  const auto output = [&schedule](const char* task) { return *schedule->Find(task)->policies->output; };
  EXPECT_EQ(output("bare"), (OutputFile{"a.log", OutputFile::Mode::kReplace}));
  EXPECT_EQ(output("map"), (OutputFile{"b.log", OutputFile::Mode::kReplace}));
  EXPECT_EQ(output("append"), (OutputFile{"c.log", OutputFile::Mode::kAppend}));
}

TEST(Config, RefusesOutputThatGoesNowhere) {
  const auto error = [](std::string_view output) {
    return ErrorOf(Format("tasks:\n  - {{shell: df, schedule: daily, output: {}}}\n", output));
  };
  EXPECT_EQ(error("{append: true}"), "config/config.yaml:2:42: output: expected a file in it");
  EXPECT_EQ(error("[a]"), "config/config.yaml:2:42: output: expected a line of text, found a list");
  EXPECT_EQ(error("{file: a, append: 1}"), "config/config.yaml:2:60: output.append: \"1\": expected true or false");
}

TEST(Config, RefusesRetriesThatAreNone) {
  const auto error = [](std::string_view retry) {
    return ErrorOf(Format("tasks:\n  - {{schedule: daily, shell: a, retry: {}}}\n", retry));
  };
  EXPECT_EQ(error("1"), "config/config.yaml:2:40: retry: \"1\": expected an integer from 2 to 100");
  EXPECT_EQ(error("{attempt: 3}"),
            "config/config.yaml:2:41: unknown key \"attempt\" in retry; did you mean \"attempts\"?; allowed: attempts, "
            "delay, backoff, max_delay, jitter, exit_codes");
  EXPECT_EQ(error("{backoff: linear}"),
            "config/config.yaml:2:50: retry.backoff: \"linear\": expected fixed or exponential");
  EXPECT_EQ(error("{exit_codes: [0]}"),
            "config/config.yaml:2:54: retry.exit_codes: \"0\": expected an integer from 1 to 255");
}

TEST(Config, RefusesPoliciesThatAreNone) {
  const auto error = [](std::string_view keys) {
    return ErrorOf(Format("tasks:\n  - {{schedule: daily, shell: a, {}}}\n", keys));
  };
  EXPECT_EQ(
      error("overlap: queue"),
      "config/config.yaml:2:42: overlap: \"queue\": expected skip, queue_one, queue_all, cancel_previous or allow");
  EXPECT_EQ(error("misfire: never"), "config/config.yaml:2:42: misfire: \"never\": expected skip, run_once or run_all");
  EXPECT_EQ(error("misfire: {policy: run_all, max_runs: 0}"),
            "config/config.yaml:2:70: misfire.max_runs: \"0\": expected an integer from 1 to 10000");
  EXPECT_EQ(error("priority: 101"), "config/config.yaml:2:43: priority: \"101\": expected an integer from -100 to 100");
  EXPECT_EQ(ErrorOf("server:\n  pools: {slow: none}\n"),
            "config/config.yaml:2:17: server.pools.slow: \"none\": expected an integer from 1 to 1024");
  EXPECT_EQ(ErrorOf("server:\n  pools: {slow: {workers: 2, fleet_limit: 0}}\n"),
            "config/config.yaml:2:43: server.pools.slow.fleet_limit: \"0\": expected an integer from 1 to 100000");
  EXPECT_EQ(ErrorOf("server:\n  pools: {slow: {fleet_limit: 3}}\n"),
            "config/config.yaml:2:17: server.pools.slow: expected its workers too: {workers: 4, fleet_limit: 10}");
  EXPECT_EQ(
      ErrorOf("server:\n  pools: {slow: {workers: 2, fleet_limits: 3}}\n"),
      "config/config.yaml:2:30: unknown key \"fleet_limits\" in server.pools.slow; did you mean \"fleet_limit\"?; "
      "allowed: workers, fleet_limit");
}

TEST(Config, TellsWhereAPolicyContradictsAnother) {
  const auto error = [](std::string_view keys) {
    const auto config =
        Config::Parse(Format("tasks:\n  - {{schedule: daily, shell: a, {}}}\n", keys), "c.yaml", nullptr);
    const Commands commands;
    Scheduler scheduler(commands, TimeZone());
    return config ? config->DefineTasks(scheduler).message() : config.error().message();
  };
  EXPECT_EQ(error("on_lost: retry"),
            "c.yaml:2:42: a: AtLeastOnce(): expected Unique() beside it, for another server tries it again");
  EXPECT_EQ(error("without_overlapping: true, overlap: allow"),
            "c.yaml:2:69: a: WithoutOverlapping() and Overlap(OverlapPolicy::kAllow) contradict each other: a run "
            "overlaps others or it does not");
  EXPECT_EQ(error("misfire: {pace: 1m}"),
            "c.yaml:2:42: a: Misfire({.what = Misfire::kRunOnce, .pace = 1m}): expected max_runs and pace with "
            "Misfire::kRunAll alone");
}

TEST(Config, RefusesUnknownKeysWithTheNearestAndAllKnownOnes) {
  EXPECT_EQ(
      ErrorOf("server:\n  workres: 4\n"),
      "config/config.yaml:2:3: unknown key \"workres\" in server; did you mean \"workers\"?; allowed: id, workers, "
      "pools, shutdown_grace, kill_after");
  EXPECT_EQ(ErrorOf("logs: {}\n"),
            "config/config.yaml:1:1: unknown key \"logs\" in the file; did you mean \"log\"?; allowed: app, server, "
            "coordination, redis, log, history, calendars, tasks");
  EXPECT_EQ(
      ErrorOf("tasks:\n  - shell: \"true\"\n    schedule: daily\n    xyzzy: 1\n"),
      "config/config.yaml:4:5: unknown key \"xyzzy\" in a task; allowed: name, description, schedule, after, dialect, "
      "timezone, on, except, shift, business_day, dst_gap, dst_overlap, spread, command, arguments, exec, shell, "
      "env, directory, user, umask, limits, http, unique, without_overlapping, even_in_maintenance_mode, "
      "lock_timeout, timeout, kill_after, retry, overlap, misfire, on_lost, store_outage, pool, priority, "
      "ping, isolated, output, environments, between, "
      "unless_between, tags");
}

TEST(Config, TellsAllMistakesAtOnceInTheOrderOfTheFile) {
  EXPECT_EQ(ErrorOf("server:\n  workers: many\n  id: \nlog:\n  level: loud\n  max_size: [1]\napp: web\n"
                    "history: {keep: \"${KEEP}\"}\n"),
            "config/config.yaml:2:12: server.workers: \"many\": expected an integer from 1 to 1024\n"
            "config/config.yaml:3:6: server.id: expected a line of text, found nothing\n"
            "config/config.yaml:5:10: log.level: \"loud\": expected debug, info, warning or error\n"
            "config/config.yaml:6:13: log.max_size: expected a size from 1KB to 100GB, found a list\n"
            "config/config.yaml:7:6: app: expected a map, found a single value\n"
            "config/config.yaml:8:17: history.keep: environment variable KEEP is not set; ${KEEP:-default} gives it a "
            "default, $${KEEP} leaves ${KEEP} to the shell");
}

TEST(Config, RefusesUnknownZonesAtTheirPlace) {
  EXPECT_TRUE(ErrorOf("app:\n  timezone: Europe/Berlon\n").starts_with("config/config.yaml:2:13: app.timezone: "));
  EXPECT_NE(ErrorOf("app:\n  timezone: Europe/Berlon\n").find("Europe/Berlin"), std::string::npos);
}

TEST(Config, LetsNoVariableChangeTheStructure) {
  EXPECT_EQ(Parse("app: {name: \"${X:-a: [b]}\"}")->options().app.name, "a: [b]");
}

TEST(Config, ReadsAFileAndTheProcessEnvironment) {
  std::string folder = (std::filesystem::temp_directory_path() / "rota_config.XXXXXX").string();
  ASSERT_NE(::mkdtemp(folder.data()), nullptr);
  ::setenv("ROTA_TEST_APP_NAME", "from the environment", 1);
  std::ofstream(folder + "/config.yaml") << "app: {name: \"${ROTA_TEST_APP_NAME}\"}\n";
  const Result<Config> config = Config::Load(folder + "/config.yaml");
  ::unsetenv("ROTA_TEST_APP_NAME");
  EXPECT_EQ(config->options().app.name, "from the environment");
  EXPECT_EQ(Config::Load(folder).error(), Unavailable("{}: Is a directory", folder));
  EXPECT_EQ(Config::Load(folder + "/none.yaml").error(), NotFound("{}/none.yaml: No such file or directory", folder));
  std::filesystem::remove_all(folder);
}

// A good file with some of its bytes changed is read, or refused with a place on every line.
TEST(Config, SurvivesAFileWithRandomMistakes) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  constexpr std::string_view kGood =
      "app: {name: shop, timezone: UTC}\nserver:\n  workers: 4\nlog: {max_size: 10MB}\ntasks:\n"
      "  - name: x\n    shell: df ${A:-b}\n    schedule: daily at 02:00\n    unique: true\n    tags: [a, b]\n";
  for (int round = 0; round < 1000; ++round) {
    std::string text(kGood);
    for (auto i = random() % 6; i > 0; --i) text[random() % text.size()] = static_cast<char>(random());
    const std::string error = TaskErrorOf(text);
    const std::string_view mistakes = error.starts_with("not read: ") ? std::string_view(error).substr(10) : error;
    for (const std::string_view line : Split(mistakes, '\n')) {
      EXPECT_TRUE(line == "no error" || line.starts_with("config/config.yaml:")) << error;
      EXPECT_EQ(Printable(line), line);
    }
  }
}

TEST(DefineTasks, RegistersEachTaskWithAllItsKeys) {
  const Result<Config> config = Parse(R"(
tasks:
  - name: nightly
    description: Backs up everything
    command: backup:run
    arguments: [--full]
    schedule: daily at 02:00
    timezone: Asia/Shanghai
    dst_gap: run_before
    dst_overlap: both
    spread: 10m
    unique: true
    even_in_maintenance_mode: true
    lock_timeout: 45m
    timeout: 20m
    kill_after: 1m
    retry: {attempts: 5, delay: 1s, backoff: exponential, max_delay: 5m, jitter: full, exit_codes: [75, 111]}
    overlap: queue_one
    misfire: {policy: run_all, grace: 2d, max_runs: 3, pace: 1m}
    on_lost: retry
    store_outage: open
    pool: slow
    priority: 10
    environments: [production, staging]
    tags: [db, nightly]
  - exec: [/usr/bin/rsync, -a, /srv]
    schedule: every ten minutes
    without_overlapping: true
    retry: 4
    misfire: skip
    between: ["08:00", "18:00"]
    unless_between: ["12:00", "13:00"]
  - shell: echo $${HOME} | wc
    schedule: "0 3 * * 1"
)");
  ASSERT_TRUE(config) << config.error().message();
  EXPECT_EQ(config->task_count(), 3u);
  const Commands commands;
  Scheduler scheduler(commands, TimeZone());
  const Status status = config->DefineTasks(scheduler);
  ASSERT_TRUE(status.ok()) << status.message();
  const Result<Schedule> schedule = scheduler.Build();
  ASSERT_TRUE(schedule) << schedule.error().message();
  ASSERT_EQ(schedule->tasks().size(), 3u);

  const Task& nightly = schedule->tasks()[0];
  EXPECT_EQ(nightly.id, "nightly");
  EXPECT_EQ(nightly.description, "Backs up everything");
  EXPECT_EQ(Describe(nightly.work), "backup:run --full");
  EXPECT_EQ(nightly.trigger->zone().name(), "Asia/Shanghai");
  EXPECT_EQ(nightly.trigger->dst(), (DstPolicy{DstGap::kRunBefore, DstOverlap::kBoth}));
  EXPECT_EQ(nightly.trigger->spread(), Spread::Of("nightly", minutes(10)));
  EXPECT_EQ(std::get<CronFrequency>(nightly.trigger->frequency()).text, "0 2 * * *");
  EXPECT_TRUE(nightly.unique());
  EXPECT_TRUE(nightly.policies->even_in_maintenance_mode);
  EXPECT_EQ(nightly.policies->lock_timeout, minutes(45));
  EXPECT_EQ(nightly.policies->timeout, minutes(20));
  EXPECT_EQ(nightly.policies->kill_after, minutes(1));
  EXPECT_EQ(nightly.policies->retry,
            (RetryPolicy{5, seconds(1), Backoff::kExponential, minutes(5), Jitter::kFull, {75, 111}}));
  EXPECT_EQ(nightly.policies->overlap, OverlapPolicy::kQueueOne);
  EXPECT_EQ(nightly.policies->misfire, (MisfirePolicy{Misfire::kRunAll, std::chrono::hours(48), 3, minutes(1)}));
  EXPECT_EQ(nightly.policies->on_lost, OnLost::kRetry);
  EXPECT_EQ(nightly.policies->store_outage, StoreOutage::kOpen);
  EXPECT_EQ(nightly.policies->pool, "slow");
  EXPECT_EQ(nightly.policies->priority, 10);
  EXPECT_EQ(nightly.policies->environments, (std::vector<std::string>{"production", "staging"}));
  EXPECT_EQ(nightly.policies->tags, (std::vector<std::string>{"db", "nightly"}));

  const Task& sync = schedule->tasks()[1];
  EXPECT_EQ(std::get<ExecCall>(sync.work).argv, (std::vector<std::string>{"/usr/bin/rsync", "-a", "/srv"}));
  EXPECT_FALSE(sync.unique());
  EXPECT_FALSE(sync.policies->even_in_maintenance_mode);
  EXPECT_EQ(sync.policies->retry, RetryPolicy{.attempts = 4});
  EXPECT_EQ(sync.policies->overlap, OverlapPolicy::kSkip);
  EXPECT_EQ(sync.policies->misfire, MisfirePolicy{.what = Misfire::kSkip});
  EXPECT_EQ(sync.trigger->restrictions().between,
            (std::vector<DayWindow>{{std::chrono::hours(8), std::chrono::hours(18)}}));
  EXPECT_EQ(sync.trigger->restrictions().unless_between,
            (std::vector<DayWindow>{{std::chrono::hours(12), std::chrono::hours(13)}}));

  const Task& shell = schedule->tasks()[2];
  EXPECT_EQ(std::get<ShellCall>(shell.work).line, "echo ${HOME} | wc");
  EXPECT_EQ(std::get<CronFrequency>(shell.trigger->frequency()).text, "0 3 * * 1");
}

TEST(DefineTasks, ReadsTheCronTextInItsDialectAndForItsTask) {
  const Result<Config> config = Parse(R"(
tasks:
  - {name: quartz, shell: "true", schedule: 0 0 2 ? * 2-6, dialect: quartz}
  - {name: spread, shell: "true", schedule: H H * * *}
  - {name: start, shell: "true", schedule: "@reboot"}
  - {name: zone, shell: "true", schedule: CRON_TZ=Asia/Tokyo 0 2 * * *}
)");
  ASSERT_TRUE(config) << config.error().message();
  const Commands commands;
  Scheduler scheduler(commands, TimeZone());
  const Status status = config->DefineTasks(scheduler);
  ASSERT_TRUE(status.ok()) << status.message();
  const Result<Schedule> schedule = scheduler.Build();
  EXPECT_EQ(schedule->Find("quartz")->trigger->Describe(), "At 02:00, Monday through Friday");
  EXPECT_TRUE(schedule->Find("spread")->trigger->Next(WallTime()).has_value());
  EXPECT_TRUE(schedule->Find("start")->trigger->fires_at_start());
  EXPECT_EQ(schedule->Find("zone")->trigger->zone().name(), "Asia/Tokyo");
}

TEST(DefineTasks, LeavesAFalseSwitchOff) {
  const Result<Config> config = Parse(
      "tasks:\n  - {shell: \"true\", schedule: daily, unique: false, without_overlapping: false, "
      "even_in_maintenance_mode: false}\n");
  const Commands commands;
  Scheduler scheduler(commands, TimeZone());
  ASSERT_TRUE(config->DefineTasks(scheduler).ok());
  const Result<Schedule> schedule = scheduler.Build();
  EXPECT_FALSE(schedule->tasks()[0].unique());
  EXPECT_EQ(schedule->tasks()[0].policies->overlap, OverlapPolicy::kAllow);
  EXPECT_FALSE(schedule->tasks()[0].policies->even_in_maintenance_mode);
}

TEST(Config, ChecksWhatATaskNeeds) {
  EXPECT_EQ(ErrorOf("tasks: {a: 1}"), "config/config.yaml:1:8: tasks: expected a list of tasks, found a map");
  EXPECT_EQ(ErrorOf("tasks: [x]"), "config/config.yaml:1:9: tasks: expected a map of keys, found a single value");
  EXPECT_EQ(ErrorOf("tasks:\n  - schedule: daily\n"),
            "config/config.yaml:2:5: this task has none of command, exec, shell and http: expected one of them");
  EXPECT_EQ(ErrorOf("tasks:\n  - {schedule: daily, shell: a, exec: [b]}\n"),
            "config/config.yaml:2:5: this task has two of command, exec, shell and http: expected one of them");
  EXPECT_EQ(ErrorOf("tasks:\n  - shell: \"true\"\n"),
            "config/config.yaml:2:5: this task has no schedule: expected a cron expression or words such as \"daily at "
            "02:00\"");
  EXPECT_EQ(ErrorOf("tasks:\n  - {schedule: daily, shell: a, arguments: [b]}\n"),
            "config/config.yaml:2:44: arguments: only a command takes them; those of exec stand in its list");
  EXPECT_EQ(ErrorOf("tasks:\n  - {schedule: daily, exec: []}\n"),
            "config/config.yaml:2:29: exec: expected a program and its arguments, found an empty list");
  EXPECT_EQ(ErrorOf("tasks:\n  - {schedule: daily, shell: \" \"}\n"),
            "config/config.yaml:2:30: shell: \" \": expected a line for /bin/sh");
  EXPECT_EQ(ErrorOf("tasks:\n  - {schedule: daily, exec: ls -l}\n"),
            "config/config.yaml:2:29: exec: expected a list such as [ls, -l], found a single value");
  EXPECT_EQ(
      ErrorOf("tasks:\n  - {schedule: daily, shell: a, between: [\"8\", \"25:61\"]}\n"),
      "config/config.yaml:2:43: between: \"8\": expected a time of day from 00:00 to 23:59, as HH:MM or HH:MM:SS\n"
      "config/config.yaml:2:48: between: \"25:61\": expected a time of day from 00:00 to 23:59, as HH:MM or "
      "HH:MM:SS");
  EXPECT_EQ(ErrorOf("tasks:\n  - {schedule: daily, shell: a, between: [\"08:00\"]}\n"),
            "config/config.yaml:2:42: between: expected two times, as in [\"08:00\", \"18:00\"], found 1");
  EXPECT_EQ(ErrorOf("tasks:\n  - {schedule: daily, shell: a, between: 08:00-18:00}\n"),
            "config/config.yaml:2:42: between: expected a list such as [\"08:00\", \"18:00\"], found a single value");
  EXPECT_EQ(ErrorOf("tasks:\n  - {schedule: daily, shell: a, unique: yes}\n"),
            "config/config.yaml:2:41: unique: \"yes\": expected true or false");
}

// The place of the first mistake in a list of one task.
std::string PlaceOf(std::string_view task) {
  const std::string error = TaskErrorOf(Format("tasks:\n  - {}\n", task));
  const auto parts = Split(error, ':');
  return parts.size() < 3 ? error : Format("{}:{}", parts[1], parts[2]);
}

TEST(DefineTasks, PutsWhatTheBuilderRefusesAtTheKeyThatIsWrong) {
  EXPECT_EQ(TaskErrorOf("tasks:\n  - {shell: df, schedule: \"daily at 25:61\"}\n"),
            "config/config.yaml:2:27: df: At(\"25:61\"): expected HH:MM, 00:00 to 23:59");
  EXPECT_EQ(PlaceOf("{shell: df, schedule: sometimes}"), "2:27");
  EXPECT_EQ(PlaceOf("{shell: df, schedule: 61 * * * *}"), "2:27");
  EXPECT_EQ(PlaceOf("{shell: df, schedule: 0 0 30 2 *}"), "2:27");
  EXPECT_EQ(TaskErrorOf("tasks:\n  - {schedule: daily, command: backup}\n"),
            "config/config.yaml:2:32: backup: unknown command \"backup\"");
  EXPECT_EQ(PlaceOf("{schedule: daily, command: backup:run, arguments: [--ful]}"), "2:55");
  EXPECT_EQ(PlaceOf("{schedule: daily, shell: df, environments: []}"), "2:48");
  EXPECT_EQ(PlaceOf("{shell: df, schedule: CRON_TZ=UTC 0 2 * * *, timezone: Asia/Tokyo}"), "2:27");
  EXPECT_EQ(PlaceOf("{shell: df, schedule: every 90s, dst_gap: skip}"), "2:47");
  EXPECT_EQ(PlaceOf("{shell: df, schedule: every 90s, dst_overlap: both}"), "2:51");
  EXPECT_EQ(PlaceOf("{shell: df, schedule: every 90s, spread: 2m}"), "2:46");
  EXPECT_EQ(PlaceOf("{shell: df, schedule: \"@reboot\", spread: 2m}"), "2:46");
  EXPECT_EQ(PlaceOf("{schedule: hourly, shell: df, between: [\"08:00\", \"08:00\"]}"), "2:44");
}

TEST(DefineTasks, LetsTasksFollowOthers) {
  const Result<Config> config = Parse(R"(
tasks:
  - {name: one, shell: a, after: extract}
  - {name: several, shell: b, after: [extract, one]}
  - {name: ends, shell: c, after: {extract: success, one: fail, several: end}}
  - {name: extract, shell: d, schedule: daily at 02:00}
)");
  ASSERT_TRUE(config) << config.error().message();
  const Commands commands;
  Scheduler scheduler(commands, TimeZone());
  ASSERT_TRUE(config->DefineTasks(scheduler).ok());
  const Result<Schedule> schedule = scheduler.Build();
  ASSERT_TRUE(schedule) << schedule.error().message();
  const auto after = [&](std::string_view task) { return schedule->Find(task)->policies->after; };
  EXPECT_THAT(after("one"), testing::ElementsAre(Parent{"extract"}));
  EXPECT_THAT(after("several"), testing::ElementsAre(Parent{"extract"}, Parent{"one"}));
  EXPECT_THAT(after("ends"), testing::ElementsAre(Parent{"extract"}, Parent{"one", ParentEnd::kFail},
                                                  Parent{"several", ParentEnd::kEnd}));
  EXPECT_EQ(config->PlaceOf("several"), "config/config.yaml:4:38");
  EXPECT_EQ(config->PlaceOf("none"), "");
}

TEST(DefineTasks, RefusesWhatATaskCannotFollow) {
  EXPECT_EQ(TaskErrorOf("tasks:\n  - {shell: a, after: {extract: maybe}}\n"),
            "not read: config/config.yaml:2:33: after.extract: \"maybe\": expected success, fail or end");
  EXPECT_EQ(TaskErrorOf("tasks:\n  - {shell: a, after: []}\n"),
            "not read: config/config.yaml:2:23: after: expected the name of a task in it");
  EXPECT_EQ(TaskErrorOf("tasks:\n  - {shell: a, schedule: daily, after: b}\n"),
            "not read: config/config.yaml:2:40: after: a task that follows others is due as they are: expected no "
            "schedule");
  EXPECT_EQ(
      TaskErrorOf("tasks:\n  - {shell: a, after: [b, b]}\n"),
      "config/config.yaml:2:23: a: After(\"b\") and After(\"b\") contradict each other: a task follows another one "
      "once");
  EXPECT_EQ(PlaceOf("{shell: a, after: b, spread: 5m}"), "2:23");
}

TEST(DefineTasks, RefusesWordsBesideADialect) {
  EXPECT_EQ(TaskErrorOf("tasks:\n  - {shell: df, dialect: quartz, schedule: daily at 02:00}\n"),
            "config/config.yaml:2:44: schedule: \"daily at 02:00\": expected a cron expression, as a dialect is given");
}

TEST(DefineTasks, RefusesASecondTaskOfTheSameName) {
  const std::string error =
      TaskErrorOf("tasks:\n  - {shell: df, schedule: daily}\n  - {name: df, shell: du, schedule: daily}\n");
  EXPECT_TRUE(error.starts_with("config/config.yaml:3:12: df: a task with this name is registered already")) << error;
}

TEST(DefineTasks, TellsTheMistakesOfAllTasks) {
  const std::string error = TaskErrorOf(
      "tasks:\n  - {shell: df, schedule: sometimes}\n  - {shell: du, schedule: daily}\n  - {command: x, schedule: "
      "daily}\n");
  const auto lines = Split(error, '\n');
  ASSERT_EQ(lines.size(), 2u) << error;
  EXPECT_TRUE(lines[0].starts_with("config/config.yaml:2:27: schedule: ")) << error;
  EXPECT_TRUE(lines[1].starts_with("config/config.yaml:4:15: x: unknown command")) << error;
}

}  // namespace
}  // namespace rota
