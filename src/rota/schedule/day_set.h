#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>

namespace rota {

// A date as a calendar on the wall shows it. Becomes an instant only with a TimeZone.
using CivilDay = std::chrono::local_days;

// A set of days from 1970 to 2199, a bit each; days outside belong to no set.
//
//   using namespace std::chrono_literals;
//   DaySet days = DaySet::OfWeekdays(0x3e);                          // Monday to Friday,
//   days.Remove(CivilDay{2026y / 1 / 1}, CivilDay{2026y / 1 / 3});  // but for three holidays.
//
// Thread-compatible.
class DaySet {
 public:
  static constexpr CivilDay kFirst{std::chrono::year(1970) / 1 / 1};
  static constexpr CivilDay kLast{std::chrono::year(2199) / 12 / 31};

  // The empty set.
  DaySet() = default;
  // All days that fall on these weekdays, bits 0-6, Sunday is 0: 0x7f is every day.
  static DaySet OfWeekdays(std::uint8_t weekdays);

  // Both ends are meant. What lies outside 1970 to 2199 is passed over, and a range that runs backwards is empty.
  void Add(CivilDay first, CivilDay last);
  void Remove(CivilDay first, CivilDay last);

  // Union, intersection, difference.
  DaySet& operator|=(const DaySet& other);
  DaySet& operator&=(const DaySet& other);
  DaySet& operator-=(const DaySet& other);

  bool Contains(CivilDay day) const;
  // The set's days in a month, as bits 1-31.
  std::uint32_t InMonth(std::chrono::year_month month) const;
  // The first day of the set at or after `day`, or the last at or before it.
  std::optional<CivilDay> FirstFrom(CivilDay day) const;
  std::optional<CivilDay> LastUpTo(CivilDay day) const;
  // Equal sets have equal hashes, on all machines and in all releases.
  std::uint64_t Hash() const;

  friend bool operator==(const DaySet&, const DaySet&) = default;

 private:
  // By month, so that a month's days are one look-up.
  static constexpr std::size_t kMonths = std::size_t{2199 - 1970 + 1} * 12;
  std::array<std::uint32_t, kMonths> months_{};
};

}  // namespace rota
