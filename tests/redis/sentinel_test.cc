// The client and the primary that Sentinels name.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>

#include "redis_fleet.h"
#include "redis_server.h"
#include "rota/coordination/redis/client.h"
#include "rota/testing/fake_clock.h"

namespace rota::redis {
namespace {

using redis_test::Eventually;
using redis_test::RedisServer;
using redis_test::Sentinels;

RedisStoreOptions OptionsOf(Sentinels& sentinels) {
  RedisStoreOptions options;
  options.sentinel_primary = "mymaster";
  for (std::size_t i = 0; i < sentinels.size(); ++i) {
    options.sentinels.push_back({.host = "127.0.0.1", .port = sentinels.at(i).port()});
  }
  return options;
}

std::string TextOf(Client& client, std::vector<std::string> words) {
  const Command command{.key = "k", .words = std::move(words)};
  const auto reply = client.Execute({&command, 1}).at(0);
  return reply ? reply->text : reply.error().message();
}

TEST(Sentinel, NamesThePrimary) {
  RedisServer primary;
  Sentinels sentinels(primary, 0);
  RedisStoreOptions options = OptionsOf(sentinels);
  Client client(options);
  EXPECT_EQ(client.name(), "sentinel mymaster");
  EXPECT_EQ(TextOf(client, {"SET", "k", "1"}), "OK");
  EXPECT_EQ(primary.Send({"GET", "k"}), "1");
  EXPECT_EQ(client.ExecuteOnPrimaries({"PING"}).at(0).node, primary.address());

  options.sentinel_primary = "other";
  Client other(options);
  EXPECT_EQ(TextOf(other, {"PING"}),
            "sentinel other: the Sentinel " + sentinels.at(2).address() + " knows no primary of this name");
}

TEST(Sentinel, LogsInToSentinelsAndServersApart) {
  RedisServer primary({.arguments = {"--requirepass", "primary secret"}, .login = {"primary secret"}});
  Sentinels sentinels(primary, 0,
                      {.count = 1,
                       .arguments = {"--requirepass", "sentinel secret"},
                       .login = {"sentinel secret"},
                       .primary_password = "\"primary secret\""});
  RedisStoreOptions options = OptionsOf(sentinels);
  options.login.password = "primary secret";
  options.sentinel_login.password = "sentinel secret";
  Client client(options);
  EXPECT_EQ(TextOf(client, {"PING"}), "PONG");

  options.sentinel_login.password = "wrong";
  Client wrong(options);
  EXPECT_EQ(TextOf(wrong, {"PING"}), "sentinel mymaster: none of 1 Sentinels answers (" + sentinels.at(0).address() +
                                         ": the server refuses the login of user \"default\" (WRONGPASS))");
}

TEST(Sentinel, IsAskedAfterOthersThatDoNotAnswer) {
  RedisServer primary;
  Sentinels sentinels(primary, 0);
  sentinels.at(0).Kill();
  RedisStoreOptions options = OptionsOf(sentinels);
  {
    Client client(options);
    EXPECT_EQ(TextOf(client, {"PING"}), "PONG");
  }
  sentinels.at(1).Kill();
  sentinels.at(2).Kill();
  Client client(options);
  std::string refused;
  for (const RedisAddress& address : options.sentinels) {
    refused += Format("{}127.0.0.1:{}: connection refused", refused.empty() ? "" : "; ", address.port);
  }
  EXPECT_EQ(TextOf(client, {"PING"}), "sentinel mymaster: none of 3 Sentinels answers (" + refused + ")");
}

TEST(Sentinel, IsNotBelievedThatAReplicaIsThePrimary) {
  RedisServer primary;
  Sentinels sentinels(primary, 0, {.count = 1});
  // The Sentinel does not reconfigure what it has not looked at again, which it does every ten seconds.
  primary.Send({"REPLICAOF", "127.0.0.1", std::to_string(redis_test::FreePort())});
  Client client(OptionsOf(sentinels));
  EXPECT_EQ(TextOf(client, {"PING"}), "sentinel mymaster: redis " + primary.address() + ": not the primary (any more)");
}

TEST(Sentinel, NamesTheNewPrimaryOnceTheOldOneWasKilled) {
  RedisServer primary;
  RedisServer replica({.arguments = {"--replicaof", "127.0.0.1 " + std::to_string(primary.port())}});
  Sentinels sentinels(primary, 1);
  Client client(OptionsOf(sentinels));
  EXPECT_EQ(TextOf(client, {"SET", "k", "1"}), "OK");
  EXPECT_EQ(primary.Send({"WAIT", "1", "0"}), "1");
  primary.Kill();
  EXPECT_TRUE(Eventually([&] { return TextOf(client, {"SET", "k", "2"}) == "OK"; })) << TextOf(client, {"PING"});
  EXPECT_EQ(replica.Send({"GET", "k"}), "2");
  EXPECT_EQ(client.ExecuteOnPrimaries({"PING"}).at(0).node, replica.address());
}

TEST(Sentinel, IsAskedAgainWhileTheOldPrimaryStillTakesCommands) {
  RedisServer primary;
  RedisServer replica({.arguments = {"--replicaof", "127.0.0.1 " + std::to_string(primary.port())}});
  Sentinels sentinels(primary, 1);
  FakeClock clock(WallTime(std::chrono::hours(1)));
  Client client(OptionsOf(sentinels), clock);
  EXPECT_EQ(TextOf(client, {"SET", "k", "1"}), "OK");
  ASSERT_TRUE(Eventually([&] {
    try {
      return sentinels.at(0).Send({"SENTINEL", "FAILOVER", "mymaster"}) == "OK";
    } catch (const std::runtime_error&) {  // It has not seen the replica follow yet.
      return false;
    }
  }));
  ASSERT_TRUE(Eventually([&] { return sentinels.PrimaryPort(0) == replica.port(); }));
  clock.Advance(std::chrono::seconds(1));
  EXPECT_EQ(TextOf(client, {"SET", "k", "2"}), "OK");
  EXPECT_EQ(replica.Send({"GET", "k"}), "2");
}

}  // namespace
}  // namespace rota::redis
