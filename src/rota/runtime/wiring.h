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
  Result<Store*> OpenStore() override;
  Status Work(WorkMode mode) override;
  Result<OccurrenceRecord> RunNow(const Task& task, std::function<void(std::string_view)> output) override;

  // Ends the engine that runs now or starts later; a second call skips the grace. Returns whether one was running.
  // Thread-safe.
  bool Stop();

 private:
  enum class LogTo { kFile, kFileAndTerminal };

  Result<const Options*> LoadOptions();
  Result<std::unique_ptr<LogSink>> OpenLog(LogTo where);
  Result<JoinReply> Join(const Schedule* schedule, WallTime seed);
  EngineOptions MakeEngineOptions(const std::string& server) const;
  // Makes the engine reachable for Stop() while `run` uses it.
  void WithEngine(Engine& engine, const std::function<void()>& run);

  const std::string config_path_;
  const CommandRegistry& commands_;
  Kernel* const kernel_;
  Clock& clock_;

  std::optional<Config> config_;
  std::shared_ptr<const Schedule> schedule_;
  std::unique_ptr<Store> store_;

  Mutex mu_;
  Engine* engine_ ROTA_GUARDED_BY(mu_) = nullptr;
  int stops_ ROTA_GUARDED_BY(mu_) = 0;
};

}  // namespace rota
