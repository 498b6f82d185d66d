#include "rota/cron/describe.h"

#include <algorithm>
#include <bit>

#include "rota/base/text.h"
#include "rota/cron/describe_model.h"
#include "rota/cron/weekday_bits.h"
#include "rota/time/format.h"

namespace rota {
namespace describe {
namespace {

using internal::kAllWeekdays;
using internal::kEachWeek;

constexpr std::uint64_t kAllDays = 0xfffffffe;
constexpr std::uint64_t kAllMonths = 0x1ffe;

// A time of day is worth writing out while there are at most this many; so is a day, and a year.
constexpr std::size_t kMostListed = 6;

std::vector<int> Values(std::uint64_t bits) {
  std::vector<int> values;
  for (; bits != 0; bits &= bits - 1) values.push_back(std::countr_zero(bits));
  return values;
}

// n when the values are those of `*/n` in a field of values 0 to size - 1, 1 when those of `*`; nothing otherwise.
std::optional<int> Step(const std::vector<int>& values, int size) {
  if (values.size() < 2 || values[0] != 0) return std::nullopt;
  const int step = values[1];
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (values[i] - values[i - 1] != step) return std::nullopt;
  }
  return values.back() + step < size ? std::nullopt : std::optional(step);
}

TimeField MakeTimeField(std::uint64_t bits, int size, bool wildcard_time) {
  TimeField field;
  field.size = size;
  field.values = Values(bits & ((std::uint64_t{1} << size) - 1));
  if (wildcard_time) field.step = Step(field.values, size);
  field.even = field.step && size % *field.step == 0;
  return field;
}

void AnalyzeTime(const Expression& expression, Model& model) {
  model.second = MakeTimeField(expression.seconds, 60, expression.wildcard_time);
  model.minute = MakeTimeField(expression.minutes, 60, expression.wildcard_time);
  model.hour = MakeTimeField(expression.hours, 24, expression.wildcard_time);
  const bool says_every = model.second.step || model.minute.step || model.hour.step;
  // A list that begins with * has no word of its own: `*/20,5`.
  model.real_time = expression.wildcard_time && !says_every;
  const std::vector<int>& seconds = model.second.values;
  const std::size_t count = model.hour.values.size() * model.minute.values.size();
  if (says_every || seconds.size() != 1 || count > kMostListed) return;
  for (const int hour : model.hour.values) {
    for (const int minute : model.minute.values) {
      model.clock_times.emplace_back((hour * 60 + minute) * 60 + seconds[0]);
    }
  }
}

Weekdays AnalyzeWeekdays(const Expression& expression) {
  std::uint64_t every = kEachWeek & expression.weekdays;
  every &= every >> 7 & every >> 14 & every >> 21 & every >> 28;
  Weekdays result;
  for (int weekday = 1; weekday <= 7; ++weekday) {
    const int bit = weekday % 7;
    const std::uint64_t bits = expression.weekdays >> bit & kEachWeek;
    if (bits == kEachWeek) {
      result.every.push_back(weekday);
      continue;
    }
    NthWeekday nth{weekday, {}};
    for (int n = 1; n <= 5; ++n) {
      if (bits >> 7 * (n - 1) & 1) nth.ordinals.push_back(n);
    }
    if (expression.last_weekdays >> bit & 1) nth.ordinals.push_back(NthWeekday::kLast);
    if (!nth.ordinals.empty()) result.nth.push_back(std::move(nth));
  }
  return result;
}

// Nothing when no day matches. The day field of `*` and one that holds every day restrict nothing.
std::optional<Days> CombineDays(const Expression& expression) {
  const bool every_date = (expression.days & kAllDays) == kAllDays && !expression.nearest;
  const bool every_weekday = expression.weekdays == kAllWeekdays;
  const bool no_date = (expression.days & kAllDays) == 0 && !expression.last_day;
  const bool no_weekday = expression.weekdays == 0 && expression.last_weekdays == 0;
  if (expression.both_days || expression.any_day || expression.any_weekday) {
    if (no_date || no_weekday) return std::nullopt;
    if (every_date) return every_weekday ? Days::kAll : Days::kWeekdays;
    return every_weekday ? Days::kDates : Days::kBoth;
  }
  if (every_date || every_weekday) return Days::kAll;
  if (no_date) return no_weekday ? std::nullopt : std::optional(Days::kWeekdays);
  return no_weekday ? Days::kDates : Days::kEither;
}

}  // namespace

Model Analyze(const Expression& expression) {
  Model model;
  AnalyzeTime(expression, model);
  const std::optional<Days> days = CombineDays(expression);
  const std::uint64_t months = expression.months & kAllMonths;
  model.never = model.second.values.empty() || model.minute.values.empty() || model.hour.values.empty() || !days ||
                months == 0 || expression.years == YearSet();
  if (model.never) return model;
  model.day_rule = *days;
  model.dates.days = Values(expression.days & kAllDays);
  if (expression.last_day) model.dates.before_last = static_cast<int>(expression.last_offset);
  model.dates.nearest = expression.nearest;
  model.weekdays = AnalyzeWeekdays(expression);
  if (months != kAllMonths) model.months = Values(months);
  if (expression.years != YearSet::All()) {
    for (auto year = expression.years.FirstFrom(YearSet::kFirst); year; year = expression.years.FirstFrom(*year + 1)) {
      model.years.push_back(*year);
    }
  }
  return model;
}

std::vector<Run> Runs(const std::vector<int>& values) {
  std::vector<Run> runs;
  for (std::size_t i = 0; i < values.size();) {
    std::size_t end = i + 1;
    while (end < values.size() && values[end] == values[end - 1] + 1) ++end;
    if (end - i < 3) end = i + 1;
    runs.push_back({values[i], values[end - 1]});
    i = end;
  }
  return runs;
}

std::optional<int> Stride(const std::vector<int>& values) {
  if (values.size() <= kMostListed) return std::nullopt;
  const int stride = values[1] - values[0];
  for (std::size_t i = 1; i < values.size(); ++i) {
    if (values[i] - values[i - 1] != stride) return std::nullopt;
  }
  return stride > 1 ? std::optional(stride) : std::nullopt;
}

std::vector<int> FromMonday(std::uint8_t mask) { return Values((mask & 0x7eu) | (mask & 1u) << 7); }

}  // namespace describe

std::optional<Locale> FindLocale(std::string_view name) {
  const std::string language = Lowercase(name.substr(0, name.find_first_of("_-.@")));
  if (language == "zh") return Locale::kChinese;
  if (language == "en") return Locale::kEnglish;
  return std::nullopt;
}

std::string Describe(const Expression& expression, Locale locale) {
  const describe::Model model = describe::Analyze(expression);
  return locale == Locale::kChinese ? describe::Chinese(model) : describe::English(model);
}

std::string DescribeField(const Expression& expression, CronField field, Locale locale) {
  const describe::Model model = describe::Analyze(expression);
  return locale == Locale::kChinese ? describe::ChineseField(model, field) : describe::EnglishField(model, field);
}

std::string DescribeWeekdays(std::uint8_t weekdays, Locale locale) {
  const std::vector<int> values = describe::FromMonday(weekdays);
  return locale == Locale::kChinese ? describe::ChineseWeekdays(values) : describe::EnglishWeekdays(values);
}

std::string DescribeEvery(Milliseconds period, Locale locale) {
  return locale == Locale::kChinese ? describe::ChineseEvery(period) : "Every " + FormatDuration(period);
}

std::string DescribeStart(Locale locale) {
  return locale == Locale::kChinese ? "服务器启动时" : "When the server starts";
}

}  // namespace rota
