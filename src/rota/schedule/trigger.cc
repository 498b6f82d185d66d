#include "rota/schedule/trigger.h"

#include <algorithm>
#include <string_view>

#include "rota/base/check.h"
#include "rota/base/format.h"
#include "rota/base/hash.h"
#include "rota/base/text.h"
#include "rota/cron/describe.h"
#include "rota/cron/next.h"
#include "rota/schedule/business_days.h"
#include "rota/time/format.h"

namespace rota {
namespace {

using std::chrono::seconds;

constexpr WallTime kBegin{};  // 1970
constexpr WallTime kEnd = std::chrono::sys_days(std::chrono::year(2200) / std::chrono::January / 1);
constexpr seconds kDay = std::chrono::hours(24);
constexpr std::uint8_t kAllWeekdays = 0x7f;

struct CivilInstant {
  CivilDay day;
  seconds since_midnight;
};

CivilInstant Civil(const TimeZone& zone, WallTime instant) {
  const CivilTime civil = zone.ToCivil(instant);
  const auto day = std::chrono::floor<std::chrono::days>(civil);
  return {day, civil - day};
}

bool Contains(const DayWindow& window, seconds time) {
  if (window.from < window.to) return window.from <= time && time < window.to;
  return window.from <= time || time < window.to;
}

// Calls `visit` with every time of day at which the restrictions may change their answer.
template <typename Visit>
void ForEachEdge(const Restrictions& restrictions, Visit visit) {
  visit(seconds(0));
  for (const auto* windows : {&restrictions.between, &restrictions.unless_between}) {
    for (const DayWindow& window : *windows) {
      visit(window.from);
      visit(window.to);
    }
  }
}

// The first instant after `instant` at which the restrictions may change their answer. Between two changes of the
// zone's offset civil time runs at the pace of real time, so the way to an edge is the same in both.
WallTime NextEdge(const Restrictions& restrictions, const TimeZone& zone, WallTime instant) {
  const seconds now = Civil(zone, instant).since_midnight;
  seconds distance = kDay;
  ForEachEdge(restrictions,
              [&](seconds edge) { distance = std::min(distance, edge > now ? edge - now : edge - now + kDay); });
  const WallTime edge = std::chrono::floor<seconds>(instant) + distance;
  const auto transition = zone.NextTransition(instant);
  return transition && transition->at < edge ? transition->at : edge;
}

// The last instant at or before `instant` at which the restrictions may have changed their answer.
WallTime PreviousEdge(const Restrictions& restrictions, const TimeZone& zone, WallTime instant) {
  const seconds now = Civil(zone, instant).since_midnight;
  seconds distance = kDay;
  ForEachEdge(restrictions,
              [&](seconds edge) { distance = std::min(distance, edge <= now ? now - edge : now - edge + kDay); });
  const WallTime edge = std::chrono::floor<seconds>(instant) - distance;
  const auto transition = zone.PreviousTransition(instant);
  return transition && transition->at > edge ? transition->at : edge;
}

std::optional<WallTime> NextOf(const Frequency& frequency, const TimeZone& zone, WallTime after,
                               const CronOptions& options) {
  if (std::holds_alternative<StartFrequency>(frequency)) return std::nullopt;
  if (const auto* cron = std::get_if<CronFrequency>(&frequency)) return Next(cron->expression, zone, after, options);
  if (const auto* once = std::get_if<OnceFrequency>(&frequency)) {
    return once->at > after ? std::optional(once->at) : std::nullopt;
  }
  const Milliseconds period = std::get<IntervalFrequency>(frequency).period;
  if (after < kBegin) return kBegin;
  return WallTime(period * (after.time_since_epoch() / period + 1));
}

std::optional<WallTime> PreviousOf(const Frequency& frequency, const TimeZone& zone, WallTime before,
                                   const CronOptions& options) {
  if (std::holds_alternative<StartFrequency>(frequency)) return std::nullopt;
  if (const auto* cron = std::get_if<CronFrequency>(&frequency))
    return Previous(cron->expression, zone, before, options);
  if (const auto* once = std::get_if<OnceFrequency>(&frequency)) {
    return once->at < before ? std::optional(once->at) : std::nullopt;
  }
  const Milliseconds period = std::get<IntervalFrequency>(frequency).period;
  if (before <= kBegin) return std::nullopt;
  return WallTime(period * ((before.time_since_epoch() - Milliseconds(1)) / period));
}

void Normalize(std::vector<DayWindow>& windows) {
  const auto order = [](const DayWindow& window) { return std::pair(window.from, window.to); };
  std::ranges::sort(windows, {}, order);
  windows.erase(std::unique(windows.begin(), windows.end()), windows.end());
}

std::string WindowsKey(char mark, const std::vector<DayWindow>& windows) {
  std::string key;
  for (const DayWindow& window : windows) key += Format(" {}{}-{}", mark, window.from.count(), window.to.count());
  return key;
}

std::string ExpressionKey(const Expression& expression) {
  // Taken apart whole: a new field does not compile until it has its place in the key.
  const auto& [second, minute, weekdays, last_weekdays, last_day, last_offset, nearest, any_day, any_weekday, both_days,
               wildcard_time, hour, day, month, years] = expression;
  const std::uint64_t flags = std::uint64_t{last_day} | std::uint64_t{nearest} << 1 | std::uint64_t{any_day} << 2 |
                              std::uint64_t{any_weekday} << 3 | std::uint64_t{both_days} << 4 |
                              std::uint64_t{wildcard_time} << 5;
  std::string key = Format("cron {:x} {:x} {:x} {:x} {:x} {:x} {:x} {} {:x}", second, minute, hour, day, month,
                           std::uint64_t{weekdays}, std::uint64_t{last_weekdays}, std::uint64_t{last_offset}, flags);
  if (years != YearSet::All()) {
    for (auto year = years.FirstFrom(YearSet::kFirst); year; year = years.FirstFrom(*year + 1)) {
      key += Format(" {}", *year);
    }
  }
  return key;
}

std::string FrequencyKey(const Frequency& frequency) {
  if (const auto* cron = std::get_if<CronFrequency>(&frequency)) return ExpressionKey(cron->expression);
  if (const auto* once = std::get_if<OnceFrequency>(&frequency)) {
    return Format("once {}", once->at.time_since_epoch().count());
  }
  if (std::holds_alternative<StartFrequency>(frequency)) return "start";
  return Format("every {}", std::get<IntervalFrequency>(frequency).period.count());
}

std::string WindowWords(const std::vector<DayWindow>& windows, Locale locale) {
  const bool chinese = locale == Locale::kChinese;
  std::vector<std::string> parts;
  for (const DayWindow& window : windows) {
    parts.push_back(FormatTimeOfDay(window.from) + (chinese ? " 至 " : " and ") + FormatTimeOfDay(window.to));
  }
  return Join(parts, chinese ? " 或 " : " or ");
}

std::string FrequencyWords(const Frequency& frequency, const TimeZone& zone, Locale locale) {
  if (const auto* cron = std::get_if<CronFrequency>(&frequency)) return Describe(cron->expression, locale);
  if (std::holds_alternative<StartFrequency>(frequency)) return DescribeStart(locale);
  if (const auto* once = std::get_if<OnceFrequency>(&frequency)) {
    const std::string at = FormatInstant(once->at, zone);
    return locale == Locale::kChinese ? Format("仅一次，{}", at) : "Once at " + at;
  }
  return DescribeEvery(std::get<IntervalFrequency>(frequency).period, locale);
}

}  // namespace

std::string_view Name(DstGap gap) {
  switch (gap) {
    case DstGap::kRunAfter:
      return "run_after";
    case DstGap::kSkip:
      return "skip";
    case DstGap::kRunBefore:
      return "run_before";
  }
  return "";
}

std::string_view Name(DstOverlap overlap) {
  switch (overlap) {
    case DstOverlap::kFirst:
      return "first";
    case DstOverlap::kSecond:
      return "second";
    case DstOverlap::kBoth:
      return "both";
  }
  return "";
}

Frequency FrequencyOf(const CronRule& rule, std::string_view text, CronDialect dialect) {
  if (const auto* expression = std::get_if<Expression>(&rule.when)) {
    return CronFrequency{std::string(text), *expression, dialect};
  }
  if (const auto* every = std::get_if<EveryPeriod>(&rule.when)) return IntervalFrequency{every->period};
  return StartFrequency();
}

Spread Spread::Of(std::string_view task, Milliseconds range) {
  // Other places that are found by the hash of a task's id, such as that of its claims, do not follow from its offset.
  constexpr std::uint64_t kSeed = 0x737072656164;  // "spread"
  if (range <= Milliseconds(0)) return {};
  const Milliseconds step = range >= seconds(1) ? Milliseconds(seconds(1)) : Milliseconds(1);
  const auto steps = static_cast<std::uint64_t>((range + step - Milliseconds(1)) / step);
  return {range, step * static_cast<Milliseconds::rep>(StableHash(task, kSeed) % steps)};
}

Trigger::Trigger(Frequency frequency, TimeZone zone, Restrictions restrictions, DstPolicy dst, Spread spread)
    : frequency_(std::move(frequency)),
      zone_(zone),
      restrictions_(std::move(restrictions)),
      dst_(dst),
      spread_(spread) {
  ROTA_CHECK(spread_.offset >= Milliseconds(0), "a spread only delays");
  const auto* interval = std::get_if<IntervalFrequency>(&frequency_);
  ROTA_CHECK(interval == nullptr || interval->period > Milliseconds(0), "an interval's period must be positive");
  if (!std::holds_alternative<CronFrequency>(frequency_)) dst_ = {};
  restrictions_.weekdays &= kAllWeekdays;
  Normalize(restrictions_.between);
  Normalize(restrictions_.unless_between);

  key_ = FrequencyKey(frequency_);
  const bool restricted = restrictions_ != Restrictions();
  // Without restrictions, intervals and one-shots fire at the same instants in all zones.
  if (restricted || std::holds_alternative<CronFrequency>(frequency_)) key_ += " zone " + zone_.name();
  if (dst_.gap) key_ += Format(" gap {}", Name(*dst_.gap));
  if (dst_.overlap) key_ += Format(" overlap {}", Name(*dst_.overlap));
  if (restrictions_.weekdays != kAllWeekdays) key_ += Format(" days {:x}", restrictions_.weekdays);
  key_ += WindowsKey('+', restrictions_.between);
  key_ += WindowsKey('-', restrictions_.unless_between);
  if (restrictions_.business_days) key_ += " " + restrictions_.business_days->key();
  if (spread_.offset > Milliseconds(0)) key_ += Format(" later {}", spread_.offset.count());
}

Trigger Trigger::FromCron(const CronRule& rule, std::string_view text, CronDialect dialect, const TimeZone& zone) {
  return Trigger(FrequencyOf(rule, text, dialect), rule.zone.value_or(zone), Restrictions());
}

CronOptions Trigger::cron_options() const { return {.dst = dst_, .days = restrictions_.business_days.get()}; }

bool Trigger::Allows(WallTime instant) const {
  if (restrictions_ == Restrictions()) return true;
  const CivilInstant civil = Civil(zone_, instant);
  const auto contains = [&](const DayWindow& window) { return Contains(window, civil.since_midnight); };
  // An expression's own days have been moved already: what a gap of the clocks moves on from there stays.
  const bool moved = std::holds_alternative<CronFrequency>(frequency_) || !restrictions_.business_days;
  return (moved || restrictions_.business_days->Contains(civil.day)) &&
         (restrictions_.weekdays >> std::chrono::weekday(civil.day).c_encoding() & 1) != 0 &&
         (restrictions_.between.empty() || std::ranges::any_of(restrictions_.between, contains)) &&
         std::ranges::none_of(restrictions_.unless_between, contains);
}

std::optional<WallTime> Trigger::Next(WallTime after) const {
  const std::optional<WallTime> next = NextOfRule(std::max(after, kBegin - Milliseconds(1)) - spread_.offset);
  return next ? std::optional(*next + spread_.offset) : std::nullopt;
}

std::optional<WallTime> Trigger::Previous(WallTime before) const {
  const std::optional<WallTime> previous = PreviousOfRule(std::max(before, kBegin) - spread_.offset);
  return previous ? std::optional(*previous + spread_.offset) : std::nullopt;
}

// Bounded: each turn moves past an edge of the restrictions, and there are a few a day.
std::optional<WallTime> Trigger::NextOfRule(WallTime after) const {
  after = std::max(after, kBegin - Milliseconds(1));
  while (after < kEnd) {
    const std::optional<WallTime> candidate = NextOf(frequency_, zone_, after, cron_options());
    if (!candidate || *candidate >= kEnd) return std::nullopt;
    if (Allows(*candidate)) return candidate;
    WallTime edge = NextEdge(restrictions_, zone_, *candidate);
    while (edge < kEnd && !Allows(edge)) edge = NextEdge(restrictions_, zone_, edge);
    after = edge - Milliseconds(1);
  }
  return std::nullopt;
}

std::optional<WallTime> Trigger::PreviousOfRule(WallTime before) const {
  before = std::min(before, kEnd);
  while (before > kBegin) {
    const std::optional<WallTime> candidate = PreviousOf(frequency_, zone_, before, cron_options());
    if (!candidate || *candidate < kBegin) return std::nullopt;
    if (Allows(*candidate)) return candidate;
    before = PreviousEdge(restrictions_, zone_, *candidate);
    while (before > kBegin && !Allows(before - Milliseconds(1))) {
      before = PreviousEdge(restrictions_, zone_, before - Milliseconds(1));
    }
  }
  return std::nullopt;
}

std::string Trigger::Describe(Locale locale) const {
  const bool chinese = locale == Locale::kChinese;
  const auto& [weekdays, between, unless_between, business_days] = restrictions_;
  std::string words = FrequencyWords(frequency_, zone_, locale);
  if (business_days) words += (chinese ? "，" : ", ") + business_days->Describe(locale);
  if (weekdays != kAllWeekdays) words += (chinese ? "，仅限" : ", only on ") + DescribeWeekdays(weekdays, locale);
  const std::string inside = WindowWords(between, locale);
  const std::string outside = WindowWords(unless_between, locale);
  if (!between.empty()) words += chinese ? Format("，在 {} 之间", inside) : ", between " + inside;
  if (!unless_between.empty()) words += chinese ? Format("，除 {} 外", outside) : ", unless between " + outside;
  if (spread_.range > Milliseconds(0)) {
    const std::string range = FormatDuration(spread_.range);
    const std::string offset = FormatDuration(spread_.offset);
    words += chinese ? Format("，在 {} 内分散：推迟 {}", range, offset)
                     : Format(", spread over {}: {} later", range, offset);
  }
  return words;
}

}  // namespace rota
