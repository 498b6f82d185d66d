#pragma once

#include <cstddef>

#include "rota/base/mutex.h"
#include "rota/engine/event.h"
#include "rota/engine/worker_pool.h"

namespace rota {

// Hands events to a sink on a thread of its own, in order, so that writing a log line holds up no claim. Thread-safe.
class EventLane {
 public:
  // The sink outlives this.
  explicit EventLane(EventSink& sink);

  // Waits only while the sink is very far behind.
  void Publish(Event event);
  // Waits until the sink has had every event.
  void Drain();

 private:
  EventSink& sink_;
  Mutex mu_;
  CondVar changed_;
  std::size_t pending_ ROTA_GUARDED_BY(mu_) = 0;

  WorkerPool lane_;  // Last, so that it ends first.
};

}  // namespace rota
