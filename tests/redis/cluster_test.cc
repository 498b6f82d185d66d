// The client and a cluster.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <set>

#include "redis_fleet.h"
#include "redis_server.h"
#include "rota/coordination/redis/client.h"
#include "rota/coordination/redis/topology.h"

namespace rota::redis {
namespace {

using redis_test::Eventually;
using ::testing::HasSubstr;
using ::testing::Not;

// One cluster for all of these: it takes seconds to come up.
class ClusterTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { cluster_ = std::make_unique<redis_test::Cluster>(); }
  static void TearDownTestSuite() { cluster_.reset(); }

  static RedisStoreOptions Options() {
    RedisStoreOptions options;
    options.cluster = {{.host = "127.0.0.1", .port = cluster_->at(0).port()}};
    return options;
  }

  static Command Words(const std::string& key, std::vector<std::string> words) {
    return {.key = key, .words = std::move(words)};
  }

  static std::string TextOf(Client& client, const Command& command) {
    const auto reply = client.Execute({&command, 1}).at(0);
    if (!reply) return reply.error().message();
    return reply->kind == Reply::Kind::kInteger ? std::to_string(reply->integer) : reply->text;
  }

  static std::size_t OtherThan(std::size_t owner) { return (owner + 1) % cluster_->size(); }

  static std::unique_ptr<redis_test::Cluster> cluster_;
};

std::unique_ptr<redis_test::Cluster> ClusterTest::cluster_;

TEST_F(ClusterTest, TakesEachCommandToTheNodeOfItsKey) {
  Client client(Options());
  std::vector<Command> commands;
  for (int i = 0; i < 300; ++i) {
    const std::string key = Format("{{spread:{}}}:x", i);
    commands.push_back(Words(key, {"SET", key, std::to_string(i)}));
    commands.push_back(Words(key, {"GET", key}));
  }
  const auto replies = client.Execute(commands);
  for (std::size_t i = 0; i < 300; ++i) {
    ASSERT_TRUE(replies[2 * i + 1]) << replies[2 * i + 1].error().message();
    EXPECT_EQ(replies[2 * i + 1]->text, std::to_string(i));
  }
  std::set<std::string> nodes;
  for (const auto& [node, reply] : client.ExecuteOnPrimaries({"DBSIZE"})) {
    nodes.insert(node);
    ASSERT_TRUE(reply) << reply.error().message();
    EXPECT_GT(reply->integer, 50) << node;
  }
  EXPECT_EQ(nodes.size(), cluster_->size());
}

TEST_F(ClusterTest, HasTheNameOfTheFirstNodeGiven) {
  EXPECT_EQ(Client(Options()).name(), "cluster at " + cluster_->at(0).address());
}

TEST_F(ClusterTest, RunsAScriptOnEveryNode) {
  Client client(Options());
  const Script script("return redis.call('INCRBY', KEYS[1], ARGV[1])");
  for (int round = 1; round <= 2; ++round) {
    std::vector<Command> commands;
    for (int i = 0; i < 30; ++i) {
      const std::string key = Format("script:{}", i);
      commands.push_back({.key = key, .words = {"1", key, "2"}, .script = &script});
    }
    for (const auto& reply : client.Execute(commands)) {
      ASSERT_TRUE(reply) << reply.error().message();
      EXPECT_EQ(reply->integer, 2 * round) << reply->text;
    }
  }
}

TEST_F(ClusterTest, FollowsASlotThatHasMoved) {
  Client client(Options());
  EXPECT_EQ(TextOf(client, Words("moved", {"SET", "moved", "1"})), "OK");
  const int slot = SlotOf("moved");
  const std::size_t from = cluster_->OwnerOf(slot);
  const std::size_t to = OtherThan(from);
  cluster_->BeginMigration(slot, to);
  cluster_->EndMigration(slot, to);
  const std::vector<Command> commands = {Words("moved", {"APPEND", "moved", "2"}),
                                         Words("moved", {"APPEND", "moved", "3"}), Words("moved", {"GET", "moved"})};
  EXPECT_EQ(client.Execute(commands).at(2)->text, "123");
  // From now on it goes there at once.
  cluster_->at(from).Send({"CONFIG", "RESETSTAT"});
  EXPECT_EQ(TextOf(client, Words("moved", {"GET", "moved"})), "123");
  EXPECT_THAT(cluster_->at(from).Send({"INFO", "commandstats"}), Not(HasSubstr("cmdstat_get:")));
}

TEST_F(ClusterTest, AsksTheNewNodeForKeysOfASlotOnItsWay) {
  Client client(Options());
  const int slot = SlotOf("{way}:a");
  const std::size_t from = cluster_->OwnerOf(slot);
  const std::size_t to = OtherThan(from);
  EXPECT_EQ(TextOf(client, Words("{way}:a", {"SET", "{way}:a", "stays"})), "OK");
  cluster_->BeginMigration(slot, to);
  // What is not there any more is asked for at the new node; what is still there is answered by the old one.
  EXPECT_EQ(TextOf(client, Words("{way}:b", {"SET", "{way}:b", "new"})), "OK");
  EXPECT_EQ(TextOf(client, Words("{way}:b", {"GET", "{way}:b"})), "new");
  EXPECT_EQ(TextOf(client, Words("{way}:a", {"GET", "{way}:a"})), "stays");
  // A command with both kinds can be served by neither.
  EXPECT_THAT(TextOf(client, Words("{way}:a", {"MGET", "{way}:a", "{way}:b"})), HasSubstr("TRYAGAIN"));
  cluster_->EndMigration(slot, to);
  EXPECT_EQ(TextOf(client, Words("{way}:a", {"GET", "{way}:a"})), "stays");
  EXPECT_EQ(TextOf(client, Words("{way}:b", {"GET", "{way}:b"})), "new");
}

TEST_F(ClusterTest, SaysThatTheOptionsNameASingleServer) {
  RedisStoreOptions options;
  const int slot = SlotOf("k");
  const auto& other = cluster_->at(OtherThan(cluster_->OwnerOf(slot)));
  options.server = {.host = "127.0.0.1", .port = other.port()};
  Client client(options);
  EXPECT_EQ(TextOf(client, Words("k", {"GET", "k"})),
            "redis " + other.address() + ": this is a node of a cluster, but the options name a single server");
}

TEST_F(ClusterTest, SaysThatNoNodeAnswers) {
  RedisStoreOptions options;
  const int first = redis_test::FreePort();
  const int second = redis_test::FreePort();
  options.cluster = {{.host = "127.0.0.1", .port = first}, {.host = "127.0.0.1", .port = second}};
  Client client(options);
  EXPECT_EQ(TextOf(client, Words("k", {"GET", "k"})),
            Format("cluster at 127.0.0.1:{}: none of 2 nodes tells the slots (redis 127.0.0.1:{}: connection refused; "
                   "redis 127.0.0.1:{}: connection refused)",
                   first, first, second));
}

TEST_F(ClusterTest, SaysThatAServerIsNoneOfACluster) {
  redis_test::RedisServer server;
  RedisStoreOptions options;
  options.cluster = {{.host = "127.0.0.1", .port = server.port()}};
  Client client(options);
  EXPECT_EQ(TextOf(client, Words("k", {"GET", "k"})),
            Format("cluster at {}: none of 1 nodes tells the slots (redis {}: ERR This instance has cluster support "
                   "disabled)",
                   server.address(), server.address()));
}

TEST_F(ClusterTest, HasTheAnswerOfOneNodeThoughTheOthersDoNotAnswer) {
  RedisStoreOptions options = Options();
  options.connect_timeout = options.command_timeout = Milliseconds(600);
  Client client(options);
  std::vector<Command> commands;
  for (std::size_t node = 0; node < cluster_->size(); ++node) {
    std::string key = "c";
    while (cluster_->OwnerOf(SlotOf(key)) != node) key += 'c';
    commands.push_back(Words(key, {"SET", key, "1"}));
  }
  for (const auto& reply : client.Execute(commands)) ASSERT_TRUE(reply) << reply.error().message();
  for (std::size_t answering = 0; answering < cluster_->size(); ++answering) {
    for (std::size_t node = 0; node < cluster_->size(); ++node) {
      if (node != answering) cluster_->at(node).Pause();
    }
    // By the connections there are, then by new ones.
    for (int round = 0; round < 2; ++round) {
      const auto replies = client.Execute(commands);
      for (std::size_t node = 0; node < cluster_->size(); ++node) {
        EXPECT_EQ(replies[node].has_value(), node == answering) << node << " of " << answering << ", round " << round;
      }
    }
    for (std::size_t node = 0; node < cluster_->size(); ++node) cluster_->at(node).Resume();
    EXPECT_TRUE(Eventually([&] {
      return std::ranges::all_of(client.Execute(commands), [](const auto& reply) { return reply.has_value(); });
    }));
  }
}

TEST_F(ClusterTest, NamesTheNodeOfEachKey) {
  Client client(Options());
  const std::vector<std::string> keys = {"a", "b", "c", "d"};
  const std::vector<std::string> nodes = client.NodesOf(keys);
  ASSERT_EQ(nodes.size(), keys.size());
  for (std::size_t i = 0; i < keys.size(); ++i) {
    EXPECT_EQ(nodes[i], cluster_->at(cluster_->OwnerOf(SlotOf(keys[i]))).address());
  }
}

// The last of these: the cluster is hurt and healed.
TEST_F(ClusterTest, ServesOtherKeysWhileANodeIsDownAndAllWhenItIsBack) {
  for (std::size_t i = 0; i < cluster_->size(); ++i) {
    cluster_->at(i).Send({"CONFIG", "SET", "cluster-require-full-coverage", "no"});
  }
  Client client(Options());
  constexpr std::size_t kDown = 2;
  std::string lost = "a";
  while (cluster_->OwnerOf(SlotOf(lost)) != kDown) lost += 'a';
  std::string kept = "b";
  while (cluster_->OwnerOf(SlotOf(kept)) == kDown) kept += 'b';
  EXPECT_EQ(TextOf(client, Words(lost, {"SET", lost, "1"})), "OK");
  cluster_->at(kDown).Kill();
  const std::vector<Command> both = {Words(lost, {"GET", lost}), Words(kept, {"SET", kept, "1"})};
  const auto replies = client.Execute(both);
  EXPECT_FALSE(replies[0]);
  ASSERT_TRUE(replies[1]) << replies[1].error().message();
  EXPECT_EQ(replies[1]->text, "OK");
  cluster_->at(kDown).Restart();
  EXPECT_TRUE(Eventually([&] { return TextOf(client, Words(lost, {"SET", lost, "2"})) == "OK"; }))
      << TextOf(client, Words(lost, {"SET", lost, "2"}));
}

}  // namespace
}  // namespace rota::redis
