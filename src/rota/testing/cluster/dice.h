#pragma once

#include <cmath>
#include <cstdint>
#include <initializer_list>
#include <random>

#include "rota/base/instant.h"

namespace rota::cluster {

// Chance, the same for the same seed on every machine. Thread-compatible.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : random_(seed) {}

  std::uint64_t Draw() { return random_(); }
  // From 0 to `limit` - 1. REQUIRES: limit > 0.
  std::uint64_t Below(std::uint64_t limit) { return random_() % limit; }
  // With the probability of `parts` in ten thousand.
  bool Happens(int parts) { return Below(10'000) < static_cast<std::uint64_t>(parts); }
  bool OneIn(std::uint64_t n) { return Below(n) == 0; }
  std::chrono::nanoseconds Between(std::chrono::nanoseconds least, std::chrono::nanoseconds most) {
    return least + std::chrono::nanoseconds(Below(static_cast<std::uint64_t>((most - least).count()) + 1));
  }
  // Memoryless, with this mean: mostly short, sometimes much longer.
  std::chrono::nanoseconds About(std::chrono::nanoseconds mean) {
    const double unit = static_cast<double>((random_() >> 11) + 1) * 0x1p-53;
    return std::chrono::nanoseconds(static_cast<std::int64_t>(-std::log(unit) * static_cast<double>(mean.count())));
  }
  template <typename T>
  T OneOf(std::initializer_list<T> values) {
    return values.begin()[Below(values.size())];
  }

 private:
  std::mt19937_64 random_;
};

}  // namespace rota::cluster
