#include "rota/engine/event_lane.h"

#include <utility>

#include "rota/base/format.h"

namespace rota {
namespace {

std::size_t SizeOf(const Event& event) {
  return sizeof(Event) + event.server.size() + event.detail.size() + (event.record ? SizeOf(*event.record) : 0);
}

}  // namespace

EventLane::EventLane(EventSink& sink) : EventLane(sink, Limits{}) {}

EventLane::EventLane(EventSink& sink, Limits limits) : limits_(limits), sink_(sink), lane_("rota-events", 1) {}

void EventLane::Publish(Event event) {
  const std::size_t size = SizeOf(event);
  {
    MutexLock lock(mu_);
    if (dropped_ > 0 || pending_ >= limits_.events || bytes_ + size > limits_.bytes) {
      if (dropped_++ == 0) {
        first_dropped_ = {};
        first_dropped_.kind = EventKind::kEventsDropped;
        first_dropped_.at = event.at;
        first_dropped_.server = std::move(event.server);
      }
      return;
    }
    ++pending_;
    bytes_ += size;
  }
  lane_.Post([this, size, event = std::move(event)] {
    sink_.Publish(event);
    Published(size);
  });
}

// Once events are dropped, all are until half of those that wait have been taken: the log has one gap, not many.
void EventLane::Published(std::size_t size) {
  std::optional<Event> gap;
  {
    MutexLock lock(mu_);
    --pending_;
    bytes_ -= size;
    if (dropped_ > 0 && pending_ <= limits_.events / 2 && bytes_ <= limits_.bytes / 2) {
      gap = std::move(first_dropped_);
      gap->detail = Format("{} dropped while nothing took them; outcomes are in the store", dropped_);
      dropped_ = 0;
      ++pending_;
    }
    changed_.NotifyAll();
  }
  if (!gap) return;
  // Behind those that wait, where it belongs: they came before the gap.
  lane_.Post([this, gap = *std::move(gap)] {
    sink_.Publish(gap);
    Published(0);
  });
}

void EventLane::Drain() {
  MutexLock lock(mu_);
  while (pending_ > 0) changed_.Wait(mu_);
}

}  // namespace rota
