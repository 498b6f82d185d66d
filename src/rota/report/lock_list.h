#pragma once

#include <span>
#include <string>

#include "rota/base/instant.h"
#include "rota/coordination/store.h"

namespace rota {

// "web-1 since 2026-03-07T02:00:00Z and web-2 (gone) since …"; a server is gone when its heartbeat has run out.
std::string DescribeHolders(std::span<const Lock> locks, std::span<const ServerInfo> servers, WallTime now);

// An aligned table, times in UTC; what is left of a lease is that at `now`.
std::string ToTable(std::span<const Lock> locks, WallTime now);
// An array with an object for each lock.
std::string ToJson(std::span<const Lock> locks);

}  // namespace rota
