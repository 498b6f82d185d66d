#include "rota/coordination/sqlite/schema.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "rota/base/format.h"
#include "rota/base/text.h"

namespace rota::sqlite {
namespace {

constexpr std::int64_t kApplicationId = 0x526f7461;  // "Rota"

// Version 1. Instants are milliseconds since 1970, UTC.
constexpr std::string_view kTables[] = {
    R"(CREATE TABLE scopes (
         scope TEXT PRIMARY KEY,
         watermark INTEGER,
         token INTEGER NOT NULL
       ) STRICT, WITHOUT ROWID)",
    R"(CREATE TABLE leases (
         run_id TEXT PRIMARY KEY,
         scope TEXT NOT NULL,
         server TEXT NOT NULL,
         incarnation TEXT NOT NULL,
         exclusive INTEGER NOT NULL,
         token INTEGER NOT NULL,
         lease_until INTEGER NOT NULL,
         lock_until INTEGER NOT NULL
       ) STRICT, WITHOUT ROWID)",
    "CREATE INDEX leases_by_scope ON leases (scope)",
    R"(CREATE TABLE records (
         run_id TEXT PRIMARY KEY,
         task TEXT NOT NULL,
         scope TEXT NOT NULL,
         kind TEXT NOT NULL,
         scheduled_at INTEGER NOT NULL,
         scheduled_last INTEGER NOT NULL,
         count INTEGER NOT NULL,
         server TEXT NOT NULL,
         attempt INTEGER NOT NULL,
         token INTEGER NOT NULL,
         started_at INTEGER,
         finished_at INTEGER,
         outcome TEXT NOT NULL,
         reason TEXT NOT NULL,
         output_tail TEXT NOT NULL,
         answer TEXT,
         holder TEXT NOT NULL
       ) STRICT)",
    "CREATE INDEX records_by_age ON records (scheduled_last, run_id)",
    "CREATE INDEX records_by_task ON records (task, scheduled_last, run_id)",
    R"(CREATE TABLE servers (
         id TEXT PRIMARY KEY,
         incarnation TEXT NOT NULL,
         host TEXT NOT NULL,
         pid INTEGER NOT NULL,
         version TEXT NOT NULL,
         schedule_digest TEXT NOT NULL,
         started_at INTEGER NOT NULL,
         seen_at INTEGER NOT NULL,
         alive_until INTEGER NOT NULL
       ) STRICT, WITHOUT ROWID)",
    R"(CREATE TABLE pauses (
         task TEXT UNIQUE, -- NULL: all tasks; one that begins with a space is no task: KeyOf(PauseTarget)
         author TEXT NOT NULL,
         reason TEXT NOT NULL,
         since INTEGER NOT NULL,
         until INTEGER
       ) STRICT)",
};

// Each makes the next version of the one before it.
constexpr std::string_view kUpgrades[] = {
    "ALTER TABLE leases ADD COLUMN stop TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE leases ADD COLUMN attempts_if_lost INTEGER NOT NULL DEFAULT 1;"
    "ALTER TABLE leases ADD COLUMN lock_timeout INTEGER NOT NULL DEFAULT 0",
    "ALTER TABLE servers ADD COLUMN release TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE servers ADD COLUMN reload_error TEXT NOT NULL DEFAULT '';"
    "ALTER TABLE servers ADD COLUMN loaded_at INTEGER NOT NULL DEFAULT 0;"
    "CREATE TABLE manifests (server TEXT PRIMARY KEY, manifest TEXT NOT NULL) STRICT, WITHOUT ROWID",
};
constexpr std::int64_t kVersion = 1 + std::size(kUpgrades);

std::int64_t Number(Connection& connection, std::string_view sql) {
  Rows rows = connection.Query(sql);
  return rows.Next() ? rows.Int(0) : 0;
}

void Make(Connection& connection) {
  const std::int64_t version = Number(connection, "PRAGMA user_version");
  const std::int64_t application = Number(connection, "PRAGMA application_id");
  const bool empty = Number(connection, "SELECT count(*) FROM sqlite_schema") == 0;
  if (application != kApplicationId && !(empty && version == 0)) {
    connection.Fail(InvalidArgument("{}: the database of another program: choose another path", connection.path()));
  } else if (version > kVersion) {
    connection.Fail(
        InvalidArgument("{}: made by a newer version (schema {}, this program knows {}): use the newer program",
                        connection.path(), version, kVersion));
  } else if (version < kVersion) {
    if (version == 0) {
      for (const std::string_view sql : kTables) connection.Run(sql);
    }
    for (std::int64_t i = std::max<std::int64_t>(version, 1) - 1; i < std::ssize(kUpgrades); ++i) {
      for (const std::string_view sql : Split(kUpgrades[i], ';')) connection.Run(sql);
    }
    connection.Run(Format("PRAGMA application_id = {}", kApplicationId));
    connection.Run(Format("PRAGMA user_version = {}", kVersion));
  }
}

}  // namespace

Status UseSchema(Connection& connection) {
  // Looks without the write lock first: a file that is ready can be opened while another process works on it.
  bool ready = false;
  Status status = connection.Transact(Access::kRead, [&] {
    ready = Number(connection, "PRAGMA user_version") == kVersion &&
            Number(connection, "PRAGMA application_id") == kApplicationId;
  });
  if (!status.ok() || ready) return status;
  return connection.Transact(Access::kWrite, [&] { Make(connection); });
}

}  // namespace rota::sqlite
