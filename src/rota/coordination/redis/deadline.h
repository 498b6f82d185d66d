#pragma once

#include <algorithm>
#include <chrono>

#include "rota/base/instant.h"
#include "rota/time/clock.h"

namespace rota::redis {

// The end of the time that the steps of something share. Thread-compatible.
class Deadline {
 public:
  explicit Deadline(Milliseconds allowed) : allowed_(allowed), at_(SystemClock().SteadyNow() + allowed) {}

  // This deadline, or one in `allowed` where that is sooner.
  Deadline Within(Milliseconds allowed) const {
    const Deadline other(allowed);
    return other.at_ < at_ ? other : *this;
  }

  Milliseconds allowed() const { return allowed_; }
  SteadyTime at() const { return at_; }
  Milliseconds Left() const {
    return std::max(std::chrono::ceil<Milliseconds>(at_ - SystemClock().SteadyNow()), Milliseconds(0));
  }

 private:
  Milliseconds allowed_;
  SteadyTime at_;
};

}  // namespace rota::redis
