#include "backend.h"

#include <stdexcept>

#include "rota/base/format.h"
#include "rota/coordination/sqlite/sqlite_store.h"

namespace rota::chaos {
namespace {

constexpr int kReplicas = 2;
constexpr Milliseconds kPatience = std::chrono::seconds(10);  // An observer's, who reads a lot at once.

RedisStoreOptions StoreOptions() {
  RedisStoreOptions options;
  options.app = kApp;
  options.environment = kEnvironment;
  options.max_skew = kMaxSkew;
  options.command_timeout = kPatience;
  return options;
}

}  // namespace

Result<std::unique_ptr<Store>> SqliteBackend::Open(Clock& clock) const {
  return OpenSqliteStore({.path = path_, .max_skew = kMaxSkew}, clock);
}

RedisBackend::RedisBackend(Persistence persistence, int servers)
    : redis_({.arguments = persistence == Persistence::kNone
                               ? std::vector<std::string>{}
                               : std::vector<std::string>{"--appendonly", "yes", "--appendfsync", "always"}}) {
  for (int server = 0; server < servers; ++server) gates_.push_back(std::make_unique<TcpGate>(redis_.port()));
}

std::string RedisBackend::Config() const { return "redis: {host: 127.0.0.1, port: \"${REDIS_PORT}\"}\n"; }

std::map<std::string, std::string> RedisBackend::Environment(int server) const {
  return {{"REDIS_PORT", std::to_string(gates_[static_cast<std::size_t>(server)]->port())}};
}

Result<std::unique_ptr<Store>> RedisBackend::Open(Clock& clock) const {
  RedisStoreOptions options = StoreOptions();
  options.server = {"127.0.0.1", redis_.port()};
  return MakeRedisStore(options, clock);
}

SentinelBackend::SentinelBackend() {
  redis_.push_back(std::make_unique<redis_test::RedisServer>());
  const std::string port = std::to_string(redis_[0]->port());
  for (int i = 0; i < kReplicas; ++i) {
    redis_.push_back(std::make_unique<redis_test::RedisServer>(
        redis_test::RedisServerOptions{.arguments = {"--replicaof", "127.0.0.1", port}}));
  }
  sentinels_ = std::make_unique<redis_test::Sentinels>(*redis_[0], kReplicas);
}

std::string SentinelBackend::Config() const {
  std::string addresses;
  for (std::size_t i = 0; i < sentinels_->size(); ++i) {
    addresses += Format("{}127.0.0.1:{}", i == 0 ? "" : ", ", sentinels_->at(i).port());
  }
  return Format("redis: {{sentinels: [{}], sentinel_primary: mymaster}}\n", addresses);
}

Result<std::unique_ptr<Store>> SentinelBackend::Open(Clock& clock) const {
  RedisStoreOptions options = StoreOptions();
  for (std::size_t i = 0; i < sentinels_->size(); ++i) {
    options.sentinels.push_back({"127.0.0.1", sentinels_->at(i).port()});
  }
  options.sentinel_primary = "mymaster";
  return MakeRedisStore(options, clock);
}

redis_test::RedisServer& SentinelBackend::primary() {
  const int port = sentinels_->PrimaryPort(0);
  for (const auto& redis : redis_) {
    if (redis->port() == port) return *redis;
  }
  throw std::runtime_error(Format("the Sentinels name a stranger at port {}", port));
}

void SentinelBackend::CutReplication(redis_test::RedisServer& primary) {
  primary.Send({"ACL", "SETUSER", "default", "-psync", "-sync"});
  primary.Send({"CLIENT", "KILL", "TYPE", "replica"});
}

bool SentinelBackend::IsWhole() {
  const std::string state = primary().Send({"INFO", "replication"});
  return state.find(Format("connected_slaves:{}", kReplicas)) != std::string::npos &&
         state.find("state=wait") == std::string::npos && state.find("state=send") == std::string::npos;
}

}  // namespace rota::chaos
