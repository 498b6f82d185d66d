#pragma once

#include <memory>
#include <string>
#include <vector>

#include "rota/base/instant.h"
#include "rota/testing/cluster/process.h"

namespace rota::cluster {

// The machines, and the processes on them: mostly one each; two while a new one takes over from an old one.
class Fleet {
 public:
  Fleet(World& world, int machines, Milliseconds max_skew, Dice& dice);

  void Start();
  std::size_t size() const { return machines_.size(); }
  Machine& machine(std::size_t index) { return machines_[index]->machine; }
  // The process that serves on the machine, or null.
  Process* Serving(std::size_t index);
  std::vector<std::string> Serving();

  // A new process; the one before may still be there.
  void StartProcess(std::size_t index);
  // Starts one unless one serves; after one that is stopping.
  void Keep(std::size_t index);
  // The machine cannot be relied on from now on, and again; these nest.
  void Impair(std::size_t index);
  void Recover(std::size_t index);
  void SetClock(std::size_t index, Milliseconds offset);
  // Nothing is wrong any more, and every machine has a process.
  void Heal();
  void Shutdown();

 private:
  struct Place {
    Machine machine;
    std::vector<std::shared_ptr<Process>> processes;  // The latest last.
    int troubles = 0;
    bool is_clock_off = false;
  };

  bool IsGone(const ServerInfo& server) const;

  World& world_;
  const Milliseconds max_skew_;
  Dice& dice_;
  std::vector<std::unique_ptr<Place>> machines_;
  bool is_over_ = false;
};

}  // namespace rota::cluster
