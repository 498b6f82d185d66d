#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rota/base/instant.h"
#include "rota/base/status.h"
#include "rota/coordination/store.h"
#include "rota/time/clock.h"

namespace rota {

struct RedisAddress {
  std::string host = "localhost";
  int port = 6379;
  friend bool operator==(const RedisAddress&, const RedisAddress&) = default;
};

struct RedisLogin {
  std::string user;  // Empty: the default user.
  std::string password;
  friend bool operator==(const RedisLogin&, const RedisLogin&) = default;
};

struct RedisTls {
  std::string ca_file;      // PEM; empty: the system's authorities.
  std::string cert_file;    // PEM, of the client; empty: none.
  std::string key_file;     // PEM.
  std::string server_name;  // Which name the server's certificate must bear; empty: the host's.
  friend bool operator==(const RedisTls&, const RedisTls&) = default;
};

struct RedisStoreOptions {
  RedisAddress server;                  // Used when none of the following three is given.
  std::string socket;                   // A unix socket's path.
  std::vector<RedisAddress> sentinels;  // Who knows the primary named sentinel_primary.
  std::vector<RedisAddress> cluster;    // Some nodes of a cluster.
  std::string sentinel_primary;
  RedisLogin sentinel_login;
  RedisLogin login;
  int db = 0;
  std::optional<RedisTls> tls;  // To servers and Sentinels.
  Milliseconds connect_timeout = std::chrono::seconds(2);
  Milliseconds command_timeout = std::chrono::seconds(2);
  int wait_replicas = 0;  // So many replicas must have a claim before it counts.
  int shards = 64;        // Fixed by the first server that uses the prefix.

  // Every key begins with "{rota:<app>:<environment>:", so that no two of them meet.
  std::string app = "rota";
  std::string environment = "production";

  Milliseconds max_skew = std::chrono::seconds(2);
  Milliseconds keep = std::chrono::hours(24 * 30);  // History older than this is dropped.
  std::int64_t max_records = 200'000;               // And the oldest beyond this many, shared evenly by the shards.
  // How long claims pause when Redis may have lost what it acknowledged: every live server must notice within it
  // (NoticedWithin).
  Milliseconds quarantine = std::chrono::seconds(10);
  // For tests: decisions go by this clock instead of by Redis' own.
  Clock* decision_clock = nullptr;
};

// How long it takes at most until a server that renews its leases every `renewal_period` reaches a Redis that is back:
// an attempt may hang when it comes back, the next one may have to wait, and then the renewal is due.
Milliseconds NoticedWithin(Milliseconds renewal_period, const RedisStoreOptions& options);

// Makes a store in Redis (6.0 or later): the fleet's. docs/redis-format.md tells what it keeps there. Connects when
// first used, so it never fails to open; a fleet whose first call fails is told so by that call. `clock` is this
// server's clock, whose offset from Redis' is measured and told; it must outlive the store. Thread-safe.
std::unique_ptr<Store> MakeRedisStore(const RedisStoreOptions& options, Clock& clock);

}  // namespace rota
