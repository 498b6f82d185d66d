#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "rota/base/status.h"
#include "rota/coordination/redis/deadline.h"
#include "rota/coordination/redis/node.h"
#include "rota/coordination/redis/redis_store.h"

namespace rota::redis {

// Knows which server to talk to, and finds out anew when that may have changed. Thread-safe.
class Directory {
 public:
  using NodePtr = std::shared_ptr<Node>;

  virtual ~Directory() = default;
  // The primary that serves a key. Errors: kUnavailable.
  virtual Result<NodePtr> NodeOf(std::string_view key, const Deadline& deadline) = 0;
  // Every primary that serves keys. Errors: kUnavailable.
  virtual Result<std::vector<NodePtr>> Primaries(const Deadline& deadline) = 0;
  // The server that another one points to; null where servers do not point to each other.
  virtual NodePtr NodeAt(const Endpoint& endpoint) = 0;
  // Says that a server did not answer, or answered that it does not serve (any more): what is known is found out anew
  // before it is used again.
  virtual void Doubt(const Node& node) = 0;
};

// Makes that of one server, of the primary that Sentinels name, or of a cluster, as the options say. They and `dialing`
// must outlive it.
std::unique_ptr<Directory> MakeDirectory(const RedisStoreOptions& options, const Dialing& dialing);

}  // namespace rota::redis
