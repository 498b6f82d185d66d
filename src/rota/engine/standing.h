#pragma once

#include <span>
#include <vector>

#include "rota/base/instant.h"
#include "rota/base/status.h"
#include "rota/engine/occurrence.h"

namespace rota {

// A scheduled occurrence, as the store knows it.
struct OccurrenceKey {
  Scope scope;
  WallTime at;

  friend bool operator==(const OccurrenceKey&, const OccurrenceKey&) = default;
};

// How far a scheduled occurrence has come.
struct Standing {
  enum class Stage {
    kUndecided,  // The history has no record of it.
    kRunning,
    kEnded,  // The fields below are set.
  };
  Stage stage = Stage::kUndecided;
  Outcome outcome = Outcome::kRunning;
  WallTime ended_at;
};

// Where a server learns how occurrences ended that others decided. Thread-safe.
class Standings {
 public:
  virtual ~Standings() = default;
  // In the order asked. May block on I/O.
  virtual Result<std::vector<Standing>> LookUp(std::span<const OccurrenceKey> keys) = 0;
};

}  // namespace rota
