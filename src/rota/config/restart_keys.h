#pragma once

#include <string>
#include <vector>

#include "rota/config/options.h"

namespace rota {

// The keys of `fresh` that differ from those in force and that a server takes up at its start alone: "log.file". The
// sections `redis` and `history` count as one each.
std::vector<std::string> KeysThatNeedARestart(const Options& in_force, const Options& fresh);

}  // namespace rota
