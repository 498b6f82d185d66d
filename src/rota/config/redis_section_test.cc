#include "rota/config/redis_section.h"

#include <gtest/gtest.h>

#include <chrono>

#include "rota/config/config.h"

namespace rota {
namespace {

using std::chrono::seconds;

Result<Config> Parse(std::string_view section) {
  return Config::Parse(section, "f.yaml", [](std::string_view name) {
    return name == "SECRET" ? std::optional<std::string>("s3cret") : std::nullopt;
  });
}

RedisOptions Read(std::string_view section) {
  const Result<Config> config = Parse(section);
  EXPECT_TRUE(config) << config.error().message();
  return config ? *config->options().redis : RedisOptions();
}

std::string ErrorOf(std::string_view section) {
  const Result<Config> config = Parse(section);
  return config ? "no error" : config.error().message();
}

TEST(RedisSection, ReadsASocketAndALogin) {
  RedisOptions expected;
  expected.socket = "/run/redis/redis.sock";
  expected.user = "rota";
  expected.password = "s3cret";
  expected.db = 2;
  EXPECT_EQ(Read("redis: {socket: /run/redis/redis.sock, user: rota, password: \"${SECRET}\", db: 2}"), expected);
}

TEST(RedisSection, ReadsTls) {
  RedisOptions expected;
  expected.host = "redis.example";
  expected.port = 6380;
  expected.tls = true;
  expected.tls_ca = "ca.pem";
  expected.tls_cert = "rota.pem";
  expected.tls_key = "rota.key";
  expected.tls_server_name = "primary.redis.example";
  EXPECT_EQ(Read("redis:\n  host: redis.example\n  port: 6380\n  tls: true\n  tls_ca: ca.pem\n  tls_cert: rota.pem\n"
                 "  tls_key: rota.key\n  tls_server_name: primary.redis.example\n"),
            expected);
}

TEST(RedisSection, ReadsSentinels) {
  RedisOptions expected;
  expected.sentinels = {{"10.0.0.1", 26379}, {"sentinel-2", 26380}, {"::1", 26379}};
  expected.sentinel_primary = "mymaster";
  expected.sentinel_user = "watcher";
  expected.sentinel_password = "s3cret";
  expected.wait_replicas = 1;
  EXPECT_EQ(Read("redis:\n  sentinels: [10.0.0.1:26379, sentinel-2:26380, \"[::1]:26379\"]\n"
                 "  sentinel_primary: mymaster\n  sentinel_user: watcher\n  sentinel_password: ${SECRET}\n"
                 "  wait_replicas: 1\n"),
            expected);
}

TEST(RedisSection, ReadsAClusterAndItsLimits) {
  RedisOptions expected;
  expected.cluster = {{"10.0.0.1", 7000}, {"10.0.0.2", 7000}};
  expected.shards = 128;
  expected.timeout = Milliseconds(500);
  expected.connect_timeout = seconds(1);
  EXPECT_EQ(Read("redis:\n  cluster:\n    - 10.0.0.1:7000\n    - 10.0.0.2:7000\n  shards: 128\n  timeout: 500ms\n"
                 "  connect_timeout: 1s\n"),
            expected);
}

TEST(RedisSection, RefusesWhatIsNoHostAndPort) {
  for (const std::string text : {"redis1", "redis1:", ":6379", "redis1:0", "redis1:65536", "redis1:6379x", "::1:6379",
                                 "[::1]", "[redis1]:6379", "redis://redis1:6379", "a b:6379"}) {
    EXPECT_EQ(
        ErrorOf(Format("redis:\n  cluster: [\"{}\"]\n", text)),
        Format("f.yaml:2:13: redis.cluster: \"{}\": expected host:port, such as redis1:26379 or [::1]:26379", text));
  }
  EXPECT_EQ(ErrorOf("redis: {cluster: []}"),
            "f.yaml:1:18: redis.cluster: expected at least one host:port, found an empty list");
  EXPECT_EQ(
      ErrorOf("redis: {cluster: a:1}"),
      R"(f.yaml:1:18: redis.cluster: expected a list such as ["redis1:26379", "redis2:26379"], found a single value)");
  EXPECT_EQ(ErrorOf("redis: {host: \"redis://localhost\"}"),
            "f.yaml:1:15: redis.host: \"redis://localhost\": expected a host name or address");
}

TEST(RedisSection, ShowsNoPasswordOfAUrl) {
  EXPECT_EQ(ErrorOf("redis: {host: \"redis://:s3@cret@redis1:6379/0\"}"),
            "f.yaml:1:15: redis.host: \"***@redis1:6379/0\": expected a host name or address");
  for (const std::string text : {"me:s3cret@redis1:6379", "me:s3cret@redis1"}) {
    EXPECT_EQ(ErrorOf(Format("redis:\n  cluster: [\"{}\"]\n", text)),
              Format("f.yaml:2:13: redis.cluster: \"***{}\": expected host:port, such as redis1:26379 or [::1]:26379",
                     text.substr(text.find('@'))));
  }
}

TEST(RedisSection, RefusesTwoAnswersToWhereRedisIs) {
  EXPECT_EQ(ErrorOf("redis:\n  socket: /run/redis.sock\n  port: 6379\n  host: localhost\n"),
            "f.yaml:2:11: redis.socket: redis.host says already where Redis is: expected one of host with port, "
            "socket, sentinels and cluster");
  EXPECT_EQ(ErrorOf("redis:\n  cluster: [a:1]\n  socket: /run/redis.sock\n"),
            "f.yaml:2:12: redis.cluster: redis.socket says already where Redis is: expected one of host with port, "
            "socket, sentinels and cluster");
  EXPECT_EQ(ErrorOf("redis:\n  port: 6379\n  sentinels: [a:1]\n  sentinel_primary: x\n"),
            "f.yaml:3:14: redis.sentinels: redis.port says already where Redis is: expected one of host with port, "
            "socket, sentinels and cluster");
}

TEST(RedisSection, RefusesKeysWithoutThoseTheyNeed) {
  EXPECT_EQ(ErrorOf("redis: {sentinels: [a:1]}"),
            "f.yaml:1:20: redis.sentinels: expected redis.sentinel_primary beside it");
  EXPECT_EQ(ErrorOf("redis:\n  sentinel_primary: x\n  sentinel_user: y\n  sentinel_password: z\n"),
            "f.yaml:2:21: redis.sentinel_primary: expected redis.sentinels beside it\n"
            "f.yaml:3:18: redis.sentinel_user: expected redis.sentinels beside it\n"
            "f.yaml:4:22: redis.sentinel_password: expected redis.sentinels beside it");
  EXPECT_EQ(ErrorOf("redis: {tls: true, tls_cert: c.pem}"),
            "f.yaml:1:30: redis.tls_cert: expected redis.tls_key beside it");
  EXPECT_EQ(ErrorOf("redis: {tls: true, tls_key: c.key}"),
            "f.yaml:1:29: redis.tls_key: expected redis.tls_cert beside it");
  EXPECT_EQ(ErrorOf("redis: {tls_ca: ca.pem}"), "f.yaml:1:17: redis.tls_ca: expected redis.tls: true beside it");
  EXPECT_EQ(ErrorOf("redis: {tls: false, tls_server_name: x}"),
            "f.yaml:1:38: redis.tls_server_name: expected redis.tls: true beside it");
}

TEST(RedisSection, RefusesKeysThatContradictEachOther) {
  EXPECT_EQ(ErrorOf("redis: {socket: /run/redis.sock, tls: true}"),
            "f.yaml:1:39: redis.tls: a unix socket has no TLS: expected false");
  EXPECT_EQ(ErrorOf("redis: {cluster: [a:1], db: 3}"),
            "f.yaml:1:29: redis.db: a cluster has only database 0: expected 0, not 3");
  EXPECT_EQ(ErrorOf("redis: {cluster: [a:1], db: 0}"), "no error");
}

TEST(RedisSection, FitsTimeoutsToAShortLease) {
  const RedisOptions usual = Read("redis: {host: a}");
  EXPECT_EQ(usual.timeout, seconds(2));
  EXPECT_EQ(usual.connect_timeout, seconds(2));
  const RedisOptions shorter = Read("redis: {host: a, timeout: 1s}\ncoordination: {lease_ttl: 4s}");
  EXPECT_EQ(shorter.timeout, seconds(1));
  EXPECT_EQ(shorter.connect_timeout, seconds(1));
}

TEST(RedisSection, RefusesTimeoutsThatOutlastALease) {
  EXPECT_EQ(ErrorOf("redis:\n  timeout: 5s\n  connect_timeout: 2500ms\n"), "no error");
  EXPECT_EQ(ErrorOf("redis:\n  host: a\n  timeout: 5s\n  connect_timeout: 3s\n"),
            "f.yaml:3:12: redis.timeout: timeout 5s and connect_timeout 3s could hold a renewal up until its lease is "
            "over: expected at most 7s500ms together, half of coordination.lease_ttl");
  EXPECT_EQ(ErrorOf("coordination: {lease_ttl: 4s}\nredis:\n  connect_timeout: 1500ms\n"),
            "f.yaml:3:20: redis.connect_timeout: timeout 1s and connect_timeout 1s500ms could hold a renewal up until "
            "its lease is over: expected at most 2s together, half of coordination.lease_ttl");
}

TEST(RedisSection, RefusesValuesOutOfRange) {
  EXPECT_EQ(ErrorOf("redis: {shards: 1025}"),
            "f.yaml:1:17: redis.shards: \"1025\": expected an integer from 1 to 1024");
  EXPECT_EQ(ErrorOf("redis: {timeout: 0s}"),
            "f.yaml:1:18: redis.timeout: \"0s\": expected a duration from 10ms to 1m, such as 90s or 1h30m");
}

}  // namespace
}  // namespace rota
