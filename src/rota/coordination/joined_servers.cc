#include "rota/coordination/joined_servers.h"

#include <signal.h>

#include <cerrno>

namespace rota {

void JoinedServers::Add(const ServerInfo& server) {
  MutexLock lock(mu_);
  servers_[server.incarnation] = server;
  incarnations_[server.id] = server.incarnation;
}

ServerInfo JoinedServers::Find(const std::string& id) const {
  MutexLock lock(mu_);
  const auto found = incarnations_.find(id);
  return found == incarnations_.end() ? ServerInfo() : servers_.at(found->second);
}

std::map<std::string, std::string> JoinedServers::Incarnations() const {
  MutexLock lock(mu_);
  return incarnations_;
}

bool JoinedServers::Gone(const ServerInfo& server, const ServerInfo& joining) const {
  if (server.host != joining.host || server.pid <= 0) return false;
  if (server.pid == joining.pid) {
    MutexLock lock(mu_);
    return !servers_.contains(server.incarnation);
  }
  return kill(server.pid, 0) != 0 && errno == ESRCH;
}

}  // namespace rota
