#include "rota/schedule/day_set.h"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace rota {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

CivilDay Day(int year, unsigned month, unsigned day) {
  return CivilDay{std::chrono::year(year) / static_cast<int>(month) / static_cast<int>(day)};
}

TEST(DaySet, HoldsTheDaysOfItsWeekdays) {
  const DaySet set = DaySet::OfWeekdays(0x3e);
  for (CivilDay day = DaySet::kFirst; day <= DaySet::kLast; day += days(1)) {
    const unsigned weekday = std::chrono::weekday(day).c_encoding();
    ASSERT_EQ(set.Contains(day), weekday >= 1 && weekday <= 5) << day.time_since_epoch().count();
  }
  EXPECT_EQ(set.InMonth(2026y / 2), 0b0111110011111001111100111110u << 1);  // Begins on a Sunday, 28 days.
  EXPECT_EQ(DaySet::OfWeekdays(0), DaySet());
}

TEST(DaySet, HoldsNothingOutsideItsYears) {
  DaySet set;
  set.Add(Day(1969, 1, 1), Day(2300, 12, 31));
  EXPECT_EQ(set, DaySet::OfWeekdays(0x7f));
  EXPECT_TRUE(set.Contains(Day(1970, 1, 1)));
  EXPECT_TRUE(set.Contains(Day(2199, 12, 31)));
  EXPECT_FALSE(set.Contains(Day(1969, 12, 31)));
  EXPECT_FALSE(set.Contains(Day(2200, 1, 1)));
  EXPECT_EQ(set.InMonth(1969y / 12), 0u);
  EXPECT_EQ(set.InMonth(2200y / 1), 0u);
  EXPECT_EQ(set.FirstFrom(Day(1900, 1, 1)), Day(1970, 1, 1));
  EXPECT_EQ(set.LastUpTo(Day(2300, 1, 1)), Day(2199, 12, 31));
  EXPECT_EQ(set.FirstFrom(Day(2200, 1, 1)), std::nullopt);
  EXPECT_EQ(set.LastUpTo(Day(1969, 12, 31)), std::nullopt);
  set.Remove(Day(1969, 1, 1), Day(2300, 12, 31));
  EXPECT_EQ(set, DaySet());
  set.Add(Day(2200, 1, 1), Day(2200, 1, 2));
  set.Add(Day(2026, 3, 2), Day(2026, 3, 1));
  EXPECT_EQ(set, DaySet());
  EXPECT_EQ(set.FirstFrom(Day(1970, 1, 1)), std::nullopt);
  EXPECT_EQ(set.LastUpTo(Day(2199, 12, 31)), std::nullopt);
}

TEST(DaySet, FindsNeighboursAcrossMonthsAndYears) {
  DaySet set;
  set.Add(Day(2025, 12, 31), Day(2025, 12, 31));
  set.Add(Day(2028, 2, 29), Day(2028, 2, 29));
  EXPECT_EQ(set.FirstFrom(Day(2025, 12, 31)), Day(2025, 12, 31));
  EXPECT_EQ(set.FirstFrom(Day(2026, 1, 1)), Day(2028, 2, 29));
  EXPECT_EQ(set.LastUpTo(Day(2028, 2, 28)), Day(2025, 12, 31));
  EXPECT_EQ(set.LastUpTo(Day(2025, 12, 30)), std::nullopt);
}

// A set of plain flags, a second at a time slower and beyond doubt.
TEST(DaySet, AgreesWithAListOfFlags) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE("seed " + std::to_string(seed));
  std::mt19937 random(seed);
  const auto count = static_cast<std::size_t>((DaySet::kLast - DaySet::kFirst).count() + 1);
  const auto pick = [&] { return random() % count; };
  const auto at = [](std::size_t index) { return DaySet::kFirst + days(index); };
  struct Pair {
    DaySet set;
    std::vector<bool> flags;
  };
  const auto make = [&] {
    Pair pair{DaySet(), std::vector<bool>(count)};
    for (int i = 0; i < 40; ++i) {
      const std::size_t first = pick();
      const std::size_t last = std::min(count - 1, first + random() % 4000);
      const bool add = i % 3 != 2;
      if (add) {
        pair.set.Add(at(first), at(last));
      } else {
        pair.set.Remove(at(first), at(last));
      }
      for (std::size_t day = first; day <= last; ++day) pair.flags[day] = add;
    }
    return pair;
  };
  const auto a = make();
  const auto b = make();
  DaySet both = a.set, either = a.set, only_a = a.set;
  both &= b.set;
  either |= b.set;
  only_a -= b.set;
  std::optional<CivilDay> previous;
  for (std::size_t i = 0; i < count; ++i) {
    const bool in_a = a.flags[i], in_b = b.flags[i];
    ASSERT_EQ(a.set.Contains(at(i)), in_a) << i;
    ASSERT_EQ(both.Contains(at(i)), in_a && in_b) << i;
    ASSERT_EQ(either.Contains(at(i)), in_a || in_b) << i;
    ASSERT_EQ(only_a.Contains(at(i)), in_a && !in_b) << i;
    if (in_a) {
      const CivilDay after_previous = previous ? *previous + days(1) : DaySet::kFirst;
      ASSERT_EQ(a.set.FirstFrom(after_previous), at(i));
      previous = at(i);
    }
    ASSERT_EQ(a.set.LastUpTo(at(i)), previous);
  }
}

TEST(DaySet, HashesTheDaysAlone) {
  DaySet set = DaySet::OfWeekdays(0x3e);
  const std::uint64_t hash = set.Hash();
  set.Add(Day(2026, 2, 14), Day(2026, 2, 14));
  EXPECT_NE(set.Hash(), hash);
  set.Remove(Day(2026, 2, 14), Day(2026, 2, 14));
  EXPECT_EQ(set.Hash(), hash);
  EXPECT_EQ(hash, 13904606373390812838u);  // The same on all machines and in all releases.
}

}  // namespace
}  // namespace rota
