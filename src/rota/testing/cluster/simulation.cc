#include "rota/testing/cluster/simulation.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <utility>

#include "rota/base/format.h"
#include "rota/testing/cluster/checker.h"
#include "rota/testing/cluster/dice.h"
#include "rota/testing/cluster/event_queue.h"
#include "rota/testing/cluster/fault_plan.h"
#include "rota/testing/cluster/fleet.h"
#include "rota/testing/cluster/model_store.h"
#include "rota/testing/cluster/workload.h"

namespace rota::cluster {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::nanoseconds;
using std::chrono::seconds;

// Long enough for the longest grace and for leases, heartbeats and a quarantine to run out.
constexpr seconds kCalm(150);
constexpr seconds kShortestTrouble(60);
constexpr minutes kLongestFarewell(2);

}  // namespace

SimulationReport Simulate(const SimulationOptions& options) {
  Dice dice(options.seed);
  Dice network_dice(dice.Draw());
  Dice run_dice(dice.Draw());
  Dice store_dice(dice.Draw());

  const int servers = options.servers > 0 ? options.servers : 2 + static_cast<int>(dice.Below(5));
  const Workload workload = DrawWorkload(dice, servers);
  const int tasks = static_cast<int>(workload.schedule->tasks().size());
  const bool has_ample_workers = !dice.OneIn(3);
  EngineOptions engine;
  engine.workers = has_ample_workers ? tasks * 25 : 3 + static_cast<int>(dice.Below(8));
  if (!has_ample_workers) engine.pools[std::string(kLimitedPool)] = {2, 1 + static_cast<int>(dice.Below(3))};
  engine.lease_ttl = dice.OneOf<Milliseconds>({seconds(15), seconds(15), seconds(6)});
  engine.shutdown_grace = dice.OneOf<Milliseconds>({seconds(0), seconds(5), seconds(30)});
  engine.kill_after = dice.OneOf<Milliseconds>({seconds(1), seconds(5)});
  ModelShard::Options shard;
  // As a fleet on Redis has it: a renewal, a second's wait, and the time-outs of a connection and of a command.
  shard.quarantine = shard.settling =
      engine.lease_ttl / 3 + seconds(1) + std::min<Milliseconds>(seconds(4), engine.lease_ttl / 2);

  const int shards = dice.OneIn(3) ? 3 : 1;
  Checker checker(workload.schedule, {.lease_ttl = engine.lease_ttl,
                                      .max_skew = shard.max_skew,
                                      .shards = shards,
                                      .has_ample_workers = has_ample_workers,
                                      .pools = engine.pools,
                                      .journal = options.journal});
  EventQueue queue;
  ModelStore store(shards, shard, store_dice, checker);
  World world{queue, store, checker, workload, network_dice, run_dice, engine};
  Fleet fleet(world, servers, shard.max_skew, dice);
  FaultPlan faults(world, fleet, shard, dice);

  const auto wanted = nanoseconds(
      static_cast<std::int64_t>(1e9 * static_cast<double>(options.occurrences) / std::max(workload.rate, 0.1)));
  const SteadyTime calm = SteadyTime(std::max<nanoseconds>(wanted - kCalm, kShortestTrouble));
  fleet.Start();
  faults.Strike(calm);
  queue.RunUntil(calm);
  faults.End();
  queue.RunUntil(calm + kCalm);

  Checker::Rest rest;
  rest.quiet_since = world.Now().wall;
  rest.servers = fleet.Serving();
  fleet.Shutdown();
  queue.RunUntil(calm + kCalm + kLongestFarewell);
  for (ModelShard& one : store.shards()) {
    rest.scopes.insert(one.scopes().begin(), one.scopes().end());
    for (const auto& [run_id, entry] : one.entries()) rest.records.push_back(&entry.record);
  }
  std::ranges::sort(rest.records, {}, &OccurrenceRecord::run_id);
  checker.Conclude(rest);

  SimulationReport report;
  report.occurrences = checker.occurrences();
  report.faults = faults.struck();
  report.outcomes = checker.outcomes();
  report.suspects = checker.suspects();
  report.violations = checker.violations();
  report.trace = world.trace;
  report.duration = std::chrono::duration_cast<seconds>(queue.now().time_since_epoch());
  return report;
}

}  // namespace rota::cluster
