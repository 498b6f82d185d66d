#pragma once

#include <cstdint>

// Expression::weekdays has seven bits for each of the up to five occurrences of the weekdays in a month.
namespace rota::internal {

inline constexpr std::uint64_t kEachWeek = 0x10204081;  // Times a set of weekdays: all five of each.
inline constexpr std::uint64_t kAllWeekdays = kEachWeek * 0x7f;

}  // namespace rota::internal
