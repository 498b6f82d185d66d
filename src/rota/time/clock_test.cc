#include "rota/time/clock.h"

#include <gtest/gtest.h>

#include <thread>

namespace rota {
namespace {

using std::chrono::hours;

TEST(SystemClock, TellsAPresentAfterThisWasWritten) {
  EXPECT_GT(SystemClock().Now(), WallTime(std::chrono::sys_days(std::chrono::January / 1 / 2026)));
}

TEST(SystemClock, NeverGoesBackOnItsSteadyClock) {
  const SystemClock clock;
  SteadyTime last = clock.SteadyNow();
  for (int i = 0; i < 1000; ++i) {
    const SteadyTime now = clock.SteadyNow();
    ASSERT_GE(now, last);
    last = now;
  }
}

TEST(SystemClock, WaitsUntilTheDeadline) {
  SystemClock clock;
  Mutex mu;
  CondVar wake;
  const SteadyTime deadline = clock.SteadyNow() + Milliseconds(5);
  MutexLock lock(mu);
  while (clock.SteadyNow() < deadline) clock.Wait(mu, wake, deadline);
  EXPECT_GE(clock.SteadyNow(), deadline);
}

TEST(SystemClock, WakesAtANotice) {
  SystemClock clock;
  Mutex mu;
  CondVar wake;
  bool told = false;
  const SteadyTime start = clock.SteadyNow();
  std::thread teller([&] {
    MutexLock lock(mu);
    told = true;
    wake.NotifyAll();
  });
  {
    MutexLock lock(mu);
    while (!told) clock.Wait(mu, wake, start + hours(1));
  }
  teller.join();
  EXPECT_LT(clock.SteadyNow(), start + hours(1));
}

}  // namespace
}  // namespace rota
