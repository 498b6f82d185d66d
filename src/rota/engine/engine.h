#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "rota/base/instant.h"
#include "rota/engine/backfill.h"
#include "rota/engine/coordinator.h"
#include "rota/engine/diagnostics.h"
#include "rota/engine/engine_core.h"
#include "rota/engine/event.h"
#include "rota/engine/runner.h"
#include "rota/engine/standing.h"
#include "rota/schedule/schedule.h"
#include "rota/time/clock.h"

namespace rota {

// Runs a schedule as one server: waits for the next wake or mail, asks the core, carries out what it decides. The
// calling thread becomes the engine thread and alone touches the core; runs, claims and renewals have threads of
// their own, so that neither a long run nor a slow store delays a renewal.
//
//   Engine engine(options, schedule, watermarks, clock, store, store, store, runner, events);
//   engine.Follow();  // Until RequestShutdown().
//
// Everything given by reference outlives the engine. Exactly one of Follow(), TakeOver(), Tick(), RunTask() and
// RunBackfill() is called, once.
class Engine {
 public:
  // `watermarks` and `seeded` as for EngineCore.
  Engine(EngineOptions options, std::shared_ptr<const Schedule> schedule, std::vector<WallTime> watermarks,
         Clock& clock, Coordinator& coordinator, Standings& standings, Diagnostics& diagnostics, Runner& runner,
         EventSink& events, std::vector<bool> seeded = {});
  ~Engine();
  Engine(const Engine&) = delete;
  Engine& operator=(const Engine&) = delete;

  // Catches up, then follows the schedule until a shutdown or a handover has completed.
  void Follow();
  // The same in the place of another engine: up to these instants, per task, that one has decided. Starts nothing anew,
  // and makes up for the time between the two.
  void TakeOver(const std::vector<WallTime>& handed);
  // Leaves some of its tasks to servers of a newer release from now on, or none: per task, or empty. Thread-safe.
  void Withhold(std::vector<bool> tasks);
  // Leaves the schedule to the engine of a later one: nothing more is taken up, and Follow() or TakeOver() returns when
  // all that is under way has ended. Returns, per task, the last instant that is not for the other one to decide.
  // Thread-safe; once. REQUIRES: a thread is in one of them, or will be.
  std::vector<WallTime> HandOver();
  // Runs what is due now, and waits for it.
  void Tick();
  // Runs one task now, as a manual occurrence, and returns its record: how it ended, or why it did not run.
  OccurrenceRecord RunTask(const Task& task);

  // Runs the instants of the task one after the other, whatever becomes of each, until a shutdown is requested or the
  // store cannot be asked.
  void RunBackfill(const Task& task, const Backfill& backfill);

  // After one of these: the runs that did not end although they were stopped and killed. The destructor would wait for
  // them, so end the process instead.
  std::size_t abandoned() const;

  // Another engine of this server found that the store lost its state. Thread-safe.
  void TellOfLostState();

  // Ends the schedule gracefully; a second call skips the grace. Thread-safe.
  void RequestShutdown();

 private:
  struct Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace rota
