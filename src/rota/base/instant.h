#pragma once

#include <chrono>

namespace rota {

// An instant of UTC, in milliseconds. Never shifted by a zone's offset: civil time is std::chrono::local_seconds.
using WallTime = std::chrono::sys_time<std::chrono::milliseconds>;

// A point on a clock that never jumps; for waiting and measuring. Converts to a WallTime only through a Clock.
using SteadyTime = std::chrono::time_point<std::chrono::steady_clock, std::chrono::nanoseconds>;

using Milliseconds = std::chrono::milliseconds;

}  // namespace rota
