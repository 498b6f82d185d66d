#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rota/base/instant.h"
#include "rota/base/log.h"
#include "rota/schedule/pool_options.h"

namespace rota {

enum class CoordinationDriver { kMemory, kSqlite, kRedis };

// The `redis:` block. Where Redis is, one of these says: host and port, socket, sentinels, cluster.
struct RedisOptions {
  struct Address {
    std::string host;
    int port = 0;
    friend bool operator==(const Address&, const Address&) = default;
  };

  std::string host = "localhost";
  int port = 6379;
  std::string password;
  int db = 0;
  std::string user;    // Empty: the default user.
  std::string socket;  // The path of a unix socket; empty: none.
  bool tls = false;    // To servers and Sentinels.
  std::string tls_ca;  // PEM files; tls_ca empty: the system's authorities.
  std::string tls_cert;
  std::string tls_key;
  std::string tls_server_name;     // Empty: the host's.
  std::vector<Address> sentinels;  // Who know the primary named sentinel_primary.
  std::string sentinel_primary;
  std::string sentinel_user;
  std::string sentinel_password;
  std::vector<Address> cluster;  // Some nodes of a cluster.
  int wait_replicas = 0;         // So many replicas must have a claim before it counts.
  int shards = 64;
  Milliseconds timeout = std::chrono::seconds(2);  // Of a command.
  Milliseconds connect_timeout = std::chrono::seconds(2);
  friend bool operator==(const RedisOptions&, const RedisOptions&) = default;
};

// What config.yaml says; every member has the default that holds when the key is absent.
struct Options {
  struct App {
    std::string name = "rota";
    std::string environment = "production";
    std::string timezone = "UTC";  // Of tasks that name none.
    std::string release;           // What this deployment is called; empty: nothing.
    friend bool operator==(const App&, const App&) = default;
  } app;
  struct Server {
    std::string id;  // Empty: the host's name.
    int workers = 16;
    Pools pools;  // Workers of tasks that name a pool.
    Milliseconds shutdown_grace = std::chrono::seconds(30);
    Milliseconds kill_after = std::chrono::seconds(5);  // From SIGTERM to SIGKILL for children.
    friend bool operator==(const Server&, const Server&) = default;
  } server;
  struct Coordination {
    CoordinationDriver driver = CoordinationDriver::kSqlite;
    std::string path = "var/rota.db";  // sqlite: relative to the working directory.
    Milliseconds lease_ttl = std::chrono::seconds(15);
    Milliseconds max_skew = std::chrono::seconds(2);
    friend bool operator==(const Coordination&, const Coordination&) = default;
  } coordination;
  std::optional<RedisOptions> redis;
  struct Log {
    LogLevel level = LogLevel::kInfo;
    std::string file = "var/log/rota.log";     // Empty: no file.
    std::int64_t max_size = 10 * 1024 * 1024;  // Bytes; the line that would pass it begins a new file.
    int max_files = 5;                         // The one being written included.
    friend bool operator==(const Log&, const Log&) = default;
  } log;
  struct History {
    Milliseconds keep = std::chrono::hours(24 * 30);
    int max_records = 200'000;  // memory and redis.
    friend bool operator==(const History&, const History&) = default;
  } history;
  friend bool operator==(const Options&, const Options&) = default;
};

}  // namespace rota
