#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "rota/base/log.h"
#include "rota/base/mutex.h"
#include "rota/config/config.h"
#include "rota/console/workplace.h"
#include "rota/coordination/store.h"
#include "rota/engine/engine.h"
#include "rota/engine/event.h"
#include "rota/run/command_registry.h"
#include "rota/run/output_feed.h"
#include "rota/schedule/schedule.h"
#include "rota/schedule/scheduler.h"
#include "rota/time/clock.h"

namespace rota {

// The only place that makes concrete objects across floors: the configuration, the schedule, the store, the logs and
// the engine, each when it is first needed. Confined to the main thread but for Stop().
class Wiring final : public Workplace {
 public:
  // `kernel` may be null. Everything given by reference outlives this.
  Wiring(std::string config_path, const CommandRegistry& commands, Kernel* kernel, Clock& clock);
  ~Wiring() override;

  Result<std::shared_ptr<const Schedule>> LoadSchedule() override;
  Result<std::shared_ptr<const Schedule>> LoadScheduleOf(const std::string& config_path) override;
  Result<std::string> Environment() override;
  Result<Store*> OpenStore(StoreUse use) override;
  Status Work(WorkMode mode, OutputWatcher watcher) override;
  Result<OccurrenceRecord> RunNow(const Task& task, OutputWatcher watcher) override;
  Status RunBackfill(const Task& task, const Backfill& backfill, OutputWatcher watcher) override;

  // Ends the engine that runs now or starts later; a second call skips the grace. Returns whether one was running.
  // Thread-safe.
  bool Stop();

  // Whether work is left that did not end although it was stopped and killed. Destroying this would wait for it: end
  // the process instead.
  bool HasAbandonedWork() const { return session_ != nullptr; }

 private:
  enum class LogTo {
    kFile,
    kFileAndTerminal,
    kFileAndRunsToTerminal,  // Without the coming and going of a tick, which cron would mail every minute.
  };
  struct Session;

  Result<const Options*> LoadOptions();
  // The tasks of a config file, and the kernel's.
  Result<std::shared_ptr<const Schedule>> BuildSchedule(const Config& config, const std::string& config_path) const;
  Result<std::unique_ptr<LogSink>> OpenLog(LogTo where);
  // Becomes a server of the fleet that runs the schedule's tasks in the given way.
  Status Open(LogTo where, const JoinRequest& request, Milliseconds shutdown_grace);
  // Logs what becomes of this process as a server. REQUIRES: a session.
  void Announce(EventKind kind, std::string detail);
  // Leaves the fleet, and gives hooks so long to end. Keeps the session when work is left in it.
  void Close(Milliseconds patience);
  JoinRequest MakeJoinRequest() const;
  // Runs something for once, as a process of this server that follows no schedule.
  Status RunInForeground(const Task& task, OutputWatcher watcher, const std::function<void(Engine&)>& run);
  // Makes the engine reachable for Stop() while `run` uses it.
  void WithEngine(const std::function<void(Engine&)>& run);

  const std::string config_path_;
  const CommandRegistry& commands_;
  Kernel* const kernel_;
  Clock& clock_;

  std::optional<Config> config_;
  std::shared_ptr<const Schedule> schedule_;
  std::unique_ptr<Store> store_;
  OutputFeed feed_;
  std::unique_ptr<Session> session_;  // While this process is a server.

  Mutex mu_;
  Engine* engine_ ROTA_GUARDED_BY(mu_) = nullptr;
  int stops_ ROTA_GUARDED_BY(mu_) = 0;
};

}  // namespace rota
