#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "rota/coordination/store.h"
#include "rota/engine/engine.h"
#include "rota/engine/event.h"
#include "rota/engine/worker_pool.h"
#include "rota/run/command_registry.h"
#include "rota/run/hooks.h"
#include "rota/run/output_feed.h"
#include "rota/run/task_runner.h"
#include "rota/runtime/release_watch.h"
#include "rota/schedule/schedule.h"
#include "rota/time/clock.h"

namespace rota {

// What of a server belongs to one schedule: the engine that follows it, the runner of its tasks, and their hooks. The
// server that takes up another schedule has the next crew relieve this one, whose runs go on until they end.
// Thread-compatible, but for engine()'s calls that are thread-safe and for the two that tell how far it is.
class Crew {
 public:
  // What is there before a crew and after it.
  struct Surroundings {
    const CommandRegistry& commands;
    Clock& clock;
    OutputFeed& feed;
    Store& store;
    EventSink& events;
    // Called on any thread when the engine of a crew found that the store lost its state.
    std::function<void(const Engine* finder)> on_state_lost;
  };

  // `own` is the server as it joined. Throws std::system_error when the system has no more threads.
  Crew(const Surroundings& around, EngineOptions options, std::shared_ptr<const Schedule> schedule, JoinReply joined,
       ServerInfo own);
  // The destructor waits for the end of its work.
  Crew(const Crew&) = delete;
  Crew& operator=(const Crew&) = delete;

  const Schedule& schedule() const { return *schedule_; }
  // Null from CloseEngine() on.
  Engine* engine() { return engine_ ? &*engine_ : nullptr; }

  // Follows the schedule on a thread of its own. `on_change` is called there whenever one of the two below has become
  // true.
  void Begin(std::function<void()> on_change);
  // The same in the place of `former`, whose runs go on. REQUIRES: that one has begun.
  void Relieve(Crew& former, std::function<void()> on_change);
  // Its engine has ended.
  bool idle() const { return stage_ >= Stage::kIdle; }
  // So have the hooks of a crew that was relieved.
  bool over() const { return stage_ == Stage::kOver; }

  // Ends what keeps the server alive, unless it has abandoned work. REQUIRES: idle, or never begun.
  void CloseEngine();
  // Gives hooks so long to end.
  void FinishHooks(Milliseconds patience) { hooks_.Finish(patience); }
  // Whether its destructor would wait for work, perhaps for ever.
  bool HasAbandonedWork() { return engine_.has_value() || hooks_.abandoned() > 0 || runner_.abandoned() > 0; }

 private:
  enum class Stage { kBusy, kIdle, kOver };
  // What the engine and the hooks tell, on its way.
  class Watcher : public EventSink {
   public:
    Watcher(Crew& crew, EventSink& next, std::function<void(const Engine*)> on_state_lost)
        : crew_(crew), next_(next), on_state_lost_(std::move(on_state_lost)) {}
    void Publish(const Event& event) override;

   private:
    Crew& crew_;
    EventSink& next_;
    const std::function<void(const Engine*)> on_state_lost_;
  };
  void Start(std::function<void()> on_change, std::function<void()> follow);

  const std::shared_ptr<const Schedule> schedule_;
  Watcher events_;
  Hooks hooks_;
  TaskRunner runner_;
  std::optional<Engine> engine_;
  const Milliseconds watch_period_;
  std::optional<ReleaseWatch> watch_;
  std::atomic<bool> relieved_ = false;
  std::atomic<Stage> stage_ = Stage::kBusy;
  WorkerPool thread_{"rota-crew", 1};  // Last, as it uses all of the above.
};

}  // namespace rota
