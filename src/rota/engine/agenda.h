#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "rota/base/instant.h"
#include "rota/schedule/schedule.h"
#include "rota/schedule/trigger.h"

namespace rota {

// A task's place in Schedule::tasks().
using TaskIndex = std::uint32_t;

// What is due when. Tasks that are due together and treated alike form one cohort with one entry, so that a million
// tasks with 500 triggers are 500 entries and cost one Next() per cohort and instant. Confined to the engine thread.
class Agenda {
 public:
  struct Cohort {
    std::shared_ptr<const Trigger> trigger;
    const TaskPolicies* policies = nullptr;  // Of one of them: what decides when they are dispatched is theirs alike.
    // By the StableHash() of their ids, by which stores part them too: neighbours are kept, and claimed, together.
    std::vector<TaskIndex> tasks;
  };
  // A cohort that is due. `at` is the latest of its instants that have come; those from `first` on were missed.
  struct Due {
    const Cohort* cohort = nullptr;
    WallTime first;
    WallTime at;
  };

  // Nothing is due before Reset().
  explicit Agenda(const Schedule& schedule);

  // Puts every cohort at its first instant after `after`.
  void Reset(WallTime after);
  // The earliest instant that is ahead, or nothing when no trigger fires again.
  std::optional<WallTime> NextDue() const;
  // Takes what is due at `now`, in the order of its instants, and moves each cohort on to its next instant.
  std::vector<Due> PopDue(WallTime now);
  // Until when an occurrence at `at` may start: its misfire grace is over then.
  static WallTime Expiry(const Trigger& trigger, const MisfirePolicy& misfire, WallTime at);
  // The instants from `first` to `at` that are to run at `now`, the latest one also where its grace is over, oldest
  // first.
  static std::vector<WallTime> ToRun(const Trigger& trigger, const MisfirePolicy& misfire, WallTime first, WallTime at,
                                     WallTime now);

  const std::vector<Cohort>& cohorts() const { return cohorts_; }

 private:
  struct Entry {
    WallTime at;
    std::uint32_t cohort;
    friend bool operator>(const Entry& a, const Entry& b) { return a.at != b.at ? a.at > b.at : a.cohort > b.cohort; }
  };
  void Push(std::uint32_t cohort, WallTime after);

  std::vector<Cohort> cohorts_;
  std::vector<Entry> heap_;  // The earliest first.
};

}  // namespace rota
