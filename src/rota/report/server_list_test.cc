#include "rota/report/server_list.h"

#include <gtest/gtest.h>

#include "rota/report/test_schedule.h"

namespace rota {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

const WallTime kNow = Utc("2026-03-07 00:00");

ServerInfo Server() {
  ServerInfo server;
  server.id = "web1";
  server.incarnation = "01INC";
  server.host = "web1.example";
  server.pid = 42;
  server.version = "0.1.0";
  server.schedule_digest = "00ff";
  server.release = "v1.4.2";
  server.started_at = Utc("2026-03-06 12:00");
  server.seen_at = kNow - seconds(3);
  server.alive_until = kNow + seconds(12);
  return server;
}

TEST(ServerList, ShowsWhoIsAlive) {
  EXPECT_EQ(ToTable(ListServers(std::vector{Server()}, kNow), kNow),
            "SERVER  STATE  HOST          PID  VERSION  RELEASE  SCHEDULE  STARTED               LAST "
            "HEARTBEAT  CLOCK\n"
            "web1    alive  web1.example  42   0.1.0    v1.4.2   00ff      2026-03-06T12:00:00Z  3s ago          -\n");
}

TEST(ServerList, CallsAServerGoneOnceItsHeartbeatHasRunOut) {
  ServerInfo server = Server();
  server.alive_until = kNow;
  EXPECT_FALSE(ListServers(std::vector{server}, kNow)[0].alive);
  EXPECT_NE(ToTable(ListServers(std::vector{server}, kNow), kNow).find("web1    gone "), std::string::npos);
}

TEST(ServerList, ShowsADashForWhoFollowsNoSchedule) {
  ServerInfo server = Server();
  server.schedule_digest.clear();
  EXPECT_NE(ToTable(ListServers(std::vector{server}, kNow), kNow).find("v1.4.2   -         2026"), std::string::npos);
}

TEST(ServerList, KeepsWhoIsAliveOrWasWithinADay) {
  ServerInfo alive = Server();
  alive.seen_at = kNow - hours(25);
  ServerInfo recent = Server();
  recent.alive_until = recent.seen_at = kNow - hours(24);
  ServerInfo old = recent;
  old.seen_at -= Milliseconds(1);
  std::vector<ServerRow> rows = ListServers(std::vector{old, alive, recent}, kNow);
  KeepRecent(rows, kNow);
  ASSERT_EQ(rows.size(), 2u);
  EXPECT_EQ(rows[0].server.seen_at, alive.seen_at);
  EXPECT_EQ(rows[1].server.seen_at, recent.seen_at);
}

TEST(ServerList, ShowsAHeartbeatFromAClockAheadAsJustNow) {
  ServerInfo server = Server();
  server.seen_at = kNow + seconds(1);
  EXPECT_NE(ToTable(ListServers(std::vector{server}, kNow), kNow).find("0s ago"), std::string::npos);
}

TEST(ServerList, ShowsHowFarAClockIsFromTheStores) {
  const auto last_cell = [](Milliseconds offset) {
    ServerInfo server = Server();
    server.clock_offset = offset;
    const std::string table = ToTable(ListServers(std::vector{server}, kNow), kNow);
    return table.substr(table.rfind(' ') + 1);
  };
  EXPECT_EQ(last_cell(Milliseconds(12)), "+12ms\n");
  EXPECT_EQ(last_cell(Milliseconds(-1250)), "-1s250ms\n");
  EXPECT_EQ(last_cell(Milliseconds(0)), "0s\n");
  ServerInfo server = Server();
  server.clock_offset = Milliseconds(-3);
  EXPECT_NE(ToJson(ListServers(std::vector{server}, kNow)).find(R"("clock_offset_ms":-3})"), std::string::npos);
}

TEST(ServerList, MarksWhoFollowsAnotherSchedule) {
  ServerInfo newer = Server();
  newer.id = "web2";
  newer.schedule_digest = "0100";
  newer.release = "v1.10.0";
  const std::string table = ToTable(ListServers(std::vector{Server(), newer}, kNow), kNow);
  EXPECT_NE(table.find("v1.4.2   00ff drift  2026"), std::string::npos) << table;
  EXPECT_NE(table.find("v1.10.0  0100        2026"), std::string::npos) << table;
}

TEST(ServerList, TellsWhoCouldNotBeReloaded) {
  ServerInfo server = Server();
  server.reload_error = "config.yaml:3:1: taks: unknown key";
  const std::string table = ToTable(ListServers(std::vector{server}, kNow), kNow);
  EXPECT_NE(table.find("\nweb1 could not be reloaded: config.yaml:3:1: taks: unknown key\n"), std::string::npos);
}

TEST(ServerList, GivesAllFactsAsJson) {
  EXPECT_EQ(
      ToJson(ListServers(std::vector{Server()}, kNow)),
      R"([{"server":"web1","alive":true,"incarnation":"01INC","host":"web1.example","pid":42,)"
      R"("version":"0.1.0","schedule_digest":"00ff","drift":false,"release":"v1.4.2","reload_error":"","started_at":"2026-03-06T12:00:00Z",)"
      R"("seen_at":"2026-03-06T23:59:57Z","alive_until":"2026-03-07T00:00:12Z",)"
      R"("clock_offset_ms":null}])"
      "\n");
}

}  // namespace
}  // namespace rota
