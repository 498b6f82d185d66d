#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rota/engine/occurrence.h"
#include "rota/schedule/schedule.h"
#include "rota/time/time_zone.h"

namespace rota {

// What a list of the history shows of one record.
struct HistoryRow {
  OccurrenceRecord record;
  TimeZone zone;  // The task's; UTC for a task that is no longer in the schedule.
};

// The records in their order. `schedule` may be null: then all times are shown in UTC.
std::vector<HistoryRow> ListHistory(const Schedule* schedule, std::span<const OccurrenceRecord> records);

// An aligned table; a run under way shows how long it has been running at `now`.
std::string ToTable(std::span<const HistoryRow> rows, WallTime now);
// An array with an object for each record.
std::string ToJson(std::span<const HistoryRow> rows);

}  // namespace rota
