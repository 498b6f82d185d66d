#pragma once

#include <memory>
#include <string>
#include <vector>

#include "redis_server.h"

namespace rota::redis_test {

struct SentinelsOptions {
  int count = 3;
  std::string name = "mymaster";
  std::vector<std::string> arguments = {};  // Of each Sentinel: {"--requirepass", "x"}.
  std::vector<std::string> login = {};      // What Send() to a Sentinel logs in with.
  std::string primary_password = {};        // What the Sentinels log in to the servers with.
};

// Sentinels that watch a primary and take it for dead after half a second. Thread-compatible.
class Sentinels {
 public:
  // Returns when each knows the others and `replicas` replicas.
  Sentinels(const RedisServer& primary, int replicas, const SentinelsOptions& options = {});

  std::size_t size() const { return sentinels_.size(); }
  RedisServer& at(std::size_t i) { return *sentinels_[i]; }
  // The primary's port as the Sentinel `i` names it.
  int PrimaryPort(std::size_t i) const;

 private:
  std::string name_;
  std::vector<std::unique_ptr<RedisServer>> sentinels_;
};

// A Redis Cluster of primaries that share the slots evenly. Thread-compatible.
class Cluster {
 public:
  // Returns when all of them say that all is well. The arguments are each server's.
  explicit Cluster(int primaries = 3, const std::vector<std::string>& arguments = {});

  std::size_t size() const { return servers_.size(); }
  RedisServer& at(std::size_t i) { return *servers_[i]; }
  // The primary that serves a slot.
  std::size_t OwnerOf(int slot) const { return owners_[static_cast<std::size_t>(slot)]; }

  // Opens a slot's migration to the server `to`: keys that its owner has not (any more) are to be asked for there.
  void BeginMigration(int slot, std::size_t to);
  // Moves the keys of the slot and tells every server its new owner.
  void EndMigration(int slot, std::size_t to);

 private:
  std::string Id(std::size_t i) const { return servers_[i]->Send({"CLUSTER", "MYID"}); }

  std::vector<std::unique_ptr<RedisServer>> servers_;
  std::vector<std::size_t> owners_;  // Per slot.
};

}  // namespace rota::redis_test
