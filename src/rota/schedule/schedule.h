#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "rota/schedule/task.h"

namespace rota {

// Where a task was defined, to begin an error with: "rota.yaml:12:5". Empty: it is not known.
using PlaceOfTask = std::function<std::string(const TaskId&)>;

// A validated set of tasks in the order of their registration: what servers run, lists show and digests compare.
// Made by Scheduler::Build(). Immutable.
class Schedule {
 public:
  // REQUIRES: ids are unique.
  explicit Schedule(std::vector<Task> tasks);
  ~Schedule();
  Schedule(Schedule&&) noexcept;
  Schedule& operator=(Schedule&&) noexcept;

  const std::vector<Task>& tasks() const { return tasks_; }
  // The task with this id, or null.
  const Task* Find(std::string_view id) const;
  // 16 hex digits that differ when any definition differs; conditions (functions) do not count.
  const std::string& digest() const { return digest_; }

 private:
  struct Index;

  std::vector<Task> tasks_;
  std::unique_ptr<Index> index_;
  std::string digest_;
};

}  // namespace rota
