#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "rota/base/instant.h"
#include "rota/base/status.h"
#include "rota/coordination/store.h"
#include "rota/time/clock.h"

namespace rota {

struct SqliteStoreOptions {
  std::string path;  // Missing folders are made.
  Milliseconds max_skew = std::chrono::seconds(2);
  Milliseconds keep = std::chrono::hours(24 * 30);      // History older than this is dropped.
  Milliseconds busy_timeout = std::chrono::seconds(5);  // How long a call waits for other processes.
};

// Opens the store of one machine: any number of processes share the file, and the fleet is they. What was answered is
// on the disk; a process or machine that dies takes nothing of it along. The file must lie on a local disk, because
// network file systems do not lock reliably.
//
//   Result<std::unique_ptr<Store>> store = OpenSqliteStore({.path = "var/rota.db"}, clock);
//
// A call that fails has changed nothing and may be repeated: kUnavailable for a full disk, a locked or unwritable
// file; kDataLoss for a damaged or deleted one; opening also kInvalidArgument for a file of a newer version or of
// another program. `clock` is the store's clock, the same on all processes, and must outlive it. Thread-safe.
Result<std::unique_ptr<Store>> OpenSqliteStore(const SqliteStoreOptions& options, Clock& clock);

}  // namespace rota
