#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "rota/base/mutex.h"
#include "rota/coordination/store.h"
#include "rota/engine/event.h"
#include "rota/engine/worker_pool.h"
#include "rota/schedule/schedule.h"
#include "rota/time/clock.h"

namespace rota {

// Compares the schedule of a server with those that the other live servers follow: tells once of each different one,
// and once when nobody follows it any more, and has the server leave to those of the newest release what that defines
// differently, as long as one of them lives. Tasks that every server runs for itself are nobody else's and stay.
// A store that does not answer changes nothing. Thread-compatible.
class ReleaseWatch {
 public:
  // `own` is this server as it joined. `withhold` is called with an answer per task, or an empty list for none. What is
  // given by reference outlives this.
  ReleaseWatch(Store& store, Clock& clock, EventSink& events, ServerInfo own, std::shared_ptr<const Schedule> schedule,
               std::function<void(std::vector<bool>)> withhold);
  ~ReleaseWatch() { Stop(); }
  ReleaseWatch(const ReleaseWatch&) = delete;
  ReleaseWatch& operator=(const ReleaseWatch&) = delete;

  // Looks at the fleet once. REQUIRES: not started.
  void Look();
  // Looks every `period`, on a thread of its own, until Stop(). Once.
  void Start(Milliseconds period);
  // Has that thread end soon. Thread-safe.
  void Stop();

 private:
  void CompareSchedules(const std::vector<ServerInfo>& others);
  void LeaveTasks(const std::vector<ServerInfo>& others);
  // Which tasks the other server, of a newer release, defines differently; nothing where it does not say.
  const std::optional<std::vector<bool>>& ChangedBy(const ServerInfo& newer);
  void Publish(EventKind kind, std::string detail);

  // Constant after construction.
  Store& store_;
  Clock& clock_;
  EventSink& events_;
  const ServerInfo own_;
  const std::shared_ptr<const Schedule> schedule_;
  const std::function<void(std::vector<bool>)> withhold_;

  // The watching thread's.
  std::set<std::string> drifts_;                                     // The digests that were told of.
  std::map<std::string, std::optional<std::vector<bool>>> changed_;  // By digest.
  std::vector<bool> withheld_;

  Mutex mu_;
  CondVar wake_;
  bool stopped_ ROTA_GUARDED_BY(mu_) = false;

  WorkerPool thread_{"rota-releases", 1};  // Last, as it uses all of the above.
};

}  // namespace rota
