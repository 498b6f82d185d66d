// The guide that this scheduler was made to, snippet by snippet in its order, in C++.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "rota/config/config.h"
#include "rota/rota.h"
#include "rota/time/format.h"

namespace rota::integration {
namespace {

using testing::ElementsAre;

// Set by the test that wants the backup to fail.
struct Disk {
  Status status;
};

class BackupCommand : public rota::Command {
 public:
  explicit BackupCommand(const Disk& disk) : Command("backup:run", "Run database backup"), disk_(disk) {}

  rota::Status Handle(rota::Context&) override {
    if (const Status status = PerformBackup(); !status.ok()) {
      return rota::Errorf("backup failed: {}", status);
    }
    return rota::Status::Ok();
  }

 private:
  Status PerformBackup() const { return disk_.status; }

  const Disk& disk_;
};

class NamedCommand : public rota::Command {
 public:
  explicit NamedCommand(std::string name) : Command(std::move(name), "Does what its name says") {}
  rota::Status Handle(rota::Context&) override { return rota::Status::Ok(); }
};

class Kernel : public rota::Kernel {
 public:
  void Schedule(rota::Scheduler& scheduler) override {
    // Every day at two in the night, a backup.
    scheduler.Command("backup:run").Daily().At("02:00").Unique().Register();

    // Every thirty minutes, the cache.
    scheduler.Command("cache:clear").EveryThirtyMinutes().Register();

    // In the night to Sunday, the statistics.
    scheduler.Command("stats:generate").Weekly().At("00:00").Unique().Register();
  }
};

class Guide : public testing::Test {
 protected:
  Guide() {
    commands_.Register(std::make_unique<BackupCommand>(disk_));
    for (const std::string name : {"cache:clear", "stats:generate", "report:generate", "task"}) {
      commands_.Register(std::make_unique<NamedCommand>(name));
    }
  }

  rota::Schedule Build(const std::function<void(Scheduler&)>& define) const {
    Scheduler scheduler(commands_, TimeZone());
    define(scheduler);
    return scheduler.Build().value();
  }

  // The first three instants of the one task after a Friday noon, in UTC.
  std::vector<std::string> Instants(const std::function<void(Scheduler&)>& define) const {
    return InstantsOf(Build(define).tasks().at(0));
  }

  static std::vector<std::string> InstantsOf(const Task& task) {
    std::vector<std::string> instants;
    WallTime at = ParseInstant("2026-03-06 12:01", TimeZone()).value();
    for (int i = 0; i < 3; ++i) {
      at = task.trigger->Next(at).value();
      instants.push_back(FormatInstant(at, TimeZone()).substr(0, 16));
    }
    return instants;
  }

  Disk disk_;
  CommandRegistry commands_;
};

TEST_F(Guide, ConfiguresRedis) {
  const auto config = Config::Parse(R"(
redis:
  host: "localhost"
  port: 6379
  password: ""
  db: 0
)",
                                    "config/config.yaml", nullptr);
  ASSERT_TRUE(config.has_value()) << config.error().message();
  ASSERT_TRUE(config->options().redis.has_value());
  const RedisOptions& redis = *config->options().redis;
  EXPECT_EQ(redis.host, "localhost");
  EXPECT_EQ(redis.port, 6379);
  EXPECT_EQ(redis.password, "");
  EXPECT_EQ(redis.db, 0);
  EXPECT_EQ(config->options().coordination.driver, CoordinationDriver::kRedis);
}

TEST_F(Guide, CreatesAndRegistersACommand) {
  rota::Application app("config/config.yaml");
  app.commands().Register(std::make_unique<BackupCommand>(disk_));
  const Command* command = app.commands().Find("backup:run");
  ASSERT_NE(command, nullptr);
  EXPECT_EQ(command->signature().description, "Run database backup");
}

TEST_F(Guide, DefinesTheScheduleInAKernel) {
  Kernel kernel;
  const rota::Schedule schedule = Build([&kernel](Scheduler& scheduler) { kernel.Schedule(scheduler); });
  ASSERT_EQ(schedule.tasks().size(), 3u);
  const Task& backup = *schedule.Find("backup:run");
  EXPECT_TRUE(backup.unique());
  EXPECT_THAT(InstantsOf(backup), ElementsAre("2026-03-07 02:00", "2026-03-08 02:00", "2026-03-09 02:00"));
  const Task& cache = *schedule.Find("cache:clear");
  EXPECT_FALSE(cache.unique());
  EXPECT_THAT(InstantsOf(cache), ElementsAre("2026-03-06 12:30", "2026-03-06 13:00", "2026-03-06 13:30"));
  const Task& stats = *schedule.Find("stats:generate");
  EXPECT_TRUE(stats.unique());
  EXPECT_THAT(InstantsOf(stats), ElementsAre("2026-03-08 00:00", "2026-03-15 00:00", "2026-03-22 00:00"));
}

TEST_F(Guide, RunsATaskAtIntervals) {
  // Every minute.
  EXPECT_THAT(Instants([](Scheduler& scheduler) { scheduler.Command("task").EveryMinute().Register(); }),
              ElementsAre("2026-03-06 12:02", "2026-03-06 12:03", "2026-03-06 12:04"));
  // Every five minutes.
  EXPECT_THAT(Instants([](Scheduler& scheduler) { scheduler.Command("task").EveryFiveMinutes().Register(); }),
              ElementsAre("2026-03-06 12:05", "2026-03-06 12:10", "2026-03-06 12:15"));
  // Every hour.
  EXPECT_THAT(Instants([](Scheduler& scheduler) { scheduler.Command("task").Hourly().Register(); }),
              ElementsAre("2026-03-06 13:00", "2026-03-06 14:00", "2026-03-06 15:00"));
  // Every day.
  EXPECT_THAT(Instants([](Scheduler& scheduler) { scheduler.Command("task").Daily().Register(); }),
              ElementsAre("2026-03-07 00:00", "2026-03-08 00:00", "2026-03-09 00:00"));
  // Every week.
  EXPECT_THAT(Instants([](Scheduler& scheduler) { scheduler.Command("task").Weekly().Register(); }),
              ElementsAre("2026-03-08 00:00", "2026-03-15 00:00", "2026-03-22 00:00"));
  // Every month.
  EXPECT_THAT(Instants([](Scheduler& scheduler) { scheduler.Command("task").Monthly().Register(); }),
              ElementsAre("2026-04-01 00:00", "2026-05-01 00:00", "2026-06-01 00:00"));
  // A cron expression.
  EXPECT_THAT(Instants([](Scheduler& scheduler) { scheduler.Command("task").Cron("*/15 * * * *").Register(); }),
              ElementsAre("2026-03-06 12:15", "2026-03-06 12:30", "2026-03-06 12:45"));
}

TEST_F(Guide, RunsATaskAtGivenTimes) {
  // At a time of every day.
  EXPECT_THAT(Instants([](Scheduler& scheduler) { scheduler.Command("task").Daily().At("15:00").Register(); }),
              ElementsAre("2026-03-06 15:00", "2026-03-07 15:00", "2026-03-08 15:00"));
  // On workdays.
  EXPECT_THAT(Instants([](Scheduler& scheduler) { scheduler.Command("task").Weekdays().At("13:00").Register(); }),
              ElementsAre("2026-03-06 13:00", "2026-03-09 13:00", "2026-03-10 13:00"));
  // On weekends.
  EXPECT_THAT(Instants([](Scheduler& scheduler) { scheduler.Command("task").Weekends().At("13:00").Register(); }),
              ElementsAre("2026-03-07 13:00", "2026-03-08 13:00", "2026-03-14 13:00"));
}

TEST_F(Guide, RunsATaskOnOneServerOrOnAll) {
  const rota::Schedule schedule = Build([](Scheduler& scheduler) {
    // One of the servers runs it.
    scheduler.Command("report:generate").Daily().At("00:00").Unique().Register();
    // Every server runs it.
    scheduler.Command("cache:clear").Hourly().Register();
  });
  EXPECT_TRUE(schedule.Find("report:generate")->unique());
  EXPECT_FALSE(schedule.Find("cache:clear")->unique());
}

TEST_F(Guide, LocksATaskForThirtyMinutesByDefault) {
  const rota::Schedule schedule =
      Build([](Scheduler& scheduler) { scheduler.Command("report:generate").Daily().Unique().Register(); });
  EXPECT_EQ(schedule.tasks().at(0).policies->lock_timeout, std::chrono::minutes(30));
}

TEST_F(Guide, ReportsAnErrorWithItsReason) {
  Context context({}, {}, {}, {}, {});
  EXPECT_TRUE(commands_.Find("backup:run")->Handle(context).ok());
  disk_.status = Errorf("no space left");
  EXPECT_EQ(commands_.Find("backup:run")->Handle(context), Errorf("backup failed: no space left"));
}

}  // namespace
}  // namespace rota::integration
