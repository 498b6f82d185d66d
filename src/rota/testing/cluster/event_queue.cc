#include "rota/testing/cluster/event_queue.h"

#include <algorithm>
#include <utility>

#include "rota/base/check.h"

namespace rota::cluster {

void EventQueue::At(SteadyTime at, std::function<void()> happen) {
  ROTA_CHECK(at >= now_, "nothing is planned for the past");
  heap_.push_back({at, planned_++, std::move(happen)});
  std::ranges::push_heap(heap_, Later);
}

void EventQueue::RunUntil(SteadyTime end) {
  while (!heap_.empty() && heap_.front().at <= end) {
    std::ranges::pop_heap(heap_, Later);
    const Event event = std::move(heap_.back());
    heap_.pop_back();
    now_ = event.at;
    event.happen();
  }
  now_ = end;
}

}  // namespace rota::cluster
