#pragma once

#include <cstddef>

#include "rota/base/mutex.h"
#include "rota/engine/event.h"
#include "rota/engine/worker_pool.h"

namespace rota {

// Hands events to a sink on a thread of its own, in order, so that writing a log line holds up no claim. A sink that
// stands still (a console that is paused, a full pipe) holds up nothing either: what is too much to keep for it is
// dropped and counted, and a kEventsDropped event tells how many when the sink goes on. Thread-safe.
class EventLane {
 public:
  // What is kept for the sink at most.
  struct Limits {
    std::size_t events = 50'000;
    std::size_t bytes = std::size_t{64} << 20;
  };

  // The sink outlives this.
  explicit EventLane(EventSink& sink);
  EventLane(EventSink& sink, Limits limits);

  // Never waits.
  void Publish(Event event);
  // Waits until the sink has had every event.
  void Drain();

 private:
  void Published(std::size_t size);

  // Constant after construction.
  const Limits limits_;
  EventSink& sink_;

  Mutex mu_;
  CondVar changed_;
  std::size_t pending_ ROTA_GUARDED_BY(mu_) = 0;
  std::size_t bytes_ ROTA_GUARDED_BY(mu_) = 0;  // Of those.
  std::size_t dropped_ ROTA_GUARDED_BY(mu_) = 0;
  Event first_dropped_ ROTA_GUARDED_BY(mu_);  // When and where.

  WorkerPool lane_;  // Last, so that it ends first.
};

}  // namespace rota
