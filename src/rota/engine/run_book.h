#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/instant.h"
#include "rota/engine/agenda.h"
#include "rota/engine/occurrence.h"
#include "rota/engine/runner.h"
#include "rota/schedule/schedule.h"
#include "rota/schedule/task.h"

namespace rota {

// An occurrence that this server runs, from its first attempt to its outcome.
struct Run {
  TaskIndex task = 0;
  const TaskPolicies* policies = nullptr;   // The task's.
  std::optional<WallTime> previous;         // The trigger's instant before its own.
  OccurrenceRecord record;                  // Its attempt is the last one that began, or that it was given.
  int begun = 0;                            // The last one that began.
  std::string stop_cause;                   // Why it was told to stop for good; empty: it was not.
  bool lease_lost = false;                  // Others may run the task: it holds nobody back any more.
  bool timed_out = false;                   // This attempt was told to stop.
  SteadyTime stop_at = SteadyTime::max();   // The timeout of this attempt.
  SteadyTime kill_at = SteadyTime::max();   // After it was told to stop.
  std::optional<RunResult> failed;          // Of the last attempt, while the next one waits
  SteadyTime retry_at = SteadyTime::max();  // until then, or until a worker is free.

  // What an attempt's result is called in the light of what the run was told.
  RunResult Judge(RunResult result) const;
  // Whether the retry policy has another attempt follow on this result.
  bool MayTryAgain(const RunResult& result) const;
  // The record of its end, or of an attempt's.
  OccurrenceRecord Ended(const RunResult& result, WallTime at) const;
};

// The runs of this server, and when something is to be done about one: a timeout, a kill, its next attempt. Pure: time
// is told. Confined to the engine thread.
class RunBook {
 public:
  // Keeps the run under its record's id.
  Run& Add(Run run);
  // Null when there is none.
  Run* Find(const std::string& run_id);
  // Takes it out. REQUIRES: there is one.
  Run Take(const std::string& run_id);
  const std::map<std::string, Run>& all() const { return runs_; }
  // Their ids, for those who end runs on their way.
  std::vector<std::string> Ids() const;

  // Whether a run of the scope is under way that keeps others from running.
  bool Holds(const Scope& scope) const;
  // How many of the pool need a worker: those that wait for their next attempt need none.
  int working(std::string_view pool) const;

  // Has TakeOverdue() find the run at `at`: to be told to stop, or to be killed.
  void StopAt(Run& run, SteadyTime at);
  void KillAt(Run& run, SteadyTime at);
  // The attempt ended as `result` says, and the next one is to begin at `at`.
  void Wait(Run& run, RunResult result, SteadyTime at);
  // The next attempt begins.
  void Resume(Run& run);
  // The attempt ended: nothing is to be done about it any more.
  static void Forget(Run& run);

  // The runs of which stop_at or kill_at has come. The caller moves on what it has dealt with.
  std::vector<Run*> Overdue(SteadyTime now);
  // The runs whose next attempt may begin.
  std::vector<Run*> ReadyAgain(SteadyTime now);
  // When Overdue() finds something, or ReadyAgain() finds more than it did, or before.
  SteadyTime NextDeadline(SteadyTime now) const;

 private:
  std::map<std::string, Run> runs_;                  // By run id.
  std::map<std::string, int, std::less<>> working_;  // By pool.
  SteadyTime overdue_at_ = SteadyTime::max();        // No run is to be stopped or killed before,
  SteadyTime retry_at_ = SteadyTime::max();          // and no attempt to be made again.
};

}  // namespace rota
