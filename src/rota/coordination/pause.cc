#include "rota/coordination/pause.h"

#include <algorithm>

#include "rota/base/format.h"
#include "rota/engine/occurrence.h"

namespace rota {
namespace {

constexpr std::string_view kMaintenanceKey = " maintenance";
constexpr std::string_view kTagKey = " tag ";

// Whether the one tells more of a task that both hold back.
bool TellsMore(const PauseTarget& one, const PauseTarget& other) {
  static constexpr int kRank[] = {2, 3, 1, 0};  // By kind.
  const auto rank = [](const PauseTarget& target) { return kRank[static_cast<int>(target.kind)]; };
  return rank(one) != rank(other) ? rank(one) < rank(other) : one.name < other.name;
}

}  // namespace

std::string Describe(const PauseTarget& target) {
  switch (target.kind) {
    case PauseTarget::Kind::kAll:
      return "all tasks";
    case PauseTarget::Kind::kMaintenance:
      return "maintenance mode";
    case PauseTarget::Kind::kTag:
      return "tasks tagged " + target.name;
    case PauseTarget::Kind::kTask:
      break;
  }
  return target.name;
}

Pausable AsPausable(const Task& task) {
  return {task.id, task.policies->tags, task.policies->even_in_maintenance_mode};
}

bool Holds(const PauseTarget& target, const Pausable& task) {
  switch (target.kind) {
    case PauseTarget::Kind::kAll:
      return true;
    case PauseTarget::Kind::kMaintenance:
      return !task.even_in_maintenance_mode;
    case PauseTarget::Kind::kTag:
      return std::ranges::find(task.tags, target.name) != task.tags.end();
    case PauseTarget::Kind::kTask:
      return target.name == task.task;
  }
  return false;
}

bool InForce(const Pause& pause, WallTime now) { return !pause.until || *pause.until > now; }

const Pause* FindPause(std::span<const Pause> pauses, const Pausable& task, WallTime now) {
  const Pause* found = nullptr;
  for (const Pause& pause : pauses) {
    if (!InForce(pause, now) || !Holds(pause.target, task)) continue;
    if (found == nullptr || TellsMore(pause.target, found->target)) found = &pause;
  }
  return found;
}

std::string_view ReasonOf(const Pause& pause) {
  return pause.target.kind == PauseTarget::Kind::kMaintenance ? reason::kMaintenance : reason::kPaused;
}

Status CheckPause(const Pause& pause, WallTime now) {
  if (InForce(pause, now)) return Status::Ok();
  if (pause.target == PauseTarget::Maintenance()) {
    return InvalidArgument("maintenance mode: its end lies in the past");
  }
  return InvalidArgument("pause of {}: its end lies in the past", Describe(pause.target));
}

Status NoSuchPause(const PauseTarget& target) {
  if (target == PauseTarget::Maintenance()) return NotFound("maintenance mode is off");
  return NotFound("no pause of {}", Describe(target));
}

std::string KeyOf(const PauseTarget& target) {
  switch (target.kind) {
    case PauseTarget::Kind::kAll:
      return "";
    case PauseTarget::Kind::kMaintenance:
      return std::string(kMaintenanceKey);
    case PauseTarget::Kind::kTag:
      return std::string(kTagKey) + target.name;
    case PauseTarget::Kind::kTask:
      break;
  }
  return target.name;
}

PauseTarget TargetOf(std::string_view key) {
  if (key.empty()) return PauseTarget::All();
  if (key == kMaintenanceKey) return PauseTarget::Maintenance();
  if (key.starts_with(kTagKey)) return PauseTarget::Tag(std::string(key.substr(kTagKey.size())));
  return PauseTarget::Task(TaskId(key));
}

}  // namespace rota
