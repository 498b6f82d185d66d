#include "rota/engine/engine_core.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "rota/base/check.h"

namespace rota {
namespace {

using std::chrono::seconds;

constexpr Milliseconds kEarlyRetry(250);
constexpr Milliseconds kStoreRetry = seconds(1);
constexpr Milliseconds kSettle = seconds(1);  // For killed children to be reaped and last outcomes to be stored.
constexpr std::size_t kBatch = 500;           // Claims or records in one call.

}  // namespace

EngineCore::EngineCore(EngineOptions options, std::shared_ptr<const Schedule> schedule,
                       std::vector<WallTime> watermarks)
    : options_(std::move(options)),
      schedule_(std::move(schedule)),
      watermarks_(std::move(watermarks)),
      agenda_(*schedule_),
      leases_(options_.lease_ttl),
      ids_(options_.seed) {
  ROTA_CHECK(watermarks_.size() == schedule_->tasks().size(), "a watermark for each task");
  ROTA_CHECK(options_.workers > 0, "at least one worker");
}

void EngineCore::CatchUp(WallTime now) {
  for (const Agenda::Cohort& cohort : agenda_.cohorts()) {
    const std::optional<WallTime> latest = cohort.trigger->Previous(now + Milliseconds(1));
    if (latest) Enqueue(cohort, *latest, reason::kDown);
  }
}

void EngineCore::Follow(WallTime now) { agenda_.Reset(now); }

Decision EngineCore::Decide(const EngineInput& input, Moment now) {
  decision_ = {};
  std::visit([this, now](const auto& told) { On(told, now); }, input);
  LoseLeases(leases_.TakeLost(now.steady), now);
  KillOverdue(now);
  AdvanceShutdown(now);
  if (Claiming()) {
    TakeDue(now);
    Dispatch(now);
  }
  SendClaims(now);
  Renew(now);
  FlushRecords(now);
  decision_.finished = Finished();
  decision_.wake = NextWake(now);
  return std::move(decision_);
}

void EngineCore::On(const input::Woken&, Moment) {}

void EngineCore::On(const input::ClaimsAnswered& answered, Moment now) {
  asked_ -= answered.requests.size();
  for (const ClaimRequest& request : answered.requests) {
    if (request.purpose == ClaimPurpose::kRun) --reserved_workers_;
  }
  if (!answered.replies) {
    NoteStore(answered.replies.error(), now);
    for (const ClaimRequest& request : answered.requests) Unanswered(request, now);
    return;
  }
  NoteStore(Status::Ok(), now);
  ROTA_CHECK(answered.replies->size() == answered.requests.size(), "a reply for each claim");
  for (std::size_t i = 0; i < answered.requests.size(); ++i) {
    Granted(answered.requests[i], (*answered.replies)[i], answered.asked, now);
  }
}

void EngineCore::On(const input::LeasesRenewed& renewed, Moment now) {
  renewing_ = false;
  if (!renewed.outcomes) {
    // No answer: the leases stay good until their margin, and the next renewal is tried soon.
    NoteStore(renewed.outcomes.error(), now);
    renew_at_ = std::min(renew_at_, now.steady + kStoreRetry);
    return;
  }
  NoteStore(Status::Ok(), now);
  LoseLeases(leases_.Renewed(renewed.leases, *renewed.outcomes, renewed.asked), now);
}

void EngineCore::On(const input::Reaped& reaped, Moment now) {
  for (const OccurrenceRecord& record : reaped.lost) Publish(EventKind::kRunLost, now, record);
}

void EngineCore::On(const input::Recorded& recorded, Moment now) {
  NoteStore(recorded.status, now);
  if (recorded.status.ok()) {
    unrecorded_.erase(unrecorded_.begin(), unrecorded_.begin() + static_cast<std::ptrdiff_t>(recording_));
  }
  recording_ = 0;
}

void EngineCore::On(const input::RunEnded& ended, Moment now) {
  const auto place = runs_.find(ended.run_id);
  if (place == runs_.end()) return;  // Abandoned before it ended.
  OccurrenceRecord record = std::move(place->second.record);
  runs_.erase(place);
  leases_.Remove(ended.run_id);
  record.finished_at = now.wall;
  record.outcome = ended.result.outcome;
  record.reason = ended.result.reason;
  record.output_tail = ended.result.output_tail;
  Publish(EventKind::kRunFinished, now, record);
  unrecorded_.push_back(std::move(record));
}

void EngineCore::On(const input::ClockJumped& jumped, Moment now) {
  Publish(EventKind::kClockJumped, now);
  std::get<action::Publish>(decision_.actions.back()).event.change = jumped.change;
  // Forwards, the agenda finds what has come meanwhile. Backwards, cohorts must not sleep until instants that lay
  // behind the old, wrong time; what was taken up already is kept from running again by the watermarks.
  if (jumped.change < Milliseconds(0) && phase_ == Phase::kFollowing) agenda_.Reset(now.wall);
}

void EngineCore::On(const input::RunRequested& requested, Moment now) {
  ClaimRequest request = MakeRequest(requested.task, now.wall, "", now);
  request.kind = OccurrenceKind::kManual;
  request.previous.reset();
  Ask(std::move(request));
}

void EngineCore::On(const input::DrainRequested&, Moment) {
  if (phase_ == Phase::kFollowing) phase_ = Phase::kDraining;
}

void EngineCore::On(const input::ShutdownRequested&, Moment now) {
  if (phase_ > Phase::kDraining) {
    if (phase_ == Phase::kStopping) phase_ends_ = now.steady;
    return;
  }
  Publish(EventKind::kServerStopping, now, Format("{} running", runs_.size()));
  phase_ = Phase::kStopping;
  phase_ends_ = now.steady + options_.shutdown_grace;
  waiting_.clear();
  closings_.clear();
  retries_.clear();
}

void EngineCore::TakeDue(Moment now) {
  if (phase_ != Phase::kFollowing) return;
  for (const Agenda::Due& due : agenda_.PopDue(now.wall)) {
    Enqueue(*due.cohort, due.at, store_down_ ? reason::kStore : reason::kLate);
  }
}

void EngineCore::Enqueue(const Agenda::Cohort& cohort, WallTime at, std::string_view gap_reason) {
  waiting_.push_back({&cohort, at, Agenda::Expiry(*cohort.trigger, cohort.grace, at), gap_reason});
}

void EngineCore::Dispatch(Moment now) {
  DispatchRetries(now);
  for (Waiting& waiting : waiting_) DispatchWaiting(waiting, now);
  std::erase_if(waiting_, [](const Waiting& waiting) { return waiting.next == waiting.cohort->tasks.size(); });
  DispatchClosings(now);
}

void EngineCore::DispatchWaiting(Waiting& waiting, Moment now) {
  const std::vector<TaskIndex>& members = waiting.cohort->tasks;
  const bool late = now.wall > waiting.expires;
  const bool every_server = waiting.cohort->placement == Placement::kEveryServer;
  const bool can_ask = StoreMayAnswer(now);
  for (; waiting.next < members.size(); ++waiting.next) {
    const TaskIndex index = members[waiting.next];
    if (waiting.at <= watermarks_[index]) continue;
    const std::vector<std::string>& environments = schedule_->tasks()[index].policies->environments;
    if (!environments.empty() && std::ranges::find(environments, options_.environment) == environments.end()) {
      closings_[index] = {waiting.at, Outcome::kSkipped, reason::kEnvironment};
    } else if (late) {
      closings_[index] = {waiting.at, Outcome::kMissed, can_ask ? waiting.gap_reason : reason::kStore};
    } else if (FreeWorkers() == 0 || (!can_ask && !every_server)) {
      return;  // Waits within its grace: a unique task cannot be claimed without its store.
    } else if (can_ask) {
      Ask(MakeRequest(index, waiting.at, waiting.gap_reason, now));
    } else {
      StartWithoutStore(MakeRequest(index, waiting.at, waiting.gap_reason, now), now);
    }
    watermarks_[index] = waiting.at;
  }
}

void EngineCore::DispatchRetries(Moment now) {
  for (Retry& retry : std::exchange(retries_, {})) {
    // What became late meanwhile is closed under the same run id, so that a claim whose reply was lost is found.
    if (retry.request.purpose == ClaimPurpose::kRun && now.wall > retry.expires) {
      retry.request.purpose = ClaimPurpose::kRecord;
      retry.request.outcome = Outcome::kMissed;
      retry.request.reason = std::string(store_down_ ? reason::kStore : reason::kLate);
    }
    const bool has_worker = retry.request.purpose == ClaimPurpose::kRecord || FreeWorkers() > 0;
    if (now.steady >= retry.not_before && StoreMayAnswer(now) && has_worker) {
      Ask(std::move(retry.request));
    } else {
      retries_.push_back(std::move(retry));
    }
  }
}

void EngineCore::DispatchClosings(Moment now) {
  if (!StoreMayAnswer(now)) return;
  for (const auto& [index, closing] : closings_) {
    ClaimRequest request = MakeRequest(index, closing.at, closing.reason, now);
    request.purpose = ClaimPurpose::kRecord;
    request.outcome = closing.outcome;
    request.reason = std::string(closing.reason);
    if (closing.outcome != Outcome::kMissed) request.gap_reason = std::string(reason::kLate);
    Ask(std::move(request));
  }
  closings_.clear();
}

ClaimRequest EngineCore::MakeRequest(TaskIndex index, WallTime at, std::string_view gap_reason, Moment now) {
  const Task& task = schedule_->tasks()[index];
  ClaimRequest request;
  request.run_id = ids_.Next(now.wall);
  request.task = task.id;
  request.scope = MakeScope(task, options_.server);
  request.at = at;
  request.previous = task.trigger->Previous(at);
  request.gap_reason = std::string(gap_reason);
  request.server = options_.server;
  request.overlap = task.policies->overlap;
  request.lease_ttl = options_.lease_ttl;
  request.lock_timeout = task.policies->lock_timeout;
  return request;
}

void EngineCore::Ask(ClaimRequest request) {
  if (request.purpose == ClaimPurpose::kRun) ++reserved_workers_;
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
  if (reply.gap) {
    CloseGap(request, *reply.gap, now);
    if (reply.gap->run_id == request.run_id) return;  // The span ends with this occurrence.
  }
  switch (reply.outcome) {
    case ClaimOutcome::kClaimed:
      if (request.purpose == ClaimPurpose::kRecord) {
        Close(request, request.outcome, request.reason, "", now);
        return;
      }
      leases_.Add({request.run_id, request.scope},
                  schedule_->tasks()[TaskOf(request)].unique() ? LeaseGuard::kFleet : LeaseGuard::kServer, asked,
                  request.lock_timeout);
      StartRun(request, reply.token, now);
      return;
    case ClaimOutcome::kDecided:
      return;  // Another server runs it, or ran it.
    case ClaimOutcome::kOverlap:
      Close(request, Outcome::kSkipped, std::string(reason::kOverlap), reply.holder, now);
      return;
    case ClaimOutcome::kPaused:
      Close(request, Outcome::kSkipped, std::string(reason::kPaused), reply.holder, now);
      return;
    case ClaimOutcome::kEarly:
      if (Claiming()) RetryLater(request, now.steady + kEarlyRetry);
      return;
  }
}

void EngineCore::Unanswered(const ClaimRequest& request, Moment now) {
  const bool every_server = !schedule_->tasks()[TaskOf(request)].unique();
  if (request.purpose == ClaimPurpose::kRun && every_server && Claiming()) {
    StartWithoutStore(request, now);
  } else if (request.kind == OccurrenceKind::kManual || phase_ != Phase::kFollowing) {
    Close(request, Outcome::kMissed, std::string(reason::kStore), "", now);
  } else {
    RetryLater(request, store_retry_at_);
  }
}

void EngineCore::RetryLater(const ClaimRequest& request, SteadyTime not_before) {
  const Task& task = schedule_->tasks()[TaskOf(request)];
  retries_.push_back({request, Agenda::Expiry(*task.trigger, task.policies->grace, request.at), not_before});
}

// A task that every server runs for itself needs nobody's leave; its outcome is stored when the store is back.
void EngineCore::StartWithoutStore(const ClaimRequest& request, Moment now) {
  if (request.overlap == OverlapPolicy::kAllow || !Runs(request.scope)) {
    StartRun(request, 0, now);
    return;
  }
  Close(request, Outcome::kSkipped, std::string(reason::kOverlap), options_.server, now);
  unrecorded_.push_back(std::get<action::Publish>(decision_.actions.back()).event.record.value());
}

bool EngineCore::Runs(const Scope& scope) const {
  return std::ranges::any_of(runs_, [&scope](const auto& entry) { return entry.second.record.scope == scope; });
}

void EngineCore::CloseGap(const ClaimRequest& request, OccurrenceRecord gap, Moment now) {
  // Counting stops somewhere: a task that fires every second and was away for a year has thirty million.
  constexpr std::uint64_t kMost = 1'000'000;
  const Trigger& trigger = *schedule_->tasks()[TaskOf(request)].trigger;
  std::optional<WallTime> instant = trigger.Next(gap.scheduled_at - Milliseconds(1));
  if (instant) gap.scheduled_at = *instant;
  gap.count = 0;
  for (; instant && *instant <= gap.scheduled_last && gap.count < kMost; instant = trigger.Next(*instant)) ++gap.count;
  Publish(EventKind::kOccurrenceClosed, now, gap, gap.count == kMost ? "at least" : "");
  unrecorded_.push_back(std::move(gap));
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

void EngineCore::Close(const ClaimRequest& request, Outcome outcome, std::string reason, std::string detail,
                       Moment now) {
  OccurrenceRecord record = MakeRecord(request);
  record.finished_at = now.wall;
  record.outcome = outcome;
  record.reason = std::move(reason);
  Publish(EventKind::kOccurrenceClosed, now, record, std::move(detail));
}

void EngineCore::StartRun(const ClaimRequest& request, std::uint64_t token, Moment now) {
  Run run;
  run.task = TaskOf(request);
  run.record = MakeRecord(request);
  run.record.token = token;
  run.record.started_at = now.wall;
  Publish(EventKind::kRunStarted, now, run.record);
  decision_.actions.push_back(action::Start{run.task, run.record, request.previous});
  if (phase_ >= Phase::kStopped) decision_.actions.push_back(action::Stop{request.run_id, action::StopHow::kStop});
  runs_.emplace(request.run_id, std::move(run));
}

void EngineCore::LoseLeases(const std::vector<LeaseBook::Lost>& lost, Moment now) {
  for (const auto& [run_id, loss] : lost) {
    const auto place = runs_.find(run_id);
    if (place == runs_.end()) continue;
    const TaskPolicies& policies = *schedule_->tasks()[place->second.task].policies;
    if (policies.overlap == OverlapPolicy::kAllow) continue;  // There the lease guards nothing.
    decision_.actions.push_back(action::Stop{run_id, action::StopHow::kLeaseLost});
    place->second.kill_at = now.steady + options_.kill_after;
    Publish(EventKind::kLeaseLost, now, place->second.record, std::string(Name(loss)));
  }
}

void EngineCore::NoteStore(const Status& status, Moment now) {
  if (!status.ok()) store_retry_at_ = now.steady + kStoreRetry;
  if (status.ok() == !store_down_) return;
  store_down_ = !status.ok();
  Publish(store_down_ ? EventKind::kStoreUnavailable : EventKind::kStoreAvailable, now, status.message());
}

void EngineCore::Renew(Moment now) {
  if (renewing_ || now.steady < renew_at_ || Finished()) return;
  renewing_ = true;
  renew_at_ = now.steady + leases_.renewal_period();
  decision_.actions.push_back(action::Renew{leases_.Held()});
}

void EngineCore::FlushRecords(Moment now) {
  if (recording_ > 0 || unrecorded_.empty() || !StoreMayAnswer(now)) return;
  recording_ = std::min(unrecorded_.size(), kBatch);
  const auto end = unrecorded_.begin() + static_cast<std::ptrdiff_t>(recording_);
  decision_.actions.push_back(action::Record{{unrecorded_.begin(), end}});
}

void EngineCore::AdvanceShutdown(Moment now) {
  const bool only_store_missing = runs_.empty() && asked_ == 0 && store_down_ && !unrecorded_.empty();
  if (phase_ == Phase::kDraining && only_store_missing) On(input::ShutdownRequested{}, now);
  if (phase_ < Phase::kStopping || now.steady < phase_ends_) return;
  if (phase_ == Phase::kStopping) {
    StopRuns(action::StopHow::kStop);
    phase_ = Phase::kStopped;
    phase_ends_ = now.steady + options_.kill_after;
  } else if (phase_ == Phase::kStopped) {
    StopRuns(action::StopHow::kKill);
    phase_ = Phase::kKilled;
    phase_ends_ = now.steady + kSettle;
  } else if (phase_ == Phase::kKilled) {
    for (auto& [run_id, run] : runs_) {
      OccurrenceRecord record = run.record;
      record.finished_at = now.wall;
      record.outcome = Outcome::kCancelled;
      record.reason = "did not stop at shutdown";
      Publish(EventKind::kRunFinished, now, record);
      unrecorded_.push_back(std::move(record));
    }
    phase_ = Phase::kAbandoned;
    phase_ends_ = now.steady + kSettle;
  } else {
    if (!unrecorded_.empty()) {
      Publish(EventKind::kStoreUnavailable, now, Format("{} outcomes could not be recorded", unrecorded_.size()));
    }
    phase_ = Phase::kOver;
    phase_ends_ = SteadyTime::max();
  }
}

void EngineCore::KillOverdue(Moment now) {
  for (auto& [run_id, run] : runs_) {
    if (now.steady < run.kill_at) continue;
    decision_.actions.push_back(action::Stop{run_id, action::StopHow::kKill});
    run.kill_at = SteadyTime::max();
  }
}

void EngineCore::StopRuns(action::StopHow how) {
  for (const auto& [run_id, run] : runs_) decision_.actions.push_back(action::Stop{run_id, how});
}

SteadyTime EngineCore::NextWake(Moment now) const {
  // The wall clock may move while the loop sleeps: look again at least once a minute.
  SteadyTime wake = now.steady + std::chrono::minutes(1);
  const auto at_wall = [&wake, now](WallTime instant) {
    wake = std::min(wake, instant <= now.wall ? now.steady : now.steady + (instant - now.wall));
  };
  wake = std::min({wake, leases_.NextDeadline(), phase_ends_});
  if (!renewing_) wake = std::min(wake, renew_at_);
  for (const auto& [run_id, run] : runs_) wake = std::min(wake, run.kill_at);
  const bool needs_store = !retries_.empty() || !closings_.empty() || !waiting_.empty() || !unrecorded_.empty();
  if (store_down_ && needs_store && store_retry_at_ > now.steady) wake = std::min(wake, store_retry_at_);
  if (phase_ == Phase::kFollowing && agenda_.NextDue()) at_wall(*agenda_.NextDue());
  for (const Waiting& waiting : waiting_) at_wall(waiting.expires + Milliseconds(1));
  for (const Retry& retry : retries_) {
    if (retry.not_before > now.steady) wake = std::min(wake, retry.not_before);
    if (retry.request.purpose == ClaimPurpose::kRun) at_wall(retry.expires + Milliseconds(1));
  }
  return std::max(wake, now.steady);
}

bool EngineCore::Finished() const {
  if (phase_ == Phase::kOver) return true;
  if (phase_ == Phase::kFollowing || asked_ > 0 || !unrecorded_.empty()) return false;
  if (phase_ == Phase::kAbandoned) return true;
  return runs_.empty() && waiting_.empty() && retries_.empty() && closings_.empty() && asking_.empty();
}

TaskIndex EngineCore::TaskOf(const ClaimRequest& request) const {
  const Task* task = schedule_->Find(request.task);
  ROTA_CHECK(task != nullptr, "claims are for tasks of the schedule");
  return static_cast<TaskIndex>(task - schedule_->tasks().data());
}

int EngineCore::FreeWorkers() const { return options_.workers - reserved_workers_ - static_cast<int>(runs_.size()); }

void EngineCore::Publish(EventKind kind, Moment now, std::string detail) {
  Event event;
  event.kind = kind;
  event.at = now.wall;
  event.server = options_.server;
  event.detail = std::move(detail);
  decision_.actions.push_back(action::Publish{std::move(event)});
}

void EngineCore::Publish(EventKind kind, Moment now, const OccurrenceRecord& record, std::string detail) {
  Publish(kind, now, std::move(detail));
  std::get<action::Publish>(decision_.actions.back()).event.record = record;
}

}  // namespace rota
