#include "rota/testing/cluster/model_shard.h"

#include <algorithm>
#include <utility>

namespace rota::cluster {
namespace {

// Nobody fails over to, or restores, anything older.
constexpr std::chrono::minutes kLongestPast(3);

}  // namespace

ModelShard::ModelShard(int number, const Options& options, Dice& dice, Checker& checker)
    : number_(number), options_(options), dice_(dice), checker_(checker), process_(dice.Draw()) {}

void ModelShard::TakeBack(SteadyTime kept, StoreMoment moment) {
  while (!undo_.empty() && undo_.back().at > kept) {
    undo_.back().back(state_);
    undo_.pop_back();
  }
  checker_.WritesLost(number_, kept, moment);
}

void ModelShard::Flush(StoreMoment moment) {
  state_ = {};
  undo_.clear();
  checker_.WritesLost(number_, SteadyTime::min(), moment);
}

ModelShard::Access ModelShard::Enter(const ShardView& caller, StoreMoment moment) {
  if (down_) return Access::kDown;
  const Meta& meta = state_.meta;
  const bool went_back = caller.epoch == meta.epoch && caller.beat > meta.beat;
  // One that remembers nothing may have been the first to come upon a store that was emptied.
  const bool was_emptied = caller.epoch != 0 && caller.epoch != meta.epoch && meta.is_new;
  if (meta.epoch == 0 || meta.process != process_ || went_back || was_emptied) OpenEpoch(caller, moment);
  if (caller.epoch != 0 && caller.epoch != state_.meta.epoch) return Access::kStateLost;
  Remember(moment, [beat = state_.meta.beat](State& state) { state.meta.beat = beat; });
  state_.meta.beat = std::max(state_.meta.beat + 1, static_cast<std::uint64_t>(moment.wall.time_since_epoch().count()));
  return Access::kOpen;
}

// Whoever finds a store that may have lost its state, or an empty one, opens the next epoch.
void ModelShard::OpenEpoch(const ShardView& caller, StoreMoment moment) {
  Remember(moment, [meta = state_.meta](State& state) { state.meta = meta; });
  Meta& meta = state_.meta;
  meta.is_new = meta.epoch == 0 && caller.epoch == 0;
  meta.epoch = dice_.Draw() | 1;
  meta.process = process_;
  const Milliseconds pause = meta.is_new ? options_.settling : options_.quarantine;
  meta.quiet_until = moment.wall + pause;
  meta.judges_from = meta.quiet_until + pause;
  const auto now = static_cast<std::uint64_t>(moment.wall.time_since_epoch().count());
  meta.token_floor = std::max(now, meta.token_floor + 1);
  checker_.LossNoticed(number_, moment.now);
}

Milliseconds ModelShard::QuietFor(StoreMoment moment) const {
  return std::max(Milliseconds(0), state_.meta.quiet_until - moment.wall);
}

bool ModelShard::Judges(StoreMoment moment) const { return moment.wall >= state_.meta.judges_from; }

ClaimReply ModelShard::Claim(const ClaimRequest& request, const Caller& caller, StoreMoment moment) {
  const ledger::Entry* gap = FindEntry(ledger::GapRunId(request.run_id));
  ledger::ClaimDecision decision = ledger::Claim(request, {.scope = Find(request.scope),
                                                           .known = FindEntry(request.run_id),
                                                           .gap = gap == nullptr ? nullptr : &gap->record,
                                                           .pauses = state_.pauses,
                                                           .incarnation = caller.server.incarnation,
                                                           .now = moment.wall,
                                                           .max_skew = options_.max_skew,
                                                           .token_floor = state_.meta.token_floor});
  Apply(request.scope, std::move(decision.changes), moment);
  return std::move(decision.reply);
}

void ModelShard::Renew(const LeaseRef& lease, const Caller& caller, Milliseconds ttl, StoreMoment moment,
                       RenewReply& reply) {
  ledger::RenewDecision decision =
      ledger::Renew(lease.run_id, Find(lease.scope), caller.server.incarnation, ttl, moment.wall);
  Apply(lease.scope, std::move(decision.changes), moment);
  reply.outcomes.push_back(decision.outcome);
  if (!decision.stop.empty()) reply.stops.push_back({lease.run_id, std::move(decision.stop)});
}

void ModelShard::Finish(const OccurrenceRecord& record, const Caller& caller, StoreMoment moment) {
  Apply(record.scope, ledger::Finish(record, Find(record.scope), FindEntry(record.run_id), caller.server.incarnation),
        moment);
}

void ModelShard::Reassert(const HeldRun& run, const Caller& caller, StoreMoment moment) {
  const OccurrenceRecord& record = run.record;
  Apply(record.scope,
        ledger::ReassertRun(run, Find(record.scope), FindEntry(record.run_id), caller.server.incarnation, moment.wall),
        moment);
}

void ModelShard::Reassert(const HeldSlot& slot, const Caller& caller, StoreMoment moment) {
  Apply(slot.scope, ledger::ReassertSlot(slot, caller.server.incarnation, moment.wall), moment);
}

void ModelShard::Reassert(const Memory::Watermark& watermark, StoreMoment moment) {
  Apply(watermark.scope,
        ledger::ReassertWatermark(watermark.at, Find(watermark.scope), moment.wall + options_.max_skew), moment);
}

std::vector<OccurrenceRecord> ModelShard::Reap(std::span<const ServerInfo> servers, const Caller& caller,
                                               Milliseconds ttl, StoreMoment moment) {
  std::vector<OccurrenceRecord> decided;
  for (const Scope& scope : std::set<Scope>(state_.leased)) {
    for (const ledger::Lease& lease : std::vector<ledger::Lease>(Find(scope).leases)) {
      const auto server = std::ranges::find(servers, lease.server, &ServerInfo::id);
      const ledger::Entry* known = FindEntry(lease.run_id);
      auto changes =
          ledger::Reap(lease, {.scope = Find(scope),
                               .server = server == servers.end() ? nullptr : &*server,
                               .known = known,
                               .next = known == nullptr ? nullptr : FindEntry(ledger::NextRunId(known->record)),
                               .reaper = caller.server.id,
                               .ttl = ttl,
                               .now = moment.wall,
                               .token_floor = state_.meta.token_floor});
      if (!changes) continue;
      for (const ledger::Entry& entry : changes->entries) decided.push_back(entry.record);
      Apply(scope, *std::move(changes), moment);
    }
  }
  Settle(moment, decided);
  return decided;
}

void ModelShard::Settle(StoreMoment moment, std::vector<OccurrenceRecord>& decided) {
  if (state_.suspects.empty()) return;
  std::set<Scope> recorded;
  for (const auto& [run_id, entry] : state_.entries) {
    const OccurrenceRecord& record = entry.record;
    if (!state_.suspects.contains(record.scope)) continue;
    const ledger::Suspect& suspect = *Find(record.scope).suspect;
    if (record.scheduled_last > suspect.after && record.scheduled_at <= suspect.until) recorded.insert(record.scope);
  }
  for (const Scope& name : std::set<Scope>(state_.suspects)) {
    const ledger::Recorded known = recorded.contains(name) ? ledger::Recorded::kYes : ledger::Recorded::kNo;
    std::optional<ledger::Changes> changes = ledger::Settle(name, Find(name), known, moment.wall);
    for (const ledger::Entry& entry : changes->entries) decided.push_back(entry.record);
    Apply(name, *std::move(changes), moment);
  }
}

const ledger::ScopeState& ModelShard::Seed(const Scope& scope, WallTime watermark, StoreMoment moment) {
  Apply(scope, ledger::Seed(watermark, Find(scope), moment.wall), moment);
  return Find(scope);
}

void ModelShard::SetPauses(std::vector<Pause> pauses, StoreMoment moment) {
  Remember(moment, [old = state_.pauses](State& state) { state.pauses = old; });
  state_.pauses = std::move(pauses);
}

void ModelShard::PutServer(const ServerInfo& server, StoreMoment moment) {
  Remember(moment, [old = state_.servers](State& state) { state.servers = old; });
  const auto place = std::ranges::lower_bound(state_.servers, server.id, {}, &ServerInfo::id);
  if (place != state_.servers.end() && place->id == server.id) {
    *place = server;
  } else {
    state_.servers.insert(place, server);
  }
}

void ModelShard::KeepServer(const ServerInfo& server, WallTime alive_until, StoreMoment moment) {
  const auto place = std::ranges::find(state_.servers, server.id, &ServerInfo::id);
  if (!ledger::HoldsId(server, place == state_.servers.end() ? nullptr : &*place, moment.wall)) return;
  ServerInfo kept = server;
  kept.seen_at = moment.wall;
  kept.alive_until = alive_until;
  PutServer(kept, moment);
}

const ledger::ScopeState& ModelShard::Find(const Scope& scope) const {
  const auto found = state_.scopes.find(scope);
  return found == state_.scopes.end() ? unseen_ : found->second;
}

const ledger::Entry* ModelShard::FindEntry(const std::string& run_id) const {
  const auto found = state_.entries.find(run_id);
  return found == state_.entries.end() ? nullptr : &found->second;
}

void ModelShard::Apply(const Scope& scope, ledger::Changes changes, StoreMoment moment) {
  const bool changes_scope =
      changes.watermark || changes.token || changes.lease || changes.released || changes.suspect || changes.settled;
  if (!changes_scope && changes.entries.empty()) return;
  const ledger::ScopeState& before = Find(scope);
  checker_.Wrote(number_, scope, before, changes, moment);

  std::vector<std::pair<std::string, std::optional<ledger::Entry>>> old;
  for (ledger::Entry& entry : changes.entries) {
    const std::string& run_id = entry.record.run_id;
    const auto [place, is_new] = state_.entries.try_emplace(run_id);
    old.emplace_back(run_id, is_new ? std::nullopt : std::optional(std::move(place->second)));
    place->second = std::move(entry);
  }
  ledger::ScopeState after = before;
  ledger::Apply(changes, after);
  Remember(moment, [this, scope, before, old = std::move(old)](State& state) {
    for (auto entry = old.rbegin(); entry != old.rend(); ++entry) {
      if (entry->second) {
        state.entries[entry->first] = *entry->second;
      } else {
        state.entries.erase(entry->first);
      }
    }
    Put(scope, before);
  });
  Put(scope, std::move(after));
}

void ModelShard::Put(const Scope& scope, ledger::ScopeState state) {
  const auto mark = [&scope](std::set<Scope>& marked, bool is_so) {
    if (is_so) {
      marked.insert(scope);
    } else {
      marked.erase(scope);
    }
  };
  mark(state_.leased, !state.leases.empty());
  mark(state_.suspects, state.suspect.has_value());
  state_.scopes[scope] = std::move(state);
}

void ModelShard::Remember(StoreMoment moment, std::function<void(State&)> back) {
  while (!undo_.empty() && moment.now - undo_.front().at > kLongestPast) undo_.pop_front();
  undo_.push_back({moment.now, std::move(back)});
}

}  // namespace rota::cluster
