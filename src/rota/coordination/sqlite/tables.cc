#include "rota/coordination/sqlite/tables.h"

#include <array>
#include <initializer_list>

#include "rota/base/format.h"

namespace rota::sqlite {
namespace {

using ledger::Changes;
using ledger::Entry;
using ledger::Lease;
using ledger::ScopeState;

constexpr std::string_view kRecordColumns =
    "run_id, task, scope, kind, scheduled_at, scheduled_last, count, server, attempt, token, started_at, finished_at, "
    "outcome, reason, output_tail, answer, holder";

constexpr std::string_view kLeaseColumns =
    "run_id, server, incarnation, exclusive, token, lease_until, lock_until, stop, attempts_if_lost, lock_timeout, "
    "scope";

// Returns the enumerator with this name; a name that does not exist fails the transaction.
template <typename Enum, std::size_t kCount>
Enum Named(Connection& connection, std::string_view name, const std::array<Enum, kCount>& all) {
  for (const Enum one : all) {
    if (Name(one) == name) return one;
  }
  connection.Fail(DataLoss("{}: the database holds an unknown word: {}", connection.path(), name));
  return all[0];
}

constexpr std::array kKinds = {OccurrenceKind::kScheduled, OccurrenceKind::kManual, OccurrenceKind::kBackfill,
                               OccurrenceKind::kStart};
constexpr std::array kOutcomes = {Outcome::kRunning,  Outcome::kSucceeded, Outcome::kFailed,
                                  Outcome::kTimedOut, Outcome::kCancelled, Outcome::kLost,
                                  Outcome::kSkipped,  Outcome::kMissed,    Outcome::kUnknown};
constexpr std::array kAnswers = {ClaimOutcome::kClaimed, ClaimOutcome::kDecided, ClaimOutcome::kOverlap,
                                 ClaimOutcome::kPaused,  ClaimOutcome::kEarly,   ClaimOutcome::kBusy};

Entry ReadEntry(Connection& connection, const Rows& rows) {
  Entry entry;
  OccurrenceRecord& record = entry.record;
  record.run_id = rows.Text(0);
  record.task = rows.Text(1);
  record.scope = rows.Text(2);
  record.kind = Named(connection, rows.Text(3), kKinds);
  record.scheduled_at = rows.Time(4);
  record.scheduled_last = rows.Time(5);
  record.count = static_cast<std::uint64_t>(rows.Int(6));
  record.server = rows.Text(7);
  record.attempt = static_cast<int>(rows.Int(8));
  record.token = static_cast<std::uint64_t>(rows.Int(9));
  record.started_at = rows.MaybeTime(10);
  record.finished_at = rows.MaybeTime(11);
  record.outcome = Named(connection, rows.Text(12), kOutcomes);
  record.reason = rows.Text(13);
  record.output_tail = rows.Text(14);
  if (!rows.IsNull(15)) entry.answer = Named(connection, rows.Text(15), kAnswers);
  entry.holder = rows.Text(16);
  return entry;
}

void SaveEntry(Connection& connection, const Entry& entry) {
  const OccurrenceRecord& record = entry.record;
  std::optional<std::string_view> answer;
  if (entry.answer) answer = Name(*entry.answer);
  static const std::string kSql =
      Format("REPLACE INTO records ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", kRecordColumns);
  connection.Run(
      kSql, {record.run_id, record.task, record.scope, Name(record.kind), record.scheduled_at, record.scheduled_last,
             record.count, record.server, record.attempt, record.token, record.started_at, record.finished_at,
             Name(record.outcome), record.reason, record.output_tail, answer, entry.holder});
}

// Reads a row of kLeaseColumns.
Lease ReadLease(const Rows& rows) {
  Lease lease;
  lease.run_id = rows.Text(0);
  lease.server = rows.Text(1);
  lease.incarnation = rows.Text(2);
  lease.overlap = rows.Int(3) != 0 ? OverlapPolicy::kSkip : OverlapPolicy::kAllow;
  lease.token = static_cast<std::uint64_t>(rows.Int(4));
  lease.lease_until = rows.Time(5);
  lease.lock_until = rows.Time(6);
  lease.stop = rows.Text(7);
  lease.attempts_if_lost = static_cast<int>(rows.Int(8));
  lease.lock_timeout = Milliseconds(rows.Int(9));
  return lease;
}

ServerInfo ReadServer(const Rows& rows) {
  ServerInfo server;
  server.id = rows.Text(0);
  server.incarnation = rows.Text(1);
  server.host = rows.Text(2);
  server.pid = static_cast<int>(rows.Int(3));
  server.version = rows.Text(4);
  server.schedule_digest = rows.Text(5);
  server.started_at = rows.Time(6);
  server.seen_at = rows.Time(7);
  server.alive_until = rows.Time(8);
  server.release = rows.Text(9);
  server.reload_error = rows.Text(10);
  server.loaded_at = rows.Time(11);
  return server;
}

}  // namespace

ScopeState LoadScope(Connection& connection, const Scope& scope) {
  ScopeState state;
  {
    Rows rows = connection.Query("SELECT watermark, token FROM scopes WHERE scope = ?", {scope});
    if (!rows.Next()) return state;
    state.watermark = rows.MaybeTime(0);
    state.token = static_cast<std::uint64_t>(rows.Int(1));
  }
  static const std::string kSql = Format("SELECT {} FROM leases WHERE scope = ? ORDER BY token", kLeaseColumns);
  Rows rows = connection.Query(kSql, {scope});
  while (rows.Next()) state.leases.push_back(ReadLease(rows));
  return state;
}

std::optional<WallTime> LoadWatermark(Connection& connection, const Scope& scope) {
  Rows rows = connection.Query("SELECT watermark FROM scopes WHERE scope = ?", {scope});
  return rows.Next() ? rows.MaybeTime(0) : std::nullopt;
}

WallTime SeedWatermark(Connection& connection, const Scope& scope, WallTime seed) {
  Rows rows = connection.Query(
      "INSERT INTO scopes (scope, watermark, token) VALUES (?, ?, 0) "
      "ON CONFLICT (scope) DO UPDATE SET watermark = coalesce(watermark, excluded.watermark) RETURNING watermark",
      {scope, seed});
  const WallTime watermark = rows.Next() ? rows.Time(0) : seed;
  while (rows.Next()) {
  }
  return watermark;
}

std::vector<ScopedLease> LoadExpiredLeases(Connection& connection, WallTime now) {
  std::vector<ScopedLease> expired;
  static const std::string kSql =
      Format("SELECT {} FROM leases WHERE lease_until <= ? ORDER BY scope, token", kLeaseColumns);
  Rows rows = connection.Query(kSql, {now});
  while (rows.Next()) expired.push_back({rows.Text(10), ReadLease(rows)});
  return expired;
}

std::vector<ScopedLease> LoadLeases(Connection& connection) {
  std::vector<ScopedLease> leases;
  static const std::string kSql = Format("SELECT {} FROM leases ORDER BY scope, token", kLeaseColumns);
  Rows rows = connection.Query(kSql);
  while (rows.Next()) leases.push_back({rows.Text(10), ReadLease(rows)});
  return leases;
}

std::optional<Entry> LoadEntry(Connection& connection, std::string_view run_id) {
  static const std::string kSql = Format("SELECT {} FROM records WHERE run_id = ?", kRecordColumns);
  Rows rows = connection.Query(kSql, {run_id});
  if (!rows.Next()) return std::nullopt;
  return ReadEntry(connection, rows);
}

std::vector<OccurrenceRecord> LoadRecords(Connection& connection, const HistoryQuery& query) {
  std::string sql = Format("SELECT {} FROM records WHERE true", kRecordColumns);
  std::vector<Value> values;
  const auto restrict = [&](std::string_view condition, const auto& value) {
    if (!value) return;
    sql += condition;
    values.emplace_back(*value);
  };
  std::optional<std::string_view> outcome;
  if (query.outcome) outcome = Name(*query.outcome);
  restrict(" AND task = ?", query.task);
  restrict(" AND run_id = ?", query.run_id);
  restrict(" AND outcome = ?", outcome);
  restrict(" AND server = ?", query.server);
  restrict(" AND scheduled_at <= ?", query.covering);
  restrict(" AND scheduled_last >= ?", query.covering);
  restrict(" AND scheduled_last >= ?", query.from);
  restrict(" AND scheduled_at < ?", query.to);
  sql += " ORDER BY scheduled_last DESC, run_id DESC LIMIT ?";
  values.emplace_back(std::max(query.limit, 0));

  std::vector<OccurrenceRecord> records;
  Rows rows = connection.Query(sql, values);
  while (rows.Next()) records.push_back(ReadEntry(connection, rows).record);
  return records;
}

int DropRecords(Connection& connection, WallTime oldest, int limit) {
  int dropped = 0;
  Rows rows = connection.Query(
      "DELETE FROM records WHERE run_id IN (SELECT run_id FROM records WHERE scheduled_last < ? AND "
      "outcome <> 'running' ORDER BY scheduled_last LIMIT ?) RETURNING 1",
      {oldest, limit});
  while (rows.Next()) ++dropped;
  return dropped;
}

void Apply(Connection& connection, const Scope& scope, const Changes& changes) {
  if (changes.watermark || changes.token) {
    connection.Run(
        "INSERT INTO scopes (scope, watermark, token) VALUES (?1, ?2, coalesce(?3, 0)) ON CONFLICT (scope) DO UPDATE "
        "SET watermark = coalesce(?2, watermark), token = coalesce(?3, token)",
        {scope, changes.watermark, changes.token});
  }
  if (changes.released) {
    connection.Run("DELETE FROM leases WHERE run_id = ? AND scope = ?", {*changes.released, scope});
  }
  if (changes.lease) {
    const Lease& lease = *changes.lease;
    static const std::string kSql =
        Format("REPLACE INTO leases ({}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", kLeaseColumns);
    connection.Run(kSql, {lease.run_id, lease.server, lease.incarnation, lease.overlap == OverlapPolicy::kAllow ? 0 : 1,
                          lease.token, lease.lease_until, lease.lock_until, lease.stop, lease.attempts_if_lost,
                          lease.lock_timeout.count(), scope});
  }
  for (const Entry& entry : changes.entries) SaveEntry(connection, entry);
}

std::vector<ServerInfo> LoadServers(Connection& connection) {
  std::vector<ServerInfo> servers;
  Rows rows = connection.Query(
      "SELECT id, incarnation, host, pid, version, schedule_digest, started_at, seen_at, alive_until, release, "
      "reload_error, loaded_at FROM servers "
      "ORDER BY id");
  while (rows.Next()) servers.push_back(ReadServer(rows));
  return servers;
}

std::optional<ServerInfo> LoadServer(Connection& connection, std::string_view id) {
  Rows rows = connection.Query(
      "SELECT id, incarnation, host, pid, version, schedule_digest, started_at, seen_at, alive_until, release, "
      "reload_error, loaded_at FROM servers "
      "WHERE id = ?",
      {id});
  if (!rows.Next()) return std::nullopt;
  return ReadServer(rows);
}

void SaveServer(Connection& connection, const ServerInfo& server) {
  connection.Run(
      "REPLACE INTO servers (id, incarnation, host, pid, version, schedule_digest, started_at, seen_at, alive_until, "
      "release, reload_error, loaded_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
      {server.id, server.incarnation, server.host, server.pid, server.version, server.schedule_digest,
       server.started_at, server.seen_at, server.alive_until, server.release, server.reload_error, server.loaded_at});
}

std::optional<std::string> PlaceOf(const PauseTarget& target) {
  if (target == PauseTarget::All()) return std::nullopt;
  return KeyOf(target);
}

std::vector<Pause> LoadPauses(Connection& connection) {
  std::vector<Pause> pauses;
  Rows rows = connection.Query("SELECT task, author, reason, since, until FROM pauses ORDER BY task NULLS FIRST");
  while (rows.Next()) {
    Pause pause;
    if (!rows.IsNull(0)) pause.target = TargetOf(rows.Text(0));
    pause.author = rows.Text(1);
    pause.reason = rows.Text(2);
    pause.since = rows.Time(3);
    pause.until = rows.MaybeTime(4);
    pauses.push_back(std::move(pause));
  }
  return pauses;
}

}  // namespace rota::sqlite
