#include "rota/config/redis_section.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/time/format.h"

namespace rota {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using Address = RedisOptions::Address;
using File = FileContents;

RedisOptions& Redis(File& file) { return *file.options.redis; }

// Catches URLs and paths, which name no host.
bool IsHost(std::string_view text) {
  return !text.empty() && Printable(text) == text && text.find_first_of(" /@[]") == std::string_view::npos;
}

// As Expected(), but of a URL, which may hold a password, it shows nothing before the host.
Status ExpectedHost(std::string_view text, std::string_view words) {
  const std::size_t at = text.rfind('@');
  return Expected(at == std::string_view::npos ? std::string(text) : Format("***{}", text.substr(at)), words);
}

ValueType<std::string> Host() {
  constexpr std::string_view kWords = "a host name or address";
  return {std::string(kWords), [kWords](const std::string& text) -> Result<std::string> {
            if (!IsHost(text)) return Fail(ExpectedHost(text, kWords));
            return text;
          }};
}

ValueType<Address> HostAndPort() {
  constexpr std::string_view kWords = "host:port, such as redis1:26379 or [::1]:26379";
  return {std::string(kWords), [kWords](const std::string& text) -> Result<Address> {
            const std::size_t colon = text.rfind(':');
            if (colon == std::string::npos) return Fail(ExpectedHost(text, kWords));
            std::string_view host = std::string_view(text).substr(0, colon);
            const bool bracketed = host.starts_with('[') && host.ends_with(']');
            if (bracketed) host = host.substr(1, host.size() - 2);
            const Result<int> port = Integer(1, 65535).parse(text.substr(colon + 1));
            const bool has_colon = host.find(':') != std::string_view::npos;
            if (!port || !IsHost(host) || has_colon != bracketed) return Fail(ExpectedHost(text, kWords));
            return Address{std::string(host), *port};
          }};
}

Key<File> Addresses(std::string name, std::string meaning, std::vector<Address> RedisOptions::* slot) {
  const ValueType<Address> type = HostAndPort();
  return {std::move(name), "a list: " + type.words, "", std::move(meaning),
          [type, slot](ValueReader& reader, const ValueReader::Place& place, File& file) {
            auto addresses = reader.ReadList(place, type, "[\"redis1:26379\", \"redis2:26379\"]");
            if (!addresses) return;
            if (addresses->empty()) {
              return reader.Refuse(place.node.position,
                                   Format("{}: expected at least one host:port, found an empty list", place.name));
            }
            Redis(file).*slot = *std::move(addresses);
          }};
}

template <typename T>
Key<File> Single(std::string name, ValueType<T> type, std::string default_value, std::string meaning,
                 T RedisOptions::* slot) {
  return Value<File>(std::move(name), std::move(type), std::move(default_value), std::move(meaning),
                     [slot](File& file) -> auto& { return Redis(file).*slot; });
}

using Needs = std::pair<std::string_view, std::string_view>;
constexpr std::array<Needs, 6> kNeeds = {{{"sentinels", "sentinel_primary"},
                                          {"sentinel_primary", "sentinels"},
                                          {"sentinel_user", "sentinels"},
                                          {"sentinel_password", "sentinels"},
                                          {"tls_cert", "tls_key"},
                                          {"tls_key", "tls_cert"}}};

}  // namespace

Section RedisSection() {
  return {
      "redis",
      "The Redis of the fleet, 6.0 or later. With this section `coordination.driver` is `redis` unless it says "
      "otherwise. One of `host` with `port`, `socket`, `sentinels` and `cluster` says where it is. operations.md tells "
      "how to set it up.",
      {Single("host", Host(), "localhost", "Its host name or address.", &RedisOptions::host),
       Single("port", Integer(1, 65535), "6379", "Its TCP port.", &RedisOptions::port),
       Single("password", Text(), "\"\"", "Its password; empty: none. Best as `${REDIS_PASSWORD}`.",
              &RedisOptions::password),
       Single("db", Integer(0, 65535), "0", "The number of the database in it. A cluster has only 0.",
              &RedisOptions::db),
       Single("user", Line(), "", "The user that the password is of (an ACL user); the default user unless given.",
              &RedisOptions::user),
       Single("socket", Line(), "", "The path of its unix socket.", &RedisOptions::socket),
       Single("tls", Boolean(), "false", "TLS to servers and Sentinels; certificates are always verified.",
              &RedisOptions::tls),
       Single("tls_ca", Line(), "", "A PEM file of the authorities to trust; the system's unless given.",
              &RedisOptions::tls_ca),
       Single("tls_cert", Line(), "", "A PEM file with the certificate to show to Redis.", &RedisOptions::tls_cert),
       Single("tls_key", Line(), "", "A PEM file with its key.", &RedisOptions::tls_key),
       Single("tls_server_name", Line(), "", "The name that Redis' certificate must bear; the host's unless given.",
              &RedisOptions::tls_server_name),
       Addresses("sentinels", "The Sentinels, who know which server is the primary.", &RedisOptions::sentinels),
       Single("sentinel_primary", Line(), "", "The name under which they know it, such as `mymaster`.",
              &RedisOptions::sentinel_primary),
       Single("sentinel_user", Line(), "", "The Sentinels' own user.", &RedisOptions::sentinel_user),
       Single("sentinel_password", Text(), "", "And password.", &RedisOptions::sentinel_password),
       Addresses("cluster", "Some nodes of a Redis Cluster; the others are found through them.",
                 &RedisOptions::cluster),
       Single("wait_replicas", Integer(0, 16), "0",
              "How many replicas must have a claim before it counts. More narrows what a fail-over can lose, and each "
              "claim waits for them.",
              &RedisOptions::wait_replicas),
       Single("shards", Integer(1, 1024), "64",
              "Into how many parts the keys are split, over a cluster's nodes. The first server of a fleet fixes it.",
              &RedisOptions::shards),
       Single("timeout", Duration(milliseconds(10), minutes(1)), "2s",
              "How long a command may take. Unless given, a quarter of `coordination.lease_ttl` at most.",
              &RedisOptions::timeout),
       Single("connect_timeout", Duration(milliseconds(10), minutes(1)), "2s",
              "How long a connection may take to come about, TLS and login included. Unless given, a quarter of "
              "`coordination.lease_ttl` at most.",
              &RedisOptions::connect_timeout)}};
}

void CheckRedis(ValueReader& reader, const yaml::Node& section, const RedisOptions& redis) {
  const auto given = [&section](std::string_view key) { return yaml::Find(section, key); };
  std::string_view place;  // The first key that says where Redis is.
  for (const std::string_view key : {"host", "port", "socket", "sentinels", "cluster"}) {
    if (given(key) == nullptr || (place == "host" && key == "port")) continue;
    if (place.empty()) {
      place = key;
    } else {
      reader.Refuse(given(key)->position,
                    Format("redis.{}: redis.{} says already where Redis is: expected one of host with port, socket, "
                           "sentinels and cluster",
                           key, place));
    }
  }
  for (const auto& [key, needed] : kNeeds) {
    if (given(key) == nullptr || given(needed) != nullptr) continue;
    reader.Refuse(given(key)->position, Format("redis.{}: expected redis.{} beside it", key, needed));
  }
  for (const std::string_view key : {"tls_ca", "tls_cert", "tls_key", "tls_server_name"}) {
    if (given(key) == nullptr || redis.tls) continue;
    reader.Refuse(given(key)->position, Format("redis.{}: expected redis.tls: true beside it", key));
  }
  if (redis.tls && !redis.socket.empty()) {
    reader.Refuse(given("tls")->position, "redis.tls: a unix socket has no TLS: expected false");
  }
  if (redis.db != 0 && !redis.cluster.empty()) {
    reader.Refuse(given("db")->position,
                  Format("redis.db: a cluster has only database 0: expected 0, not {}", redis.db));
  }
}

// A server that takes commands and answers none holds a renewal up for both time-outs. The renewal begins a third of
// the lease after the one before it, and the lease is in doubt a tenth of it before its end.
void FitTimeouts(ValueReader& reader, const yaml::Node& section, Milliseconds lease_ttl, RedisOptions& redis) {
  const yaml::Node* const timeout = yaml::Find(section, "timeout");
  const yaml::Node* const connect_timeout = yaml::Find(section, "connect_timeout");
  if (timeout == nullptr) redis.timeout = std::min(redis.timeout, lease_ttl / 4);
  if (connect_timeout == nullptr) redis.connect_timeout = std::min(redis.connect_timeout, lease_ttl / 4);
  const bool fits = redis.timeout + redis.connect_timeout <= lease_ttl / 2;
  const yaml::Node* const culprit = timeout != nullptr ? timeout : connect_timeout;
  if (fits || culprit == nullptr) return;
  reader.Refuse(culprit->position,
                Format("redis.{}: timeout {} and connect_timeout {} could hold a renewal up until its lease is over: "
                       "expected at most {} together, half of coordination.lease_ttl",
                       culprit == timeout ? "timeout" : "connect_timeout", FormatDuration(redis.timeout),
                       FormatDuration(redis.connect_timeout), FormatDuration(lease_ttl / 2)));
}

}  // namespace rota
