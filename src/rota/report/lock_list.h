#pragma once

#include <span>
#include <string>

#include "rota/base/instant.h"
#include "rota/coordination/store.h"

namespace rota {

// "web-1 since 2026-03-07T02:00:00Z and web-2 (gone) since …"; a server is gone when its heartbeat has run out.
std::string DescribeHolders(std::span<const Lock> locks, std::span<const ServerInfo> servers, WallTime now);

// What is held: a task, or "pool reports" for one of its slots.
std::string NameOf(const Lock& lock);

// False for the run that began without the store: it is among the locks as long as it is under way, but has no lease,
// and its ends are the epoch.
bool HoldsLease(const Lock& lock);

// An aligned table, times in UTC; what is left of a lease is that at `now`.
std::string ToTable(std::span<const Lock> locks, WallTime now);
// An array with an object for each lock.
std::string ToJson(std::span<const Lock> locks);

}  // namespace rota
