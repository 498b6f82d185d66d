#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "rota/base/instant.h"
#include "rota/engine/engine_core.h"
#include "rota/testing/cluster/checker.h"
#include "rota/testing/cluster/dice.h"
#include "rota/testing/cluster/event_queue.h"
#include "rota/testing/cluster/model_store.h"
#include "rota/testing/cluster/workload.h"

namespace rota::cluster {

// The way between a machine and the store.
struct Network {
  std::chrono::nanoseconds latency = std::chrono::milliseconds(1);  // One way, on average.
  int lost = 0;                                                     // Of ten thousand requests, and of answers.
  int repeated = 0;  // Of ten thousand requests: they arrive again, later.
  bool is_cut = false;
};

// A machine's clocks. Both run on through everything that happens to its processes.
struct MachineClock {
  Milliseconds offset{};  // Of the wall clock, now.
  double drift = 0;       // Of the wall clock: seconds it gains a second.
  std::chrono::nanoseconds steady_offset{};

  WallTime Wall(SteadyTime now) const;
};

// What all processes of a simulation share.
struct World {
  EventQueue& queue;
  ModelStore& store;
  Checker& checker;
  const Workload& workload;
  Dice& network_dice;
  Dice& run_dice;
  EngineOptions engine;  // But for what differs by server.
  std::uint64_t trace = 0;

  StoreMoment Now() const;
  // Folds something that happened into the trace: two simulations that did the same have the same one.
  void Trace(std::uint64_t what);
};

// A machine that a process runs on.
struct Machine {
  std::string name;
  MachineClock clock;
  Network network;
};

// One process that follows the schedule: the engine's own core, and around it what Engine does with threads, done with
// events: two lanes to the store, runs that end after a while, a clock that is looked at. Confined to the simulation.
class Process : public std::enable_shared_from_this<Process> {
 public:
  Process(World& world, const Machine& machine, std::uint64_t seed, std::function<bool(const ServerInfo&)> gone);

  // Joins the fleet, trying until it is let in, and follows the schedule.
  void Start();
  void Crash();
  void Pause();
  void Resume();
  void RequestShutdown();
  void RequestRun(TaskIndex task);
  // The wall clock was set.
  void NoticeClock();
  // From now on it cannot be relied on, and again: these nest.
  void Impair();
  void Recover();

  bool is_over() const { return is_over_; }
  bool is_paused() const { return is_paused_; }
  bool is_stopping() const { return is_stopping_; }
  const std::string& server() const { return caller_.server.id; }
  const std::string& incarnation() const { return caller_.server.incarnation; }

 private:
  // Calls to the store, one after another.
  struct Lane {
    std::deque<std::function<void()>> calls;
    bool is_busy = false;
  };
  template <typename T>
  using Ask = std::function<Answer<T>(ModelStore&, const Caller&, StoreMoment)>;
  template <typename T>
  using Take = std::function<void(Result<T>, SteadyTime asked)>;
  enum class Needs { kState, kNothing };  // Whether a call waits until a store that lost its state was told.

  template <typename T>
  void Call(Lane& lane, Needs needs, Ask<T> ask, Take<T> take);
  template <typename T>
  void Send(const Ask<T>& ask, const std::function<void(Answer<T>)>& answered);
  void RunNext(Lane& lane);
  void Deliver(const std::function<void()>& event);
  void NoteSlow();

  void Join();
  void Begin(const JoinReply& reply);
  void Step(const EngineInput& input);
  void CarryOut(const EngineInput& input, Moment present);
  void CarryOut(action::Claim& claim);
  void CarryOut(action::Renew& renew);
  void CarryOut(action::Reap& reap);
  void CarryOut(action::Record& record);
  void CarryOut(action::Reassert& reassert);
  void CarryOut(action::LookUp& look_up);
  void CarryOut(action::Start& start);
  void CarryOut(action::Stop& stop);
  void CarryOut(action::Publish& publish);
  void EndRun(const std::string& run_id, std::uint64_t plan, Outcome outcome);
  void PlanWake(SteadyTime wake);
  void Leave();
  Moment Look() const;

  World& world_;
  const Machine& machine_;
  const std::uint64_t seed_;
  const std::function<bool(const ServerInfo&)> gone_;

  Caller caller_;
  bool state_lost_ = false;
  std::optional<EngineCore> core_;
  Moment last_{};
  SteadyTime next_wake_ = SteadyTime::max();   // True time.
  std::map<std::string, std::uint64_t> runs_;  // By run id: the plan for its end that counts.
  std::uint64_t plans_ = 0;
  Lane claim_lane_;
  Lane lease_lane_;
  Lane upkeep_lane_;
  std::vector<std::function<void()>> held_;  // What happened while it was paused.
  int troubles_ = 0;
  bool is_paused_ = false;
  bool is_over_ = false;
  bool is_stopping_ = false;
  bool gave_up_ = false;  // It ended without having told the store all, which did not answer.
  SteadyTime stepped_at_{};
  int steps_ = 0;  // At that time.
};

}  // namespace rota::cluster
