#pragma once

#include <cstddef>
#include <deque>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "rota/base/instant.h"
#include "rota/base/mutex.h"
#include "rota/engine/event.h"
#include "rota/engine/occurrence.h"
#include "rota/engine/runner.h"
#include "rota/engine/worker_pool.h"
#include "rota/run/timed_calls.h"
#include "rota/schedule/schedule.h"
#include "rota/time/clock.h"

namespace rota {

// Calls the hooks of tasks: stands before the log, learns of every event, and passes it on. Nothing of the engine waits
// for a hook: each is queued and called on another thread, those of one task one after another, in their order. What
// becomes of one that fails is told by a kHookFailed event; so is it when more than kMostWaiting wait behind others of
// their task: then the oldest of the task that has most of them is dropped. Thread-safe.
class Hooks final : public EventSink {
 public:
  static constexpr std::size_t kMostWaiting = 10'000;

  // `clock` and `next` outlive this.
  Hooks(std::shared_ptr<const Schedule> schedule, Clock& clock, EventSink& next);
  // Call Finish() before: it waits for every function, where one is abandoned for ever.
  ~Hooks() override = default;

  void Publish(const Event& event) override;
  // The work of an occurrence begins. For the runner to call: no event tells that the conditions agreed.
  void Begin(const RunOrder& order);

  // Waits for all hooks, `patience` at most; then stops what is under way and drops what waits. No event comes after
  // it.
  void Finish(Milliseconds patience);

  // The functions that have not returned although nobody waits for them any more.
  std::size_t abandoned() { return calls_.overdue(); }

 private:
  struct Occasion {
    const Task& task;
    OccurrenceRecord record;
    std::string server;  // This one.
  };
  struct Job {
    const Hook* hook = nullptr;
    std::shared_ptr<const Occasion> occasion;
  };
  struct Lane {
    std::deque<Job> jobs;  // The first one is being called, or is the next of its thread.
    std::size_t dropped = 0;
  };
  void Add(const OccurrenceRecord& record, const std::string& server, std::initializer_list<HookPoint> points);
  void Enqueue(const Job& job);
  void DropOne() ROTA_REQUIRES(mu_);
  void Serve(const Task* task);
  Status Call(const Job& job);
  Status Ping(const std::string& url, Milliseconds timeout);
  void Tell(const Occasion& occasion, std::string detail);

  // Constant after construction.
  const std::shared_ptr<const Schedule> schedule_;
  Clock& clock_;
  EventSink& next_;
  std::stop_source stop_;

  Mutex mu_;
  CondVar changed_;
  std::map<const Task*, Lane> lanes_ ROTA_GUARDED_BY(mu_);  // Of the tasks with hooks that wait or are being called.
  std::size_t waiting_ ROTA_GUARDED_BY(mu_) = 0;            // Behind the first of their lane.
  bool finished_ ROTA_GUARDED_BY(mu_) = false;

  // Last, so that they end first.
  TimedCalls calls_;
  std::optional<WorkerPool> pool_;  // Where a task has hooks.
};

}  // namespace rota
