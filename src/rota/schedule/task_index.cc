#include "rota/schedule/task_index.h"

#include "rota/base/hash.h"

namespace rota::internal {

void TaskIndex::Insert(std::span<const Task> tasks, std::uint32_t position) {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = StableHash(tasks[position].id) & mask;
  while (slots_[slot] != 0) slot = (slot + 1) & mask;
  slots_[slot] = position + 1;
}

void TaskIndex::AddLast(std::span<const Task> tasks) {
  if (tasks.size() * 2 <= slots_.size()) return Insert(tasks, static_cast<std::uint32_t>(tasks.size() - 1));
  slots_.assign(slots_.empty() ? 16 : slots_.size() * 2, 0);
  for (std::uint32_t position = 0; position < tasks.size(); ++position) Insert(tasks, position);
}

const Task* TaskIndex::Find(std::span<const Task> tasks, std::string_view id) const {
  if (slots_.empty()) return nullptr;
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t slot = StableHash(id) & mask; slots_[slot] != 0; slot = (slot + 1) & mask) {
    const Task& task = tasks[slots_[slot] - 1];
    if (task.id == id) return &task;
  }
  return nullptr;
}

}  // namespace rota::internal
