#include "rota/schedule/chain_links.h"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "rota/base/format.h"
#include "rota/base/suggest.h"
#include "rota/base/text.h"
#include "rota/schedule/definition.h"

namespace rota::internal {
namespace {

// How many parents of a child are still to be linked before it.
using Unlinked = std::map<const Task*, std::size_t>;

// The parent of the child that this is.
const Parent& ParentOf(const Task& child, const Task& parent) {
  return *std::ranges::find(child.policies->after, parent.id, &Parent::task);
}

Status Unknown(const Parent& parent, std::span<const Task> tasks) {
  std::vector<std::string> names;
  for (const Task& task : tasks) names.push_back(task.id);
  return InvalidArgument("{}: expected the name of a task{}", CallOf(parent), DidYouMean(parent.task, names));
}

Status Link(const Task& parent, Task& child) {
  const auto refuse = [&](std::string_view why, std::string_view expected) {
    return InvalidArgument("{}: {}; expected {}", CallOf(ParentOf(child, parent)), why, expected);
  };
  if (parent.trigger->fires_at_start()) {
    return refuse(Format("{} runs when a server starts", parent.id), "a task that is due at instants of its own");
  }
  if (parent.unique() != child.unique()) {
    const TaskId& unique = parent.unique() ? parent.id : child.id;
    return refuse(Format("only {} is Unique()", unique), "both to be or neither");
  }
  if (child.trigger != nullptr && child.trigger->key() != parent.trigger->key()) {
    return refuse(Format("{} is due {}, and another parent {}", parent.id, parent.trigger->Describe(Locale::kEnglish),
                         child.trigger->Describe(Locale::kEnglish)),
                  "parents that are due together");
  }
  child.trigger = parent.trigger;
  return Status::Ok();
}

// From the task over parents that are not linked, back to one that was met: "a after b after a".
std::string DescribeCycle(const Task& start, const Unlinked& unlinked, std::span<const Task> tasks,
                          const TaskIndex& index) {
  std::vector<std::string> way;
  const Task* task = &start;
  while (std::ranges::find(way, task->id) == way.end()) {
    way.push_back(task->id);
    for (const Parent& parent : task->policies->after) {
      const Task* found = index.Find(tasks, parent.task);
      if (unlinked.contains(found)) task = found;
    }
  }
  way.erase(way.begin(), std::ranges::find(way, task->id));
  way.push_back(task->id);
  return Join(way, " after ");
}

Status At(const PlaceOfTask& where, const Task& task, const Status& problem) {
  const std::string place = where ? where(task.id) : "";
  const Status named = problem.WithContext(task.id);
  return place.empty() ? named : named.WithContext(place);
}

}  // namespace

// A topological order: "Topological sorting of large networks", A. B. Kahn, Communications of the ACM 5 (11), 1962.
Status LinkChains(std::span<Task> tasks, const TaskIndex& index, const PlaceOfTask& where) {
  std::map<const Task*, std::vector<Task*>> children;  // By parent.
  Unlinked unlinked;
  for (Task& task : tasks) {
    for (const Parent& parent : task.policies->after) {
      const Task* found = index.Find(tasks, parent.task);
      if (found == nullptr) return At(where, task, Unknown(parent, tasks));
      children[found].push_back(&task);
      ++unlinked[&task];
    }
  }
  std::vector<const Task*> linked;
  for (const auto& [parent, those] : children) {
    if (parent->policies->after.empty()) linked.push_back(parent);
  }
  while (!linked.empty()) {
    const Task& parent = *linked.back();
    linked.pop_back();
    const auto found = children.find(&parent);
    if (found == children.end()) continue;
    for (Task* child : found->second) {
      if (Status link = Link(parent, *child); !link.ok()) return At(where, *child, link);
      if (--unlinked[child] > 0) continue;
      unlinked.erase(child);
      linked.push_back(child);
    }
  }
  if (unlinked.empty()) return Status::Ok();
  for (const Task& task : tasks) {
    if (!unlinked.contains(&task)) continue;
    return At(where, task,
              InvalidArgument("{}: {}; expected that no task follows itself", CallOf(task.policies->after.front()),
                              DescribeCycle(task, unlinked, tasks, index)));
  }
  return Status::Ok();
}

}  // namespace rota::internal
