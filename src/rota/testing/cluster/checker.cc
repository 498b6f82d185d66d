#include "rota/testing/cluster/checker.h"

#include <algorithm>
#include <utility>

#include "rota/base/check.h"
#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/time/format.h"

namespace rota::cluster {
namespace {

// So many leases long must all have been well before an outcome is held against a server.
constexpr int kLeasesToSettle = 2;

// So long a server remembers what the store acknowledged; RecentRecords keeps it twice as long, but not all of it when
// it is much.
constexpr std::chrono::seconds kRemembered(60);

std::string AtTime(std::string_view what, SteadyTime now) {
  return Printable(Format("{:.3f} s: {}", std::chrono::duration<double>(now.time_since_epoch()).count(), what));
}

std::string Utc(WallTime at) { return FormatInstant(at, TimeZone()); }

std::string Describe(const OccurrenceRecord& record) {
  return Format("{} of {} at {} on {}", record.run_id, record.scope, Utc(record.scheduled_last), record.server);
}

std::string Describe(const Scope& scope, const ledger::Changes& changes) {
  std::string text = Format("store: {}", scope);
  if (changes.watermark) text += Format(", {} {}", changes.seeded ? "seeded" : "watermark", Utc(*changes.watermark));
  if (changes.token) text += Format(", token {}", *changes.token);
  if (changes.lease) text += Format(", {} leased until {}", changes.lease->run_id, Utc(changes.lease->lease_until));
  if (changes.released) text += Format(", {} released", *changes.released);
  if (changes.suspect)
    text += Format(", suspect from {} to {}", Utc(changes.suspect->after), Utc(changes.suspect->until));
  if (changes.settled) text += ", settled";
  for (const auto& [record, answer, holder] : changes.entries) {
    text += Format(", {} from {} is {}", Describe(record), Utc(record.scheduled_at),
                   DescribeOutcome(record.outcome, record.reason));
  }
  return text;
}

}  // namespace

Checker::Checker(std::shared_ptr<const Schedule> schedule, const Options& options)
    : schedule_(std::move(schedule)), options_(options), losses_(static_cast<std::size_t>(options.shards)) {}

ProcessId Checker::ProcessStarted(std::string server, std::string incarnation, SteadyTime now) {
  const auto id = static_cast<ProcessId>(processes_.size());
  by_incarnation_[std::move(incarnation)] = id;
  by_server_[server] = id;
  Process process;
  process.server = std::move(server);
  process.started = now;
  if (options_.journal) Note(Format("{} joins as process {}", process.server, id), now);
  processes_.push_back(std::move(process));
  return id;
}

void Checker::ProcessCrashed(ProcessId process, SteadyTime now) {
  if (options_.journal) Note(Format("{} crashes", processes_[process].server), now);
  processes_[process].crashed = true;
  ProcessEnded(process, now);
}

void Checker::ProcessEnded(ProcessId process, SteadyTime now) {
  if (options_.journal) Note(Format("{} ends", processes_[process].server), now);
  processes_[process].ended = now;
  for (auto& [scope, truth] : scopes_) {
    std::erase_if(truth.under_way, [&](const std::string& run_id) { return runs_.at(run_id).process == process; });
  }
}

void Checker::ProcessPaused(ProcessId process, SteadyTime now) {
  if (options_.journal) Note(Format("{} is paused", processes_[process].server), now);
  processes_[process].paused = true;
  ProcessImpaired(process, now);
}

void Checker::ProcessResumed(ProcessId process, SteadyTime now) {
  if (options_.journal) Note(Format("{} goes on", processes_[process].server), now);
  processes_[process].paused = false;
  ProcessRecovered(process, now);
  std::vector<std::string> resumed;
  for (const auto& [scope, truth] : scopes_) {
    for (const std::string& run_id : truth.under_way) {
      if (runs_.at(run_id).process == process) resumed.push_back(run_id);
    }
  }
  std::ranges::sort(resumed);
  for (const std::string& run_id : resumed) CheckOverlap(run_id, now);
}

void Checker::ProcessImpaired(ProcessId process, SteadyTime now) {
  if (options_.journal) Note(Format("{} cannot be relied on", processes_[process].server), now);
  Begin(processes_[process].server, now);
  processes_[process].impaired = true;
  processes_[process].impaired_at = now;
}

void Checker::ProcessRecovered(ProcessId process, SteadyTime now) {
  if (options_.journal) Note(Format("{} is well", processes_[process].server), now);
  End(processes_[process].server, now);
  processes_[process].impaired = false;
  processes_[process].impaired_at = now;
}

void Checker::Begin(const std::string& whose, SteadyTime now) {
  std::vector<Trouble>& troubles = troubles_[whose];
  if (troubles.empty() || troubles.back().to != SteadyTime::max()) troubles.push_back({now});
}

void Checker::End(const std::string& whose, SteadyTime now) { troubles_[whose].back().to = now; }

void Checker::ClockShowed(const std::string& machine, WallTime wall) {
  shown_[machine] = std::max(shown_[machine], wall);
}

void Checker::RunStarted(ProcessId process, const OccurrenceRecord& record, SteadyTime now) {
  if (options_.journal)
    Note(Format("{} starts {}, token {}", processes_[process].server, Describe(record), record.token), now);
  ScopeTruth& truth = Truth(record.scope);
  in_pools_[truth.task->policies->pool].insert(record.run_id);
  Run run{process, record.scope, truth.task, record.scheduled_at, record.token, now, {}, {}, {}, {}};
  if (const auto decided = decided_.find(record.run_id); decided != decided_.end()) run.granted = decided->second.at;
  const auto [place, is_new] = runs_.emplace(record.run_id, run);
  if (!is_new) {
    Run& known = place->second;
    if (known.outcome && record.attempt > 1) {  // Its next attempt.
      known.outcome.reset();
      known.told.reset();
      truth.under_way.push_back(record.run_id);
      CheckPool(record.run_id, now);
      return CheckOverlap(record.run_id, now);
    }
    Violate(Format("{} was started twice", Describe(record)), now);
    return;
  }
  if (record.kind == OccurrenceKind::kScheduled && truth.task->unique()) {
    const auto [first, is_first] = truth.starts.emplace(record.scheduled_at, record.run_id);
    if (!is_first && !IsLaterAttempt(first->second, record)) {
      const Run& before = runs_.at(first->second);
      if (IsExcused(before.process, truth.shard, before.granted, run.granted, Whose::kClaim)) {
        Suspect("started again");
      } else {
        Violate(Format("{} had started already on {}", Describe(record), processes_[before.process].server), now);
      }
    }
  }
  truth.under_way.push_back(record.run_id);
  CheckPool(record.run_id, now);
  CheckOverlap(record.run_id, now);
}

// Where neither their servers nor the store were troubled, no more runs are under way than the pool's limit allows. A
// slot that was lost lets its run go on.
void Checker::CheckPool(const std::string& run_id, SteadyTime now) {
  const std::string& name = runs_.at(run_id).task->policies->pool;
  const auto pool = options_.pools.find(name);
  if (pool == options_.pools.end() || !pool->second.fleet_limit) return;
  std::set<std::string>& under_way = in_pools_[name];
  std::erase_if(under_way, [this](const std::string& id) {
    const Run& run = runs_.at(id);
    return run.outcome || processes_[run.process].ended;
  });
  const auto has_slot = [this](const std::string& id) {
    const Run& run = runs_.at(id);
    const SteadyTime since = run.granted - kLeasesToSettle * options_.lease_ttl;
    return !store_is_troubled_ && store_troubled_at_ < since && IsHealthySince(processes_[run.process], since);
  };
  const auto count = std::ranges::count_if(under_way, has_slot);
  if (count > *pool->second.fleet_limit) Violate(Format("{} runs of pool {} are under way at once", count, name), now);
}

bool Checker::IsLaterAttempt(std::string_view run_id, const OccurrenceRecord& record) {
  const auto first = [](std::string_view id) { return id.substr(0, id.find('.')); };
  return record.attempt > 1 && record.run_id != run_id && first(record.run_id) == first(run_id);
}

void Checker::CheckOverlap(const std::string& run_id, SteadyTime now) {
  const Run& run = runs_.at(run_id);
  if (run.task->policies->overlap == OverlapPolicy::kAllow || run.told) return;
  const ScopeTruth& truth = Truth(run.scope);
  for (const std::string& other_id : truth.under_way) {
    const Run& other = runs_.at(other_id);
    if (other_id == run_id || other.told || processes_[other.process].paused) continue;
    if (other.process != run.process && !run.task->unique()) continue;  // Two processes of one name.
    const Run& older = other.granted < run.granted ? other : run;
    const Run& newer = &older == &other ? run : other;
    const bool excused = older.process != newer.process &&  // It knows what it runs, whatever the store forgot.
                         IsExcused(older.process, truth.shard, older.granted, newer.granted, Whose::kAnything);
    if (excused) {
      Suspect("overlapped");
    } else {
      Violate(Format("run {} of {} on {} overlaps run {} on {}, which was not told to stop", run_id, run.scope,
                     processes_[run.process].server, other_id, processes_[other.process].server),
              now);
    }
  }
}

void Checker::RunToldToStop(const std::string& run_id, SteadyTime now) {
  if (options_.journal) Note(Format("{} of {} is told to stop", run_id, runs_.at(run_id).scope), now);
  runs_.at(run_id).told = now;
}

void Checker::RunEnded(const std::string& run_id, Outcome outcome, SteadyTime now) {
  if (options_.journal) Note(Format("{} of {} ends {}", run_id, runs_.at(run_id).scope, Name(outcome)), now);
  Run& run = runs_.at(run_id);
  if (run.outcome) Violate(Format("run {} of {} ended twice", run_id, run.scope), now);
  run.outcome = outcome;
  std::erase(Truth(run.scope).under_way, run_id);
}

void Checker::Wrote(int shard, const Scope& scope, const ledger::ScopeState& before, const ledger::Changes& changes,
                    StoreMoment moment) {
  if (IsPoolScope(scope)) {
    if (options_.journal) Note(Describe(scope, changes), moment.now);
    return;
  }
  ScopeTruth& truth = Truth(scope);
  truth.shard = shard;
  last_now_ = moment.now;
  wall_of_zero_ = moment.wall.time_since_epoch() - std::chrono::floor<Milliseconds>(moment.now.time_since_epoch());
  if (options_.journal) Note(Describe(scope, changes), moment.now);
  if (changes.watermark) {
    const bool begins_earlier =
        changes.seeded && truth.first_watermark > changes.watermark;  // A slow clock, after a flush.
    if (!truth.first_watermark || begins_earlier) {
      truth.first_watermark = changes.watermark;
    } else if (!changes.seeded && (!before.watermark || before.seeded)) {
      // What a server remembers takes the seed's place; what is decided comes after it.
      const bool is_remembered = changes.entries.empty();
      BeginAgain(truth, before.seeded && !is_remembered ? *before.watermark : *changes.watermark);
    }
    if (before.watermark && !before.seeded && *changes.watermark < *before.watermark) {
      Violate(
          Format("the watermark of {} went back by {}", scope, FormatDuration(*before.watermark - *changes.watermark)),
          moment.now);
    }
    if (truth.task->unique() && *changes.watermark > moment.wall + options_.max_skew) {
      Violate(Format("the watermark of {} lies {} ahead", scope, FormatDuration(*changes.watermark - moment.wall)),
              moment.now);
    }
  }
  for (const ledger::Entry& entry : changes.entries) {
    const OccurrenceRecord& record = entry.record;
    const bool is_new = !decided_.contains(record.run_id);
    if (is_new) {
      const auto server = by_server_.find(record.server);
      decided_[record.run_id] = {server == by_server_.end() ? 0 : server->second, moment.now};
    }
    NoteOutcome(record, moment.now);
    if (record.outcome == Outcome::kLost && changes.released) CheckLost(before, record, moment);
    if (record.outcome == Outcome::kMissed && is_new) CheckMissed(truth, record, moment);
    if (record.outcome == Outcome::kSkipped && is_new) CheckSkipped(*truth.task, before, entry, moment);
  }
  const bool grants = changes.token && changes.lease && !changes.entries.empty() && changes.entries.back().answer;
  if (grants) CheckGrant(scope, *changes.lease, truth, moment);
}

void Checker::BeginAgain(ScopeTruth& truth, WallTime at) {
  truth.begun_again = std::max(truth.begun_again.value_or(WallTime()), at);
}

// That a run ended is known from the last write that says so.
void Checker::NoteOutcome(const OccurrenceRecord& record, SteadyTime now) {
  if (record.outcome == Outcome::kRunning || (record.outcome == Outcome::kLost && !IsLateReport(record))) return;
  const auto run = runs_.find(record.run_id);
  if (run == runs_.end()) return;
  if (!run->second.recorded) run->second.recorded = now;
  run->second.recorded_again = now;
}

bool Checker::IsLateReport(const OccurrenceRecord& record) {
  return record.reason.find("; later reported ") != std::string::npos;
}

void Checker::CheckGrant(const Scope& scope, const ledger::Lease& lease, ScopeTruth& truth, StoreMoment moment) {
  if (const auto process = by_incarnation_.find(lease.incarnation); process != by_incarnation_.end()) {
    decided_[lease.run_id] = {process->second, moment.now};
  }
  if (lease.token <= truth.token) {
    Violate(Format("token {} of {} was given out after {}", lease.token, scope, truth.token), moment.now);
  }
  truth.token = std::max(truth.token, lease.token);
}

void Checker::CheckLost(const ledger::ScopeState& before, const OccurrenceRecord& record, StoreMoment moment) {
  const auto lease = std::ranges::find(before.leases, record.run_id, &ledger::Lease::run_id);
  if (lease == before.leases.end()) return;
  if (record.attempt > 1 && record.reason.find("; no further attempt: ") != std::string::npos) return;  // It waited.
  if (record.server != lease->server) {
    Violate(Format("{} was recorded as lost with {}", Describe(record), lease->server), moment.now);
  }
  const auto place = by_incarnation_.find(lease->incarnation);
  if (place == by_incarnation_.end()) return;
  const SteadyTime since = moment.now - kLeasesToSettle * options_.lease_ttl;
  const bool was_replaced = by_server_.at(lease->server) != place->second;  // Another process took its name.
  if (!was_replaced && IsHealthySince(processes_[place->second], since)) {
    Violate(Format("{} was recorded as lost although its server was well", Describe(record)), moment.now);
  }
}

// What the store did not let run was held back by somebody.
void Checker::CheckSkipped(const Task& task, const ledger::ScopeState& before, const ledger::Entry& entry,
                           StoreMoment moment) {
  const OccurrenceRecord& record = entry.record;
  if (entry.answer == ClaimOutcome::kOverlap) {
    const auto in_force = [&](const ledger::Lease& lease) { return lease.lease_until > moment.wall; };
    if (std::ranges::any_of(before.leases, in_force)) return;
    Violate(Format("{} was skipped for an overlap although no lease was in force", Describe(record)), moment.now);
  } else if (entry.answer == ClaimOutcome::kPaused) {
    // One that was set aside or has been lost since may still be in force in a part of the store.
    if (FindPause(pauses_, AsPausable(task), moment.wall) != nullptr) return;
    Violate(Format("{} was skipped for a pause although none was in force", Describe(record)), moment.now);
  }
}

void Checker::CheckMissed(const ScopeTruth& truth, const OccurrenceRecord& record, StoreMoment moment) {
  if (!options_.has_ample_workers || !truth.task->unique() || record.kind != OccurrenceKind::kScheduled) return;
  const SteadyTime due = moment.now + (record.scheduled_last - moment.wall);
  const SteadyTime since = due - kLeasesToSettle * options_.lease_ttl;
  if (store_is_troubled_ || store_troubled_at_ >= since) return;
  for (const Process& process : processes_) {
    if (!IsHealthySince(process, since)) continue;
    // A clock that is set forwards passes instants, also some that are not due yet by the store's.
    if (record.scheduled_last > moment.wall && record.run_id.ends_with(".gap")) {
      Suspect("passed by a fast clock");
      return;
    }
    // Its grace may be over before another server has looked how its parents ended; and it is missed with them.
    const bool with_parents = truth.task->policies->misfire.grace || record.run_id.ends_with(".gap");
    if (!truth.task->policies->after.empty() && with_parents) {
      Suspect("given up behind its parents");
      return;
    }
    // What waits for a busy task may be given up, when that becomes free, by one who did not know that it waits.
    if (Queues(truth.task->policies->overlap)) {
      Suspect("given up in its turn");
      return;
    }
    // Its grace may be over by a clock that is ahead a little while others have not got to claim it yet.
    if (record.scheduled_last <= moment.wall && moment.wall < record.scheduled_last + options_.max_skew / 2) {
      Suspect("given up by a fast clock");
      return;
    }
    Violate(
        Format("{} was recorded as missed ({}) although {} was well", Describe(record), record.reason, process.server),
        moment.now);
    return;
  }
}

void Checker::ProcessReasserted(ProcessId process, int shard, SteadyTime now) {
  if (options_.journal) Note(Format("{} tells shard {} what it remembers", processes_[process].server, shard), now);
  processes_[process].reasserted.emplace_back(shard, now);
}

void Checker::WritesLost(int shard, SteadyTime kept, StoreMoment moment) {
  if (options_.journal)
    Note(
        Format("shard {} loses {}", shard,
               kept == SteadyTime::min() ? "everything"
                                         : FormatDuration(std::chrono::duration_cast<Milliseconds>(moment.now - kept))),
        moment.now);
  losses_[static_cast<std::size_t>(shard)].push_back({moment.now, kept, moment.wall, std::nullopt});
}

void Checker::LossNoticed(int shard, SteadyTime now) {
  if (options_.journal) Note(Format("shard {} opens an epoch", shard), now);
  for (Loss& loss : losses_[static_cast<std::size_t>(shard)]) {
    if (!loss.noticed) loss.noticed = now;
  }
}

void Checker::PauseSet(const Pause& pause) { pauses_.push_back(pause); }

void Checker::StoreTroubled(SteadyTime now) {
  Begin("", now);
  store_is_troubled_ = true;
  store_troubled_at_ = now;
}

void Checker::StoreRecovered(SteadyTime now) {
  End("", now);
  store_is_troubled_ = false;
  store_troubled_at_ = now;
}

Checker::ScopeTruth& Checker::Truth(const Scope& scope) {
  ScopeTruth& truth = scopes_[scope];
  if (truth.task == nullptr) truth.task = schedule_->Find(TaskOfScope(scope));
  ROTA_CHECK(truth.task != nullptr, "scopes are of tasks of the schedule");
  return truth;
}

bool Checker::IsHealthySince(const Process& process, SteadyTime since) const {
  return process.started <= since && !process.ended && !process.impaired && process.impaired_at < since;
}

// A loss takes what was written and not told again since; the process is excused when it could not tell it.
bool Checker::IsExcused(ProcessId id, int shard, SteadyTime since, SteadyTime now, Whose whose) const {
  return IsExcused(id, shard, since, since, now, whose);
}

bool Checker::IsExcused(ProcessId id, int shard, SteadyTime since, SteadyTime known, SteadyTime now,
                        Whose whose) const {
  const Process& process = processes_[id];
  SteadyTime written = since;
  for (const Loss& loss : losses_[static_cast<std::size_t>(shard)]) {
    if (loss.at < since || loss.at > now || (whose == Whose::kClaim && loss.kept >= written)) continue;
    const auto told = std::ranges::find_if(process.reasserted, [&](const auto& reasserted) {
      return reasserted.first == shard && reasserted.second >= loss.at && reasserted.second <= now;
    });
    const SteadyTime remembered = told == process.reasserted.end() ? now : told->second;
    if (whose == Whose::kClaim && remembered - known > kRemembered) return true;
    if (told != process.reasserted.end()) {
      written = told->second;
      continue;
    }
    const bool unnoticed = !loss.noticed || *loss.noticed >= now;
    if (unnoticed || process.ended || process.impaired || process.impaired_at >= loss.at) return true;
  }
  return false;
}

void Checker::Suspect(std::string_view kind) { ++suspects_[std::string(kind)]; }

void Checker::Violate(const std::string& what, SteadyTime now) {
  violations_.push_back(AtTime(what, now));
  if (options_.journal) Note(Format("VIOLATION {}", what), now);
}

void Checker::Note(std::string_view what, SteadyTime now) const {
  if (options_.journal) options_.journal(AtTime(what, now));
}

}  // namespace rota::cluster
