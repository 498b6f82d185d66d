#include "rota/engine/chain_book.h"

#include <algorithm>
#include <utility>

#include "rota/base/format.h"

namespace rota {
namespace {

// The server that decides a parent's occurrence tells its children at once: the store is asked in case that another
// server did, and no longer lives.
constexpr Milliseconds kFirstLook = std::chrono::seconds(1);
constexpr Milliseconds kLongestLook = std::chrono::seconds(15);
constexpr std::size_t kMostDoubts = 500;  // About so many are looked up in one call.

}  // namespace

bool Meets(Outcome outcome, ParentEnd wanted) {
  if (wanted == ParentEnd::kEnd) return true;
  if (wanted == ParentEnd::kSuccess) return outcome == Outcome::kSucceeded;
  return outcome == Outcome::kFailed || outcome == Outcome::kTimedOut || outcome == Outcome::kCancelled ||
         outcome == Outcome::kLost;
}

ChainBook::ChainBook(const Schedule& schedule, std::string_view scope_server) {
  const std::vector<Task>& tasks = schedule.tasks();
  for (TaskIndex index = 0; index < tasks.size(); ++index) {
    const std::vector<Parent>& after = tasks[index].policies->after;
    if (after.empty()) continue;
    Child child{&tasks[index], {}};
    for (const Parent& parent : after) {
      child.parents.push_back(MakeScope(*schedule.Find(parent.task), scope_server));
      children_of_[child.parents.back()].push_back(index);
    }
    children_.emplace(index, std::move(child));
  }
}

void ChainBook::Await(TaskIndex child, Awaited occurrence, SteadyTime now) {
  std::deque<Waiting>& queue = waiting_[child];
  if (!queue.empty() && queue.back().occurrence.at >= occurrence.at) return;  // The clock was set back.
  Waiting waiting;
  waiting.occurrence = occurrence;
  waiting.parents.resize(children_.at(child).parents.size());
  waiting.look_at = now + kFirstLook;
  waiting.look_period = kFirstLook;
  next_look_ = std::min(next_look_, waiting.look_at);
  queue.push_back(std::move(waiting));
  if (queue.size() <= kMostWaiting) return;
  queue.pop_front();  // The next one's claim records it as missed.
  queue.front().first_since = occurrence.at;
  stirred_.insert(child);
}

void ChainBook::Decided(TaskIndex child, WallTime at, WallTime now) {
  const auto place = waiting_.find(child);
  if (place == waiting_.end()) return;
  std::deque<Waiting>& queue = place->second;
  while (!queue.empty() && queue.front().occurrence.at <= at) queue.pop_front();
  stirred_.insert(child);
  if (queue.empty()) {
    waiting_.erase(place);
  } else {
    queue.front().first_since = now;
  }
}

void ChainBook::ForgetAfter(WallTime last) {
  for (auto place = waiting_.begin(); place != waiting_.end();) {
    std::erase_if(place->second, [last](const Waiting& waiting) { return waiting.occurrence.at > last; });
    place = place->second.empty() ? waiting_.erase(place) : std::next(place);
  }
}

void ChainBook::Leave(const std::function<bool(TaskIndex)>& which) {
  std::erase_if(waiting_, [&which](const auto& child) { return which(child.first); });
}

std::vector<std::pair<TaskIndex, WallTime>> ChainBook::TakeAll() {
  std::vector<std::pair<TaskIndex, WallTime>> all;
  for (const auto& [child, queue] : waiting_) {
    const auto first = std::ranges::find(queue, false, &Waiting::taken);
    if (first != queue.end()) all.emplace_back(child, first->occurrence.at);
  }
  waiting_.clear();
  stirred_.clear();
  next_look_ = SteadyTime::max();
  return all;
}

void ChainBook::Note(const OccurrenceRecord& record) {
  if (waiting_.empty() || record.kind != OccurrenceKind::kScheduled) return;
  const WallTime ended_at = record.finished_at.value_or(record.scheduled_last);
  Set(record.scope, record.scheduled_at, record.scheduled_last, {Standing::Stage::kEnded, record.outcome, ended_at});
}

void ChainBook::Set(const Scope& parent, WallTime first, WallTime last, const Standing& standing) {
  const auto children = children_of_.find(parent);
  if (children == children_of_.end()) return;
  for (const TaskIndex index : children->second) {
    const auto place = waiting_.find(index);
    if (place == waiting_.end()) continue;
    const std::vector<Scope>& parents = children_.at(index).parents;
    const std::size_t which = std::ranges::find(parents, parent) - parents.begin();
    std::deque<Waiting>& queue = place->second;
    for (auto waiting = queue.begin(); waiting != queue.end();) {
      const bool meant = first <= waiting->occurrence.at && waiting->occurrence.at <= last;
      Standing& known = waiting->parents[which];
      if (meant && known.stage != Standing::Stage::kEnded) {
        known = standing;
        stirred_.insert(index);
        // It may be the last one here: the store knows how far the others are.
        if (standing.stage == Standing::Stage::kEnded && !waiting->taken && !IsReady(*waiting)) {
          waiting->look_at = next_look_ = SteadyTime::min();
        }
      }
      // Instants are decided in their order: with a later one ended, this one's parent will never have been due.
      const bool looked = waiting->passed && *waiting->passed < looks_;
      const bool never = meant && looked && known.stage == Standing::Stage::kUndecided;
      if (never) stirred_.insert(index);
      waiting = never ? queue.erase(waiting) : std::next(waiting);
    }
    if (queue.empty()) waiting_.erase(place);
  }
}

std::vector<OccurrenceKey> ChainBook::TakeDoubts(SteadyTime now) {
  std::vector<OccurrenceKey> doubts;
  if (now < next_look_) return doubts;
  ++looks_;
  next_look_ = SteadyTime::max();
  std::set<std::pair<std::string_view, WallTime>> asked;
  for (auto& [index, queue] : waiting_) {
    const std::vector<Scope>& parents = children_.at(index).parents;
    for (Waiting& waiting : queue) {
      if (waiting.taken) continue;
      if (now >= waiting.look_at && doubts.size() < kMostDoubts) {
        for (std::size_t i = 0; i < parents.size(); ++i) {
          if (waiting.parents[i].stage == Standing::Stage::kEnded) continue;
          if (asked.emplace(parents[i], waiting.occurrence.at).second) {
            doubts.push_back({parents[i], waiting.occurrence.at});
          }
        }
        waiting.look_at = now + waiting.look_period;
        waiting.look_period = std::min(2 * waiting.look_period, kLongestLook);
      }
      next_look_ = std::min(next_look_, waiting.look_at);
    }
  }
  return doubts;
}

void ChainBook::Learn(std::span<const OccurrenceKey> keys, std::span<const Standing> standings) {
  for (std::size_t i = 0; i < standings.size(); ++i) Set(keys[i].scope, keys[i].at, keys[i].at, standings[i]);
}

void ChainBook::LookNow(SteadyTime now) {
  for (auto& [index, queue] : waiting_) {
    for (Waiting& waiting : queue) waiting.look_at = now;
  }
  if (!waiting_.empty()) next_look_ = now;
}

bool ChainBook::IsReady(const Waiting& waiting) {
  return std::ranges::all_of(waiting.parents,
                             [](const Standing& parent) { return parent.stage == Standing::Stage::kEnded; });
}

bool ChainBook::FollowsMissed(const Waiting& waiting) {
  return IsReady(waiting) && std::ranges::any_of(waiting.parents, [](const Standing& parent) {
           return parent.outcome == Outcome::kMissed;
         });
}

ChainBook::Ready ChainBook::MakeReady(TaskIndex index, const Child& child, const Waiting& waiting) {
  Ready ready{index, waiting.occurrence, "", std::max(waiting.occurrence.at, waiting.first_since)};
  const std::vector<Parent>& after = child.task->policies->after;
  for (std::size_t i = 0; i < after.size(); ++i) {
    const Standing& parent = waiting.parents[i];
    ready.since = std::max(ready.since, parent.ended_at);
    if (!ready.unmet.empty() || Meets(parent.outcome, after[i].on)) continue;
    ready.unmet = Format("{} {} {}", reason::kParent, after[i].task, Name(parent.outcome));
  }
  return ready;
}

std::vector<ChainBook::Ready> ChainBook::TakeReady(SteadyTime now) {
  std::vector<Ready> all;
  for (const TaskIndex index : std::exchange(stirred_, {})) {
    const auto place = waiting_.find(index);
    if (place == waiting_.end()) continue;
    std::deque<Waiting>& queue = place->second;
    // What was missed with its parents is one span, and the claim of its last instant records it.
    while (queue.size() > 1 && !queue[0].taken && FollowsMissed(queue[0]) && FollowsMissed(queue[1])) queue.pop_front();
    const auto first = std::ranges::find_if(queue, IsReady);
    if (first == queue.end()) continue;
    for (auto earlier = queue.begin(); earlier != first; ++earlier) {
      if (earlier->passed) continue;
      earlier->passed = looks_;
      earlier->look_at = next_look_ = now;
    }
    if (first != queue.begin() || first->taken) continue;
    first->taken = true;
    all.push_back(MakeReady(index, children_.at(index), *first));
  }
  return all;
}

}  // namespace rota
