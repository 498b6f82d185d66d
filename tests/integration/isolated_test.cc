#include <csignal>

#include "programs.h"
#include "rota/base/format.h"

namespace rota::integration {
namespace {

using testing::HasSubstr;

// Commands that run in a process of their own.
class Isolated : public Programs {
 protected:
  Isolated() { program_ = ISOLATED_PROGRAM; }

  // A task "job" that runs the command with these arguments.
  void Schedule(std::string_view arguments, std::string_view more = "") const {
    Write("config.yaml", Format("server: {{id: web1}}\ntasks:\n  - {{name: job, command: job, arguments: {}, "
                                "schedule: yearly, unique: true, isolated: true{}}}\n",
                                arguments, more));
  }
};

TEST_F(Isolated, CommandsLearnAllThatOthersDo) {
  Schedule("[tell, --word, 'a \"b\"', -l]");
  const Ran ran = Run({"schedule:test", "job"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  const std::string run_id = Text(History("job").at(0), "run_id");
  EXPECT_THAT(ran.out, testing::StartsWith("job attempt 1 on web1, a \"b\" loud\n"));
  EXPECT_THAT(ran.out, HasSubstr(Format("run {} scheduled once token given\n", run_id)));
  EXPECT_THAT(ran.out, HasSubstr("printed by itself\n"));
}

TEST_F(Isolated, CommandsGiveTheirReason) {
  Schedule("[fail, --word, db1]");
  EXPECT_EQ(Run({"schedule:test", "job"}).exit, 1);
  EXPECT_EQ(Text(History("job").at(0), "reason"), "the disk of db1 is full\nand slow");
  EXPECT_EQ(Text(History("job").at(0), "output_tail"), "");
  Schedule("[throw]");
  EXPECT_THAT(Run({"schedule:test", "job"}).err, HasSubstr("error: job: failed(boom)"));
  Schedule("[exit]", ", retry: {attempts: 2, delay: 1ms, exit_codes: [75]}");
  EXPECT_THAT(Run({"schedule:test", "job"}).err, HasSubstr("error: job: failed(exit 75)"));
  EXPECT_EQ(History("job").back().at("attempt").as_int64(), 2);
}

TEST_F(Isolated, ACrashIsAFailedRunAndNotTheServersEnd) {
  Write("config.yaml", R"yaml(
tasks:
  - {name: crash, command: job, arguments: [crash], schedule: "@reboot", isolated: true}
  - {name: beat, command: job, arguments: [nothing], schedule: every second}
)yaml");
  Process server = Start({"schedule:work"});
  const auto ended = [this](const std::string& task, std::string_view outcome) {
    const Records history = History(task);
    return !history.empty() && Text(history.back(), "outcome") == outcome;
  };
  ASSERT_TRUE(Eventually([&] { return ended("crash", "failed"); }));
  EXPECT_EQ(Text(History("crash").back(), "reason"), "signal 11 (Segmentation fault)");
  EXPECT_THAT(Text(History("crash").back(), "output_tail"), HasSubstr("about to crash\n"));
  const std::size_t beats = History("beat").size();
  EXPECT_TRUE(Eventually([&] { return History("beat").size() > beats; })) << "the server lives on";
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
}

TEST_F(Isolated, CommandsHearOfAStop) {
  Schedule("[wait]");
  Process process = Start({"schedule:test", "job"});
  ASSERT_TRUE(Eventually([&process] { return process.out().find("waiting\n") != std::string::npos; }));
  process.Signal(SIGTERM);
  EXPECT_EQ(process.Wait(), 1);
  EXPECT_THAT(process.out(), HasSubstr("tidied up\n"));
  EXPECT_THAT(process.err(), HasSubstr("gave up after 3 of 9 files"));
  EXPECT_EQ(Text(History("job").at(0), "outcome"), "cancelled");
}

TEST_F(Isolated, CommandsThatDoNotEndAfterTheirReportHaveNotSucceeded) {
  Schedule("[linger]", ", timeout: 3s, kill_after: 100ms");
  EXPECT_EQ(Run({"schedule:test", "job"}).exit, 1);
  EXPECT_EQ(Text(History("job").at(0), "outcome"), "timed_out");
  EXPECT_EQ(Text(History("job").at(0), "reason"), "after 3s; killed: signal 9 (Killed)");
}

TEST_F(Isolated, TheCommandBehindItIsNoPersons) {
  EXPECT_EQ(Run({"list"}).out.find("isolated:run"), std::string::npos);
  const Ran ran = Run({"isolated:run", "--", "job", "tell"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(ran.err, "error: isolated:run is for servers: name the command itself\n");
}

}  // namespace
}  // namespace rota::integration
