#include "rota/runtime/wiring.h"

#include <unistd.h>

#include <algorithm>
#include <exception>
#include <random>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "rota/base/format.h"
#include "rota/base/suggest.h"
#include "rota/base/text.h"
#include "rota/base/ulid.h"
#include "rota/coordination/joined_servers.h"
#include "rota/engine/worker_pool.h"
#include "rota/logging/console_log.h"
#include "rota/logging/event_log.h"
#include "rota/logging/file_log.h"
#include "rota/logging/tee_log.h"
#include "rota/runtime/open_store.h"
#include "rota/runtime/version.h"
#include "rota/schedule/manifest.h"

namespace rota {
namespace {

// How long hooks that are under way or wait may take at the end of a process; less where somebody waits for a server to
// stop.
constexpr std::chrono::seconds kHookPatience(30);
constexpr std::chrono::seconds kHookPatienceAtShutdown(5);

std::uint64_t RandomSeed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

std::string HostName() {
  char name[256] = "";
  if (gethostname(name, sizeof(name) - 1) != 0 || name[0] == '\0') return "localhost";
  return name;
}

Status CheckPools(const Schedule& schedule, const Pools& pools) {
  for (const Task& task : schedule.tasks()) {
    const std::string& pool = task.policies->pool;
    if (pool.empty() || pools.contains(pool)) continue;
    std::vector<std::string> names;
    for (const auto& [name, pool_options] : pools) names.push_back(name);
    return InvalidArgument("{}: pool {}: expected one of server.pools{}; {}", task.id, pool, DidYouMean(pool, names),
                           names.empty() ? "none is defined" : "defined: " + Join(names, ", "));
  }
  return Status::Ok();
}

// Hands what runs print to a watcher, who may be slow, on a thread of its own. Its end waits until he has had it all.
class WatcherThread {
 public:
  WatcherThread(OutputFeed& feed, OutputFeed::Interest interest, OutputWatcher watcher)
      : lines_(feed, std::move(interest)), thread_([this, watch = std::move(watcher)] {
          NameThisThread("rota-output");
          for (auto some = lines_.Await(); !some.empty(); some = lines_.Await()) {
            for (const OutputLine& line : some) watch(line);
          }
        }) {}
  ~WatcherThread() {
    lines_.Close();
    thread_.join();
  }
  WatcherThread(const WatcherThread&) = delete;
  WatcherThread& operator=(const WatcherThread&) = delete;

 private:
  OutputFeed::Subscription lines_;
  std::thread thread_;
};

}  // namespace

Wiring::Wiring(std::string config_path, const CommandRegistry& commands, Kernel* kernel, Clock& clock)
    : config_path_(std::move(config_path)), commands_(commands), kernel_(kernel), clock_(clock) {}

Wiring::~Wiring() = default;

Result<const Options*> Wiring::LoadOptions() {
  if (config_) return &config_->options();
  Result<Config> loaded = Config::Load(config_path_);
  if (!loaded) return Fail(loaded.error());
  config_.emplace(*std::move(loaded));
  return &config_->options();
}

Result<std::shared_ptr<const Schedule>> Wiring::LoadSchedule() {
  if (schedule_) return schedule_;
  if (const Result<const Options*> options = LoadOptions(); !options) return Fail(options.error());
  Result<std::shared_ptr<const Schedule>> built = BuildSchedule(*config_, config_path_);
  if (built) schedule_ = *built;
  return built;
}

Result<std::shared_ptr<const Schedule>> Wiring::LoadScheduleOf(const std::string& config_path) {
  return Config::Load(config_path).and_then([&](const Config& config) { return BuildSchedule(config, config_path); });
}

Result<std::shared_ptr<const Schedule>> Wiring::BuildSchedule(const Config& config,
                                                              const std::string& config_path) const {
  const Result<TimeZone> zone = TimeZone::Load(config.options().app.timezone);
  if (!zone) return Fail(zone.error().WithContext(config_path + ": app.timezone"));
  Scheduler scheduler(commands_, *zone);
  config.DefineCalendars(scheduler);
  if (kernel_ != nullptr) {
    try {
      kernel_->Schedule(scheduler);
    } catch (const std::exception& error) {
      return Fail(InvalidArgument("{}", error));
    } catch (...) {
      return Fail(InvalidArgument("the kernel's Schedule() threw something that is not a std::exception"));
    }
  }
  if (Status defined = config.DefineTasks(scheduler); !defined.ok()) return Fail(std::move(defined));
  Result<Schedule> built = scheduler.Build([&config](const TaskId& id) { return config.PlaceOf(id); });
  if (!built) return Fail(built.error());
  if (Status pools = CheckPools(*built, config.options().server.pools); !pools.ok()) return Fail(std::move(pools));
  return std::make_shared<const Schedule>(*std::move(built));
}

Result<std::string> Wiring::Environment() {
  return LoadOptions().map([](const Options* options) { return options->app.environment; });
}

Result<Store*> Wiring::OpenStore(StoreUse use) {
  if (store_) return store_.get();
  const Result<const Options*> options = LoadOptions();
  if (!options) return Fail(options.error());
  Result<std::unique_ptr<Store>> opened = OpenConfiguredStore(**options, use, clock_);
  if (!opened) return Fail(opened.error());
  store_ = *std::move(opened);
  return store_.get();
}

Result<std::unique_ptr<LogSink>> Wiring::OpenLog(LogTo where) {
  const Options::Log& log = config_->options().log;
  std::vector<std::unique_ptr<LogSink>> sinks;
  if (where != LogTo::kFile) {
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

JoinRequest Wiring::MakeJoinRequest() const {
  const Options& options = config_->options();
  JoinRequest request;
  request.server.host = HostName();
  request.server.id = options.server.id.empty() ? request.server.host : options.server.id;
  request.server.incarnation = Format("{}@{}", UlidSource(RandomSeed()).Next(clock_.Now()), PidSpace());
  request.server.pid = static_cast<int>(getpid());
  request.server.version = kVersion;
  request.server.schedule_digest = schedule_->digest();
  request.server.release = options.app.release;
  if (!options.app.release.empty()) request.manifest = MakeManifest(*schedule_);
  request.heartbeat_ttl = options.coordination.lease_ttl;
  request.seed = clock_.Now();
  return request;
}

Status Wiring::Open(LogTo where, JoinRequest request, Milliseconds shutdown_grace) {
  Result<std::unique_ptr<LogSink>> log = OpenLog(where);
  if (!log) return log.error();
  auto events = std::make_unique<EventLog>(**log);
  session_ = std::make_unique<Session>(where, *std::move(log), std::move(events), config_->options());
  Result<JoinReply> joined = store_->Join(request);
  if (!joined) {
    session_.reset();
    return joined.error();
  }
  request.server.id = joined->server_id;
  if (request.tasks == nullptr) joined->watermarks.assign(schedule_->tasks().size(), request.seed);
  Result<std::unique_ptr<Crew>> crew = MakeCrew(schedule_, request, *std::move(joined), shutdown_grace);
  if (!crew) {
    (void)store_->Leave(request.server.id);
    session_.reset();
    return crew.error();
  }
  session_->request = std::move(request);
  session_->crews.push_back(*std::move(crew));
  return Status::Ok();
}

Result<std::unique_ptr<Crew>> Wiring::MakeCrew(std::shared_ptr<const Schedule> schedule, const JoinRequest& request,
                                               JoinReply joined, Milliseconds shutdown_grace) {
  const Options& options = session_->options;
  EngineOptions engine;
  engine.server = joined.server_id;
  engine.scope_server = request.scope_server.empty() ? joined.server_id : request.scope_server;
  engine.environment = options.app.environment;
  engine.workers = options.server.workers;
  engine.pools = options.server.pools;
  engine.lease_ttl = options.coordination.lease_ttl;
  engine.shutdown_grace = shutdown_grace;
  engine.kill_after = options.server.kill_after;
  engine.seed = RandomSeed();
  try {
    const auto on_state_lost = [this](const Engine* finder) { TellOfLostState(finder); };
    return std::make_unique<Crew>(
        Crew::Surroundings{commands_, clock_, feed_, *store_, *session_->events, on_state_lost}, std::move(engine),
        std::move(schedule), std::move(joined), request.server);
  } catch (const std::system_error& error) {
    int threads = options.server.workers;
    for (const auto& [name, pool] : options.server.pools) threads += pool.workers;
    return Fail(Unavailable("server.workers and server.pools: {} threads cannot be started: {}", threads, error));
  }
}

void Wiring::Announce(EventKind kind, std::string detail) {
  Event event;
  event.kind = kind;
  event.at = clock_.Now();
  event.server = session_->request.server.id;
  event.detail = std::move(detail);
  LogRecord line = ToLogRecord(event);
  line.machines_only = session_->where == LogTo::kFileAndRunsToTerminal;
  session_->log->Write(line);
}

void Wiring::Close(Milliseconds patience) {
  for (const auto& crew : session_->crews) crew->CloseEngine();  // No heartbeat after the farewell.
  // A farewell that fails is made up for by the heartbeat that runs out.
  const Status left = store_->Leave(session_->request.server.id);
  for (const auto& crew : session_->crews) crew->FinishHooks(patience);
  Announce(EventKind::kServerStopped, left.message());
  if (std::ranges::none_of(session_->crews, &Crew::HasAbandonedWork)) session_.reset();
}

Status Wiring::Work(WorkMode mode, OutputWatcher watcher) {
  if (const auto schedule = LoadSchedule(); !schedule) return schedule.error();
  if (const auto store = OpenStore(StoreUse::kChange); !store) return store.error();
  if (Status fit = CheckStore(*store_); !fit.ok()) return fit;
  LogTo log = LogTo::kFileAndTerminal;
  JoinRequest request = MakeJoinRequest();
  request.tasks = &schedule_->tasks();
  if (mode == WorkMode::kOneTick) {
    // Ticks may overlap each other and a server, and stand for the machine: one set of watermarks for them all. A task
    // that was never seen before starts with the minute that the tick is for.
    log = LogTo::kFileAndRunsToTerminal;
    request.scope_server = request.server.id;
    request.server.schedule_digest.clear();
    request.seed = std::chrono::floor<std::chrono::minutes>(request.seed) - Milliseconds(1);
  }
  if (Status opened = Open(log, request, config_->options().server.shutdown_grace); !opened.ok()) {
    return opened;
  }
  Announce(EventKind::kServerStarted,
           Format("Rota {}, {}, {}", kVersion, Count(schedule_->tasks().size(), "task"), store_->name()));
  // Ticks that overlap share an id on purpose.
  const std::string& id = session_->request.server.id;
  if (mode == WorkMode::kUntilStopped && id != request.server.id) {
    Announce(EventKind::kIdTaken,
             Format("the heartbeat of another server {} runs, so this one is {}: where both are to run, give each its "
                    "own server.id",
                    request.server.id, id));
  }
  std::optional<WatcherThread> thread;
  if (watcher) thread.emplace(feed_, OutputFeed::Interest{}, std::move(watcher));
  if (mode == WorkMode::kOneTick) {
    Engine& engine = *session_->crews.back()->engine();
    Watch(&engine);
    engine.Tick();
    Forget(&engine);
  } else {
    Serve();
  }
  Close(mode == WorkMode::kOneTick ? kHookPatience : kHookPatienceAtShutdown);
  return Status::Ok();
}

Result<OccurrenceRecord> Wiring::RunNow(const Task& task, OutputWatcher watcher) {
  OccurrenceRecord record;
  Status ran = RunInForeground(task, std::move(watcher), [&](Engine& engine) { record = engine.RunTask(task); });
  if (!ran.ok()) return Fail(std::move(ran));
  return record;
}

Status Wiring::RunBackfill(const Task& task, const Backfill& backfill, OutputWatcher watcher) {
  return RunInForeground(task, std::move(watcher), [&](Engine& engine) { engine.RunBackfill(task, backfill); });
}

Status Wiring::RunInForeground(const Task& task, OutputWatcher watcher, const std::function<void(Engine&)>& run) {
  if (const auto schedule = LoadSchedule(); !schedule) return schedule.error();
  if (const auto store = OpenStore(StoreUse::kChange); !store) return store.error();
  JoinRequest request = MakeJoinRequest();
  request.scope_server = request.server.id;
  request.server.schedule_digest.clear();
  // Who interrupts a run in the foreground wants it to stop: no grace.
  if (Status opened = Open(LogTo::kFile, request, Milliseconds(0)); !opened.ok()) return opened;
  // All of it is to be seen: the run waits for who reads it.
  const WatcherThread thread(feed_, {.task = task.id, .when_full = OutputFeed::WhenFull::kWait}, std::move(watcher));
  Engine& engine = *session_->crews.back()->engine();
  Watch(&engine);
  run(engine);
  Forget(&engine);
  Close(kHookPatience);
  return Status::Ok();
}

void Wiring::Watch(Engine* engine) {
  MutexLock lock(mu_);
  engines_.push_back(engine);
  for (int i = 0; i < stops_; ++i) engine->RequestShutdown();
}

void Wiring::Forget(Engine* engine) {
  MutexLock lock(mu_);
  std::erase(engines_, engine);
}

bool Wiring::Stop() {
  MutexLock lock(mu_);
  ++stops_;
  for (Engine* engine : engines_) engine->RequestShutdown();
  return !engines_.empty();
}

}  // namespace rota
