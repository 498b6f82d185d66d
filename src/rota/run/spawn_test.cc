#include "rota/run/spawn.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

namespace rota {
namespace {

using Words = std::vector<std::string>;

struct Ended {
  std::string output;
  int status = -1;
};

// Runs a program to its end and reads all it prints.
Ended RunToEnd(const Words& argv, const Words& environment = {"PATH=/usr/bin:/bin"}) {
  Ended ended;
  Result<Pipe> pipe = OpenPipe();
  Result<Child> child = Spawn(argv, environment, pipe->write);
  EXPECT_TRUE(child) << child.error().message();
  if (!child) return ended;
  pipe->write.Close();
  fcntl(pipe->read.get(), F_SETFL, 0);  // Blocking.
  char buffer[4096];
  for (ssize_t got = 0; (got = read(pipe->read.get(), buffer, sizeof buffer)) > 0;) {
    ended.output.append(buffer, static_cast<std::size_t>(got));
  }
  EXPECT_EQ(waitpid(child->pid, &ended.status, 0), child->pid);
  return ended;
}

std::string ErrorOf(const Words& argv) {
  Result<Pipe> pipe = OpenPipe();
  const Result<Child> child = Spawn(argv, {}, pipe->write);
  EXPECT_FALSE(child);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1) << "a zombie is left";
  return child ? "" : child.error().message();
}

TEST(Spawn, PassesArgumentsAsTheyAre) {
  EXPECT_EQ(RunToEnd({"/usr/bin/printf", "[%s]", "a b", "$HOME", "", "*"}).output, "[a b][$HOME][][*]");
}

TEST(Spawn, LooksANameUpInThePath) { EXPECT_EQ(RunToEnd({"printf", "found"}).output, "found"); }

TEST(Spawn, GivesTheChildTheEnvironmentAndNoOther) {
  EXPECT_EQ(RunToEnd({"/usr/bin/env"}, {"A=1", "B=x y"}).output, "A=1\nB=x y\n");
}

TEST(Spawn, CollectsErrorsWithTheOutput) {
  EXPECT_EQ(RunToEnd({"/bin/sh", "-c", "echo out; echo err >&2"}).output, "out\nerr\n");
}

TEST(Spawn, GivesTheChildAnEmptyInput) {
  const Ended ended = RunToEnd({"/bin/cat"});
  EXPECT_EQ(ended.output, "");
  EXPECT_EQ(ended.status, 0);
}

TEST(Spawn, GivesTheChildNoDescriptorOfOurs) {
  const FileDescriptor inheritable(open("/dev/null", O_RDONLY));
  ASSERT_TRUE(inheritable.open());
  EXPECT_EQ(RunToEnd({"/bin/ls", "/proc/self/fd"}).output, "0\n1\n2\n3\n");  // 3 is the directory that ls reads.
}

TEST(Spawn, StartsAGroupOfItsOwn) {
  const std::string output = RunToEnd({"/bin/sh", "-c", "read -r s < /proc/self/stat; set -- $s; echo $1 $5"}).output;
  const std::string pid = output.substr(0, output.find(' '));
  EXPECT_EQ(output, pid + " " + pid + "\n");
}

TEST(Spawn, ResetsBlockedAndIgnoredSignals) {
  sigset_t term;
  sigset_t before;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &term, &before);
  const auto pipe_before = std::signal(SIGPIPE, SIG_IGN);
  const Ended ended = RunToEnd({"/bin/grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"});
  sigset_t after;
  pthread_sigmask(SIG_SETMASK, &before, &after);
  EXPECT_EQ(std::signal(SIGPIPE, pipe_before), SIG_IGN) << "the parent's own must stay";
  EXPECT_TRUE(sigismember(&after, SIGTERM)) << "the parent's own must stay";
  EXPECT_EQ(ended.output, "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
}

TEST(Spawn, WorksWhereStandardDescriptorsAreClosed) {
  const pid_t pid = fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    for (const int fd : {0, 1, 2}) close(fd);
    const Ended ended = RunToEnd({"/bin/sh", "-c", "cat; echo out; echo err >&2"});
    _exit(ended.output == "out\nerr\n" && ended.status == 0 ? 0 : 1);
  }
  int status = -1;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0);
}

TEST(Spawn, SaysWhyAProgramCannotStart) {
  EXPECT_EQ(ErrorOf({"/x"}), "cannot start /x: No such file or directory");
  EXPECT_EQ(ErrorOf({"no-such-program"}), "cannot start no-such-program: No such file or directory");
  EXPECT_EQ(ErrorOf({"/etc/passwd"}), "cannot start /etc/passwd: Permission denied");
  EXPECT_EQ(ErrorOf({"/bad\nname"}), "cannot start /bad\\nname: No such file or directory");
  EXPECT_EQ(ErrorOf({}), "cannot start a program: none is given");
}

}  // namespace
}  // namespace rota
