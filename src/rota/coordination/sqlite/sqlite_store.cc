#include "rota/coordination/sqlite/sqlite_store.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "rota/base/format.h"
#include "rota/coordination/joined_servers.h"
#include "rota/coordination/ledger.h"
#include "rota/coordination/sqlite/connection.h"
#include "rota/coordination/sqlite/schema.h"
#include "rota/coordination/sqlite/tables.h"

// Interleavings. Every decision is made inside one BEGIN IMMEDIATE transaction, which keeps all other writers of the
// file out from its first statement on: what was loaded is still true when the changes are written. The store's time
// is read inside it too, after the wait for the file. Readers see the last commit (WAL) and never wait. Threads of
// this process queue for the one connection that writes; processes queue by SQLite's busy time-out.

namespace rota {
namespace {

using ledger::Changes;
using ledger::Entry;
using sqlite::Access;
using sqlite::Connection;

constexpr int kReaders = 2;
// Join() registers, and Reap() drops, so many rows a transaction: other processes get their turn in between.
constexpr std::size_t kRowsAtATime = 5'000;
constexpr int kDropsAtATime = 1'000;
constexpr int kDropsPerReap = 10;

class SqliteStore final : public Store {
 public:
  SqliteStore(const SqliteStoreOptions& options, Clock& clock) : options_(options), clock_(clock) {}

  // Makes or checks the file. All connections are opened now: a later one might meet another file at the same path.
  Status Open() {
    for (int i = 0; i <= kReaders; ++i) {
      Result<std::unique_ptr<Connection>> connection = Connection::Open(options_.path, options_.busy_timeout);
      if (!connection) return connection.error();
      if (Status status = sqlite::UseSchema(**connection); !status.ok()) return status;
      (i == 0 ? writer_ : readers_).Add(*std::move(connection));
    }
    return Status::Ok();
  }

  std::string name() const override { return Format("sqlite {}", options_.path); }

  Result<std::vector<ClaimReply>> Claim(std::span<const ClaimRequest> requests) override;
  Result<RenewReply> Renew(const std::string& server, std::span<const LeaseRef> leases, Milliseconds ttl) override;
  Result<std::vector<FinishOutcome>> Finish(std::span<const OccurrenceRecord> records) override;
  Result<std::vector<OccurrenceRecord>> Reap(const std::string& reaper, Milliseconds ttl) override;
  // A file keeps what it acknowledged, or cannot be read at all: nobody is ever asked to remember for it.
  Result<Milliseconds> Reassert(const std::string&, const Memory&) override { return Milliseconds(0); }
  Result<std::vector<OccurrenceRecord>> Query(const HistoryQuery& query) override;
  Result<JoinReply> Join(const JoinRequest& request) override;
  Status Leave(const std::string& server_id) override;
  Result<std::vector<ServerInfo>> Servers() override;
  Result<std::string> Manifest(const std::string& server_id) override;
  Result<WallTime> StoreTime() override { return clock_.Now(); }
  Status SetPause(const Pause& pause) override;
  Status ClearPause(const PauseTarget& target) override;
  Result<std::vector<Pause>> Pauses() override;
  Result<std::vector<Lock>> Locks() override;
  Status Unlock(const Scope& scope, const std::string& run_id) override;
  Status Cancel(const Scope& scope, const std::string& run_id, const std::string& cause) override;
  Result<std::vector<Finding>> Examine() override;

 private:
  // Calls `work(connection, value)` in a transaction and returns the value that it filled in.
  template <typename T, typename Work>
  Result<T> Transact(Access access, Work work) {
    T value{};
    Status status = (access == Access::kWrite ? writer_ : readers_).With([&](Connection& connection) {
      return connection.Transact(access, [&] { work(connection, value); });
    });
    if (!status.ok()) return Fail(std::move(status));
    return value;
  }
  template <typename Work>
  Status Write(Work work) {
    return writer_.With(
        [&](Connection& connection) { return connection.Transact(Access::kWrite, [&] { work(connection); }); });
  }

  // Changes the lease of a run, in a transaction.
  Status ChangeLease(const Scope& scope, const std::string& run_id,
                     const std::function<Changes(const ledger::Lease&)>& decide);
  void Beat(Connection& connection, const std::string& server, WallTime now, WallTime alive_until);
  ServerInfo JoinFleet(Connection& connection, const JoinRequest& request);
  Status Register(const JoinRequest& request, JoinReply& reply);

  // Constant after construction.
  const SqliteStoreOptions options_;
  const Clock& clock_;

  sqlite::Pool writer_;
  sqlite::Pool readers_;

  JoinedServers joined_;
};

Result<std::vector<ClaimReply>> SqliteStore::Claim(std::span<const ClaimRequest> requests) {
  return Transact<std::vector<ClaimReply>>(Access::kWrite, [&](Connection& connection, auto& replies) {
    const WallTime now = clock_.Now();
    const std::vector<Pause> pauses = sqlite::LoadPauses(connection);
    const std::map<std::string, std::string> incarnations = joined_.Incarnations();
    replies.reserve(requests.size());
    for (const ClaimRequest& request : requests) {
      const auto incarnation = incarnations.find(request.server);
      const std::optional<Entry> known = sqlite::LoadEntry(connection, request.run_id);
      std::optional<Entry> gap;
      if (known) gap = sqlite::LoadEntry(connection, ledger::GapRunId(request.run_id));
      ledger::ClaimDecision decision = ledger::Claim(
          request, {.scope = sqlite::LoadScope(connection, request.scope),
                    .known = known ? &*known : nullptr,
                    .gap = gap ? &gap->record : nullptr,
                    .pauses = pauses,
                    .incarnation =
                        incarnation == incarnations.end() ? std::string_view() : std::string_view(incarnation->second),
                    .now = now,
                    .max_skew = options_.max_skew});
      sqlite::Apply(connection, request.scope, decision.changes);
      replies.push_back(std::move(decision.reply));
    }
  });
}

Result<RenewReply> SqliteStore::Renew(const std::string& server, std::span<const LeaseRef> leases, Milliseconds ttl) {
  return Transact<RenewReply>(Access::kWrite, [&](Connection& connection, auto& reply) {
    const WallTime now = clock_.Now();
    Beat(connection, server, now, now + ttl);
    reply.servers = ledger::LiveServers(sqlite::LoadServers(connection), now);
    const std::string incarnation = joined_.Find(server).incarnation;
    reply.outcomes.reserve(leases.size());
    for (const LeaseRef& lease : leases) {
      ledger::RenewDecision decision =
          ledger::Renew(lease.run_id, sqlite::LoadScope(connection, lease.scope), incarnation, ttl, now);
      sqlite::Apply(connection, lease.scope, decision.changes);
      reply.outcomes.push_back(decision.outcome);
      if (!decision.stop.empty()) reply.stops.push_back({lease.run_id, std::move(decision.stop)});
    }
  });
}

void SqliteStore::Beat(Connection& connection, const std::string& server, WallTime now, WallTime alive_until) {
  ServerInfo own = joined_.Find(server);
  const std::optional<ServerInfo> row = sqlite::LoadServer(connection, server);
  if (own.incarnation.empty() || !ledger::HoldsId(own, row ? &*row : nullptr, now)) return;
  if (row && row->incarnation == own.incarnation) own = *row;  // It may just have joined with another schedule.
  own.seen_at = now;
  own.alive_until = alive_until;
  sqlite::SaveServer(connection, own);
}

Result<std::vector<FinishOutcome>> SqliteStore::Finish(std::span<const OccurrenceRecord> records) {
  return Transact<std::vector<FinishOutcome>>(Access::kWrite, [&](Connection& connection, auto& outcomes) {
    outcomes.assign(records.size(), FinishOutcome::kRecorded);
    for (const OccurrenceRecord& record : records) {
      const std::optional<Entry> known = sqlite::LoadEntry(connection, record.run_id);
      const std::optional<ServerInfo> server = sqlite::LoadServer(connection, record.server);
      sqlite::Apply(connection, record.scope,
                    ledger::Finish(record, sqlite::LoadScope(connection, record.scope), known ? &*known : nullptr,
                                   server ? std::string_view(server->incarnation) : std::string_view()));
    }
  });
}

Result<std::vector<OccurrenceRecord>> SqliteStore::Reap(const std::string& reaper, Milliseconds ttl) {
  WallTime oldest;
  auto lost = Transact<std::vector<OccurrenceRecord>>(Access::kWrite, [&](Connection& connection, auto& records) {
    const WallTime now = clock_.Now();
    oldest = now - options_.keep;
    for (const auto& [scope, lease] : sqlite::LoadExpiredLeases(connection, now)) {
      const std::optional<ServerInfo> server = sqlite::LoadServer(connection, lease.server);
      const std::optional<Entry> known = sqlite::LoadEntry(connection, lease.run_id);
      const std::optional<Entry> next =
          known ? sqlite::LoadEntry(connection, ledger::NextRunId(known->record)) : std::nullopt;
      const std::optional<Changes> changes = ledger::Reap(lease, {.scope = sqlite::LoadScope(connection, scope),
                                                                  .server = server ? &*server : nullptr,
                                                                  .known = known ? &*known : nullptr,
                                                                  .next = next ? &*next : nullptr,
                                                                  .reaper = reaper,
                                                                  .ttl = ttl,
                                                                  .now = now});
      if (!changes) continue;
      sqlite::Apply(connection, scope, *changes);
      for (const Entry& entry : changes->entries) records.push_back(entry.record);
    }
    std::ranges::sort(records, {}, &OccurrenceRecord::run_id);
    connection.Run("DELETE FROM servers WHERE alive_until < ?", {oldest});
    connection.Run("DELETE FROM manifests WHERE server NOT IN (SELECT id FROM servers)");
  });
  if (!lost) return lost;
  for (int i = 0; i < kDropsPerReap; ++i) {
    int dropped = 0;
    const Status status =
        Write([&](Connection& connection) { dropped = sqlite::DropRecords(connection, oldest, kDropsAtATime); });
    // What was recorded as lost must reach the caller; whatever is wrong here, the next call meets it too.
    if (!status.ok() || dropped < kDropsAtATime) break;
  }
  return lost;
}

Result<std::vector<OccurrenceRecord>> SqliteStore::Query(const HistoryQuery& query) {
  return Transact<std::vector<OccurrenceRecord>>(
      Access::kRead, [&](Connection& connection, auto& records) { records = sqlite::LoadRecords(connection, query); });
}

Result<JoinReply> SqliteStore::Join(const JoinRequest& request) {
  ServerInfo server;
  Result<JoinReply> reply = Transact<JoinReply>(Access::kWrite, [&](Connection& connection, auto& joined) {
    server = JoinFleet(connection, request);
    joined.server_id = server.id;
  });
  if (!reply) return reply;
  joined_.Add(server);
  if (request.tasks == nullptr) return reply;
  if (Status status = Register(request, *reply); !status.ok()) return Fail(std::move(status));
  return reply;
}

ServerInfo SqliteStore::JoinFleet(Connection& connection, const JoinRequest& request) {
  const WallTime now = clock_.Now();
  ServerInfo server = request.server;
  server.id = ledger::ChooseServerId(server, sqlite::LoadServers(connection), now,
                                     [&](const ServerInfo& holder) { return joined_.Gone(holder, request.server); });
  const std::optional<ServerInfo> before = sqlite::LoadServer(connection, server.id);
  server.started_at = before && before->incarnation == server.incarnation ? before->started_at : now;
  server.loaded_at = now;
  server.seen_at = now;
  server.alive_until = now + request.heartbeat_ttl;
  sqlite::SaveServer(connection, server);
  connection.Run("REPLACE INTO manifests (server, manifest) VALUES (?, ?)", {server.id, request.manifest});
  return server;
}

// Most tasks of a large schedule are known from the last start: they are read, without keeping anybody waiting, and
// only the others are written.
Status SqliteStore::Register(const JoinRequest& request, JoinReply& reply) {
  const std::vector<Task>& tasks = *request.tasks;
  const std::string& scope_server = request.scope_server.empty() ? reply.server_id : request.scope_server;
  reply.watermarks.resize(tasks.size());
  std::vector<std::size_t> unknown;
  Result<std::monostate> read = Transact<std::monostate>(Access::kRead, [&](Connection& connection, auto&) {
    for (std::size_t i = 0; i < tasks.size(); ++i) {
      const std::optional<WallTime> watermark = sqlite::LoadWatermark(connection, MakeScope(tasks[i], scope_server));
      if (watermark) {
        reply.watermarks[i] = *watermark;
      } else {
        unknown.push_back(i);
      }
    }
  });
  if (!read) return read.error();

  // In the order of the table, so that each page is written once.
  std::ranges::sort(unknown, {}, [&tasks](std::size_t i) -> const TaskId& { return tasks[i].id; });
  for (std::size_t begin = 0; begin < unknown.size(); begin += kRowsAtATime) {
    const std::size_t end = std::min(begin + kRowsAtATime, unknown.size());
    Status status = Write([&](Connection& connection) {
      const WallTime now = clock_.Now();
      const WallTime seed = ledger::Seed(request.seed, {}, now).watermark.value();
      for (std::size_t n = begin; n < end; ++n) {
        const std::size_t i = unknown[n];
        reply.watermarks[i] = sqlite::SeedWatermark(connection, MakeScope(tasks[i], scope_server), seed);
      }
      Beat(connection, reply.server_id, now, now + request.heartbeat_ttl);
    });
    if (!status.ok()) return status;
  }
  return Status::Ok();
}

Status SqliteStore::Leave(const std::string& server_id) {
  return Write([&](Connection& connection) {
    // Not the row of a successor under its id.
    const std::string incarnation = joined_.Find(server_id).incarnation;
    connection.Run("UPDATE servers SET alive_until = ?1 WHERE id = ?2 AND (?3 = '' OR incarnation = ?3)",
                   {clock_.Now(), server_id, incarnation});
  });
}

Result<std::string> SqliteStore::Manifest(const std::string& server_id) {
  return Transact<std::string>(Access::kRead, [&](Connection& connection, auto& manifest) {
    sqlite::Rows rows = connection.Query("SELECT manifest FROM manifests WHERE server = ?", {server_id});
    if (rows.Next()) manifest = rows.Text(0);
  });
}

Result<std::vector<ServerInfo>> SqliteStore::Servers() {
  return Transact<std::vector<ServerInfo>>(
      Access::kRead, [&](Connection& connection, auto& servers) { servers = sqlite::LoadServers(connection); });
}

Status SqliteStore::SetPause(const Pause& pause) {
  return Write([&](Connection& connection) {
    if (Status status = CheckPause(pause, clock_.Now()); !status.ok()) {
      connection.Fail(std::move(status));
      return;
    }
    const std::optional<std::string> place = sqlite::PlaceOf(pause.target);
    connection.Run("DELETE FROM pauses WHERE task IS ?", {place});
    connection.Run("INSERT INTO pauses (task, author, reason, since, until) VALUES (?, ?, ?, ?, ?)",
                   {place, pause.author, pause.reason, pause.since, pause.until});
  });
}

Status SqliteStore::ClearPause(const PauseTarget& target) {
  return Write([&](Connection& connection) {
    connection.Run("DELETE FROM pauses WHERE until <= ?", {clock_.Now()});
    bool cleared = false;
    {
      sqlite::Rows rows = connection.Query("DELETE FROM pauses WHERE task IS ? RETURNING 1", {sqlite::PlaceOf(target)});
      while (rows.Next()) cleared = true;
    }
    if (!cleared) connection.Fail(NoSuchPause(target));
  });
}

Result<std::vector<Pause>> SqliteStore::Pauses() {
  return Transact<std::vector<Pause>>(Access::kRead, [&](Connection& connection, auto& pauses) {
    const WallTime now = clock_.Now();
    pauses = sqlite::LoadPauses(connection);
    std::erase_if(pauses, [now](const Pause& pause) { return !InForce(pause, now); });
  });
}

Result<std::vector<Lock>> SqliteStore::Locks() {
  return Transact<std::vector<Lock>>(Access::kRead, [&](Connection& connection, auto& locks) {
    for (const auto& [scope, lease] : sqlite::LoadLeases(connection)) {
      const std::optional<Entry> known = sqlite::LoadEntry(connection, lease.run_id);
      locks.push_back(ledger::MakeLock(scope, lease, known ? &known->record : nullptr));
    }
  });
}

Status SqliteStore::Unlock(const Scope& scope, const std::string& run_id) {
  return ChangeLease(scope, run_id, [this](const ledger::Lease& lease) { return ledger::Unlock(lease, clock_.Now()); });
}

Status SqliteStore::ChangeLease(const Scope& scope, const std::string& run_id,
                                const std::function<Changes(const ledger::Lease&)>& decide) {
  return Write([&](Connection& connection) {
    const ledger::ScopeState state = sqlite::LoadScope(connection, scope);
    const auto lease = std::ranges::find(state.leases, run_id, &ledger::Lease::run_id);
    if (lease == state.leases.end()) {
      connection.Fail(ledger::NoSuchLock(scope, run_id));
      return;
    }
    sqlite::Apply(connection, scope, decide(*lease));
  });
}

Status SqliteStore::Cancel(const Scope& scope, const std::string& run_id, const std::string& cause) {
  return ChangeLease(scope, run_id, [&cause](const ledger::Lease& lease) { return ledger::Stop(lease, cause); });
}

// Whatever is wrong with a file shows as an error of the call that meets it.
Result<std::vector<Finding>> SqliteStore::Examine() {
  const Result<std::vector<ServerInfo>> servers = Servers();
  if (!servers) return Fail(servers.error());
  return joined_.FindTaken(*servers);
}

}  // namespace

Result<std::unique_ptr<Store>> OpenSqliteStore(const SqliteStoreOptions& options, Clock& clock) {
  auto store = std::make_unique<SqliteStore>(options, clock);
  if (Status status = store->Open(); !status.ok()) return Fail(std::move(status));
  return store;
}

}  // namespace rota
