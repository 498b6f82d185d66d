#pragma once

#include <span>
#include <string>

#include "rota/coordination/store.h"

namespace rota {

// What became of a server that was asked to take up its configuration anew.
struct ReloadRow {
  enum class Result {
    kReloaded,    // It follows another schedule now.
    kUnchanged,   // Its schedule is the same.
    kFailed,      // It keeps the schedule it had, or cannot be asked.
    kNotReached,  // It runs on another host, or in another container: it is to be asked there.
  };

  ServerInfo server;  // As it is now.
  Result result = Result::kNotReached;
  std::string detail;  // Why.
};
std::string_view Name(ReloadRow::Result result);  // "reloaded", "unchanged", "failed", "not reached"

// An aligned table.
std::string ToTable(std::span<const ReloadRow> rows);
// An array with an object for each server.
std::string ToJson(std::span<const ReloadRow> rows);

}  // namespace rota
