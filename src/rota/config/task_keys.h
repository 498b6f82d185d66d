#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rota/base/instant.h"
#include "rota/config/http_keys.h"
#include "rota/config/key.h"
#include "rota/config/value_reader.h"
#include "rota/config/yaml.h"
#include "rota/cron/next.h"
#include "rota/schedule/business_days.h"
#include "rota/schedule/process_options.h"
#include "rota/schedule/task.h"

namespace rota {

// One element of `tasks:`, as written. Absent keys are empty.
struct TaskEntry {
  using Window = std::pair<std::string, std::string>;

  yaml::Position position;
  std::optional<Located<std::string>> name;
  std::optional<Located<std::string>> description;
  std::optional<Located<std::string>> schedule;
  std::optional<Located<std::vector<Parent>>> after;
  std::optional<Located<CronDialect>> dialect;
  std::optional<Located<std::string>> timezone;
  std::optional<Located<std::string>> on;
  std::optional<Located<std::string>> except;
  std::optional<Located<Shift>> shift;
  std::optional<Located<int>> business_day;
  std::optional<Located<DstGap>> dst_gap;
  std::optional<Located<DstOverlap>> dst_overlap;
  std::optional<Located<Milliseconds>> spread;
  std::optional<Located<std::string>> command;
  std::optional<Located<std::vector<std::string>>> arguments;
  std::optional<Located<std::vector<std::string>>> exec;
  std::optional<Located<std::string>> shell;
  std::optional<Located<HttpEntry>> http;
  ProcessOptions process;
  std::optional<Located<std::string>> process_key;  // One of those that say it.
  std::optional<Located<bool>> unique;
  std::optional<Located<bool>> without_overlapping;
  std::optional<Located<bool>> even_in_maintenance_mode;
  std::optional<Located<Milliseconds>> lock_timeout;
  std::optional<Located<Milliseconds>> timeout;
  std::optional<Located<Milliseconds>> kill_after;
  std::optional<Located<RetryPolicy>> retry;
  std::optional<Located<OverlapPolicy>> overlap;
  std::optional<Located<MisfirePolicy>> misfire;
  std::optional<Located<OnLost>> on_lost;
  std::optional<Located<StoreOutage>> store_outage;
  std::optional<Located<std::string>> pool;
  std::optional<Located<int>> priority;
  std::optional<Located<std::vector<Hook>>> ping;
  std::optional<Located<bool>> isolated;
  std::optional<Located<OutputFile>> output;
  std::optional<Located<std::vector<std::string>>> environments;
  std::optional<Located<Window>> between;
  std::optional<Located<Window>> unless_between;
  std::optional<Located<std::vector<std::string>>> tags;
};

// The keys of a task, and of its `retry`, `misfire` and `output`, in the order of the documentation.
const std::vector<Key<TaskEntry>>& TaskKeys();
const std::vector<Key<RetryPolicy>>& RetryKeys();
const std::vector<Key<MisfirePolicy>>& MisfireKeys();
const std::vector<Key<OutputFile>>& OutputKeys();

// Reads `tasks:`. What is wrong is left with the reader.
void ReadTasks(ValueReader& reader, const yaml::Node& node, std::vector<TaskEntry>& tasks);

}  // namespace rota
