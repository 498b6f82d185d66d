#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

#include "rota/base/instant.h"
#include "rota/base/status.h"
#include "rota/schedule/schedule.h"

// When the tasks of a schedule fire in a stretch of time, as forecast and load look at it; for report/ alone.
namespace rota {

// [from, to).
struct Stretch {
  WallTime from;
  WallTime to;
};

// Errors: kInvalidArgument unless it runs forwards, for 366 days at most.
Status CheckStretch(const Stretch& stretch);

// The tasks of one trigger, in the order of their registration: they fire together.
struct Cohort {
  const Trigger* trigger = nullptr;
  std::vector<const Task*> tasks;
};

// The cohorts of those tasks that run where the application does, in the order of their first tasks. `elsewhere` gets
// the number of the others.
std::vector<Cohort> FindCohorts(const Schedule& schedule, std::string_view environment, std::size_t& elsewhere);

// Adds up the fires of triggers, minute by minute, within a bound on what it looks at.
class FireCounter {
 public:
  // Called with a minute, 0 being the one in which the stretch begins, and how often the trigger fires in it; not where
  // it does not.
  using Add = std::function<void(std::size_t minute, std::uint64_t count)>;

  // Looks at `most` fires one by one.
  explicit FireCounter(const Stretch& stretch, std::uint64_t most = 10'000'000) : stretch_(stretch), most_(most) {}

  // How many minutes the stretch touches.
  std::size_t minutes() const;
  WallTime MinuteAt(std::size_t minute) const;
  // Errors: kInvalidArgument when all triggers together have fired too often to be looked at one by one.
  Status Count(const Trigger& trigger, const Add& add);

 private:
  Status CountInterval(Milliseconds period, Milliseconds offset, const Add& add) const;

  const Stretch stretch_;
  const std::uint64_t most_;
  std::uint64_t looked_at_ = 0;
};

}  // namespace rota
