#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <variant>
#include <vector>

#include "rota/base/instant.h"
#include "rota/base/status.h"
#include "rota/base/ulid.h"
#include "rota/engine/agenda.h"
#include "rota/engine/chain_book.h"
#include "rota/engine/coordinator.h"
#include "rota/engine/event.h"
#include "rota/engine/lease_book.h"
#include "rota/engine/outbox.h"
#include "rota/engine/preference.h"
#include "rota/engine/recent_records.h"
#include "rota/engine/run_book.h"
#include "rota/engine/runner.h"
#include "rota/engine/slot_book.h"
#include "rota/engine/standing.h"
#include "rota/schedule/schedule.h"

namespace rota {

struct EngineOptions {
  std::string server = "server";        // The id that the fleet gave this process.
  std::string scope_server = "server";  // Whose tasks that every server runs these are; mostly the same.
  std::string environment = "production";
  int workers = 16;  // Runs at once, of tasks without a pool.
  Pools pools = {};  // And of those of each pool.
  Milliseconds lease_ttl = std::chrono::seconds(15);
  Milliseconds shutdown_grace = std::chrono::seconds(30);  // For running work to end by itself.
  Milliseconds kill_after = std::chrono::seconds(5);       // From the stop to the kill.
  // How long a server leaves a unique task to the one that is preferred for it; less where the period is short.
  Milliseconds head_start{250};
  std::uint64_t seed = 1;  // For run ids: another one for each process.
};

// The present, by both clocks.
struct Moment {
  WallTime wall;
  SteadyTime steady;
};

// What the core is told.
namespace input {
struct Woken {};  // Time has passed.
struct ClaimsAnswered {
  std::vector<ClaimRequest> requests;
  Result<std::vector<ClaimReply>> replies;
  SteadyTime asked;
};
struct LeasesRenewed {
  std::vector<LeaseRef> leases;
  Result<RenewReply> reply;
  SteadyTime asked;
};
struct Reaped {
  std::vector<OccurrenceRecord> found;
  SteadyTime asked = {};
};
struct Recorded {
  Result<std::vector<FinishOutcome>> outcomes;
};
struct Reasserted {
  Result<Milliseconds> pause;
};
struct LookedUp {
  std::vector<OccurrenceKey> keys;
  Result<std::vector<Standing>> standings;
};
struct RunEnded {
  std::string run_id;
  RunResult result;
};
struct ClockJumped {
  Milliseconds change{};
};
struct ZonesChanged {
  std::vector<std::string> names;
};
struct RunRequested {  // A person asks for a run now,
  TaskIndex task = 0;
  std::optional<WallTime> backfill = std::nullopt;  // or for that of an instant that is past.
};
struct Withheld {  // Per task: a server of a newer release decides it in the place of this one. Empty: none.
  std::vector<bool> tasks;
};
struct StateLost {};          // The store lost its state, as another core of this server found.
struct HandoverRequested {};  // Leave what is undecided to a successor; end when everything under way has ended.
struct DrainRequested {};     // Look for nothing new; end when everything under way has ended.
struct ShutdownRequested {};  // Stop claiming, give running work its grace. The second one skips the grace.
}  // namespace input
using EngineInput =
    std::variant<input::Woken, input::ClaimsAnswered, input::LeasesRenewed, input::Reaped, input::Recorded,
                 input::Reasserted, input::LookedUp, input::RunEnded, input::ClockJumped, input::ZonesChanged,
                 input::RunRequested, input::Withheld, input::StateLost, input::HandoverRequested,
                 input::DrainRequested, input::ShutdownRequested>;

// What the core wants done.
namespace action {
struct Claim {  // Of occurrences, or of slots.
  std::vector<ClaimRequest> requests;
};
struct Renew {  // And the heartbeat.
  std::vector<LeaseRef> leases;
};
struct Reap {};
struct Record {
  std::vector<OccurrenceRecord> records;
};
struct Reassert {
  Memory memory;
};
struct LookUp {
  std::vector<OccurrenceKey> keys;
};
struct Start {
  TaskIndex task = 0;
  OccurrenceRecord record;
  std::optional<WallTime> previous;  // The trigger's instant before this one.
};
enum class StopHow { kLeaseLost, kStop, kKill };
struct Stop {
  std::string run_id;
  StopHow how = StopHow::kStop;
};
struct Publish {
  Event event;
};
}  // namespace action
using EngineAction = std::variant<action::Claim, action::Renew, action::Reap, action::Record, action::Reassert,
                                  action::LookUp, action::Start, action::Stop, action::Publish>;

struct Decision {
  std::vector<EngineAction> actions;
  SteadyTime wake;        // Ask again then, if nothing happens before.
  bool finished = false;  // Everything has ended: the loop may end too.
};

// What it is that begins.
enum class Beginning {
  kServer,
  kSchedule,  // In the place of another one, which this server has followed until now.
};

// Decides what a server does: a state machine without clock, thread, lock or I/O, told the time and what happened,
// returning actions. The engine's loop and the simulator drive this very class. At most one renewal and one record
// action are under way at a time; claims are answered in the order they were asked. Confined to the engine thread.
class EngineCore {
 public:
  // `watermarks`: per task, the last instant that was decided before this start; `seeded`: whether it is only where the
  // task began (JoinReply).
  EngineCore(EngineOptions options, std::shared_ptr<const Schedule> schedule, std::vector<WallTime> watermarks,
             std::vector<bool> seeded = {});

  // Up to these instants, per task, this server has decided already.
  void TakeOver(const std::vector<WallTime>& handed);
  // Looks at what was missed while no server ran: each task's latest past instant is claimed, or recorded as missed
  // when it is older than the task's grace.
  void CatchUp(WallTime now, Beginning beginning = Beginning::kServer);
  // Begins to follow the schedule after `now`, where a server begins with what fires when one starts.
  void Follow(WallTime now, Beginning beginning = Beginning::kServer);

  Decision Decide(const EngineInput& input, Moment now);

  // Per task, after a HandoverRequested: every instant up to this one is decided, or still this core's to decide.
  std::vector<WallTime> HandedOver() const;
  // It ran something without the store that the store does not know yet.
  bool owes_outcomes() const { return outbox_.owes_any(); }

  // Runs that did not end although they were killed; only after a decision said `finished`.
  std::size_t abandoned() const { return runs_.all().size(); }

 private:
  static constexpr Milliseconds kStoreRetry = std::chrono::seconds(1);

  enum class Part {
    kPreferred,  // The tasks that this server is preferred for.
    kRest,       // Every task that nobody took up yet.
  };
  // A cohort whose tasks wait for a worker, for the store, or for the head start of other servers.
  struct Waiting {
    const Agenda::Cohort* cohort;
    WallTime at;
    std::optional<WallTime> previous;  // The trigger's instant before `at`.
    WallTime expires;  // After it the occurrence is late: recorded, not run. Maximal: it is made up for.
    std::string_view gap_reason;
    Part part = Part::kRest;
    WallTime not_before;
    std::size_t next = 0;  // The first task not yet handled.
  };
  // An occurrence to be recorded without a run.
  struct Closing {
    WallTime at;
    std::optional<WallTime> previous;
    Outcome outcome;
    std::string reason;
    std::string gap_reason;
    WallTime not_before;  // Until then another server may decide otherwise.
  };
  // A claim that was asked and must be asked again, with the same run id: it may have been granted, where its answer
  // got lost as well as where the network repeated it after it was called early.
  struct Retry {
    enum class Stage {
      kAsked,     // Without an answer, or with one that came too late.
      kEarly,     // Called early: nobody has decided it.
      kBusy,      // Waits for the run that keeps the task busy: nobody has decided it.
      kHeldBack,  // Not asked yet, for another one of its scope is in doubt, or waits.
    };
    ClaimRequest request;
    SteadyTime expires;  // By the steady clock, for it may be the wall clock that is wrong.
    SteadyTime not_before;
    Stage stage = Stage::kAsked;
    bool lacks_worker = false;  // Or else it would have been asked.
  };
  enum class Phase {
    kFollowing,
    kHandingOver,  // Only what was asked of the store, or belongs to the start, is still decided.
    kDraining,     // Nothing new is looked for.
    kStopping,     // Nothing new is claimed; running work has its grace.
    kStopped,      // Running work has been told to stop.
    kKilled,       // Its children have been killed.
    kAbandoned,    // What still runs is recorded as cancelled and left behind.
    kOver,         // Nobody waits for anything any more.
  };

  void On(const input::Woken&, Moment now);
  void On(const input::ClaimsAnswered& answered, Moment now);
  void On(const input::LeasesRenewed& renewed, Moment now);
  void On(const input::Reaped& reaped, Moment now);
  void On(const input::Recorded& recorded, Moment now);
  void On(const input::Reasserted& reasserted, Moment now);
  void On(const input::LookedUp& looked_up, Moment now);
  void On(const input::RunEnded& ended, Moment now);
  void On(const input::ClockJumped& jumped, Moment now);
  void On(const input::ZonesChanged& changed, Moment now);
  void On(const input::RunRequested& requested, Moment now);
  void On(const input::Withheld& withheld, Moment now);
  void On(const input::StateLost&, Moment now);
  void On(const input::HandoverRequested&, Moment now);
  void On(const input::DrainRequested&, Moment now);
  void On(const input::ShutdownRequested&, Moment now);

  // What is due.
  void TakeDue(Moment now);
  void EnqueueDue(const Agenda::Due& due, std::string_view gap_reason, Moment now);
  void Enqueue(const Agenda::Cohort& cohort, WallTime at, std::string_view gap_reason);
  void Dispatch(Moment now);
  void DispatchWaiting(Waiting& waiting, Moment now);
  void DispatchRetries(std::set<Scope>& asked, Moment now);
  bool TakeUp(Retry& retry, std::set<Scope>& asked, Moment now);
  void HoldBack(ClaimRequest request, Moment now);
  void DispatchClosings(Moment now);
  ClaimRequest MakeRequest(TaskIndex task, WallTime at, std::optional<WallTime> previous, std::string_view gap_reason,
                           Moment now);
  bool IsFor(const Task& task) const;
  bool IsWithheld(TaskIndex task) const { return !withheld_.empty() && withheld_[task]; }
  void Ask(ClaimRequest request);
  void SendClaims(Moment now);

  // What follows what.
  void AwaitParents(const Agenda::Due& due, std::string_view gap_reason, Moment now);
  void FollowParents(Moment now);
  void LookUpParents(Moment now);
  bool MayLookUp() const { return !looking_up_ && !store_down_ && !state_lost_; }

  // What was answered.
  bool AsksAgain(const ClaimRequest& request) const;
  void Granted(const ClaimRequest& request, const ClaimReply& reply, SteadyTime asked, Moment now);
  void Claimed(const ClaimRequest& request, std::uint64_t token, SteadyTime asked, Moment now);
  void Unanswered(const ClaimRequest& request, Moment now);
  void CloseSpan(const Trigger& trigger, OccurrenceRecord span, Moment now);
  void RetryLater(const ClaimRequest& request, SteadyTime due, SteadyTime not_before, Retry::Stage stage);
  void DecideWithoutStore(const ClaimRequest& request, Moment now);
  void NoteDecided(const ClaimRequest& request, Moment now);
  static OccurrenceRecord MakeRecord(const ClaimRequest& request);
  void CloseUndecided(const ClaimRequest& request, Moment now);
  OccurrenceRecord Close(const ClaimRequest& request, Outcome outcome, std::string_view reason, Moment now,
                         std::string detail = "");

  // What waits for a task that is busy.
  bool IsBusy(const ClaimRequest& request) const;
  void Busy(const ClaimRequest& request, Moment now);
  void Queue(ClaimRequest request, Moment now);
  bool RunsHere(const ClaimRequest& request) const;
  static void SkipOverlap(Retry& retry, Moment now);
  void WakeBusy(const Scope& scope, Moment now);

  // The slots of pools with a fleet limit.
  void SlotsAnswered(const input::ClaimsAnswered& answered, Moment now);
  void GiveUpAskedFor(Moment now);
  void WantSlots(Moment now);
  void SendSlots(Moment now);
  ClaimRequest MakeSlotRequest(std::string_view pool, std::string id, ClaimPurpose purpose) const;
  SlotBook::Fleet fleet() const { return preference_.shared() ? SlotBook::Fleet::kShared : SlotBook::Fleet::kAlone; }

  // What runs.
  Run& AddRun(OccurrenceRecord record, std::optional<WallTime> previous);
  void StartRun(const ClaimRequest& request, std::uint64_t token, Moment now);
  void StartAttempt(Run& run, Moment now);
  void Adopt(const OccurrenceRecord& record, SteadyTime asked, Moment now);
  void WaitForRetry(Run& run, RunResult result, Moment now);
  void StartAttempts(Moment now);
  void EndRun(const std::string& run_id, const RunResult& result, Moment now);
  void EndWaitingRun(const Run& run, std::string_view cause, Moment now);
  void EndWaitingRuns(std::string_view cause, Moment now);
  void CancelRun(Run& run, std::string_view cause, Moment now);
  void CancelRunsOf(const Scope& scope, std::string_view cause, Moment now);
  void LoseLeases(const std::vector<LeaseBook::Lost>& lost, Moment now);
  void StopRun(Run& run, action::StopHow how, Moment now);
  void StopOverdue(Moment now);
  void StopRuns(action::StopHow how);

  // The store.
  void NoteStore(const Status& status, Moment now);

  // What must be kept up.
  void Renew(Moment now);
  void FlushRecords(Moment now);
  void Reassert(Moment now);
  Memory Remember(Moment now) const;
  void AdvanceShutdown(Moment now);
  std::uint64_t CountInstants(const Trigger& trigger, WallTime first, WallTime last);
  SteadyTime NextWake(Moment now) const;
  bool Finished() const;

  TaskIndex TaskOf(const TaskId& id) const;
  WallTime GraceEnd(const ClaimRequest& request) const;
  const std::string& PoolOf(const ClaimRequest& request) const;
  int FreeWorkers(const TaskPolicies& policies, Moment now) const;
  int Occupied(std::string_view pool) const;
  // It needs no store to run.
  bool RunsByItself(const TaskPolicies& policies) const;
  bool Claiming() const { return phase_ <= Phase::kDraining; }
  bool StoreMayAnswer(Moment now) const;
  bool MayClaim(Moment now) const;
  bool OnlyStoreMissing() const;
  // It is the store that keeps unique tasks from being claimed.
  bool HeldByStore(Moment now) const;
  std::string_view WhyLate(Moment now) const;
  void Publish(EventKind kind, Moment now, std::string detail = "");
  void Publish(EventKind kind, Moment now, const OccurrenceRecord& record, std::string detail = "");

  // Constant after construction.
  const EngineOptions options_;
  const std::shared_ptr<const Schedule> schedule_;

  std::vector<WallTime> watermarks_;  // Per task: the last instant that this server has taken up.
  std::vector<WallTime> decided_;     // And the last one that is known to be decided,
  std::vector<bool> seeded_;          // unless it is only where the task began.
  std::vector<bool> withheld_;        // Per task: another server decides it; empty: none.
  Agenda agenda_;
  Preference preference_;
  LeaseBook leases_;
  UlidSource ids_;
  std::mt19937_64 dice_;  // For jitter.

  Phase phase_ = Phase::kFollowing;
  SteadyTime phase_ends_ = SteadyTime::max();
  std::deque<Waiting> waiting_;
  std::map<TaskIndex, Closing> closings_;  // The latest of each task: an older one becomes part of its gap.
  std::vector<Retry> retries_;
  // Where the last claim was not answered, or found the task busy: one claim of each is asked at a time, and what falls
  // due meanwhile is not, so that a part of the store that is down is not asked for ever more, and turns are kept.
  std::set<Scope> held_up_;
  std::vector<ClaimRequest> asking_;                          // To be sent with this decision.
  std::size_t asked_ = 0;                                     // Sent and not answered.
  std::map<std::string, int, std::less<>> reserved_workers_;  // By pool: for claims that may become runs.
  RunBook runs_;
  ChainBook chains_;
  bool looking_up_ = false;
  SlotBook slots_;

  Outbox outbox_;
  SteadyTime flush_by_ = SteadyTime::max();  // Until then what is in it lets claims go first.
  RecentRecords recent_;                     // Outcomes that the store acknowledged.
  bool renewing_ = false;
  bool renewed_ = false;      // The last renewal was answered.
  bool for_one_run_ = false;  // A person waits for a run: what other servers left behind is not taken up here.
  SteadyTime renew_at_ = SteadyTime::min();
  bool store_down_ = false;
  SteadyTime store_retry_at_ = SteadyTime::min();
  bool state_lost_ = false;  // The store takes nothing before it is told what this server remembers.
  bool reasserting_ = false;
  // After a forward jump others must get to renew their leases; after the store lost its state, to tell what they know.
  SteadyTime quiet_until_ = SteadyTime::min();
  SteadyTime store_quiet_until_ = SteadyTime::min();  // The latter alone.

  struct Count {
    const Trigger* trigger = nullptr;
    WallTime first;
    WallTime last;
    std::uint64_t count = 0;
  };
  Count last_count_;  // Tasks of a cohort mostly ask for the same one.

  Decision decision_;  // Being made.
};

}  // namespace rota
