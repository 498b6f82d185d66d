#include "rota/engine/recent_records.h"

#include <chrono>
#include <cstddef>
#include <utility>

namespace rota {
namespace {

// Longer than a replica lags while anybody would still fail over to it.
constexpr std::chrono::minutes kLongest(2);
constexpr std::size_t kMost = 2000;

}  // namespace

void RecentRecords::Add(OccurrenceRecord record, SteadyTime now) {
  while (!entries_.empty() && (entries_.size() >= kMost || now - entries_.front().at > kLongest)) entries_.pop_front();
  entries_.push_back({now, std::move(record)});
}

std::vector<OccurrenceRecord> RecentRecords::All() const {
  std::vector<OccurrenceRecord> all;
  all.reserve(entries_.size());
  for (const Entry& entry : entries_) all.push_back(entry.record);
  return all;
}

}  // namespace rota
