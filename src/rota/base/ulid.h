#pragma once

#include <cstdint>
#include <random>
#include <string>

#include "rota/base/instant.h"

namespace rota {

// Makes ULIDs (github.com/ulid/spec): 26 characters of Crockford base 32, 48 bits of milliseconds and 80 random
// bits, so that ids sort by time. Ids of one source made in one millisecond still increase. Thread-compatible.
class UlidSource {
 public:
  // Give each process another seed, for example from std::random_device.
  explicit UlidSource(std::uint64_t seed) : random_(seed) {}

  // REQUIRES: at is not before 1970.
  std::string Next(WallTime at);

 private:
  std::mt19937_64 random_;
  std::uint64_t last_ms_ = 0;
  std::uint16_t high_ = 0;  // The upper 16 of the 80 random bits.
  std::uint64_t low_ = 0;
};

}  // namespace rota
