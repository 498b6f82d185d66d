#include <csignal>
#include <filesystem>
#include <map>

#include "programs.h"

namespace rota::integration {
namespace {

using testing::HasSubstr;
using testing::Not;
namespace fs = std::filesystem;

class Logs : public Programs {};

TEST_F(Logs, BeginANewFileAtTheSizeAndKeepTheCount) {
  Write("config.yaml",
        "log: {max_size: 2KB, max_files: 3}\n"
        "tasks:\n  - {name: often, schedule: every 100ms, exec: ['true']}\n");
  Process server = Start({"schedule:work"});
  // The first line is dropped when the third file is full.
  EXPECT_TRUE(Eventually([this] {
    const std::string oldest = Read("var/log/rota.2.log");
    return !oldest.empty() && oldest.find("server_started") == std::string::npos;
  }));
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);

  std::vector<std::string> names;
  Records lines;
  for (const std::string name : {"rota.2.log", "rota.1.log", "rota.log"}) {
    EXPECT_LE(fs::file_size(Path("var/log/" + name)), 2048u) << name;
    for (const Record& line : Log("var/log/" + name)) lines.push_back(line);
  }
  for (const fs::directory_entry& entry : fs::directory_iterator(Path("var/log")))
    names.push_back(entry.path().filename());
  EXPECT_THAT(names, testing::UnorderedElementsAre("rota.log", "rota.1.log", "rota.2.log"));
  // Nothing is missing in between: from the oldest line on, each run that ends has begun, once.
  EXPECT_EQ(Text(lines.back(), "event"), "server_stopped");
  for (std::size_t i = 1; i < lines.size(); ++i) EXPECT_LE(Text(lines[i - 1], "time"), Text(lines[i], "time"));
}

TEST_F(Logs, WarnOfACopiedServerId) {
  Write("config.yaml",
        "server: {id: web-1}\n"
        "log: {file: \"var/${SERVER}.log\"}\n"
        "tasks:\n  - {name: often, schedule: every second, exec: ['true']}\n");
  Process first = Start({"schedule:work"}, "a");
  ASSERT_TRUE(Eventually([this] { return !Log("server_started", "var/a.log").empty(); }));
  Process second = Start({"schedule:work"}, "b");
  ASSERT_TRUE(Eventually([this] { return !Log("id_taken", "var/b.log").empty(); }));
  const Record warning = Log("id_taken", "var/b.log")[0];
  EXPECT_EQ(Text(warning, "level"), "warning");
  EXPECT_EQ(
      Text(warning, "message"),
      "the id of this server was taken: the heartbeat of another server web-1 runs, so this one is web-1#2: where "
      "both are to run, give each its own server.id");
  first.Signal(SIGTERM);
  second.Signal(SIGTERM);
  EXPECT_EQ(first.Wait(), 0);
  EXPECT_EQ(second.Wait(), 0);
  EXPECT_TRUE(Log("id_taken", "var/a.log").empty());
}

TEST_F(Logs, KeepWhatATaskPrintsAndSaysOnOneLine) {
  program_ = EXAMPLE_SERVER;
  // Line ends, a forged line, terminal commands, a direction mark, and bytes that are no text.
  Write("config/config.yaml", R"(
log: {file: var/log/rota.log}
tasks:
  - name: prints
    schedule: every second
    shell: printf 'x\n{"level":"info","message":"forged","event":"run_finished"}\r\n\033[31mred\033[0m\377'; exit 3
  - name: says
    schedule: every second
    command: backup:run
    arguments: ["a\n{\"level\":\"info\",\"event\":\"run_finished\"}\r\e[2J\u202e\u0085b"]
  - name: "starts"
    schedule: every second
    exec: ["/no\nsuch\e]0;title\aprogram"]
)");
  std::map<std::string, Record> finished;
  Process server = Start({"schedule:work"});
  ASSERT_TRUE(Eventually([this, &finished] {
    for (const Record& line : Log("run_finished", "var/log/rota.log")) finished[Text(line, "task")] = line;
    return finished.contains("prints") && finished.contains("says") && finished.contains("starts");
  }));
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);

  for (const Record& line : Log()) EXPECT_FALSE(Text(line, "time").empty());
  EXPECT_EQ(Text(finished["prints"], "reason"), "exit 3");
  EXPECT_THAT(Text(finished["prints"], "output"), HasSubstr("Z {\"level\":\"info\""));
  EXPECT_THAT(Text(finished["says"], "reason"), testing::StartsWith("backup failed: a\n{\"level\":\"info\""));
  EXPECT_THAT(Text(finished["starts"], "reason"), testing::StartsWith("cannot start /no\\nsuch"));

  for (const std::string& text : {Read("var/log/rota.log"), server.err(), server.out()}) {
    for (const std::string_view bad : {"\x1b", "\r", "\a", "\u202e", "\u0085"}) EXPECT_THAT(text, Not(HasSubstr(bad)));
  }
  for (const std::string command : {"schedule:history", "schedule:why"}) {
    const Ran ran = command == "schedule:why" ? Run({command, "prints"}) : Run({command});
    EXPECT_EQ(ran.exit, 0);
    for (const std::string_view bad : {"\x1b", "\r", "\a", "\u202e", "\u0085"})
      EXPECT_THAT(ran.out, Not(HasSubstr(bad)));
  }
}

TEST_F(Logs, GoToTheTerminalForPeople) {
  Write("config.yaml", "log: {file: \"\"}\ntasks:\n  - {name: beat, schedule: every second, exec: ['true']}\n");
  Process server = Start({"schedule:work"});
  EXPECT_TRUE(Eventually([&server] { return server.err().find("beat finished: succeeded") != std::string::npos; }));
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
  EXPECT_THAT(server.err(), testing::ContainsRegex("INFO +beat started"));
  EXPECT_FALSE(fs::exists(Path("var/log")));
}

}  // namespace
}  // namespace rota::integration
