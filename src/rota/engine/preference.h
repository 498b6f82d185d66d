#pragma once

#include <string>
#include <vector>

#include "rota/engine/agenda.h"
#include "rota/schedule/schedule.h"

namespace rota {

// Which unique tasks this server claims at once, and which it leaves to others for a head start. Every server computes
// the same answer from the live servers alone, without asking: rendezvous hashing (Thaler and Ravishankar 1998), so
// that few tasks move when a server comes or goes, with bounded loads (Mirrokni, Thorup and Zadimoghaddam 2018), so
// that no server prefers more than its share of all tasks or of those that are due together. Confined to the engine
// thread.
class Preference {
 public:
  // `server` prefers every task until SetServers() names others.
  Preference(const Schedule& schedule, const Agenda& agenda, std::string server);

  // The live servers that follow the schedule, in order. One that is not among them prefers nothing until it is.
  void SetServers(const std::vector<std::string>& servers);

  // True when other servers have a part in the work.
  bool shared() const { return servers_.size() > 1; }
  bool Prefers(TaskIndex task) const { return !shared() || preferred_[task]; }

 private:
  const Schedule& schedule_;
  const Agenda& agenda_;
  const std::string server_;
  std::vector<std::string> servers_;
  std::vector<bool> preferred_;  // Per task.
};

}  // namespace rota
