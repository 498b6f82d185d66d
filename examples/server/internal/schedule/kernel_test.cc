#include "internal/schedule/kernel.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "internal/commands/backup_command.h"
#include "internal/commands/cache_clear_command.h"
#include "internal/commands/heartbeat_command.h"
#include "internal/commands/stats_generate_command.h"
#include "rota/testing/play/play.h"

namespace app {
namespace {

using testing::ElementsAre;
using namespace std::chrono_literals;

// What the kernel has the server do, in virtual time.
class KernelTest : public testing::Test {
 protected:
  KernelTest() {
    server_.commands().Register(std::make_unique<BackupCommand>());
    server_.commands().Register(std::make_unique<CacheClearCommand>());
    server_.commands().Register(std::make_unique<HeartbeatCommand>());
    server_.commands().Register(std::make_unique<StatsGenerateCommand>());
    server_.UseKernel(std::make_unique<Kernel>());
  }

  // The lines of one task, from a Friday to the Monday after it.
  std::vector<std::string> PlayWeekend(const std::string& task,
                                       std::function<rota::PlayedRun(const rota::RunOrder&)> run) {
    std::vector<rota::OccurrenceRecord> played =
        rota::Play(*server_.LoadSchedule().value(), {.from = std::chrono::sys_days{2026y / 3 / 6},
                                                     .to = std::chrono::sys_days{2026y / 3 / 9},
                                                     .run = std::move(run)});
    std::erase_if(played, [&task](const rota::OccurrenceRecord& record) { return record.task != task; });
    return rota::Lines(played);
  }

  rota::Application server_{"config/config.yaml"};
};

TEST_F(KernelTest, GeneratesStatisticsInTheNightToSunday) {
  EXPECT_THAT(PlayWeekend("stats:generate", {}), ElementsAre("2026-03-08T00:00:00Z stats:generate succeeded"));
}

TEST_F(KernelTest, EndsABackupThatHangsBeforeTheNextOneIsDue) {
  const auto hang_on_saturday = [](const rota::RunOrder& order) {
    const bool hangs =
        order.task->id == "backup:run" && order.scheduled_at == std::chrono::sys_days{2026y / 3 / 7} + 2h;
    return rota::PlayedRun{.takes = hangs ? 100h : 5s};
  };
  EXPECT_THAT(PlayWeekend("backup:run", hang_on_saturday),
              ElementsAre("2026-03-06T02:00:00Z backup:run succeeded",
                          "2026-03-07T02:00:00Z backup:run cancelled(lock timeout reached)",
                          "2026-03-08T02:00:00Z backup:run succeeded"));
}

}  // namespace
}  // namespace app
