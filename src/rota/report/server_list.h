#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/instant.h"
#include "rota/coordination/store.h"

namespace rota {

// What a list of the fleet shows of one server.
struct ServerRow {
  ServerInfo server;
  bool alive = false;    // Its heartbeat has not run out.
  bool drifted = false;  // It follows another schedule than it should: HasDrifted().
};

// True when the server is among them and its heartbeat has not run out.
bool IsAlive(std::string_view server, std::span<const ServerInfo> servers, WallTime now);

std::vector<ServerRow> ListServers(std::span<const ServerInfo> servers, WallTime now);

// Removes the servers that are gone and were last heard of more than a day ago.
void KeepRecent(std::vector<ServerRow>& rows, WallTime now);

// An aligned table, times in UTC.
std::string ToTable(std::span<const ServerRow> rows, WallTime now);
// An array with an object for each server.
std::string ToJson(std::span<const ServerRow> rows);

}  // namespace rota
