#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "rota/base/instant.h"
#include "rota/schedule/schedule.h"
#include "rota/schedule/task.h"
#include "rota/time/time_zone.h"

namespace rota {

// One thing about a task that two schedules say differently.
struct FieldChange {
  std::string field;   // "schedule", "zone", "runs", "process", "description", or a policy by its name: "timeout".
  std::string before;  // In words; empty where it has none, or where words show no difference.
  std::string after;
  friend bool operator==(const FieldChange&, const FieldChange&) = default;
};

// Instants that one of two schedules has and the other has not.
struct InstantsApart {
  std::size_t count = 0;
  std::vector<WallTime> first;  // The earliest of them.
};

struct TaskChange {
  enum class Kind { kAdded, kRemoved, kChanged };

  Kind kind = Kind::kChanged;
  Task task;                        // The later definition, or the one that is gone.
  std::vector<FieldChange> fields;  // Of a changed task.
  InstantsApart appear;
  InstantsApart vanish;
  bool counted =
      true;  // False: there are more instants than were looked at, and the counts are the least there can be.
};

struct ScheduleDiff {
  WallTime from;                  // The instants are those after this one,
  WallTime to;                    // and up to this one.
  std::vector<TaskChange> tasks;  // In the order of the later schedule; those that are gone come last.

  bool same() const { return tasks.empty(); }
};

struct DiffOptions {
  WallTime from{};
  Milliseconds span = std::chrono::days(7);
  std::size_t examples = 3;                               // How many instants to name of each task, each way.
  std::optional<std::string> environment = std::nullopt;  // Where tasks of other environments do not run.
};

// What changes when `after` takes the place of `before`. Conditions are functions, which cannot be compared: only their
// number is. A task is looked at for 100,000 instants at most; tasks that share their triggers cost as much as one.
ScheduleDiff Diff(const Schedule& before, const Schedule& after, const DiffOptions& options);

}  // namespace rota
