#pragma once

#include <optional>

#include "rota/base/instant.h"
#include "rota/cron/expression.h"
#include "rota/time/time_zone.h"

namespace rota {

// The first instant strictly after `after`, and not before 1970, at which the expression fires in the zone, or nothing
// when it never fires again before 2200. Bounded for every input.
//
// DST, the vixie rule (cron(8) of ISC cron): an expression whose second, minute or hour field begins with `*` follows
// real time: nothing is made up in a gap, both passes of a repeated hour fire. Any other is fixed-time: a time inside
// a gap of at most 3 h fires once at the first instant after the gap (several collapse to one; a longer gap is a
// correction of the clock, for which nothing is made up), a repeated time fires at its first pass only.
std::optional<WallTime> Next(const Expression& expression, const TimeZone& zone, WallTime after);

// The last instant strictly before `before` at which the expression fires, not before 1970; the inverse of Next().
std::optional<WallTime> Previous(const Expression& expression, const TimeZone& zone, WallTime before);

}  // namespace rota
