#pragma once

#include <sys/types.h>

#include "rota/base/mutex.h"
#include "rota/run/spawn.h"

namespace rota {

// Ends the children's children too when this process is killed. The kernel's parent-death signal reaches a child, but
// not what that child started: `pg_dump | gzip` would live on beside the next run of its task. So a small shell waits
// at the other end of a socket, is told of every process group, and kills those that are left when the socket closes,
// whatever closed it. It starts with the first group. Where it cannot be started, the parent-death signal is all there
// is. Thread-safe.
class ProcessGuard {
 public:
  ProcessGuard() = default;
  ~ProcessGuard();
  ProcessGuard(const ProcessGuard&) = delete;
  ProcessGuard& operator=(const ProcessGuard&) = delete;

  void Add(pid_t group);
  // To be called before the group's leader is waited for: after that its id may be another's.
  void Remove(pid_t group);

 private:
  void Start() ROTA_REQUIRES(mu_);
  void Tell(char change, pid_t group) ROTA_REQUIRES(mu_);

  // Held over a send() to the socket, which blocks only when the shell is thousands of lines behind.
  Mutex mu_;
  bool started_ ROTA_GUARDED_BY(mu_) = false;
  Child shell_ ROTA_GUARDED_BY(mu_);
  FileDescriptor socket_ ROTA_GUARDED_BY(mu_);
};

}  // namespace rota
