#include "rota/engine/engine_core.h"

#include <algorithm>
#include <utility>

#include "rota/base/check.h"
#include "rota/base/format.h"
#include "rota/time/format.h"

// The life of a run: its attempts, what tells it to stop, and its outcome. The rest is in engine_core.cc.

namespace rota {

void EngineCore::StartRun(const ClaimRequest& request, std::uint64_t token, Moment now) {
  Run& run = runs_[request.run_id];
  run.task = TaskOf(request);
  run.previous = request.previous;
  run.record = MakeRecord(request);
  run.record.token = token;
  run.record.started_at = now.wall;
  StartAttempt(run, now);
}

void EngineCore::StartAttempt(Run& run, Moment now) {
  if (const std::optional<Milliseconds> timeout = PoliciesOf(run).timeout) {
    run.stop_at = now.steady + *timeout;
    overdue_at_ = std::min(overdue_at_, run.stop_at);
  }
  Publish(EventKind::kRunStarted, now, run.record);
  decision_.actions.push_back(action::Start{run.task, run.record, run.previous});
}

void EngineCore::On(const input::RunEnded& ended, Moment now) {
  const auto place = runs_.find(ended.run_id);
  ROTA_CHECK(place != runs_.end() && !place->second.failed, "an attempt ends once");
  Run& run = place->second;
  if (phase_ >= Phase::kAbandoned) {  // Its outcome is recorded already.
    leases_.Remove(ended.run_id);
    runs_.erase(place);
    return;
  }
  RunResult result = Judge(run, ended.result);
  run.stop_at = run.kill_at = SteadyTime::max();
  if (MayTryAgain(run, result)) {
    WaitForRetry(run, std::move(result), now);
  } else {
    EndRun(ended.run_id, result, now);
  }
}

// What the result is called in the light of what the run was told.
RunResult EngineCore::Judge(const Run& run, RunResult result) const {
  const auto put_before = [&result](std::string_view cause) {
    result.reason = result.reason.empty() ? std::string(cause) : Format("{}; {}", cause, result.reason);
  };
  if (run.timed_out && result.outcome != Outcome::kSucceeded) {
    result.outcome = Outcome::kTimedOut;
    put_before(Format("after {}", FormatDuration(PoliciesOf(run).timeout.value())));
  } else if (result.outcome == Outcome::kCancelled && !run.stop_cause.empty()) {
    put_before(run.stop_cause);
  }
  return result;
}

bool EngineCore::MayTryAgain(const Run& run, const RunResult& result) const {
  const std::optional<RetryPolicy>& retry = PoliciesOf(run).retry;
  if (result.final) return false;
  if (!retry || run.record.attempt >= retry->attempts || !run.stop_cause.empty() || !Claiming()) return false;
  const std::vector<int>& codes = retry->exit_codes;
  if (result.outcome == Outcome::kTimedOut) return codes.empty();
  if (result.outcome != Outcome::kFailed) return false;
  return codes.empty() || (result.exit_code && std::ranges::find(codes, *result.exit_code) != codes.end());
}

void EngineCore::WaitForRetry(Run& run, RunResult result, Moment now) {
  constexpr double kUnit = 0x1.0p-53;
  const RetryPolicy& retry = PoliciesOf(run).retry.value();
  const Milliseconds delay = DelayAfter(run.record.attempt, retry, static_cast<double>(dice_() >> 11) * kUnit);
  Publish(EventKind::kAttemptFailed, now, Ended(run, result, now),
          Format("attempt {} of {} follows in {}", run.record.attempt + 1, retry.attempts, FormatDuration(delay)));
  run.failed = std::move(result);
  run.timed_out = false;
  run.retry_at = now.steady + delay;
  retry_due_ = std::min(retry_due_, run.retry_at);
  ++waiting_runs_;
}

void EngineCore::StartAttempts(Moment now) {
  if (now.steady < retry_due_) return;
  retry_due_ = SteadyTime::max();
  for (auto& [run_id, run] : runs_) {
    if (run.retry_at <= now.steady && FreeWorkers() > 0) {
      run.retry_at = SteadyTime::max();
      run.failed.reset();
      --waiting_runs_;
      ++run.record.attempt;
      StartAttempt(run, now);
    }
    retry_due_ = std::min(retry_due_, run.retry_at);
  }
}

OccurrenceRecord EngineCore::Ended(const Run& run, const RunResult& result, Moment now) {
  OccurrenceRecord record = run.record;
  record.finished_at = now.wall;
  record.outcome = result.outcome;
  record.reason = result.reason;
  record.output_tail = result.output_tail;
  return record;
}

void EngineCore::EndRun(const std::string& run_id, const RunResult& result, Moment now) {
  const auto place = runs_.find(run_id);
  OccurrenceRecord record = Ended(place->second, result, now);
  if (place->second.failed) --waiting_runs_;
  runs_.erase(place);
  leases_.Remove(run_id);
  Publish(EventKind::kRunFinished, now, record);
  outbox_.Add(std::move(record));
}

// What waits for its next attempt ends as its last one did.
void EngineCore::EndWaitingRun(const std::string& run_id, std::string_view cause, Moment now) {
  RunResult result = runs_.at(run_id).failed.value();
  result.reason += Format("; no further attempt: {}", cause);
  EndRun(run_id, result, now);
}

void EngineCore::EndWaitingRuns(std::string_view cause, Moment now) {
  std::vector<std::string> waiting;
  for (const auto& [run_id, run] : runs_) {
    if (run.failed) waiting.push_back(run_id);
  }
  for (const std::string& run_id : waiting) EndWaitingRun(run_id, cause, now);
  retry_due_ = SteadyTime::max();
}

void EngineCore::LoseLeases(const std::vector<LeaseBook::Lost>& lost, Moment now) {
  for (const auto& [run_id, loss] : lost) {
    const auto place = runs_.find(run_id);
    if (place == runs_.end()) continue;
    Run& run = place->second;
    if (PoliciesOf(run).overlap == OverlapPolicy::kAllow) continue;  // There the lease guards nothing.
    Publish(EventKind::kLeaseLost, now, run.record, std::string(Name(loss)));
    if (run.failed) {
      EndWaitingRun(run_id, Name(loss), now);
      continue;
    }
    run.stop_cause = std::string(Name(loss));
    run.stop_at = SteadyTime::max();
    StopRun(run_id, run, action::StopHow::kLeaseLost, now);
  }
}

// Tells a run to stop; its children are killed a while later.
void EngineCore::StopRun(const std::string& run_id, Run& run, action::StopHow how, Moment now) {
  decision_.actions.push_back(action::Stop{run_id, how});
  run.kill_at = now.steady + PoliciesOf(run).kill_after.value_or(options_.kill_after);
  overdue_at_ = std::min(overdue_at_, run.kill_at);
}

void EngineCore::StopOverdue(Moment now) {
  if (now.steady < overdue_at_) return;
  overdue_at_ = SteadyTime::max();
  for (auto& [run_id, run] : runs_) {
    if (now.steady >= run.stop_at) {
      run.stop_at = SteadyTime::max();
      run.timed_out = true;
      StopRun(run_id, run, action::StopHow::kStop, now);
    }
    if (now.steady >= run.kill_at) {
      run.kill_at = SteadyTime::max();
      decision_.actions.push_back(action::Stop{run_id, action::StopHow::kKill});
    }
    overdue_at_ = std::min({overdue_at_, run.stop_at, run.kill_at});
  }
}

void EngineCore::StopRuns(action::StopHow how) {
  for (auto& [run_id, run] : runs_) {
    decision_.actions.push_back(action::Stop{run_id, how});
    if (run.stop_cause.empty()) run.stop_cause = "shutdown";
  }
}

int EngineCore::FreeWorkers() const {
  return options_.workers - reserved_workers_ - (static_cast<int>(runs_.size()) - waiting_runs_);
}

const TaskPolicies& EngineCore::PoliciesOf(const Run& run) const { return *schedule_->tasks()[run.task].policies; }

}  // namespace rota
