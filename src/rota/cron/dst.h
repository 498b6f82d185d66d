#pragma once

#include <optional>
#include <vector>

#include "rota/base/instant.h"
#include "rota/cron/expression.h"
#include "rota/cron/next.h"
#include "rota/time/time_zone.h"

namespace rota {

// What becomes of the times of day that a change of the clocks skips or repeats.
enum class DstOutcome {
  kRunAfter,    // Skipped: one run in their place, right after the gap.
  kRunBefore,   // Skipped: one run in their place, right before the gap.
  kDropped,     // Skipped, and nothing runs in their place.
  kFirstPass,   // Repeated: they run at the first pass alone.
  kSecondPass,  // Repeated: they run at the second pass alone.
  kBothPasses,  // Repeated: they run twice.
};

// A change of the clocks under which an expression fires otherwise than the wall clock reads.
struct DstEffect {
  // The most that `count` counts to.
  static constexpr int kMostCounted = 100;

  TimeZone::Transition transition;
  DstOutcome outcome = DstOutcome::kDropped;
  CivilTime first;  // The first and the last of the times of day that are skipped or repeated.
  CivilTime last;
  int count = 0;  // How many they are; kMostCounted stands for that many or more.
  // The run in place of those skipped, or the first of those at a repeated time; nothing when they are dropped.
  std::optional<WallTime> runs;
};

// The next changes of the clocks, at most `count` after `from`, that affect the expression in the zone. Left out are
// those that an expression for every hour merely follows through (`*/15 * * * *`, unless a policy says otherwise): it
// fires at its usual distances throughout. Bounded: changes are looked for up to 2200.
std::vector<DstEffect> DstEffects(const Expression& expression, const TimeZone& zone, const CronOptions& options,
                                  WallTime from, int count);

}  // namespace rota
