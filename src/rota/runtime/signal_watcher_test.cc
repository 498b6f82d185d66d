#include "rota/runtime/signal_watcher.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <latch>
#include <utility>
#include <vector>

namespace rota {
namespace {

TEST(SignalWatcher, TellsWhichSignalCameAndHowMany) {
  std::vector<std::pair<int, int>> seen;
  std::latch first(1);
  std::latch second(1);
  {
    const SignalWatcher watcher([&](int signal, int count) {
      seen.emplace_back(signal, count);
      (count == 1 ? first : second).count_down();
    });
    kill(getpid(), SIGTERM);
    first.wait();
    kill(getpid(), SIGINT);
    second.wait();
  }
  EXPECT_EQ(seen, (std::vector<std::pair<int, int>>{{SIGTERM, 1}, {SIGINT, 2}}));
}

TEST(SignalWatcher, TellsOfAHangupApart) {
  std::latch hung_up(2);
  std::latch stopped(1);
  {
    const SignalWatcher watcher(
        [&](int, int count) {
          EXPECT_EQ(count, 1);
          stopped.count_down();
        },
        [&] { hung_up.count_down(); });
    kill(getpid(), SIGHUP);
    kill(getpid(), SIGHUP);
    hung_up.wait();
    kill(getpid(), SIGTERM);
    stopped.wait();
  }
}

TEST(SignalWatcher, MakesAGoneReaderAnErrorInsteadOfTheEnd) {
  const SignalWatcher watcher([](int, int) {});
  int ends[2];
  ASSERT_EQ(pipe(ends), 0);
  close(ends[0]);
  EXPECT_EQ(write(ends[1], "x", 1), -1);
  close(ends[1]);
}

TEST(SignalWatcher, LeavesProgramsThatCommandsStartStoppable) {
  const SignalWatcher watcher([](int, int) {});
  EXPECT_EQ(WTERMSIG(std::system("kill -TERM $$")), SIGTERM);
}

TEST(SignalWatcherDeathTest, GivesTheSignalsBackAtItsEnd) {
  EXPECT_EXIT(
      {
        {
          const SignalWatcher watcher([](int, int) {});
        }
        raise(SIGTERM);
      },
      testing::KilledBySignal(SIGTERM), "");
}

}  // namespace
}  // namespace rota
