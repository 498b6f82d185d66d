#include "rota/engine/event_lane.h"

#include <utility>

namespace rota {
namespace {

constexpr std::size_t kMostPending = 50'000;

}  // namespace

EventLane::EventLane(EventSink& sink) : sink_(sink), lane_("rota-events", 1) {}

void EventLane::Publish(Event event) {
  {
    MutexLock lock(mu_);
    while (pending_ >= kMostPending) changed_.Wait(mu_);
    ++pending_;
  }
  lane_.Post([this, event = std::move(event)] {
    sink_.Publish(event);
    MutexLock lock(mu_);
    --pending_;
    changed_.NotifyAll();
  });
}

void EventLane::Drain() {
  MutexLock lock(mu_);
  while (pending_ > 0) changed_.Wait(mu_);
}

}  // namespace rota
