#include "rota/coordination/joined_servers.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cctype>

namespace rota {
namespace {

ServerInfo Server(std::string incarnation, pid_t pid) {
  ServerInfo server;
  server.id = server.host = "web";
  server.incarnation = std::move(incarnation);
  server.pid = pid;
  return server;
}

// Of a process that has ended.
pid_t EndedPid() {
  const pid_t pid = fork();
  if (pid == 0) _exit(0);
  waitpid(pid, nullptr, 0);
  return pid;
}

TEST(PidSpace, IsTheSameForAllOfAProcess) {
  const std::string space = PidSpace();
  EXPECT_EQ(space.size(), 8u);
  EXPECT_TRUE(std::ranges::all_of(space, [](unsigned char c) { return std::isxdigit(c) != 0; })) << space;
  EXPECT_EQ(PidSpace(), space);
}

TEST(JoinedServers, KnowsThatAProcessOfItsOwnPidSpaceHasEnded) {
  const JoinedServers joined;
  const ServerInfo own = Server("i2@here", getpid());
  EXPECT_TRUE(joined.Gone(Server("i1@here", EndedPid()), own));
  EXPECT_FALSE(joined.Gone(Server("i1@here", getppid()), own));
}

TEST(JoinedServers, KnowsThatAProcessHasEndedBeforeItsParentDoes) {
  int pipe_ends[2];
  ASSERT_EQ(pipe(pipe_ends), 0);
  const pid_t child = fork();
  if (child == 0) {
    prctl(PR_SET_NAME, "a) S (b");
    char byte = 0;
    close(pipe_ends[1]);
    _exit(static_cast<int>(read(pipe_ends[0], &byte, 1)));
  }
  close(pipe_ends[0]);
  const JoinedServers joined;
  const ServerInfo own = Server("i2@here", getpid());
  EXPECT_FALSE(joined.Gone(Server("i1@here", child), own));
  close(pipe_ends[1]);
  siginfo_t ended{};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(child), &ended, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(joined.Gone(Server("i1@here", child), own));
  waitpid(child, nullptr, 0);
}

TEST(JoinedServers, KnowsThatWhatHadItsOwnPidHasEndedUnlessItIsItself) {
  JoinedServers joined;
  EXPECT_TRUE(joined.Gone(Server("i1@here", getpid()), Server("i2@here", getpid())));
  joined.Add(Server("i1@here", getpid()));
  EXPECT_FALSE(joined.Gone(Server("i1@here", getpid()), Server("i2@here", getpid())));
}

// Two containers with the host's name, each with its own process 1; or machines of one name.
TEST(JoinedServers, KnowsNothingOfPidsThatCountElsewhere) {
  const JoinedServers joined;
  const ServerInfo own = Server("i2@here", getpid());
  EXPECT_FALSE(joined.Gone(Server("i1@there", getpid()), own));
  EXPECT_FALSE(joined.Gone(Server("i1@there", EndedPid()), own));
  EXPECT_FALSE(joined.Gone(Server("i1", EndedPid()), Server("i2", getpid()))) << "nobody knows where they count";
  ServerInfo other_host = Server("i1@here", EndedPid());
  other_host.host = "db";
  EXPECT_FALSE(joined.Gone(other_host, own));
}

TEST(JoinedServers, TellsOfAnIdThatAnotherProcessTook) {
  JoinedServers joined;
  joined.Add(Server("i1@here", 7));
  EXPECT_TRUE(joined.FindTaken({Server("i1@here", 7)}).empty());
  EXPECT_TRUE(joined.FindTaken({}).empty());
  const std::vector<Finding> findings = joined.FindTaken({Server("i2@there", 8)});
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].code, "id-taken");
  EXPECT_EQ(findings[0].message,
            "server web: its id went to another process (pid 8 on web) when its heartbeat was late: the two share the "
            "tasks that run on every server");
}

}  // namespace
}  // namespace rota
