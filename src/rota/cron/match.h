#pragma once

#include <chrono>
#include <optional>

#include "rota/cron/expression.h"
#include "rota/cron/next.h"
#include "rota/time/zone_rules.h"

namespace rota {

// What an expression says of civil time, before any zone is asked: the first civil time at or after `from` that its
// fields match, and the last at or before it, among the days that some zone shows within [1970, 2200). With a DayRule
// the days are that one's. Bounded for every input; allocates nothing.
std::optional<CivilTime> FirstMatch(const Expression& expression, CivilTime from, const DayRule* rule = nullptr);
std::optional<CivilTime> LastMatch(const Expression& expression, CivilTime from, const DayRule* rule = nullptr);

// The policies in force: those given, else the vixie rule's; nothing is made up for a gap of more than 3 h.
DstGap GapPolicy(const Expression& expression, const DstPolicy& policy, std::chrono::seconds gap);
DstOverlap OverlapPolicy(const Expression& expression, const DstPolicy& policy);

}  // namespace rota
