#include <utility>

#include "rota/base/check.h"
#include "rota/base/format.h"
#include "rota/engine/engine_core.h"
#include "rota/time/format.h"

// The life of a run: its attempts, what tells it to stop, and its outcome. The rest is in engine_core.cc.

namespace rota {

Run& EngineCore::AddRun(OccurrenceRecord record, std::optional<WallTime> previous) {
  Run run;
  run.task = TaskOf(record.task);
  run.policies = schedule_->tasks()[run.task].policies.get();
  run.previous = previous;
  run.record = std::move(record);
  return runs_.Add(std::move(run));
}

void EngineCore::StartRun(const ClaimRequest& request, std::uint64_t token, Moment now) {
  OccurrenceRecord record = MakeRecord(request);
  record.token = token;
  record.started_at = now.wall;
  StartAttempt(AddRun(std::move(record), request.previous), now);
}

void EngineCore::StartAttempt(Run& run, Moment now) {
  run.begun = run.record.attempt;
  if (run.policies->timeout) runs_.StopAt(run, now.steady + *run.policies->timeout);
  Publish(EventKind::kRunStarted, now, run.record);
  decision_.actions.push_back(action::Start{run.task, run.record, run.previous});
}

// The next attempt of a run whose server died, which the store gave to this one. What is not for this server it does
// not take up: the lease runs out, and the store gives the attempt after it to whoever asks then.
void EngineCore::Adopt(const OccurrenceRecord& record, SteadyTime asked, Moment now) {
  const Task* task = schedule_->Find(record.task);
  if (task == nullptr || !IsFor(*task) || IsWithheld(TaskOf(record.task)) || !Claiming()) return;
  leases_.Add({record.run_id, record.scope}, LeaseGuard::kFleet, asked, task->policies->lock_timeout);
  renew_at_ = now.steady;  // So that the store learns that it was taken up.
  Run& run = AddRun(record, task->trigger->Previous(record.scheduled_at));
  runs_.Wait(run, {Outcome::kLost, "its server died", ""}, now.steady);
}

void EngineCore::On(const input::RunEnded& ended, Moment now) {
  LoseLeases(leases_.TakeLost(now.steady), now);  // The process may have stood still meanwhile.
  Run* run = runs_.Find(ended.run_id);
  ROTA_CHECK(run != nullptr && !run->failed, "an attempt ends once");
  if (phase_ >= Phase::kAbandoned) {  // Its outcome is recorded already.
    leases_.Remove(ended.run_id);
    runs_.Take(ended.run_id);
    return;
  }
  RunResult result = run->Judge(ended.result);
  RunBook::Forget(*run);
  if (run->MayTryAgain(result) && Claiming()) {
    WaitForRetry(*run, std::move(result), now);
  } else {
    EndRun(ended.run_id, result, now);
  }
}

void EngineCore::WaitForRetry(Run& run, RunResult result, Moment now) {
  constexpr double kUnit = 0x1.0p-53;
  const RetryPolicy& retry = run.policies->retry.value();
  const Milliseconds delay = DelayAfter(run.record.attempt, retry, static_cast<double>(dice_() >> 11) * kUnit);
  Publish(EventKind::kAttemptFailed, now, run.Ended(result, now.wall),
          Format("attempt {} of {} follows in {}", run.record.attempt + 1, retry.attempts, FormatDuration(delay)));
  runs_.Wait(run, std::move(result), now.steady + delay);
}

void EngineCore::StartAttempts(Moment now) {
  for (Run* run : runs_.ReadyAgain(now.steady)) {
    if (FreeWorkers(*run->policies, now) <= 0) {
      slots_.Want(run->policies->pool, 1);
      continue;
    }
    runs_.Resume(*run);
    StartAttempt(*run, now);
  }
}

void EngineCore::EndRun(const std::string& run_id, const RunResult& result, Moment now) {
  const Run run = runs_.Take(run_id);
  OccurrenceRecord record = run.Ended(result, now.wall);
  leases_.Remove(run_id);
  Publish(EventKind::kRunFinished, now, record);
  if (run.lease_lost) {
    chains_.LookNow(now.steady);  // Whether it counts, or was lost, only the store knows.
  } else {
    chains_.Note(record);
  }
  outbox_.Add(std::move(record));
}

// What waits for its next attempt ends as its last one did.
void EngineCore::EndWaitingRun(const Run& run, std::string_view cause, Moment now) {
  RunResult result = run.failed.value();
  result.reason += Format("; no further attempt: {}", cause);
  EndRun(std::string(run.record.run_id), result, now);
}

// Has a run end for good: at once where it waits for its next attempt.
void EngineCore::CancelRun(Run& run, std::string_view cause, Moment now) {
  if (!run.stop_cause.empty()) return;
  if (run.failed) return EndWaitingRun(run, cause, now);
  run.stop_cause = std::string(cause);
  run.stop_at = SteadyTime::max();
  StopRun(run, run.lease_lost ? action::StopHow::kLeaseLost : action::StopHow::kStop, now);
}

void EngineCore::CancelRunsOf(const Scope& scope, std::string_view cause, Moment now) {
  for (const std::string& run_id : runs_.Ids()) {
    Run* run = runs_.Find(run_id);
    if (run->record.scope == scope) CancelRun(*run, cause, now);
  }
}

void EngineCore::EndWaitingRuns(std::string_view cause, Moment now) {
  for (const std::string& run_id : runs_.Ids()) {
    const Run* run = runs_.Find(run_id);
    if (run->failed) EndWaitingRun(*run, cause, now);
  }
}

void EngineCore::LoseLeases(const std::vector<LeaseBook::Lost>& lost, Moment now) {
  for (const auto& [run_id, loss] : lost) {
    if (slots_.Lose(run_id)) continue;  // Its run goes on; the next one needs another slot.
    Run* run = runs_.Find(run_id);
    if (run == nullptr || run->policies->overlap == OverlapPolicy::kAllow) continue;  // There it guards nothing.
    Publish(EventKind::kLeaseLost, now, run->record, std::string(Name(loss)));
    run->lease_lost = true;
    if (run->stop_cause.empty()) {
      CancelRun(*run, Name(loss), now);
    } else {
      decision_.actions.push_back(action::Stop{run_id, action::StopHow::kLeaseLost});
    }
  }
}

// Tells a run to stop; its children are killed a while later.
void EngineCore::StopRun(Run& run, action::StopHow how, Moment now) {
  decision_.actions.push_back(action::Stop{run.record.run_id, how});
  runs_.KillAt(run, now.steady + run.policies->kill_after.value_or(options_.kill_after));
}

void EngineCore::StopOverdue(Moment now) {
  for (Run* run : runs_.Overdue(now.steady)) {
    if (now.steady >= run->stop_at) {
      run->stop_at = SteadyTime::max();
      run->timed_out = true;
      StopRun(*run, action::StopHow::kStop, now);
    }
    if (now.steady >= run->kill_at) {
      run->kill_at = SteadyTime::max();
      decision_.actions.push_back(action::Stop{run->record.run_id, action::StopHow::kKill});
    }
  }
}

void EngineCore::StopRuns(action::StopHow how) {
  for (const std::string& run_id : runs_.Ids()) {
    decision_.actions.push_back(action::Stop{run_id, how});
    Run* run = runs_.Find(run_id);
    if (run->stop_cause.empty()) run->stop_cause = "shutdown";
  }
}

}  // namespace rota
