#include "rota/coordination/redis/node.h"

#include <optional>
#include <random>
#include <utility>

namespace rota::redis {

Node::Node(Endpoint endpoint, const Dialing& dialing)
    : endpoint_(std::move(endpoint)), dialing_(dialing), backoff_(std::random_device()()) {}

Result<Connection> Node::Borrow(const Deadline& deadline) {
  while (true) {
    std::optional<Connection> connection;
    {
      const MutexLock lock(mu_);
      if (idle_.empty()) break;
      connection = std::move(idle_.back());
      idle_.pop_back();
    }
    if (connection->IsQuiet()) return *std::move(connection);
  }
  if (auto failure = backoff_.Holds(dialing_.clock.SteadyNow())) return Fail(*std::move(failure));
  auto connection =
      Connection::Open(endpoint_, dialing_.connection, dialing_.resolver, deadline.Within(dialing_.connect_timeout));
  if (connection) {
    backoff_.Succeeded();
  } else {
    backoff_.Failed(connection.error(), dialing_.clock.SteadyNow());
  }
  return connection;
}

void Node::Return(Connection connection) {
  constexpr std::size_t kMostIdle = 8;
  const MutexLock lock(mu_);
  if (idle_.size() < kMostIdle) idle_.push_back(std::move(connection));
}

void Node::DropConnections() {
  std::vector<Connection> dropped;  // Closed without the lock.
  const MutexLock lock(mu_);
  dropped.swap(idle_);
}

}  // namespace rota::redis
