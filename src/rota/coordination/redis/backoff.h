#pragma once

#include <cstdint>
#include <optional>
#include <random>

#include "rota/base/instant.h"
#include "rota/base/mutex.h"
#include "rota/base/status.h"

namespace rota::redis {

// Keeps whoever cannot connect from trying all the time: after the n-th failure in a row the next attempt waits for a
// random part of min(1 s, 50 ms × 2^(n-1)) ("full jitter"), so that a fleet does not return at one instant.
// Thread-safe.
class Backoff {
 public:
  // Longer, and a server would notice too late that Redis is back without what it had.
  static constexpr Milliseconds kLongest{1000};

  explicit Backoff(std::uint64_t seed) : random_(seed) {}

  // The failure that no attempt should follow yet.
  std::optional<Status> Holds(SteadyTime now) const;
  void Failed(const Status& failure, SteadyTime now);
  void Succeeded();

 private:
  mutable Mutex mu_;
  std::mt19937_64 random_ ROTA_GUARDED_BY(mu_);
  int failures_ ROTA_GUARDED_BY(mu_) = 0;
  Status last_ ROTA_GUARDED_BY(mu_);
  SteadyTime retry_at_ ROTA_GUARDED_BY(mu_);
};

}  // namespace rota::redis
