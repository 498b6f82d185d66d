#pragma once

#include <cstddef>
#include <deque>
#include <vector>

#include "rota/base/instant.h"
#include "rota/engine/occurrence.h"

namespace rota {

// The outcomes of this server that the store acknowledged lately: those that a store which loses its state may have
// lost with it. Bounded in age and size. Confined to the engine thread.
class RecentRecords {
 public:
  explicit RecentRecords(std::size_t most_bytes = std::size_t{16} << 20) : most_bytes_(most_bytes) {}

  void Add(OccurrenceRecord record, SteadyTime now);
  std::vector<OccurrenceRecord> All() const;  // The oldest first.

 private:
  struct Entry {
    SteadyTime at;
    OccurrenceRecord record;
  };
  std::size_t most_bytes_;
  std::deque<Entry> entries_;
  std::size_t bytes_ = 0;
};

}  // namespace rota
