#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rota/coordination/redis/calls.h"
#include "rota/coordination/redis/client.h"
#include "rota/coordination/redis/fleet_rows.h"
#include "rota/coordination/redis/keys.h"
#include "rota/coordination/redis/redis_store.h"

namespace rota::redis {

using Facts = std::map<std::string, std::string, std::less<>>;

// The lines "name:value" of INFO and CLUSTER INFO.
Facts ReadFacts(std::string_view text);

// What one primary tells of itself.
struct PrimaryFacts {
  std::string name;             // "127.0.0.1:6379"
  Facts info;                   // INFO.
  Facts cluster;                // CLUSTER INFO; empty where it is of no cluster.
  std::optional<Facts> config;  // CONFIG GET; nothing when the login may not ask.
};

// What there is to say of a primary, of the servers' clocks and of the last day's changes of epochs.
std::vector<Finding> DiagnoseNode(const PrimaryFacts& node, const RedisStoreOptions& options);
std::vector<Finding> DiagnoseClocks(const std::vector<ServerInfo>& servers, WallTime now, Milliseconds max_skew);
std::vector<Finding> DiagnoseLatency(Milliseconds median);
// Whether each shard can be read.
std::vector<Finding> DiagnoseShards(const std::vector<Status>& shards);
// `unknown` are the records of the instants that nobody remembered; the changes are the newest first.
std::vector<Finding> DiagnoseEpochs(const std::vector<EpochChange>& changes, int shards,
                                    const std::vector<OccurrenceRecord>& unknown);

// Asks Redis for all that, as Diagnostics::Examine() says.
Result<std::vector<Finding>> Examine(const RedisStoreOptions& options, const Keys& keys, Client& client,
                                     FleetRows& fleet, const Clock& clock);

}  // namespace rota::redis
