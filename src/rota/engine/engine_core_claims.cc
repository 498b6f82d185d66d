#include "rota/engine/engine_core.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "rota/base/format.h"

// From what is due to claims, and from their answers to runs and outcomes. The rest is in engine_core.cc.

namespace rota {
namespace {

using std::chrono::seconds;

constexpr Milliseconds kLongestDrain = seconds(10);  // For a claim that is early: others make it, or the next tick.
constexpr std::size_t kBatch = 500;                  // Claims in one call.
constexpr std::size_t kMostAsked = 2000;             // Claims under way, so that the store is never far behind.
constexpr std::size_t kMostQueued = 100;             // Occurrences that wait for one task.
constexpr Milliseconds kBusyRetry = seconds(1);      // Until a busy task is asked for again, if its run is elsewhere.
constexpr std::uint64_t kMostCounted = 20'000;
// Long enough for another server to find that its parents have ended.
constexpr Milliseconds kLeastGraceOfChild = seconds(30);

}  // namespace

void EngineCore::TakeDue(Moment now) {
  if (phase_ != Phase::kFollowing) return;
  for (const Agenda::Due& due : agenda_.PopDue(now.wall)) {
    EnqueueDue(due, WhyLate(now), now);
  }
}

// What was missed together runs as the misfire policy has it: the latest, or each of them in turn.
void EngineCore::EnqueueDue(const Agenda::Due& due, std::string_view gap_reason, Moment now) {
  if (!due.cohort->policies->after.empty()) return AwaitParents(due, gap_reason, now);
  const Trigger& trigger = *due.cohort->trigger;
  const MisfirePolicy& misfire = due.cohort->policies->misfire;
  const std::vector<WallTime> instants = Agenda::ToRun(trigger, misfire, due.first, due.at, now.wall);
  if (instants.size() == 1) return Enqueue(*due.cohort, due.at, gap_reason);
  WallTime not_before = now.wall;
  for (const WallTime at : instants) {
    waiting_.push_back({due.cohort, at, trigger.Previous(at), WallTime::max(), gap_reason, Part::kRest, not_before});
    not_before += misfire.pace;
  }
}

void EngineCore::Enqueue(const Agenda::Cohort& cohort, WallTime at, std::string_view gap_reason) {
  const WallTime expires = Agenda::Expiry(*cohort.trigger, cohort.policies->misfire, at);
  Waiting waiting{&cohort, at, cohort.trigger->Previous(at), expires, gap_reason, Part::kRest, at};
  if (preference_.shared() && cohort.policies->placement == Placement::kOneServer &&
      !cohort.trigger->fires_at_start()) {
    waiting.part = Part::kPreferred;
    waiting_.push_back(waiting);
    waiting.part = Part::kRest;
    const std::optional<WallTime> next = cohort.trigger->Next(at);
    waiting.not_before += next ? std::min(options_.head_start, (*next - at) / 10) : options_.head_start;
  }
  waiting_.push_back(waiting);
}

void EngineCore::Dispatch(Moment now) {
  std::set<Scope> asked;
  DispatchRetries(asked, now);
  DispatchClosings(now);  // Before their tasks' next occurrences are looked at.
  // One round of claims at a time: what falls due meanwhile goes into the next one, together.
  if (asked_ == 0) {
    std::ranges::stable_sort(waiting_, std::greater<>(),
                             [](const Waiting& waiting) { return waiting.cohort->policies->priority; });
    for (Waiting& waiting : waiting_) DispatchWaiting(waiting, now);
    DispatchRetries(asked, now);  // What gave way to those.
  }
  std::erase_if(waiting_, [](const Waiting& waiting) { return waiting.next == waiting.cohort->tasks.size(); });
  DispatchClosings(now);
}

void EngineCore::DispatchWaiting(Waiting& waiting, Moment now) {
  if (now.wall < waiting.not_before) return;
  const std::vector<TaskIndex>& members = waiting.cohort->tasks;
  const bool late = now.wall > waiting.expires;
  const bool every_server = waiting.cohort->policies->placement == Placement::kEveryServer;
  const bool by_itself = RunsByItself(*waiting.cohort->policies);
  const bool needs_store = !every_server || slots_.Limits(waiting.cohort->policies->pool);
  const bool at_start = waiting.cohort->trigger->fires_at_start();
  const bool may_claim = MayClaim(now);
  std::set<TaskIndex> retried;  // Taken up before the clock was set back.
  for (const Retry& retry : retries_) {
    if (retry.request.at == waiting.at) retried.insert(TaskOf(retry.request.task));
  }
  for (; waiting.next < members.size(); ++waiting.next) {
    const TaskIndex index = members[waiting.next];
    if (waiting.part == Part::kPreferred && !preference_.Prefers(index)) continue;
    if (IsWithheld(index)) continue;
    if (!at_start && (waiting.at <= watermarks_[index] || retried.contains(index))) continue;
    const Task& task = schedule_->tasks()[index];
    // What is made up for waits its turn instead of being skipped.
    const bool made_up = waiting.expires == WallTime::max() && task.policies->overlap == OverlapPolicy::kSkip;
    const OverlapPolicy overlap = made_up ? OverlapPolicy::kQueueAll : task.policies->overlap;
    const auto close = [&](Outcome outcome, std::string_view reason, WallTime not_before) {
      closings_[index] = {waiting.at, waiting.previous, outcome, std::string(reason), std::string(waiting.gap_reason),
                          not_before};
    };
    if (!IsFor(task)) {
      // A server of the right environment may share the store: a unique occurrence is its own to take, in time.
      close(Outcome::kSkipped, reason::kEnvironment, every_server ? waiting.at : waiting.expires);
    } else if (late) {
      close(Outcome::kMissed, HeldByStore(now) && needs_store ? reason::kStore : waiting.gap_reason, waiting.at);
    } else if (every_server && overlap == OverlapPolicy::kSkip && runs_.Holds(MakeScope(task, options_.scope_server))) {
      close(Outcome::kSkipped, reason::kOverlap, waiting.at);
    } else if (FreeWorkers(*task.policies, now) <= 0 || (!may_claim && !by_itself)) {
      return;  // Waits within its grace: a unique task cannot be claimed without its store.
    } else {
      ClaimRequest request = MakeRequest(index, waiting.at, waiting.previous, waiting.gap_reason, now);
      request.overlap = overlap;
      if (IsBusy(request)) {
        Queue(std::move(request), now);
      } else if (!may_claim || outbox_.Owes(request.scope)) {
        DecideWithoutStore(request, now);
      } else if (held_up_.contains(request.scope)) {
        HoldBack(std::move(request), now);
      } else {
        Ask(std::move(request));
      }
    }
    if (!at_start) watermarks_[index] = waiting.at;
  }
}

// All that is not decided waits, as what became of its parents says what becomes of it: of an instant that was missed
// too. What lies further back than may wait is missed with the first that does not.
void EngineCore::AwaitParents(const Agenda::Due& due, std::string_view gap_reason, Moment now) {
  const Trigger& trigger = *due.cohort->trigger;
  for (const TaskIndex index : due.cohort->tasks) {
    if (IsWithheld(index)) continue;
    std::deque<ChainBook::Awaited> occurrences;
    std::optional<WallTime> at = due.at;
    while (at && *at > watermarks_[index] && occurrences.size() < ChainBook::kMostWaiting) {
      const std::optional<WallTime> previous = trigger.Previous(*at);
      occurrences.push_front({*at, previous, gap_reason});
      at = previous;
    }
    for (const ChainBook::Awaited& occurrence : occurrences) chains_.Await(index, occurrence, now.steady);
    watermarks_[index] = std::max(watermarks_[index], due.at);
  }
}

// The grace of a child begins when its parents have ended.
void EngineCore::FollowParents(Moment now) {
  for (const ChainBook::Ready& ready : chains_.TakeReady(now.steady)) {
    const auto& [at, previous, gap_reason] = ready.occurrence;
    const Task& task = schedule_->tasks()[ready.child];
    ClaimRequest request = MakeRequest(ready.child, at, previous, gap_reason, now);
    request.due = ready.since;
    const auto skip = [&](std::string_view reason, WallTime not_before) {
      closings_[ready.child] = {at, previous, Outcome::kSkipped, std::string(reason), request.gap_reason, not_before};
    };
    if (!ready.unmet.empty()) {
      skip(ready.unmet, now.wall);
    } else if (!IsFor(task)) {
      skip(reason::kEnvironment, task.unique() ? GraceEnd(request) : now.wall);
    } else if (IsBusy(request)) {
      Queue(std::move(request), now);
    } else {
      RetryLater(request, now.steady - (now.wall - at), now.steady, Retry::Stage::kHeldBack);
    }
  }
}

void EngineCore::LookUpParents(Moment now) {
  if (!MayLookUp()) return;
  std::vector<OccurrenceKey> keys = chains_.TakeDoubts(now.steady);
  std::erase_if(keys, [this](const OccurrenceKey& key) { return outbox_.Owes(key.scope); });
  if (keys.empty()) return;
  looking_up_ = true;
  decision_.actions.push_back(action::LookUp{std::move(keys)});
}

void EngineCore::On(const input::LookedUp& looked_up, Moment) {
  looking_up_ = false;
  if (looked_up.standings) chains_.Learn(looked_up.keys, *looked_up.standings);
}

bool EngineCore::IsFor(const Task& task) const {
  const std::vector<std::string>& environments = task.policies->environments;
  return environments.empty() || std::ranges::find(environments, options_.environment) != environments.end();
}

// `asked`: the scopes of which a claim is asked already, where one is asked at a time.
void EngineCore::DispatchRetries(std::set<Scope>& asked, Moment now) {
  auto kept = retries_.begin();
  for (auto place = retries_.begin(); place != retries_.end(); ++place) {
    if (TakeUp(*place, asked, now)) continue;
    if (kept != place) *kept = std::move(*place);
    ++kept;
  }
  retries_.erase(kept, retries_.end());
}

// Asks, or leaves to a later claim; false: it waits.
bool EngineCore::TakeUp(Retry& retry, std::set<Scope>& asked, Moment now) {
  ClaimRequest& request = retry.request;
  retry.lacks_worker = false;
  const bool late = request.purpose == ClaimPurpose::kRun && now.steady > retry.expires;
  if (!late && now.steady < retry.not_before) return false;
  const bool to_run = request.purpose == ClaimPurpose::kRun;
  if (retry.stage == Retry::Stage::kBusy && to_run && RunsHere(request)) return false;
  const Task& task = schedule_->tasks()[TaskOf(request.task)];
  const auto has_worker = [&] {
    retry.lacks_worker = FreeWorkers(*task.policies, now) <= 0;
    return !retry.lacks_worker;
  };
  const bool held_up = held_up_.contains(request.scope);
  if (late) {
    if (retry.stage == Retry::Stage::kHeldBack) {
      Closing& closing = closings_[TaskOf(request.task)];
      if (closing.at < request.at) {
        const std::string& why = request.gap_reason;
        closing = {request.at, request.previous, Outcome::kMissed, why, why, request.at};
      }
      return true;
    }
    // What became late meanwhile is closed under the same run id, so that a claim whose reply was lost is found.
    request.purpose = ClaimPurpose::kRecord;
    request.outcome = Outcome::kMissed;
    request.reason = std::string(held_up ? reason::kStore : WhyLate(now));
    request.record_from = GraceEnd(request);
  }
  const bool queues = Queues(request.overlap);
  const bool unasked = retry.stage == Retry::Stage::kHeldBack && !held_up && !MayClaim(now);
  if (to_run && RunsByItself(*task.policies) && (queues ? store_down_ : unasked)) {
    if ((queues && RunsHere(request)) || !has_worker()) return false;
    DecideWithoutStore(request, now);
    return true;
  }
  if (now.steady < retry.not_before || !MayClaim(now) || outbox_.Owes(request.scope)) return false;
  // What was not asked yet goes into the next round: rounds that overlap would leave no moment for what falls due.
  if (retry.stage == Retry::Stage::kHeldBack && (held_up || asked_ > 0)) return false;
  const bool in_turn = held_up || Queues(request.overlap);
  if (in_turn && asked.contains(request.scope)) return false;
  if (request.purpose == ClaimPurpose::kRun && request.overlap == OverlapPolicy::kSkip && !task.unique() &&
      runs_.Holds(request.scope)) {
    request.purpose = ClaimPurpose::kRecord;
    request.outcome = Outcome::kSkipped;
    request.reason = reason::kOverlap;
  }
  if (request.purpose == ClaimPurpose::kRun && !has_worker()) return false;
  if (in_turn) asked.insert(request.scope);
  // A jump back may have put the watermark before the instant. One that lies ahead by the right clock must not raise it
  // past those that come first.
  WallTime& watermark = watermarks_[TaskOf(request.task)];
  if (request.kind == OccurrenceKind::kScheduled && request.at <= now.wall) watermark = std::max(watermark, request.at);
  Ask(std::move(request));
  return true;
}

// Until the claim in doubt is answered. What becomes late meanwhile is closed together.
void EngineCore::HoldBack(ClaimRequest request, Moment now) {
  request.gap_reason = std::string(reason::kStore);
  RetryLater(request, now.steady - (now.wall - request.at), now.steady, Retry::Stage::kHeldBack);
}

void EngineCore::DispatchClosings(Moment now) {
  if (!MayClaim(now)) return;
  for (auto place = closings_.begin(); place != closings_.end() && asked_ + asking_.size() < kMostAsked;) {
    const auto& [index, closing] = *place;
    if (now.wall < closing.not_before) {
      place = phase_ == Phase::kDraining ? closings_.erase(place) : std::next(place);  // Undecided: left to others.
      continue;
    }
    const Task& task = schedule_->tasks()[index];
    const bool follows = !task.policies->after.empty();
    const Scope scope = MakeScope(task, options_.scope_server);
    if (outbox_.Owes(scope) || held_up_.contains(scope) || (follows && asked_ > 0)) {  // As in TakeUp().
      ++place;
      continue;
    }
    ClaimRequest request = MakeRequest(index, closing.at, closing.previous, closing.gap_reason, now);
    request.purpose = ClaimPurpose::kRecord;
    request.outcome = closing.outcome;
    request.reason = closing.reason;
    if (closing.outcome == Outcome::kMissed) request.gap_reason = request.reason;
    // Every server comes to the same decision about a child, so that nobody is to be waited for.
    if (task.unique() && !follows) request.record_from = GraceEnd(request);
    Ask(std::move(request));
    place = closings_.erase(place);
  }
}

ClaimRequest EngineCore::MakeRequest(TaskIndex index, WallTime at, std::optional<WallTime> previous,
                                     std::string_view gap_reason, Moment now) {
  const Task& task = schedule_->tasks()[index];
  ClaimRequest request;
  request.run_id = ids_.Next(now.wall);
  request.task = task.id;
  request.scope = MakeScope(task, options_.scope_server);
  if (task.trigger->fires_at_start()) request.kind = OccurrenceKind::kStart;
  request.at = request.due = at;
  request.previous = previous;
  request.gap_reason = std::string(gap_reason);
  request.server = options_.server;
  request.overlap = task.policies->overlap;
  request.lease_ttl = options_.lease_ttl;
  request.lock_timeout = task.policies->lock_timeout;
  request.tags = task.policies->tags;
  request.even_in_maintenance_mode = task.policies->even_in_maintenance_mode;
  request.attempts_if_lost = AttemptsIfLost(*task.policies);
  return request;
}

void EngineCore::Ask(ClaimRequest request) {
  if (request.purpose == ClaimPurpose::kRun) ++reserved_workers_[PoolOf(request)];
  asking_.push_back(std::move(request));
}

void EngineCore::SendClaims(Moment now) {
  if (!asking_.empty() && store_down_) store_retry_at_ = now.steady + kStoreRetry;  // One attempt at a time.
  asked_ += asking_.size();
  for (std::size_t first = 0; first < asking_.size(); first += kBatch) {
    const std::size_t last = std::min(asking_.size(), first + kBatch);
    const auto begin = std::make_move_iterator(asking_.begin());
    decision_.actions.push_back(
        action::Claim{{begin + static_cast<std::ptrdiff_t>(first), begin + static_cast<std::ptrdiff_t>(last)}});
  }
  asking_.clear();
}

void EngineCore::Granted(const ClaimRequest& request, const ClaimReply& reply, SteadyTime asked, Moment now) {
  const bool held_up = reply.outcome == ClaimOutcome::kUnanswered || reply.outcome == ClaimOutcome::kBusy;
  if (!held_up) held_up_.erase(request.scope);
  if (!held_up && reply.outcome != ClaimOutcome::kEarly) NoteDecided(request, now);
  if (reply.gap) {
    CloseSpan(*schedule_->tasks()[TaskOf(request.task)].trigger, *reply.gap, now);
    if (reply.gap->run_id == request.run_id) return;  // The span ends with this occurrence.
  }
  switch (reply.outcome) {
    case ClaimOutcome::kClaimed:
      Claimed(request, reply.token, asked, now);
      return;
    case ClaimOutcome::kDecided:
      return;  // Another server runs it, or ran it.
    case ClaimOutcome::kOverlap:
      recent_.Add(Close(request, Outcome::kSkipped, reason::kOverlap, now, reply.holder), now.steady);
      return;
    case ClaimOutcome::kPaused:
      recent_.Add(Close(request, Outcome::kSkipped, reply.reason, now, reply.holder), now.steady);
      return;
    case ClaimOutcome::kEarly:
      // This server's clock is fast: its grace begins when the store will take the claim.
      if (AsksAgain(request) || (phase_ == Phase::kDraining && reply.wait <= kLongestDrain)) {
        const Milliseconds wait = std::max(reply.wait, Milliseconds(1));
        RetryLater(request, now.steady + wait, now.steady + wait, Retry::Stage::kEarly);
      }
      return;
    case ClaimOutcome::kBusy:
      Busy(request, now);
      return;
    case ClaimOutcome::kUnanswered:
      Unanswered(request, now);
      return;
  }
}

// Not what a successor asks for, or the next start finds.
bool EngineCore::AsksAgain(const ClaimRequest& request) const {
  if (phase_ == Phase::kHandingOver) return request.kind == OccurrenceKind::kStart;
  return phase_ == Phase::kFollowing;
}

void EngineCore::Claimed(const ClaimRequest& request, std::uint64_t token, SteadyTime asked, Moment now) {
  const bool unique = schedule_->tasks()[TaskOf(request.task)].unique();
  const Milliseconds good = std::min(options_.lease_ttl, request.lock_timeout) * 9 / 10;
  if (request.purpose == ClaimPurpose::kRecord) {
    recent_.Add(Close(request, request.outcome, request.reason, now), now.steady);
  } else if (unique && asked + good <= now.steady) {
    // This process stood still: whether the lease is still its own, the store must say. A server that is stopping asks
    // no more.
    if (Claiming()) {
      RetryLater(request, now.steady - (now.wall - request.at), now.steady, Retry::Stage::kAsked);
    } else {
      outbox_.Add(Close(request, Outcome::kMissed, reason::kLate, now));
    }
  } else if (phase_ >= Phase::kStopped) {  // Nothing begins any more.
    outbox_.Add(Close(request, Outcome::kCancelled, "shutdown", now));
  } else if (!unique && request.overlap != OverlapPolicy::kAllow && runs_.Holds(request.scope)) {
    // That run began without the store, which could not know of it.
    outbox_.Add(Close(request, Outcome::kSkipped, reason::kOverlap, now, options_.server));
  } else {
    leases_.Add({request.run_id, request.scope}, unique ? LeaseGuard::kFleet : LeaseGuard::kServer, asked,
                request.lock_timeout);
    StartRun(request, token, now);
  }
}

void EngineCore::Unanswered(const ClaimRequest& request, Moment now) {
  if (IsAskedFor(request.kind)) {
    // Told under its run id, in case that it was granted.
    outbox_.Add(Close(request, Outcome::kMissed, reason::kStore, now));
  } else if (!Claiming()) {
    return;  // Undecided: another server takes it, or the next start finds it.
  } else if (const Task& task = schedule_->tasks()[TaskOf(request.task)];
             !task.unique() || task.policies->store_outage == StoreOutage::kOpen) {
    DecideWithoutStore(request, now);
  } else if (phase_ == Phase::kDraining) {
    held_up_.erase(request.scope);
  } else {
    held_up_.insert(request.scope);
    RetryLater(request, now.steady - (now.wall - request.at), now.steady + kStoreRetry, Retry::Stage::kAsked);
  }
}

// The task runs, here or elsewhere, and the occurrence is to wait for its end.
void EngineCore::Busy(const ClaimRequest& request, Moment now) {
  const bool may_wait = IsAskedFor(request.kind) ? Claiming() : AsksAgain(request);
  if (may_wait) {
    ClaimRequest waiting = request;
    waiting.purpose = ClaimPurpose::kRun;  // It may have been called late here.
    return Queue(std::move(waiting), now);
  }
  held_up_.erase(request.scope);
  if (IsAskedFor(request.kind)) outbox_.Add(Close(request, Outcome::kCancelled, "shutdown", now));
}

bool EngineCore::IsBusy(const ClaimRequest& request) const {
  if (!Queues(request.overlap)) return false;
  return RunsHere(request) || std::ranges::any_of(retries_, [&request](const Retry& retry) {
           return retry.expires == SteadyTime::max() && retry.request.scope == request.scope;
         });
}

// Where no store need be asked to know.
bool EngineCore::RunsHere(const ClaimRequest& request) const {
  const bool every_server = !schedule_->tasks()[TaskOf(request.task)].unique();
  return (every_server || store_down_) && runs_.Holds(request.scope);
}

// Puts an occurrence in its place among those that wait for the task. Where one at most is to wait, or too many do, the
// older ones are recorded as skipped.
void EngineCore::Queue(ClaimRequest request, Moment now) {
  if (request.overlap == OverlapPolicy::kCancelPrevious) CancelRunsOf(request.scope, Name(request.overlap), now);
  const std::size_t most = request.overlap == OverlapPolicy::kQueueAll ? kMostQueued : 1;
  const bool scheduled = request.kind == OccurrenceKind::kScheduled;
  Retry waiting{std::move(request), SteadyTime::max(), now.steady + kBusyRetry, Retry::Stage::kBusy};
  const Scope& scope = waiting.request.scope;
  std::vector<Retry*> others;
  for (Retry& retry : retries_) {
    const bool waits = retry.stage == Retry::Stage::kBusy || retry.stage == Retry::Stage::kHeldBack;
    const bool alike = retry.request.kind == OccurrenceKind::kScheduled && retry.request.purpose == ClaimPurpose::kRun;
    if (!waits || !alike || retry.request.scope != scope) continue;
    retry.expires = SteadyTime::max();  // It was held back, as it turns out, by a run.
    others.push_back(&retry);
  }
  if (scheduled) {
    const auto is_older = [&](const Retry* other) { return other->request.at < waiting.request.at; };
    if (std::ranges::any_of(others, is_older)) {
      waiting.stage = Retry::Stage::kHeldBack;
      waiting.not_before = now.steady;
    }
    others.push_back(&waiting);
    std::ranges::sort(others, {}, [](const Retry* one) { return one->request.at; });
    for (std::size_t i = 0; i + most < others.size(); ++i) SkipOverlap(*others[i], now);
  }
  // Those behind it wait for it; one before it may wait for no more than a worker.
  if (waiting.stage == Retry::Stage::kBusy) held_up_.insert(scope);
  retries_.push_back(std::move(waiting));
}

void EngineCore::SkipOverlap(Retry& retry, Moment now) {
  retry.request.purpose = ClaimPurpose::kRecord;
  retry.request.outcome = Outcome::kSkipped;
  retry.request.reason = reason::kOverlap;
  retry.not_before = now.steady;
}

// A run of the scope has ended: whatever waits for it may be next.
void EngineCore::WakeBusy(const Scope& scope, Moment now) {
  if (!held_up_.contains(scope)) return;
  for (Retry& retry : retries_) {
    if (retry.stage == Retry::Stage::kBusy && retry.request.scope == scope) retry.not_before = now.steady;
  }
}

void EngineCore::RetryLater(const ClaimRequest& request, SteadyTime due, SteadyTime not_before, Retry::Stage stage) {
  retries_.push_back({request, due + (GraceEnd(request) - request.at), not_before, stage});
}

WallTime EngineCore::GraceEnd(const ClaimRequest& request) const {
  const Task& task = schedule_->tasks()[TaskOf(request.task)];
  const Milliseconds grace = Agenda::Expiry(*task.trigger, task.policies->misfire, request.at) - request.at;
  const bool chosen = task.policies->misfire.grace.has_value() || task.policies->after.empty();
  return request.due + (chosen ? grace : std::max(grace, kLeastGraceOfChild));
}

// A task that every server runs for itself needs nobody's leave. The store learns of it, under the run ids that it may
// have been asked with, as soon as it answers, before it is asked for anything else of the scope.
void EngineCore::DecideWithoutStore(const ClaimRequest& request, Moment now) {
  constexpr auto kHere = Outbox::DecidedBy::kThisServer;
  const bool to_run = request.purpose == ClaimPurpose::kRun;
  if (to_run && Queues(request.overlap) && runs_.Holds(request.scope)) return Queue(request, now);
  held_up_.erase(request.scope);
  CloseUndecided(request, now);
  NoteDecided(request, now);
  if (request.purpose == ClaimPurpose::kRecord) {
    outbox_.Add(Close(request, request.outcome, request.reason, now), kHere);
  } else if (now.wall > GraceEnd(request) && !Queues(request.overlap)) {
    outbox_.Add(Close(request, Outcome::kMissed, reason::kStore, now), kHere);
  } else if (request.overlap == OverlapPolicy::kSkip && runs_.Holds(request.scope)) {
    outbox_.Add(Close(request, Outcome::kSkipped, reason::kOverlap, now, options_.server), kHere);
  } else {
    StartRun(request, 0, now);
    outbox_.Add(runs_.Find(request.run_id)->record, kHere);
  }
}

// The instants that lie between the last decided one and this, which no store uncovers: it will find the watermark
// moved.
void EngineCore::CloseUndecided(const ClaimRequest& request, Moment now) {
  const TaskIndex index = TaskOf(request.task);
  if (!request.previous || *request.previous <= decided_[index]) return;
  OccurrenceRecord gap = MakeRecord(request);
  gap.run_id = Format("{}.gap", request.run_id);
  gap.scheduled_at = decided_[index] + Milliseconds(1);
  gap.scheduled_last = *request.previous;
  gap.finished_at = now.wall;
  gap.outcome = Outcome::kMissed;
  gap.reason = request.gap_reason;
  CloseSpan(*schedule_->tasks()[index].trigger, std::move(gap), now);
}

void EngineCore::NoteDecided(const ClaimRequest& request, Moment now) {
  if (request.kind != OccurrenceKind::kScheduled) return;
  const TaskIndex index = TaskOf(request.task);
  decided_[index] = std::max(decided_[index], request.at);
  chains_.Decided(index, request.at, now.wall);
  seeded_[index] = false;
}

// A span that the store recorded without knowing the trigger: its first instant and their number are found out here.
void EngineCore::CloseSpan(const Trigger& trigger, OccurrenceRecord span, Moment now) {
  const std::optional<WallTime> first = trigger.Next(span.scheduled_at - Milliseconds(1));
  if (first) span.scheduled_at = std::min(*first, span.scheduled_last);
  span.count = CountInstants(trigger, span.scheduled_at, span.scheduled_last);
  Publish(EventKind::kOccurrenceClosed, now, span, span.count == kMostCounted ? "at least" : "");
  chains_.Note(span);
  outbox_.Add(std::move(span));
}

std::uint64_t EngineCore::CountInstants(const Trigger& trigger, WallTime first, WallTime last) {
  if (last_count_.trigger == &trigger && last_count_.first == first && last_count_.last == last) {
    return last_count_.count;
  }
  std::uint64_t count = 1;
  for (std::optional<WallTime> next = trigger.Next(first); next && *next <= last && count < kMostCounted;) {
    ++count;
    next = trigger.Next(*next);
  }
  last_count_ = {&trigger, first, last, count};
  return count;
}

OccurrenceRecord EngineCore::MakeRecord(const ClaimRequest& request) {
  OccurrenceRecord record;
  record.run_id = request.run_id;
  record.task = request.task;
  record.scope = request.scope;
  record.kind = request.kind;
  record.scheduled_at = record.scheduled_last = request.at;
  record.server = request.server;
  return record;
}

OccurrenceRecord EngineCore::Close(const ClaimRequest& request, Outcome outcome, std::string_view reason, Moment now,
                                   std::string detail) {
  OccurrenceRecord record = MakeRecord(request);
  record.finished_at = now.wall;
  record.outcome = outcome;
  record.reason = std::string(reason);
  Publish(EventKind::kOccurrenceClosed, now, record, std::move(detail));
  chains_.Note(record);
  return record;
}

}  // namespace rota
