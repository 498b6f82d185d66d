#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/log.h"
#include "rota/base/mutex.h"
#include "rota/config/config.h"
#include "rota/console/workplace.h"
#include "rota/coordination/store.h"
#include "rota/engine/engine.h"
#include "rota/engine/event.h"
#include "rota/run/command_registry.h"
#include "rota/run/output_feed.h"
#include "rota/runtime/session.h"
#include "rota/schedule/diff.h"
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

  // Ends the engines that run now or start later; a second call skips the grace. Returns whether one was running.
  // Thread-safe.
  bool Stop();
  // Has Work(kUntilStopped), now or when it begins, read the configuration again and follow what it says then. Where
  // that is wrong, all stays as it was. Thread-safe.
  void Reload();

  // Whether work is left that did not end although it was stopped and killed. Destroying this would wait for it: end
  // the process instead.
  bool HasAbandonedWork() const { return session_ != nullptr; }

 private:
  Result<const Options*> LoadOptions();
  // The tasks of a config file, and the kernel's.
  Result<std::shared_ptr<const Schedule>> BuildSchedule(const Config& config, const std::string& config_path) const;
  Result<std::unique_ptr<LogSink>> OpenLog(LogTo where);
  // Becomes a server of the fleet that runs the schedule's tasks in the given way.
  Status Open(LogTo where, JoinRequest request, Milliseconds shutdown_grace);
  // A crew of this server as the session's options have it. Errors: kUnavailable when there are no threads for it.
  Result<std::unique_ptr<Crew>> MakeCrew(std::shared_ptr<const Schedule> schedule, const JoinRequest& request,
                                         JoinReply joined, Milliseconds shutdown_grace);
  // Follows the schedule until it is stopped, and takes up another one when it is told to.
  void Serve();
  void EndCrews();
  Status TakeUpAnew();
  void AnnounceReload(const ScheduleDiff& diff, const Options& fresh);
  void RefuseReload(const Status& error);
  // Logs what becomes of this process as a server. REQUIRES: a session.
  void Announce(EventKind kind, std::string detail);
  // Leaves the fleet, and gives hooks so long to end. Keeps the session when work is left in it.
  void Close(Milliseconds patience);
  JoinRequest MakeJoinRequest() const;
  // Runs something for once, as a process of this server that follows no schedule.
  Status RunInForeground(const Task& task, OutputWatcher watcher, const std::function<void(Engine&)>& run);
  // Makes an engine reachable for Stop(), and no more.
  void Watch(Engine* engine);
  void Forget(Engine* engine);
  // The store takes from this server as a whole what it remembers: each engine has a part of it.
  void TellOfLostState(const Engine* finder);
  void Wake();

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
  CondVar changed_;
  std::vector<Engine*> engines_ ROTA_GUARDED_BY(mu_);
  int stops_ ROTA_GUARDED_BY(mu_) = 0;
  bool reload_ ROTA_GUARDED_BY(mu_) = false;        // It was asked for since it was last looked for.
  bool crew_changed_ ROTA_GUARDED_BY(mu_) = false;  // And so has a crew become idle, or over.
};

}  // namespace rota
