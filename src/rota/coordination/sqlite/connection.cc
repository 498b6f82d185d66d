#include "rota/coordination/sqlite/connection.h"

#include <sqlite3.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

#include "rota/base/format.h"

namespace rota::sqlite {

Rows::~Rows() {
  if (statement_ == nullptr) return;
  sqlite3_reset(statement_);
  sqlite3_clear_bindings(statement_);
}

bool Rows::Next() {
  if (statement_ == nullptr || !connection_.error_.ok()) return false;
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  connection_.Note(code);
  return false;
}

bool Rows::IsNull(int column) const { return sqlite3_column_type(statement_, column) == SQLITE_NULL; }

std::int64_t Rows::Int(int column) const { return sqlite3_column_int64(statement_, column); }

std::string Rows::Text(int column) const {
  const void* text = sqlite3_column_text(statement_, column);
  if (text == nullptr) return "";
  return std::string(static_cast<const char*>(text),
                     static_cast<std::size_t>(sqlite3_column_bytes(statement_, column)));
}

Connection::Connection(sqlite3* db, const std::string& path, Milliseconds busy_timeout)
    : db_(db), path_(path), busy_timeout_(busy_timeout) {}

Connection::~Connection() {
  for (const auto& [sql, statement] : statements_) sqlite3_finalize(statement);
  sqlite3_close(db_);
}

Result<std::unique_ptr<Connection>> Connection::Open(const std::string& path, Milliseconds busy_timeout) {
  // An absolute path holds when the process changes its folder, and keeps SQLite from reading a meaning into names
  // such as ":memory:".
  std::error_code error;
  const std::filesystem::path absolute = std::filesystem::absolute(path, error);
  if (!error) std::filesystem::create_directories(absolute.parent_path(), error);
  if (error) return rota::Fail(Unavailable("{}: cannot make its folder: {}", path, error.message()));

  sqlite3* db = nullptr;
  constexpr int kFlags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  const int code = sqlite3_open_v2(absolute.c_str(), &db, kFlags, nullptr);
  std::unique_ptr<Connection> connection(new Connection(db, path, busy_timeout));
  if (code != SQLITE_OK) return rota::Fail(connection->Explain(code));
  if (Status status = connection->SetUp(); !status.ok()) return rota::Fail(std::move(status));
  return connection;
}

Status Connection::SetUp() {
  sqlite3_busy_timeout(db_, static_cast<int>(busy_timeout_.count()));
  // SQLite opens a file for reading alone when it may not write to it.
  if (sqlite3_db_readonly(db_, "main") == 1) return Explain(SQLITE_READONLY);
  if (Status status = UseWal(); !status.ok()) return status;
  // FULL: a claim that was answered survives a power cut, or the occurrence could run a second time after it.
  Run("PRAGMA synchronous = FULL");
  Run("PRAGMA journal_size_limit = 67108864");
  Run("PRAGMA cell_size_check = ON");
  return std::exchange(error_, Status::Ok());
}

Status Connection::UseWal() {
  // When two processes make the file at one time, one of them is told "busy" without the time-out: both read it and
  // wait for the other to stop reading. That one waits its turn in an ordinary transaction, and asks again.
  constexpr int kAttempts = 20;
  for (int attempt = 1;; ++attempt) {
    std::string mode;
    {
      Rows rows = Query("PRAGMA journal_mode = WAL");
      if (rows.Next()) mode = rows.Text(0);
    }
    Status status = std::exchange(error_, Status::Ok());
    if (status.ok() && mode != "wal") {
      return Unavailable("{}: its file system cannot share memory between processes: choose a local disk", path_);
    }
    const bool busy = (sqlite3_errcode(db_) & 0xff) == SQLITE_BUSY;
    if (status.ok() || !busy || attempt == kAttempts) return status;
    if (Status turn = Transact(Access::kWrite, [] {}); !turn.ok()) return turn;
  }
}

Status Connection::Transact(Access access, const std::function<void()>& work) {
  error_ = Status::Ok();
  Run(access == Access::kWrite ? "BEGIN IMMEDIATE" : "BEGIN");
  if (error_.ok()) error_ = CheckInPlace();
  if (error_.ok()) work();
  if (error_.ok()) Run("COMMIT");
  Status result = std::exchange(error_, Status::Ok());
  // Some errors have ended the transaction already. A ROLLBACK that fails leaves one open, and the next BEGIN tells.
  if (sqlite3_get_autocommit(db_) == 0) Run("ROLLBACK");
  return result;
}

Status Connection::CheckInPlace() const {
  int moved = 0;
  sqlite3_file_control(db_, "main", SQLITE_FCNTL_HAS_MOVED, &moved);
  if (moved == 0) return Status::Ok();
  return DataLoss(
      "{}: the file was deleted or replaced while in use: put it back, or restart all servers to begin anew", path_);
}

void Connection::Run(std::string_view sql, std::initializer_list<Value> values) {
  Rows rows = Query(sql, values);
  while (rows.Next()) {
  }
}

Rows Connection::Query(std::string_view sql, std::initializer_list<Value> values) {
  return Query(sql, std::span<const Value>(values.begin(), values.size()));
}

Rows Connection::Query(std::string_view sql, std::span<const Value> values) {
  sqlite3_stmt* statement = error_.ok() ? Prepare(sql) : nullptr;
  if (statement == nullptr) return Rows(*this, nullptr);
  for (int i = 1; const Value& value : values) {
    int code = SQLITE_OK;
    if (const auto* number = std::get_if<std::int64_t>(&value.get())) {
      code = sqlite3_bind_int64(statement, i, *number);
    } else if (const auto* text = std::get_if<std::string_view>(&value.get())) {
      // A view without data would be bound as NULL.
      const char* data = text->data() == nullptr ? "" : text->data();
      code = sqlite3_bind_text64(statement, i, data, text->size(), SQLITE_TRANSIENT, SQLITE_UTF8);
    }
    Note(code);
    ++i;
  }
  return Rows(*this, statement);
}

sqlite3_stmt* Connection::Prepare(std::string_view sql) {
  const auto known = statements_.find(sql);
  if (known != statements_.end()) return known->second;
  sqlite3_stmt* statement = nullptr;
  Note(sqlite3_prepare_v3(db_, sql.data(), static_cast<int>(sql.size()), SQLITE_PREPARE_PERSISTENT, &statement,
                          nullptr));
  if (statement != nullptr) statements_.emplace(sql, statement);
  return statement;
}

void Connection::Fail(Status error) {
  if (error_.ok()) error_ = std::move(error);
}

void Connection::Note(int code) {
  if (code != SQLITE_OK && code != SQLITE_DONE && error_.ok()) error_ = Explain(code);
}

Status Connection::Explain(int code) const {
  const int cause = sqlite3_system_errno(db_);
  const std::string system = cause == 0 ? std::string("no reason given") : std::system_category().message(cause);
  switch (code & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return Unavailable("{}: locked by another process for more than {} ms", path_, busy_timeout_.count());
    case SQLITE_FULL:
      return Unavailable("{}: the disk is full: free some space", path_);
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return Unavailable("{}: not writable: check the permissions of the file and of its folder", path_);
    case SQLITE_CANTOPEN:
      return Unavailable("{}: cannot be opened: {}", path_, system);
    case SQLITE_IOERR:
      return Unavailable("{}: {}: {}", path_, sqlite3_errstr(code), system);
    case SQLITE_NOMEM:
      return Unavailable("{}: out of memory", path_);
    case SQLITE_NOTADB:
      return DataLoss("{}: not a database: restore a backup, or move the file away to begin anew", path_);
    case SQLITE_CORRUPT:
      return DataLoss("{}: the database is damaged: restore a backup, or move the file away to begin anew", path_);
    default:
      return DataLoss("{}: {}", path_, db_ == nullptr ? sqlite3_errstr(code) : sqlite3_errmsg(db_));
  }
}

void Pool::Add(std::unique_ptr<Connection> connection) {
  MutexLock lock(mu_);
  idle_.push_back(std::move(connection));
  added_.NotifyAll();
}

Status Pool::With(const std::function<Status(Connection&)>& work) {
  std::unique_ptr<Connection> connection = Take();
  Status status = work(*connection);
  Add(std::move(connection));
  return status;
}

std::unique_ptr<Connection> Pool::Take() {
  MutexLock lock(mu_);
  // In turn: a thread that asks again and again must not keep a renewal waiting. No deadline: whoever has a connection
  // is bound by SQLite's busy time-out.
  const std::uint64_t ticket = tickets_++;
  while (idle_.empty() || ticket != turn_) added_.Wait(mu_);
  ++turn_;
  std::unique_ptr<Connection> connection = std::move(idle_.back());
  idle_.pop_back();
  if (!idle_.empty()) added_.NotifyAll();
  return connection;
}

}  // namespace rota::sqlite
