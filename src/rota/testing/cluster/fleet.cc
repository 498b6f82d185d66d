#include "rota/testing/cluster/fleet.h"

#include <algorithm>

#include "rota/base/format.h"

namespace rota::cluster {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr double kMostDrift = 50e-6;  // Of a quartz.

}  // namespace

Fleet::Fleet(World& world, int machines, Milliseconds max_skew, Dice& dice)
    : world_(world), max_skew_(max_skew), dice_(dice) {
  for (int i = 0; i < machines; ++i) {
    auto place = std::make_unique<Place>();
    place->machine.name = Format("server-{}", i);
    place->machine.network.latency = dice.Between(std::chrono::microseconds(100), milliseconds(3));
    place->machine.clock.offset = std::chrono::floor<Milliseconds>(dice.Between(-max_skew / 5, max_skew / 5));
    place->machine.clock.drift = kMostDrift * (static_cast<double>(dice.Below(2001)) / 1000 - 1);
    place->machine.clock.steady_offset = dice.Between(seconds(1), seconds(1'000'000));
    machines_.push_back(std::move(place));
  }
}

void Fleet::Start() {
  for (std::size_t i = 0; i < machines_.size(); ++i) {
    world_.queue.After(dice_.Between({}, seconds(3)), [this, i] { StartProcess(i); });
  }
}

Process* Fleet::Serving(std::size_t index) {
  const auto& processes = machines_[index]->processes;
  return processes.empty() || processes.back()->is_over() ? nullptr : processes.back().get();
}

std::vector<std::string> Fleet::Serving() {
  std::vector<std::string> servers;
  for (std::size_t i = 0; i < machines_.size(); ++i) {
    if (const Process* process = Serving(i)) servers.push_back(process->server());
  }
  return servers;
}

void Fleet::StartProcess(std::size_t index) {
  Place& place = *machines_[index];
  auto process = std::make_shared<Process>(world_, place.machine, dice_.Draw(),
                                           [this](const ServerInfo& server) { return IsGone(server); });
  for (int i = 0; i < place.troubles; ++i) process->Impair();
  place.processes.push_back(process);
  process->Start();
}

void Fleet::Keep(std::size_t index) {
  if (is_over_) return;
  const Process* process = Serving(index);
  if (process == nullptr) {
    StartProcess(index);
  } else if (process->is_stopping()) {
    world_.queue.After(milliseconds(100), [this, index] { Keep(index); });
  }
}

// As a store that sees the processes of its machine knows it.
bool Fleet::IsGone(const ServerInfo& server) const {
  for (const auto& place : machines_) {
    if (place->machine.name != server.host) continue;
    const auto process = std::ranges::find(place->processes, server.incarnation,
                                           [](const auto& one) -> const std::string& { return one->incarnation(); });
    return process != place->processes.end() && (*process)->is_over();
  }
  return false;
}

void Fleet::Impair(std::size_t index) {
  ++machines_[index]->troubles;
  for (const auto& process : machines_[index]->processes) process->Impair();
}

void Fleet::Recover(std::size_t index) {
  --machines_[index]->troubles;
  for (const auto& process : machines_[index]->processes) process->Recover();
}

void Fleet::SetClock(std::size_t index, Milliseconds offset) {
  Place& place = *machines_[index];
  const bool is_off = std::chrono::abs(offset) > max_skew_ / 2;
  if (is_off && !place.is_clock_off) Impair(index);
  world_.checker.ClockShowed(place.machine.name, place.machine.clock.Wall(world_.queue.now()));
  place.machine.clock.offset = offset;
  if (dice_.OneIn(2)) {
    for (const auto& process : place.processes) process->NoticeClock();
  }
  if (!is_off && place.is_clock_off) Recover(index);
  place.is_clock_off = is_off;
}

void Fleet::Heal() {
  for (std::size_t i = 0; i < machines_.size(); ++i) {
    SetClock(i, machines_[i]->machine.clock.offset % (max_skew_ / 5));
    if (Process* process = Serving(i); process != nullptr && process->is_paused()) process->Resume();
    Keep(i);
  }
}

void Fleet::Shutdown() {
  is_over_ = true;
  for (const auto& place : machines_) {
    for (const auto& process : place->processes) process->RequestShutdown();
  }
}

}  // namespace rota::cluster
