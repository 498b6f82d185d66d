#pragma once

#include <chrono>
#include <cstddef>
#include <memory>

#include "rota/base/instant.h"
#include "rota/coordination/store.h"
#include "rota/time/clock.h"

namespace rota {

struct MemoryStoreOptions {
  Milliseconds max_skew = std::chrono::seconds(2);
  Milliseconds keep = std::chrono::hours(24 * 30);  // History older than this is dropped.
  std::size_t max_records = 100'000;                // And the oldest beyond this many.
};

// Makes a store that lives and dies with the process: for tests, and for one server that may forget. Its fleet is
// whoever shares the object. `clock` is the store's clock and must outlive it. Never fails. Thread-safe.
std::unique_ptr<Store> MakeMemoryStore(Clock& clock, const MemoryStoreOptions& options = {});

}  // namespace rota
