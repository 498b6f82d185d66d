#pragma once

#include <string_view>

#include "rota/coordination/redis/client.h"

namespace rota::redis {

// The texts of scripts/*.lua, which the build puts into a source file.
namespace lua {
extern const std::string_view kCall, kShard, kLedger, kClaim, kRenew, kFinish, kReassert, kReap, kSeed, kUnlock,
    kCancel, kLocks, kPause, kFleet;
}  // namespace lua

// The decisions that are made inside Redis. Immutable.
struct Scripts {
  // Of a shard.
  Script claim;
  Script renew;
  Script finish;
  Script reassert;
  Script reap;
  Script seed;
  Script unlock;
  Script cancel;
  Script locks;
  Script pause;
  // Of the fleet.
  Script fleet;
};
const Scripts& AllScripts();

}  // namespace rota::redis
