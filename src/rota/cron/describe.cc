#include "rota/cron/describe.h"

#include <bit>
#include <optional>
#include <string_view>
#include <vector>

#include "rota/base/format.h"

// The words "every …" stand only where the expression follows real time over DST (wildcard_time) and lists of values
// only where it does not, so that the two never share their words: "Every 15 minutes past hour 2" is */15, "At minutes
// 0, 15, 30 and 45 past hour 2" is 0-59/15.

namespace rota {
namespace {

constexpr std::uint64_t kAllDays = 0xfffffffe;
constexpr std::uint64_t kAllMonths = 0x1ffe;
constexpr std::uint64_t kAllWeekdays = 0x7f;

// A time of day is worth writing out while there are at most this many.
constexpr int kMostClockTimes = 6;

constexpr const char* kMonths[] = {"",     "January", "February",  "March",   "April",    "May",     "June",
                                   "July", "August",  "September", "October", "November", "December"};
// Sunday comes last, so that Saturday and Sunday lie side by side.
constexpr const char* kWeekdays[] = {"", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};

std::string Number(int value) { return Format("{}", value); }
std::string Month(int value) { return kMonths[value]; }
std::string Weekday(int value) { return kWeekdays[value]; }

// "7th", "22nd".
std::string Ordinal(int value) {
  const int tens = value / 10 % 10;
  const int ones = tens == 1 ? 0 : value % 10;
  return Format("{}{}", value, ones == 1 ? "st" : ones == 2 ? "nd" : ones == 3 ? "rd" : "th");
}

// "a", "a and b", "a, b and c".
std::string Enumerate(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += i + 1 == items.size() ? " and " : ", ";
    text += items[i];
  }
  return text;
}

// The set bits in words, three and more in a row as "a through b".
std::vector<std::string> Items(std::uint64_t bits, std::string (*word)(int)) {
  std::vector<std::string> items;
  while (bits != 0) {
    const int first = std::countr_zero(bits);
    const int run = std::countr_one(bits >> first);
    if (run >= 3) {
      items.push_back(Format("{} through {}", word(first), word(first + run - 1)));
      bits &= ~(((std::uint64_t{1} << run) - 1) << first);
    } else {
      items.push_back(word(first));
      bits &= bits - 1;
    }
  }
  return items;
}

// n when the bits are those of `*/n` in a field of values 0 to size - 1, 1 when those of `*`; nothing otherwise.
std::optional<int> Step(std::uint64_t bits, int size) {
  const std::uint64_t rest = bits & (bits - 1);
  if ((bits & 1) == 0 || rest == 0) return std::nullopt;
  const int step = std::countr_zero(rest);
  std::uint64_t expected = 0;
  for (int value = 0; value < size; value += step) expected |= std::uint64_t{1} << value;
  if (bits != expected) return std::nullopt;
  return step;
}

// One of second, minute and hour, as it stands in the sentence.
struct TimeField {
  std::string_view noun;
  std::uint64_t bits = 0;
  int size = 0;
  std::optional<int> step;  // When it is to be called "every".

  // "every hour", "every 2nd hour", "hour 2", "hours 9 through 17".
  std::string Phrase() const {
    if (step == 1) return Format("every {}", noun);
    if (step) return Format("every {} {}", Ordinal(*step), noun);
    return Format("{}{} {}", noun, std::has_single_bit(bits) ? "" : "s", Enumerate(Items(bits, Number)));
  }
  // The same at the beginning of the sentence. A step that does not divide the whole is not a period.
  std::string Beginning() const {
    if (!step) return "At " + Phrase();
    if (*step > 1 && size % *step == 0) return Format("Every {} {}s", *step, noun);
    return "E" + Phrase().substr(1);
  }
};

// "02:00", "02:00 and 14:30"; nothing when there are too many.
std::optional<std::string> ClockTimes(const Expression& expression) {
  const int count = std::popcount(expression.hours) * std::popcount(expression.minutes);
  if (count > kMostClockTimes || !std::has_single_bit(expression.seconds)) return std::nullopt;
  const int second = std::countr_zero(expression.seconds);
  std::vector<std::string> times;
  for (std::uint32_t hours = expression.hours; hours != 0; hours &= hours - 1) {
    for (std::uint64_t minutes = expression.minutes; minutes != 0; minutes &= minutes - 1) {
      times.push_back(Format("{:02}:{:02}", std::countr_zero(hours), std::countr_zero(minutes)));
      if (second != 0) times.back() += Format(":{:02}", second);
    }
  }
  return Enumerate(times);
}

std::string DescribeTime(const Expression& expression) {
  const auto field = [&](std::string_view noun, std::uint64_t bits, int size) {
    return TimeField{noun, bits, size, expression.wildcard_time ? Step(bits, size) : std::nullopt};
  };
  const TimeField second = field("second", expression.seconds, 60);
  const TimeField minute = field("minute", expression.minutes, 60);
  const TimeField hour = field("hour", expression.hours, 24);
  const bool unnamed_star = expression.wildcard_time && !second.step && !minute.step && !hour.step;

  if (!expression.wildcard_time || unnamed_star) {
    if (const std::optional<std::string> times = ClockTimes(expression)) {
      return Format("At {}{}", *times, unnamed_star ? ", in real time over DST" : "");
    }
  }
  const bool every_hour = hour.step == 1;
  std::string text;
  if (expression.seconds == 1) {
    text = minute.Beginning();
    if (!(minute.step && every_hour)) text += " past " + hour.Phrase();
  } else {
    text = second.Beginning();
    if (!(second.step && minute.step == 1 && every_hour)) text += " of " + minute.Phrase();
    if (!((second.step || minute.step) && every_hour)) text += " past " + hour.Phrase();
  }
  // A list that begins with * has no word of its own: `*/20,5`.
  if (unnamed_star) text += ", in real time over DST";
  return text;
}

// "on day 1 and the last day of the month".
std::string DescribeDates(const Expression& expression) {
  std::vector<std::string> items = Items(expression.days, Number);
  if (expression.days == 0) return "on the last day of the month";
  const char* noun = std::has_single_bit(expression.days) ? "day" : "days";
  if (expression.last_day) items.push_back("the last day");
  return Format("on {} {} of the month", noun, Enumerate(items));
}

std::string DescribeDays(const Expression& expression) {
  const bool dates = (expression.days & kAllDays) != kAllDays;
  const auto week = static_cast<std::uint8_t>(expression.weekdays & kAllWeekdays);
  const bool weekdays = week != kAllWeekdays;
  const bool both = expression.both_days || expression.any_day || expression.any_weekday;
  if (!dates && !weekdays) return "";
  if (both && dates && weekdays) {
    return Format(", {} if it is {}", DescribeDates(expression), DescribeWeekdays(week));
  }
  if (both && dates) return ", " + DescribeDates(expression);
  if (both) {
    const std::string names = DescribeWeekdays(week);
    return Format(", {}{}", names.find(" through ") == std::string::npos ? "on " : "", names);
  }
  // Either of them is enough: one that holds on every day decides.
  if (!dates || !weekdays) return "";
  return Format(", {} or on {}", DescribeDates(expression), DescribeWeekdays(week));
}

}  // namespace

std::string DescribeWeekdays(std::uint8_t weekdays, Locale) {
  const std::uint64_t monday_first = (weekdays & 0x7eu) | (weekdays & 1u) << 7;
  return Enumerate(Items(monday_first, Weekday));
}

std::string Describe(const Expression& expression, Locale) {
  std::string text = DescribeTime(expression) + DescribeDays(expression);
  if (expression.months != kAllMonths) text += ", in " + Enumerate(Items(expression.months, Month));
  return text;
}

}  // namespace rota
