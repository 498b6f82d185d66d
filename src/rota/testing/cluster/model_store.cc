#include "rota/testing/cluster/model_store.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "rota/base/hash.h"

namespace rota::cluster {

// One call on its way through the shards: each is entered once, when it is first asked for something.
class ModelStore::Visit {
 public:
  Visit(ModelStore& store, const Caller& caller, StoreMoment moment)
      : store_(store), caller_(caller), moment_(moment), accesses_(store.shards_.size()) {}

  // The shard, or null when it does nothing for this caller.
  ModelShard* Enter(std::size_t number) {
    std::optional<ModelShard::Access>& access = accesses_[number];
    const ShardView view = caller_.shards.empty() ? ShardView() : caller_.shards[number];
    if (!access) access = store_.shards_[number].Enter(view, moment_);
    return access == ModelShard::Access::kOpen ? &store_.shards_[number] : nullptr;
  }
  ModelShard* Enter(const Scope& scope) { return Enter(store_.ShardOf(scope)); }

  // Whether all shards that were asked are down.
  Status Standing() const {
    const auto is = [](ModelShard::Access what) {
      return [what](const std::optional<ModelShard::Access>& access) { return access == what; };
    };
    if (std::ranges::any_of(accesses_, is(ModelShard::Access::kStateLost))) {
      return StateLost("model: the store may have lost what it acknowledged");
    }
    const bool is_down = std::ranges::any_of(accesses_, is(ModelShard::Access::kDown)) &&
                         std::ranges::none_of(accesses_, is(ModelShard::Access::kOpen));
    return is_down ? Unavailable("model: connection refused") : Status::Ok();
  }
  bool AnyDown() const {
    return std::ranges::any_of(accesses_, [](const auto& access) { return access == ModelShard::Access::kDown; });
  }

  template <typename T>
  Answer<T> Finish(T value) const {
    if (Status status = Standing(); !status.ok()) return Failed<T>(std::move(status));
    return {std::move(value), Views()};
  }
  template <typename T>
  Answer<T> Failed(Status status) const {
    return {Fail(std::move(status)), Views()};
  }

 private:
  // What the caller has seen by now. One that is to tell what it remembers stays in its old epoch until it has.
  std::vector<ShardView> Views() const {
    std::vector<ShardView> views = caller_.shards;
    views.resize(accesses_.size());
    for (std::size_t i = 0; i < accesses_.size(); ++i) {
      if (accesses_[i] == ModelShard::Access::kOpen) views[i] = store_.shards_[i].view();
    }
    return views;
  }

  ModelStore& store_;
  const Caller& caller_;
  const StoreMoment moment_;
  std::vector<std::optional<ModelShard::Access>> accesses_;
};

ModelStore::ModelStore(int shards, const ModelShard::Options& options, Dice& dice, Checker& checker)
    : checker_(checker) {
  for (int i = 0; i < shards; ++i) shards_.emplace_back(i, options, dice, checker);
}

std::size_t ModelStore::ShardOf(const Scope& scope) const {
  return static_cast<std::size_t>((StableHash(TaskOfScope(scope)) >> 32) * shards_.size() >> 32);
}

Answer<JoinReply> ModelStore::Join(const Caller& caller, const JoinRequest& request,
                                   const std::function<bool(const ServerInfo&)>& gone, StoreMoment moment) {
  Visit visit(*this, caller, moment);
  for (std::size_t i = 0; i < shards_.size(); ++i) (void)visit.Enter(i);
  if (visit.AnyDown()) return visit.Failed<JoinReply>(Unavailable("model: connection refused"));
  ModelShard& fleet = shards_.front();
  ServerInfo server = request.server;
  server.id = ledger::ChooseServerId(server, fleet.servers(), moment.wall, gone);
  server.started_at = server.seen_at = moment.wall;
  server.alive_until = moment.wall + request.heartbeat_ttl;
  fleet.PutServer(server, moment);
  JoinReply reply{server.id, {}, {}};
  for (const Task& task : *request.tasks) {
    const Scope scope = MakeScope(task, server.id);
    const ledger::ScopeState& state = shards_[ShardOf(scope)].Seed(scope, request.seed, moment);
    reply.watermarks.push_back(*state.watermark);
    reply.seeded.push_back(state.seeded);
  }
  return visit.Finish(std::move(reply));
}

Answer<std::vector<ClaimReply>> ModelStore::Claim(const Caller& caller, std::span<const ClaimRequest> requests,
                                                  StoreMoment moment) {
  Visit visit(*this, caller, moment);
  std::vector<ClaimReply> replies(requests.size());
  std::size_t answered = 0;
  for (std::size_t i = 0; i < requests.size(); ++i) {
    ModelShard* shard = visit.Enter(requests[i].scope);
    if (shard != nullptr && shard->QuietFor(moment) == Milliseconds(0)) {
      replies[i] = shard->Claim(requests[i], caller, moment);
      ++answered;
    } else {
      replies[i].outcome = ClaimOutcome::kUnanswered;
    }
  }
  if (answered == 0 && visit.Standing().ok()) {
    return visit.Failed<std::vector<ClaimReply>>(Unavailable("model: claims pause"));
  }
  return visit.Finish(std::move(replies));
}

Answer<std::vector<Standing>> ModelStore::LookUp(const Caller& caller, std::span<const OccurrenceKey> keys,
                                                 StoreMoment moment) {
  Visit visit(*this, caller, moment);
  std::vector<Standing> standings;
  for (const OccurrenceKey& key : keys) {
    const ModelShard* shard = visit.Enter(key.scope);
    if (shard == nullptr) return visit.Failed<std::vector<Standing>>(Unavailable("model: a shard does not answer"));
    std::vector<OccurrenceRecord> records;
    for (const auto& [run_id, entry] : shard->entries()) {
      const OccurrenceRecord& record = entry.record;
      const bool covers = record.scheduled_at <= key.at && key.at <= record.scheduled_last;
      if (record.scope == key.scope && covers) records.push_back(record);
    }
    standings.push_back(StandingOf(key, records));
  }
  return visit.Finish(std::move(standings));
}

Answer<RenewReply> ModelStore::Renew(const Caller& caller, std::span<const LeaseRef> leases, Milliseconds ttl,
                                     StoreMoment moment) {
  Visit visit(*this, caller, moment);
  RenewReply reply;
  if (ModelShard* fleet = visit.Enter(0)) {
    fleet->KeepServer(caller.server, moment.wall + ttl, moment);
    reply.servers = ledger::LiveServers(fleet->servers(), moment.wall);
  }
  for (std::size_t i = 1; i < shards_.size(); ++i) (void)visit.Enter(i);
  for (const LeaseRef& lease : leases) {
    ModelShard* shard = visit.Enter(lease.scope);
    if (shard == nullptr) {
      reply.outcomes.push_back(RenewOutcome::kUnanswered);
    } else {
      shard->Renew(lease, caller, ttl, moment, reply);
    }
  }
  return visit.Finish(std::move(reply));
}

Answer<std::vector<FinishOutcome>> ModelStore::Finish(const Caller& caller, std::span<const OccurrenceRecord> records,
                                                      StoreMoment moment) {
  Visit visit(*this, caller, moment);
  std::vector<FinishOutcome> outcomes;
  for (const OccurrenceRecord& record : records) {
    ModelShard* shard = visit.Enter(record.scope);
    if (shard != nullptr) shard->Finish(record, caller, moment);
    outcomes.push_back(shard == nullptr ? FinishOutcome::kUnanswered : FinishOutcome::kRecorded);
  }
  return visit.Finish(std::move(outcomes));
}

Answer<std::vector<OccurrenceRecord>> ModelStore::Reap(const Caller& caller, Milliseconds ttl, StoreMoment moment) {
  Visit visit(*this, caller, moment);
  std::vector<OccurrenceRecord> decided;
  const ModelShard* fleet = visit.Enter(0);
  // Servers that a store without its state does not know must get to tell that they live.
  if (fleet == nullptr || !fleet->Judges(moment)) return visit.Finish(std::move(decided));
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    ModelShard* shard = visit.Enter(i);
    if (shard == nullptr || !shard->Judges(moment)) continue;
    std::vector<OccurrenceRecord> some = shard->Reap(fleet->servers(), caller, ttl, moment);
    std::ranges::move(some, std::back_inserter(decided));
  }
  return visit.Finish(std::move(decided));
}

// Shards that are down are told when they ask for it.
Answer<Milliseconds> ModelStore::Reassert(const Caller& caller, const Memory& memory, StoreMoment moment) {
  Visit entering(*this, caller, moment);  // Opens the epoch where nobody has yet.
  for (std::size_t i = 0; i < shards_.size(); ++i) (void)entering.Enter(i);
  Caller adopting = caller;
  adopting.shards.clear();
  Visit visit(*this, adopting, moment);
  for (const OccurrenceRecord& record : memory.records) {
    if (ModelShard* shard = visit.Enter(record.scope)) shard->Finish(record, caller, moment);
  }
  for (const HeldRun& run : memory.runs) {
    if (ModelShard* shard = visit.Enter(run.record.scope)) shard->Reassert(run, caller, moment);
  }
  for (const Memory::Watermark& watermark : memory.watermarks) {
    if (ModelShard* shard = visit.Enter(watermark.scope)) shard->Reassert(watermark, moment);
  }
  for (const HeldSlot& slot : memory.slots) {
    if (ModelShard* shard = visit.Enter(slot.scope)) shard->Reassert(slot, caller, moment);
  }
  Milliseconds quiet{};
  std::vector<std::size_t> down;
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    if (visit.Enter(i) == nullptr) {
      down.push_back(i);
      continue;
    }
    checker_.ProcessReasserted(caller.process, static_cast<int>(i), moment.now);
    quiet = std::max(quiet, shards_[i].QuietFor(moment));
  }
  Answer<Milliseconds> answer = visit.Finish(quiet);
  for (const std::size_t i : down) answer.shards[i] = caller.shards.empty() ? ShardView() : caller.shards[i];
  return answer;
}

Answer<Milliseconds> ModelStore::Leave(const Caller& caller, StoreMoment moment) {
  Visit visit(*this, caller, moment);
  if (ModelShard* fleet = visit.Enter(0)) fleet->KeepServer(caller.server, moment.wall, moment);
  return visit.Finish(Milliseconds(0));
}

void ModelStore::SetPauses(const std::vector<Pause>& pauses, StoreMoment moment) {
  for (const Pause& pause : pauses) checker_.PauseSet(pause);
  for (ModelShard& shard : shards_) shard.SetPauses(pauses, moment);
}

}  // namespace rota::cluster
