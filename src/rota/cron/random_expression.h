#pragma once

#include <algorithm>
#include <chrono>
#include <random>
#include <string>

#include "rota/base/format.h"
#include "rota/cron/next.h"
#include "rota/cron/weekday_bits.h"
#include "rota/time/zone_rules.h"

namespace rota {

// Makes expressions over the whole language, for tests. The same seed makes the same.
class RandomExpression {
 public:
  explicit RandomExpression(std::uint64_t seed) : random_(seed) {}

  int Below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }
  bool OneIn(int count) { return Below(count) == 0; }

  // One that often matches in the hours around midnight of `day`, and mostly at the hours at which clocks are changed.
  Expression Near(std::chrono::local_days day) {
    Expression e = Days();
    const std::chrono::year_month_day date(day);
    e.months = static_cast<std::uint16_t>(OneIn(5) ? Bits(1, 12) : 0x1ffe);
    e.months = static_cast<std::uint16_t>(e.months | 1u << static_cast<unsigned>(date.month()));
    if (OneIn(3) && !e.nearest) e.days |= std::uint32_t{1} << static_cast<unsigned>(date.day());
    SetTime(e);
    if (OneIn(10)) {
      e.years = YearSet();
      for (int y = static_cast<int>(date.year()) - 1; y <= static_cast<int>(date.year()) + Below(2); ++y) {
        if (y >= YearSet::kFirst && y <= YearSet::kLast) e.years.Add(y);
      }
    }
    return e;
  }

  // One that matches on few days: dates, weekdays and years as rare as can be.
  Expression Sparse() {
    Expression e = Days();
    e.months = static_cast<std::uint16_t>(1u << (1 + Below(12)));
    if (OneIn(3)) e.months = static_cast<std::uint16_t>(e.months | Bits(1, 12));
    if (OneIn(2)) e.both_days = true;
    SetTime(e);
    if (OneIn(2)) {
      e.years = YearSet();
      for (int i = Below(6); i >= 0; --i) e.years.Add(YearSet::kFirst + Below(YearSet::kLast - YearSet::kFirst + 1));
    }
    return e;
  }

  DstPolicy Policy() {
    DstPolicy policy;
    if (OneIn(2)) policy.gap = static_cast<DstGap>(Below(3));
    if (OneIn(2)) policy.overlap = static_cast<DstOverlap>(Below(3));
    return policy;
  }

 private:
  // Values of [first, last] as a field lists them: all, every n-th, a range or a few.
  std::uint64_t Bits(int first, int last) {
    std::uint64_t bits = 0;
    const auto add = [&](int from, int to, int step) {
      for (int value = from; value <= to; value += step) bits |= std::uint64_t{1} << value;
    };
    const int from = first + Below(last - first + 1);
    switch (Below(5)) {
      case 0:
        add(first, last, 1);
        break;
      case 1:
        add(first, last, 1 + Below(last - first));
        break;
      case 2:
        add(from, std::min(last, from + Below(8)), 1 + Below(2));
        break;
      default:
        for (int i = Below(4); i >= 0; --i) bits |= std::uint64_t{1} << (first + Below(last - first + 1));
    }
    return bits;
  }

  void SetTime(Expression& e) {
    e.seconds = OneIn(3) ? Bits(0, 59) : 1;
    e.minutes = Bits(0, 59);
    e.hours = static_cast<std::uint32_t>(OneIn(3) ? Bits(0, 23) : Bits(0, 3) | (OneIn(4) ? 1u << 23 : 0u));
    if (OneIn(4)) e.hours = 0xffffff;
    e.wildcard_time = OneIn(2);
  }

  Expression Days() {
    using internal::kAllWeekdays;
    using internal::kEachWeek;
    Expression e;
    e.both_days = OneIn(5);
    e.any_day = OneIn(2);
    e.any_weekday = OneIn(2);
    e.days = static_cast<std::uint32_t>(e.any_day && !OneIn(4) ? 0xfffffffe : Bits(1, 31));
    e.weekdays = (e.any_weekday && !OneIn(4) ? kAllWeekdays : Bits(0, 6) * kEachWeek) & kAllWeekdays;
    if (!e.any_weekday && OneIn(3)) {  // `5#2` and `5L`
      if (OneIn(2)) e.weekdays = 0;
      if (OneIn(2)) {
        e.last_weekdays = static_cast<unsigned>(Bits(0, 6)) & 0x7fu;
      } else {
        e.weekdays = (e.weekdays | std::uint64_t{1} << Below(35)) & kAllWeekdays;
      }
    }
    if (!e.any_day && OneIn(3)) {  // `L`, `L-3`, `15W`, `LW`
      e.last_day = !OneIn(3);
      if (e.last_day && OneIn(2)) e.last_offset = static_cast<unsigned>(Below(31)) & 0x1fu;
      e.nearest = !e.last_day || OneIn(2);
      if (e.nearest) e.days = e.last_day ? 0 : std::uint32_t{1} << (1 + Below(31));
    }
    return e;
  }

  std::mt19937_64 random_;
};

// All fields, for the message of a test that fails.
inline std::string Words(const Expression& e) {
  std::string years;
  for (int y = YearSet::kFirst; y <= YearSet::kLast && e.years != YearSet::All(); ++y) {
    if (e.years.Contains(y)) years += Format(" {}", y);
  }
  return Format(
      "{{seconds {:x} minutes {:x} hours {:x} days {:x} months {:x} weekdays {:x} last weekdays {:x} last day {} minus "
      "{} "
      "nearest {} any day {} any weekday {} both {} wildcard {} years{}}}",
      e.seconds, e.minutes, e.hours, e.days, e.months, std::uint64_t{e.weekdays}, std::uint64_t{e.last_weekdays},
      std::uint64_t{e.last_day}, std::uint64_t{e.last_offset}, std::uint64_t{e.nearest}, std::uint64_t{e.any_day},
      std::uint64_t{e.any_weekday}, std::uint64_t{e.both_days}, std::uint64_t{e.wildcard_time},
      years.empty() ? " all" : years);
}

inline std::string Words(const DstPolicy& policy) {
  return Format(" gap {} overlap {}", policy.gap ? static_cast<int>(*policy.gap) : -1,
                policy.overlap ? static_cast<int>(*policy.overlap) : -1);
}

}  // namespace rota
