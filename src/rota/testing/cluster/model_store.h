#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "rota/base/status.h"
#include "rota/coordination/store.h"
#include "rota/testing/cluster/model_shard.h"

namespace rota::cluster {

// An answer of the store, with what its caller then knows of the shards.
template <typename T>
struct Answer {
  Result<T> result;
  std::vector<ShardView> shards;
};

// The store of the fleet as its servers call it: shards that each keep some of the tasks, the first also the servers.
// What a call asks of several shards each of them does alone. Thread-compatible.
class ModelStore {
 public:
  ModelStore(int shards, const ModelShard::Options& options, Dice& dice, Checker& checker);

  std::vector<ModelShard>& shards() { return shards_; }

  // `gone` knows servers that ended although their heartbeat still runs.
  Answer<JoinReply> Join(const Caller& caller, const JoinRequest& request,
                         const std::function<bool(const ServerInfo&)>& gone, StoreMoment moment);
  Answer<std::vector<ClaimReply>> Claim(const Caller& caller, std::span<const ClaimRequest> requests,
                                        StoreMoment moment);
  Answer<RenewReply> Renew(const Caller& caller, std::span<const LeaseRef> leases, Milliseconds ttl,
                           StoreMoment moment);
  Answer<std::vector<FinishOutcome>> Finish(const Caller& caller, std::span<const OccurrenceRecord> records,
                                            StoreMoment moment);
  Answer<std::vector<OccurrenceRecord>> Reap(const Caller& caller, Milliseconds ttl, StoreMoment moment);
  Answer<Milliseconds> Reassert(const Caller& caller, const Memory& memory, StoreMoment moment);
  Answer<std::vector<Standing>> LookUp(const Caller& caller, std::span<const OccurrenceKey> keys, StoreMoment moment);
  Answer<Milliseconds> Leave(const Caller& caller, StoreMoment moment);
  void SetPauses(const std::vector<Pause>& pauses, StoreMoment moment);

 private:
  class Visit;

  std::size_t ShardOf(const Scope& scope) const;

  Checker& checker_;
  std::vector<ModelShard> shards_;
};

}  // namespace rota::cluster
