#include "rota/cron/rule.h"

#include <algorithm>
#include <chrono>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/time/format.h"

namespace rota {

namespace {

constexpr Milliseconds kShortest = std::chrono::seconds(1);
constexpr Milliseconds kLongest = std::chrono::days(366);

// A text that is read from the left; the column of what is left counts from 1.
struct Remainder {
  std::string_view text;
  std::size_t column = 1;

  void Skip(std::size_t size) {
    text.remove_prefix(size);
    column += size;
  }
  void SkipBlanks() { Skip(std::min(text.find_first_not_of(" \t"), text.size())); }
  // The next word, without moving.
  std::string_view Word() const { return text.substr(0, text.find_first_of(" \t")); }
};

tl::unexpected<Status> Refuse(const Remainder& rest, std::string_view found, const Status& status) {
  return Fail(status.WithContext(Format("column {}: \"{}\"", rest.column, Printable(found))));
}

Result<EveryPeriod> ParseEvery(Remainder rest) {
  rest.SkipBlanks();
  const std::string_view text = rest.text.substr(0, rest.text.find_last_not_of(" \t") + 1);
  const Result<Milliseconds> period = ParseDuration(text);
  if (!period) {
    return Refuse(rest, text, InvalidArgument("expected a duration after @every, such as 90s, 30m, 1h30m or 7d"));
  }
  if (*period < kShortest || *period > kLongest) {
    return Refuse(rest, text,
                  InvalidArgument("expected {} to {}", FormatDuration(kShortest), FormatDuration(kLongest)));
  }
  return EveryPeriod{*period};
}

// The zone of `CRON_TZ=Zone` or `TZ=Zone`, in any case, which it leaves behind; nothing when there is no such prefix.
Result<std::optional<TimeZone>> ParseZone(Remainder& rest) {
  for (const std::string_view prefix : {"CRON_TZ=", "TZ="}) {
    if (Lowercase(rest.text.substr(0, prefix.size())) != Lowercase(prefix)) continue;
    const std::string_view word = rest.Word();
    const Result<TimeZone> zone = TimeZone::Load(word.substr(prefix.size()));
    if (!zone) return Refuse(rest, word, zone.error());
    rest.Skip(word.size());
    rest.SkipBlanks();
    if (rest.text.empty()) return Refuse(rest, "", InvalidArgument("expected an expression after {}", Printable(word)));
    return *zone;
  }
  return std::nullopt;
}

}  // namespace

Result<CronRule> CronRule::Parse(std::string_view text, const Expression::Options& options) {
  Remainder rest{text};
  rest.SkipBlanks();
  const Result<std::optional<TimeZone>> zone = ParseZone(rest);
  if (!zone) return Fail(zone.error());

  const std::string_view first = rest.Word();
  const std::string word = first.starts_with('@') ? Lowercase(first) : std::string();
  if (word == "@every") {
    rest.Skip(word.size());
    const Result<EveryPeriod> every = ParseEvery(rest);
    if (!every) return Fail(every.error());
    return CronRule{*every, *zone};
  }
  if (word == "@reboot") {
    rest.Skip(word.size());
    rest.SkipBlanks();
    if (!rest.text.empty()) return Refuse(rest, rest.Word(), InvalidArgument("nothing may follow @reboot"));
    return CronRule{AtServerStart{}, *zone};
  }
  // Blanks instead of the prefix keep the columns of errors.
  const std::string fields = std::string(rest.column - 1, ' ') + std::string(rest.text);
  const Result<Expression> expression = Expression::Parse(fields, options);
  if (!expression) return Fail(expression.error());
  return CronRule{*expression, *zone};
}

std::string Describe(const CronRule& rule, Locale locale) {
  if (const auto* expression = std::get_if<Expression>(&rule.when)) return Describe(*expression, locale);
  if (const auto* every = std::get_if<EveryPeriod>(&rule.when)) return DescribeEvery(every->period, locale);
  return DescribeStart(locale);
}

}  // namespace rota
