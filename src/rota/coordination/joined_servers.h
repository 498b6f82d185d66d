#pragma once

#include <map>
#include <string>

#include "rota/base/mutex.h"
#include "rota/coordination/store.h"

namespace rota {

// The servers that joined through one store object: this process, mostly. Thread-safe.
class JoinedServers {
 public:
  void Add(const ServerInfo& server);

  // What joined under the id last; an empty incarnation when nothing has.
  ServerInfo Find(const std::string& id) const;
  // Server to incarnation.
  std::map<std::string, std::string> Incarnations() const;

  // Whether the process of `server` is known to have ended, although its heartbeat runs, seen from that of `joining`:
  // one that dies without Leave() and is started again gets its id back at once. Where the pid says too little (a
  // container's first process is always 1), what joined here tells whether it is this very process. An error costs no
  // exclusion: leases belong to run ids.
  bool Gone(const ServerInfo& server, const ServerInfo& joining) const;

 private:
  mutable Mutex mu_;
  std::map<std::string, ServerInfo> servers_ ROTA_GUARDED_BY(mu_);        // By incarnation.
  std::map<std::string, std::string> incarnations_ ROTA_GUARDED_BY(mu_);  // By id.
};

}  // namespace rota
