#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rota/engine/occurrence.h"

namespace rota::redis {

// The shard that keeps a task: shards follow the order of StableHash. REQUIRES: shards is positive.
int ShardOf(const TaskId& task, int shards);

// The names of the keys of one application in one environment (docs/redis-format.md). Immutable.
class Keys {
 public:
  Keys(std::string_view app, std::string_view environment);

  // Those of a shard, in the order in which the scripts take them: meta, scopes, leases, records, history, pauses,
  // suspects.
  std::vector<std::string> OfShard(int shard) const;
  std::string History(int shard) const { return Name(shard, "history"); }
  std::string Records(int shard) const { return Name(shard, "records"); }
  std::string Pauses(int shard) const { return Name(shard, "pauses"); }
  // One that there never is.
  std::string Probe(int shard) const { return Name(shard, "probe"); }
  // Those of the fleet: meta, servers, manifests.
  std::vector<std::string> OfFleet() const;
  std::string Epochs() const { return tag_ + "fleet}:epochs"; }

 private:
  std::string Name(int shard, std::string_view part) const;

  std::string tag_;  // "{rota:app:production:"
};

}  // namespace rota::redis
