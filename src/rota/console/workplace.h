#pragma once

#include <functional>
#include <memory>
#include <string>

#include "rota/base/status.h"
#include "rota/coordination/store.h"
#include "rota/engine/backfill.h"
#include "rota/engine/occurrence.h"
#include "rota/run/output_feed.h"
#include "rota/schedule/schedule.h"

namespace rota {

enum class WorkMode {
  kUntilStopped,  // Until SIGTERM or SIGINT.
  kOneTick,       // What is due now, then end.
};

// What a command does with the store.
enum class StoreUse {
  kLook,  // Read only: a store that nobody has made yet is empty, and stays unmade.
  kChange,
};

// Gets each line that a run prints. Called on a thread of its own, one call at a time.
using OutputWatcher = std::function<void(const OutputLine&)>;

// What the built-in commands need from the program around them. The schedule and the store are made when first asked
// for, so that `list` and `--help` work with neither. Confined to the main thread.
class Workplace {
 public:
  virtual ~Workplace() = default;

  // The validated schedule: the config file's tasks and the kernel's. Errors: what is wrong with a definition.
  virtual Result<std::shared_ptr<const Schedule>> LoadSchedule() = 0;
  // The same with another config file in place of the program's. Errors: as above.
  virtual Result<std::shared_ptr<const Schedule>> LoadScheduleOf(const std::string& config_path) = 0;
  // Where the application runs, as the configuration says. Errors: what is wrong with it.
  virtual Result<std::string> Environment() = 0;
  // The store that the configuration names. Errors: kUnavailable, kDataLoss, kInvalidArgument.
  virtual Result<Store*> OpenStore(StoreUse use) = 0;
  // Runs the schedule as one server of the fleet. `watcher` may be empty; one that is slow misses lines. Errors: the
  // server could not start.
  virtual Status Work(WorkMode mode, OutputWatcher watcher) = 0;
  // Runs one task now, as a manual occurrence, and waits for it, and until `watcher` has had all its lines.
  virtual Result<OccurrenceRecord> RunNow(const Task& task, OutputWatcher watcher) = 0;
  // Runs instants of the past, one after the other, as RunNow() does. Errors: it could not begin.
  virtual Status RunBackfill(const Task& task, const Backfill& backfill, OutputWatcher watcher) = 0;
};

}  // namespace rota
