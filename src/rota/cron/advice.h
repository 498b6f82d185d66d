#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "rota/base/instant.h"
#include "rota/cron/describe.h"
#include "rota/cron/expression.h"
#include "rota/time/time_zone.h"

namespace rota {

// What somebody who wrote an expression may not have meant. The codes, which stay the same between versions:
//
//   never_fires        no day, in no year from 1970 to 2199, matches
//   never_again        it has no instant after the one asked for
//   either_day         day of month and day of week are both given: one of them is enough
//   short_month        a day of the month that some months do not have
//   leap_day           29 February alone
//   uneven_step        a step that does not divide: the last gap is shorter
//   every_minute       every minute, or every second, of times that look as if they were meant once
//   every_second
//   follows_real_time  what the zone's clocks skip is left out, because a field begins with `*`
//   fixed_time         what the zone's clocks repeat is left out, because no field does
struct Advice {
  std::string_view code;
  std::string sentence;
  friend bool operator==(const Advice&, const Advice&) = default;
};

// What there is to say about an expression in a zone from an instant on; the most serious first. Pure.
std::vector<Advice> Advise(const Expression& expression, const TimeZone& zone, WallTime from,
                           Locale locale = Locale::kEnglish);

}  // namespace rota
