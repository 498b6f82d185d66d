#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rota/schedule/task.h"

namespace rota::internal {

// Differs when any policy differs; conditions are functions, which cannot be compared and do not count.
std::string PoliciesKey(const TaskPolicies& policies);

// A policy by its name and in words, which are empty where it is not set.
struct PolicyFact {
  std::string_view name;
  std::string value;
};
// All policies, always in the same order: what a difference of two PoliciesKeys is about.
std::vector<PolicyFact> PolicyFacts(const TaskPolicies& policies);

// Of each task a number that differs when anything of its definition does; conditions (functions) do not count.
std::vector<std::uint64_t> TaskDigests(const std::vector<Task>& tasks);

// Differs when what runs differs in any way, also in one that Describe() does not tell.
std::string WorkKey(const Work& work);

}  // namespace rota::internal
