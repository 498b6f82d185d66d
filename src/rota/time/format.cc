#include "rota/time/format.h"

#include <algorithm>
#include <cstdint>
#include <optional>

#include "rota/base/text.h"

namespace rota {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Milliseconds kLongest = days(36525);  // 100 years.

struct Unit {
  std::string_view name;
  Milliseconds length;
};
constexpr Unit kUnits[] = {
    {"d", days(1)}, {"h", hours(1)}, {"m", minutes(1)}, {"s", seconds(1)}, {"ms", Milliseconds(1)}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Reads a text from left to right. What does not match is left where it is.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  bool done() const { return rest_.empty(); }

  // One of the characters; 0 when another follows.
  char Take(std::string_view any_of) {
    if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return 0;
    const char taken = rest_.front();
    rest_.remove_prefix(1);
    return taken;
  }
  // At least `least` and at most `most` digits.
  std::string_view Digits(std::size_t least, std::size_t most) {
    std::size_t count = 0;
    while (count < rest_.size() && count < most && IsDigit(rest_[count])) ++count;
    if (count < least) return {};
    const std::string_view digits = rest_.substr(0, count);
    rest_.remove_prefix(count);
    return digits;
  }
  // A number of `least` to `most` digits (at most 9) that is no larger than `largest`.
  std::optional<int> Number(std::size_t least, std::size_t most, int largest) {
    const std::string_view digits = Digits(least, most);
    if (digits.empty()) return std::nullopt;
    int number = 0;
    for (const char digit : digits) number = number * 10 + (digit - '0');
    if (number > largest) return std::nullopt;
    return number;
  }

 private:
  std::string_view rest_;
};

std::optional<std::chrono::local_days> ReadDate(Scanner& scanner) {
  const std::optional<int> year = scanner.Number(4, 4, 9999);
  if (!year || !scanner.Take("-")) return std::nullopt;
  const std::optional<int> month = scanner.Number(2, 2, 12);
  if (!month || !scanner.Take("-")) return std::nullopt;
  const std::optional<int> day = scanner.Number(2, 2, 31);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::local_days(date);
}

std::optional<seconds> ReadTimeOfDay(Scanner& scanner, std::size_t least_hour_digits, int last_second) {
  const std::optional<int> hour = scanner.Number(least_hour_digits, 2, 23);
  if (!hour || !scanner.Take(":")) return std::nullopt;
  const std::optional<int> minute = scanner.Number(2, 2, 59);
  if (!minute) return std::nullopt;
  seconds time = hours(*hour) + minutes(*minute);
  if (scanner.Take(":")) {
    const std::optional<int> second = scanner.Number(2, 2, last_second);
    if (!second) return std::nullopt;
    time += seconds(*second);
  }
  return time;
}

// The digits after a decimal point, cut to milliseconds.
std::optional<Milliseconds> ReadFraction(Scanner& scanner) {
  std::string digits(scanner.Digits(1, 9));
  if (digits.empty()) return std::nullopt;
  digits.resize(3, '0');
  return Milliseconds((digits[0] - '0') * 100 + (digits[1] - '0') * 10 + (digits[2] - '0'));
}

std::optional<minutes> ReadOffset(Scanner& scanner) {
  if (scanner.Take("Zz")) return minutes(0);
  const char sign = scanner.Take("+-");
  const std::optional<int> hour = scanner.Number(2, 2, 23);
  if (sign == 0 || !hour || !scanner.Take(":")) return std::nullopt;
  const std::optional<int> minute = scanner.Number(2, 2, 59);
  if (!minute) return std::nullopt;
  const minutes offset = hours(*hour) + minutes(*minute);
  return sign == '-' ? -offset : offset;
}

std::optional<WallTime> ReadInstant(std::string_view text, const TimeZone& zone) {
  Scanner scanner(text);
  const std::optional<std::chrono::local_days> date = ReadDate(scanner);
  if (!date) return std::nullopt;
  CivilTime civil = *date;
  Milliseconds fraction{};
  // A leap second ends a day of UTC; neither CivilTime nor WallTime has it.
  const bool leap_second = text.substr(std::min<std::size_t>(text.size(), 16)).starts_with(":60");
  const auto at = [&](WallTime second) -> std::optional<WallTime> {
    if (!leap_second) return second + fraction;
    return second == std::chrono::floor<days>(second) ? std::optional(second) : std::nullopt;
  };
  if (scanner.Take("Tt ")) {
    const std::optional<seconds> time = ReadTimeOfDay(scanner, 2, 60);
    if (!time) return std::nullopt;
    civil += *time;
    if (scanner.Take(".")) {
      const std::optional<Milliseconds> read = ReadFraction(scanner);
      if (!read) return std::nullopt;
      fraction = *read;
    }
    if (!scanner.done()) {
      scanner.Take(" ");
      const std::optional<minutes> offset = ReadOffset(scanner);
      if (!offset || !scanner.done()) return std::nullopt;
      return at(WallTime(civil.time_since_epoch() - *offset));
    }
  }
  if (!scanner.done()) return std::nullopt;
  const TimeZone::Meaning meaning = zone.FromCivil(civil);
  if (meaning.kind == TimeZone::Kind::kSkipped) return meaning.transition;
  return at(meaning.before);
}

// "2026-03-07", a separator, "02:00:00", and ".250" when there are milliseconds.
std::string FormatCivil(CivilTime civil, char separator, Milliseconds fraction) {
  const std::chrono::hh_mm_ss time(civil - std::chrono::floor<days>(civil));
  std::string text = FormatDate(civil);
  // Every log line has one: digits without a format string.
  const auto append = [&text](char before, auto number) {
    text += before;
    text += static_cast<char>('0' + number / 10);
    text += static_cast<char>('0' + number % 10);
  };
  append(separator, time.hours().count());
  append(':', time.minutes().count());
  append(':', time.seconds().count());
  if (fraction != Milliseconds(0)) text += Format(".{:03}", fraction.count());
  return text;
}

// "+08:00"; seconds only where an offset of long ago has some.
std::string FormatOffset(seconds offset) {
  const std::chrono::hh_mm_ss parts(std::chrono::abs(offset));
  std::string text =
      Format("{}{:02}:{:02}", offset < seconds(0) ? '-' : '+', parts.hours().count(), parts.minutes().count());
  if (parts.seconds() != seconds(0)) text += Format(":{:02}", parts.seconds().count());
  return text;
}

}  // namespace

std::string FormatInstant(WallTime instant) {
  const auto second = std::chrono::floor<seconds>(instant);
  return FormatCivil(CivilTime(second.time_since_epoch()), 'T', instant - second) + "Z";
}

std::string FormatInstant(WallTime instant, const TimeZone& zone) {
  const Milliseconds fraction = instant - std::chrono::floor<seconds>(instant);
  return FormatCivil(zone.ToCivil(instant), ' ', fraction) + " " + FormatOffset(zone.Offset(instant));
}

std::string FormatDate(CivilTime civil) {
  const std::chrono::year_month_day date(std::chrono::floor<days>(civil));
  return Format("{:04}-{:02}-{:02}", static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
                static_cast<unsigned>(date.day()));
}

Result<WallTime> ParseInstant(std::string_view text, const TimeZone& zone) {
  if (const std::optional<WallTime> instant = ReadInstant(text, zone)) return *instant;
  return Fail(InvalidArgument(
      "expected a time such as 2026-03-07T02:00:00Z, 2026-03-07T02:00:00+08:00, 2026-03-07 02:00 or 2026-03-07, "
      "not \"{}\"",
      Printable(text)));
}

Result<Milliseconds> ParseDuration(std::string_view text) {
  const auto error = [&] {
    return Fail(
        InvalidArgument("expected a duration such as 500ms, 90s, 30m, 1h30m or 7d, not \"{}\"", Printable(text)));
  };
  Scanner scanner(text);
  Milliseconds total{};
  const Unit* unit = std::begin(kUnits);
  do {
    const std::string_view digits = scanner.Digits(1, text.size());
    const char first = scanner.Take("dhms");
    if (digits.empty() || first == 0) return error();
    const bool thousandth = first == 'm' && scanner.Take("s");
    const std::string_view name = thousandth ? std::string_view("ms") : std::string_view(&first, 1);
    while (unit != std::end(kUnits) && unit->name != name) ++unit;
    if (unit == std::end(kUnits)) return error();
    std::int64_t count = 0;
    for (const char digit : digits) count = std::min<std::int64_t>(count * 10 + (digit - '0'), kLongest.count() + 1);
    if (count > (kLongest - total) / unit->length) {
      return Fail(InvalidArgument("\"{}\" is longer than 100 years", Printable(text)));
    }
    total += count * unit->length;
    ++unit;
  } while (!scanner.done());
  return total;
}

std::string FormatDuration(Milliseconds duration) {
  if (duration == Milliseconds(0)) return "0s";
  std::string text = duration < Milliseconds(0) ? "-" : "";
  for (const Unit& unit : kUnits) {
    const auto count = duration / unit.length;
    duration %= unit.length;
    if (count != 0) text += Format("{}{}", count < 0 ? -count : count, unit.name);
  }
  return text;
}

Result<seconds> ParseTimeOfDay(std::string_view text) {
  Scanner scanner(text);
  const std::optional<seconds> time = ReadTimeOfDay(scanner, 1, 59);
  if (time && scanner.done()) return *time;
  return Fail(
      InvalidArgument("expected a time of day as HH:MM or HH:MM:SS, 00:00 to 23:59:59, not \"{}\"", Printable(text)));
}

std::string FormatTimeOfDay(seconds since_midnight) {
  const std::chrono::hh_mm_ss time(since_midnight);
  std::string text = Format("{:02}:{:02}", time.hours().count(), time.minutes().count());
  if (time.seconds() != seconds(0)) text += Format(":{:02}", time.seconds().count());
  return text;
}

}  // namespace rota
