#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "rota/base/instant.h"
#include "rota/base/mutex.h"
#include "rota/base/status.h"

struct sqlite3;
struct sqlite3_stmt;

namespace rota::sqlite {

// A value for a placeholder of a statement. Refers to the text that it was made from.
class Value {
 public:
  Value(std::int64_t value) : value_(value) {}
  Value(int value) : value_(std::int64_t{value}) {}
  Value(std::uint64_t value) : value_(static_cast<std::int64_t>(value)) {}
  Value(std::string_view value) : value_(value) {}
  Value(const std::string& value) : value_(std::string_view(value)) {}
  Value(WallTime value) : value_(std::int64_t{value.time_since_epoch().count()}) {}
  template <typename T>
  Value(const std::optional<T>& value) {
    if (value) value_ = Value(*value).value_;
  }

  const auto& get() const { return value_; }

 private:
  std::variant<std::monostate, std::int64_t, std::string_view> value_;  // Nothing: NULL.
};

class Connection;

// The rows of a query under way. Confined to the scope that made it, before the next use of the same statement.
class Rows {
 public:
  Rows(Connection& connection, sqlite3_stmt* statement) : connection_(connection), statement_(statement) {}
  ~Rows();
  Rows(const Rows&) = delete;
  Rows& operator=(const Rows&) = delete;

  // Moves to the next row. False at the end and after an error.
  bool Next();

  bool IsNull(int column) const;
  std::int64_t Int(int column) const;
  std::string Text(int column) const;
  WallTime Time(int column) const { return WallTime(Milliseconds(Int(column))); }
  std::optional<WallTime> MaybeTime(int column) const {
    return IsNull(column) ? std::nullopt : std::optional(Time(column));
  }

 private:
  Connection& connection_;
  sqlite3_stmt* statement_;  // Null when it could not be prepared.
};

enum class Access { kRead, kWrite };

// One connection to a database file. Errors stick: after the first one the statements of a transaction do nothing,
// and its end reports the error; so the code between needs no checks. Thread-compatible.
class Connection {
 public:
  // Errors: as OpenSqliteStore().
  static Result<std::unique_ptr<Connection>> Open(const std::string& path, Milliseconds busy_timeout);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // As it was given; for messages.
  const std::string& path() const { return path_; }

  // Calls `work` within a transaction: what it does happens as a whole, or not at all when an error is returned. With
  // kWrite it is alone in the file from the beginning, so it needs no second attempt.
  Status Transact(Access access, const std::function<void()>& work);

  void Run(std::string_view sql, std::initializer_list<Value> values = {});
  Rows Query(std::string_view sql, std::initializer_list<Value> values = {});
  Rows Query(std::string_view sql, std::span<const Value> values);

  // Makes the transaction fail.
  void Fail(Status error);

 private:
  friend class Rows;

  Connection(sqlite3* db, const std::string& path, Milliseconds busy_timeout);
  Status SetUp();
  Status UseWal();
  sqlite3_stmt* Prepare(std::string_view sql);
  void Note(int code);
  Status Explain(int code) const;
  Status CheckInPlace() const;

  sqlite3* db_;
  const std::string path_;
  const Milliseconds busy_timeout_;
  std::map<std::string, sqlite3_stmt*, std::less<>> statements_;
  Status error_;
};

// A few connections. A call borrows one, so no lock is held while SQLite works. Thread-safe.
class Pool {
 public:
  void Add(std::unique_ptr<Connection> connection);

  // Waits for a free connection, lends it to `work`, and returns what that returned.
  // REQUIRES: a connection was added.
  Status With(const std::function<Status(Connection&)>& work);

 private:
  std::unique_ptr<Connection> Take();

  Mutex mu_;
  CondVar added_;
  std::uint64_t tickets_ ROTA_GUARDED_BY(mu_) = 0;  // Given to who waits, in order.
  std::uint64_t turn_ ROTA_GUARDED_BY(mu_) = 0;     // Whose turn it is.
  std::vector<std::unique_ptr<Connection>> idle_ ROTA_GUARDED_BY(mu_);
};

}  // namespace rota::sqlite
