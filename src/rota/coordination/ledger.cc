#include "rota/coordination/ledger.h"

#include <algorithm>

#include "rota/base/format.h"

namespace rota::ledger {
namespace {

constexpr std::chrono::minutes kOldestSeed(2);

const Lease* FindLease(const ScopeState& scope, std::string_view run_id) {
  const auto found = std::ranges::find(scope.leases, run_id, &Lease::run_id);
  return found == scope.leases.end() ? nullptr : &*found;
}

// The lease that an occurrence which must not overlap has to wait for.
const Lease* FindLive(const ScopeState& scope, WallTime now) {
  const auto found = std::ranges::find_if(scope.leases, [now](const Lease& lease) { return lease.lease_until > now; });
  return found == scope.leases.end() ? nullptr : &*found;
}

OccurrenceRecord MakeRecord(const ClaimRequest& request, Outcome outcome, std::string_view reason) {
  OccurrenceRecord record;
  record.run_id = request.run_id;
  record.task = request.task;
  record.scope = request.scope;
  record.kind = request.kind;
  record.scheduled_at = request.at;
  record.scheduled_last = request.at;
  record.server = request.server;
  record.outcome = outcome;
  record.reason = std::string(reason);
  return record;
}

// Ends a claim without a lease: the occurrence is closed with an outcome, and that is recorded.
void Close(const ClaimRequest& request, Outcome outcome, std::string_view reason, WallTime now,
           ClaimDecision& decision) {
  OccurrenceRecord record = MakeRecord(request, outcome, reason);
  record.finished_at = now;
  decision.changes.entries.push_back({std::move(record), decision.reply.outcome, decision.reply.holder});
}

void GrantLease(const ClaimRequest& request, const ClaimInputs& inputs, ClaimDecision& decision) {
  const std::uint64_t token = std::max(inputs.scope.token, inputs.token_floor) + 1;
  const WallTime lock_until = inputs.now + request.lock_timeout;
  decision.reply.outcome = ClaimOutcome::kClaimed;
  decision.reply.token = token;
  decision.changes.token = token;
  Lease& lease = decision.changes.lease.emplace();
  lease.run_id = request.run_id;
  lease.server = request.server;
  lease.incarnation = std::string(inputs.incarnation);
  lease.overlap = request.overlap;
  lease.token = token;
  lease.lease_until = std::min(inputs.now + request.lease_ttl, lock_until);
  lease.lock_until = lock_until;
  lease.attempts_if_lost = request.attempts_if_lost;
  lease.lock_timeout = request.lock_timeout;
}

void Grant(const ClaimRequest& request, const ClaimInputs& inputs, ClaimDecision& decision) {
  GrantLease(request, inputs, decision);
  OccurrenceRecord record = MakeRecord(request, Outcome::kRunning, "");
  record.token = decision.reply.token;
  record.started_at = inputs.now;
  decision.changes.entries.push_back({std::move(record), ClaimOutcome::kClaimed, ""});
}

// An occurrence that was missed for the same reason as those before it ends their span: one outage, one record.
bool EndsGap(const ClaimRequest& request, const ClaimReply& reply) {
  return reply.gap && request.outcome == Outcome::kMissed && request.reason == request.gap_reason;
}

// Moves the watermark and takes over the instants it passes: nobody else can decide them any more.
void MoveWatermark(const ClaimRequest& request, const ClaimInputs& inputs, ClaimDecision& decision) {
  const std::optional<WallTime>& old = inputs.scope.watermark;
  decision.changes.watermark = request.at;
  if (!old || !request.previous || *request.previous <= *old) return;
  OccurrenceRecord gap = MakeRecord(request, Outcome::kMissed, request.gap_reason);
  gap.run_id = GapRunId(request.run_id);
  gap.scheduled_at = *old + Milliseconds(1);
  gap.scheduled_last = *request.previous;
  gap.count = 0;
  gap.finished_at = inputs.now;
  decision.reply.gap = gap;
  decision.changes.entries.push_back({std::move(gap), std::nullopt, ""});
}

// A lease that ran out may be taken up again as long as nothing was claimed in between: then nobody relied on its
// end, and stopping the run (after a short outage of the store, say) would protect nothing. The scope's token counts
// the leases granted, so an unchanged token proves it, also when the other run has ended by now. Runs that may
// overlap anyway need no such proof. Nothing goes beyond the lock timeout.
bool MayRenew(const Lease& lease, const ScopeState& scope, WallTime now) {
  if (now >= lease.lock_until) return false;
  return now < lease.lease_until || lease.overlap == OverlapPolicy::kAllow || lease.token == scope.token;
}

Lease Renewed(Lease lease, Milliseconds ttl, WallTime now) {
  lease.lease_until = std::min(now + ttl, lease.lock_until);
  return lease;
}

// Gives a slot of a pool, which leaves no record. As the token moves, one that has run out cannot be taken up again:
// its row goes.
ClaimDecision TakeSlot(const ClaimRequest& request, const ClaimInputs& inputs) {
  ClaimDecision decision;
  const Lease* own = FindLease(inputs.scope, request.run_id);
  if (own != nullptr && MayRenew(*own, inputs.scope, inputs.now)) {
    decision.reply.outcome = ClaimOutcome::kClaimed;
    decision.reply.token = own->token;
    decision.changes.lease = Renewed(*own, request.lease_ttl, inputs.now);
    return decision;
  }
  const auto is_live = [&inputs](const Lease& lease) { return lease.lease_until > inputs.now; };
  if (std::ranges::count_if(inputs.scope.leases, is_live) >= request.fleet_limit) {
    const Lease* holder = FindLive(inputs.scope, inputs.now);
    decision.reply.outcome = ClaimOutcome::kBusy;
    if (holder != nullptr) decision.reply.holder = holder->server;
    return decision;
  }
  GrantLease(request, inputs, decision);
  const auto over = std::ranges::find_if_not(inputs.scope.leases, is_live);
  if (own != nullptr) {
    decision.changes.released = own->run_id;
  } else if (over != inputs.scope.leases.end()) {
    decision.changes.released = over->run_id;
  }
  return decision;
}

ClaimDecision GiveSlotBack(const ClaimRequest& request) {
  ClaimDecision decision;
  decision.reply.outcome = ClaimOutcome::kClaimed;
  decision.changes.released = request.run_id;
  return decision;
}

// Gives the next attempt of a run that was lost to the reaper.
void TryAgain(const Lease& lease, const ReapInputs& inputs, OccurrenceRecord& lost, Changes& changes) {
  Entry entry{lost, std::nullopt, ""};
  OccurrenceRecord& next = entry.record;
  next.attempt = lost.attempt + 1;
  next.run_id = NextRunId(lost);
  next.server = std::string(inputs.reaper);
  next.token = std::max(inputs.scope.token, inputs.token_floor) + 1;
  next.started_at = inputs.now;
  next.finished_at.reset();
  next.outcome = Outcome::kRunning;
  next.reason.clear();
  lost.reason += Format("; attempt {} on {}", next.attempt, inputs.reaper);
  changes.token = next.token;
  Lease& given = changes.lease.emplace(lease);
  given.run_id = next.run_id;
  given.server = next.server;
  given.incarnation.clear();
  given.token = next.token;
  given.lock_until = inputs.now + lease.lock_timeout;
  given.lease_until = std::min(inputs.now + inputs.ttl, given.lock_until);
  given.stop.clear();
  changes.entries.push_back(std::move(entry));
}

// The claim was decided before, but its answer did not arrive. The same answer is given, with one exception: the
// caller has not begun to run yet, so a lease that was lost meanwhile must not come back as a right to run, and one
// that comes too late to be used is given up.
ClaimDecision Repeat(const ClaimRequest& request, const ClaimInputs& inputs) {
  const Entry& known = *inputs.known;
  ClaimDecision decision;
  decision.reply.outcome = known.answer.value_or(ClaimOutcome::kDecided);
  decision.reply.holder = known.holder;
  if (known.answer == ClaimOutcome::kPaused) decision.reply.reason = known.record.reason;
  if (inputs.gap != nullptr) decision.reply.gap = *inputs.gap;
  if (known.record.count == 0) decision.reply.gap = known.record;
  const bool granted = known.answer == ClaimOutcome::kClaimed && known.record.token != 0;
  if (!granted) return decision;

  const Lease* lease = FindLease(inputs.scope, request.run_id);
  if (lease == nullptr) {  // Finished, or reaped as lost.
    decision.reply.outcome = ClaimOutcome::kDecided;
  } else if (request.purpose == ClaimPurpose::kRun && MayRenew(*lease, inputs.scope, inputs.now)) {
    decision.reply.token = lease->token;
    Lease again = *lease;  // The caller counts its lock timeout from this request too.
    again.lock_until = inputs.now + request.lock_timeout;
    decision.changes.lease = Renewed(std::move(again), request.lease_ttl, inputs.now);
  } else {
    const bool given_up = request.purpose == ClaimPurpose::kRecord;
    decision.reply.outcome = given_up ? ClaimOutcome::kClaimed : ClaimOutcome::kDecided;
    decision.changes.released = request.run_id;
    Entry closed = known;
    closed.record.outcome = Outcome::kMissed;
    closed.record.reason = given_up ? request.reason : std::string(reason::kStore);
    closed.record.started_at.reset();
    closed.record.finished_at = inputs.now;
    decision.changes.entries.push_back(std::move(closed));
  }
  return decision;
}

}  // namespace

void Apply(const Changes& changes, ScopeState& scope) {
  if (changes.watermark) {
    scope.watermark = changes.watermark;
    scope.seeded = changes.seeded;
  }
  if (changes.token) scope.token = *changes.token;
  if (changes.suspect) scope.suspect = changes.suspect;
  if (changes.settled) scope.suspect.reset();
  if (changes.released) std::erase_if(scope.leases, [&](const Lease& l) { return l.run_id == *changes.released; });
  if (!changes.lease) return;
  const auto same = std::ranges::find(scope.leases, changes.lease->run_id, &Lease::run_id);
  if (same != scope.leases.end()) {
    *same = *changes.lease;
  } else {
    scope.leases.push_back(*changes.lease);
  }
}

std::string GapRunId(std::string_view run_id) { return Format("{}.gap", run_id); }

ClaimDecision Claim(const ClaimRequest& request, const ClaimInputs& inputs) {
  if (request.purpose == ClaimPurpose::kSlot) return TakeSlot(request, inputs);
  if (request.purpose == ClaimPurpose::kGiveBack) return GiveSlotBack(request);
  if (inputs.known != nullptr) return Repeat(request, inputs);

  ClaimDecision decision;
  ClaimReply& reply = decision.reply;
  if (request.kind == OccurrenceKind::kScheduled) {
    if (inputs.scope.watermark && request.at <= *inputs.scope.watermark) {
      reply.outcome = ClaimOutcome::kDecided;
      return decision;
    }
    // What a fast clock calls late is not late yet: only the store's clock closes an occurrence that others may run.
    const WallTime earliest = request.purpose == ClaimPurpose::kRun ? request.at - inputs.max_skew
                                                                    : std::max(request.at, request.record_from);
    if (inputs.now < earliest) {
      reply.outcome = ClaimOutcome::kEarly;
      reply.wait = earliest - inputs.now;
      return decision;
    }
  }
  const Pausable task = {request.task, request.tags, request.even_in_maintenance_mode};
  const Pause* pause = IsAskedFor(request.kind) ? nullptr : FindPause(inputs.pauses, task, inputs.now);
  const bool may_overlap = request.overlap == OverlapPolicy::kAllow;
  // Nor is an occurrence missed that others let wait for a busy task.
  const bool may_wait = Queues(request.overlap) && request.outcome == Outcome::kMissed;
  const bool to_run = (request.purpose == ClaimPurpose::kRun || may_wait) && pause == nullptr;
  const Lease* busy = to_run && !may_overlap ? FindLive(inputs.scope, inputs.now) : nullptr;
  if (busy != nullptr && Queues(request.overlap)) {
    reply.outcome = ClaimOutcome::kBusy;
    reply.holder = busy->server;
    if (request.overlap == OverlapPolicy::kCancelPrevious) decision.changes = Stop(*busy, Name(request.overlap));
    return decision;
  }
  if (request.kind == OccurrenceKind::kScheduled) MoveWatermark(request, inputs, decision);
  if (pause != nullptr) {
    reply.outcome = ClaimOutcome::kPaused;
    reply.reason = ReasonOf(*pause);
    reply.holder = pause->reason.empty() ? pause->author : Format("{}: {}", pause->author, pause->reason);
    Close(request, Outcome::kSkipped, reply.reason, inputs.now, decision);
    return decision;
  }
  if (request.purpose == ClaimPurpose::kRecord) {
    reply.outcome = ClaimOutcome::kClaimed;
    if (EndsGap(request, reply)) {
      reply.gap->run_id = request.run_id;
      reply.gap->scheduled_last = request.at;
      decision.changes.entries.back() = {*reply.gap, reply.outcome, ""};
    } else {
      Close(request, request.outcome, request.reason, inputs.now, decision);
    }
    return decision;
  }
  if (busy != nullptr) {
    reply.outcome = ClaimOutcome::kOverlap;
    reply.holder = busy->server;
    Close(request, Outcome::kSkipped, reason::kOverlap, inputs.now, decision);
    return decision;
  }
  Grant(request, inputs, decision);
  return decision;
}

RenewDecision Renew(std::string_view run_id, const ScopeState& scope, std::string_view incarnation, Milliseconds ttl,
                    WallTime now) {
  RenewDecision decision;
  const Lease* lease = FindLease(scope, run_id);
  if (lease != nullptr && MayRenew(*lease, scope, now)) {
    decision.outcome = RenewOutcome::kRenewed;
    decision.stop = lease->stop;
    decision.changes.lease = Renewed(*lease, ttl, now);
    if (lease->incarnation.empty()) decision.changes.lease->incarnation = std::string(incarnation);
  }
  return decision;
}

Changes Finish(const OccurrenceRecord& record, const ScopeState& scope, const Entry* known,
               std::string_view incarnation) {
  Changes changes;
  // A call that was overtaken by a later one: what has ended does not run again.
  if (known != nullptr && known->record.outcome != Outcome::kRunning && record.outcome == Outcome::kRunning) {
    return changes;
  }
  Entry entry;
  if (known != nullptr) entry = *known;
  if (known != nullptr && known->record.outcome == Outcome::kLost) {
    // The fleet acted on the loss: it stays, and what really happened is told beside it. A repeated call adds nothing.
    const std::string late = Format("; later reported {}", DescribeOutcome(record.outcome, record.reason));
    if (!entry.record.reason.ends_with(late)) entry.record.reason += late;
    entry.record.output_tail = record.output_tail;
  } else {
    entry.record = record;
  }
  changes.entries.push_back(std::move(entry));

  if (known == nullptr) {
    // Decided without the store (an outage, or a store that lost its data): the instant must not be claimed again,
    // nor a token given out twice.
    if (record.kind == OccurrenceKind::kScheduled && (!scope.watermark || *scope.watermark < record.scheduled_last)) {
      changes.watermark = record.scheduled_last;
    }
    if (record.token > scope.token) changes.token = record.token;
  }
  if (record.outcome != Outcome::kRunning) {
    changes.released = record.run_id;
  } else if (known == nullptr) {
    // A run that began without the store. A lease that ran out long ago gives it nothing, but lets Reap() see when its
    // server dies.
    Lease& lease = changes.lease.emplace();
    lease.run_id = record.run_id;
    lease.server = record.server;
    lease.incarnation = std::string(incarnation);
    lease.token = record.token;
  }
  return changes;
}

Changes Seed(WallTime at, const ScopeState& scope, WallTime now) {
  Changes changes;
  if (scope.watermark) return changes;
  changes.watermark = std::clamp(at, now - kOldestSeed, now);
  changes.seeded = true;
  return changes;
}

std::string NextRunId(const OccurrenceRecord& lost) {
  return Format("{}.{}", lost.run_id.substr(0, lost.run_id.find('.')), lost.attempt + 1);
}

std::optional<Changes> Reap(const Lease& lease, const ReapInputs& inputs) {
  const ServerInfo* server = inputs.server;
  if (lease.lease_until > inputs.now) return std::nullopt;
  // A server that came back under its old id is another process: the runs of the one before it ended with it.
  const bool alive = server != nullptr && server->alive_until > inputs.now && server->incarnation == lease.incarnation;
  if (alive) return std::nullopt;
  const bool runs = inputs.known != nullptr && inputs.known->record.outcome == Outcome::kRunning;
  // A store that lost its state may find a run lost twice.
  const bool again = runs && inputs.next == nullptr && inputs.known->record.attempt < lease.attempts_if_lost;
  const Lease* other = lease.overlap == OverlapPolicy::kAllow ? nullptr : FindLive(inputs.scope, inputs.now);
  Changes changes;
  changes.released = lease.run_id;
  if (runs) {
    Entry lost = *inputs.known;
    lost.record.outcome = Outcome::kLost;
    lost.record.reason = Format("server {} died", lease.server);
    // It was not renewed: no later than that.
    lost.record.finished_at = std::max(lease.lease_until, lost.record.started_at.value_or(WallTime()));
    if (again && !lease.stop.empty()) {
      lost.record.reason += Format("; not tried again: {}", lease.stop);
    } else if (again && other != nullptr) {
      lost.record.reason += Format("; not tried again: {} runs the task already", other->server);
    } else if (again) {
      TryAgain(lease, inputs, lost.record, changes);
    }
    changes.entries.insert(changes.entries.begin(), std::move(lost));
  }
  return changes;
}

Changes Stop(const Lease& lease, std::string_view cause) {
  Changes changes;
  if (!lease.stop.empty()) return changes;
  changes.lease = lease;
  changes.lease->stop = std::string(cause);
  return changes;
}

Changes Unlock(const Lease& lease, WallTime now) {
  Changes changes;
  changes.lease = lease;
  changes.lease->lease_until = std::min(lease.lease_until, now);
  changes.lease->lock_until = std::min(lease.lock_until, now);
  return changes;
}

Changes ReassertRun(const HeldRun& run, const ScopeState& scope, const Entry* known, std::string_view incarnation,
                    WallTime now) {
  if (known != nullptr && known->record.outcome != Outcome::kRunning) return {};
  Changes changes;
  if (known == nullptr) changes = Finish(run.record, scope, known, incarnation);
  const WallTime lock_until = now + run.lock_left;
  Lease& lease = changes.lease.emplace();
  lease.run_id = run.record.run_id;
  lease.server = run.record.server;
  lease.incarnation = std::string(incarnation);
  lease.overlap = run.overlap;
  lease.token = run.record.token;
  lease.lease_until = std::min(now + run.lease_ttl, lock_until);
  lease.lock_until = lock_until;
  lease.attempts_if_lost = run.attempts_if_lost;
  lease.lock_timeout = run.lock_timeout;
  return changes;
}

// It keeps the claims of others from being granted; were it to run out, it could not be renewed.
Changes ReassertSlot(const HeldSlot& slot, std::string_view incarnation, WallTime now) {
  Changes changes;
  Lease& lease = changes.lease.emplace();
  lease.run_id = slot.run_id;
  lease.server = slot.server;
  lease.incarnation = std::string(incarnation);
  lease.overlap = OverlapPolicy::kSkip;
  lease.lock_timeout = kNoLockTimeout;
  lease.lease_until = now + slot.lease_ttl;
  lease.lock_until = now + lease.lock_timeout;
  return changes;
}

Changes ReassertWatermark(WallTime remembered, const ScopeState& scope, WallTime latest) {
  Changes changes;
  remembered = std::min(remembered, latest);
  // A store that knows nothing of the scope any more cannot tell what lies between.
  const bool knows = scope.watermark && !scope.seeded;
  if (knows && *scope.watermark >= remembered) return changes;
  changes.watermark = remembered;
  if (knows) changes.suspect = Suspect{scope.suspect ? scope.suspect->after : *scope.watermark, remembered};
  return changes;
}

std::optional<Changes> Settle(const Scope& name, const ScopeState& scope, Recorded recorded, WallTime now) {
  if (!scope.suspect) return std::nullopt;
  Changes changes;
  changes.settled = true;
  if (recorded == Recorded::kYes) return changes;
  OccurrenceRecord unknown;
  unknown.run_id = Format("{}@{}.unknown", name, scope.suspect->until.time_since_epoch().count());
  unknown.task = TaskOfScope(name);
  unknown.scope = name;
  unknown.scheduled_at = scope.suspect->after + Milliseconds(1);
  unknown.scheduled_last = scope.suspect->until;
  unknown.count = 0;
  unknown.finished_at = now;
  unknown.outcome = Outcome::kUnknown;
  unknown.reason = "decided before the store lost its state";
  changes.entries.push_back({std::move(unknown), std::nullopt, ""});
  return changes;
}

std::string ChooseServerId(const ServerInfo& joining, std::span<const ServerInfo> servers, WallTime now,
                           const std::function<bool(const ServerInfo&)>& gone) {
  const auto own = std::ranges::find(servers, joining.incarnation, &ServerInfo::incarnation);
  if (own != servers.end()) return own->id;
  for (int number = 1;; ++number) {
    const std::string id = number == 1 ? joining.id : Format("{}#{}", joining.id, number);
    const auto holder = std::ranges::find(servers, id, &ServerInfo::id);
    if (holder == servers.end() || holder->alive_until <= now || gone(*holder)) return id;
  }
}

bool HoldsId(const ServerInfo& own, const ServerInfo* row, WallTime now) {
  return row == nullptr || row->incarnation == own.incarnation || row->started_at < own.started_at ||
         row->alive_until <= now;
}

std::vector<std::string> LiveServers(std::span<const ServerInfo> servers, WallTime now) {
  std::vector<std::string> live;
  for (const ServerInfo& server : servers) {
    if (server.alive_until > now && !server.schedule_digest.empty()) live.push_back(server.id);
  }
  return live;
}

Lock MakeLock(const Scope& scope, const Lease& lease, const OccurrenceRecord* record) {
  Lock lock;
  lock.task = TaskOfScope(scope);
  lock.scope = scope;
  lock.run_id = lease.run_id;
  lock.server = lease.server;
  lock.token = lease.token;
  if (record != nullptr) lock.since = record->started_at;
  lock.lease_until = lease.lease_until;
  lock.lock_until = lease.lock_until;
  return lock;
}

Status NoSuchLock(const Scope& scope, std::string_view run_id) {
  return NotFound("run {} holds no lock of {}", run_id, TaskOfScope(scope));
}

bool Matches(const HistoryQuery& query, const OccurrenceRecord& record) {
  if (query.task && record.task != *query.task) return false;
  if (query.run_id && record.run_id != *query.run_id) return false;
  if (query.outcome && record.outcome != *query.outcome) return false;
  if (query.server && record.server != *query.server) return false;
  if (query.covering && (record.scheduled_at > *query.covering || record.scheduled_last < *query.covering))
    return false;
  if (query.last_by && record.scheduled_last > *query.last_by) return false;
  if (query.from && record.scheduled_last < *query.from) return false;
  if (query.to && record.scheduled_at >= *query.to) return false;
  return true;
}

}  // namespace rota::ledger
