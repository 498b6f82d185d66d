#include "rota/testing/fake_clock.h"

#include <algorithm>

// A waiter holds its own mutex from before it enters the list until its condition variable has released it. Whoever
// moves the clock takes that mutex before notifying, so the notice cannot come between the two and be lost. mu_ is
// never held while a waiter's mutex is taken (Wait() takes them in the other order).

namespace rota {

FakeClock::FakeClock(WallTime start) : wall_(start), steady_(std::chrono::hours(1000)) {}

WallTime FakeClock::Now() const {
  MutexLock lock(mu_);
  return wall_;
}

SteadyTime FakeClock::SteadyNow() const {
  MutexLock lock(mu_);
  return steady_;
}

void FakeClock::Wait(Mutex& mu, CondVar& wake, SteadyTime deadline) {
  const Waiter self = {&mu, &wake, deadline};
  {
    MutexLock lock(mu_);
    if (deadline <= steady_) return;
    waiters_.push_back(&self);
    changed_.NotifyAll();
  }
  wake.Wait(mu);
  MutexLock lock(mu_);
  std::erase(waiters_, &self);
}

void FakeClock::Advance(Milliseconds duration) {
  std::vector<Waiter> due;
  {
    MutexLock lock(mu_);
    wall_ += duration;
    steady_ += duration;
    const auto ahead = [now = steady_](const Waiter* waiter) { return waiter->deadline > now; };
    const auto first_due = std::partition(waiters_.begin(), waiters_.end(), ahead);
    for (auto it = first_due; it != waiters_.end(); ++it) due.push_back(**it);
    waiters_.erase(first_due, waiters_.end());
  }
  Wake(due);
}

void FakeClock::Jump(Milliseconds change) {
  std::vector<Waiter> all;
  {
    MutexLock lock(mu_);
    wall_ += change;
    for (const Waiter* waiter : waiters_) all.push_back(*waiter);
    waiters_.clear();
  }
  Wake(all);
}

void FakeClock::AwaitWaiters(int count) {
  MutexLock lock(mu_);
  while (static_cast<int>(waiters_.size()) < count) changed_.Wait(mu_);
}

void FakeClock::Wake(const std::vector<Waiter>& waiters) {
  for (const Waiter& waiter : waiters) {
    MutexLock lock(*waiter.mu);
    waiter.wake->NotifyAll();
  }
}

}  // namespace rota
