#include "rota/coordination/redis/scripts.h"

#include <string>

namespace rota::redis {
namespace {

Script OfShard(std::string_view body) {
  std::string text(lua::kCall);
  text.append(lua::kShard).append(lua::kLedger).append(body);
  return Script(std::move(text));
}

Script Alone(std::string_view body) { return Script(std::string(lua::kCall).append(body)); }

}  // namespace

const Scripts& AllScripts() {
  static const Scripts kScripts{.claim = OfShard(lua::kClaim),
                                .renew = OfShard(lua::kRenew),
                                .finish = OfShard(lua::kFinish),
                                .reassert = OfShard(lua::kReassert),
                                .reap = OfShard(lua::kReap),
                                .seed = OfShard(lua::kSeed),
                                .unlock = OfShard(lua::kUnlock),
                                .cancel = OfShard(lua::kCancel),
                                .locks = OfShard(lua::kLocks),
                                .pause = Alone(lua::kPause),
                                .fleet = Alone(lua::kFleet)};
  return kScripts;
}

}  // namespace rota::redis
