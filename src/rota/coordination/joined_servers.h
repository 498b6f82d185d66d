#pragma once

#include <map>
#include <string>
#include <vector>

#include "rota/base/mutex.h"
#include "rota/coordination/store.h"

namespace rota {

// Where the pid of this process counts: a name of the machine's pid namespace and boot, as good as unique. Containers
// may share a host's name, and have the same pid each. Empty where the system does not tell.
std::string PidSpace();

// Whether the pid of a server counts in this process too.
bool SharesPids(const ServerInfo& server);

// The servers that joined through one store object: this process, mostly. Thread-safe.
class JoinedServers {
 public:
  void Add(const ServerInfo& server);

  // What joined under the id last; an empty incarnation when nothing has.
  ServerInfo Find(const std::string& id) const;
  // Server to incarnation.
  std::map<std::string, std::string> Incarnations() const;

  // A finding for each id that another process has taken since: while this one was paused for longer than its heartbeat
  // lasts, say.
  std::vector<Finding> FindTaken(const std::vector<ServerInfo>& servers) const;

  // Whether the process of `server` is known to have ended, although its heartbeat runs, seen from that of `joining`:
  // one that dies without Leave() and is started again gets its id back at once. Pids say so only where both count in
  // one PidSpace(); of one with the same pid, what joined here tells whether it is this very process. An error costs no
  // exclusion: leases belong to run ids.
  bool Gone(const ServerInfo& server, const ServerInfo& joining) const;

 private:
  mutable Mutex mu_;
  std::map<std::string, ServerInfo> servers_ ROTA_GUARDED_BY(mu_);        // By incarnation.
  std::map<std::string, std::string> incarnations_ ROTA_GUARDED_BY(mu_);  // By id.
};

}  // namespace rota
