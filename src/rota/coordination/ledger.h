#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/instant.h"
#include "rota/coordination/store.h"
#include "rota/engine/coordinator.h"
#include "rota/engine/occurrence.h"

// The coordinator's decisions: pure functions from what a store holds and what is asked to the answer and to what
// changes. No clock, no I/O, no state. A store loads, decides here, and applies the changes in the same atomic step;
// that is all that may differ between stores.
namespace rota::ledger {

// The right to be running an occurrence now.
struct Lease {
  std::string run_id;
  std::string server;
  // The server's process; empty: it had not joined, or was given the lease by Reap() and has not renewed it yet.
  std::string incarnation;
  OverlapPolicy overlap = OverlapPolicy::kAllow;
  std::uint64_t token = 0;
  WallTime lease_until;  // From then on the lease holds nobody back.
  WallTime lock_until;   // The lock timeout: it cannot be renewed beyond.
  std::string stop;      // Why the run is to stop; empty: it is not.
  int attempts_if_lost = 1;
  Milliseconds lock_timeout{};  // Of further attempts.
};

// Instants that were decided (a server remembers it), while the store, having lost its state, does not know how: those
// after `after`, up to `until`.
struct Suspect {
  WallTime after;
  WallTime until;
};

// What a store holds about one scope. A scope never seen is a default one.
struct ScopeState {
  std::optional<WallTime> watermark;  // The last scheduled instant that was decided.
  bool seeded = false;                // The watermark is no decision: a join had the scope begin there.
  std::uint64_t token = 0;            // The last one given out.
  std::vector<Lease> leases;          // Live ones, and those that ran out but were neither finished nor reaped.
  std::optional<Suspect> suspect;
};

// A record with what it takes to answer the claim that made it a second time.
struct Entry {
  OccurrenceRecord record;
  std::optional<ClaimOutcome> answer;  // Nothing: no claim made it.
  std::string holder;                  // As in ClaimReply.
};

// What a decision changes in a scope and in the history: a store applies all of it or nothing.
struct Changes {
  std::optional<WallTime> watermark;
  bool seeded = false;  // The new watermark is no decision.
  std::optional<std::uint64_t> token;
  std::optional<Lease> lease;           // Added, or put in the place of the one with its run id.
  std::optional<std::string> released;  // The run id whose lease is dropped.
  std::optional<Suspect> suspect;
  bool settled = false;        // The suspect instants are suspect no more.
  std::vector<Entry> entries;  // Each added, or put in the place of the one with its run id.
};

// Applies what `changes` says about the scope; the entries are the history's.
void Apply(const Changes& changes, ScopeState& scope);

// The run id of the span that a claim records for the instants it skipped over.
std::string GapRunId(std::string_view run_id);

struct ClaimInputs {
  const ScopeState& scope;
  const Entry* known = nullptr;           // The entry with the request's run id, if there is one.
  const OccurrenceRecord* gap = nullptr;  // The record with its GapRunId(), if there is one.
  std::span<const Pause> pauses;
  std::string_view incarnation;  // Of the request's server; empty when it has not joined.
  WallTime now;
  Milliseconds max_skew{};
  std::uint64_t token_floor = 0;  // Every token given out from now on is larger.
};
struct ClaimDecision {
  ClaimReply reply;
  Changes changes;
};
ClaimDecision Claim(const ClaimRequest& request, const ClaimInputs& inputs);

// Whether the history has a record of some instant.
enum class Recorded { kNo, kYes };

struct RenewDecision {
  RenewOutcome outcome = RenewOutcome::kExpired;
  std::string stop;  // As in the lease.
  Changes changes;
};
// `incarnation` is that of the server that renews, empty when it has not joined.
RenewDecision Renew(std::string_view run_id, const ScopeState& scope, std::string_view incarnation, Milliseconds ttl,
                    WallTime now);

// `known` is the entry with the record's run id, if there is one; `incarnation` that of the record's server, empty when
// it has not joined.
Changes Finish(const OccurrenceRecord& record, const ScopeState& scope, const Entry* known,
               std::string_view incarnation);

// A server joins and follows a task: a scope never seen begins at `at`, if that lies within the two minutes before
// `now`, else at their end that is nearer: no server's clock makes up for a past before that. A scope that the store
// has lost begins so too; what others remember of it then takes the seed's place.
Changes Seed(WallTime at, const ScopeState& scope, WallTime now);

// The run id of the attempt that follows on a lost one: that of the first one with the attempt's number.
std::string NextRunId(const OccurrenceRecord& lost);

struct ReapInputs {
  const ScopeState& scope;
  const ServerInfo* server = nullptr;  // The one with the lease's id, if there is one.
  const Entry* known = nullptr;        // The entry with its run id, if there is one.
  const Entry* next = nullptr;         // The entry with the NextRunId() of that one, if there is one.
  std::string_view reaper;             // Who takes the next attempt, where there is to be one,
  Milliseconds ttl{};                  // with a lease for so long.
  WallTime now;
  std::uint64_t token_floor = 0;  // As in ClaimInputs.
};
// Nothing, when the lease is in force or its server lives. `lease` is one of the scope.
std::optional<Changes> Reap(const Lease& lease, const ReapInputs& inputs);

// Tells the holder of a lease, at its next renewal, to stop the run. The first cause stands.
Changes Stop(const Lease& lease, std::string_view cause);

// Ends a lease at once: it holds nobody back, cannot be renewed, and is reaped when its server is dead.
Changes Unlock(const Lease& lease, WallTime now);

// After a store lost its state, a server tells of a run under way: `known` and `incarnation` as for Finish(). (Outcomes
// that it remembers are merged by Finish().)
Changes ReassertRun(const HeldRun& run, const ScopeState& scope, const Entry* known, std::string_view incarnation,
                    WallTime now);
// Of a slot that it holds, whatever the limit,
Changes ReassertSlot(const HeldSlot& slot, std::string_view incarnation, WallTime now);
// and of the last instant that it knows to be decided; of one after `latest`, up to which claims are taken at all, only
// that much is believed. It is put in the place of a seed also where it is earlier: the instants in between are not
// decided, and whoever claims one of them, or one after them, takes them over.
Changes ReassertWatermark(WallTime remembered, const ScopeState& scope, WallTime latest);
// When all servers have had their time to tell: suspect instants become one record with the outcome unknown, unless
// `recorded` says that the history has a record of the scope among them. Nothing when there are none.
std::optional<Changes> Settle(const Scope& name, const ScopeState& scope, Recorded recorded, WallTime now);

// The id of a server that joins: the one it has already, else the wished one, else that with "#2", "#3", … added:
// the first that no live process holds. `gone` may tell that a process ended although its heartbeat still runs.
std::string ChooseServerId(const ServerInfo& joining, std::span<const ServerInfo> servers, WallTime now,
                           const std::function<bool(const ServerInfo&)>& gone);

// Whether a heartbeat is the one of `row`, the server with its id: that of a process which came later, and lives,
// stands. A row that the store has lost, or has again in an older state, is to be written again. `own` is as it joined.
bool HoldsId(const ServerInfo& own, const ServerInfo* row, WallTime now);

// What a renewal tells of the fleet: the ids of the servers, given by id, that live and follow a schedule.
std::vector<std::string> LiveServers(std::span<const ServerInfo> servers, WallTime now);

// What operators see of a lease; `record` is that of its run, if there is one.
Lock MakeLock(const Scope& scope, const Lease& lease, const OccurrenceRecord* record);
// What Unlock() and Cancel() answer when there is no such lease.
Status NoSuchLock(const Scope& scope, std::string_view run_id);

// True when the record is one that the query asks for; `limit` is the caller's to keep.
bool Matches(const HistoryQuery& query, const OccurrenceRecord& record);

}  // namespace rota::ledger
