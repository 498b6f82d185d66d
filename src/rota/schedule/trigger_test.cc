#include "rota/schedule/trigger.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <set>

#include "rota/base/format.h"
#include "rota/time/format.h"

namespace rota {
namespace {

using namespace std::chrono_literals;

TimeZone Zone(const char* name) { return TimeZone::Load(name).value(); }
WallTime Utc(std::string_view text) { return ParseInstant(text, TimeZone()).value(); }
CronFrequency Cron(const char* text) { return {text, Expression::Parse(text).value()}; }
DayWindow Window(std::chrono::seconds from, std::chrono::seconds to) { return {from, to}; }
Restrictions Between(std::chrono::seconds from, std::chrono::seconds to) { return {.between = {Window(from, to)}}; }

// The next `count` instants, as the zone shows them.
std::vector<std::string> NextInstants(const Trigger& trigger, WallTime after, int count) {
  std::vector<std::string> instants;
  for (int i = 0; i < count; ++i) {
    const std::optional<WallTime> next = trigger.Next(after);
    if (!next) break;
    instants.push_back(FormatInstant(*next, trigger.zone()));
    after = *next;
  }
  return instants;
}
using Instants = std::vector<std::string>;

TEST(Trigger, AnchorsIntervalsToTheEpoch) {
  const Trigger trigger(IntervalFrequency{90s}, TimeZone(), {});
  EXPECT_EQ(trigger.Next(WallTime(1ms)), WallTime(90s));
  EXPECT_EQ(trigger.Next(WallTime(90s)), WallTime(180s));
  EXPECT_EQ(trigger.Previous(WallTime(180s)), WallTime(90s));
  EXPECT_EQ(trigger.Previous(WallTime(180s + 1ms)), WallTime(180s));
  EXPECT_EQ(trigger.Next(WallTime::min()), WallTime());
  EXPECT_EQ(trigger.Previous(WallTime(1ms)), WallTime());
  EXPECT_EQ(trigger.Previous(WallTime()), std::nullopt);
}

TEST(Trigger, FiresOnce) {
  const Trigger trigger(OnceFrequency{Utc("2026-03-07T02:00:00Z")}, TimeZone(), {});
  EXPECT_EQ(trigger.Next(Utc("2026-03-07T01:59:59Z")), Utc("2026-03-07T02:00:00Z"));
  EXPECT_EQ(trigger.Next(Utc("2026-03-07T02:00:00Z")), std::nullopt);
  EXPECT_EQ(trigger.Previous(Utc("2026-03-07T02:00:00Z")), std::nullopt);
  EXPECT_EQ(trigger.Previous(WallTime::max()), Utc("2026-03-07T02:00:00Z"));
}

TEST(Trigger, EndsBefore2200) {
  const Trigger trigger(IntervalFrequency{24h}, TimeZone(), {});
  EXPECT_EQ(trigger.Next(Utc("2199-12-30T12:00:00Z")), Utc("2199-12-31T00:00:00Z"));
  EXPECT_EQ(trigger.Next(Utc("2199-12-31T00:00:00Z")), std::nullopt);
  EXPECT_EQ(trigger.Next(WallTime::max()), std::nullopt);
  EXPECT_EQ(trigger.Previous(WallTime::max()), Utc("2199-12-31T00:00:00Z"));
}

TEST(Trigger, TakesTheStartOfAWindowAndNotItsEnd) {
  const Trigger trigger(Cron("0 * * * *"), TimeZone(), Between(8h, 10h));
  EXPECT_EQ(NextInstants(trigger, Utc("2026-03-07T00:00:00Z"), 3),
            (Instants{"2026-03-07 08:00:00 +00:00", "2026-03-07 09:00:00 +00:00", "2026-03-08 08:00:00 +00:00"}));
}

TEST(Trigger, WrapsWindowsAroundMidnight) {
  const Trigger inside(Cron("0 * * * *"), TimeZone(), Between(23h, 1h));
  EXPECT_EQ(NextInstants(inside, Utc("2026-03-07T12:00:00Z"), 3),
            (Instants{"2026-03-07 23:00:00 +00:00", "2026-03-08 00:00:00 +00:00", "2026-03-08 23:00:00 +00:00"}));
  const Trigger outside(Cron("0 */6 * * *"), TimeZone(), {.unless_between = {Window(17h, 6h)}});
  EXPECT_EQ(NextInstants(outside, Utc("2026-03-07T12:00:00Z"), 2),
            (Instants{"2026-03-08 06:00:00 +00:00", "2026-03-08 12:00:00 +00:00"}));
}

TEST(Trigger, JudgesWindowsAndWeekdaysInItsZone) {
  Restrictions restrictions = Between(9h, 10h);
  restrictions.weekdays = 0b0000010;  // Monday.
  const Trigger trigger(IntervalFrequency{30min}, Zone("Asia/Shanghai"), restrictions);
  EXPECT_EQ(NextInstants(trigger, Utc("2026-03-07T00:00:00Z"), 3),
            (Instants{"2026-03-09 09:00:00 +08:00", "2026-03-09 09:30:00 +08:00", "2026-03-16 09:00:00 +08:00"}));
}

TEST(Trigger, TakesBothPassesOfAWindowInARepeatedHour) {
  // Berlin, 2026-10-25: 03:00 +02:00 is 02:00 +01:00 again.
  const Trigger trigger(IntervalFrequency{10min}, Zone("Europe/Berlin"), Between(2h + 15min, 2h + 35min));
  EXPECT_EQ(NextInstants(trigger, Utc("2026-10-24T22:00:00Z"), 5),
            (Instants{"2026-10-25 02:20:00 +02:00", "2026-10-25 02:30:00 +02:00", "2026-10-25 02:20:00 +01:00",
                      "2026-10-25 02:30:00 +01:00", "2026-10-26 02:20:00 +01:00"}));
}

TEST(Trigger, PassesOverAWindowThatTheGapRemoves) {
  // Berlin, 2026-03-29: 02:00 +01:00 is 03:00 +02:00.
  const Trigger trigger(IntervalFrequency{10min}, Zone("Europe/Berlin"), Between(2h + 15min, 2h + 35min));
  EXPECT_EQ(NextInstants(trigger, Utc("2026-03-28T12:00:00Z"), 1), (Instants{"2026-03-30 02:20:00 +02:00"}));
}

TEST(Trigger, NeverFiresWhenFrequencyAndWindowsNeverMeet) {
  const Trigger trigger(Cron("0 0 * * *"), TimeZone(), Between(8h, 18h));
  EXPECT_EQ(trigger.Next(Utc("2190-01-01T00:00:00Z")), std::nullopt);
  EXPECT_EQ(trigger.Previous(Utc("1980-01-01T00:00:00Z")), std::nullopt);
}

// What Next() and Previous() skip to must be what a walk over the frequency's instants finds.
TEST(Trigger, FindsWhatAStepwiseWalkFinds) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(Format("seed {}", seed));
  std::mt19937 random(seed);
  const auto pick = [&](int low, int high) { return std::uniform_int_distribution<int>(low, high)(random); };
  const TimeZone zones[] = {TimeZone(), Zone("Europe/Berlin"), Zone("Australia/Lord_Howe"), Zone("America/New_York")};
  const WallTime starts[] = {Utc("2026-03-06T00:00:00Z"), Utc("2026-03-28T00:00:00Z"), Utc("2026-04-03T12:00:00Z"),
                             Utc("2026-10-03T00:00:00Z"), Utc("2026-10-24T00:00:00Z"), Utc("2026-10-31T00:00:00Z")};
  for (int round = 0; round < 200; ++round) {
    const TimeZone& zone = zones[pick(0, 3)];
    Restrictions restrictions;
    if (pick(0, 1) == 0) restrictions.weekdays = static_cast<std::uint8_t>(pick(1, 127));
    for (int i = pick(0, 2); i > 0; --i) {
      restrictions.between.push_back(Window(pick(0, 47) * 30min, pick(0, 47) * 30min + 7min));
    }
    for (int i = pick(0, 1); i > 0; --i) {
      restrictions.unless_between.push_back(Window(pick(0, 47) * 30min, pick(0, 47) * 30min + 7min));
    }
    const Frequency frequency = pick(0, 1) == 0 ? Frequency(IntervalFrequency{pick(5, 200) * 1min})
                                                : Frequency(Cron(pick(0, 1) == 0 ? "*/7 * * * *" : "20 1,2,3 * * *"));
    const Trigger free(frequency, zone, {});
    const Trigger restricted(frequency, zone, restrictions);

    const auto allowed = [&](WallTime instant) {
      const CivilTime civil = zone.ToCivil(instant);
      const auto day = std::chrono::floor<std::chrono::days>(civil);
      const auto inside = [&](const DayWindow& window) {
        const auto time = civil - day;
        return window.from < window.to ? window.from <= time && time < window.to
                                       : window.from <= time || time < window.to;
      };
      const auto& [weekdays, between, unless_between, business_days] = restrictions;
      return !business_days && (weekdays >> std::chrono::weekday(day).c_encoding() & 1) != 0 &&
             (between.empty() || std::ranges::any_of(between, inside)) && std::ranges::none_of(unless_between, inside);
    };
    const WallTime start = starts[pick(0, 5)] + pick(0, 86'400'000) * 1ms;
    const WallTime end = start + 72h;
    WallTime last = start;
    std::optional<WallTime> walked;
    for (WallTime at = free.Next(start).value(); at < end; at = free.Next(at).value()) {
      if (!allowed(at)) continue;
      ASSERT_EQ(restricted.Next(last), at) << restricted.key() << " after " << FormatInstant(last);
      if (walked) {
        ASSERT_EQ(restricted.Previous(at), walked) << restricted.key() << " before " << FormatInstant(at);
      }
      walked = last = at;
    }
    if (!walked) continue;  // They may never meet, and finding that out means looking up to the year 2200.
    const std::optional<WallTime> beyond = restricted.Next(last);
    ASSERT_TRUE(!beyond || *beyond >= end) << restricted.key() << " after " << FormatInstant(last);
  }
}

TEST(Trigger, HasNoInstantsForTheStartOfAServer) {
  const Trigger trigger(StartFrequency(), TimeZone(), {});
  EXPECT_TRUE(trigger.fires_at_start());
  EXPECT_EQ(trigger.Next(WallTime::min()), std::nullopt);
  EXPECT_EQ(trigger.Previous(WallTime::max()), std::nullopt);
  EXPECT_FALSE(Trigger(IntervalFrequency{1s}, TimeZone(), {}).fires_at_start());
}

// Berlin: 02:00 +01:00 is 03:00 +02:00 on 2026-03-29, 03:00 +02:00 is 02:00 +01:00 on 2026-10-25.
TEST(Trigger, FollowsItsDstPolicy) {
  const auto march = [](DstPolicy dst) {
    return NextInstants(Trigger(Cron("30 2 * * *"), Zone("Europe/Berlin"), {}, dst), Utc("2026-03-28T12:00:00Z"), 1);
  };
  EXPECT_EQ(march({}), (Instants{"2026-03-29 03:00:00 +02:00"}));
  EXPECT_EQ(march({.gap = DstGap::kSkip}), (Instants{"2026-03-30 02:30:00 +02:00"}));
  EXPECT_EQ(march({.gap = DstGap::kRunBefore}), (Instants{"2026-03-29 01:59:59 +01:00"}));

  const Trigger both(Cron("30 2 * * *"), Zone("Europe/Berlin"), {}, {.overlap = DstOverlap::kBoth});
  EXPECT_EQ(NextInstants(both, Utc("2026-10-24T12:00:00Z"), 2),
            (Instants{"2026-10-25 02:30:00 +02:00", "2026-10-25 02:30:00 +01:00"}));
  EXPECT_EQ(both.Previous(Utc("2026-10-25T01:30:00Z")), Utc("2026-10-25T00:30:00Z"));
}

TEST(Trigger, KeepsTheDstPolicyOfWhatIsOnTheWallClockOnly) {
  const DstPolicy policy = {.gap = DstGap::kRunBefore, .overlap = DstOverlap::kSecond};
  EXPECT_EQ(Trigger(Cron("30 2 * * *"), Zone("Europe/Berlin"), {}, policy).dst(), policy);
  EXPECT_EQ(Trigger(IntervalFrequency{1s}, Zone("Europe/Berlin"), {}, policy).dst(), DstPolicy());
  EXPECT_EQ(Trigger(StartFrequency(), Zone("Europe/Berlin"), {}, policy).dst(), DstPolicy());
}

TEST(Trigger, SaysItInWords) {
  EXPECT_EQ(Trigger(Cron("0 13 * * 1-5"), TimeZone(), {}).Describe(), "At 13:00, Monday through Friday");
  EXPECT_EQ(Trigger(IntervalFrequency{90s}, TimeZone(), Between(8h, 18h)).Describe(),
            "Every 1m30s, between 08:00 and 18:00");
  EXPECT_EQ(Trigger(OnceFrequency{Utc("2026-03-06T18:00:00Z")}, Zone("Asia/Shanghai"), {}).Describe(),
            "Once at 2026-03-07 02:00:00 +08:00");
  const Restrictions restrictions = {
      .weekdays = 0b1000101, .between = {Window(13h, 18h), Window(8h, 12h)}, .unless_between = {Window(9h, 9h + 30s)}};
  EXPECT_EQ(
      Trigger(IntervalFrequency{1s}, TimeZone(), restrictions).Describe(),
      "Every 1s, only on Tuesday, Saturday and Sunday, between 08:00 and 12:00 or 13:00 and 18:00, unless between "
      "09:00 and 09:00:30");
}

TEST(Trigger, SaysItInChinese) {
  const auto words = [](const Trigger& trigger) { return trigger.Describe(Locale::kChinese); };
  EXPECT_EQ(words(Trigger(Cron("0 13 * * 1-5"), TimeZone(), {})), "工作日 13:00");
  EXPECT_EQ(words(Trigger(IntervalFrequency{90s}, TimeZone(), Between(8h, 18h))),
            "每 1 分钟 30 秒，在 08:00 至 18:00 之间");
  EXPECT_EQ(words(Trigger(OnceFrequency{Utc("2026-03-06T18:00:00Z")}, Zone("Asia/Shanghai"), {})),
            "仅一次，2026-03-07 02:00:00 +08:00");
  EXPECT_EQ(words(Trigger(StartFrequency{}, TimeZone(), {})), "服务器启动时");
  const Restrictions restrictions = {
      .weekdays = 0b1000101, .between = {Window(13h, 18h), Window(8h, 12h)}, .unless_between = {Window(9h, 9h + 30s)}};
  EXPECT_EQ(words(Trigger(IntervalFrequency{1s}, TimeZone(), restrictions)),
            "每秒，仅限周二、周六和周日，在 08:00 至 12:00 或 13:00 至 18:00 之间，除 09:00 至 09:00:30 外");
}

TEST(Trigger, HasEqualKeysForDefinitionsThatFireTogether) {
  const auto key = [](Frequency frequency, TimeZone zone = {}, Restrictions restrictions = {}) {
    return Trigger(std::move(frequency), std::move(zone), std::move(restrictions)).key();
  };
  EXPECT_EQ(key(Cron("@daily")), key(Cron("0 0 * * *")));
  EXPECT_EQ(key(Cron("0 0 * * 7")), key(Cron("0 0 * * sun")));
  EXPECT_EQ(key(IntervalFrequency{1s}), key(IntervalFrequency{1s}, Zone("Europe/Berlin")));
  const Restrictions one = {.between = {Window(1h, 2h), Window(3h, 4h)}};
  const Restrictions other = {.between = {Window(3h, 4h), Window(1h, 2h), Window(1h, 2h)}};
  EXPECT_EQ(key(IntervalFrequency{1s}, {}, one), key(IntervalFrequency{1s}, {}, other));

  EXPECT_NE(key(Cron("0 0 * * *")), key(Cron("0 1 * * *")));
  EXPECT_NE(key(Cron("0 0 1 * 1")), key(Cron("0 0 1 * +1")));
  EXPECT_NE(key(Cron("* * * * *")), key(Cron("0-59 0-23 * * *")));  // They differ over DST.
  EXPECT_NE(key(Cron("0 0 * * *")), key(Cron("0 0 * * *"), Zone("Europe/Berlin")));
  EXPECT_NE(key(IntervalFrequency{1s}), key(IntervalFrequency{2s}));
  EXPECT_NE(key(IntervalFrequency{1s}), key(OnceFrequency{WallTime(1s)}));
  EXPECT_NE(key(IntervalFrequency{1s}, {}, one), key(IntervalFrequency{1s}, Zone("Europe/Berlin"), one));
  EXPECT_NE(key(IntervalFrequency{1s}, {}, one), key(IntervalFrequency{1s}, {}, {.unless_between = one.between}));
  EXPECT_NE(key(IntervalFrequency{1s}), key(IntervalFrequency{1s}, {}, {.weekdays = 1}));
  EXPECT_NE(key(IntervalFrequency{1s}), key(StartFrequency()));

  const auto dst_key = [](Frequency frequency, DstPolicy dst) {
    return Trigger(std::move(frequency), Zone("Europe/Berlin"), {}, dst).key();
  };
  EXPECT_EQ(dst_key(IntervalFrequency{1s}, {.gap = DstGap::kSkip}), dst_key(IntervalFrequency{1s}, {}));
  std::set<std::string> keys;
  for (const auto& gap : {std::optional<DstGap>(), std::optional(DstGap::kRunAfter), std::optional(DstGap::kSkip),
                          std::optional(DstGap::kRunBefore)}) {
    for (const auto& overlap : {std::optional<DstOverlap>(), std::optional(DstOverlap::kFirst),
                                std::optional(DstOverlap::kSecond), std::optional(DstOverlap::kBoth)}) {
      keys.insert(dst_key(Cron("30 2 * * *"), {gap, overlap}));
    }
  }
  EXPECT_EQ(keys.size(), 16u);
}

TEST(Trigger, HasAKeyThatTellsEveryPartOfAnExpression) {
  const Expression plain = Expression::Parse("0 0 1 1 *").value();
  std::vector<Expression> expressions = {plain};
  const auto vary = [&](auto change) { change(expressions.emplace_back(plain)); };
  vary([](Expression& e) { e.seconds = 2; });
  vary([](Expression& e) { e.minutes = 2; });
  vary([](Expression& e) { e.hours = 2; });
  vary([](Expression& e) { e.days = 4; });
  vary([](Expression& e) { e.months = 4; });
  vary([](Expression& e) { e.weekdays = 2; });
  vary([](Expression& e) { e.weekdays = std::uint64_t{1} << 34; });
  vary([](Expression& e) { e.last_weekdays = 1; });
  vary([](Expression& e) { e.last_day = !e.last_day; });
  vary([](Expression& e) { e.last_offset = 1; });
  vary([](Expression& e) { e.nearest = !e.nearest; });
  vary([](Expression& e) { e.any_day = !e.any_day; });
  vary([](Expression& e) { e.any_weekday = !e.any_weekday; });
  vary([](Expression& e) { e.both_days = !e.both_days; });
  vary([](Expression& e) { e.wildcard_time = !e.wildcard_time; });
  for (const int year : {1970, 2027, 2199}) {
    vary([year](Expression& e) {
      e.years = YearSet();
      e.years.Add(year);
    });
  }
  std::set<std::string> keys;
  for (const Expression& expression : expressions) keys.insert(Trigger(CronFrequency{"", expression}, {}, {}).key());
  EXPECT_EQ(keys.size(), expressions.size());
}

}  // namespace
}  // namespace rota
