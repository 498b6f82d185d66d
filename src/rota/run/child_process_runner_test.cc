#include "rota/run/child_process_runner.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/run/spawn.h"
#include "rota/run/test_order.h"

namespace rota {
namespace {

constexpr int kPatience = 30'000;  // ms, for a machine that is busy.

using Words = std::vector<std::string>;

Words Shell(const std::string& line) { return {"/bin/sh", "-c", line}; }

using OnLine = std::function<void(std::string_view)>;

RunResult Execute(
    const RunOrder& order, const Words& argv, const ProcessOptions* process = nullptr,
    const OnLine& on_line = [](std::string_view) {}) {
  std::string printed;
  std::size_t told = 0;
  RunResult result = ChildProcessRunner().Run(order, argv, {.process = process}, [&](std::string_view text) {
    printed += text;
    for (std::size_t end = 0; (end = printed.find('\n', told)) != std::string::npos; told = end + 1) {
      on_line(std::string_view(printed).substr(told, end - told));
    }
  });
  result.output_tail = printed;
  return result;
}

RunResult RunShell(const std::string& line) { return Execute(TestOrder(ShellCall{line}).order, Shell(line)); }

// Runs a line and does what `on_line` says at each line it prints.
RunResult RunShell(const std::string& line, const std::function<void(RunSignals&, std::string_view)>& on_line) {
  TestOrder test(ShellCall{line});
  return Execute(test.order, Shell(line), nullptr, [&](std::string_view text) { on_line(*test.order.signals, text); });
}

std::ptrdiff_t OpenDescriptors() {
  const std::filesystem::directory_iterator open("/proc/self/fd");
  return std::distance(begin(open), end(open));
}

bool HasChild() {
  siginfo_t info;
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

TEST(ChildProcessRunner, SucceedsWithExitZero) {
  const RunResult result = RunShell("echo done");
  EXPECT_EQ(result.outcome, Outcome::kSucceeded);
  EXPECT_EQ(result.reason, "");
  EXPECT_EQ(result.output_tail, "done\n");
}

TEST(ChildProcessRunner, FailsWithAnotherExit) {
  const RunResult result = RunShell("echo no space; exit 3");
  EXPECT_EQ(result.outcome, Outcome::kFailed);
  EXPECT_EQ(result.reason, "exit 3");
  EXPECT_EQ(result.output_tail, "no space\n");
}

TEST(ChildProcessRunner, FailsWithASignal) {
  EXPECT_EQ(RunShell("kill -9 $$").reason, "signal 9 (Killed)");
  EXPECT_EQ(RunShell("kill -TERM $$").reason, "signal 15 (Terminated)");
  EXPECT_EQ(RunShell("kill -TERM $$").outcome, Outcome::kFailed) << "nobody asked it to stop";
}

TEST(ChildProcessRunner, FailsWhenTheProgramCannotStart) {
  const RunResult result = Execute(TestOrder(ExecCall{{"/x"}}).order, {"/x"});
  EXPECT_EQ(result.outcome, Outcome::kFailed);
  EXPECT_EQ(result.reason, "cannot start /x: No such file or directory");
}

TEST(ChildProcessRunner, TellsTheChildAboutItsRun) {
  setenv("ROTA_TASK", "outer", 1);
  setenv("ROTA_PREVIOUS_SCHEDULED_AT", "outer", 1);
  TestOrder test(ShellCall{});
  test.order.attempt = 2;
  EXPECT_EQ(Execute(test.order, Shell("env | grep ^ROTA_ | sort")).output_tail,
            "ROTA_ATTEMPT=2\n"
            "ROTA_FENCING_TOKEN=42\n"
            "ROTA_RUN_ID=01ARZ3NDEKTSV4RRFFQ69G5FAV\n"
            "ROTA_SCHEDULED_AT=2026-03-07T02:00:00Z\n"
            "ROTA_TASK=nightly\n");
  test.order.previous_scheduled_at = test.order.scheduled_at - std::chrono::hours(24);
  EXPECT_EQ(Execute(test.order, Shell("echo $ROTA_PREVIOUS_SCHEDULED_AT; echo ${PATH:+path}")).output_tail,
            "2026-03-06T02:00:00Z\npath\n");
  unsetenv("ROTA_TASK");
  unsetenv("ROTA_PREVIOUS_SCHEDULED_AT");
}

std::string OutputWith(const ProcessOptions& process, const std::string& line) {
  return Execute(TestOrder(ShellCall{}).order, Shell(line), &process).output_tail;
}

TEST(ChildProcessRunner, AddsVariablesToTheServersOwn) {
  setenv("INHERITED", "ours", 1);
  setenv("REPLACED", "ours", 1);
  EXPECT_EQ(OutputWith({.environment = {{"REPLACED", "its own"}, {"ADDED", "a=b"}}},
                       "echo $INHERITED, $REPLACED, $ADDED, $ROTA_TASK"),
            "ours, its own, a=b, nightly\n");
  unsetenv("INHERITED");
  unsetenv("REPLACED");
}

TEST(ChildProcessRunner, TellsAChildWhoseRightsItHas) {
  const std::string self = getpwuid(geteuid())->pw_name;
  const Result<Account> account = FindAccount(self);
  ASSERT_TRUE(account);
  EXPECT_EQ(OutputWith({.user = self}, "echo $USER $LOGNAME $HOME"), Format("{} {} {}\n", self, self, account->home));
  EXPECT_EQ(OutputWith({.environment = {{"HOME", "/srv"}}, .user = self}, "echo $HOME"), "/srv\n");
}

TEST(ChildProcessRunner, FailsForAUserThatThereIsNot) {
  const ProcessOptions process = {.user = "no-such-user"};
  const RunResult result = Execute(TestOrder(ExecCall{}).order, {"/bin/true"}, &process);
  EXPECT_EQ(result.outcome, Outcome::kFailed);
  EXPECT_EQ(result.reason, "cannot start /bin/true: user \"no-such-user\": there is no such user");
}

TEST(ChildProcessRunner, OutlivesAChildThatClosesItsOutput) {
  EXPECT_EQ(RunShell("exec >/dev/null 2>&1; kill -0 $$; exit 5").reason, "exit 5");
}

TEST(ChildProcessRunner, EndsWithTheChildAlthoughTheOutputStaysOpen) {
  const RunResult result = RunShell("sleep 1000 & echo $!");
  EXPECT_EQ(result.outcome, Outcome::kSucceeded);
  const pid_t background = std::atoi(result.output_tail.c_str());
  ASSERT_GT(background, 1) << result.output_tail;
  EXPECT_EQ(kill(background, SIGKILL), 0) << "a run that ends well leaves its background processes alone";
}

TEST(ChildProcessRunner, EndsWithTheChildAlthoughSomebodyPrintsForEver) {
  // `yes` ends by SIGPIPE when the run closes its end.
  EXPECT_EQ(RunShell("yes & exit 4").reason, "exit 4");
}

TEST(ChildProcessRunner, StopsAChild) {
  const RunResult result = RunShell("echo ready; exec sleep 1000", [](RunSignals& signals, std::string_view line) {
    if (line == "ready") signals.stop.request_stop();
  });
  EXPECT_EQ(result.outcome, Outcome::kCancelled);
  EXPECT_EQ(result.reason, "stopped: signal 15 (Terminated)");
}

TEST(ChildProcessRunner, StopsAChildFromAnotherThread) {
  TestOrder test(ShellCall{});
  std::atomic<bool> ready = false;
  const std::jthread stopper([&] {
    ready.wait(false);
    test.order.signals->stop.request_stop();
  });
  const auto on_line = [&ready](std::string_view) {
    ready = true;
    ready.notify_one();
  };
  EXPECT_EQ(Execute(test.order, Shell("echo ready; sleep 1000; sleep 1000"), nullptr, on_line).reason,
            "stopped: signal 15 (Terminated)");
}

TEST(ChildProcessRunner, LetsAStoppedChildTidyUp) {
  const RunResult result = RunShell("trap 'echo bye; exit 0' TERM; sleep 1000 >/dev/null 2>&1 & echo ready; wait",
                                    [](RunSignals& signals, std::string_view) { signals.stop.request_stop(); });
  EXPECT_EQ(result.outcome, Outcome::kCancelled);
  EXPECT_EQ(result.reason, "stopped: exit 0");
  EXPECT_EQ(result.output_tail, "ready\nbye\n");
}

TEST(ChildProcessRunner, StopsTheWholeGroupAndWaitsForIt) {
  // The first process dies of the signal at once; the one behind it takes its time.
  const RunResult result =
      RunShell("(trap 'echo tidied; exit 0' TERM; sleep 1000 >/dev/null 2>&1 & echo ready; wait) & exec sleep 1000",
               [](RunSignals& signals, std::string_view) { signals.stop.request_stop(); });
  EXPECT_EQ(result.reason, "stopped: signal 15 (Terminated)");
  EXPECT_EQ(result.output_tail, "ready\ntidied\n");
}

TEST(ChildProcessRunner, KillsAChildThatWillNotStop) {
  const RunResult result =
      RunShell("trap 'echo no' TERM; echo ready; while :; do :; done", [](RunSignals& signals, std::string_view line) {
        if (line == "ready") signals.stop.request_stop();
        if (line == "no") signals.kill.request_stop();
      });
  EXPECT_EQ(result.outcome, Outcome::kCancelled);
  EXPECT_EQ(result.reason, "killed: signal 9 (Killed)");
  EXPECT_TRUE(result.output_tail.starts_with("ready\n")) << result.output_tail;
}

TEST(ChildProcessRunner, KillsTheGroupToo) {
  const RunResult result = RunShell("trap '' TERM; sleep 1000 & echo $!; exec sleep 1000",
                                    [](RunSignals& signals, std::string_view) { signals.kill.request_stop(); });
  EXPECT_EQ(result.reason, "killed: signal 9 (Killed)");
  const pid_t background = std::atoi(result.output_tail.c_str());
  ASSERT_GT(background, 1);
  // A killed orphan may remain a zombie until init waits for it; a pidfd tells that it ended.
  const FileDescriptor handle(static_cast<int>(syscall(SYS_pidfd_open, background, 0)));
  pollfd waiting = {handle.get(), POLLIN, 0};
  EXPECT_TRUE(!handle.open() || poll(&waiting, 1, kPatience) == 1);
}

TEST(ChildProcessRunner, CancelsAChildWhoseStopCameFirst) {
  TestOrder test(ShellCall{});
  test.order.signals->stop.request_stop();
  const RunResult result = Execute(test.order, {"/bin/sleep", "1000"});
  EXPECT_EQ(result.outcome, Outcome::kCancelled);
  EXPECT_EQ(result.reason, "stopped: signal 15 (Terminated)");
}

TEST(ChildProcessRunner, LeavesNoZombieAndNoDescriptor) {
  RunShell("true");
  const auto before = OpenDescriptors();
  for (int i = 0; i < 20; ++i) {
    RunShell("echo x");
    Execute(TestOrder(ExecCall{}).order, {"/no/such"});
    RunShell("echo ready; exec sleep 1000", [](RunSignals& signals, std::string_view) { signals.kill.request_stop(); });
  }
  EXPECT_EQ(OpenDescriptors(), before);
  EXPECT_FALSE(HasChild());
}

TEST(ChildProcessRunner, SaysThatDescriptorsRanOut) {
  rlimit before;
  getrlimit(RLIMIT_NOFILE, &before);
  const auto descriptors = OpenDescriptors();
  // At every count of free descriptors something else fails, and nothing leaks.
  for (rlim_t limit = 0; limit < 24; ++limit) {
    const rlimit few = {limit, before.rlim_max};
    setrlimit(RLIMIT_NOFILE, &few);
    const RunResult result = RunShell("true");
    setrlimit(RLIMIT_NOFILE, &before);
    if (result.outcome != Outcome::kSucceeded) {
      EXPECT_TRUE(result.reason.starts_with("cannot ")) << result.reason;
      EXPECT_NE(result.reason.find(": "), std::string::npos) << result.reason;
    }
    EXPECT_EQ(OpenDescriptors(), descriptors) << limit;
    EXPECT_FALSE(HasChild()) << limit;
  }
}

TEST(ChildProcessRunner, RunsManyChildrenAtOnce) {
  RunShell("true");
  const auto before = OpenDescriptors();
  std::atomic<int> right = 0;
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 8; ++t) {
      threads.emplace_back([&right, t] {
        for (int i = 0; i < 25; ++i) {
          const std::string text = Format("{}-{}", t, i);
          const RunResult result = Execute(TestOrder(ExecCall{}).order, {"/bin/echo", text});
          if (result.outcome == Outcome::kSucceeded && result.output_tail == text + "\n") ++right;
        }
      });
    }
  }
  EXPECT_EQ(right, 200);
  EXPECT_EQ(OpenDescriptors(), before);
  EXPECT_FALSE(HasChild());
}

// Kills a server in the middle of a run and waits for the end of the process whose id the line prints.
void ExpectDeathWithTheServer(const std::string& line) {
  Result<Pipe> report = OpenPipe();
  ASSERT_TRUE(report);
  const pid_t server = fork();
  ASSERT_GE(server, 0);
  if (server == 0) {
    RunShell(line, [&report](RunSignals&, std::string_view pid) {
      (void)!write(report->write.get(), pid.data(), pid.size());
    });
    _exit(1);
  }
  report->write.Close();
  pollfd reported = {report->read.get(), POLLIN, 0};
  ASSERT_EQ(poll(&reported, 1, kPatience), 1);
  char pid_text[32] = {};
  ASSERT_GT(read(report->read.get(), pid_text, sizeof pid_text - 1), 0);
  const FileDescriptor process(static_cast<int>(syscall(SYS_pidfd_open, std::atoi(pid_text), 0)));
  ASSERT_TRUE(process.open());

  kill(server, SIGKILL);
  pollfd ended = {process.get(), POLLIN, 0};
  EXPECT_EQ(poll(&ended, 1, kPatience), 1) << "it lives on";
  int status = 0;
  ASSERT_EQ(waitpid(server, &status, 0), server);
  EXPECT_TRUE(WIFSIGNALED(status));
}

TEST(ChildProcessRunner, ChildrenDieWithAServerThatIsKilled) { ExpectDeathWithTheServer("echo $$; exec sleep 1000"); }

TEST(ChildProcessRunner, TheirOwnChildrenDieWithAServerThatIsKilled) {
  ExpectDeathWithTheServer("sleep 1000 & echo $!; wait");
}

}  // namespace
}  // namespace rota
