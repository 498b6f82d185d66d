#include "rota/report/lock_list.h"

#include <gtest/gtest.h>

#include "rota/report/test_schedule.h"

namespace rota {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

const WallTime kNow = Utc("2026-03-07 02:00");

Lock Held(std::string server) {
  Lock lock;
  lock.task = "backup:run";
  lock.scope = "backup:run";
  lock.run_id = "01RUN";
  lock.server = std::move(server);
  lock.token = 7;
  lock.since = kNow - seconds(20);
  lock.lease_until = kNow + seconds(10);
  lock.lock_until = kNow + minutes(29);
  return lock;
}

ServerInfo Server(std::string id, WallTime alive_until) {
  ServerInfo server;
  server.id = std::move(id);
  server.alive_until = alive_until;
  return server;
}

TEST(LockList, ShowsWhoHoldsWhatAndForHowLong) {
  EXPECT_EQ(ToTable(std::vector{Held("web-1")}, kNow),
            "TASK        SERVER  SINCE                 LEASE     LOCK TIMEOUT  TOKEN  RUN\n"
            "backup:run  web-1   2026-03-07T01:59:40Z  10s left  29m left      7      01RUN\n");
}

TEST(LockList, ShowsWhoHasASlotOfAPool) {
  Lock lock = Held("web-1");
  lock.task = lock.scope = PoolScope("reports");
  lock.since.reset();
  EXPECT_EQ(ToTable(std::vector{lock}, kNow),
            "TASK          SERVER  SINCE  LEASE     LOCK TIMEOUT  TOKEN  RUN\n"
            "pool reports  web-1   -      10s left  none          7      01RUN\n");
  const std::string json = ToJson(std::vector{lock});
  EXPECT_NE(json.find(R"("task":null,"pool":"reports")"), std::string::npos);
  EXPECT_NE(json.find(R"("lock_until":null)"), std::string::npos);
}

TEST(LockList, ShowsALeaseThatHasRunOut) {
  Lock lock = Held("web-1");
  lock.lease_until = kNow;
  lock.lock_until = kNow - seconds(70);
  lock.since.reset();
  EXPECT_EQ(ToTable(std::vector{lock}, kNow),
            "TASK        SERVER  SINCE  LEASE        LOCK TIMEOUT    TOKEN  RUN\n"
            "backup:run  web-1   -      over for 0s  over for 1m10s  7      01RUN\n");
}

TEST(LockList, ShowsThatARunWithoutTheStoreHoldsNoLease) {
  Lock lock = Held("web-1");
  lock.token = 0;
  lock.lease_until = lock.lock_until = WallTime();
  EXPECT_FALSE(HoldsLease(lock));
  EXPECT_EQ(ToTable(std::vector{lock}, kNow),
            "TASK        SERVER  SINCE                 LEASE  LOCK TIMEOUT  TOKEN  RUN\n"
            "backup:run  web-1   2026-03-07T01:59:40Z  none   none          0      01RUN\n");
  EXPECT_NE(ToJson(std::vector{lock}).find(R"("lease_until":null,"lock_until":null})"), std::string::npos);
}

TEST(LockList, GivesAllFactsAsJson) {
  EXPECT_EQ(
      ToJson(std::vector{Held("web-1")}),
      R"([{"task":"backup:run","pool":null,"scope":"backup:run","server":"web-1","run_id":"01RUN","fencing_token":7,)"
      R"("since":"2026-03-07T01:59:40Z","lease_until":"2026-03-07T02:00:10Z",)"
      R"("lock_until":"2026-03-07T02:29:00Z"}])"
      "\n");
}

TEST(LockList, NamesTheHoldersAndWhichOfThemAreGone) {
  Lock unrecorded = Held("web-3");
  unrecorded.since.reset();
  const std::vector<Lock> locks = {Held("web-1"), Held("web-2"), unrecorded};
  const std::vector<ServerInfo> servers = {Server("web-1", kNow + seconds(1)), Server("web-2", kNow)};
  EXPECT_EQ(DescribeHolders(locks, servers, kNow),
            "web-1 since 2026-03-07T01:59:40Z and web-2 (gone) since 2026-03-07T01:59:40Z and web-3 (gone)");
}

}  // namespace
}  // namespace rota
