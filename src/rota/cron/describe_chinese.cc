#include <cstdint>
#include <string_view>
#include <tuple>

#include "rota/base/format.h"
#include "rota/cron/describe_model.h"
#include "rota/time/format.h"

// The words are put together without blanks; Space() sets one between a Han character and a digit or a letter. The
// sentence goes from the large to the small: year, month, day, hour, minute, second.

namespace rota::describe {
namespace {

constexpr const char* kWeekdays[] = {"", "一", "二", "三", "四", "五", "六", "日"};
constexpr const char* kOrdinals[] = {"", "第一个", "第二个", "第三个", "第四个", "第五个", "最后一个"};
constexpr int kHour = 3600;

std::string Month(int value) { return Format("{}月", value); }
std::string Day(int value) { return Format("{}日", value); }
std::string Year(int value) { return Format("{}年", value); }
std::string Number(int value) { return Format("{}", value); }
std::string Weekday(int value) { return Format("周{}", kWeekdays[value]); }

// CJK Unified Ideographs, U+4E00 to U+9FFF, as the three bytes of UTF-8; `lead` is the first.
bool IsHanLead(char lead) { return lead >= '\xe4' && lead <= '\xe9'; }
bool IsAlnum(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

std::string Space(std::string_view text) {
  std::string spaced;
  bool after_han = false;
  for (std::size_t i = 0; i < text.size();) {
    const bool han = IsHanLead(text[i]);
    const std::size_t length = (text[i] & 0x80) == 0 ? 1 : 3;  // All our characters are one or the other.
    const bool between = i > 0 && ((han && IsAlnum(text[i - 1])) || (after_han && IsAlnum(text[i])));
    if (between) spaced += ' ';
    spaced += text.substr(i, length);
    after_han = han;
    i += length;
  }
  return spaced;
}

// "a", "a和b", "a、b和c".
std::string Enumerate(const std::vector<std::string>& items) {
  std::string text;
  for (std::size_t i = 0; i < items.size(); ++i) {
    if (i > 0) text += i + 1 == items.size() ? "和" : "、";
    text += items[i];
  }
  return text;
}

std::vector<std::string> Items(const std::vector<int>& values, std::string (*word)(int)) {
  std::vector<std::string> items;
  for (const Run& run : Runs(values)) {
    items.push_back(run.first == run.last ? word(run.first) : Format("{}至{}", word(run.first), word(run.last)));
  }
  return items;
}

// "第5分钟", "第0、15和30分钟".
std::string Listed(const TimeField& field, std::string_view unit) {
  return Format("第{}{}", Enumerate(Items(field.values, Number)), unit);
}

// "每分钟", "每15分钟"; `whole` is what a step that does not divide it starts anew in: "每小时从第0分钟起每7分钟".
std::string Stepped(const TimeField& field, std::string_view unit, std::string_view whole) {
  if (field.IsEvery()) return Format("每{}", unit);
  if (field.even) return Format("每{}{}", *field.step, unit);
  return Format("{}从第0{}起每{}{}", whole, unit, *field.step, unit);
}

// A period within some hours: "每2小时（从0点起）的每一分钟" where a step names the hours and each minute is meant.
std::string Stepped(const TimeField& field, std::string_view unit, std::string_view whole, const TimeField& hour) {
  const bool some_hours = hour.step && !hour.IsEvery();
  return some_hours && field.IsEvery() ? Format("每一{}", unit) : Stepped(field, unit, whole);
}

// Whole hours as spans: "09:00至17:59".
std::string Spans(const std::vector<int>& hours) {
  std::vector<std::string> items;
  for (const Run& run : Runs(hours)) {
    items.push_back(Format("{}至{}", FormatTimeOfDay(std::chrono::hours(run.first)),
                           FormatTimeOfDay(std::chrono::seconds((run.last + 1) * kHour - 60))));
  }
  return Enumerate(items);
}

struct TimePhrase {
  std::string text;
  bool of_day = false;  // Needs a day before it: "每天", if nothing else.
};

std::string Hour(int value) { return Format("{}点", value); }

// "9至17点", "3点和4点".
std::string HourList(const std::vector<int>& hours) {
  std::vector<std::string> items;
  for (const Run& run : Runs(hours)) {
    items.push_back(run.first == run.last ? Hour(run.first) : Format("{}至{}", run.first, Hour(run.last)));
  }
  return Enumerate(items);
}

// The hours before a phrase of minutes or seconds that begins with "每", means each of them, or is a place within the
// hour.
enum class Within { kPeriod, kEach, kPlace };
Within WithinOf(const TimeField& field) { return field.IsEvery() ? Within::kEach : Within::kPeriod; }
TimePhrase Hours(const TimeField& hour, Within within) {
  if (hour.IsEvery()) return {within == Within::kPlace ? "每小时" : "", false};
  if (hour.step) {
    std::string phrase = hour.even ? Format("每{}小时", *hour.step) : Format("从0点起每{}小时", *hour.step);
    if (within == Within::kPeriod) phrase += "，该小时内";
    if (within == Within::kEach) phrase += hour.even ? "（从0点起）的" : "的";
    return {phrase, !hour.even};
  }
  return {within == Within::kPlace ? HourList(hour.values) : Spans(hour.values), true};
}

TimePhrase Time(const Model& model) {
  const auto& [second, minute, hour] = std::tie(model.second, model.minute, model.hour);
  if (!model.clock_times.empty()) {
    std::vector<std::string> times;
    for (const std::chrono::seconds time : model.clock_times) times.push_back(FormatTimeOfDay(time));
    return {Enumerate(times), true};
  }
  const bool whole_minute = second.IsZero();
  if (second.step && minute.IsEvery()) {
    TimePhrase phrase = Hours(hour, WithinOf(second));
    phrase.text += Stepped(second, "秒", "每分钟", hour);
    return phrase;
  }
  TimePhrase phrase = Hours(hour, minute.step ? WithinOf(minute) : Within::kPlace);
  if (minute.step) {
    phrase.text += Stepped(minute, "分钟", hour.IsEvery() ? "每小时" : "", hour);
  } else if (whole_minute && minute.IsZero()) {
    phrase.text += hour.step ? "整点" : "整";
  } else {
    phrase.text += "的" + Listed(minute, "分钟");
  }
  if (second.step) {
    phrase.text += minute.step ? "，该分钟内" : "内";
    phrase.text += Stepped(second, "秒", "");
  } else if (!whole_minute) {
    phrase.text += "的" + Listed(second, "秒");
  }
  return phrase;
}

// What a month or a year needs before the day: "每月", "每年1月", "2027年1月和7月的".
struct Scope {
  std::string year;        // "2027年，", when no month follows.
  std::string month;       // "每月", "每年1月"; for a day of the month.
  bool of_months = false;  // The months are restricted.
  std::string of;          // "的" before the day, where "1月和7月1日" would mislead.
};

std::string Years(const std::vector<int>& years) {
  if (const std::optional<int> stride = Stride(years)) {
    return Format("{}年至{}年（每{}年）", years.front(), years.back(), *stride);
  }
  return Enumerate(Items(years, Year));
}

Scope MakeScope(const Model& model) {
  Scope scope;
  if (model.months.empty()) {
    scope.month = "每月";
    if (!model.years.empty()) scope.year = Years(model.years) + "，";
    return scope;
  }
  scope.of_months = true;
  std::string year = model.years.empty() ? "每年" : Years(model.years);
  if (model.years.size() > 1) year += "的";
  scope.month = year + Enumerate(Items(model.months, Month));
  if (model.months.size() > 1 || model.day_rule == Days::kEither) scope.of = "的";
  return scope;
}

// "1日和15日", "最后一天", "倒数第4天", "从1日起每2天".
std::string DateWords(const Dates& dates) {
  std::vector<std::string> items;
  if (const std::optional<int> stride = Stride(dates.days)) {
    const int first = dates.days.front();
    const int last = dates.days.back();
    items.push_back(first == 1 && last + *stride > 31 ? Format("从1日起每{}天", *stride)
                                                      : Format("{}日至{}日每{}天", first, last, *stride));
  } else {
    items = Items(dates.days, Day);
  }
  if (dates.before_last) {
    items.push_back(*dates.before_last == 0 ? "最后一天" : Format("倒数第{}天", *dates.before_last + 1));
  }
  return Enumerate(items);
}

std::string DatePhrase(const Dates& dates, const Scope& scope) {
  const std::string words = DateWords(dates);
  if (!dates.nearest) {
    const bool begins = words.starts_with("从");
    return scope.month + (begins && !scope.of.empty() ? "，" : scope.of) + words;
  }
  // 工作日 may be the days of a calendar; W asks none.
  if (dates.days.empty() && dates.before_last == 0) return scope.month + scope.of + "周一至周五中的最后一天";
  return Format("离{}{}{}最近的周一至周五", scope.month, scope.of, words);
}

std::string NthWords(const std::vector<NthWeekday>& weekdays) {
  std::vector<std::string> items;
  for (const NthWeekday& nth : weekdays) {
    std::vector<std::string> ordinals;
    for (const int ordinal : nth.ordinals) ordinals.emplace_back(kOrdinals[ordinal]);
    items.push_back(Format("{}星期{}", Enumerate(ordinals), kWeekdays[nth.weekday]));
  }
  return Enumerate(items);
}

// The weekdays alone: "工作日", "周一和周三", "周一以及第二个星期五".
std::string WeekdayWords(const Weekdays& weekdays) {
  std::string text = ChineseWeekdays(weekdays.every);
  if (!weekdays.every.empty() && !weekdays.nth.empty()) text += "以及";
  return text + NthWords(weekdays.nth);
}

bool IsWorkweek(const std::vector<int>& weekdays) { return weekdays == std::vector{1, 2, 3, 4, 5}; }

// With what they repeat by: "每周一", "每周一以及每月第二个星期五".
std::string WeekdayPhrase(const Weekdays& weekdays) {
  std::string text;
  if (!weekdays.every.empty()) text = (IsWorkweek(weekdays.every) ? "" : "每") + ChineseWeekdays(weekdays.every);
  if (!weekdays.every.empty() && !weekdays.nth.empty()) text += "以及";
  if (!weekdays.nth.empty()) text += "每月" + NthWords(weekdays.nth);
  return text;
}

std::string DayPhrase(const Model& model, const Scope& scope) {
  const std::string weekdays = scope.of_months ? WeekdayWords(model.weekdays) : WeekdayPhrase(model.weekdays);
  switch (model.day_rule) {
    case Days::kAll:
      return scope.of_months ? scope.month : "";
    case Days::kDates:
      return DatePhrase(model.dates, scope);
    case Days::kWeekdays:
      return scope.of_months ? scope.month + "的" + weekdays : weekdays;
    case Days::kBoth:
      return Format("{}（仅限{}）", DatePhrase(model.dates, scope), WeekdayWords(model.weekdays));
    case Days::kEither:
      return Format("{}或{}", DatePhrase(model.dates, scope), weekdays);
  }
  return "";
}

}  // namespace

std::string ChineseField(const Model& model, CronField field) {
  if (model.never) return "无";
  const auto time = [](const TimeField& values, std::string_view unit) {
    if (std::ssize(values.values) == values.size) return Format("每{}", unit);
    if (const std::optional<int> stride = Stride(values.values)) {
      return Format("{}至{}每{}{}", values.values.front(), values.values.back(), *stride, unit);
    }
    return Enumerate(Items(values.values, Number));
  };
  const auto words = [&]() -> std::string {
    switch (field) {
      case CronField::kSecond:
        return time(model.second, "秒");
      case CronField::kMinute:
        return time(model.minute, "分钟");
      case CronField::kHour:
        return time(model.hour, "小时");
      case CronField::kDay:
        return model.dates.IsEvery() ? "每天" : DatePhrase(model.dates, {});
      case CronField::kMonth:
        return model.months.empty() ? "每月" : Enumerate(Items(model.months, Month));
      case CronField::kWeekday:
        return model.weekdays.IsEvery() ? "每天" : WeekdayWords(model.weekdays);
      case CronField::kYear:
        return model.years.empty() ? "每年" : Years(model.years);
    }
    return "";
  };
  return Space(words());
}

std::string ChineseWeekdays(const std::vector<int>& weekdays) {
  return IsWorkweek(weekdays) ? "工作日" : Enumerate(Items(weekdays, Weekday));
}

std::string ChineseEvery(Milliseconds period) {
  struct Unit {
    std::int64_t length;
    const char* name;
  };
  constexpr Unit kUnits[] = {{86'400'000, "天"}, {3'600'000, "小时"}, {60'000, "分钟"}, {1'000, "秒"}, {1, "毫秒"}};
  std::string text;
  std::int64_t rest = period.count();
  for (const Unit& unit : kUnits) {
    if (rest == unit.length && text.empty()) return Format("每{}", unit.name);
    if (rest >= unit.length) text += Format("{}{}", rest / unit.length, unit.name);
    rest %= unit.length;
  }
  return Space("每" + text);
}

std::string Chinese(const Model& model) {
  if (model.never) return "从不执行";
  const Scope scope = MakeScope(model);
  const TimePhrase time = Time(model);
  std::string text = scope.year + DayPhrase(model, scope);
  if (model.day_rule == Days::kAll) text += time.of_day ? "每天" : "";
  text += time.text;
  if (model.real_time) text += "（夏令时切换时按实际时间）";
  return Space(text);
}

}  // namespace rota::describe
