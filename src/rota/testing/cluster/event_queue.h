#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "rota/base/instant.h"

namespace rota::cluster {

// Virtual time, and what is planned to happen in it: in the order of the instants, and at one instant in the order of
// planning. Thread-compatible.
class EventQueue {
 public:
  // The true time: what a perfect clock shows.
  SteadyTime now() const { return now_; }

  // REQUIRES: at is not before now().
  void At(SteadyTime at, std::function<void()> happen);
  void After(std::chrono::nanoseconds delay, std::function<void()> happen) { At(now_ + delay, std::move(happen)); }

  // Lets everything happen that is planned up to `end`, or will be meanwhile.
  void RunUntil(SteadyTime end);

 private:
  struct Event {
    SteadyTime at;
    std::uint64_t number;
    std::function<void()> happen;
  };
  static bool Later(const Event& a, const Event& b) { return a.at != b.at ? a.at > b.at : a.number > b.number; }

  SteadyTime now_{};
  std::uint64_t planned_ = 0;
  std::vector<Event> heap_;  // The earliest first.
};

}  // namespace rota::cluster
