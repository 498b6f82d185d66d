#pragma once

#include <deque>
#include <vector>

#include "rota/base/instant.h"
#include "rota/engine/occurrence.h"

namespace rota {

// The outcomes of this server that the store acknowledged lately: those that a store which loses its state may have
// lost with it. Bounded in age and number. Confined to the engine thread.
class RecentRecords {
 public:
  void Add(OccurrenceRecord record, SteadyTime now);
  std::vector<OccurrenceRecord> All() const;  // The oldest first.

 private:
  struct Entry {
    SteadyTime at;
    OccurrenceRecord record;
  };
  std::deque<Entry> entries_;
};

}  // namespace rota
