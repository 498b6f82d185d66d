#pragma once

#include "rota/base/instant.h"
#include "rota/base/mutex.h"

namespace rota {

// The only source of the present. Instants come from Now(); waiting is done on SteadyNow(), which never jumps.
// FakeClock (rota/testing/fake_clock.h) stands in for it in tests. Thread-safe.
class Clock {
 public:
  virtual ~Clock() = default;

  // The wall clock, which an operator or NTP may move either way.
  virtual WallTime Now() const = 0;
  // A clock that only goes forward, at the pace of real time.
  virtual SteadyTime SteadyNow() const = 0;
  // Releases `mu`, waits until `wake` is notified or SteadyNow() reaches `deadline`, and takes `mu` again. May wake
  // early: call it in a loop.
  virtual void Wait(Mutex& mu, CondVar& wake, SteadyTime deadline) ROTA_REQUIRES(mu) = 0;
};

// The machine's clocks. Immutable.
class SystemClock final : public Clock {
 public:
  WallTime Now() const override;
  SteadyTime SteadyNow() const override;
  void Wait(Mutex& mu, CondVar& wake, SteadyTime deadline) override ROTA_REQUIRES(mu);
};

}  // namespace rota
