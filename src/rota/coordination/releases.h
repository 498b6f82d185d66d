#pragma once

#include <span>
#include <string>
#include <string_view>

#include "rota/base/instant.h"
#include "rota/coordination/store.h"

namespace rota {

// Whether one release came before another: numbers in their names count as numbers (v1.9 is older than v1.10), all else
// by its letters, and what ends first is older (1.4 than 1.4.1). Never where one of them is empty.
bool IsOlderRelease(std::string_view release, std::string_view other);

// A server that lives and follows a schedule.
bool Follows(const ServerInfo& server, WallTime now);

// Whether a server that follows another schedule than the fleet should is among them: of those that follow one, those
// of the newest release are right, or most of them; where there is no such majority, none is.
bool HasDrifted(const ServerInfo& server, std::span<const ServerInfo> servers, WallTime now);

}  // namespace rota
