#include "rota/coordination/joined_servers.h"

#include <signal.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "rota/base/format.h"
#include "rota/base/hash.h"

namespace rota {
namespace {

std::string_view PidSpaceOf(const ServerInfo& server) {
  const std::size_t at = server.incarnation.rfind('@');
  return at == std::string::npos ? std::string_view() : std::string_view(server.incarnation).substr(at + 1);
}

// Also one that nobody has waited for yet: a container's first process, or a supervisor that is busy, may leave it so.
bool HasEnded(pid_t pid) {
  if (kill(pid, 0) != 0 && errno == ESRCH) return true;
  std::string stat;
  std::getline(std::ifstream(Format("/proc/{}/stat", pid)), stat, '\0');
  const std::size_t name_end = stat.rfind(')');  // The name may hold anything.
  if (name_end == std::string::npos || name_end + 2 >= stat.size()) return false;
  const char state = stat[name_end + 2];
  return state == 'Z' || state == 'X';
}

}  // namespace

std::string PidSpace() {
  std::string boot;
  std::getline(std::ifstream("/proc/sys/kernel/random/boot_id"), boot);
  std::error_code error;
  const std::filesystem::path space = std::filesystem::read_symlink("/proc/self/ns/pid", error);
  if (boot.empty() || error) return "";
  return Format("{:08x}", StableHash(boot + space.string()) >> 32);
}

bool SharesPids(const ServerInfo& server) {
  const std::string_view space = PidSpaceOf(server);
  return server.pid > 0 && !space.empty() && space == PidSpace();
}

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

std::vector<Finding> JoinedServers::FindTaken(const std::vector<ServerInfo>& servers) const {
  const std::map<std::string, std::string> joined = Incarnations();
  std::vector<Finding> findings;
  for (const ServerInfo& server : servers) {
    const auto own = joined.find(server.id);
    if (own == joined.end() || own->second == server.incarnation) continue;
    findings.push_back({"id-taken", Severity::kError,
                        Format("server {}: its id went to another process (pid {} on {}) when its heartbeat was late: "
                               "the two share the tasks that run on every server",
                               server.id, server.pid, server.host),
                        "restart this server; where both are to run, give each its own server.id"});
  }
  return findings;
}

bool JoinedServers::Gone(const ServerInfo& server, const ServerInfo& joining) const {
  const std::string_view space = PidSpaceOf(server);
  if (space.empty() || space != PidSpaceOf(joining) || server.host != joining.host || server.pid <= 0) return false;
  if (server.pid == joining.pid) {
    MutexLock lock(mu_);
    return !servers_.contains(server.incarnation);
  }
  return HasEnded(server.pid);
}

}  // namespace rota
