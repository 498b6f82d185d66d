#pragma once

#include <vector>

#include "rota/base/instant.h"
#include "rota/base/mutex.h"
#include "rota/time/clock.h"

namespace rota {

// A clock that stands still until the test moves it: threads that wait on it wake only when Advance() reaches their
// deadline or they are notified. The mutex and condition variable that a thread waits with must outlive calls of
// Advance() and Jump(), whose caller holds neither. Thread-safe.
//
//   clock.AwaitWaiters(1);   // The engine has gone to sleep.
//   clock.Advance(60s);      // A minute passes, everywhere.
class FakeClock final : public Clock {
 public:
  // `start` is what Now() returns first. SteadyNow() starts at an arbitrary point.
  explicit FakeClock(WallTime start);

  WallTime Now() const override;
  SteadyTime SteadyNow() const override;
  void Wait(Mutex& mu, CondVar& wake, SteadyTime deadline) override ROTA_REQUIRES(mu);

  // Both clocks move on, and waiters whose deadline is reached wake.
  void Advance(Milliseconds duration);
  // The wall clock alone jumps, either way, and every waiter wakes.
  void Jump(Milliseconds change);
  // Blocks until `count` threads wait with a deadline that is still ahead. A thread that another one has just notified
  // counts until it has returned from Wait().
  void AwaitWaiters(int count);

 private:
  // Lives on the stack of the thread that waits.
  struct Waiter {
    Mutex* mu;
    CondVar* wake;
    SteadyTime deadline;
  };
  void Wake(const std::vector<Waiter>& waiters);

  mutable Mutex mu_;
  CondVar changed_;
  WallTime wall_ ROTA_GUARDED_BY(mu_);
  SteadyTime steady_ ROTA_GUARDED_BY(mu_);
  std::vector<const Waiter*> waiters_ ROTA_GUARDED_BY(mu_);  // Those that no Advance() or Jump() has woken.
};

}  // namespace rota
