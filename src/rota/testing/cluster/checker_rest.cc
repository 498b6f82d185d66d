#include <algorithm>
#include <utility>

#include "rota/base/format.h"
#include "rota/coordination/store.h"
#include "rota/engine/agenda.h"
#include "rota/engine/chain_book.h"
#include "rota/testing/cluster/checker.h"
#include "rota/time/format.h"

// What Checker holds against the store's contents when all has come to rest.
namespace rota::cluster {
namespace {

// As many instants of a span are counted by the engine; more are "at least" so many.
constexpr std::uint64_t kMostCounted = 20'000;

// Later than that nothing that is due is decided, but what waits for a worker.
constexpr std::chrono::minutes kLongestGrace(1);

// For a busy task, and nothing else waits longer.
constexpr Milliseconds kLongestWait = std::chrono::minutes(2);

std::string KindOf(const OccurrenceRecord& record) {
  const bool has_word = record.outcome == Outcome::kSkipped || record.outcome == Outcome::kMissed;
  if (record.reason.starts_with(reason::kParent)) return DescribeOutcome(record.outcome, reason::kParent);
  return DescribeOutcome(record.outcome, has_word ? record.reason : "");
}

std::string Utc(WallTime at) { return FormatInstant(at, TimeZone()); }

}  // namespace

void Checker::Conclude(const Rest& rest) {
  std::unordered_map<std::string_view, const OccurrenceRecord*> by_run;
  RecordsByScope by_scope;
  for (const OccurrenceRecord* record : rest.records) {
    by_run[record->run_id] = record;
    if (record->outcome == Outcome::kRunning) {
      Violate(
          Format("run {} of {} on {} is recorded as running for ever", record->run_id, record->scope, record->server),
          last_now_);
    }
    if (record->kind == OccurrenceKind::kScheduled) by_scope[record->scope].push_back(record);
  }
  for (const auto& [name, scope] : rest.scopes) {
    ConcludeScope(name, scope, by_scope[name], rest);
    if (!IsPoolScope(name)) ConcludeChild(name, by_scope);
  }
  for (const auto& [run_id, run] : runs_) {
    const auto record = by_run.find(run_id);
    ConcludeRun(run_id, run, record == by_run.end() ? nullptr : record->second);
  }
}

// A child ran only where its parents ended as it asks for, and was skipped for one only that did not.
void Checker::ConcludeChild(const Scope& name, const RecordsByScope& records) {
  const Task& task = *Truth(name).task;
  for (const OccurrenceRecord* record : records.at(name)) {
    const bool ran = record->started_at.has_value();
    if (!ran && !record->reason.starts_with(reason::kParent)) continue;
    for (const Parent& parent : task.policies->after) {
      const Scope scope = parent.task + name.substr(task.id.size());
      const auto those = records.find(scope);
      std::vector<OccurrenceRecord> covering;
      for (const OccurrenceRecord* one :
           those == records.end() ? std::vector<const OccurrenceRecord*>() : those->second) {
        if (one->scheduled_at <= record->scheduled_at && record->scheduled_at <= one->scheduled_last) {
          covering.push_back(*one);
        }
      }
      CheckParent(*record, parent, StandingOf({scope, record->scheduled_at}, covering));
    }
  }
}

void Checker::CheckParent(const OccurrenceRecord& child, const Parent& parent, const Standing& standing) {
  const bool blamed = child.reason.starts_with(Format("{} {} ", reason::kParent, parent.task));
  const bool agrees =
      standing.stage == Standing::Stage::kEnded &&
      (child.started_at ? Meets(standing.outcome, parent.on) : !blamed || !Meets(standing.outcome, parent.on));
  if (agrees) return;
  // What this server saw the parent come to is not what the store has of it in the end.
  if (standing.outcome == Outcome::kLost || standing.outcome == Outcome::kUnknown || HasLosses()) {
    Suspect("followed what was lost");
  } else {
    const std::string_view ended =
        standing.stage == Standing::Stage::kEnded ? Name(standing.outcome) : std::string_view("did not end");
    Violate(Format("{} at {} {} although its parent {} {}", child.scope, Utc(child.scheduled_at), KindOf(child),
                   parent.task, ended),
            last_now_);
  }
}

bool Checker::HasLosses() const {
  return std::ranges::any_of(losses_, [](const std::vector<Loss>& losses) { return !losses.empty(); });
}

// Each due instant up to the watermark has one outcome, and the watermark is where it has to be.
void Checker::ConcludeScope(const Scope& name, const ledger::ScopeState& scope,
                            std::vector<const OccurrenceRecord*> records, const Rest& rest) {
  if (!scope.leases.empty()) Violate(Format("{} is still leased", name), last_now_);
  if (IsPoolScope(name)) return;
  ScopeTruth& truth = Truth(name);
  if (scope.suspect) Violate(Format("the suspect instants of {} were never settled", name), last_now_);
  if (!scope.watermark || !truth.first_watermark) return;
  if (scope.seeded) BeginAgain(truth, *scope.watermark);
  std::ranges::sort(records, {}, &OccurrenceRecord::scheduled_at);
  const Trigger& trigger = *truth.task->trigger;
  std::vector<std::uint64_t> counts(records.size());
  std::size_t first = 0;
  std::optional<WallTime> at = trigger.Next(*truth.first_watermark);
  for (; at && *at <= *scope.watermark; at = trigger.Next(*at)) {
    ++occurrences_;
    while (first < records.size() && records[first]->scheduled_last < *at) ++first;
    const OccurrenceRecord* found = nullptr;
    for (std::size_t i = first; i < records.size() && records[i]->scheduled_at <= *at; ++i) {
      if (records[i]->scheduled_last < *at) continue;
      ++counts[i];
      if (found != nullptr) CheckTwice(truth, *found, *records[i], *at);
      found = records[i];
    }
    if (found == nullptr) {
      CheckHole(truth, name, *at);
    } else {
      ++outcomes_[KindOf(*found)];
    }
  }
  for (std::size_t i = 0; i < records.size(); ++i) CheckCount(*records[i], counts[i]);
  if (at) CheckReached(truth, name, *at, rest);
}

// The first instant that is not decided must not have been due for long.
void Checker::CheckReached(const ScopeTruth& truth, const Scope& name, WallTime at, const Rest& rest) {
  const Task& task = *truth.task;
  const bool waits = Queues(task.policies->overlap) || !task.policies->after.empty();
  const Milliseconds wait = waits ? kLongestWait : Milliseconds(0);
  const WallTime latest = Agenda::Expiry(*task.trigger, task.policies->misfire, at) + wait;
  if (latest >= rest.quiet_since - options_.lease_ttl) return;
  if (!task.unique()) {
    const auto server =
        std::ranges::find_if(rest.servers, [&](const std::string& one) { return MakeScope(task, one) == name; });
    if (server == rest.servers.end()) return;  // Nobody has to.
    if (ClockWasThere(*server, at)) return;    // Once is enough.
  }
  if (!task.policies->after.empty() && HasLosses()) {  // Until the next one shows that nothing will come of it.
    return Suspect("waits for what was forgotten");
  }
  Violate(Format("{} at {} was never decided", name, Utc(at)), last_now_);
}

void Checker::CheckTwice(const ScopeTruth& truth, const OccurrenceRecord& a, const OccurrenceRecord& b, WallTime at) {
  Decided older = DecidedBy(a);
  Decided newer = DecidedBy(b);
  if (newer.at < older.at) std::swap(older, newer);
  const std::string what = Format("{} at {} has two outcomes: {} by {} and {} by {}", a.scope, Utc(at), KindOf(a),
                                  a.run_id, KindOf(b), b.run_id);
  if (IsLaterAttempt(a.run_id, b) || IsLaterAttempt(b.run_id, a)) return;
  // A process that could not be heard of may come back after another one has been given its id.
  const Process& first = processes_[older.process];
  const bool namesakes = older.process != newer.process && !truth.task->unique() &&
                         (!first.ended || *first.ended > processes_[newer.process].started);
  if (namesakes) {
    Suspect("decided by two of one name");
  } else if (!truth.task->unique() && (a.token == 0 || b.token == 0) && WasTroubled(a.scope, at)) {
    Suspect("told twice by a server without a store");
  } else {
    if (IsExcused(older.process, truth.shard, older.at, newer.at, Whose::kClaim)) {
      Suspect("recorded twice");
    } else {
      Violate(what, last_now_);
    }
  }
}

Checker::Decided Checker::DecidedBy(const OccurrenceRecord& record) const {
  const auto run = runs_.find(record.run_id);
  return run == runs_.end() ? decided_.at(record.run_id) : Decided{run->second.process, run->second.granted};
}

// What was decided in a stretch that the store lost comes back as far as servers remember it; when they remember one
// instant of the stretch, the others stay without an outcome. A flush forgets all, up to where the store begins anew.
void Checker::CheckHole(const ScopeTruth& truth, const Scope& name, WallTime at) {
  const std::vector<Loss>& losses = losses_[static_cast<std::size_t>(truth.shard)];
  const auto flushed = [&](const Loss& loss) {
    return loss.kept == SteadyTime::min() && at <= loss.wall + options_.max_skew;
  };
  const auto lost = [&](const Loss& loss) {
    return loss.kept != SteadyTime::min() && at <= loss.wall + options_.max_skew &&
           at > loss.wall - std::chrono::ceil<Milliseconds>(loss.at - loss.kept) - kLongestGrace;
  };
  if ((truth.begun_again && at <= *truth.begun_again) || std::ranges::any_of(losses, flushed)) {
    Suspect("forgotten by a flush");
  } else if (std::ranges::any_of(losses, lost)) {
    Suspect("forgotten by a loss");
  } else if (!truth.task->unique() && WasTroubled(name, at)) {
    Suspect("not told by a server without a store");
  } else {
    Violate(Format("{} at {} has no outcome", name, Utc(at)), last_now_);
  }
}

// Whether the server's clock had been set to a time as late as that, and back.
bool Checker::ClockWasThere(const std::string& server, WallTime at) const {
  const auto shown = shown_.find(server.substr(0, server.find('#')));
  return shown != shown_.end() && at <= shown->second;
}

// Whether the server of the scope, or the store, could not be relied on when the instant was due.
bool Checker::WasTroubled(const Scope& scope, WallTime at) const {
  const SteadyTime due(at.time_since_epoch() - wall_of_zero_);
  const auto slack = 2 * options_.lease_ttl + kLongestGrace;
  const std::string server = scope.substr(TaskOfScope(scope).size() + 1);
  if (ClockWasThere(server, at)) return true;
  const auto is_near = [&](const Trouble& trouble) { return trouble.from <= due + slack && trouble.to >= due - slack; };
  return std::ranges::any_of(troubles_, [&](const auto& entry) {
    return (entry.first.empty() || server == entry.first) && std::ranges::any_of(entry.second, is_near);
  });
}

void Checker::CheckCount(const OccurrenceRecord& record, std::uint64_t count) {
  const bool is_uncounted = record.count == 0;  // Its claimer died before it could count.
  if (count == 0 && record.outcome != Outcome::kUnknown) {
    Violate(Format("{} of {} at {} is of no due instant", record.run_id, record.scope, Utc(record.scheduled_at)),
            last_now_);
  } else if (count > 0 && !is_uncounted && record.count != count && record.count < kMostCounted) {
    Violate(Format("{} of {} counts {} instants of {}", record.run_id, record.scope, record.count, count), last_now_);
  }
}

// A run that ended is recorded so; one whose server died, as lost or as it ended.
void Checker::ConcludeRun(const std::string& run_id, const Run& run, const OccurrenceRecord* record) {
  const Process& process = processes_[run.process];
  // It died before it could tell; the store may have recorded what it had answered, unheard, when it was asked.
  const bool untold = process.crashed && run.token == 0 && !run.recorded;
  if (untold && (record == nullptr || record->outcome != Outcome::kRunning)) return;
  const bool timed_out = record != nullptr && record->outcome == Outcome::kTimedOut && run.told;
  const bool is_as_it_was = record != nullptr && (record->outcome == run.outcome || !run.outcome || timed_out);
  const bool is_lost =
      record != nullptr && record->outcome == Outcome::kLost && (process.crashed || IsLateReport(*record));
  if (is_as_it_was || is_lost) return;
  const int shard = Truth(run.scope).shard;
  const bool was_lost = std::ranges::any_of(losses_[static_cast<std::size_t>(shard)], [&run](const Loss& loss) {
    return loss.kept < run.granted && run.granted <= loss.at;
  });
  if (process.crashed && !run.recorded && was_lost) {
    Suspect("outcome lost");
    return;
  }
  const SteadyTime known = run.recorded.value_or(run.granted);
  const SteadyTime written = run.recorded_again.value_or(run.granted);
  if (IsExcused(run.process, shard, written, known, last_now_, Whose::kClaim)) {
    Suspect("outcome lost");
  } else {
    Violate(Format("run {} of {} on {} ended {} and is recorded {}", run_id, run.scope, process.server,
                   run.outcome ? Name(*run.outcome) : std::string_view("never"),
                   record == nullptr ? std::string("nowhere") : DescribeOutcome(record->outcome, record->reason)),
            last_now_);
  }
}

}  // namespace rota::cluster
