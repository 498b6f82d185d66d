#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rota/base/mutex.h"
#include "rota/base/status.h"
#include "rota/coordination/joined_servers.h"
#include "rota/coordination/redis/calls.h"
#include "rota/coordination/redis/client.h"
#include "rota/coordination/redis/keys.h"
#include "rota/coordination/redis/redis_store.h"

namespace rota::redis {

// The servers' rows and the number of shards, which one hash tag of the fleet keeps. Thread-safe.
class FleetRows {
 public:
  // All must outlive this.
  FleetRows(const RedisStoreOptions& options, const Keys& keys, Client& client, Clock& clock);

  struct Seen {
    WallTime now;  // By Redis' clock.
    std::vector<ServerInfo> servers;
  };
  // Errors: kInvalidArgument when the fleet has another number of shards; the first to come fixes it.
  Result<Seen> Read();
  // Makes sure, once, that the number of shards is the fleet's.
  Status Check();
  // Returns the server with the id that it has got.
  Result<ServerInfo> Join(const ServerInfo& server, const std::string& manifest, Milliseconds ttl);
  // What the server said when it joined.
  Result<std::string> Manifest(const std::string& id);
  // Keeps the heartbeat of a server, and gives the fleet its row again should that be lost. Measures the offset of this
  // server's clock, which goes with the next heartbeat.
  Result<Seen> Beat(const std::string& id, Milliseconds ttl);
  Status Leave(const std::string& id);
  // Drops the servers whose heartbeat ended longer ago.
  Result<Seen> Drop(Milliseconds keep);

  // Server to incarnation, for those that joined here.
  Incarnations Joined() const { return joined_.Incarnations(); }
  std::string IncarnationOf(const std::string& server) const { return joined_.Find(server).incarnation; }
  std::vector<Finding> FindTaken(const std::vector<ServerInfo>& servers) const { return joined_.FindTaken(servers); }

 private:
  struct Answer {
    WallTime now;
    FleetAnswer found;
  };
  Result<Answer> Ask(FleetOrder order);

  // Constant after construction.
  const RedisStoreOptions& options_;
  const Keys& keys_;
  Client& client_;
  Clock& clock_;

  JoinedServers joined_;

  Mutex mu_;
  bool checked_ ROTA_GUARDED_BY(mu_) = false;
  std::optional<Milliseconds> clock_offset_ ROTA_GUARDED_BY(mu_);
};

}  // namespace rota::redis
