#pragma once

#include <map>
#include <memory>
#include <string>

#include "rota/base/instant.h"
#include "rota/base/status.h"
#include "rota/coordination/store.h"
#include "rota/time/clock.h"

namespace rota::chaos {

inline constexpr Milliseconds kMaxSkew = std::chrono::seconds(2);

// The store that the fleet under test shares.
class Backend {
 public:
  virtual ~Backend() = default;
  // Its sections of config.yaml, `coordination` without its common keys.
  virtual std::string Config() const = 0;
  // Variables that the configuration refers to; servers may reach the store by ways of their own.
  virtual std::map<std::string, std::string> Environment(int server) const = 0;
  // As an observer reaches it, whatever becomes of the servers' ways.
  virtual Result<std::unique_ptr<Store>> Open(Clock& clock) const = 0;
};

// A file in `folder`.
std::unique_ptr<Backend> MakeSqliteBackend(const std::string& folder);

}  // namespace rota::chaos
