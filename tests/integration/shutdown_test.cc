#include <csignal>

#include "programs.h"
#include "rota/base/format.h"

namespace rota::integration {
namespace {

class Shutdown : public Programs {
 protected:
  // A server whose only task runs this shell line.
  Process StartWork(std::string_view shell, std::string_view server = "shutdown_grace: 30s") const {
    Write("config.yaml", Format("server: {{{}}}\n"
                                "tasks:\n  - name: work\n    schedule: every second\n    unique: true\n    shell: {}\n",
                                server, shell));
    return Start({"schedule:work"});
  }
  void AwaitBegin() const {
    EXPECT_TRUE(Eventually([this] { return !Lines("begun").empty(); }));
  }
  void AwaitStopping() const {
    EXPECT_TRUE(Eventually([this] { return !Log("server_stopping", "var/log/rota.log").empty(); }));
  }
  void ExpectTheRunEndsAfter(int signal) const {
    Process server = StartWork("echo x >>begun; until [ -e go ]; do sleep 0.1; done; echo x >>ended");
    AwaitBegin();
    server.Signal(signal);
    AwaitStopping();
    EXPECT_TRUE(Lines("ended").empty());
    Write("go", "");
    EXPECT_EQ(server.Wait(), 0);
    EXPECT_EQ(Lines("begun").size(), 1u);
    EXPECT_EQ(Lines("ended").size(), 1u);
    EXPECT_EQ(OutcomeOfTheRun(), "succeeded");
    EXPECT_EQ(Text(Log().back(), "event"), "server_stopped");
  }
  // "succeeded" or "cancelled(...)": the outcome of the one run that began.
  std::string OutcomeOfTheRun() const {
    std::string outcome;
    for (const Record& record : History("work")) {
      if (Text(record, "started_at") == "null") continue;  // What was due meanwhile.
      EXPECT_EQ(outcome, "") << "more than one run";
      outcome = Text(record, "outcome") + (Text(record, "reason").empty() ? "" : "(" + Text(record, "reason") + ")");
    }
    return outcome;
  }
};

auto IsCancelled(const std::string& how) {
  return testing::AllOf(testing::StartsWith("cancelled("), testing::HasSubstr(how));
}

TEST_F(Shutdown, LetsARunEndWithinTheGraceAfterSigterm) { ExpectTheRunEndsAfter(SIGTERM); }

TEST_F(Shutdown, LetsARunEndWithinTheGraceAfterSigint) { ExpectTheRunEndsAfter(SIGINT); }

TEST_F(Shutdown, StopsRunsAtTheSecondSignal) {
  Process server = StartWork("echo x >>begun; exec sleep 600");
  AwaitBegin();
  server.Signal(SIGTERM);
  AwaitStopping();
  EXPECT_TRUE(IsRunning(server.pid()));
  server.Signal(SIGINT);
  EXPECT_EQ(server.Wait(), 0);
  EXPECT_THAT(OutcomeOfTheRun(), IsCancelled("stopped: signal 15 (Terminated)"));
}

TEST_F(Shutdown, StopsRunsWhenTheGraceIsOver) {
  Process server = StartWork("echo x >>begun; exec sleep 600", "shutdown_grace: 100ms");
  AwaitBegin();
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
  EXPECT_THAT(OutcomeOfTheRun(), IsCancelled("stopped: signal 15 (Terminated)"));
}

TEST_F(Shutdown, KillsAChildThatIgnoresTheStop) {
  // The program that the shell becomes ignores the signal too.
  Process server = StartWork("trap '' TERM; echo $$ >>begun; exec sleep 600", "shutdown_grace: 0s, kill_after: 500ms");
  AwaitBegin();
  const pid_t child = std::stoi(Lines("begun").at(0));
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
  EXPECT_FALSE(IsRunning(child));
  EXPECT_THAT(OutcomeOfTheRun(), IsCancelled("killed: signal 9 (Killed)"));
}

TEST_F(Shutdown, StopsARunInTheForegroundAtOnce) {
  Write("config.yaml", "tasks:\n  - {name: work, schedule: yearly, shell: 'echo x >>begun; exec sleep 600'}\n");
  Process test = Start({"schedule:test", "work"});
  AwaitBegin();
  test.Signal(SIGINT);
  EXPECT_EQ(test.Wait(), 1);
  EXPECT_THAT(test.err(), testing::HasSubstr("error: work: cancelled("));
  EXPECT_THAT(OutcomeOfTheRun(), IsCancelled("stopped: signal 15 (Terminated)"));
}

}  // namespace
}  // namespace rota::integration
