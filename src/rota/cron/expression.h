#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rota/base/status.h"

namespace rota {

// Whose cron language a text is written in.
enum class CronDialect {
  kOcps,    // The Open Cron Pattern Specification 1.4: 5 fields, 6 (leading seconds) or 7 (trailing year).
  kQuartz,  // Quartz 2: 6 or 7 fields, 1 is Sunday, exactly one `?`.
};

// The years 1970 to 2199, a bit each. Immutable but for Add().
class YearSet {
 public:
  static constexpr int kFirst = 1970;
  static constexpr int kLast = 2199;

  static constexpr YearSet All() {
    YearSet years;
    years.bits_.fill(0xffff);
    years.bits_.back() = 0x3f;  // 230 years are 14 words and 6 bits.
    return years;
  }
  // REQUIRES: kFirst <= year <= kLast.
  void Add(int year);
  bool Contains(int year) const {
    const int bit = year - kFirst;
    return 0 <= bit && bit <= kLast - kFirst && (bits_[static_cast<unsigned>(bit) / 16] >> bit % 16 & 1) != 0;
  }
  // The first year of the set at or after `year`, or the last at or before it; any `year` may be asked for.
  std::optional<int> FirstFrom(int year) const;
  std::optional<int> LastUpTo(int year) const;

  friend bool operator==(const YearSet&, const YearSet&) = default;

 private:
  std::array<std::uint16_t, 15> bits_{};
};

// A parsed cron expression: one bit mask per field, so that finding the next match is a few bit scans.
//
// Parse() reads OCPS 1.4: 5 fields (minute hour day-of-month month day-of-week), 6 (leading seconds) or 7 (trailing
// year 1970-2199), lists, ranges and steps, month and weekday names in any case, `?` in the day fields, `L`, `LW` and
// `15W` in the day of month, `5L`, `5#L` and `5#2` in the day of week, 0 and 7 for Sunday. When day-of-month and
// day-of-week are both restricted, a day matches either (the vixie rule), or both when the weekday begins with `+`.
//
// The Quartz dialect has 6 or 7 fields, 1 for Sunday, `?` in exactly one of the day fields, steps after a value
// (`0/15`), ranges that wrap (`22-2`), names in full (`monday`), `L-3` and `L-3W`; `L`, `#` and `W` stand alone.
//
// Both read @yearly @annually @monthly @weekly @daily @midnight @hourly in any case, and `H`, `H(0-29)`, `H/15`: a
// value that Options::hash_key and the field choose, among the first 28 days in the day of month. Parsing allocates
// nothing unless it fails.
// Immutable.
struct Expression {
  struct Options {
    CronDialect dialect = CronDialect::kOcps;
    // What `H` is made from, the task's id; without it an expression with `H` is refused.
    std::optional<std::string_view> hash_key = {};
  };
  // Reads an expression. Errors: kInvalidArgument with the column, what was found, what is allowed and a suggestion.
  static Result<Expression> Parse(std::string_view text, const Options& options);
  static Result<Expression> Parse(std::string_view text) { return Parse(text, Options()); }

  std::uint64_t seconds = 1;  // Bits 0-59.
  std::uint64_t minutes = 0;  // Bits 0-59.
  // Bit 7 * (n - 1) + w is the n-th weekday w of the month, Sunday being 0: a plain weekday has all five of its bits.
  std::uint64_t weekdays : 35 = 0;
  std::uint64_t last_weekdays : 7 = 0;      // The last such weekday of the month: `5L`.
  std::uint64_t last_day : 1 = false;       // `L` in the day of month.
  std::uint64_t last_offset : 5 = 0;        // How many days before the last that is: `L-3` of Quartz.
  std::uint64_t nearest : 1 = false;        // `W`: the Monday to Friday nearest to the one day given, within its month.
  std::uint64_t any_day : 1 = false;        // The day of month is `*` or `?`: not restricted.
  std::uint64_t any_weekday : 1 = false;    // The day of week is `*` or `?`: not restricted.
  std::uint64_t both_days : 1 = false;      // `+`: day of month and day of week must both match.
  std::uint64_t wildcard_time : 1 = false;  // The second, minute or hour field begins with `*`: follows real time.
  std::uint32_t hours = 0;                  // Bits 0-23.
  std::uint32_t days = 0;                   // Bits 1-31.
  std::uint16_t months = 0;                 // Bits 1-12.
  YearSet years = YearSet::All();

  friend bool operator==(const Expression&, const Expression&) = default;
};
static_assert(sizeof(Expression) <= 64);

}  // namespace rota
