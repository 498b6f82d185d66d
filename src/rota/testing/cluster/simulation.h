#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace rota::cluster {

struct SimulationOptions {
  std::uint64_t seed = 1;             // All that is left to chance follows from it.
  std::int64_t occurrences = 20'000;  // About so many come due.
  int servers = 0;                    // 0: two to six, by the seed.
  // Gets a line for each thing that happens, if it is not empty.
  std::function<void(const std::string&)> journal = {};
};

struct SimulationReport {
  std::int64_t occurrences = 0;                  // That were due and are accounted for.
  std::map<std::string, std::int64_t> faults;    // By kind: how often each struck.
  std::map<std::string, std::int64_t> outcomes;  // "succeeded", "skipped(overlap)", …: so many occurrences each.
  // What the store's own loss of state allows, by kind: what the servers could not tell it again.
  std::map<std::string, std::int64_t> suspects;
  std::vector<std::string> violations;  // Broken promises, in sentences that begin with the virtual time.
  std::uint64_t trace = 0;              // Equal for equal courses of events.
  std::chrono::seconds duration{};      // Of virtual time.
};

// Lets a fleet live through some time in which everything goes wrong that may, then through some in which nothing
// does, and holds what happened against what Rota promises:
//
//   const SimulationReport report = Simulate({.seed = 7});
//   EXPECT_THAT(report.violations, IsEmpty());
//
// The servers are the engine's own cores, the store decides by the ledger; time, network, clocks and crashes are
// simulated, in one thread. The same options give the same report.
SimulationReport Simulate(const SimulationOptions& options);

}  // namespace rota::cluster
