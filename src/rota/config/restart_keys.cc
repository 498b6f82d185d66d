#include "rota/config/restart_keys.h"

#include <string_view>

namespace rota {

std::vector<std::string> KeysThatNeedARestart(const Options& in_force, const Options& fresh) {
  std::vector<std::string> keys;
  const auto compare = [&keys](std::string_view key, const auto& before, const auto& after) {
    if (before != after) keys.emplace_back(key);
  };
  compare("app.name", in_force.app.name, fresh.app.name);
  compare("app.environment", in_force.app.environment, fresh.app.environment);
  compare("server.id", in_force.server.id, fresh.server.id);
  compare("coordination.driver", in_force.coordination.driver, fresh.coordination.driver);
  compare("coordination.path", in_force.coordination.path, fresh.coordination.path);
  compare("coordination.lease_ttl", in_force.coordination.lease_ttl, fresh.coordination.lease_ttl);
  compare("coordination.max_skew", in_force.coordination.max_skew, fresh.coordination.max_skew);
  compare("redis", in_force.redis, fresh.redis);
  compare("log.level", in_force.log.level, fresh.log.level);
  compare("log.file", in_force.log.file, fresh.log.file);
  compare("log.max_size", in_force.log.max_size, fresh.log.max_size);
  compare("log.max_files", in_force.log.max_files, fresh.log.max_files);
  compare("history", in_force.history, fresh.history);
  return keys;
}

}  // namespace rota
