#pragma once

#include <memory>
#include <vector>

#include "rota/base/mutex.h"
#include "rota/base/status.h"
#include "rota/coordination/redis/backoff.h"
#include "rota/coordination/redis/connection.h"
#include "rota/coordination/redis/deadline.h"
#include "rota/coordination/redis/resolver.h"
#include "rota/coordination/redis/stream.h"
#include "rota/time/clock.h"

namespace rota::redis {

// What every node of a client shares. Constant but for the resolver; outlives the nodes.
struct Dialing {
  ConnectionOptions connection;
  Milliseconds connect_timeout{};
  const Clock& clock;  // For the delays between attempts.
  Resolver& resolver;
};

// A server, and the connections to it that wait for their next use. Thread-safe.
class Node {
 public:
  Node(Endpoint endpoint, const Dialing& dialing);

  const Endpoint& endpoint() const { return endpoint_; }

  // A connection that waits, or a new one. Fails at once with the last failure where it is too soon for an attempt.
  Result<Connection> Borrow(const Deadline& deadline);
  // Keeps a connection that has answered all it was asked.
  void Return(Connection connection);
  // Closes those that wait: one of them broke, so the server may have gone.
  void DropConnections();

 private:
  const Endpoint endpoint_;
  const Dialing& dialing_;
  Backoff backoff_;
  Mutex mu_;
  std::vector<Connection> idle_ ROTA_GUARDED_BY(mu_);
};

}  // namespace rota::redis
