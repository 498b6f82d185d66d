#include "rota/testing/fake_clock.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace rota {
namespace {

using std::chrono::seconds;

constexpr WallTime kStart = std::chrono::sys_days(std::chrono::March / 7 / 2026);

// A thread that waits once, in a loop as it should, and says when it is through.
class Sleeper {
 public:
  Sleeper(FakeClock& clock, seconds duration)
      : thread_([this, &clock, deadline = clock.SteadyNow() + duration] {
          MutexLock lock(mu_);
          while (!stop_ && clock.SteadyNow() < deadline) {
            clock.Wait(mu_, wake_, deadline);
            ++wakes_;
          }
          done_ = true;
        }) {}
  ~Sleeper() {
    if (thread_.joinable()) {
      Stop();
      thread_.join();
    }
  }

  void Stop() {
    MutexLock lock(mu_);
    stop_ = true;
    wake_.NotifyAll();
  }
  void Join() { thread_.join(); }
  bool done() const { return done_; }
  int wakes() const { return wakes_; }

 private:
  Mutex mu_;
  CondVar wake_;
  bool stop_ = false;
  std::atomic<bool> done_ = false;
  std::atomic<int> wakes_ = 0;
  std::thread thread_;  // The last member: it uses the others.
};

TEST(FakeClock, StandsStillUntilItIsMoved) {
  FakeClock clock(kStart);
  const SteadyTime steady = clock.SteadyNow();
  EXPECT_EQ(clock.Now(), kStart);
  clock.Advance(seconds(60));
  EXPECT_EQ(clock.Now(), kStart + seconds(60));
  EXPECT_EQ(clock.SteadyNow(), steady + seconds(60));
}

TEST(FakeClock, JumpsTheWallClockAlone) {
  FakeClock clock(kStart);
  const SteadyTime steady = clock.SteadyNow();
  clock.Jump(-seconds(3600));
  EXPECT_EQ(clock.Now(), kStart - seconds(3600));
  EXPECT_EQ(clock.SteadyNow(), steady);
}

TEST(FakeClock, DoesNotWaitForADeadlineThatHasPassed) {
  FakeClock clock(kStart);
  Mutex mu;
  CondVar wake;
  MutexLock lock(mu);
  clock.Wait(mu, wake, clock.SteadyNow());
  clock.Wait(mu, wake, clock.SteadyNow() - seconds(1));
}

TEST(FakeClock, WakesOnlyThoseWhoseDeadlineIsReached) {
  FakeClock clock(kStart);
  Sleeper early(clock, seconds(10));
  Sleeper late(clock, seconds(20));
  clock.AwaitWaiters(2);
  clock.Advance(seconds(10));
  early.Join();
  EXPECT_TRUE(early.done());
  clock.AwaitWaiters(1);
  EXPECT_FALSE(late.done());
  clock.Advance(seconds(10));
  late.Join();
  EXPECT_TRUE(late.done());
  EXPECT_EQ(late.wakes(), 1);
}

TEST(FakeClock, WakesEveryWaiterWhenTheWallClockJumps) {
  FakeClock clock(kStart);
  Sleeper sleeper(clock, seconds(10));
  clock.AwaitWaiters(1);
  clock.Jump(seconds(1));
  clock.AwaitWaiters(1);
  EXPECT_GE(sleeper.wakes(), 1);
  EXPECT_FALSE(sleeper.done());
}

TEST(FakeClock, LetsANoticeEndAWait) {
  FakeClock clock(kStart);
  Sleeper sleeper(clock, seconds(10));
  clock.AwaitWaiters(1);
  sleeper.Stop();
  sleeper.Join();
  EXPECT_TRUE(sleeper.done());
  EXPECT_EQ(clock.Now(), kStart);
}

TEST(FakeClock, LosesNoWakeUpBetweenEnteringAWaitAndBlocking) {
  FakeClock clock(kStart);
  constexpr int kRounds = 300;
  struct Seat {
    Mutex mu;
    CondVar wake;
  };
  std::vector<Seat> seats(4);
  std::vector<std::thread> threads;
  for (Seat& seat : seats) {
    threads.emplace_back([&clock, &seat] {
      MutexLock lock(seat.mu);
      for (int round = 0; round < kRounds; ++round) {
        const SteadyTime deadline = clock.SteadyNow() + seconds(1);
        while (clock.SteadyNow() < deadline) clock.Wait(seat.mu, seat.wake, deadline);
      }
    });
  }
  for (int round = 0; round < kRounds; ++round) {
    clock.AwaitWaiters(static_cast<int>(seats.size()));
    clock.Advance(seconds(1));
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(clock.Now(), kStart + seconds(kRounds));
}

}  // namespace
}  // namespace rota
