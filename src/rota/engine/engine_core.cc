#include "rota/engine/engine_core.h"

#include <algorithm>
#include <utility>

#include "rota/base/check.h"
#include "rota/base/text.h"
#include "rota/time/format.h"

namespace rota {
namespace {

using std::chrono::seconds;

constexpr Milliseconds kRecordPatience(250);
// At most, for killed children to be reaped and last outcomes to be stored.
constexpr Milliseconds kSettle = seconds(5);

}  // namespace

EngineCore::EngineCore(EngineOptions options, std::shared_ptr<const Schedule> schedule,
                       std::vector<WallTime> watermarks, std::vector<bool> seeded)
    : options_(std::move(options)),
      schedule_(std::move(schedule)),
      watermarks_(std::move(watermarks)),
      decided_(watermarks_),
      seeded_(std::move(seeded)),
      agenda_(*schedule_),
      preference_(*schedule_, agenda_, options_.server),
      leases_(options_.lease_ttl),
      ids_(options_.seed),
      dice_(options_.seed),
      chains_(*schedule_, options_.scope_server),
      slots_(options_.pools, options_.seed) {
  ROTA_CHECK(watermarks_.size() == schedule_->tasks().size(), "a watermark for each task");
  seeded_.resize(watermarks_.size());
  ROTA_CHECK(options_.workers > 0, "at least one worker");
}

void EngineCore::TakeOver(const std::vector<WallTime>& handed) {
  ROTA_CHECK(handed.size() == watermarks_.size(), "a watermark for each task");
  for (TaskIndex i = 0; i < handed.size(); ++i) {
    if (handed[i] <= watermarks_[i]) continue;
    watermarks_[i] = decided_[i] = handed[i];
    seeded_[i] = false;
  }
}

void EngineCore::CatchUp(WallTime now, Beginning beginning) {
  const std::string_view gap_reason = beginning == Beginning::kServer ? reason::kDown : reason::kLate;
  for (const Agenda::Cohort& cohort : agenda_.cohorts()) {
    const std::optional<WallTime> latest = cohort.trigger->Previous(now + Milliseconds(1));
    if (latest) EnqueueDue({&cohort, WallTime::min(), *latest}, gap_reason, {now, SteadyTime::min()});
  }
}

void EngineCore::Follow(WallTime now, Beginning beginning) {
  agenda_.Reset(now);
  if (beginning == Beginning::kSchedule) return;
  for (const Agenda::Cohort& cohort : agenda_.cohorts()) {
    if (cohort.trigger->fires_at_start()) Enqueue(cohort, now, reason::kLate);
  }
}

Decision EngineCore::Decide(const EngineInput& input, Moment now) {
  decision_ = {};
  std::visit([this, now](const auto& told) { On(told, now); }, input);
  LoseLeases(leases_.TakeLost(now.steady), now);
  StopOverdue(now);
  AdvanceShutdown(now);
  if (Claiming()) {
    StartAttempts(now);
    TakeDue(now);
    FollowParents(now);
    Dispatch(now);
    LookUpParents(now);
    WantSlots(now);
  }
  SendSlots(now);
  SendClaims(now);
  Renew(now);
  FlushRecords(now);
  Reassert(now);
  decision_.finished = Finished();
  decision_.wake = NextWake(now);
  return std::move(decision_);
}

void EngineCore::On(const input::Woken&, Moment) {}

void EngineCore::On(const input::ClaimsAnswered& answered, Moment now) {
  if (IsPoolScope(answered.requests.front().scope)) return SlotsAnswered(answered, now);
  asked_ -= answered.requests.size();
  for (const ClaimRequest& request : answered.requests) {
    if (request.purpose == ClaimPurpose::kRun) --reserved_workers_[PoolOf(request)];
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
  const bool renewed_before = std::exchange(renewed_, renewed.reply.has_value());
  if (!renewed.reply) {
    // No answer: the leases stay good until their margin, and the next renewal is tried soon.
    NoteStore(renewed.reply.error(), now);
    renew_at_ = std::min(renew_at_, now.steady + kStoreRetry);
    return;
  }
  if (store_down_ && (!outbox_.empty() || !held_up_.empty())) {
    store_retry_at_ = now.steady;  // It answers again, but whether it decides and writes shows when it has to.
  } else {
    NoteStore(Status::Ok(), now);
  }
  preference_.SetServers(renewed.reply->servers);
  for (const RenewReply::Stop& stop : renewed.reply->stops) {
    if (Run* run = runs_.Find(stop.run_id)) CancelRun(*run, stop.cause, now);
  }
  LoseLeases(leases_.Renewed(renewed.leases, renewed.reply->outcomes, renewed.asked), now);
  // After an outage every server gets one renewal period to show that it lives, before anyone declares it dead.
  // What it would be given to try again may be a newer release's to run.
  const bool reaps = !for_one_run_ && phase_ != Phase::kHandingOver && withheld_.empty();
  if (renewed_before && now.steady >= quiet_until_ && reaps) decision_.actions.push_back(action::Reap{});
}

void EngineCore::On(const input::Reaped& reaped, Moment now) {
  for (const OccurrenceRecord& record : reaped.found) {
    if (record.outcome == Outcome::kRunning) {
      Adopt(record, reaped.asked, now);
      continue;
    }
    const Task* task = record.outcome == Outcome::kUnknown ? schedule_->Find(record.task) : nullptr;
    if (task != nullptr) {
      CloseSpan(*task->trigger, record, now);
    } else {
      Publish(record.outcome == Outcome::kLost ? EventKind::kRunLost : EventKind::kOccurrenceClosed, now, record);
    }
  }
}

void EngineCore::On(const input::Recorded& recorded, Moment now) {
  if (!recorded.outcomes) {
    const Status& error = recorded.outcomes.error();
    NoteStore(error, now);
    // One that lost its state takes them as soon as it was told what this server remembers.
    const bool lost = error.code() == StatusCode::kStateLost;
    return outbox_.Unanswered(now.steady, lost ? now.steady : now.steady + kStoreRetry);
  }
  NoteStore(Status::Ok(), now);
  for (OccurrenceRecord& record : outbox_.Answered(*recorded.outcomes, now.steady, now.steady + kStoreRetry)) {
    WakeBusy(record.scope, now);
    recent_.Add(std::move(record), now.steady);
  }
}

void EngineCore::On(const input::Reasserted& reasserted, Moment now) {
  reasserting_ = false;
  if (!reasserted.pause) {
    NoteStore(reasserted.pause.error(), now);
    store_retry_at_ = now.steady + kStoreRetry;
    return;
  }
  NoteStore(Status::Ok(), now);
  state_lost_ = false;
  quiet_until_ = std::max(quiet_until_, now.steady + *reasserted.pause);
  store_quiet_until_ = quiet_until_;
  renew_at_ = now.steady;
  Publish(EventKind::kStateReasserted, now, Format("claims pause for {}", FormatDuration(*reasserted.pause)));
}

void EngineCore::On(const input::ClockJumped& jumped, Moment now) {
  Publish(EventKind::kClockJumped, now);
  std::get<action::Publish>(decision_.actions.back()).event.change = jumped.change;
  if (jumped.change > leases_.renewal_period()) {
    // A store that goes by this machine's clock may now take leases for run out that are being held: renew at once,
    // and neither claim nor reap before the other servers have renewed too.
    renew_at_ = now.steady;
    renewed_ = false;
    quiet_until_ = std::max(quiet_until_, now.steady + leases_.renewal_period());
  } else if (jumped.change < Milliseconds(0) && phase_ == Phase::kFollowing) {
    // Cohorts must not sleep until instants that lay behind the old, wrong time: those come due again. What was taken
    // up already is kept from running again by what is decided, and from being asked under a second run id by its
    // retry.
    agenda_.Reset(now.wall);
    watermarks_ = decided_;
    const auto ahead = [now](WallTime at) { return at > now.wall; };
    std::erase_if(waiting_, [&](const Waiting& waiting) { return ahead(waiting.at); });
    chains_.ForgetAfter(now.wall);
    std::erase_if(closings_, [&](const auto& entry) { return ahead(entry.second.at); });
    // As do claims that nobody heard of, and what the old time called late and the store early.
    std::erase_if(retries_, [&](const Retry& retry) {
      const bool missed = retry.request.purpose == ClaimPurpose::kRecord && retry.request.outcome == Outcome::kMissed;
      const bool undecided = retry.stage == Retry::Stage::kHeldBack || (retry.stage == Retry::Stage::kEarly && missed);
      return undecided && ahead(retry.request.at);
    });
  }
}

void EngineCore::On(const input::ZonesChanged& changed, Moment now) {
  Publish(EventKind::kZonesChanged, now, Join(changed.names, ", "));
  TakeDue(now);  // What has come by the old rules; then every cohort is put where the new ones want it.
  if (phase_ == Phase::kFollowing) agenda_.Reset(now.wall);
}

void EngineCore::On(const input::RunRequested& requested, Moment now) {
  for_one_run_ = true;
  const std::optional<WallTime>& at = requested.backfill;
  const Trigger& trigger = *schedule_->tasks()[requested.task].trigger;
  ClaimRequest request =
      MakeRequest(requested.task, at.value_or(now.wall), at ? trigger.Previous(*at) : std::nullopt, "", now);
  request.kind = at ? OccurrenceKind::kBackfill : OccurrenceKind::kManual;
  if (at && request.overlap != OverlapPolicy::kAllow) request.overlap = OverlapPolicy::kQueueOne;
  if (slots_.Limits(PoolOf(request))) {
    retries_.push_back({std::move(request), SteadyTime::max(), now.steady, Retry::Stage::kAsked});
  } else {
    Ask(std::move(request));
  }
}

// What was asked may have been granted, and what runs goes on.
void EngineCore::On(const input::Withheld& withheld, Moment now) {
  ROTA_CHECK(withheld.tasks.empty() || withheld.tasks.size() == watermarks_.size(), "an answer for each task");
  bool resumed = false;
  for (TaskIndex i = 0; i < withheld_.size(); ++i) {
    resumed = resumed || (withheld_[i] && (withheld.tasks.empty() || !withheld.tasks[i]));
  }
  withheld_ = withheld.tasks;
  const auto leave = [this](TaskIndex task) {
    if (IsWithheld(task)) watermarks_[task] = decided_[task];
    return IsWithheld(task);
  };
  chains_.Leave(leave);
  std::erase_if(closings_, [&](const auto& entry) { return leave(entry.first); });
  std::erase_if(retries_, [&](const Retry& retry) {
    return retry.stage != Retry::Stage::kAsked && leave(TaskOf(retry.request.task));
  });
  // Whoever had them may have decided less than it was to.
  if (resumed && phase_ == Phase::kFollowing) CatchUp(now.wall, Beginning::kSchedule);
}

// It knows what the other one does not: its runs, and what it decided.
void EngineCore::On(const input::StateLost&, Moment) { state_lost_ = true; }

// Of what was asked, an answer may be under way that only this core can take.
void EngineCore::On(const input::HandoverRequested&, Moment) {
  if (phase_ != Phase::kFollowing) return;
  phase_ = Phase::kHandingOver;
  const auto leave = [this](TaskIndex task, WallTime at) {
    watermarks_[task] = std::max(decided_[task], std::min(watermarks_[task], at - Milliseconds(1)));
    return true;
  };
  const auto at_start = [this](TaskIndex task) { return schedule_->tasks()[task].trigger->fires_at_start(); };
  std::erase_if(waiting_, [](const Waiting& waiting) { return !waiting.cohort->trigger->fires_at_start(); });
  for (const auto& [child, at] : chains_.TakeAll()) leave(child, at);
  std::erase_if(closings_,
                [&](const auto& entry) { return !at_start(entry.first) && leave(entry.first, entry.second.at); });
  std::erase_if(retries_, [&](const Retry& retry) {
    const TaskIndex task = TaskOf(retry.request.task);
    return retry.stage != Retry::Stage::kAsked && !at_start(task) && leave(task, retry.request.at);
  });
}

std::vector<WallTime> EngineCore::HandedOver() const {
  std::vector<WallTime> handed = watermarks_;
  for (TaskIndex i = 0; i < handed.size(); ++i) {
    // Where only the store decides, it lets one of the two have what is under way.
    const TaskPolicies& policies = *schedule_->tasks()[i].policies;
    const bool store_decides =
        policies.placement == Placement::kOneServer && policies.store_outage == StoreOutage::kClosed;
    if (store_decides) handed[i] = decided_[i];
  }
  return handed;
}

void EngineCore::On(const input::DrainRequested&, Moment now) {
  if (phase_ <= Phase::kHandingOver) phase_ = Phase::kDraining;
  chains_.LookNow(now.steady);
}

void EngineCore::On(const input::ShutdownRequested&, Moment now) {
  if (phase_ > Phase::kDraining) {
    if (phase_ == Phase::kStopping) phase_ends_ = now.steady;
    return;
  }
  Publish(EventKind::kServerStopping, now,
          Format("{} running{}", runs_.all().size(), phase_ == Phase::kHandingOver ? " of an earlier schedule" : ""));
  phase_ = Phase::kStopping;
  phase_ends_ = now.steady + options_.shutdown_grace;
  waiting_.clear();
  chains_.TakeAll();
  closings_.clear();
  for (const Retry& retry : retries_) {
    if (!IsAskedFor(retry.request.kind)) continue;  // Undecided: left to others.
    outbox_.Add(Close(retry.request, Outcome::kCancelled, "shutdown", now));
  }
  retries_.clear();
  EndWaitingRuns("shutdown", now);
}

void EngineCore::NoteStore(const Status& status, Moment now) {
  if (status.code() == StatusCode::kStateLost) {
    if (!std::exchange(state_lost_, true)) Publish(EventKind::kStateLost, now, status.message());
    return;
  }
  if (!status.ok()) store_retry_at_ = now.steady + kStoreRetry;
  if (status.ok() == !store_down_) return;
  store_down_ = !status.ok();
  Publish(store_down_ ? EventKind::kStoreUnavailable : EventKind::kStoreAvailable, now, status.message());
}

void EngineCore::Renew(Moment now) {
  if (renewing_ || state_lost_ || now.steady < renew_at_ || Finished()) return;
  renewing_ = true;
  renew_at_ = now.steady + leases_.renewal_period();
  decision_.actions.push_back(action::Renew{leases_.Held()});
}

void EngineCore::FlushRecords(Moment now) {
  if (outbox_.empty()) flush_by_ = SteadyTime::max();
  if (outbox_.empty() || outbox_.under_way() || state_lost_ || !StoreMayAnswer(now)) return;
  // Claims first: what is due is to start on time, while the store may hear a little later of what has ended.
  if (flush_by_ == SteadyTime::max()) flush_by_ = now.steady + kRecordPatience;
  if (asked_ > 0 && now.steady < flush_by_) return;
  std::vector<OccurrenceRecord> batch = outbox_.Send(now.steady);
  if (!batch.empty()) decision_.actions.push_back(action::Record{std::move(batch)});
}

// Not while claims or records are under way: what the store answered them belongs to what is remembered.
void EngineCore::Reassert(Moment now) {
  if (!state_lost_ || reasserting_ || asked_ > 0 || outbox_.under_way() || now.steady < store_retry_at_) return;
  reasserting_ = true;
  decision_.actions.push_back(action::Reassert{Remember(now)});
}

Memory EngineCore::Remember(Moment now) const {
  Memory memory;
  memory.records = recent_.All();
  std::ranges::move(outbox_.All(), std::back_inserter(memory.records));
  for (const auto& [run_id, run] : runs_.all()) {
    const std::optional<Milliseconds> lock_left = leases_.LockLeft(run_id, now.steady);
    if (!lock_left) {  // It was told to stop; what becomes of it is still to come.
      memory.records.push_back(run.record);
      continue;
    }
    const TaskPolicies& policies = *run.policies;
    memory.runs.push_back({run.record, policies.overlap, options_.lease_ttl, *lock_left, AttemptsIfLost(policies),
                           policies.lock_timeout});
  }
  for (const auto& [name, pool] : options_.pools) {
    if (!pool.fleet_limit) continue;
    for (const std::string& id : slots_.Held(name)) {
      memory.slots.push_back({id, PoolScope(name), options_.server, options_.lease_ttl});
    }
  }
  for (TaskIndex i = 0; i < decided_.size(); ++i) {
    if (seeded_[i]) continue;  // It would hide what others decided before, and what they are about to.
    const Task& task = schedule_->tasks()[i];
    const std::optional<WallTime> instant = task.trigger->Previous(decided_[i] + Milliseconds(1));
    if (instant) memory.watermarks.push_back({MakeScope(task, options_.scope_server), *instant});
  }
  return memory;
}

void EngineCore::AdvanceShutdown(Moment now) {
  // With nothing but outcomes left to store, there is no running work to be given a grace.
  if (OnlyStoreMissing() && phase_ >= Phase::kDraining && phase_ < Phase::kAbandoned) {
    phase_ = Phase::kAbandoned;
    phase_ends_ = now.steady + options_.kill_after;
  }
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
    for (const auto& [run_id, run] : runs_.all()) {
      OccurrenceRecord record = run.record;
      record.finished_at = now.wall;
      record.outcome = Outcome::kCancelled;
      record.reason = "did not stop at shutdown";
      Publish(EventKind::kRunFinished, now, record);
      outbox_.Add(std::move(record));
    }
    phase_ = Phase::kAbandoned;
    phase_ends_ = now.steady + kSettle;
  } else {
    if (!outbox_.empty()) {
      Publish(EventKind::kStoreUnavailable, now,
              Format("{} could not be recorded", rota::Count(outbox_.size(), "outcome")));
    }
    phase_ = Phase::kOver;
    phase_ends_ = SteadyTime::max();
  }
}

SteadyTime EngineCore::NextWake(Moment now) const {
  // The wall clock may move while the loop sleeps: look again at least once a minute.
  SteadyTime wake = now.steady + std::chrono::minutes(1);
  const auto at_wall = [&wake, now](WallTime instant) {
    wake = std::min(wake, instant <= now.wall ? now.steady : now.steady + (instant - now.wall));
  };
  wake = std::min(
      {wake, leases_.NextDeadline(), runs_.NextDeadline(now.steady), slots_.NextDeadline(now.steady), phase_ends_});
  if (!renewing_ && !state_lost_) wake = std::min(wake, renew_at_);
  if (state_lost_ && !reasserting_ && store_retry_at_ > now.steady) wake = std::min(wake, store_retry_at_);
  const bool needs_store = !retries_.empty() || !closings_.empty() || !waiting_.empty() || !outbox_.empty();
  if (store_down_ && needs_store && store_retry_at_ > now.steady) wake = std::min(wake, store_retry_at_);
  if (outbox_.retry_at() > now.steady) wake = std::min(wake, outbox_.retry_at());
  if (flush_by_ > now.steady) wake = std::min(wake, flush_by_);
  if (phase_ == Phase::kFollowing && agenda_.NextDue()) at_wall(*agenda_.NextDue());
  for (const Waiting& waiting : waiting_) {
    if (asked_ > 0) break;  // The answer wakes it.
    if (now.wall < waiting.not_before) {
      at_wall(waiting.not_before);
    } else if (waiting.expires != WallTime::max()) {
      at_wall(waiting.expires + Milliseconds(1));
    }
  }
  if (Claiming() && chains_.stirred()) wake = now.steady;
  if (Claiming() && MayLookUp()) wake = std::min(wake, chains_.next_look());
  if (now.steady < quiet_until_) wake = std::min(wake, quiet_until_);
  for (const auto& [index, closing] : closings_) {
    if (closing.not_before > now.wall) at_wall(closing.not_before);
  }
  for (const Retry& retry : retries_) {
    if (retry.not_before > now.steady) wake = std::min(wake, retry.not_before);
    const bool expires = retry.request.purpose == ClaimPurpose::kRun && retry.expires != SteadyTime::max();
    if (expires) wake = std::min(wake, retry.expires + Milliseconds(1));
  }
  return std::max(wake, now.steady);
}

bool EngineCore::Finished() const {
  if (phase_ == Phase::kOver) return true;
  if (phase_ == Phase::kFollowing || asked_ > 0 || !outbox_.empty()) return false;
  if (phase_ == Phase::kAbandoned) return true;
  if (Claiming() && (looking_up_ || chains_.stirred())) return false;
  return runs_.all().empty() && waiting_.empty() && retries_.empty() && closings_.empty() && asking_.empty();
}

// What is left to be done waits for the store, or for the parts of it that do not answer.
bool EngineCore::OnlyStoreMissing() const {
  if (!runs_.all().empty() || asked_ > 0 || outbox_.empty()) return false;
  return store_down_ || (outbox_.stuck() && waiting_.empty() && retries_.empty());
}

// A store that is down is asked one thing at a time.
bool EngineCore::StoreMayAnswer(Moment now) const {
  return !store_down_ || (asked_ == 0 && !outbox_.under_way() && now.steady >= store_retry_at_);
}

bool EngineCore::HeldByStore(Moment now) const { return store_down_ || state_lost_ || now.steady < store_quiet_until_; }

std::string_view EngineCore::WhyLate(Moment now) const { return HeldByStore(now) ? reason::kStore : reason::kLate; }

bool EngineCore::MayClaim(Moment now) const {
  return StoreMayAnswer(now) && !state_lost_ && now.steady >= quiet_until_;
}

bool EngineCore::RunsByItself(const TaskPolicies& policies) const {
  return policies.placement == Placement::kEveryServer || (policies.store_outage == StoreOutage::kOpen && store_down_);
}

const std::string& EngineCore::PoolOf(const ClaimRequest& request) const {
  return schedule_->tasks()[TaskOf(request.task)].policies->pool;
}

TaskIndex EngineCore::TaskOf(const TaskId& id) const {
  const Task* task = schedule_->Find(id);
  ROTA_CHECK(task != nullptr, "claims are for tasks of the schedule");
  return static_cast<TaskIndex>(task - schedule_->tasks().data());
}

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
