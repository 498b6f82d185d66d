#include <cctz/time_zone.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <set>
#include <vector>

#include "rota/base/format.h"
#include "rota/cron/next.h"
#include "rota/cron/random_expression.h"
#include "rota/time/format.h"

// Next() and Previous() against the rule itself, tried second by second or minute by minute around the changes of the
// clocks of all zones, and day by day over all years. The oracle shares nothing with the code under test: it reads the
// fields one by one, and asks another library about the zones. ROTA_ORACLE_TRIPLES sets how many triples of
// expression, zone and instant are asked.

namespace rota {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::local_days;
using std::chrono::minutes;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::sys_seconds;
using std::chrono::year;

constexpr sys_seconds kBegin = sys_days(year(1970) / 1 / 1);
constexpr sys_seconds kEnd = sys_days(year(2200) / 1 / 1);

bool MatchesDate(const Expression& e, std::chrono::year_month_day date) {
  const unsigned day = static_cast<unsigned>(date.day());
  const unsigned length = static_cast<unsigned>((date.year() / date.month() / std::chrono::last).day());
  const auto weekday_of = [&](unsigned d) {
    return std::chrono::weekday(local_days(date.year() / date.month() / std::chrono::day(d))).c_encoding();
  };
  const auto given = [&](unsigned d) { return (e.days >> d & 1) != 0 || (e.last_day && d + e.last_offset == length); };
  if (!e.nearest) return given(day);
  for (unsigned wanted = 1; wanted <= length; ++wanted) {
    if (!given(wanted)) continue;
    for (const int away : {0, -1, 1, -2, 2}) {
      const int near = static_cast<int>(wanted) + away;
      if (near < 1 || near > static_cast<int>(length)) continue;
      const unsigned weekday = weekday_of(static_cast<unsigned>(near));
      if (weekday >= 1 && weekday <= 5) return near == static_cast<int>(day);
    }
  }
  return false;
}

bool MatchesDay(const Expression& e, local_days on) {
  const std::chrono::year_month_day date(on);
  const unsigned day = static_cast<unsigned>(date.day());
  const unsigned length = static_cast<unsigned>((date.year() / date.month() / std::chrono::last).day());
  const unsigned weekday = std::chrono::weekday(on).c_encoding();
  if (!(e.months >> static_cast<unsigned>(date.month()) & 1)) return false;
  const int y = static_cast<int>(date.year());
  const bool inside = y >= YearSet::kFirst && y <= YearSet::kLast;
  if (inside ? !e.years.Contains(y) : e.years != YearSet::All()) return false;

  const bool on_weekday = (e.weekdays >> ((day - 1) / 7 * 7 + weekday) & 1) != 0 ||
                          ((e.last_weekdays >> weekday & 1) != 0 && day + 7 > length);
  const bool on_date = MatchesDate(e, date);
  const bool both = e.both_days || e.any_day || e.any_weekday;
  return both ? on_date && on_weekday : on_date || on_weekday;
}

bool MatchesTime(const Expression& e, seconds time) {
  const auto count = time.count();
  return (e.hours >> count / 3600 & 1) != 0 && (e.minutes >> count / 60 % 60 & 1) != 0 &&
         (e.seconds >> count % 60 & 1) != 0;
}

// What another library says of the civil time around a change of the clocks.
class Window {
 public:
  Window(const cctz::time_zone& zone, sys_seconds middle, seconds step, int steps) : step_(step) {
    for (int i = -steps; i <= steps + 1; ++i) {
      Instant instant{middle + i * step};
      const auto found = zone.lookup(cctz::time_point<cctz::seconds>(instant.at.time_since_epoch()));
      instant.civil = Civil(found.cs);
      const auto meaning = zone.lookup(found.cs);
      if (meaning.kind == cctz::time_zone::civil_lookup::REPEATED) {
        instant.first_pass = meaning.pre.time_since_epoch() == instant.at.time_since_epoch();
        instant.second_pass = !instant.first_pass;
      }
      instants_.push_back(instant);
    }
  }

  sys_seconds begin() const { return instants_.front().at; }
  // Of what Fires() covers.
  sys_seconds end() const { return instants_[instants_.size() - 2].at; }

  std::set<WallTime> Fires(const Expression& e, const DstPolicy& policy) const {
    const DstGap gap = policy.gap.value_or(e.wildcard_time ? DstGap::kSkip : DstGap::kRunAfter);
    const DstOverlap overlap = policy.overlap.value_or(e.wildcard_time ? DstOverlap::kBoth : DstOverlap::kFirst);
    Days days_of(e);
    std::set<WallTime> fires;
    for (std::size_t i = 0; i < instants_.size(); ++i) {
      const Instant& now = instants_[i];
      const bool wanted =
          !(overlap == DstOverlap::kFirst && now.second_pass) && !(overlap == DstOverlap::kSecond && now.first_pass);
      if (wanted && days_of.Matches(now.civil)) fires.insert(now.at);
      if (i == 0 || gap == DstGap::kSkip) continue;
      const CivilTime expected = instants_[i - 1].civil + step_;
      if (now.civil <= expected || now.civil - expected > hours(3)) continue;
      for (CivilTime skipped = expected; skipped < now.civil; skipped += step_) {
        if (days_of.Matches(skipped)) fires.insert(gap == DstGap::kRunAfter ? now.at : now.at - seconds(1));
      }
    }
    return {fires.lower_bound(std::max(begin(), kBegin)), fires.upper_bound(std::min(end(), kEnd - seconds(1)))};
  }

 private:
  struct Instant {
    sys_seconds at;
    CivilTime civil = {};
    bool first_pass = false;
    bool second_pass = false;
  };
  // Remembers the day that was asked about last.
  class Days {
   public:
    explicit Days(const Expression& e) : e_(e) {}
    bool Matches(CivilTime civil) {
      const local_days day = std::chrono::floor<days>(civil);
      if (day != day_) {
        day_ = day;
        matches_ = MatchesDay(e_, day);
      }
      return matches_ && MatchesTime(e_, civil - day);
    }

   private:
    const Expression& e_;
    local_days day_ = local_days::min();
    bool matches_ = false;
  };
  static CivilTime Civil(cctz::civil_second civil) { return CivilTime(seconds(civil - cctz::civil_second())); }

  seconds step_;
  std::vector<Instant> instants_;
};

struct Place {
  std::string zone;
  cctz::time_zone rules;
  sys_seconds middle;
};

// A change of the clocks of the zone, as the other library knows it, or any instant where there is none.
Place PlaceIn(const std::string& zone, RandomExpression& random) {
  Place place{zone, {}, kBegin + minutes(random.Below(230 * 365 * 24 * 60))};
  // Most changes are before 2040, where databases list them one by one.
  if (random.OneIn(2)) place.middle = kBegin + minutes(random.Below(70 * 365 * 24 * 60));
  EXPECT_TRUE(cctz::load_time_zone(zone, &place.rules)) << zone;
  cctz::time_zone::civil_transition transition;
  const cctz::time_point<cctz::seconds> from(place.middle.time_since_epoch());
  if (place.rules.next_transition(from, &transition)) {
    const sys_seconds at(place.rules.lookup(transition.to).trans.time_since_epoch());
    if (at < kEnd) place.middle = at;
  }
  // Or the edges of time.
  if (random.OneIn(50)) place.middle = random.OneIn(2) ? kBegin : kEnd;
  return place;
}

std::string Words(std::optional<WallTime> instant) { return instant ? FormatInstant(*instant) : "nothing"; }

// Asks about `count` instants of the window; returns the first difference, or nothing.
std::string CompareInWindow(const Expression& e, const DstPolicy& policy, const TimeZone& zone, const Window& window,
                            RandomExpression& random, int count) {
  const std::set<WallTime> fires = window.Fires(e, policy);
  const auto length = (window.end() - window.begin()).count();
  for (int i = 0; i < count; ++i) {
    WallTime from = window.begin() + seconds(random.Below(static_cast<int>(length)));
    // At and beside the instants that matter most.
    if (!fires.empty() && random.OneIn(2)) {
      from = *std::next(fires.begin(), random.Below(static_cast<int>(fires.size()))) + seconds(random.Below(3) - 1);
      if (from < window.begin() || from > window.end()) continue;
    }
    if (random.OneIn(4)) from += Milliseconds(random.Below(1000));

    const auto after = fires.upper_bound(from);
    const std::optional<WallTime> next = Next(e, zone, from, {.dst = policy});
    const bool agrees = after != fires.end() ? next == *after : !next || *next > window.end();
    if (!agrees) {
      return Format("Next from {}: {}, but the rule says {}", FormatInstant(from), Words(next),
                    after != fires.end() ? FormatInstant(*after) : "nothing here");
    }
    const auto before = fires.lower_bound(from);
    const std::optional<WallTime> previous = Previous(e, zone, from, {.dst = policy});
    const bool agrees_too =
        before != fires.begin() ? previous == *std::prev(before) : !previous || *previous < window.begin();
    if (!agrees_too) {
      return Format("Previous from {}: {}, but the rule says {}", FormatInstant(from), Words(previous),
                    before != fires.begin() ? FormatInstant(*std::prev(before)) : "nothing here");
    }
  }
  return {};
}

int Triples() {
  const char* triples = std::getenv("ROTA_ORACLE_TRIPLES");
  return triples != nullptr ? std::atoi(triples) : 60'000;
}

TEST(Next, AgreesWithTheRuleTriedStepByStepAroundChangesOfTheClocks) {
  constexpr int kExpressions = 20;
  constexpr int kInstants = 10;
  const auto seed = std::random_device()();
  RandomExpression random(seed);
  const std::vector<std::string> names = TimeZone::KnownNames().value();
  int asked = 0;
  int differences = 0;
  std::size_t place_number = seed % names.size();
  std::set<std::string> zones;
  while (asked < Triples() && differences < 10) {
    const Place place = PlaceIn(names[place_number++ % names.size()], random);
    zones.insert(place.zone);
    const TimeZone zone = TimeZone::Load(place.zone).value();
    // Minutes are tried only where civil minutes begin with minutes of UTC; then far enough for gaps of a day.
    const auto offset = [&](sys_seconds at) {
      return place.rules.lookup(cctz::time_point<cctz::seconds>(at.time_since_epoch())).offset;
    };
    const bool whole = offset(place.middle - seconds(1)) % 60 == 0 && offset(place.middle) % 60 == 0 &&
                       place.middle.time_since_epoch() % minutes(1) == seconds(0);
    const bool by_minute = whole && !random.OneIn(10);
    const Window window(place.rules, place.middle, by_minute ? seconds(60) : seconds(1), by_minute ? 2000 : 8000);
    for (int i = 0; i < kExpressions; ++i) {
      Expression e = random.Near(std::chrono::floor<days>(CivilTime(place.middle.time_since_epoch())));
      if (by_minute) e.seconds = 1;
      const DstPolicy policy = random.Policy();
      const std::string difference = CompareInWindow(e, policy, zone, window, random, kInstants);
      asked += kInstants;
      if (difference.empty()) continue;
      ++differences;
      ADD_FAILURE() << "seed " << seed << ": " << Words(e) << Words(policy) << " in " << place.zone << ": "
                    << difference;
    }
  }
  EXPECT_EQ(differences, 0);
  RecordProperty("triples", asked);
  RecordProperty("zones", static_cast<int>(zones.size()));
  std::cout << asked << " triples in " << zones.size() << " zones: " << differences << " differences\n";
}

TEST(Next, AgreesWithTheRuleTriedDayByDayOverAllYears) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(Format("seed {}", seed));
  RandomExpression random(seed);
  for (int i = 0; i < 400; ++i) {
    const Expression e = random.Sparse();
    SCOPED_TRACE(Words(e));
    const sys_days from = std::chrono::floor<days>(kBegin) + days(random.Below(230 * 365));
    std::optional<sys_days> next;
    for (sys_days day = from + days(1); day < kEnd && !next; day += days(1)) {
      if (MatchesDay(e, local_days(day.time_since_epoch()))) next = day;
    }
    std::optional<sys_days> previous;
    for (sys_days day = from - days(1); day >= kBegin && !previous; day -= days(1)) {
      if (MatchesDay(e, local_days(day.time_since_epoch()))) previous = day;
    }
    const WallTime day_end = from + days(1) - Milliseconds(1);
    const std::optional<WallTime> found = Next(e, TimeZone(), day_end);
    ASSERT_EQ(found.has_value(), next.has_value()) << FormatInstant(from);
    if (found) {
      ASSERT_EQ(FormatInstant(std::chrono::floor<days>(*found)), FormatInstant(*next)) << FormatInstant(from);
    }
    const std::optional<WallTime> before = Previous(e, TimeZone(), from);
    ASSERT_EQ(before.has_value(), previous.has_value()) << FormatInstant(from);
    if (before) {
      ASSERT_EQ(FormatInstant(std::chrono::floor<days>(*before)), FormatInstant(*previous)) << FormatInstant(from);
    }
  }
}

}  // namespace
}  // namespace rota
