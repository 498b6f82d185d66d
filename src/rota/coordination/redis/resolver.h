#pragma once

#include <sys/socket.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "rota/base/mutex.h"
#include "rota/base/status.h"
#include "rota/coordination/redis/deadline.h"

namespace rota::redis {

// An address to connect to, as the system has it.
struct SocketAddress {
  sockaddr_storage storage{};
  socklen_t size = 0;
};

// Looks up names of hosts. The system's look-up cannot be told to hurry, so it runs on a thread of its own, and whoever
// asks waits for it no longer than he likes. There is at most one look-up of a host at a time. The destructor waits for
// those that run. Thread-safe.
class Resolver {
 public:
  Resolver() = default;
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  // Errors: kUnavailable, "host \"redis\": Name or service not known".
  Result<std::vector<SocketAddress>> Resolve(const std::string& host, int port, const Deadline& deadline);

 private:
  struct Lookup;

  Mutex mu_;
  std::map<std::string, std::shared_ptr<Lookup>> lookups_ ROTA_GUARDED_BY(mu_);  // By host and port.
};

}  // namespace rota::redis
