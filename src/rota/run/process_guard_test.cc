#include "rota/run/process_guard.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/wait.h>

#include <csignal>
#include <optional>
#include <string>
#include <vector>

namespace rota {
namespace {

Child StartSleeper() {
  const FileDescriptor silence(open("/dev/null", O_WRONLY | O_CLOEXEC));
  const std::vector<std::string> argv = {"/bin/sleep", "1000"};
  return Spawn(argv, {}, silence).value();
}

bool Ended(const Child& child) {
  pollfd ended = {child.handle.get(), POLLIN, 0};
  return poll(&ended, 1, 0) == 1;
}

void End(const Child& child) {
  kill(child.pid, SIGKILL);
  waitpid(child.pid, nullptr, 0);
}

TEST(ProcessGuard, KillsTheGroupsThatAreLeftAndNoOthers) {
  const Child first = StartSleeper();
  const Child kept = StartSleeper();
  const Child last = StartSleeper();
  {
    ProcessGuard guard;
    for (const Child* child : {&first, &kept, &last}) guard.Add(child->pid);
    guard.Remove(kept.pid);
  }  // Its shell has ended.
  int status = 0;
  waitpid(first.pid, &status, 0);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  waitpid(last.pid, &status, 0);
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_FALSE(Ended(kept));
  End(kept);
}

TEST(ProcessGuard, StartsNothingBeforeItIsNeeded) {
  {
    ProcessGuard guard;
  }
  siginfo_t info;
  EXPECT_EQ(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), -1) << "there is a child";
}

}  // namespace
}  // namespace rota
