#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "rota/base/instant.h"
#include "rota/coordination/ledger.h"
#include "rota/engine/occurrence.h"
#include "rota/schedule/pool_options.h"
#include "rota/schedule/schedule.h"

namespace rota::cluster {

// One process of a server: another one after each restart.
using ProcessId = std::uint32_t;

// One moment, as a perfect clock and the store's see it.
struct StoreMoment {
  SteadyTime now;
  WallTime wall;
};

// Holds what happens to a fleet against what Rota promises. It is told the truth: every write of the store and every
// run with the true time, each fault when it strikes. What breaks a promise is a violation; what breaks one as the
// store's own loss of state allows (the claimer could not tell the store again what it knew) is a suspect.
// Thread-compatible.
class Checker {
 public:
  struct Options {
    Milliseconds lease_ttl = std::chrono::seconds(15);
    Milliseconds max_skew = std::chrono::seconds(2);
    int shards = 1;
    // Every server can run all that is due: then nothing may be missed while one of them is well.
    bool has_ample_workers = true;
    Pools pools = {};
    // Gets a line for each thing that happens; may be empty.
    std::function<void(const std::string&)> journal = {};
  };
  Checker(std::shared_ptr<const Schedule> schedule, const Options& options);

  // Processes. One that is impaired (paused, cut off, slow to answer, with a wrong clock, about to stop) owes nothing.
  ProcessId ProcessStarted(std::string server, std::string incarnation, SteadyTime now);
  void ProcessCrashed(ProcessId process, SteadyTime now);
  void ProcessEnded(ProcessId process, SteadyTime now);
  void ProcessPaused(ProcessId process, SteadyTime now);
  // REQUIRES: what was due meanwhile (a lease that ran out) has been handled.
  void ProcessResumed(ProcessId process, SteadyTime now);
  void ProcessImpaired(ProcessId process, SteadyTime now);
  void ProcessRecovered(ProcessId process, SteadyTime now);
  // The clock of the machine of this name shows a time that it may show again.
  void ClockShowed(const std::string& machine, WallTime wall);

  // Runs.
  void RunStarted(ProcessId process, const OccurrenceRecord& record, SteadyTime now);
  void RunToldToStop(const std::string& run_id, SteadyTime now);
  void RunEnded(const std::string& run_id, Outcome outcome, SteadyTime now);

  // The store. `before` is what it held of the scope.
  void Wrote(int shard, const Scope& scope, const ledger::ScopeState& before, const ledger::Changes& changes,
             StoreMoment moment);
  void ProcessReasserted(ProcessId process, int shard, SteadyTime now);
  // What was written after `kept` is gone.
  void WritesLost(int shard, SteadyTime kept, StoreMoment moment);
  void LossNoticed(int shard, SteadyTime now);
  void PauseSet(const Pause& pause);
  // The store does not answer, or takes no claims for a while.
  void StoreTroubled(SteadyTime now);
  void StoreRecovered(SteadyTime now);

  // All that the store holds when all has come to rest.
  struct Rest {
    std::map<Scope, ledger::ScopeState> scopes;
    std::vector<const OccurrenceRecord*> records;
    std::vector<std::string> servers;  // Who served until the end,
    WallTime quiet_since;              // which is when they were asked to stop.
  };
  void Conclude(const Rest& rest);
  // Anything else that goes to the journal.
  void Note(std::string_view what, SteadyTime now) const;
  // Anything else that must not be.
  void Violate(const std::string& what, SteadyTime now);

  const std::vector<std::string>& violations() const { return violations_; }
  // By kind: how often what a loss of state allows has happened.
  const std::map<std::string, std::int64_t>& suspects() const { return suspects_; }
  // What the history shows, by outcome; spans count as many instants as they have.
  const std::map<std::string, std::int64_t>& outcomes() const { return outcomes_; }
  std::int64_t occurrences() const { return occurrences_; }

 private:
  struct Process {
    std::string server;
    SteadyTime started;
    std::optional<SteadyTime> ended;
    bool crashed = false;
    bool paused = false;
    bool impaired = false;
    SteadyTime impaired_at = SteadyTime::min();          // The last time it was.
    std::vector<std::pair<int, SteadyTime>> reasserted;  // Shard, when.
  };
  struct Run {
    ProcessId process;
    Scope scope;
    const Task* task;
    WallTime at;
    std::uint64_t token;
    SteadyTime granted;
    std::optional<SteadyTime> told;
    std::optional<Outcome> outcome;
    std::optional<SteadyTime> recorded;        // Its outcome, for the first time,
    std::optional<SteadyTime> recorded_again;  // and for the last.
  };
  struct Loss {
    SteadyTime at;
    SteadyTime kept;  // The minimum: nothing was.
    WallTime wall;
    std::optional<SteadyTime> noticed;
  };
  struct ScopeTruth {
    const Task* task = nullptr;
    int shard = 0;
    std::optional<WallTime> first_watermark;
    std::optional<WallTime> begun_again;  // Where it went on after a flush: at what was remembered, else at a seed.
    std::uint64_t token = 0;
    std::map<WallTime, std::string> starts;  // Of scheduled occurrences of a unique task: run ids.
    std::vector<std::string> under_way;      // Run ids.
  };
  struct Decided {  // The first write about a run id.
    ProcessId process;
    SteadyTime at;
  };
  // What may have been lost: a write, or anything since, as a lease is renewed again and again.
  enum class Whose { kClaim, kAnything };

  void Begin(const std::string& whose, SteadyTime now);
  void End(const std::string& whose, SteadyTime now);
  ScopeTruth& Truth(const Scope& scope);
  bool IsHealthySince(const Process& process, SteadyTime since) const;
  // Whether the process could not keep what it had written at `since` safe until `now`.
  bool IsExcused(ProcessId process, int shard, SteadyTime since, SteadyTime now, Whose whose) const;
  // The same of what the process remembers since `known`.
  bool IsExcused(ProcessId process, int shard, SteadyTime since, SteadyTime known, SteadyTime now, Whose whose) const;
  void Suspect(std::string_view kind);
  // Whether the record is of another attempt of the run's occurrence, made after its server died.
  static bool IsLaterAttempt(std::string_view run_id, const OccurrenceRecord& record);
  void CheckOverlap(const std::string& run_id, SteadyTime now);
  void CheckPool(const std::string& run_id, SteadyTime now);
  static void BeginAgain(ScopeTruth& truth, WallTime at);
  void NoteOutcome(const OccurrenceRecord& record, SteadyTime now);
  static bool IsLateReport(const OccurrenceRecord& record);
  void CheckGrant(const Scope& scope, const ledger::Lease& lease, ScopeTruth& truth, StoreMoment moment);
  void CheckLost(const ledger::ScopeState& before, const OccurrenceRecord& record, StoreMoment moment);
  void CheckSkipped(const Task& task, const ledger::ScopeState& before, const ledger::Entry& entry, StoreMoment moment);
  void CheckMissed(const ScopeTruth& truth, const OccurrenceRecord& record, StoreMoment moment);

  using RecordsByScope = std::map<std::string_view, std::vector<const OccurrenceRecord*>>;

  void ConcludeChild(const Scope& name, const RecordsByScope& records);
  void CheckParent(const OccurrenceRecord& child, const Parent& parent, const Standing& standing);
  bool HasLosses() const;
  void ConcludeScope(const Scope& name, const ledger::ScopeState& scope, std::vector<const OccurrenceRecord*> records,
                     const Rest& rest);
  void CheckTwice(const ScopeTruth& truth, const OccurrenceRecord& a, const OccurrenceRecord& b, WallTime at);
  Decided DecidedBy(const OccurrenceRecord& record) const;
  void CheckHole(const ScopeTruth& truth, const Scope& name, WallTime at);
  void CheckReached(const ScopeTruth& truth, const Scope& name, WallTime at, const Rest& rest);
  bool ClockWasThere(const std::string& server, WallTime at) const;
  bool WasTroubled(const Scope& scope, WallTime at) const;
  void CheckCount(const OccurrenceRecord& record, std::uint64_t count);
  void ConcludeRun(const std::string& run_id, const Run& run, const OccurrenceRecord* record);

  const std::shared_ptr<const Schedule> schedule_;
  const Options options_;

  std::vector<Process> processes_;
  std::unordered_map<std::string, ProcessId> by_incarnation_;
  std::unordered_map<std::string, ProcessId> by_server_;  // The latest.
  std::unordered_map<Scope, ScopeTruth> scopes_;
  std::unordered_map<std::string, Run> runs_;
  std::map<std::string, std::set<std::string>> in_pools_;  // By pool: the ids of runs under way.
  std::unordered_map<std::string, Decided> decided_;
  std::vector<std::vector<Loss>> losses_;  // Per shard.
  std::vector<Pause> pauses_;              // Every one that was ever set.
  bool store_is_troubled_ = false;
  SteadyTime store_troubled_at_ = SteadyTime::min();
  // By server, and of the store as "": when it could not be relied on.
  struct Trouble {
    SteadyTime from;
    SteadyTime to = SteadyTime::max();
  };
  std::map<std::string, std::vector<Trouble>> troubles_;
  std::map<std::string, WallTime> shown_;  // By machine: the latest time that its clock showed.
  Milliseconds wall_of_zero_{};            // What makes a true time one of the store.
  SteadyTime last_now_{};

  std::vector<std::string> violations_;
  std::map<std::string, std::int64_t> suspects_;
  std::map<std::string, std::int64_t> outcomes_;
  std::int64_t occurrences_ = 0;
};

}  // namespace rota::cluster
