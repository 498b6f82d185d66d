#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "rota/base/status.h"

namespace rota {

// A parsed cron expression: one bit mask per field, so that finding the next match is a few bit scans.
//
// Parse() reads 5 fields (minute hour day-of-month month day-of-week) or 6 (leading seconds), lists, ranges and steps,
// month and weekday names in any case, `?` in the day fields, `L` (last day) in the day of month, 0 and 7 for Sunday,
// and @yearly @annually @monthly @weekly @daily @midnight @hourly. When day-of-month and day-of-week are both
// restricted, a day matches either (the vixie rule), or both when the weekday begins with `+` (OCPS 1.4).
// Immutable.
struct Expression {
  // Reads an expression. Errors: kInvalidArgument with the column, what was found and what is allowed.
  static Result<Expression> Parse(std::string_view text);

  std::uint64_t seconds = 1;       // Bits 0-59.
  std::uint64_t minutes = 0;       // Bits 0-59.
  std::uint32_t hours = 0;         // Bits 0-23.
  std::uint32_t days = 0;          // Bits 1-31.
  std::uint16_t months = 0;        // Bits 1-12.
  std::uint8_t weekdays = 0;       // Bits 0-6, Sunday is 0.
  bool last_day : 1 = false;       // `L` in the day of month.
  bool any_day : 1 = false;        // The day of month begins with `*` or is `?`: not restricted.
  bool any_weekday : 1 = false;    // The day of week begins with `*` or is `?`: not restricted.
  bool both_days : 1 = false;      // `+`: day of month and day of week must both match.
  bool wildcard_time : 1 = false;  // The second, minute or hour field begins with `*`: follows real time over DST.

  friend bool operator==(const Expression&, const Expression&) = default;
};
static_assert(sizeof(Expression) <= 64);

}  // namespace rota
