#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/instant.h"
#include "rota/coordination/ledger.h"
#include "rota/coordination/sqlite/connection.h"
#include "rota/coordination/store.h"

// What the ledger's types look like in the tables. To be called within Connection::Transact(), which reports errors.
namespace rota::sqlite {

ledger::ScopeState LoadScope(Connection& connection, const Scope& scope);
// The watermark alone; nothing when the scope has never been seen.
std::optional<WallTime> LoadWatermark(Connection& connection, const Scope& scope);
// Gives a scope without a watermark this one. Returns the one it has now.
WallTime SeedWatermark(Connection& connection, const Scope& scope, WallTime seed);

struct ScopedLease {
  Scope scope;
  ledger::Lease lease;
};
// The leases that ran out at or before `now`, by scope and token.
std::vector<ScopedLease> LoadExpiredLeases(Connection& connection, WallTime now);
// All leases, by scope and token.
std::vector<ScopedLease> LoadLeases(Connection& connection);

std::optional<ledger::Entry> LoadEntry(Connection& connection, std::string_view run_id);
std::vector<OccurrenceRecord> LoadRecords(Connection& connection, const HistoryQuery& query);
// Deletes up to `limit` records older than `oldest`, but none of a run under way. Returns how many.
int DropRecords(Connection& connection, WallTime oldest, int limit);

void Apply(Connection& connection, const Scope& scope, const ledger::Changes& changes);

// All servers, by id.
std::vector<ServerInfo> LoadServers(Connection& connection);
std::optional<ServerInfo> LoadServer(Connection& connection, std::string_view id);
void SaveServer(Connection& connection, const ServerInfo& server);

// Where the row of a target's pause is: its `task`.
std::optional<std::string> PlaceOf(const PauseTarget& target);
// All pauses, by target.
std::vector<Pause> LoadPauses(Connection& connection);

}  // namespace rota::sqlite
