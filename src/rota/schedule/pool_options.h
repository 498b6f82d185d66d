#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace rota {

// Workers of their own for the tasks that name the pool.
struct PoolOptions {
  int workers = 1;                 // Runs at once on this server,
  std::optional<int> fleet_limit;  // and on all servers together; nothing: no matter how many.
  friend bool operator==(const PoolOptions&, const PoolOptions&) = default;
};
using Pools = std::map<std::string, PoolOptions, std::less<>>;  // By name.

}  // namespace rota
