#include "rota/config/restart_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rota {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST(KeysThatNeedARestart, AreNoneOfThoseThatAServerTakesUpAnew) {
  Options fresh;
  fresh.app.timezone = "Asia/Shanghai";
  fresh.app.release = "2";
  fresh.server.workers = 2;
  fresh.server.pools = {{"slow", {1, {}}}};
  fresh.server.shutdown_grace = std::chrono::seconds(1);
  fresh.server.kill_after = std::chrono::seconds(1);
  EXPECT_THAT(KeysThatNeedARestart(Options(), fresh), IsEmpty());
}

TEST(KeysThatNeedARestart, AreNamed) {
  Options fresh;
  fresh.app.name = "shop";
  fresh.app.environment = "staging";
  fresh.server.id = "a";
  fresh.coordination.driver = CoordinationDriver::kRedis;
  fresh.coordination.path = "x.db";
  fresh.coordination.lease_ttl = std::chrono::seconds(1);
  fresh.coordination.max_skew = std::chrono::seconds(1);
  fresh.redis.emplace();
  fresh.log.level = LogLevel::kDebug;
  fresh.log.file = "x.log";
  fresh.log.max_size = 1;
  fresh.log.max_files = 1;
  fresh.history.max_records = 1;
  EXPECT_THAT(KeysThatNeedARestart(Options(), fresh),
              ElementsAre("app.name", "app.environment", "server.id", "coordination.driver", "coordination.path",
                          "coordination.lease_ttl", "coordination.max_skew", "redis", "log.level", "log.file",
                          "log.max_size", "log.max_files", "history"));
}

}  // namespace
}  // namespace rota
