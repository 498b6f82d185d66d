#include "rota/engine/preference.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "rota/base/hash.h"

namespace rota {
namespace {

// One server's part while tasks are handed out.
struct Share {
  std::uint64_t hash = 0;
  std::size_t all = 0;     // Tasks it prefers so far.
  std::size_t cohort = 0;  // And of the cohort being handed out.
};

// The weight of a server for a task: the finalizer of SplitMix64 over both hashes.
std::uint64_t Weight(std::uint64_t task, std::uint64_t server) {
  std::uint64_t z = task ^ (server * 0x9e3779b97f4a7c15);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
  z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
  return z ^ (z >> 31);
}

std::size_t CeilDiv(std::size_t value, std::size_t by) { return (value + by - 1) / by; }

// The heaviest server that may still take a task; where the bound on all tasks leaves none of those that the cohort
// needs, the one with the fewest.
Share& Choose(std::vector<Share>& shares, std::uint64_t task, std::size_t most_of_all, std::size_t most_of_cohort) {
  Share* best = nullptr;
  std::uint64_t best_weight = 0;
  Share* fewest = nullptr;
  for (Share& share : shares) {
    if (share.cohort == most_of_cohort) continue;
    if (fewest == nullptr || share.all < fewest->all) fewest = &share;
    const std::uint64_t weight = Weight(task, share.hash);
    if (share.all < most_of_all && (best == nullptr || weight > best_weight)) {
      best = &share;
      best_weight = weight;
    }
  }
  return best != nullptr ? *best : *fewest;
}

}  // namespace

Preference::Preference(const Schedule& schedule, const Agenda& agenda, std::string server)
    : schedule_(schedule), agenda_(agenda), server_(std::move(server)) {}

void Preference::SetServers(const std::vector<std::string>& servers) {
  if (servers == servers_) return;
  servers_ = servers;
  preferred_.assign(shared() ? schedule_.tasks().size() : 0, false);
  if (!shared()) return;

  std::vector<Share> shares;
  for (const std::string& server : servers_) shares.push_back({StableHash(server)});
  const auto self = static_cast<std::size_t>(std::ranges::find(servers_, server_) - servers_.begin());
  std::size_t unique = 0;
  for (const Agenda::Cohort& cohort : agenda_.cohorts()) {
    if (cohort.policies->placement == Placement::kOneServer) unique += cohort.tasks.size();
  }
  const std::size_t most_of_all = CeilDiv(unique, shares.size());
  for (const Agenda::Cohort& cohort : agenda_.cohorts()) {
    if (cohort.policies->placement != Placement::kOneServer) continue;
    for (Share& share : shares) share.cohort = 0;
    const std::size_t most_of_cohort = CeilDiv(cohort.tasks.size(), shares.size());
    for (const TaskIndex task : cohort.tasks) {
      Share& chosen = Choose(shares, StableHash(schedule_.tasks()[task].id), most_of_all, most_of_cohort);
      ++chosen.all;
      ++chosen.cohort;
      preferred_[task] = self < shares.size() && &chosen == &shares[self];
    }
  }
}

}  // namespace rota
