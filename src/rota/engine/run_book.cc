#include "rota/engine/run_book.h"

#include <algorithm>
#include <utility>

#include "rota/base/check.h"
#include "rota/base/format.h"
#include "rota/time/format.h"

namespace rota {

RunResult Run::Judge(RunResult result) const {
  const auto put_before = [&result](std::string_view cause) {
    result.reason = result.reason.empty() ? std::string(cause) : Format("{}; {}", cause, result.reason);
  };
  if (timed_out && result.outcome != Outcome::kSucceeded) {
    result.outcome = Outcome::kTimedOut;
    put_before(Format("after {}", FormatDuration(policies->timeout.value())));
  } else if (result.outcome == Outcome::kCancelled && !stop_cause.empty()) {
    put_before(stop_cause);
  }
  return result;
}

bool Run::MayTryAgain(const RunResult& result) const {
  const std::optional<RetryPolicy>& retry = policies->retry;
  if (result.final) return false;
  if (!retry || record.attempt >= retry->attempts || !stop_cause.empty()) return false;
  const std::vector<int>& codes = retry->exit_codes;
  if (result.outcome == Outcome::kTimedOut) return codes.empty();
  if (result.outcome != Outcome::kFailed) return false;
  return codes.empty() || (result.exit_code && std::ranges::find(codes, *result.exit_code) != codes.end());
}

OccurrenceRecord Run::Ended(const RunResult& result, WallTime at) const {
  OccurrenceRecord ended = record;
  ended.finished_at = at;
  ended.outcome = result.outcome;
  ended.reason = result.reason;
  ended.output_tail = result.output_tail;
  return ended;
}

Run& RunBook::Add(Run run) {
  ++working_[run.policies->pool];
  const std::string run_id = run.record.run_id;
  return runs_[run_id] = std::move(run);
}

Run* RunBook::Find(const std::string& run_id) {
  const auto place = runs_.find(run_id);
  return place == runs_.end() ? nullptr : &place->second;
}

Run RunBook::Take(const std::string& run_id) {
  const auto place = runs_.find(run_id);
  ROTA_CHECK(place != runs_.end(), "the run is under way");
  Run run = std::move(place->second);
  runs_.erase(place);
  if (!run.failed) --working_[run.policies->pool];
  return run;
}

std::vector<std::string> RunBook::Ids() const {
  std::vector<std::string> ids;
  for (const auto& [run_id, run] : runs_) ids.push_back(run_id);
  return ids;
}

bool RunBook::Holds(const Scope& scope) const {
  return std::ranges::any_of(
      runs_, [&scope](const auto& entry) { return !entry.second.lease_lost && entry.second.record.scope == scope; });
}

int RunBook::working(std::string_view pool) const {
  const auto place = working_.find(pool);
  return place == working_.end() ? 0 : place->second;
}

void RunBook::StopAt(Run& run, SteadyTime at) {
  run.stop_at = at;
  overdue_at_ = std::min(overdue_at_, at);
}

void RunBook::KillAt(Run& run, SteadyTime at) {
  run.kill_at = at;
  overdue_at_ = std::min(overdue_at_, at);
}

void RunBook::Wait(Run& run, RunResult result, SteadyTime at) {
  run.failed = std::move(result);
  run.timed_out = false;
  run.retry_at = at;
  retry_at_ = std::min(retry_at_, at);
  --working_[run.policies->pool];
}

void RunBook::Resume(Run& run) {
  run.retry_at = SteadyTime::max();
  run.failed.reset();
  if (run.begun == run.record.attempt) ++run.record.attempt;
  ++working_[run.policies->pool];
}

void RunBook::Forget(Run& run) { run.stop_at = run.kill_at = SteadyTime::max(); }

std::vector<Run*> RunBook::Overdue(SteadyTime now) {
  std::vector<Run*> overdue;
  if (now < overdue_at_) return overdue;
  overdue_at_ = SteadyTime::max();
  for (auto& [run_id, run] : runs_) {
    const SteadyTime due = std::min(run.stop_at, run.kill_at);
    if (due <= now) {
      overdue.push_back(&run);
      overdue_at_ = std::min(overdue_at_, std::max(run.stop_at, run.kill_at));
    } else {
      overdue_at_ = std::min(overdue_at_, due);
    }
  }
  return overdue;
}

std::vector<Run*> RunBook::ReadyAgain(SteadyTime now) {
  std::vector<Run*> ready;
  if (now < retry_at_) return ready;
  retry_at_ = SteadyTime::max();
  for (auto& [run_id, run] : runs_) {
    if (run.retry_at <= now) ready.push_back(&run);
    retry_at_ = std::min(retry_at_, run.retry_at);
  }
  return ready;
}

SteadyTime RunBook::NextDeadline(SteadyTime now) const {
  // An attempt that lacks a worker is looked at when one becomes free.
  return retry_at_ > now ? std::min(overdue_at_, retry_at_) : overdue_at_;
}

}  // namespace rota
