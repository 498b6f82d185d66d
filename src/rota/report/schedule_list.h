#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rota/base/instant.h"
#include "rota/coordination/store.h"
#include "rota/schedule/schedule.h"
#include "rota/time/time_zone.h"

namespace rota {

// What a list of the schedule shows of one task.
struct ScheduleRow {
  TaskId id;
  std::string description;
  std::string work;                       // As a person would type it.
  std::optional<ProcessOptions> process;  // Of a child process that has some.
  std::string schedule;                   // In words.
  std::string cron;                       // The expression; empty for an interval or a single instant.
  CronDialect dialect = CronDialect::kOcps;
  TimeZone zone;
  DstPolicy dst;  // As the task chose; empty: the rule of rota::Next().
  Spread spread;
  std::vector<Parent> after;    // What it follows; then `next` is when those are due.
  bool fires_at_start = false;  // When a server starts, and then only.
  std::vector<WallTime> next;   // The next instants, soonest first; fewer than asked for when there are no more.
  Placement placement = Placement::kEveryServer;
  OverlapPolicy overlap = OverlapPolicy::kAllow;
  Milliseconds lock_timeout{};
  std::optional<Milliseconds> timeout;
  std::optional<Milliseconds> kill_after;
  std::optional<RetryPolicy> retry;
  bool even_in_maintenance_mode = false;
  MisfirePolicy misfire;
  OnLost on_lost = OnLost::kRecord;
  StoreOutage store_outage = StoreOutage::kClosed;
  std::string pool;
  int priority = 0;
  bool isolated = false;
  std::optional<OutputFile> output;
  std::vector<std::string> environments;  // Empty: all.
  std::vector<std::string> tags;
  std::vector<Hook> hooks;
  bool conditional = false;    // Has a When() or Skip().
  std::optional<Pause> pause;  // In force now.
};

struct ScheduleListOptions {
  int next = 1;                                   // How many instants of each task.
  std::optional<std::string> tag = std::nullopt;  // Only tasks with this tag.
  Locale locale = Locale::kEnglish;               // Of the schedule in words.
};

// The tasks in the order of their registration, as of `now`.
std::vector<ScheduleRow> ListSchedule(const Schedule& schedule, std::span<const Pause> pauses, WallTime now,
                                      const ScheduleListOptions& options = {});

// An aligned table; a second and later instant of a task stands on a line of its own below the first.
std::string ToTable(std::span<const ScheduleRow> rows);
// An array with an object for each task.
std::string ToJson(std::span<const ScheduleRow> rows);

}  // namespace rota
