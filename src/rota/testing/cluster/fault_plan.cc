#include "rota/testing/cluster/fault_plan.h"

#include <algorithm>
#include <utility>

#include "rota/base/format.h"

namespace rota::cluster {
namespace {

using std::chrono::milliseconds;
using std::chrono::nanoseconds;
using std::chrono::seconds;

constexpr seconds kBetweenFaults(8);  // On average.

}  // namespace

FaultPlan::FaultPlan(World& world, Fleet& fleet, const ModelShard::Options& store, Dice& dice)
    : world_(world), fleet_(fleet), store_(store), dice_(dice) {}

const std::vector<FaultPlan::Kind>& FaultPlan::Kinds() {
  static const std::vector<Kind> kKinds = {
      {"server crashed", 12, &FaultPlan::CrashServer},
      {"server paused", 10, &FaultPlan::PauseServer},
      {"rolling deploy", 4, &FaultPlan::DeployAll},
      {"clock set", 8, &FaultPlan::SetClock},
      {"clock drifts", 4, &FaultPlan::DriftClock},
      {"network cut", 8, &FaultPlan::CutNetwork},
      {"messages lost", 6, &FaultPlan::LoseMessages},
      {"messages repeated", 6, &FaultPlan::RepeatMessages},
      {"network slow", 6, &FaultPlan::SlowNetwork},
      {"store stopped", 6, &FaultPlan::StopStore},
      {"store restarted, writes lost", 4, &FaultPlan::RestartStore},
      {"fail-over to a lagging replica", 5, &FaultPlan::FailOver},
      {"store restored", 2, &FaultPlan::RestoreStore},
      {"store flushed", 1, &FaultPlan::FlushStore},
      {"task paused by an operator", 4, &FaultPlan::PauseTasks},
      {"manual run", 8, &FaultPlan::RunTask},
  };
  return kKinds;
}

void FaultPlan::Strike(SteadyTime end) {
  end_ = end;
  const SteadyTime next = world_.queue.now() + dice_.About(kBetweenFaults);
  if (next >= end_) return;
  world_.queue.At(next, [this] {
    std::uint64_t weights = 0;
    for (const Kind& kind : Kinds()) weights += static_cast<std::uint64_t>(kind.weight);
    std::uint64_t place = dice_.Below(weights);
    for (const Kind& kind : Kinds()) {
      if (place < static_cast<std::uint64_t>(kind.weight)) {
        ++struck_[std::string(kind.name)];
        world_.checker.Note(kind.name, world_.queue.now());
        (this->*kind.strike)();
        break;
      }
      place -= static_cast<std::uint64_t>(kind.weight);
    }
    Strike(end_);
  });
}

void FaultPlan::End() {
  world_.checker.Note("the faults end", world_.queue.now());
  fleet_.Heal();
}

// Mostly less than a lease, sometimes for longer than two, and over when the faults end.
nanoseconds FaultPlan::SomeTime() {
  const nanoseconds longest = std::max<nanoseconds>(end_ - world_.queue.now(), milliseconds(1));
  return std::min(dice_.About(world_.engine.lease_ttl), longest);
}

void FaultPlan::CrashServer() {
  const std::size_t machine = AnyMachine();
  if (Process* process = fleet_.Serving(machine)) process->Crash();
  world_.queue.After(SomeTime(), [this, machine] { fleet_.Keep(machine); });
}

void FaultPlan::PauseServer() {
  Process* process = fleet_.Serving(AnyMachine());
  if (process == nullptr || process->is_paused()) return;
  process->Pause();
  world_.queue.After(2 * SomeTime(), [self = process->weak_from_this()] {
    if (const auto paused = self.lock(); paused && paused->is_paused()) paused->Resume();
  });
}

void FaultPlan::DeployAll() {
  nanoseconds delay{};
  for (std::size_t i = 0; i < fleet_.size(); ++i) {
    world_.queue.After(std::min(delay, end_ - world_.queue.now()), [this, i] { Deploy(i); });
    delay += dice_.About(seconds(5));
  }
}

// The new process starts before the old one has ended, or after.
void FaultPlan::Deploy(std::size_t machine) {
  Process* process = fleet_.Serving(machine);
  if (process != nullptr) process->RequestShutdown();
  if (process != nullptr && dice_.OneIn(4)) process->RequestShutdown();
  if (process == nullptr || dice_.OneIn(3)) {
    fleet_.StartProcess(machine);
  } else {
    world_.queue.After(SomeTime(), [this, machine] { fleet_.Keep(machine); });
  }
}

void FaultPlan::SetClock() {
  const std::size_t machine = AnyMachine();
  const nanoseconds most = dice_.OneOf<nanoseconds>({seconds(1), seconds(5), seconds(120), std::chrono::hours(3)});
  fleet_.SetClock(machine, std::chrono::floor<Milliseconds>(dice_.Between(-most, most)));
  world_.queue.After(2 * SomeTime(), [this, machine] { fleet_.SetClock(machine, Milliseconds(0)); });
}

// For a while a clock gains or loses so fast that it goes out of bounds by itself.
void FaultPlan::DriftClock() {
  const std::size_t machine = AnyMachine();
  constexpr int kSteps = 60;
  const Milliseconds step = std::chrono::floor<Milliseconds>(dice_.Between(milliseconds(-100), milliseconds(100)));
  const Milliseconds begin = fleet_.machine(machine).clock.offset;
  for (int i = 1; i <= kSteps && world_.queue.now() + milliseconds(500) * i < end_; ++i) {
    world_.queue.After(milliseconds(500) * i,
                       [this, machine, offset = i < kSteps ? begin + step * i : Milliseconds(0)] {
                         fleet_.SetClock(machine, offset);
                       });
  }
}

void FaultPlan::Disturb(std::size_t machine, Network network) {
  Network& current = fleet_.machine(machine).network;
  const Network before{.latency = std::min<nanoseconds>(current.latency, milliseconds(3))};
  current = network;
  fleet_.Impair(machine);
  world_.queue.After(SomeTime(), [this, machine, before] {
    fleet_.machine(machine).network = before;
    fleet_.Recover(machine);
  });
}

void FaultPlan::CutNetwork() { Disturb(AnyMachine(), {.is_cut = true}); }

void FaultPlan::LoseMessages() { Disturb(AnyMachine(), {.lost = 2'000}); }

void FaultPlan::RepeatMessages() { Disturb(AnyMachine(), {.lost = 300, .repeated = 5'000}); }

void FaultPlan::SlowNetwork() {
  Disturb(AnyMachine(), {.latency = dice_.OneOf<nanoseconds>({milliseconds(40), milliseconds(300), seconds(1)})});
}

std::vector<ModelShard*> FaultPlan::SomeShards() {
  std::vector<ModelShard*> some;
  const bool all = dice_.OneIn(2);
  const std::size_t one = dice_.Below(world_.store.shards().size());
  for (std::size_t i = 0; i < world_.store.shards().size(); ++i) {
    if (all || i == one) some.push_back(&world_.store.shards()[i]);
  }
  return some;
}

void FaultPlan::TroubleStore(nanoseconds duration) {
  if (store_troubles_++ == 0) world_.checker.StoreTroubled(world_.queue.now());
  world_.queue.After(duration + store_.quarantine + world_.engine.lease_ttl, [this] {
    if (--store_troubles_ == 0) world_.checker.StoreRecovered(world_.queue.now());
  });
}

void FaultPlan::Interrupt(nanoseconds down, nanoseconds lost) {
  const StoreMoment moment = world_.Now();
  for (ModelShard* shard : SomeShards()) {
    if (lost > nanoseconds(0)) shard->TakeBack(moment.now - lost, moment);
    shard->Replace();
    shard->SetDown(true);
    world_.queue.After(down, [shard] { shard->SetDown(false); });
  }
  TroubleStore(down);
}

void FaultPlan::StopStore() { Interrupt(SomeTime(), nanoseconds(0)); }

void FaultPlan::RestartStore() { Interrupt(dice_.About(seconds(2)), dice_.About(seconds(1))); }

void FaultPlan::FailOver() { Interrupt(dice_.About(seconds(5)), dice_.About(milliseconds(500))); }

void FaultPlan::RestoreStore() { Interrupt(dice_.About(seconds(5)), dice_.Between(seconds(2), seconds(60))); }

void FaultPlan::FlushStore() {
  for (ModelShard* shard : SomeShards()) shard->Flush(world_.Now());
  TroubleStore({});
}

void FaultPlan::PauseTasks() {
  const StoreMoment moment = world_.Now();
  Pause pause;
  const auto& tasks = world_.workload.schedule->tasks();
  if (!dice_.OneIn(4)) pause.target = PauseTarget::Task(tasks[dice_.Below(tasks.size())].id);
  pause.author = "operator";
  pause.since = moment.wall;
  pause.until = moment.wall + std::chrono::floor<Milliseconds>(dice_.About(seconds(10)));
  world_.store.SetPauses({pause}, moment);
}

void FaultPlan::RunTask() {
  const auto& tasks = world_.workload.schedule->tasks();
  const auto task = static_cast<TaskIndex>(dice_.Below(tasks.size()));
  Process* process = fleet_.Serving(AnyMachine());
  if (process != nullptr && tasks[task].unique()) process->RequestRun(task);
}

}  // namespace rota::cluster
