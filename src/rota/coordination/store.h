#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rota/base/instant.h"
#include "rota/base/status.h"
#include "rota/coordination/pause.h"
#include "rota/engine/coordinator.h"
#include "rota/engine/diagnostics.h"
#include "rota/engine/occurrence.h"
#include "rota/engine/standing.h"

namespace rota {

// What to read from the history. Newest first.
struct HistoryQuery {
  std::optional<TaskId> task;
  std::optional<std::string> run_id;
  std::optional<Outcome> outcome;
  std::optional<std::string> server;
  std::optional<WallTime> covering;      // Only records whose span contains this instant.
  std::optional<WallTime> from;          // Scheduled at or after; for spans the last instant counts.
  std::optional<WallTime> to;            // Scheduled before.
  std::optional<WallTime> last_by = {};  // Of a span the last instant is not after this one.
  int limit = 50;
};

// How the occurrence stands by these records, among which are all of its scope that cover it.
Standing StandingOf(const OccurrenceKey& key, std::span<const OccurrenceRecord> records);

// The recorded outcomes. Thread-safe.
class RunHistory : public Standings {
 public:
  virtual Result<std::vector<OccurrenceRecord>> Query(const HistoryQuery& query) = 0;
  // By Query().
  Result<std::vector<Standing>> LookUp(std::span<const OccurrenceKey> keys) final;
};

// One process that runs the schedule.
struct ServerInfo {
  std::string id;           // Stable over restarts; "#2" is added while another live process has the same.
  std::string incarnation;  // New at each start: a ULID, "@" and the PidSpace() of the process.
  std::string host;
  int pid = 0;
  std::string version;
  std::string schedule_digest;  // Empty: it follows no schedule, but runs something for once.
  std::string release;          // What the configuration calls it; empty: nothing.
  std::string reload_error;  // Why it could not take up its schedule anew when it was last asked to; empty: it could.
  WallTime started_at;   // When it joined, by the store's clock; of two with one id, the later process has the later.
  WallTime loaded_at;    // When it last joined, as it does with each schedule that it takes up, or cannot.
  WallTime seen_at;      // The last heartbeat, by the store's clock.
  WallTime alive_until;  // When its heartbeat runs out; past: dead or stopped.
  // Its clock minus the store's, as of the last heartbeat; nothing where both are one clock, or it is not measured yet.
  std::optional<Milliseconds> clock_offset;
};

struct JoinRequest {
  ServerInfo server;  // `id` as wished.
  Milliseconds heartbeat_ttl{};
  std::vector<Task> const* tasks = nullptr;  // The schedule's tasks: unknown ones are registered now.
  // Whose watermarks count for tasks that every server runs. Empty: those of the id this process gets. A process that
  // looks after its machine for a moment gives the plain id, also while another one has it.
  std::string scope_server;
  WallTime seed;              // The watermark of tasks never seen before: the moment of their registration.
  std::string manifest = {};  // What Manifest() tells the other servers.
};
struct JoinReply {
  std::string server_id;             // The id this process has from now on.
  std::vector<WallTime> watermarks;  // Per task, in the order given.
  // Per task: nothing was decided yet, the watermark is where a join had it begin. Empty: none is like that.
  std::vector<bool> seeded;
};

// The servers of the fleet. Thread-safe.
class Fleet {
 public:
  virtual ~Fleet() = default;
  // Announces a server and its schedule, or another schedule of one that has joined: the incarnation tells. Its
  // heartbeat is kept by Coordinator::Renew().
  virtual Result<JoinReply> Join(const JoinRequest& request) = 0;
  // Ends the server's heartbeat; its leases must have been finished.
  virtual Status Leave(const std::string& server_id) = 0;
  virtual Result<std::vector<ServerInfo>> Servers() = 0;
  // What the server said of its schedule when it last joined; empty when that is not known.
  virtual Result<std::string> Manifest(const std::string& server_id) = 0;
  // The time by the store's clock: what servers, locks and pauses are judged by, as another machine's clock may be off.
  virtual Result<WallTime> StoreTime() = 0;
};

// What operators switch. Durable. Thread-safe.
class Controls {
 public:
  virtual ~Controls() = default;
  // In the place of the one of its target.
  virtual Status SetPause(const Pause& pause) = 0;
  // kNotFound when there is no such pause.
  virtual Status ClearPause(const PauseTarget& target) = 0;
  // Those in force, by target.
  virtual Result<std::vector<Pause>> Pauses() = 0;
};

// A lease, as operators see it: who holds what, since when, until when.
struct Lock {
  TaskId task;
  Scope scope;
  std::string run_id;
  std::string server;
  std::uint64_t token = 0;
  std::optional<WallTime> since;  // When the run was claimed; nothing when its record is gone.
  WallTime lease_until;           // When it runs out unless it is renewed.
  WallTime lock_until;            // The lock timeout: it cannot be renewed beyond.
};

// The leases. Thread-safe.
class LockTable {
 public:
  virtual ~LockTable() = default;
  // Every lease that is in force or whose run has not ended, by scope and token.
  virtual Result<std::vector<Lock>> Locks() = 0;
  // Ends the lease of a run at once and for good: others may run the task, and the holder is told at its next renewal.
  // kNotFound when the scope has no lease of that run.
  virtual Status Unlock(const Scope& scope, const std::string& run_id) = 0;
  // Has the holder tell the run to stop: it learns of it at its next renewal, and the lease stays until the run has
  // ended. The first `cause` stands. kNotFound as above.
  virtual Status Cancel(const Scope& scope, const std::string& run_id, const std::string& cause) = 0;
};

// A store: one place that keeps claims, leases, history, servers and controls together. memory, sqlite and redis each
// implement it and pass one contract suite (tests/contract). Nothing above asks which store it is.
class Store : public Coordinator,
              public RunHistory,
              public Fleet,
              public Controls,
              public LockTable,
              public Diagnostics {
 public:
  // As shown to people: "sqlite var/rota.db".
  virtual std::string name() const = 0;
};

}  // namespace rota
