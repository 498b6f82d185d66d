#pragma once

#include <string>
#include <vector>

#include "rota/base/instant.h"
#include "rota/base/status.h"
#include "rota/coordination/store.h"
#include "rota/report/history_list.h"
#include "rota/schedule/schedule.h"

namespace rota {

// How a store is: what it says of itself, and which occurrences of the last day it lost.
struct Diagnosis {
  std::string store;
  std::vector<Finding> findings;  // The worst first.
  WallTime since;
  std::vector<HistoryRow> unknown;  // The outcomes since then that nobody knows, newest first; 100 at most.

  Status status() const;  // kFailed when a finding keeps servers from starting.
};

// Examines the store. `schedule` may be null: then times are shown in UTC. Errors: the store's; where a finding tells
// what keeps it from answering, the unknown outcomes are left out instead.
Result<Diagnosis> Diagnose(Store& store, const Schedule* schedule, WallTime now);

std::string ToText(const Diagnosis& diagnosis, WallTime now);
std::string ToJson(const Diagnosis& diagnosis);

}  // namespace rota
