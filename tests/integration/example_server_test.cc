#include <csignal>
#include <filesystem>

#include "programs.h"
#include "redis_server.h"

namespace rota::integration {
namespace {

using testing::HasSubstr;
namespace fs = std::filesystem;

constexpr char kConfig[] = "config/config.yaml";
constexpr char kLog[] = "var/log/server.log";

// The example server, where its own configuration lies.
class ExampleServer : public Programs {
 protected:
  ExampleServer() {
    program_ = EXAMPLE_SERVER;
    Write(kConfig, ReadFile(EXAMPLE_FOLDER "/config/config.yaml"));
  }

  std::string Config() const { return Read(kConfig); }
};

std::string Uncommented(std::string config, std::string_view block) {
  std::string line;
  for (std::size_t begin = 0; begin < block.size(); begin += line.size() + 1) {
    line = block.substr(begin, block.find('\n', begin) - begin);
    const std::size_t at = config.find("# " + line + "\n");
    EXPECT_NE(at, std::string::npos) << "not commented out: " << line;
    if (at != std::string::npos) config.erase(at, 2);
  }
  return config;
}

// As the seed has it.
constexpr std::string_view kRedisBlock =
    "redis:\n"
    "  host: \"localhost\"\n"
    "  port: 6379\n"
    "  password: \"\"\n"
    "  db: 0\n";

TEST_F(ExampleServer, ListsItsCommandsBeforeTheBuiltInOnes) {
  const Ran list = Run({"list"});
  EXPECT_EQ(list.exit, 0);
  EXPECT_THAT(list.out, testing::ContainsRegex("backup:run +Run database backup\n"));
  EXPECT_THAT(list.out, HasSubstr("cache:clear"));
  EXPECT_THAT(list.out, HasSubstr("stats:generate"));
  EXPECT_LT(list.out.find("backup:run"), list.out.find("schedule:work"));
}

TEST_F(ExampleServer, HasTheTasksOfItsKernel) {
  struct Expected {
    std::string task;
    std::string cron;
    std::string words;
    std::string unique;
    std::string overlap;
  };
  const std::vector<Expected> expected = {
      {"backup:run", "0 2 * * *", "At 02:00", "true", "skip"},
      {"cache:clear", "*/30 * * * *", "Every 30 minutes", "false", "allow"},
      {"stats:generate", "0 0 * * 0", "At 00:00, on Sunday", "true", "skip"},
      {"heartbeat", "null", "Every 10s", "true", "skip"},
  };
  const boost::json::value list = Json({"schedule:list", "--json"});
  ASSERT_EQ(list.as_array().size(), expected.size());
  for (std::size_t i = 0; i < expected.size(); ++i) {
    const Record task = list.as_array()[i].as_object();
    EXPECT_EQ(Text(task, "task"), expected[i].task);
    EXPECT_EQ(Text(task, "cron"), expected[i].cron);
    EXPECT_EQ(Text(task, "schedule"), expected[i].words);
    EXPECT_EQ(Text(task, "unique"), expected[i].unique);
    EXPECT_EQ(Text(task, "overlap"), expected[i].overlap);
    EXPECT_EQ(Text(task, "lock_timeout_ms"), "1800000");
    EXPECT_EQ(Text(task, "zone"), "UTC");
    EXPECT_EQ(task.at("next").as_array().size(), 1u);
  }
}

TEST_F(ExampleServer, BacksUpByHandAndDropsTheOldestBackups) {
  Write("data/a/b.txt", "kept");
  for (int i = 0; i < 3; ++i) {
    const Ran ran = Run({"backup:run", "data", "--keep", "2"});
    EXPECT_EQ(ran.exit, 0) << ran.err;
    EXPECT_THAT(ran.out, HasSubstr("data saved as var/backups/"));
  }
  int backups = 0;
  for (const fs::directory_entry& backup : fs::directory_iterator(Path("var/backups"))) {
    ++backups;
    EXPECT_EQ(ReadFile(backup.path() / "a/b.txt"), "kept");
  }
  EXPECT_EQ(backups, 2);
}

TEST_F(ExampleServer, ExitsWithOneWhenACommandFails) {
  const Ran ran = Run({"backup:run", "nosuchfolder"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(ran.err, "error: backup failed: nosuchfolder is not a folder\n");
}

TEST_F(ExampleServer, LogsAFailureWithTaskRunAndReason) {
  fs::remove_all(Path("config"));
  Write("other.yaml", "log: {file: var/log/server.log}\n");
  const Ran ran = Run({"schedule:test", "backup:run", "-c", "other.yaml"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.err, HasSubstr("failed(backup failed: config is not a folder)"));
  const Records log = Log("run_finished", kLog);
  ASSERT_EQ(log.size(), 1u);
  EXPECT_EQ(Text(log[0], "task"), "backup:run");
  EXPECT_EQ(Text(log[0], "run_id").size(), 26u);
  EXPECT_EQ(Text(log[0], "outcome"), "failed");
  EXPECT_EQ(Text(log[0], "reason"), "backup failed: config is not a folder");
  EXPECT_EQ(Text(log[0], "level"), "error");
}

TEST_F(ExampleServer, RunsEachOfItsTasks) {
  for (const std::string task : {"backup:run", "cache:clear", "stats:generate", "heartbeat"}) {
    const Ran ran = Run({"schedule:test", task});
    EXPECT_EQ(ran.exit, 0) << task << "\n" << ran.err;
    EXPECT_THAT(ran.out, HasSubstr(task + ": succeeded after ")) << task;
  }
  EXPECT_THAT(Read("var/stats.txt"), HasSubstr("files 1\n"));
}

TEST_F(ExampleServer, BeatsWhileItWorks) {
  // Other tasks may be due meanwhile.
  const auto first = [this](std::string_view event) {
    for (const Record& line : Log(event, kLog)) {
      if (Text(line, "task") == "heartbeat") return line;
    }
    return Record();
  };
  Process server = Start({"schedule:work"});
  ASSERT_TRUE(Eventually([&] { return !first("run_finished").empty(); }));
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
  const Record started = first("run_started");
  const Record finished = first("run_finished");
  EXPECT_EQ(Text(started, "message"), "heartbeat started");
  EXPECT_EQ(Text(finished, "message"), "heartbeat finished: succeeded");
  EXPECT_EQ(Text(finished, "run_id"), Text(started, "run_id"));
  for (const std::string key : {"occurrence", "attempt", "server", "duration_ms", "outcome"}) {
    EXPECT_NE(Text(finished, key), "") << key;
  }
  // People read the same on the terminal.
  EXPECT_THAT(server.err(), HasSubstr("heartbeat finished: succeeded"));
}

TEST_F(ExampleServer, CoordinatesThroughRedisWithTheBlockOfItsConfig) {
  const redis_test::RedisServer redis;
  std::string config = Uncommented(Config(), kRedisBlock);
  config.replace(config.find("6379"), 4, std::to_string(redis.port()));
  Write(kConfig, config);
  EXPECT_EQ(Run({"schedule:test", "heartbeat"}).exit, 0);
  EXPECT_FALSE(fs::exists(Path("var/rota.db")));
  EXPECT_NE(redis.Send({"KEYS", "{rota:*:production:fleet}:*"}), "");
  EXPECT_THAT(Run({"schedule:history"}).out, HasSubstr("heartbeat"));
}

TEST_F(ExampleServer, SaysThatRedisIsNotThere) {
  std::string config = Uncommented(Config(), kRedisBlock);
  const std::string port = std::to_string(redis_test::FreePort());
  config.replace(config.find("6379"), 4, port);
  Write(kConfig, config);
  const Ran ran = Run({"schedule:work"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.err, HasSubstr("error: redis localhost:" + port));
  EXPECT_THAT(ran.err, HasSubstr("connection refused"));
}

TEST_F(ExampleServer, TakesTheRedisBlockBesideTheSqliteDriver) {
  Write(kConfig, std::string(kRedisBlock) + "coordination: {driver: sqlite}\n");
  EXPECT_EQ(Run({"schedule:test", "heartbeat"}).exit, 0);
  EXPECT_TRUE(fs::exists(Path("var/rota.db")));
}

}  // namespace
}  // namespace rota::integration
