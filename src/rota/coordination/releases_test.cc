#include "rota/coordination/releases.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <vector>

namespace rota {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

constexpr WallTime kNow{std::chrono::seconds(1'800'000'000)};

TEST(IsOlderRelease, CountsByTheNumbersInAName) {
  struct Case {
    const char* older;
    const char* newer;
  };
  for (const auto& [older, newer] : std::vector<Case>{{"1", "2"},
                                                      {"v1.9", "v1.10"},
                                                      {"2026.11.2", "2026.11.10"},
                                                      {"1.4", "1.4.1"},
                                                      {"1.4", "1.4-2-gabc"},
                                                      {"a", "b"},
                                                      {"9", "10"},
                                                      {"99999999999999999999", "100000000000000000000"}}) {
    EXPECT_TRUE(IsOlderRelease(older, newer)) << older << " " << newer;
    EXPECT_FALSE(IsOlderRelease(newer, older)) << older << " " << newer;
  }
}

TEST(IsOlderRelease, IsNeverSoOfEqualOnesOrWithoutAName) {
  EXPECT_FALSE(IsOlderRelease("v1.4", "v1.4"));
  EXPECT_FALSE(IsOlderRelease("1.04", "1.4"));
  EXPECT_FALSE(IsOlderRelease("1.4", "1.04"));
  EXPECT_FALSE(IsOlderRelease("0", "00"));
  EXPECT_FALSE(IsOlderRelease("", "1"));
  EXPECT_FALSE(IsOlderRelease("1", ""));
  EXPECT_FALSE(IsOlderRelease("", ""));
}

ServerInfo Server(std::string id, std::string digest, std::string release = "") {
  ServerInfo server;
  server.id = std::move(id);
  server.schedule_digest = std::move(digest);
  server.release = std::move(release);
  server.alive_until = kNow + std::chrono::seconds(1);
  return server;
}

std::vector<std::string> Drifted(const std::vector<ServerInfo>& servers) {
  std::vector<std::string> ids;
  for (const ServerInfo& server : servers) {
    if (HasDrifted(server, servers, kNow)) ids.push_back(server.id);
  }
  return ids;
}

TEST(HasDrifted, IsNobodyWhereAllFollowOneSchedule) {
  EXPECT_THAT(Drifted({Server("a", "x", "1"), Server("b", "x", "2"), Server("c", "x")}), IsEmpty());
  EXPECT_THAT(Drifted({}), IsEmpty());
}

TEST(HasDrifted, IsWhoFollowsAnotherThanTheNewestRelease) {
  EXPECT_THAT(Drifted({Server("a", "x", "1"), Server("b", "x", "1"), Server("c", "y", "2")}), ElementsAre("a", "b"));
  EXPECT_THAT(Drifted({Server("a", "x"), Server("b", "y", "2")}), ElementsAre("a"));
}

TEST(HasDrifted, IsWhoFollowsAnotherThanMostDo) {
  EXPECT_THAT(Drifted({Server("a", "x"), Server("b", "y"), Server("c", "x")}), ElementsAre("b"));
  EXPECT_THAT(Drifted({Server("a", "x"), Server("b", "y")}), ElementsAre("a", "b"));
}

TEST(HasDrifted, IsNobodyWhoDoesNotLiveOrFollowsNone) {
  ServerInfo dead = Server("b", "y", "2");
  dead.alive_until = kNow;
  EXPECT_THAT(Drifted({Server("a", "x", "1"), dead, Server("c", "", "3")}), IsEmpty());
}

}  // namespace
}  // namespace rota
