#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "judge.h"
#include "rota/base/instant.h"

namespace rota::chaos {

enum class StoreKind { kSqlite, kRedis };

// How a scenario is to be run.
struct Run {
  StoreKind store = StoreKind::kRedis;  // For the scenarios that are not about Redis itself.
  Milliseconds duration{};
  std::uint64_t seed = 1;
  const std::atomic<bool>* interrupted = nullptr;       // Ends it with Interrupted.
  std::function<void(const std::string&)> on_progress;  // Gets a line now and then. With it, the folder of what went
                                                        // wrong is kept.
};

// What came of it.
struct Report {
  struct Line {
    std::string task;  // Or the kind of several.
    Verdict verdict;
  };
  std::vector<Line> lines;
  int faults = 0;                       // How often it struck.
  std::vector<Milliseconds> takeovers;  // From the death of a holder to the start of the task elsewhere.
  std::vector<std::string> violations;  // Of what the guarantee promises under this fault.
  std::vector<std::string> delays;      // Later than a lease and a second; a machine that is too busy has them, too.
};

// A kind of fault, brought upon a fleet of real processes again and again.
struct Scenario {
  std::string_view name;
  std::string_view fault;    // What is done to the fleet.
  std::string_view allowed;  // What the guarantee allows, beside outcomes that say why an occurrence did not run.
  Report (*play)(const Run& run);
};

// All scenarios, in the order in which they are told.
const std::vector<Scenario>& Scenarios();
// Null when there is none of the name.
const Scenario* FindScenario(std::string_view name);

}  // namespace rota::chaos
