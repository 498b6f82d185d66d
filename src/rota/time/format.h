#pragma once

#include <string>
#include <string_view>

#include "rota/base/instant.h"
#include "rota/base/status.h"
#include "rota/time/time_zone.h"

namespace rota {

// RFC 3339 in UTC: "2026-03-07T02:00:00Z"; milliseconds only when there are any ("…00.250Z").
std::string FormatInstant(WallTime instant);
// As people of the zone read it: "2026-03-07 02:00:00 +08:00". ParseInstant() reads it back.
std::string FormatInstant(WallTime instant, const TimeZone& zone);

// Reads RFC 3339 ("2026-03-07T02:00:00Z", "…+08:00"), and "2026-03-07", "2026-03-07 02:00[:00]" or "…T02:00" as civil
// time in `zone` (in a gap: the first instant after it; repeated: the first pass). The leap second 23:59:60Z, which
// WallTime does not have, is the first instant of the next day. Errors: kInvalidArgument with what was expected.
Result<WallTime> ParseInstant(std::string_view text, const TimeZone& zone);

// "2026-03-07". A CivilDay is one, too.
std::string FormatDate(CivilTime civil);

// Reads "500ms", "90s", "30m", "1h30m", "7d": units d, h, m, s, ms in falling order. Errors: kInvalidArgument for
// anything else, a negative value, or more than 100 years. A zero ("0s") is a value.
Result<Milliseconds> ParseDuration(std::string_view text);
// In the largest units, as ParseDuration() reads it back: "1h30m", "250ms", "0s". A negative one begins with "-".
std::string FormatDuration(Milliseconds duration);

// A time of day in seconds after midnight. Reads "2:00", "02:00" and "02:00:30", 00:00 to 23:59:59.
Result<std::chrono::seconds> ParseTimeOfDay(std::string_view text);
// "02:00", or "02:00:30" when there are seconds.
std::string FormatTimeOfDay(std::chrono::seconds since_midnight);

}  // namespace rota
