#include "rota/run/spawn.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <pwd.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <string>
#include <vector>

#include "rota/base/format.h"

namespace rota {
namespace {

using Words = std::vector<std::string>;

struct Ended {
  std::string output;
  int status = -1;
};

// Runs a program to its end and reads all it prints.
Ended RunToEnd(const Words& argv, const Words& environment = {"PATH=/usr/bin:/bin"}, const SpawnOptions& options = {}) {
  Ended ended;
  Result<Pipe> pipe = OpenPipe();
  Result<Child> child = Spawn(argv, environment, pipe->write, options);
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

std::string ErrorOf(const Words& argv, const SpawnOptions& options = {}) {
  Result<Pipe> pipe = OpenPipe();
  const Result<Child> child = Spawn(argv, {}, pipe->write, options);
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

TEST(Spawn, GivesTheChildTheDescriptorToReportOn) {
  Result<Pipe> report = OpenPipe();
  ASSERT_TRUE(report);
  EXPECT_EQ(
      RunToEnd({"/bin/sh", "-c", "echo told >&3; ls /proc/self/fd"}, {"PATH=/usr/bin:/bin"}, {.report = &report->write})
          .output,
      "0\n1\n2\n3\n4\n");
  char bytes[8] = {};
  EXPECT_EQ(read(report->read.get(), bytes, sizeof bytes), 5);
  EXPECT_STREQ(bytes, "told\n");
}

TEST(Spawn, ExecutesAnotherProgramThanItsFirstWordNames) {
  EXPECT_EQ(RunToEnd({"called so", "-c", "echo $0"}, {}, {.program = "/bin/sh"}).output, "called so\n");
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

std::string OutputOf(const std::string& line, const ProcessOptions& process) {
  return RunToEnd({"/bin/sh", "-c", line}, {"PATH=/usr/bin:/bin"}, {.process = &process}).output;
}

TEST(Spawn, StartsInTheDirectory) {
  EXPECT_EQ(OutputOf("pwd", {.directory = "/usr/bin"}), "/usr/bin\n");
  const ProcessOptions nowhere = {.directory = "/no/such"};
  EXPECT_EQ(ErrorOf({"/bin/true"}, {.process = &nowhere}),
            "cannot start /bin/true: directory /no/such: No such file or directory");
  const ProcessOptions file = {.directory = "/etc/passwd"};
  EXPECT_EQ(ErrorOf({"/bin/true"}, {.process = &file}),
            "cannot start /bin/true: directory /etc/passwd: Not a directory");
}

TEST(Spawn, SetsTheMask) {
  EXPECT_EQ(OutputOf("umask", {.umask = 0}), "0000\n");
  EXPECT_EQ(OutputOf("umask", {.umask = 0137}), "0137\n");
  const mode_t ours = umask(022);
  umask(ours);
  EXPECT_EQ(OutputOf("umask", {}), Format("{:04o}\n", ours));
}

TEST(Spawn, SetsLimitsThatTheChildCannotRaise) {
  rlimit before{};
  getrlimit(RLIMIT_NOFILE, &before);
  EXPECT_EQ(OutputOf("for limit in v n p c f t; do echo $(ulimit -S$limit) $(ulimit -H$limit); done",
                     {.limits = {.memory = 512 << 20,
                                 .cpu_time = std::chrono::seconds(90),
                                 .open_files = 32,
                                 .processes = 1000,
                                 .core_size = 0,
                                 .file_size = 1 << 20}}),
            "524288 524288\n32 32\n1000 1000\n0 0\n2048 2048\n90 91\n");
  rlimit after{};
  getrlimit(RLIMIT_NOFILE, &after);
  EXPECT_EQ(after.rlim_cur, before.rlim_cur) << "the parent's own must stay";
}

TEST(Spawn, EndsAChildThatPassesALimit) {
  const auto status = [](const std::string& line, const ProcessOptions& process) {
    return RunToEnd({"/bin/sh", "-c", line}, {"PATH=/usr/bin:/bin"}, {.process = &process}).status;
  };
  const int by_time = status("while :; do :; done", {.limits = {.cpu_time = std::chrono::seconds(1), .core_size = 0}});
  EXPECT_EQ(WTERMSIG(by_time), SIGXCPU);
  const int by_memory = status("exec head -c 1000000000 /dev/zero | tail -c 900000000 | wc -c; exec false",
                               {.limits = {.memory = 64 << 20}});
  EXPECT_NE(by_memory, 0);
}

TEST(Spawn, SaysWhichLimitItMayNotGive) {
  rlimit ours{};
  getrlimit(RLIMIT_NOFILE, &ours);
  // More than the kernel gives to anybody.
  const ProcessOptions process = {.limits = {.open_files = std::int64_t{1} << 62}};
  EXPECT_EQ(ErrorOf({"/bin/true"}, {.process = &process}),
            "cannot start /bin/true: limit open_files 4611686018427387904: Operation not permitted");
}

TEST(Spawn, TakesTheRightsOfAUser) {
  const Result<Account> nobody = FindAccount("nobody");
  ASSERT_TRUE(nobody) << nobody.error().message();
  if (geteuid() != 0) {
    EXPECT_EQ(ErrorOf({"/bin/true"}, {.account = &*nobody}),
              "cannot start /bin/true: user nobody: Operation not permitted");
    return;
  }
  const Ended ended = RunToEnd({"/bin/sh", "-c", "id -u; id -g; id -G; cat /etc/shadow 2>&1"}, {"PATH=/usr/bin:/bin"},
                               {.account = &*nobody});
  EXPECT_EQ(ended.output, Format("{}\n{}\n{}\ncat: /etc/shadow: Permission denied\n", nobody->uid, nobody->gid,
                                 nobody->groups.front()));
  EXPECT_EQ(geteuid(), 0u) << "the parent's own must stay";
  const ProcessOptions root_only = {.directory = "/root"};
  EXPECT_EQ(ErrorOf({"/bin/true"}, {.account = &*nobody, .process = &root_only}),
            "cannot start /bin/true: directory /root: Permission denied");
}

TEST(Spawn, TakesTheRightsThatItHasFromAnybody) {
  const passwd* const self = getpwuid(geteuid());
  ASSERT_NE(self, nullptr);
  const Result<Account> account = FindAccount(self->pw_name);
  ASSERT_TRUE(account);
  EXPECT_EQ(RunToEnd({"/usr/bin/id", "-u"}, {}, {.account = &*account}).output, Format("{}\n", geteuid()));
}

TEST(FindAccount, SaysWhoIsUnknown) {
  EXPECT_EQ(FindAccount("no-such-user").error().message(), "user \"no-such-user\": there is no such user");
  EXPECT_EQ(FindAccount("root")->home, "/root");
  EXPECT_EQ(FindAccount("root")->uid, 0u);
}

}  // namespace
}  // namespace rota
