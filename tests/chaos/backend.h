#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "../redis/redis_fleet.h"
#include "../redis/redis_server.h"
#include "rota/base/instant.h"
#include "rota/base/status.h"
#include "rota/coordination/redis/redis_store.h"
#include "rota/coordination/store.h"
#include "rota/time/clock.h"
#include "tcp_gate.h"

namespace rota::chaos {

inline constexpr const char* kApp = "chaos";  // Part of every key in Redis.
inline constexpr const char* kEnvironment = "test";
inline constexpr Milliseconds kMaxSkew = std::chrono::seconds(2);

// The store that the fleet under test shares.
class Backend {
 public:
  virtual ~Backend() = default;
  // Its sections of config.yaml, each ending its line.
  virtual std::string Config() const = 0;
  // Variables that they refer to; servers may reach the store by ways of their own.
  virtual std::map<std::string, std::string> Environment(int server) const = 0;
  // As an observer reaches it, whatever becomes of the servers' ways.
  virtual Result<std::unique_ptr<Store>> Open(Clock& clock) const = 0;
};

// A file below the servers' folder.
class SqliteBackend final : public Backend {
 public:
  explicit SqliteBackend(const std::string& folder) : path_(folder + "/var/rota.db") {}
  std::string Config() const override { return ""; }
  std::map<std::string, std::string> Environment(int) const override { return {}; }
  Result<std::unique_ptr<Store>> Open(Clock& clock) const override;

 private:
  std::string path_;
};

enum class Persistence { kNone, kAppendOnlyFile };

// One Redis, with a gate for each server in front of it.
class RedisBackend final : public Backend {
 public:
  RedisBackend(Persistence persistence, int servers);
  std::string Config() const override;
  std::map<std::string, std::string> Environment(int server) const override;
  Result<std::unique_ptr<Store>> Open(Clock& clock) const override;

  redis_test::RedisServer& redis() { return redis_; }
  TcpGate& gate(int server) { return *gates_[static_cast<std::size_t>(server)]; }

 private:
  redis_test::RedisServer redis_;
  std::vector<std::unique_ptr<TcpGate>> gates_;
};

// A primary with two replicas, watched by three Sentinels.
class SentinelBackend final : public Backend {
 public:
  SentinelBackend();
  std::string Config() const override;
  std::map<std::string, std::string> Environment(int) const override { return {}; }
  Result<std::unique_ptr<Store>> Open(Clock& clock) const override;

  // The one that the Sentinels name.
  redis_test::RedisServer& primary();
  // From now on its replicas get nothing from it.
  static void CutReplication(redis_test::RedisServer& primary);
  // True when a primary answers and all other servers follow it.
  bool IsWhole();

 private:
  std::vector<std::unique_ptr<redis_test::RedisServer>> redis_;
  std::unique_ptr<redis_test::Sentinels> sentinels_;
};

}  // namespace rota::chaos
