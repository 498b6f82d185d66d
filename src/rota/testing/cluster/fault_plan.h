#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "rota/testing/cluster/fleet.h"
#include "rota/testing/cluster/model_store.h"

namespace rota::cluster {

// What goes wrong, when, where and for how long: drawn by the dice. Every fault ends by itself.
class FaultPlan {
 public:
  FaultPlan(World& world, Fleet& fleet, const ModelShard::Options& store, Dice& dice);

  // Plans the next fault, which plans its successor, until `end`.
  void Strike(SteadyTime end);
  // Nothing strikes any more; what lasts ends now.
  void End();

  const std::map<std::string, std::int64_t>& struck() const { return struck_; }

 private:
  struct Kind {
    std::string_view name;
    int weight;
    void (FaultPlan::*strike)();
  };
  static const std::vector<Kind>& Kinds();

  // Of servers.
  void CrashServer();
  void PauseServer();
  void DeployAll();
  void SetClock();
  void DriftClock();
  // Of the network.
  void CutNetwork();
  void LoseMessages();
  void RepeatMessages();
  void SlowNetwork();
  // Of the store.
  void StopStore();
  void RestartStore();
  void FailOver();
  void RestoreStore();
  void FlushStore();
  // Of operators.
  void PauseTasks();
  void RunTask();

  std::size_t AnyMachine() { return dice_.Below(fleet_.size()); }
  std::chrono::nanoseconds SomeTime();
  void Disturb(std::size_t machine, Network network);
  std::vector<ModelShard*> SomeShards();
  // The shards are down for a while and come back as other processes, without the writes of the last `lost`.
  void Interrupt(std::chrono::nanoseconds down, std::chrono::nanoseconds lost);
  void TroubleStore(std::chrono::nanoseconds duration);
  void Deploy(std::size_t machine);

  World& world_;
  Fleet& fleet_;
  const ModelShard::Options store_;
  Dice& dice_;
  SteadyTime end_{};
  int store_troubles_ = 0;
  std::map<std::string, std::int64_t> struck_;
};

}  // namespace rota::cluster
