#include "rota/coordination/redis/topology.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rota::redis {
namespace {

using ::testing::ElementsAre;

const RedisAddress kAsked{.host = "10.0.0.9", .port = 7009};

Reply Integer(std::int64_t value) { return {.kind = Reply::Kind::kInteger, .integer = value, .text = {}, .items = {}}; }
Reply Text(const std::string& text) { return {.kind = Reply::Kind::kText, .integer = 0, .text = text, .items = {}}; }
Reply List(std::vector<Reply> items) {
  return {.kind = Reply::Kind::kArray, .integer = 0, .text = {}, .items = std::move(items)};
}
Reply Range(int first, int last, const std::string& host, int port) {
  const Reply replica = List({Text("10.0.0.8"), Integer(7008), Text("id")});
  return List({Integer(first), Integer(last), List({Text(host), Integer(port), Text("id"), List({})}), replica});
}

TEST(SlotOf, HashesAsTheClusterSpecificationSays) {
  EXPECT_EQ(SlotOf("123456789"), 0x31C3);  // The specification's own vector.
  EXPECT_EQ(SlotOf(""), 0);
  EXPECT_EQ(SlotOf("a"), 15495);
  EXPECT_EQ(SlotOf("foo"), 12182);
  EXPECT_EQ(SlotOf("somekey"), 11058);
}

TEST(SlotOf, HashesTheTagAlone) {
  EXPECT_EQ(SlotOf("{foo}:1"), SlotOf("foo"));
  EXPECT_EQ(SlotOf("x{foo}y{bar}"), SlotOf("foo"));
  EXPECT_EQ(SlotOf("foo{{bar}}zap"), SlotOf("{bar"));
  EXPECT_NE(SlotOf("foo{}{bar}"), SlotOf("bar"));
  EXPECT_NE(SlotOf("{foo"), SlotOf("foo"));
  EXPECT_NE(SlotOf("}foo{"), SlotOf("foo"));
}

TEST(SlotMap, TellsWhoServesASlot) {
  const auto map = SlotMap::Parse(List({Range(100, 199, "10.0.0.2", 7002), Range(0, 49, "10.0.0.1", 7001)}), kAsked);
  ASSERT_TRUE(map) << map.error().message();
  EXPECT_EQ(map->At(0)->name(), "10.0.0.1:7001");
  EXPECT_EQ(map->At(49)->name(), "10.0.0.1:7001");
  EXPECT_EQ(map->At(50), std::nullopt);
  EXPECT_EQ(map->At(99), std::nullopt);
  EXPECT_EQ(map->At(100)->name(), "10.0.0.2:7002");
  EXPECT_EQ(map->At(200), std::nullopt);
}

TEST(SlotMap, NamesEachPrimaryOnce) {
  const auto map = SlotMap::Parse(
      List({Range(0, 1, "10.0.0.1", 7001), Range(2, 3, "10.0.0.2", 7002), Range(4, 5, "10.0.0.1", 7001)}), kAsked);
  ASSERT_TRUE(map);
  std::vector<std::string> names;
  for (const Endpoint& primary : map->Primaries()) names.push_back(primary.name());
  EXPECT_THAT(names, ElementsAre("10.0.0.1:7001", "10.0.0.2:7002"));
}

TEST(SlotMap, TakesAServerWithoutNameForTheOneThatWasAsked) {
  const auto map = SlotMap::Parse(List({Range(0, 9, "", 7001), Range(10, 19, "?", 7002)}), kAsked);
  ASSERT_TRUE(map);
  EXPECT_EQ(map->At(5)->name(), "10.0.0.9:7001");
  EXPECT_EQ(map->At(15)->name(), "10.0.0.9:7002");
}

TEST(SlotMap, RefusesWhatIsNone) {
  for (const Reply& reply :
       {Text("OK"), List({Text("OK")}), List({Range(5, 4, "a", 1)}), List({Range(0, 16384, "a", 1)}),
        List({Range(0, 1, "a", 0)}), List({List({Integer(0), Integer(1), List({})})})}) {
    const auto map = SlotMap::Parse(reply, kAsked);
    ASSERT_FALSE(map);
    EXPECT_EQ(map.error(), Unavailable("the answer to CLUSTER SLOTS is no list of slots"));
  }
}

TEST(ParseRedirection, ReadsWhereAKeyIs) {
  const auto moved = ParseRedirection("MOVED 3999 10.0.0.2:6381", kAsked);
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->kind, Redirection::Kind::kMoved);
  EXPECT_EQ(moved->to.name(), "10.0.0.2:6381");
  const auto ask = ParseRedirection("ASK 3999 redis-2.internal:6381", kAsked);
  ASSERT_TRUE(ask);
  EXPECT_EQ(ask->kind, Redirection::Kind::kAsk);
  EXPECT_EQ(ask->to.name(), "redis-2.internal:6381");
}

TEST(ParseRedirection, UnderstandsAddressesWithoutHostAndOfIpv6) {
  EXPECT_EQ(ParseRedirection("MOVED 1 :6381", kAsked)->to.name(), "10.0.0.9:6381");
  EXPECT_EQ(ParseRedirection("MOVED 1 fe80::1:6381", kAsked)->to.name(), "[fe80::1]:6381");
}

TEST(ParseRedirection, LeavesOtherErrorsAlone) {
  for (const char* error : {"MOVED", "MOVED 1 nowhere", "MOVED 1 a:b", "ERR MOVED 1 a:1", "ASKING 1 a:1", ""}) {
    EXPECT_FALSE(ParseRedirection(error, kAsked)) << error;
  }
}

TEST(Script, IsKnownByTheDigestOfItsText) {
  const Script script("return 1");
  EXPECT_EQ(script.text(), "return 1");
  EXPECT_EQ(script.sha1(), "e0e1f9fabfc9d4800c877a703b823ac0578ff8db");
}

}  // namespace
}  // namespace rota::redis
