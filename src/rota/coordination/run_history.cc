#include <algorithm>

#include "rota/coordination/store.h"

namespace rota {
namespace {

// More servers than that do not keep an outcome each of one occurrence, nor do people run it as often by hand.
constexpr int kMostRecords = 10'000;

}  // namespace

// Of an occurrence that was lost and tried again the last attempt tells.
Standing StandingOf(const OccurrenceKey& key, std::span<const OccurrenceRecord> records) {
  const OccurrenceRecord* last = nullptr;
  for (const OccurrenceRecord& record : records) {
    if (record.scope != key.scope || record.kind != OccurrenceKind::kScheduled) continue;
    if (last == nullptr || record.attempt > last->attempt) last = &record;
  }
  if (last == nullptr) return {};
  if (last->outcome == Outcome::kRunning) return {Standing::Stage::kRunning, Outcome::kRunning, {}};
  return {Standing::Stage::kEnded, last->outcome, last->finished_at.value_or(last->scheduled_last)};
}

Result<std::vector<Standing>> RunHistory::LookUp(std::span<const OccurrenceKey> keys) {
  std::vector<Standing> standings;
  for (const OccurrenceKey& key : keys) {
    HistoryQuery query;
    query.task = TaskOfScope(key.scope);
    query.covering = query.last_by = key.at;
    query.limit = kMostRecords;
    Standing standing;
    // A span with later instants is looked for where there is nothing else, since it may lie behind many records.
    for (const bool spans : {false, true}) {
      if (spans) query.last_by.reset();
      const Result<std::vector<OccurrenceRecord>> records = Query(query);
      if (!records) return Fail(records.error());
      standing = StandingOf(key, *records);
      if (standing.stage != Standing::Stage::kUndecided) break;
    }
    standings.push_back(standing);
  }
  return standings;
}

}  // namespace rota
