#include <gtest/gtest.h>

#include <array>
#include <random>
#include <set>
#include <vector>

#include "rota/cron/next.h"
#include "rota/time/format.h"

// Next() and Previous() against the rule itself, tried second by second (or minute by minute) around the changes of
// offset of random zones. The oracle shares nothing with the code under test but the zones: the values of the fields
// come from the generator that wrote the expression.

namespace rota {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

struct Field {
  std::string text;
  std::array<bool, 60> values = {};
  bool star() const { return text.front() == '*'; }
};

struct Case {
  Field second, minute, hour, day, month, weekday;
  bool both_days = false;
  std::string text;

  bool fixed() const { return !second.star() && !minute.star() && !hour.star(); }

  bool Matches(CivilTime civil) const {
    const std::chrono::local_days date = std::chrono::floor<days>(civil);
    const std::chrono::year_month_day ymd(date);
    const std::chrono::hh_mm_ss time(civil - date);
    const bool on_day = day.values[static_cast<unsigned>(ymd.day())];
    const bool on_weekday = weekday.values[std::chrono::weekday(date).c_encoding()];
    const bool both = both_days || day.star() || weekday.star();
    return second.values[static_cast<std::size_t>(time.seconds().count())] &&
           minute.values[static_cast<std::size_t>(time.minutes().count())] &&
           hour.values[static_cast<std::size_t>(time.hours().count())] &&
           month.values[static_cast<unsigned>(ymd.month())] && (both ? on_day && on_weekday : on_day || on_weekday);
  }
};

class Generator {
 public:
  explicit Generator(std::mt19937& random) : random_(random) {}

  int Below(int limit) { return static_cast<int>(random_() % static_cast<unsigned>(limit)); }

  Field Star(int first, int last, int step) {
    Field field{step == 1 ? "*" : Format("*/{}", step), {}};
    for (int value = first; value <= last; value += step) field.values[static_cast<std::size_t>(value)] = true;
    return field;
  }
  Field Range(int from, int to, int step) {
    Field field{Format("{}-{}/{}", from, to, step), {}};
    for (int value = from; value <= to; value += step) field.values[static_cast<std::size_t>(value)] = true;
    return field;
  }
  Field List(int first, int last, int count) {
    Field field;
    for (int i = 0; i < count; ++i) {
      const int value = first + Below(last - first + 1);
      field.text += Format("{}{}", i == 0 ? "" : ",", value);
      field.values[static_cast<std::size_t>(value)] = true;
    }
    return field;
  }
  Field Any(int first, int last) {
    const int from = first + Below(last - first);
    switch (Below(5)) {
      case 0:
        return Star(first, last, 1);
      case 1:
        return Star(first, last, 1 + Below(last - first));
      case 2:
        return Range(from, last, 1 + Below(3));
      default:
        return List(first, last, 1 + Below(4));
    }
  }
  // Mostly the hours at which clocks are changed.
  Field Hour() { return Below(3) == 0 ? Any(0, 23) : Range(Below(3), 3 + Below(2), 1); }

  Case Make(bool with_seconds) {
    Case made;
    made.second = with_seconds ? Any(0, 59) : Field{"0", {true}};
    made.minute = Any(0, 59);
    made.hour = Below(2) == 0 ? Star(0, 23, 1) : Hour();
    made.day = Below(3) == 0 ? Any(1, 31) : Star(1, 31, 1);
    made.month = Below(5) == 0 ? Any(1, 12) : Star(1, 12, 1);
    made.weekday = Below(3) == 0 ? Any(0, 6) : Star(0, 6, 1);
    made.both_days = Below(4) == 0;
    made.text = Format("{} {} {} {} {}{}", made.minute.text, made.hour.text, made.day.text, made.month.text,
                       made.both_days ? "+" : "", made.weekday.text);
    if (with_seconds) made.text = Format("{} {}", made.second.text, made.text);
    return made;
  }

 private:
  std::mt19937& random_;
};

// All instants of [from, to] at which the rule says that the case fires.
std::vector<WallTime> Oracle(const Case& c, const TimeZone& zone, WallTime from, WallTime to, seconds step) {
  std::set<WallTime> fires;
  if (!c.fixed()) {
    for (WallTime t = from; t <= to; t += step) {
      if (c.Matches(zone.ToCivil(t))) fires.insert(t);
    }
    return {fires.begin(), fires.end()};
  }
  // Wide enough that no civil time of a gap or of a first pass is left out.
  const seconds margin = std::chrono::abs(zone.Offset(to) - zone.Offset(from)) + hours(1);
  for (CivilTime civil = zone.ToCivil(from) - margin; civil <= zone.ToCivil(to) + margin; civil += step) {
    if (!c.Matches(civil)) continue;
    const TimeZone::Meaning meaning = zone.FromCivil(civil);
    if (meaning.kind != TimeZone::Kind::kSkipped) {
      fires.insert(meaning.before);
    } else if (zone.Offset(meaning.transition) - zone.Offset(meaning.transition - seconds(1)) <= hours(3)) {
      fires.insert(meaning.transition);
    }
  }
  return {fires.lower_bound(from), fires.upper_bound(to)};
}

struct Place {
  TimeZone zone;
  WallTime middle;
};

// A change of offset of some zone, or any instant where there is none.
Place RandomPlace(const std::vector<std::string>& names, std::mt19937& random) {
  for (;;) {
    Place place;
    place.zone = TimeZone::Load(names[random() % names.size()]).value();
    const WallTime earliest = std::chrono::sys_days(std::chrono::January / 10 / 1970);
    place.middle = earliest + minutes(random() % (229u * 365 * 24 * 60));
    if (random() % 4 == 0) place.middle = earliest + minutes(random() % (60u * 365 * 24 * 60));
    if (const auto transition = place.zone.NextTransition(place.middle)) place.middle = transition->at;
    // Minutes are tried only where civil minutes begin with minutes of UTC.
    const bool whole_minutes = place.zone.Offset(place.middle - seconds(1)) % minutes(1) == seconds(0) &&
                               place.zone.Offset(place.middle) % minutes(1) == seconds(0) &&
                               place.middle.time_since_epoch() % minutes(1) == seconds(0);
    if (whole_minutes && place.middle < std::chrono::sys_days(std::chrono::December / 1 / 2199)) return place;
  }
}

TEST(Next, AgreesWithTheRuleTriedStepByStepAroundChangesOfOffset) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(Format("seed {}", seed));
  std::mt19937 random(seed);
  Generator generator(random);
  const std::vector<std::string> names = TimeZone::KnownNames().value();
  std::size_t fired = 0;
  for (int i = 0; i < 200; ++i) {
    const bool with_seconds = i % 4 == 0;
    const seconds step = with_seconds ? seconds(1) : minutes(1);
    const Case c = generator.Make(with_seconds);
    const Place place = RandomPlace(names, random);
    SCOPED_TRACE(Format("{} in {} around {}", c.text, place.zone.name(), FormatInstant(place.middle)));
    const Result<Expression> expression = Expression::Parse(c.text);
    ASSERT_TRUE(expression) << expression.error().message();

    const WallTime from = place.middle - 1500 * step;
    const WallTime to = place.middle + 1500 * step;
    const std::vector<WallTime> expected = Oracle(c, place.zone, from, to, step);
    fired += expected.size();

    std::optional<WallTime> at = from - Milliseconds(1);
    for (const WallTime want : expected) {
      at = Next(*expression, place.zone, *at);
      ASSERT_TRUE(at);
      ASSERT_EQ(FormatInstant(*at), FormatInstant(want));
    }
    at = Next(*expression, place.zone, *at);
    ASSERT_TRUE(!at || *at > to) << FormatInstant(*at);

    at = to + Milliseconds(1);
    for (auto want = expected.rbegin(); want != expected.rend(); ++want) {
      at = Previous(*expression, place.zone, *at);
      ASSERT_TRUE(at);
      ASSERT_EQ(FormatInstant(*at), FormatInstant(*want));
    }
    at = Previous(*expression, place.zone, *at);
    ASSERT_TRUE(!at || *at < from) << FormatInstant(*at);
  }
  EXPECT_GT(fired, 1000u);
}

TEST(Previous, IsTheInverseOfNext) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(Format("seed {}", seed));
  std::mt19937 random(seed);
  Generator generator(random);
  const std::vector<std::string> names = TimeZone::KnownNames().value();
  for (int i = 0; i < 2000; ++i) {
    const Case c = generator.Make(i % 4 == 0);
    const Place place = RandomPlace(names, random);
    const WallTime from = place.middle + Milliseconds(generator.Below(200'000'000) - 100'000'000);
    SCOPED_TRACE(Format("{} in {} from {}", c.text, place.zone.name(), FormatInstant(from)));
    const Expression expression = Expression::Parse(c.text).value();

    const std::optional<WallTime> next = Next(expression, place.zone, from);
    const std::optional<WallTime> previous = Previous(expression, place.zone, from);
    if (next) {
      ASSERT_GT(*next, from);
      ASSERT_EQ(Previous(expression, place.zone, *next + Milliseconds(1)), next);
      const std::optional<WallTime> before_next = Previous(expression, place.zone, *next);
      ASSERT_TRUE(!before_next || *before_next <= from);
    }
    if (previous) {
      ASSERT_LT(*previous, from);
      ASSERT_EQ(Next(expression, place.zone, *previous - Milliseconds(1)), previous);
      const std::optional<WallTime> after_previous = Next(expression, place.zone, *previous);
      ASSERT_TRUE(!after_previous || *after_previous >= from);
    }
  }
}

}  // namespace
}  // namespace rota
