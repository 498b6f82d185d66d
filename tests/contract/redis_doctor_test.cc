#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "fixtures.h"
#include "redis_fleet.h"
#include "redis_server.h"
#include "rota/base/format.h"
#include "rota/testing/fake_clock.h"

// What is found about real servers.
namespace rota::contract {
namespace {

using redis_test::Eventually;
using redis_test::RedisServer;
using std::chrono::seconds;

class RedisDoctor : public testing::Test {
 protected:
  RedisStoreOptions Options(const RedisServer& server) {
    RedisStoreOptions options;
    options.server = {"127.0.0.1", server.port()};
    options.decision_clock = &clock_;
    return options;
  }
  // The finding with the code, as "severity message | advice" without the server's address; "" when there is none.
  std::string Find(const RedisStoreOptions& options, std::string_view code) {
    const auto store = MakeRedisStore(options, clock_);
    const Result<std::vector<Finding>> findings = store->Examine();
    if (!findings) return findings.error().message();
    EXPECT_TRUE(std::ranges::is_sorted(*findings, std::greater(), &Finding::severity)) << "the worst comes first";
    const auto found = std::ranges::find(*findings, code, &Finding::code);
    if (found == findings->end()) return "";
    std::string text = Format("{} {} | {}", Name(found->severity), found->message, found->advice);
    const std::string address = Format("redis 127.0.0.1:{}: ", options.server.port);
    if (const auto at = text.find(address); at != std::string::npos) text.erase(at, address.size());
    return text;
  }
  std::string Find(const RedisServer& server, std::string_view code) { return Find(Options(server), code); }

  FakeClock clock_{kStart};
};

TEST_F(RedisDoctor, HasLittleToSayOfAServerThatIsSetUpWell) {
  const RedisServer server({.arguments = {"--appendonly", "yes", "--appendfsync", "always"}});
  const std::vector<Finding> findings = MakeRedisStore(Options(server), clock_)->Examine().value();
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(
      findings[0],
      (Finding{"replicas", Severity::kNote,
               Format("redis 127.0.0.1:{}: it has no replica: while it is down, nothing is claimed", server.port()), "",
               Format("127.0.0.1:{}", server.port())}));
}

TEST_F(RedisDoctor, RefusesAServerThatDropsKeysWhenItIsFull) {
  const RedisServer server;
  EXPECT_EQ(Find(server, "eviction-policy"), "");
  server.Send({"CONFIG", "SET", "maxmemory-policy", "allkeys-lru"});
  EXPECT_EQ(Find(server, "eviction-policy"),
            "error maxmemory-policy is allkeys-lru: when its memory is full, it forgets decisions | CONFIG SET "
            "maxmemory-policy noeviction, and the same in its configuration file");
  server.Send({"CONFIG", "SET", "maxmemory-policy", "volatile-ttl"});
  EXPECT_EQ(Find(server, "eviction-policy"),
            "warning maxmemory-policy is volatile-ttl: it spares Rota's keys, which do not expire, but not those of "
            "others | CONFIG SET maxmemory-policy noeviction, and the same in its configuration file");
}

TEST_F(RedisDoctor, TellsWhatARestartWouldLose) {
  const RedisServer server;
  EXPECT_EQ(Find(server, "persistence"),
            "warning it keeps nothing on disk: a restart loses all decisions | CONFIG SET appendonly yes");
  server.Send({"CONFIG", "SET", "save", "60 1000"});
  EXPECT_EQ(Find(server, "persistence"),
            "warning it keeps snapshots only: a crash loses all since the last one | CONFIG SET appendonly yes");
  server.Send({"CONFIG", "SET", "appendonly", "yes"});
  server.Send({"CONFIG", "SET", "appendfsync", "everysec"});
  EXPECT_EQ(
      Find(server, "persistence"),
      "note appendfsync is everysec: a crash of its machine loses the last second, and every restart makes claims "
      "pause | ");
  server.Send({"CONFIG", "SET", "appendfsync", "no"});
  EXPECT_EQ(Find(server, "persistence"),
            "warning appendfsync is no: a crash of its machine loses what the kernel had not written | CONFIG SET "
            "appendfsync everysec");
  server.Send({"CONFIG", "SET", "appendfsync", "always"});
  EXPECT_EQ(Find(server, "persistence"), "");
}

TEST_F(RedisDoctor, FindsAShardWhoseKeysHoldSomethingElse) {
  const RedisServer server;
  EXPECT_EQ(Find(server, "shards-broken"), "");
  server.Send({"SET", "{rota:rota:production:3}:history", "x"});
  EXPECT_THAT(Find(server, "shards-broken"),
              testing::StartsWith("error 1 of 64 shards cannot be used, and their tasks wait: shard 3: "));
}

TEST_F(RedisDoctor, RefusesAServerThatCannotWriteToDisk) {
  const RedisServer server;
  ASSERT_TRUE(std::filesystem::create_directories(server.folder() + "/dump.rdb/in-the-way"));
  server.Send({"SET", "x", "y"});
  server.Send({"BGSAVE"});
  ASSERT_TRUE(Eventually(
      [&] { return server.Send({"INFO", "persistence"}).find("rdb_last_bgsave_status:err") != std::string::npos; }));
  EXPECT_EQ(
      Find(server, "persistence"),
      "error it cannot write its data to disk, and may refuse to change it | see its log; free or repair its disk");
}

TEST_F(RedisDoctor, CountsReplicas) {
  const RedisServer server;
  RedisStoreOptions options = Options(server);
  options.wait_replicas = 1;
  EXPECT_EQ(Find(options, "replicas"),
            "error it has 0 of the 1 replicas that each claim waits for | connect more replicas, or lower "
            "redis.wait_replicas");
  const RedisServer replica({.arguments = {"--replicaof", "127.0.0.1 " + std::to_string(server.port())}});
  EXPECT_TRUE(Eventually([&] { return Find(options, "replicas").empty(); }));
}

TEST_F(RedisDoctor, WarnsBeforeTheMemoryIsFull) {
  const RedisServer server;
  EXPECT_EQ(Find(server, "memory"), "");
  server.Send({"CONFIG", "SET", "maxmemory", "200mb"});
  EXPECT_EQ(Find(server, "memory"), "");
  server.Send({"SETRANGE", "ballast", std::to_string(190 << 20), "x"});
  EXPECT_THAT(Find(server, "memory"),
              testing::MatchesRegex("warning 19[0-9] of 200 MiB of its memory are used: when it is full, it refuses "
                                    "claims . raise maxmemory, or lower history.max_records"));
}

TEST_F(RedisDoctor, SaysThatTheMemoryIsFullAndExaminesTheRest) {
  const RedisServer server;
  server.Send({"SETRANGE", "ballast", std::to_string(4 << 20), "x"});
  server.Send({"CONFIG", "SET", "maxmemory", "3mb"});
  EXPECT_EQ(Find(server, "memory"),
            "error its memory is full: it refuses claims and outcomes | raise maxmemory from 3 MiB, or lower "
            "history.max_records");
  EXPECT_EQ(Find(server, "unusable"), "") << "once is enough";
  EXPECT_THAT(Find(server, "persistence"), testing::StartsWith("warning it keeps nothing on disk"));
  const auto store = MakeRedisStore(Options(server), clock_);
  EXPECT_TRUE(store->Query({}).has_value()) << "what there is can be looked at";
  const ClaimRequest request = Request("r1");
  const std::string refusal =
      "its memory is full: it refuses claims and outcomes: raise maxmemory, or lower "
      "history.max_records";
  EXPECT_EQ(store->Claim({&request, 1}).error(), Unavailable("redis 127.0.0.1:{}: {}", server.port(), refusal));
  EXPECT_EQ(store->SetPause({PauseTarget::All(), "alice", "", kStart, {}}),
            Unavailable("redis 127.0.0.1:{}: {}", server.port(), refusal));
}

TEST_F(RedisDoctor, KnowsAReplica) {
  const RedisServer primary;
  const auto store = MakeRedisStore(Options(primary), clock_);
  ASSERT_EQ(Join(*store, "a", "i1"), "a");
  const RedisServer replica({.arguments = {"--replicaof", "127.0.0.1 " + std::to_string(primary.port())}});
  ASSERT_TRUE(Eventually(
      [&] { return replica.Send({"INFO", "replication"}).find("master_link_status:up") != std::string::npos; }));
  EXPECT_EQ(Find(replica, "replica"),
            Format("error it is a replica: it takes no claims | name its primary (127.0.0.1:{}), or the Sentinels that "
                   "know it (redis.sentinels)",
                   primary.port()));
  EXPECT_EQ(Find(replica, "unusable"), "") << "once is enough";
  const auto looking = MakeRedisStore(Options(replica), clock_);
  EXPECT_EQ(looking->Servers().value().size(), 1u);
  EXPECT_EQ(looking->SetPause({PauseTarget::All(), "alice", "", kStart, {}}),
            Unavailable("redis 127.0.0.1:{}: it is a replica: it takes no claims: name its primary, or the Sentinels "
                        "that know it (redis.sentinels)",
                        replica.port()));
}

TEST_F(RedisDoctor, SaysWhyAServerRefusesWritesThatTellsItNowhereElse) {
  const RedisServer server;
  server.Send({"CONFIG", "SET", "min-replicas-to-write", "1"});
  EXPECT_EQ(Find(server, "unusable"),
            "error it has fewer replicas than its min-replicas-to-write: it takes no claims: connect more replicas, or "
            "lower min-replicas-to-write | ");
}

TEST_F(RedisDoctor, NamesServersWhoseClockIsOff) {
  const RedisServer server;
  const auto beat = [&](const std::string& id, Milliseconds offset) {
    FakeClock clock(kStart + offset);
    const auto store = MakeRedisStore(Options(server), clock);
    Join(*store, id, "of " + id);
    ASSERT_TRUE(store->Renew(id, {}, kTtl).has_value());
  };
  beat("good", Milliseconds(1000));
  EXPECT_EQ(Find(server, "clock-offset"), "");
  beat("slow", -seconds(90));
  EXPECT_EQ(Find(server, "clock-offset"),
            "warning server slow: its clock is 1m30s behind that of Redis | let one source keep the clocks of that "
            "server and of Redis (chrony, systemd-timesyncd)");
  beat("fast", Milliseconds(2001));
  EXPECT_EQ(
      Find(server, "clock-offset"),
      "warning server fast: its clock is 2s1ms ahead of that of Redis: more than 2s, so its claims come early and "
      "are asked again | let one source keep the clocks of that server and of Redis (chrony, systemd-timesyncd)");
  clock_.Advance(kTtl);
  EXPECT_EQ(Find(server, "clock-offset"), "") << "servers that are gone";
}

TEST_F(RedisDoctor, FindsNothingBrokenInShardsThatAreInUse) {
  const RedisServer server;
  const auto store = MakeRedisStore(Options(server), clock_);
  EXPECT_EQ(Join(*store, "a", "i1"), "a");
  EXPECT_EQ(ClaimOne(*store, Request("r1")).outcome, ClaimOutcome::kClaimed);
  ASSERT_TRUE(store->SetPause({PauseTarget::All(), "alice", "", kStart, {}}).ok());
  EXPECT_EQ(Find(server, "shards-broken"), "");
}

TEST_F(RedisDoctor, IsContentWithTheRightsThatTheManualNames) {
  const RedisServer server;
  server.Send({"ACL",           "SETUSER",    "rota",   "on",      ">secret",     "~{rota:*",
               "resetchannels", "-@all",      "+@read", "+@write", "+@scripting", "+@connection",
               "+time",         "+info",      "+role",  "+wait",   "+asking",     "+cluster|slots",
               "+cluster|info", "+config|get"});
  RedisStoreOptions options = Options(server);
  options.login = {"rota", "secret"};
  EXPECT_EQ(Find(options, "config"), "");
  const auto store = MakeRedisStore(options, clock_);
  EXPECT_EQ(Join(*store, "a", "i1"), "a");
  EXPECT_EQ(ClaimOne(*store, Request("r1")).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(RenewOne(*store, "r1"), RenewOutcome::kRenewed);
  ASSERT_TRUE(Finish(*store, "r1").ok());
  ASSERT_TRUE(store->Reap("a", kTtl).has_value());
  ASSERT_TRUE(store->SetPause({PauseTarget::All(), "alice", "", kStart, {}}).ok());
  EXPECT_EQ(store->Pauses().value().size(), 1u);
  EXPECT_TRUE(store->Locks().value().empty());
  ASSERT_TRUE(store->Reassert("a", {}).has_value());
}

TEST_F(RedisDoctor, SaysWhatItMayNotAsk) {
  const RedisServer server;
  server.Send({"ACL", "SETUSER", "rota", "on", ">secret", "~*", "+@all", "-config"});
  RedisStoreOptions options = Options(server);
  options.login = {"rota", "secret"};
  EXPECT_EQ(Find(options, "config"),
            "note its configuration cannot be read: how it keeps its data is not examined | allow its user CONFIG GET "
            "(ACL SETUSER … +config|get)");
  EXPECT_EQ(Find(options, "persistence"), "");
}

TEST_F(RedisDoctor, NamesTheRightThatALoginLacks) {
  const RedisServer server;
  server.Send({"ACL", "SETUSER", "rota", "on", ">secret", "~*", "+@all", "-eval", "-evalsha", "-info"});
  RedisStoreOptions options = Options(server);
  options.login = {"rota", "secret"};
  const auto store = MakeRedisStore(options, clock_);
  const std::vector<Finding> findings = store->Examine().value();
  const std::string advice = "give it the rights that docs/operations.md names (Setting up Redis)";
  const std::string name = Format("redis 127.0.0.1:{}/0", server.port());
  const auto lacks = [&](const std::string& message) {
    return testing::Contains(testing::AllOf(testing::Field(&Finding::severity, Severity::kError),
                                            testing::Field(&Finding::message, message)));
  };
  EXPECT_THAT(findings, lacks(Format("{}: its user may not run INFO: {}", name, advice)));
  EXPECT_THAT(findings, lacks(Format("{}: its user may not run EVAL: {}", name, advice)));
  EXPECT_EQ(MakeRedisStore(options, clock_)->Servers().error(),
            Unavailable("{}: its user may not run EVAL: {}", name, advice));

  server.Send({"ACL", "SETUSER", "rota", "+@all", "-hlen"});
  EXPECT_EQ(Find(options, "shards-silent"),
            Format("error 64 of 64 shards cannot be asked, and their tasks wait: shard 0: {}: its user may not run "
                   "HLEN: {} | see the node that has them",
                   name, advice));

  server.Send({"ACL", "SETUSER", "rota", "+@all", "-hset"});
  const ClaimRequest request = Request("r1");
  EXPECT_EQ(store->Claim({&request, 1}).error(),
            Unavailable("{}: its user may not run a command of Rota's scripts: {}", name, advice));
}

TEST_F(RedisDoctor, TellsAServerOfAClusterFromOneAlone) {
  redis_test::Cluster cluster;
  EXPECT_EQ(Find(cluster.at(0), "cluster"),
            "error it is one of a cluster, and may keep some of the shards only | name the cluster's nodes: "
            "redis.cluster");
  RedisStoreOptions options = Options(cluster.at(0));
  options.cluster = {options.server};
  EXPECT_EQ(Find(options, "cluster"), "");
}

TEST_F(RedisDoctor, CannotSayAnythingOfAServerThatIsDown) {
  RedisServer server;
  server.Kill();
  const auto findings = MakeRedisStore(Options(server), clock_)->Examine();
  ASSERT_FALSE(findings.has_value());
  EXPECT_EQ(findings.error().code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace rota::contract
