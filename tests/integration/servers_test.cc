#include <algorithm>
#include <csignal>
#include <map>
#include <memory>
#include <set>
#include <sstream>

#include "programs.h"
#include "redis_server.h"
#include "rota/base/format.h"
#include "rota/time/clock.h"

namespace rota::integration {
namespace {

using std::chrono::seconds;

constexpr seconds kLeaseTtl(3);
constexpr seconds kPeriod(1);

enum class Driver { kSqlite, kRedis };
void PrintTo(Driver driver, std::ostream* out) { *out << (driver == Driver::kSqlite ? "sqlite" : "redis"); }

class Servers : public Programs, public testing::WithParamInterface<Driver> {
 protected:
  // Each server has a name and a log of its own; they share the store.
  void WriteConfig(std::string_view tasks) const {
    Write("config.yaml",
          Format("server: {{id: \"${{SERVER}}\", shutdown_grace: 5s}}\n"
                 "coordination: {{lease_ttl: {}s}}\n"
                 "log: {{file: \"var/${{SERVER}}.log\"}}\n{}"
                 "tasks:\n{}",
                 kLeaseTtl.count(), redis_ ? Format("redis: {{port: {}}}\n", redis_->port()) : "", tasks));
  }

 private:
  const std::unique_ptr<redis_test::RedisServer> redis_ =
      GetParam() == Driver::kRedis ? std::make_unique<redis_test::RedisServer>() : nullptr;
};
INSTANTIATE_TEST_SUITE_P(Store, Servers, testing::Values(Driver::kSqlite, Driver::kRedis),
                         testing::PrintToStringParamName());

// One line of a task that writes down "instant token run-id server".
struct Note {
  std::string at;
  std::uint64_t token = 0;
  std::string run_id;
  std::string server;
};

std::vector<Note> ReadNotes(const Words& lines) {
  std::vector<Note> notes;
  for (const std::string& line : lines) {
    Note note;
    std::istringstream(line) >> note.at >> note.token >> note.run_id >> note.server;
    EXPECT_FALSE(note.server.empty()) << line;
    notes.push_back(note);
  }
  return notes;
}

TEST_P(Servers, RunAUniqueTaskOnceAnOccurrenceAndAnyOtherTaskOnBoth) {
  constexpr std::string_view kNote = "echo \"$ROTA_SCHEDULED_AT $ROTA_FENCING_TOKEN $ROTA_RUN_ID $SERVER\"";
  WriteConfig(
      Format("  - {{name: unique, schedule: every second, unique: true, shell: '{} >>unique'}}\n"
             "  - {{name: everywhere, schedule: every second, shell: '{} >>everywhere'}}\n",
             kNote, kNote));
  Process a = Start({"schedule:work"}, "a");
  Process b = Start({"schedule:work"}, "b");
  const auto lines_of = [this](std::string_view server) {
    int lines = 0;
    for (const Note& note : ReadNotes(Lines("everywhere"))) lines += note.server == server ? 1 : 0;
    return lines;
  };
  EXPECT_TRUE(Eventually([&] { return Lines("unique").size() >= 6 && lines_of("a") >= 4 && lines_of("b") >= 4; }));
  a.Signal(SIGTERM);
  b.Signal(SIGTERM);
  EXPECT_EQ(a.Wait(), 0);
  EXPECT_EQ(b.Wait(), 0);

  std::set<std::string> run_ids;
  std::map<std::string, std::uint64_t> tokens;  // By instant: RFC 3339 sorts by time.
  for (const Note& note : ReadNotes(Lines("unique"))) {
    EXPECT_TRUE(tokens.emplace(note.at, note.token).second) << note.at << " ran twice";
    EXPECT_TRUE(run_ids.insert(note.run_id).second) << note.run_id;
  }
  std::uint64_t last = 0;
  for (const auto& [at, token] : tokens) {
    EXPECT_GT(token, last) << at;
    last = token;
  }

  const Records history = History("unique");
  ExpectOneOutcomeForEachInstant(history, kPeriod);
  std::set<std::string> succeeded;
  for (const Record& record : history) {
    if (Text(record, "outcome") == "succeeded") succeeded.insert(Text(record, "run_id"));
  }
  EXPECT_EQ(succeeded, run_ids);

  std::set<std::pair<std::string, std::string>> runs;
  for (const Note& note : ReadNotes(Lines("everywhere"))) {
    EXPECT_TRUE(runs.emplace(note.at, note.server).second) << note.at << " ran twice on " << note.server;
  }
}

TEST_P(Servers, OutliveEachOtherAndTellWhatWasLost) {
  // The process id of the shell stays that of the program it becomes.
  WriteConfig(
      "  - {name: long, schedule: every second, unique: true,\n"
      "     shell: 'echo \"$ROTA_RUN_ID $SERVER $$\" >>starts; exec sleep 600'}\n");
  struct Began {
    std::string run_id;
    std::string server;
    pid_t pid = 0;
  };
  const auto begun = [this](std::size_t line) {
    Began began;
    std::istringstream(Lines("starts").at(line)) >> began.run_id >> began.server >> began.pid;
    return began;
  };
  Process a = Start({"schedule:work"}, "a");
  ASSERT_TRUE(Eventually([this] { return Lines("starts").size() == 1; }));
  Process b = Start({"schedule:work"}, "b");
  ASSERT_TRUE(Eventually([this] { return !Log("server_started", "var/b.log").empty(); }));

  const Began first = begun(0);
  EXPECT_EQ(first.server, "a");
  EXPECT_TRUE(IsRunning(first.pid));
  a.Signal(SIGKILL);
  EXPECT_EQ(a.Wait(), 128 + SIGKILL);
  EXPECT_TRUE(Eventually([&first] { return !IsRunning(first.pid); })) << "the child outlived its server";

  ASSERT_TRUE(Eventually([this] { return Lines("starts").size() == 2; }));
  const Began second = begun(1);
  EXPECT_EQ(second.server, "b");
  EXPECT_TRUE(Eventually([this] { return !Log("run_lost", "var/b.log").empty(); }));

  const Records lost = Log("run_lost", "var/b.log");
  ASSERT_EQ(lost.size(), 1u);
  EXPECT_EQ(Text(lost[0], "message"), "long was lost: its server a died");
  EXPECT_EQ(Text(lost[0], "run_id"), first.run_id);
  const std::string occurrence = Text(lost[0], "occurrence");
  const Record why = Json({"schedule:why", "long", occurrence, "--json"}).as_object();
  const Record record = why.at("records").as_array().at(0).as_object();
  EXPECT_EQ(Text(record, "outcome"), "lost");
  EXPECT_EQ(Text(record, "reason"), "server a died");
  const Ran told = Run({"schedule:why", "long", occurrence});
  EXPECT_EQ(told.exit, 0);
  EXPECT_NE(told.out.find("It ran on a and was lost: server a died."), std::string::npos) << told.out;
  ExpectOneOutcomeForEachInstant(History("long"), kPeriod);
  EXPECT_TRUE(IsRunning(second.pid));
}

TEST_P(Servers, OfOneNameAreToldApart) {
  WriteConfig("");
  Process first = Start({"schedule:work"}, "web");
  ASSERT_TRUE(Eventually([this] { return Log("server_started", "var/web.log").size() == 1; }));
  Process second = Start({"schedule:work"}, "web");
  ASSERT_TRUE(Eventually([this] { return Log("server_started", "var/web.log").size() == 2; }));
  EXPECT_EQ(Text(Log("server_started", "var/web.log").at(0), "server"), "web");
  EXPECT_EQ(Text(Log("server_started", "var/web.log").at(1), "server"), "web#2");
  first.Signal(SIGKILL);
  first.Wait();
  Process third = Start({"schedule:work"}, "web");
  ASSERT_TRUE(Eventually([this] { return Log("server_started", "var/web.log").size() == 3; }));
  EXPECT_EQ(Text(Log("server_started", "var/web.log").at(2), "server"), "web") << "its holder is known to be dead";
}

TEST_P(Servers, AccountForTheTimeInWhichNoneRan) {
  WriteConfig("  - {name: beat, schedule: every second, unique: true, shell: echo $ROTA_SCHEDULED_AT >>beats}\n");
  Process first = Start({"schedule:work"});
  ASSERT_TRUE(Eventually([this] { return !Lines("beats").empty(); }));
  first.Signal(SIGKILL);
  first.Wait();
  const SystemClock clock;
  const WallTime down_until = clock.Now() + kLeaseTtl + seconds(1);
  ASSERT_TRUE(Eventually([&] { return clock.Now() >= down_until; }));
  const std::size_t before = Lines("beats").size();
  Process second = Start({"schedule:work"});
  ASSERT_TRUE(Eventually([&] { return Lines("beats").size() >= before + 2; }));
  second.Signal(SIGTERM);
  EXPECT_EQ(second.Wait(), 0);

  const Records history = History("beat");
  ExpectOneOutcomeForEachInstant(history, kPeriod);
  const auto down = std::ranges::find_if(history, [](const Record& record) {
    return Text(record, "outcome") == "missed" && Text(record, "reason") == "down";
  });
  ASSERT_NE(down, history.end());
  const Ran why = Run({"schedule:why", "beat", Text(*down, "scheduled_at")});
  EXPECT_NE(why.out.find("no server was running"), std::string::npos) << why.out;
}

TEST_P(Servers, KeepToAPauseThatIsSetWhileTheyRun) {
  WriteConfig("  - {name: beat, schedule: every second, shell: echo x >>beats}\n");
  Process server = Start({"schedule:work"});
  ASSERT_TRUE(Eventually([this] { return !Lines("beats").empty(); }));
  EXPECT_EQ(Run({"schedule:pause", "beat", "--reason", "maintenance"}).exit, 0);
  const auto skipped = [this] { return Log("occurrence_closed", "var/a.log"); };
  ASSERT_TRUE(Eventually([&] { return !skipped().empty(); }));
  EXPECT_EQ(Text(skipped()[0], "outcome"), "skipped");
  EXPECT_EQ(Text(skipped()[0], "reason"), "paused");
  const std::size_t beats = Lines("beats").size();
  EXPECT_EQ(Run({"schedule:resume", "beat"}).exit, 0);
  ASSERT_TRUE(Eventually([&] { return Lines("beats").size() > beats; }));
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
  ExpectOneOutcomeForEachInstant(History("beat"), kPeriod);
}

}  // namespace
}  // namespace rota::integration
