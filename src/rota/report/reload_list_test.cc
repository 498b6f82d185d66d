#include "rota/report/reload_list.h"

#include <gtest/gtest.h>

#include <vector>

namespace rota {
namespace {

std::vector<ReloadRow> Rows() {
  ServerInfo server;
  server.id = "a";
  server.host = "web1";
  server.pid = 42;
  server.schedule_digest = "00ff";
  server.release = "2";
  ServerInfo other = server;
  other.id = "b";
  return {{server, ReloadRow::Result::kReloaded, ""}, {other, ReloadRow::Result::kFailed, "c.yaml:1: no"}};
}

TEST(ReloadList, ShowsWhatBecameOfEachServer) {
  EXPECT_EQ(ToTable(Rows()),
            "SERVER  HOST  PID  SCHEDULE  RESULT\n"
            "a       web1  42   00ff      reloaded\n"
            "b       web1  42   00ff      failed: c.yaml:1: no\n");
}

TEST(ReloadList, GivesAllFactsAsJson) {
  EXPECT_EQ(ToJson(Rows()),
            R"([{"server":"a","host":"web1","pid":42,"schedule_digest":"00ff","release":"2","result":"reloaded",)"
            R"("detail":""},{"server":"b","host":"web1","pid":42,"schedule_digest":"00ff","release":"2",)"
            R"("result":"failed","detail":"c.yaml:1: no"}])"
            "\n");
}

}  // namespace
}  // namespace rota
