#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include "rota/base/instant.h"
#include "rota/engine/occurrence.h"
#include "rota/schedule/task.h"

namespace rota {

// How the engine reaches a run under way. Thread-safe.
struct RunSignals {
  std::stop_source stop;                 // Cooperative: commands watch it, children get SIGTERM.
  std::stop_source kill;                 // Children get SIGKILL.
  std::atomic<bool> lease_lost = false;  // Others may run the task from now on.
};

// One attempt to execute an occurrence.
struct RunOrder {
  const Task* task = nullptr;  // Outlives the run.
  std::string run_id;
  OccurrenceKind kind = OccurrenceKind::kScheduled;
  WallTime scheduled_at;
  std::optional<WallTime> previous_scheduled_at;
  int attempt = 1;
  std::uint64_t token = 0;
  std::string server;
  std::shared_ptr<RunSignals> signals;
};

struct RunResult {
  Outcome outcome = Outcome::kSucceeded;
  std::string reason;
  std::string output_tail;
  std::optional<int> exit_code = std::nullopt;  // Of a child process that ended by itself.
  bool final = false;                           // No further attempt: the conditions of the task said no, or nothing.
};

// Carries out a run and blocks until it ended. Never throws: what user code throws is a result. Thread-safe.
class Runner {
 public:
  virtual ~Runner() = default;
  virtual RunResult Run(const RunOrder& order) = 0;
};

}  // namespace rota
