#include "rota/engine/recent_records.h"

#include <chrono>
#include <cstddef>
#include <utility>

namespace rota {
namespace {

// Longer than a replica lags while anybody would still fail over to it.
constexpr std::chrono::minutes kLongest(2);

}  // namespace

void RecentRecords::Add(OccurrenceRecord record, SteadyTime now) {
  bytes_ += SizeOf(record);
  entries_.push_back({now, std::move(record)});
  while (!entries_.empty() && (bytes_ > most_bytes_ || now - entries_.front().at > kLongest)) {
    bytes_ -= SizeOf(entries_.front().record);
    entries_.pop_front();
  }
}

std::vector<OccurrenceRecord> RecentRecords::All() const {
  std::vector<OccurrenceRecord> all;
  all.reserve(entries_.size());
  for (const Entry& entry : entries_) all.push_back(entry.record);
  return all;
}

}  // namespace rota
