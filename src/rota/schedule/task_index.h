#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "rota/schedule/task.h"

namespace rota::internal {

// Finds tasks by id: an open-addressing table of positions that reads the ids where they are, so that a million tasks
// cost 8 MB instead of a copy of every id. Thread-compatible.
class TaskIndex {
 public:
  // Adds the last of `tasks`; all others were added before, in order. REQUIRES: its id is not in the index.
  void AddLast(std::span<const Task> tasks);
  // The task with this id, or null. REQUIRES: the tasks are the ones that were added.
  const Task* Find(std::span<const Task> tasks, std::string_view id) const;

 private:
  void Insert(std::span<const Task> tasks, std::uint32_t position);

  std::vector<std::uint32_t> slots_;  // Position + 1, 0 is empty. The size is a power of two, at most half is used.
};

}  // namespace rota::internal
