#include "rota/time/clock.h"

namespace rota {

WallTime SystemClock::Now() const { return std::chrono::floor<Milliseconds>(std::chrono::system_clock::now()); }

SteadyTime SystemClock::SteadyNow() const { return std::chrono::steady_clock::now(); }

void SystemClock::Wait(Mutex& mu, CondVar& wake, SteadyTime deadline) { wake.WaitUntil(mu, deadline); }

}  // namespace rota
