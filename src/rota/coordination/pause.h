#pragma once

#include <compare>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "rota/base/instant.h"
#include "rota/base/status.h"
#include "rota/schedule/task.h"

namespace rota {

// What a pause holds back. There is one pause of each target.
struct PauseTarget {
  enum class Kind {  // In the order in which pauses are listed.
    kAll,            // Every task.
    kMaintenance,    // Every task that does not run even in maintenance mode.
    kTag,            // Those with a tag.
    kTask,
  };

  static PauseTarget All() { return {}; }
  static PauseTarget Maintenance() { return {Kind::kMaintenance, {}}; }
  static PauseTarget Tag(std::string tag) { return {Kind::kTag, std::move(tag)}; }
  static PauseTarget Task(TaskId task) { return {Kind::kTask, std::move(task)}; }

  Kind kind = Kind::kAll;
  std::string name;  // The tag, or the task.
  friend auto operator<=>(const PauseTarget&, const PauseTarget&) = default;
};
// "all tasks", "maintenance mode", "tasks tagged nightly", "backup:run".
std::string Describe(const PauseTarget& target);

// Keeps occurrences from running; each is recorded as skipped(paused), or as skipped(maintenance).
struct Pause {
  PauseTarget target;
  std::string author;
  std::string reason;
  WallTime since;
  std::optional<WallTime> until;
};

// What tells whether a pause holds a task back. Lives no longer than what it is made from.
struct Pausable {
  std::string_view task;
  std::span<const std::string> tags = {};
  bool even_in_maintenance_mode = false;
};
Pausable AsPausable(const Task& task);

// Whether a pause of the target holds the task back.
bool Holds(const PauseTarget& target, const Pausable& task);

// True while the pause keeps occurrences from running.
bool InForce(const Pause& pause, WallTime now);

// The pause that keeps the task from running at `now`: its own, which tells most, else one of a tag, else that of all
// tasks, else maintenance mode; null when there is none.
const Pause* FindPause(std::span<const Pause> pauses, const Pausable& task, WallTime now);

// The reason of what the pause keeps from running.
std::string_view ReasonOf(const Pause& pause);

// An error when the pause could have no effect.
Status CheckPause(const Pause& pause, WallTime now);
// What is answered when there is no pause to clear.
Status NoSuchPause(const PauseTarget& target);

// How stores name a target: a task by its id; all else by what no id can be, nothing or a text that begins with a
// space.
std::string KeyOf(const PauseTarget& target);
PauseTarget TargetOf(std::string_view key);

}  // namespace rota
