#include <algorithm>
#include <csignal>
#include <memory>
#include <set>

#include "programs.h"
#include "redis_server.h"
#include "rota/base/format.h"

namespace rota::integration {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;

enum class Driver { kSqlite, kRedis };
void PrintTo(Driver driver, std::ostream* out) { *out << (driver == Driver::kSqlite ? "sqlite" : "redis"); }

class Reload : public Programs, public testing::WithParamInterface<Driver> {
 protected:
  void WriteConfig(std::string_view tasks, std::string_view server = "shutdown_grace: 5s") const {
    Write("config.yaml", Format("server: {{id: \"${{SERVER}}\", {}}}\n"
                                "coordination: {{lease_ttl: 2s}}\n{}"
                                "tasks:\n{}",
                                server, redis_ ? Format("redis: {{port: {}}}\n", redis_->port()) : "", tasks));
  }
  Process StartServer() const {
    Process server = Start({"schedule:work"});
    EXPECT_TRUE(Eventually([this] { return !Log("server_started", kLog).empty(); }));
    return server;
  }
  // The n-th event of this name, once it is there.
  Record Await(std::string_view event, std::size_t number = 1) const {
    EXPECT_TRUE(Eventually([&] { return Log(event, kLog).size() >= number; })) << event;
    const Records all = Log(event, kLog);
    return all.size() < number ? Record() : all[number - 1];
  }
  bool GrowsFurther(std::string_view file) const {
    const std::size_t before = Lines(file).size();
    return Eventually([&] { return Lines(file).size() > before; });
  }
  static void Stop(Process& server) {
    server.Signal(SIGTERM);
    EXPECT_EQ(server.Wait(), 0);
  }

  static constexpr std::string_view kLog = "var/log/rota.log";

  const std::unique_ptr<redis_test::RedisServer> redis_ =
      GetParam() == Driver::kRedis ? std::make_unique<redis_test::RedisServer>() : nullptr;
};
INSTANTIATE_TEST_SUITE_P(Store, Reload, testing::Values(Driver::kSqlite, Driver::kRedis),
                         testing::PrintToStringParamName());

TEST_P(Reload, FollowsWhatTheFileSaysNow) {
  WriteConfig(
      "  - {name: boot, schedule: '@reboot', shell: echo x >>boots}\n"
      "  - {name: old, schedule: every second, unique: true, shell: echo x >>old}\n"
      "  - {name: kept, schedule: every second, unique: true, shell: echo $ROTA_SCHEDULED_AT >>kept}\n");
  Process server = StartServer();
  ASSERT_TRUE(GrowsFurther("old"));
  WriteConfig(
      "  - {name: boot, schedule: '@reboot', shell: echo x >>boots}\n"
      "  - {name: kept, schedule: every second, unique: true, shell: echo $ROTA_SCHEDULED_AT >>kept}\n"
      "  - {name: new, schedule: every second, unique: true, pool: slow, shell: echo x >>new}\n",
      "shutdown_grace: 5s, pools: {slow: 1}");
  server.Signal(SIGHUP);
  EXPECT_EQ(Text(Await("schedule_reloaded"), "message"), "the schedule was reloaded: 1 task added, 1 removed");
  EXPECT_TRUE(GrowsFurther("new"));
  const std::size_t last = Lines("old").size();
  EXPECT_TRUE(GrowsFurther("kept"));
  EXPECT_TRUE(GrowsFurther("kept"));
  EXPECT_LE(Lines("old").size(), last + 1) << "one may have begun before";
  Stop(server);
  ExpectOneOutcomeForEachInstant(History("kept"), seconds(1));
  const Words kept = Lines("kept");
  EXPECT_EQ(std::set<std::string>(kept.begin(), kept.end()).size(), kept.size()) << "no instant ran twice";
  EXPECT_EQ(Lines("boots").size(), 1u) << "the server did not start again";
  EXPECT_EQ(Log("server_started", kLog).size(), 1u);
}

TEST_P(Reload, KeepsTheScheduleWhereTheFileIsWrong) {
  WriteConfig("  - {name: beat, schedule: every second, shell: echo x >>beats}\n");
  Process server = StartServer();
  WriteConfig("  - {name: beat, schedule: every secund, shell: echo x >>beats}\n");
  server.Signal(SIGHUP);
  const Record failed = Await("reload_failed");
  EXPECT_THAT(Text(failed, "message"), HasSubstr("the schedule stays as it was: config.yaml:"));
  EXPECT_THAT(Text(failed, "message"), HasSubstr("every secund"));
  EXPECT_TRUE(GrowsFurther("beats"));
  EXPECT_TRUE(GrowsFurther("beats"));
  const Ran told = Run({"schedule:reload"});
  EXPECT_EQ(told.exit, 1);
  EXPECT_THAT(told.err, HasSubstr("error: nothing was reloaded: config.yaml:"));

  WriteConfig("  - {name: beat, schedule: every second, shell: echo y >>others}\n");
  const auto servers = Json({"schedule:servers", "--json"});
  EXPECT_THAT(Text(servers.as_array().at(0).as_object(), "reload_error"), HasSubstr("every secund"));
  server.Signal(SIGHUP);
  EXPECT_EQ(Text(Await("schedule_reloaded"), "message"), "the schedule was reloaded: 1 task changed");
  EXPECT_TRUE(GrowsFurther("others"));
  Stop(server);
}

TEST_P(Reload, LetsRunsGoOn) {
  WriteConfig(
      "  - {name: long, schedule: every second, unique: true,\n"
      "     shell: 'echo begun >>long; until [ -e go ]; do sleep 0.1; done; echo done >>long'}\n");
  Process server = StartServer();
  ASSERT_TRUE(Eventually([this] { return Lines("long") == Words{"begun"}; }));
  WriteConfig(
      "  - {name: long, schedule: every second, unique: true, shell: echo short >>long}\n"
      "  - {name: beat, schedule: every second, shell: echo x >>beats}\n");
  server.Signal(SIGHUP);
  Await("schedule_reloaded");
  ASSERT_TRUE(GrowsFurther("beats"));
  EXPECT_EQ(Lines("long"), Words{"begun"}) << "the run keeps its task from overlapping itself";
  Write("go", "");
  EXPECT_TRUE(Eventually([this] { return Lines("long").size() >= 3; }));
  EXPECT_EQ(Lines("long").at(1), "done");
  EXPECT_EQ(Lines("long").at(2), "short");
  Stop(server);
  const Records history = History("long");
  ExpectOneOutcomeForEachInstant(history, seconds(1));
  const auto first =
      std::ranges::find(history, "succeeded", [](const Record& record) { return Text(record, "outcome"); });
  ASSERT_NE(first, history.end());
  EXPECT_GE(Instant(*first, "finished_at"), Instant(Await("schedule_reloaded"), "time"));
}

TEST_P(Reload, EndsTheRunsOfFormerSchedulesWithTheServer) {
  WriteConfig(
      "  - {name: long, schedule: every second, unique: true,\n"
      "     shell: 'echo begun >>long; trap \"echo stopped >>long; exit 1\" TERM; while :; do sleep 0.1; done'}\n",
      "shutdown_grace: 0s");
  Process server = StartServer();
  ASSERT_TRUE(Eventually([this] { return !Lines("long").empty(); }));
  WriteConfig("  - {name: beat, schedule: every second, shell: echo x >>beats}\n", "shutdown_grace: 0s");
  server.Signal(SIGHUP);
  ASSERT_TRUE(GrowsFurther("beats"));
  Stop(server);
  EXPECT_EQ(Lines("long"), (Words{"begun", "stopped"}));
  const Records history = History("long");
  EXPECT_EQ(Text(history.back(), "outcome"), "cancelled");
}

TEST_P(Reload, TakesEffectWithoutASignalByHand) {
  WriteConfig("  - {name: beat, schedule: every second, shell: echo x >>beats}\n");
  Process server = StartServer();
  Ran told = Run({"schedule:reload"});
  EXPECT_EQ(told.exit, 0) << told.err;
  EXPECT_THAT(told.out, HasSubstr("unchanged\n"));
  EXPECT_EQ(told.err, "Asked 1 server to reload.\n");

  WriteConfig("  - {name: beat, schedule: every second, shell: echo x >>others}\n", "workers: 3");
  const auto rows = Json({"schedule:reload", "--server", "a", "--json"});
  const Record row = rows.as_array().at(0).as_object();
  EXPECT_EQ(Text(row, "result"), "reloaded");
  const auto servers = Json({"schedule:servers", "--json"});
  EXPECT_EQ(Text(servers.as_array().at(0).as_object(), "schedule_digest"), Text(row, "schedule_digest"));
  EXPECT_TRUE(GrowsFurther("others"));
  Stop(server);
}

TEST_P(Reload, IsNotLostWhileTheServerStarts) {
  WriteConfig("");
  Process server = Start({"schedule:work"});
  // Once the signal would not end it any more: the server does not follow its schedule yet.
  const auto catches_hangup = [&server] {
    const std::string status = ReadFile(Format("/proc/{}/status", server.pid()));
    const std::size_t mask = status.find("SigCgt:");
    return mask != std::string::npos && (std::stoull(status.substr(mask + 7), nullptr, 16) & 1U) != 0;
  };
  ASSERT_TRUE(Eventually(catches_hangup));
  for (int i = 0; i < 100; ++i) server.Signal(SIGHUP);
  EXPECT_EQ(Text(Await("schedule_reloaded"), "message"), "the schedule was reloaded: no task changed");
  Stop(server);
}

TEST_P(Reload, NamesWhatNeedsARestart) {
  WriteConfig("");
  Process server = StartServer();
  Write("config.yaml", Read("config.yaml") + "log: {level: debug}\nhistory: {keep: 7d}\n");
  for (std::size_t i = 1; i <= 2; ++i) {
    server.Signal(SIGHUP);
    Await("schedule_reloaded", i);
  }
  const Records told = Log("schedule_reloaded", kLog);
  EXPECT_EQ(Text(told.at(0), "message"),
            "the schedule was reloaded: no task changed; needs a restart: log.level, history");
  EXPECT_EQ(Text(told.at(1), "message"), "the schedule was reloaded: no task changed");
  Stop(server);
}

class ReloadOnRedis : public Reload {};
INSTANTIATE_TEST_SUITE_P(Store, ReloadOnRedis, testing::Values(Driver::kRedis), testing::PrintToStringParamName());

TEST_P(ReloadOnRedis, KeepsTheScheduleWhereTheStoreDoesNotAnswer) {
  WriteConfig("  - {name: beat, schedule: every second, shell: echo x >>beats}\n");
  Process server = StartServer();
  redis_->Kill();
  WriteConfig("  - {name: beat, schedule: every second, shell: echo y >>others}\n");
  server.Signal(SIGHUP);
  EXPECT_THAT(Text(Await("reload_failed"), "message"), HasSubstr("the schedule stays as it was: redis "));
  EXPECT_TRUE(GrowsFurther("beats")) << "each server runs it without the store";
  redis_->Restart();
  EXPECT_TRUE(Eventually([&] {
    server.Signal(SIGHUP);
    return !Log("schedule_reloaded", kLog).empty();
  })) << "it takes the store a while to be told again what was decided";
  EXPECT_TRUE(GrowsFurther("others"));
  Stop(server);
}

class Releases : public Reload {
 protected:
  // Each release has its file, as each deployment has its folder.
  void WriteRelease(std::string_view release, std::string_view tasks) const {
    WriteConfig(tasks);
    Write(Format("{}.yaml", release),
          Format("app: {{release: {}}}\nlog: {{file: \"var/${{SERVER}}.log\"}}\n{}", release, Read("config.yaml")));
  }
  Process StartRelease(const std::string& release, const std::string& server) const {
    Process process = Start({"schedule:work", "-c", release + ".yaml"}, server);
    EXPECT_TRUE(Eventually([&] { return !Log("server_started", "var/" + server + ".log").empty(); }));
    return process;
  }
};
INSTANTIATE_TEST_SUITE_P(Store, Releases, testing::Values(Driver::kSqlite, Driver::kRedis),
                         testing::PrintToStringParamName());

TEST_P(Releases, LeaveToTheNewerOneWhatItChangedAsLongAsItLives) {
  WriteRelease("v1.9",
               "  - {name: same, schedule: every second, unique: true, shell: echo $SERVER >>same}\n"
               "  - {name: task, schedule: every second, unique: true, shell: echo old >>task}\n");
  WriteRelease("v1.10",
               "  - {name: same, schedule: every second, unique: true, shell: echo $SERVER >>same}\n"
               "  - {name: task, schedule: every second, unique: true, shell: echo new >>task}\n");
  Process older = StartRelease("v1.9", "a");
  ASSERT_TRUE(GrowsFurther("task"));
  Process newer = StartRelease("v1.10", "b");
  ASSERT_TRUE(Eventually([this] { return !Log("tasks_withheld", "var/a.log").empty(); }));
  EXPECT_EQ(Text(Log("tasks_withheld", "var/a.log").at(0), "message"),
            "tasks are left to servers of a newer release: 1 task, release v1.10");
  EXPECT_EQ(Log("schedule_drift", "var/a.log").size(), 1u);
  const auto servers = Json({"schedule:servers", "--json"}).as_array();
  EXPECT_EQ(Text(servers.at(0).as_object(), "drift"), "true");
  EXPECT_EQ(Text(servers.at(0).as_object(), "release"), "v1.9");
  EXPECT_EQ(Text(servers.at(1).as_object(), "drift"), "false");

  ASSERT_TRUE(GrowsFurther("task"));  // What the older one had claimed before may come late.
  const std::size_t before = Lines("task").size();
  ASSERT_TRUE(Eventually([&] { return Lines("task").size() >= before + 3; }));
  const Words since = Lines("task");
  EXPECT_EQ(std::count(since.begin() + static_cast<std::ptrdiff_t>(before), since.end(), "old"), 0);

  newer.Signal(SIGTERM);
  EXPECT_EQ(newer.Wait(), 0);
  ASSERT_TRUE(Eventually([this] { return !Log("tasks_resumed", "var/a.log").empty(); }));
  EXPECT_TRUE(Eventually([this] { return Lines("task").back() == "old"; }));
  Stop(older);
  ExpectOneOutcomeForEachInstant(History("task"), seconds(1));
}

TEST_P(Releases, AreTakenUpByAReload) {
  WriteRelease("v2", "  - {name: task, schedule: every second, unique: true, shell: echo new >>task}\n");
  const std::string newest = Read("v2.yaml");
  WriteRelease("v1", "  - {name: task, schedule: every second, unique: true, shell: echo old >>task}\n");
  Process newer = StartRelease("v2", "b");
  Process older = StartRelease("v1", "a");
  ASSERT_TRUE(Eventually([this] { return !Log("tasks_withheld", "var/a.log").empty(); }));
  ASSERT_TRUE(Eventually([this] { return !Log("schedule_drift", "var/b.log").empty(); }));
  Write("v1.yaml", newest);
  older.Signal(SIGHUP);
  EXPECT_TRUE(Eventually([this] { return !Log("schedule_drift_ended", "var/b.log").empty(); }));
  const auto servers = Json({"schedule:servers", "--json"});
  for (const auto& server : servers.as_array()) {
    EXPECT_EQ(Text(server.as_object(), "drift"), "false");
    EXPECT_EQ(Text(server.as_object(), "release"), "v2");
  }
  Stop(newer);
  EXPECT_TRUE(GrowsFurther("task"));
  EXPECT_EQ(Lines("task").back(), "new") << "by the other one, which has nothing to leave any more";
  Stop(older);
}

}  // namespace
}  // namespace rota::integration
