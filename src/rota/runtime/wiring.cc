#include "rota/runtime/wiring.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <utility>
#include <vector>

#include "rota/base/ulid.h"
#include "rota/coordination/memory/memory_store.h"
#include "rota/coordination/sqlite/sqlite_store.h"
#include "rota/logging/console_log.h"
#include "rota/logging/event_log.h"
#include "rota/logging/file_log.h"
#include "rota/logging/tee_log.h"
#include "rota/run/task_runner.h"
#include "rota/runtime/version.h"

namespace rota {
namespace {

std::uint64_t RandomSeed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

std::string HostName() {
  char name[256] = "";
  if (gethostname(name, sizeof(name) - 1) != 0 || name[0] == '\0') return "localhost";
  return name;
}

Event ServerEvent(EventKind kind, WallTime at, const std::string& server, std::string detail) {
  Event event;
  event.kind = kind;
  event.at = at;
  event.server = server;
  event.detail = std::move(detail);
  return event;
}

}  // namespace

Wiring::Wiring(std::string config_path, const CommandRegistry& commands, Kernel* kernel, Clock& clock)
    : config_path_(std::move(config_path)), commands_(commands), kernel_(kernel), clock_(clock) {}

Wiring::~Wiring() = default;

Result<const Options*> Wiring::LoadOptions() {
  if (!config_) {
    Result<Config> loaded = Config::Load(config_path_);
    if (!loaded) return Fail(loaded.error());
    config_.emplace(*std::move(loaded));
  }
  return &config_->options();
}

Result<std::shared_ptr<const Schedule>> Wiring::LoadSchedule() {
  if (schedule_) return schedule_;
  const Result<const Options*> options = LoadOptions();
  if (!options) return Fail(options.error());
  const Result<TimeZone> zone = TimeZone::Load((*options)->app.timezone);
  if (!zone) return Fail(zone.error().WithContext(config_path_ + ": app.timezone"));

  Scheduler scheduler(commands_, *zone);
  if (kernel_ != nullptr) {
    try {
      kernel_->Schedule(scheduler);
    } catch (const std::exception& error) {
      return Fail(InvalidArgument("{}", error));
    } catch (...) {
      return Fail(InvalidArgument("the kernel's Schedule() threw something that is not a std::exception"));
    }
  }
  if (Status defined = config_->DefineTasks(scheduler); !defined.ok()) return Fail(std::move(defined));
  Result<Schedule> built = scheduler.Build();
  if (!built) return Fail(built.error());
  schedule_ = std::make_shared<const Schedule>(*std::move(built));
  return schedule_;
}

Result<Store*> Wiring::OpenStore() {
  if (store_) return store_.get();
  const Result<const Options*> options = LoadOptions();
  if (!options) return Fail(options.error());
  const Options::Coordination& chosen = (*options)->coordination;
  switch (chosen.driver) {
    case CoordinationDriver::kMemory:
      store_ = MakeMemoryStore(clock_, {.max_skew = chosen.max_skew, .keep = (*options)->history.keep});
      break;
    case CoordinationDriver::kSqlite: {
      Result<std::unique_ptr<Store>> opened =
          OpenSqliteStore({.path = chosen.path, .max_skew = chosen.max_skew, .keep = (*options)->history.keep}, clock_);
      if (!opened) return Fail(opened.error());
      store_ = *std::move(opened);
      break;
    }
    case CoordinationDriver::kRedis:
      return Fail(InvalidArgument(
          "{}: this version of Rota cannot coordinate through Redis: leave out the redis: block, or keep it and write "
          "coordination: {{driver: sqlite}}",
          config_path_));
  }
  return store_.get();
}

Result<std::unique_ptr<LogSink>> Wiring::OpenLog(LogTo where) {
  const Options::Log& log = config_->options().log;
  std::vector<std::unique_ptr<LogSink>> sinks;
  if (where == LogTo::kFileAndTerminal) {
    const TimeZone zone = TimeZone::Load(config_->options().app.timezone).value_or(TimeZone());
    sinks.push_back(std::make_unique<ConsoleLog>(STDERR_FILENO, zone, ColorsFor(STDERR_FILENO)));
  }
  if (!log.file.empty()) {
    Result<std::unique_ptr<FileLog>> file =
        FileLog::Open({.path = log.file, .max_size = log.max_size, .max_files = log.max_files});
    if (!file) return Fail(file.error().WithContext("log.file"));
    sinks.push_back(*std::move(file));
  }
  return std::make_unique<TeeLog>(log.level, std::move(sinks));
}

Result<JoinReply> Wiring::Join(const Schedule* schedule, WallTime seed) {
  const Options& options = config_->options();
  JoinRequest request;
  request.server.host = HostName();
  request.server.id = options.server.id.empty() ? request.server.host : options.server.id;
  request.server.incarnation = UlidSource(RandomSeed()).Next(clock_.Now());
  request.server.pid = static_cast<int>(getpid());
  request.server.version = kVersion;
  request.server.schedule_digest = schedule == nullptr ? "" : schedule->digest();
  request.server.started_at = clock_.Now();
  request.heartbeat_ttl = options.coordination.lease_ttl;
  request.tasks = schedule == nullptr ? nullptr : &schedule->tasks();
  request.seed = seed;
  return store_->Join(request);
}

EngineOptions Wiring::MakeEngineOptions(const std::string& server) const {
  const Options& options = config_->options();
  EngineOptions made;
  made.server = server;
  made.environment = options.app.environment;
  made.workers = options.server.workers;
  made.lease_ttl = options.coordination.lease_ttl;
  made.shutdown_grace = options.server.shutdown_grace;
  made.kill_after = options.server.kill_after;
  made.seed = RandomSeed();
  return made;
}

Status Wiring::Work(WorkMode mode) {
  const Result<std::shared_ptr<const Schedule>> schedule = LoadSchedule();
  if (!schedule) return schedule.error();
  if (const Result<Store*> store = OpenStore(); !store) return store.error();
  const Result<std::unique_ptr<LogSink>> log = OpenLog(LogTo::kFileAndTerminal);
  if (!log) return log.error();
  EventLog events(**log);

  // A task that was never seen before starts now; a single tick stands for the minute it is in.
  const WallTime now = clock_.Now();
  const WallTime seed =
      mode == WorkMode::kOneTick ? std::chrono::floor<std::chrono::minutes>(now) - Milliseconds(1) : now;
  const Result<JoinReply> joined = Join(schedule->get(), seed);
  if (!joined) return joined.error();
  const std::string& server = joined->server_id;
  events.Publish(ServerEvent(EventKind::kServerStarted, clock_.Now(), server,
                             Format("Rota {}, {} tasks, {}", kVersion, (*schedule)->tasks().size(), store_->name())));

  TaskRunner runner(commands_);
  Engine engine(MakeEngineOptions(server), *schedule, joined->watermarks, clock_, *store_, runner, events);
  std::size_t abandoned = 0;
  WithEngine(engine, [&] { abandoned = mode == WorkMode::kOneTick ? engine.Tick() : engine.Follow(); });

  const Status left = store_->Leave(server);
  events.Publish(ServerEvent(EventKind::kServerStopped, clock_.Now(), server, left.message()));
  if (abandoned > 0) {
    // Joining their threads would hang. Their outcomes are recorded, their children killed: nothing is left to save.
    std::fflush(nullptr);
    std::_Exit(0);
  }
  return Status::Ok();
}

Result<OccurrenceRecord> Wiring::RunNow(const Task& task, std::function<void(std::string_view)> output) {
  const Result<std::shared_ptr<const Schedule>> schedule = LoadSchedule();
  if (!schedule) return Fail(schedule.error());
  if (const Result<Store*> store = OpenStore(); !store) return Fail(store.error());
  const Result<std::unique_ptr<LogSink>> log = OpenLog(LogTo::kFile);
  if (!log) return Fail(log.error());
  EventLog events(**log);
  const Result<JoinReply> joined = Join(nullptr, clock_.Now());
  if (!joined) return Fail(joined.error());

  EngineOptions options = MakeEngineOptions(joined->server_id);
  options.shutdown_grace = Milliseconds(0);  // Who interrupts a run in the foreground wants it to stop.
  TaskRunner runner(commands_);
  std::vector<WallTime> watermarks((*schedule)->tasks().size(), clock_.Now());
  Engine engine(std::move(options), *schedule, std::move(watermarks), clock_, *store_, runner, events);
  OccurrenceRecord record;
  WithEngine(engine, [&] { record = engine.RunTask(task, std::move(output)); });
  if (Status left = store_->Leave(joined->server_id); !left.ok()) return Fail(std::move(left));
  return record;
}

void Wiring::WithEngine(Engine& engine, const std::function<void()>& run) {
  {
    MutexLock lock(mu_);
    engine_ = &engine;
    for (int i = 0; i < stops_; ++i) engine.RequestShutdown();
  }
  run();
  MutexLock lock(mu_);
  engine_ = nullptr;
}

bool Wiring::Stop() {
  MutexLock lock(mu_);
  ++stops_;
  if (engine_ != nullptr) engine_->RequestShutdown();
  return engine_ != nullptr;
}

}  // namespace rota
