#pragma once

#include <string_view>

#include "rota/base/status.h"
#include "rota/schedule/day_set.h"

namespace rota {

// Reads the days of an iCalendar text (RFC 5545): those that its all-day events touch, with repetitions (RRULE, RDATE,
// EXDATE, single occurrences that were changed) and without cancelled ones. All else in it (to-dos, time zones, alarms)
// is passed over.
//
// An event with a time of day is refused, for an hour's meeting must not become a holiday, and so are repetitions
// within a day (BYHOUR and below, too), EXRULE, RSCALE, changes to "this and all following" occurrences, and rules that
// have more than 1,000,000 occurrences together. Errors: kInvalidArgument,
// "holidays.ics:12: …".
Result<DaySet> ReadIcs(std::string_view text, std::string_view file_name);

}  // namespace rota
