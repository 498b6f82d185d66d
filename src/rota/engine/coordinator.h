#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rota/base/instant.h"
#include "rota/base/status.h"
#include "rota/engine/occurrence.h"

namespace rota {

// What a claim asks for.
enum class ClaimPurpose {
  kRun,       // To run the occurrence,
  kRecord,    // or only to record how it ended without a run.
  kSlot,      // A slot of the pool whose scope it names: the right to one of the pool's runs. Of no occurrence.
  kGiveBack,  // To give such a slot back; there may be none with the run id.
};

// A slot has no lock timeout, but its claim says this.
inline constexpr Milliseconds kNoLockTimeout = std::chrono::hours(24 * 36500);

struct ClaimRequest {
  // New for each request. A repeated request with the same id gets the same answer, as long as that still holds:
  // kDecided when its run has ended or its lease cannot be taken up any more.
  std::string run_id;
  TaskId task;
  Scope scope;
  OccurrenceKind kind = OccurrenceKind::kScheduled;
  WallTime at;  // The scheduled instant.
  // The trigger's instant before `at`: when the watermark is older still, the instants in between were missed, and
  // the coordinator records them as one span with `gap_reason`, in the same step.
  std::optional<WallTime> previous;
  std::string gap_reason;
  WallTime due;  // From when on its grace counts: `at`, or when the last of its parents ended. Not the store's concern.
  std::string server;
  OverlapPolicy overlap = OverlapPolicy::kAllow;
  Milliseconds lease_ttl{};
  Milliseconds lock_timeout{};
  // By what pauses may hold the task back.
  std::vector<std::string> tags;
  bool even_in_maintenance_mode = false;
  int attempts_if_lost = 1;  // A run whose server dies is given to another one until there were so many.
  ClaimPurpose purpose = ClaimPurpose::kRun;
  Outcome outcome = Outcome::kMissed;  // For kRecord: what is recorded, and why.
  std::string reason;
  WallTime record_from{};  // For kRecord: early before this instant, and before `at`, by the store's clock.
  int fleet_limit = 0;     // For kSlot: the slots of the pool that may be in force at once, this one included.
};

enum class ClaimOutcome {
  kClaimed,     // The caller runs it (or has recorded it): nobody else will. It has the slot, or has given it back.
  kDecided,     // The watermark had passed `at`: decided before, by this or another server.
  kOverlap,     // The lease is held: recorded as skipped(overlap).
  kBusy,        // The lease (or every slot) is held, and the caller is to wait: nothing is decided. Ask again.
  kPaused,      // The task is paused: recorded as skipped, for the reply's reason.
  kEarly,       // `at` lies ahead of the store's clock by more than max_skew (kRecord: at all): try again.
  kUnanswered,  // The part of the store that keeps the task does not answer: ask again with the same run id.
};
std::string_view Name(ClaimOutcome outcome);

struct ClaimReply {
  ClaimOutcome outcome = ClaimOutcome::kDecided;
  std::uint64_t token = 0;  // kClaimed: the fencing token.
  // The span that was recorded as missed in this step, `count` 0: the claimer counts it and Finish()es it. Where the
  // occurrence itself was to be recorded as missed for the same reason, the span ends with it and has its run id.
  std::optional<OccurrenceRecord> gap;
  std::string holder;       // kOverlap, kBusy: the server that holds the lease. kPaused: who paused, and why.
  std::string reason = {};  // kPaused: paused, or maintenance.
  Milliseconds wait{};      // kEarly: how long until the store would not call it early any more.
};

// A lease to be renewed.
struct LeaseRef {
  std::string run_id;
  Scope scope;
};
enum class RenewOutcome {
  kRenewed,
  kExpired,     // The lock timeout is reached, or the lease ran out and is gone: the holder must stop.
  kUnanswered,  // The part of the store that keeps it does not answer: the lease stands as long as it stood.
};

struct RenewReply {
  struct Stop {
    std::string run_id;
    std::string cause;  // "cancel_previous", "cancelled by anna: wrong disk"
  };

  std::vector<RenewOutcome> outcomes;  // In the order asked.
  // The ids of the live servers that follow a schedule (a ServerInfo with a digest), in order: those to share work
  // with.
  std::vector<std::string> servers;
  std::vector<Stop> stops = {};  // Runs that are to stop; they keep their leases until they have.
};

enum class FinishOutcome {
  kRecorded,
  kUnanswered,  // The part of the store that keeps it does not answer: tell it again, before others of its scope.
};

// A run under way, with the lease that it holds.
struct HeldRun {
  OccurrenceRecord record;
  OverlapPolicy overlap = OverlapPolicy::kAllow;
  Milliseconds lease_ttl{};
  Milliseconds lock_left{};  // Until the lock timeout.
  int attempts_if_lost = 1;  // As its claim said,
  Milliseconds lock_timeout{};
};

// A slot of a pool, as its claim said.
struct HeldSlot {
  std::string run_id;
  Scope scope;
  std::string server;
  Milliseconds lease_ttl{};
};

// What a server remembers of what a store acknowledged.
struct Memory {
  struct Watermark {
    Scope scope;
    WallTime at;  // Every instant up to this one was decided.
  };
  std::vector<OccurrenceRecord> records;  // Outcomes lately recorded by this server, oldest first.
  std::vector<HeldRun> runs;
  std::vector<Watermark> watermarks;
  std::vector<HeldSlot> slots = {};
};

// Where claims and leases live. Each call is atomic, takes a batch, and answers in the order asked; it may block on
// I/O. A store that does not answer returns kUnavailable and has then changed nothing, or its change will be found
// by asking again with the same run ids; kDataLoss means its data cannot be read. A store that may have lost what it
// acknowledged (a fail-over, a restart, a restore, a flush) answers each server with kStateLost, and changes nothing,
// until that server has told it what it remembers by Reassert(). Thread-safe.
//
// Deadlines are kept by the store's clock alone.
class Coordinator {
 public:
  virtual ~Coordinator() = default;

  // Claims occurrences and takes their leases in one step. Records what it decides.
  virtual Result<std::vector<ClaimReply>> Claim(std::span<const ClaimRequest> requests) = 0;
  // Renews the leases of this server for another `ttl`, and its heartbeat: call it with no leases too.
  virtual Result<RenewReply> Renew(const std::string& server, std::span<const LeaseRef> leases, Milliseconds ttl) = 0;
  // Records outcomes and frees their leases. Known run ids are updated, others added (a run that the store never
  // saw start). A run that was recorded as lost meanwhile stays so; the late outcome is added to its reason.
  virtual Result<std::vector<FinishOutcome>> Finish(std::span<const OccurrenceRecord> records) = 0;
  // Records as lost the runs whose lease ran out and whose server's heartbeat is gone, and as unknown (with `count` 0:
  // the caller counts and Finish()es them) what was decided before the store lost its state and nobody remembered;
  // returns what it recorded. Of a lost run that is to be tried again it gives the next attempt to `server`, in the
  // same step, with a lease of `ttl`: that record, with the outcome running, follows the lost one. An attempt whose
  // lease is not renewed before it runs out was not taken up, and is lost too.
  virtual Result<std::vector<OccurrenceRecord>> Reap(const std::string& server, Milliseconds ttl) = 0;
  // Merges what this server remembers into a store that lost its state: the later watermark, the larger token and the
  // ended outcome win. Returns for how long claims stay kUnavailable, so that the other servers can do the same.
  virtual Result<Milliseconds> Reassert(const std::string& server, const Memory& memory) = 0;
};

}  // namespace rota
