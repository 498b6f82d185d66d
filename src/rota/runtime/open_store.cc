#include "rota/runtime/open_store.h"

#include <filesystem>
#include <string>
#include <system_error>

#include "rota/base/check.h"
#include "rota/coordination/memory/memory_store.h"
#include "rota/coordination/redis/redis_store.h"
#include "rota/coordination/sqlite/sqlite_store.h"

namespace rota {
namespace {

std::vector<RedisAddress> ToAddresses(const std::vector<RedisOptions::Address>& addresses) {
  std::vector<RedisAddress> all;
  for (const RedisOptions::Address& address : addresses) all.push_back({address.host, address.port});
  return all;
}

RedisStoreOptions ToRedisStoreOptions(const Options& options) {
  const RedisOptions& redis = *options.redis;
  RedisStoreOptions store;
  store.server = {redis.host, redis.port};
  store.socket = redis.socket;
  store.sentinels = ToAddresses(redis.sentinels);
  store.cluster = ToAddresses(redis.cluster);
  store.sentinel_primary = redis.sentinel_primary;
  store.sentinel_login = {redis.sentinel_user, redis.sentinel_password};
  store.login = {redis.user, redis.password};
  store.db = redis.db;
  if (redis.tls) store.tls = RedisTls{redis.tls_ca, redis.tls_cert, redis.tls_key, redis.tls_server_name};
  store.connect_timeout = redis.connect_timeout;
  store.command_timeout = redis.timeout;
  store.wait_replicas = redis.wait_replicas;
  store.shards = redis.shards;
  store.app = options.app.name;
  store.environment = options.app.environment;
  store.max_skew = options.coordination.max_skew;
  store.keep = options.history.keep;
  store.max_records = options.history.max_records;
  store.quarantine = NoticedWithin(options.coordination.lease_ttl / 3, store);
  return store;
}

}  // namespace

Result<std::unique_ptr<Store>> OpenConfiguredStore(const Options& options, StoreUse use, Clock& clock) {
  const Options::Coordination& chosen = options.coordination;
  const auto memory = [&] {
    return MakeMemoryStore(clock, {.max_skew = chosen.max_skew,
                                   .keep = options.history.keep,
                                   .max_records = static_cast<std::size_t>(options.history.max_records)});
  };
  switch (chosen.driver) {
    case CoordinationDriver::kMemory:
      return memory();
    case CoordinationDriver::kSqlite: {
      std::error_code ignored;
      if (use == StoreUse::kLook && !std::filesystem::exists(chosen.path, ignored)) return memory();
      return OpenSqliteStore({.path = chosen.path, .max_skew = chosen.max_skew, .keep = options.history.keep}, clock);
    }
    case CoordinationDriver::kRedis:
      return MakeRedisStore(ToRedisStoreOptions(options), clock);
  }
  ROTA_CHECK(false, "unknown driver");
}

Status CheckStore(Store& store) {
  const Result<std::vector<Finding>> findings = store.Examine();
  if (!findings) return findings.error();
  std::string bad;
  for (const Finding& finding : *findings) {
    if (finding.severity != Severity::kError) continue;
    bad += Format("\n  {}: {}{}{}", finding.code, finding.message, finding.advice.empty() ? "" : ": ", finding.advice);
  }
  if (bad.empty()) return Status::Ok();
  return InvalidArgument("{}: a server cannot keep its promises with this store:{}", store.name(), bad);
}

}  // namespace rota
