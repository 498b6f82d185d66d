#include "rota/coordination/redis/keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "rota/base/format.h"
#include "rota/base/hash.h"

namespace rota::redis {
namespace {

using testing::ElementsAre;

TEST(Keys, OfAShardShareItsHashTag) {
  const Keys keys("shop", "production");
  EXPECT_THAT(keys.OfShard(7), ElementsAre("{rota:shop:production:7}:meta", "{rota:shop:production:7}:scopes",
                                           "{rota:shop:production:7}:leases", "{rota:shop:production:7}:records",
                                           "{rota:shop:production:7}:history", "{rota:shop:production:7}:pauses",
                                           "{rota:shop:production:7}:suspects"));
  EXPECT_EQ(keys.History(7), "{rota:shop:production:7}:history");
  EXPECT_EQ(keys.Records(7), "{rota:shop:production:7}:records");
  EXPECT_EQ(keys.Pauses(7), "{rota:shop:production:7}:pauses");
}

TEST(Keys, OfTheFleetShareAnother) {
  const Keys keys("shop", "production");
  EXPECT_THAT(keys.OfFleet(), ElementsAre("{rota:shop:production:fleet}:meta", "{rota:shop:production:fleet}:servers",
                                          "{rota:shop:production:fleet}:manifests"));
  EXPECT_EQ(keys.Epochs(), "{rota:shop:production:fleet}:epochs");
}

TEST(Keys, KeepApartNamesThatHoldSeparators) {
  EXPECT_EQ(Keys("a:b", "c").Epochs(), "{rota:a%3Ab:c:fleet}:epochs");
  EXPECT_EQ(Keys("a", "b:c").Epochs(), "{rota:a:b%3Ac:fleet}:epochs");
  EXPECT_EQ(Keys("a%3Ab", "c").Epochs(), "{rota:a%253Ab:c:fleet}:epochs");
  EXPECT_EQ(Keys("{x}", "a b\n").Epochs(), "{rota:%7Bx%7D:a%20b%0A:fleet}:epochs");
  EXPECT_EQ(Keys("备份", "").Epochs(), "{rota:备份::fleet}:epochs");
}

TEST(ShardOf, FollowsTheOrderOfTheStableHash) {
  std::vector<std::string> tasks;
  for (int i = 0; i < 1'000; ++i) tasks.push_back(Format("task-{}", i));
  std::ranges::sort(tasks, {}, [](const std::string& task) { return StableHash(task); });
  const auto shard = [](const std::string& task) { return ShardOf(task, 64); };
  EXPECT_TRUE(std::ranges::is_sorted(tasks, {}, shard));
  EXPECT_EQ(shard(tasks.front()), 0);
  EXPECT_EQ(shard(tasks.back()), 63);
}

TEST(ShardOf, StaysTheSameInAllReleases) {
  EXPECT_EQ(ShardOf("backup:run", 64), 5) << "a fleet's keys lie there";
  EXPECT_EQ(ShardOf("backup:run", 1), 0);
}

}  // namespace
}  // namespace rota::redis
