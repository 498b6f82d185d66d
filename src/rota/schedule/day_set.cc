#include "rota/schedule/day_set.h"

#include <algorithm>
#include <bit>
#include <string>

#include "rota/base/hash.h"

namespace rota {
namespace {

using std::chrono::year_month;
using std::chrono::year_month_day;

constexpr year_month kFirstMonth = std::chrono::year(1970) / 1;

// Where a day stands in the set. REQUIRES: kFirst <= day <= kLast.
struct Place {
  explicit Place(CivilDay date) {
    const year_month_day parts(date);
    month = static_cast<std::size_t>((parts.year() / parts.month() - kFirstMonth).count());
    day = static_cast<unsigned>(parts.day());
  }
  std::size_t month;
  unsigned day;
};

CivilDay DayOf(std::size_t month, int day) {
  return CivilDay((kFirstMonth + std::chrono::months(month)) / 1) + std::chrono::days(day - 1);
}

// Bits `first` to 31, and 0 to `last`.
constexpr std::uint32_t BitsFrom(unsigned first) { return ~std::uint32_t{0} << first; }
constexpr std::uint32_t BitsUpTo(unsigned last) { return ~std::uint32_t{0} >> (31 - last); }

// Calls `visit(month, bits)` for every month that the range touches.
template <typename Visit>
void ForEachMonth(CivilDay first, CivilDay last, Visit visit) {
  first = std::max(first, DaySet::kFirst);
  last = std::min(last, DaySet::kLast);
  if (first > last) return;
  const Place begin(first);
  const Place end(last);
  for (std::size_t month = begin.month; month <= end.month; ++month) {
    const auto length = static_cast<unsigned>(((kFirstMonth + std::chrono::months(month)) / std::chrono::last).day());
    visit(month, BitsFrom(month == begin.month ? begin.day : 1) & BitsUpTo(month == end.month ? end.day : length));
  }
}

}  // namespace

DaySet DaySet::OfWeekdays(std::uint8_t weekdays) {
  DaySet set;
  ForEachMonth(kFirst, kLast, [&](std::size_t month, std::uint32_t bits) {
    const unsigned weekday = std::chrono::weekday(DayOf(month, 1)).c_encoding();
    for (unsigned day = 1; day <= 31; ++day) {
      if ((weekdays >> (weekday + day - 1) % 7 & 1) == 0) bits &= ~(std::uint32_t{1} << day);
    }
    set.months_[month] = bits;
  });
  return set;
}

void DaySet::Add(CivilDay first, CivilDay last) {
  ForEachMonth(first, last, [this](std::size_t month, std::uint32_t bits) { months_[month] |= bits; });
}

void DaySet::Remove(CivilDay first, CivilDay last) {
  ForEachMonth(first, last, [this](std::size_t month, std::uint32_t bits) { months_[month] &= ~bits; });
}

DaySet& DaySet::operator|=(const DaySet& other) {
  for (std::size_t i = 0; i < kMonths; ++i) months_[i] |= other.months_[i];
  return *this;
}

DaySet& DaySet::operator&=(const DaySet& other) {
  for (std::size_t i = 0; i < kMonths; ++i) months_[i] &= other.months_[i];
  return *this;
}

DaySet& DaySet::operator-=(const DaySet& other) {
  for (std::size_t i = 0; i < kMonths; ++i) months_[i] &= ~other.months_[i];
  return *this;
}

bool DaySet::Contains(CivilDay day) const {
  if (day < kFirst || day > kLast) return false;
  const Place place(day);
  return (months_[place.month] >> place.day & 1) != 0;
}

std::uint32_t DaySet::InMonth(year_month month) const {
  const auto index = (month - kFirstMonth).count();
  return index >= 0 && index < static_cast<std::int64_t>(kMonths) ? months_[static_cast<std::size_t>(index)] : 0;
}

std::optional<CivilDay> DaySet::FirstFrom(CivilDay day) const {
  if (day > kLast) return std::nullopt;
  const Place place(std::max(day, kFirst));
  std::uint32_t bits = months_[place.month] & BitsFrom(place.day);
  for (std::size_t month = place.month;; bits = months_[month]) {
    if (bits != 0) return DayOf(month, std::countr_zero(bits));
    if (++month == kMonths) return std::nullopt;
  }
}

std::optional<CivilDay> DaySet::LastUpTo(CivilDay day) const {
  if (day < kFirst) return std::nullopt;
  const Place place(std::min(day, kLast));
  std::uint32_t bits = months_[place.month] & BitsUpTo(place.day);
  for (std::size_t month = place.month;; bits = months_[month]) {
    if (bits != 0) return DayOf(month, 31 - std::countl_zero(bits));
    if (month-- == 0) return std::nullopt;
  }
}

std::uint64_t DaySet::Hash() const {
  std::string bytes;  // Little-endian on every machine.
  for (const std::uint32_t bits : months_) {
    for (int shift = 0; shift < 32; shift += 8) bytes += static_cast<char>(bits >> shift & 0xff);
  }
  return StableHash(bytes);
}

}  // namespace rota
