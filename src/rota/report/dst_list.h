#pragma once

#include <span>
#include <string>
#include <vector>

#include "rota/base/instant.h"
#include "rota/cron/describe.h"
#include "rota/cron/dst.h"
#include "rota/report/schedule_list.h"
#include "rota/schedule/schedule.h"
#include "rota/schedule/trigger.h"
#include "rota/time/time_zone.h"

namespace rota {

// The next changes of the clocks that affect one task.
struct DstRow {
  struct Change {
    DstEffect effect;
    std::string words;  // What happens.
  };

  TaskId id;
  TimeZone zone;
  std::vector<Change> changes;  // Soonest first; none for a task that no change affects.
};

// The tasks in the order of their registration, with at most `options.next` changes of the clocks after `now` each.
// What a task's windows and weekdays leave out does not affect it.
std::vector<DstRow> ListDst(const Schedule& schedule, WallTime now, const ScheduleListOptions& options);

// At most `most` changes of the clocks after `now` that affect the trigger.
std::vector<DstEffect> DstEffectsOn(const Trigger& trigger, WallTime now, int most);

// "02:30 does not exist: runs at 03:00 instead", "02:00 to 02:45 (4 times) occur twice: runs at the first pass only".
std::string Describe(const DstEffect& effect, const TimeZone& zone, Locale locale = Locale::kEnglish);

// An aligned table of the tasks that are affected, and how many are not.
std::string ToTable(std::span<const DstRow> rows, Locale locale = Locale::kEnglish);
// An array with an object for each task, affected or not.
std::string ToJson(std::span<const DstRow> rows);

}  // namespace rota
