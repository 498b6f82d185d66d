#include <string_view>
#include <tuple>

#include "rota/base/format.h"
#include "rota/cron/describe_model.h"
#include "rota/time/format.h"

namespace rota::describe {
namespace {

constexpr const char* kMonths[] = {"",     "January", "February",  "March",   "April",    "May",     "June",
                                   "July", "August",  "September", "October", "November", "December"};
constexpr const char* kWeekdays[] = {"", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
constexpr const char* kOrdinals[] = {"", "first", "second", "third", "fourth", "fifth", "last"};

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

std::vector<std::string> Items(const std::vector<int>& values, std::string (*word)(int)) {
  std::vector<std::string> items;
  for (const Run& run : Runs(values)) {
    items.push_back(run.first == run.last ? word(run.first) : Format("{} through {}", word(run.first), word(run.last)));
  }
  return items;
}

// A field of the time as it stands in the sentence: "every hour", "every 2nd hour", "hour 2", "hours 9 through 17".
std::string Phrase(const TimeField& field, std::string_view noun) {
  if (field.IsEvery()) return Format("every {}", noun);
  if (field.step) return Format("every {} {}", Ordinal(*field.step), noun);
  return Format("{}{} {}", noun, field.values.size() == 1 ? "" : "s", Enumerate(Items(field.values, Number)));
}

// The same at the beginning of the sentence.
std::string Beginning(const TimeField& field, std::string_view noun) {
  if (!field.step) return "At " + Phrase(field, noun);
  if (!field.IsEvery() && field.even) return Format("Every {} {}s", *field.step, noun);
  return "E" + Phrase(field, noun).substr(1);
}

std::string Time(const Model& model) {
  const auto& [second, minute, hour] = std::tie(model.second, model.minute, model.hour);
  std::string text;
  if (!model.clock_times.empty()) {
    std::vector<std::string> times;
    for (const std::chrono::seconds time : model.clock_times) times.push_back(FormatTimeOfDay(time));
    text = "At " + Enumerate(times);
  } else if (second.IsZero()) {
    text = Beginning(minute, "minute");
    if (!(minute.step && hour.IsEvery())) text += " past " + Phrase(hour, "hour");
  } else {
    text = Beginning(second, "second");
    if (!(second.step && minute.IsEvery() && hour.IsEvery())) text += " of " + Phrase(minute, "minute");
    if (!((second.step || minute.step) && hour.IsEvery())) text += " past " + Phrase(hour, "hour");
  }
  if (model.real_time) text += ", in real time over DST";
  return text;
}

// "the last day", "3 days before the last day".
std::string BeforeLast(int days) {
  if (days == 0) return "the last day";
  return Format("{} day{} before the last day", days, days == 1 ? "" : "s");
}

// "day 1 and the last day", "the weekday nearest to day 15".
std::string DateWords(const Dates& dates) {
  if (dates.nearest && dates.days.empty() && dates.before_last == 0) return "the last weekday";
  std::vector<std::string> items;
  if (const std::optional<int> stride = Stride(dates.days)) {
    const int first = dates.days.front();
    const int last = dates.days.back();
    const bool whole_month = first == 1 && last + *stride > 31;
    items.push_back(Format("every {} day", Ordinal(*stride)));
    if (!whole_month) items.back() += Format(" from {} through {}", first, last);
  } else if (!dates.days.empty()) {
    items = Items(dates.days, Number);
    items.front().insert(0, dates.days.size() == 1 ? "day " : "days ");
  }
  if (dates.before_last) items.push_back(BeforeLast(*dates.before_last));
  return (dates.nearest ? "the weekday nearest to " : "") + Enumerate(items);
}

// "on day 1 of the month", "3 days before the last day of the month".
std::string DatePhrase(const Dates& dates) {
  const bool before_last = !dates.nearest && dates.days.empty() && dates.before_last > 0;
  return Format("{}{} of the month", before_last ? "" : "on ", DateWords(dates));
}

// "Monday through Friday", "Monday and the second Friday of the month".
std::string WeekdayPhrase(const Weekdays& weekdays) {
  std::vector<std::string> items = Items(weekdays.every, Weekday);
  for (const NthWeekday& nth : weekdays.nth) {
    std::vector<std::string> ordinals;
    for (const int ordinal : nth.ordinals) ordinals.emplace_back(kOrdinals[ordinal]);
    items.push_back(Format("the {} {}", Enumerate(ordinals), kWeekdays[nth.weekday]));
  }
  return Enumerate(items) + (weekdays.nth.empty() ? "" : " of the month");
}

std::string DayPhrase(const Model& model) {
  const std::string weekdays = WeekdayPhrase(model.weekdays);
  switch (model.day_rule) {
    case Days::kAll:
      return "";
    case Days::kDates:
      return ", " + DatePhrase(model.dates);
    case Days::kWeekdays: {
      const bool range = model.weekdays.nth.empty() && weekdays.find(" through ") != std::string::npos;
      return (range ? ", " : ", on ") + weekdays;
    }
    case Days::kBoth:
      return Format(", {} if it is {}", DatePhrase(model.dates), weekdays);
    case Days::kEither:
      return Format(", {} or on {}", DatePhrase(model.dates), weekdays);
  }
  return "";
}

std::string Years(const std::vector<int>& years) {
  if (const std::optional<int> stride = Stride(years)) {
    return Format("every {} year from {} through {}", Ordinal(*stride), years.front(), years.back());
  }
  return Enumerate(Items(years, Number));
}

}  // namespace

std::string EnglishField(const Model& model, CronField field) {
  if (model.never) return "none";
  const auto time = [](const TimeField& values, std::string_view noun) {
    if (std::ssize(values.values) == values.size) return Format("every {}", noun);
    if (const std::optional<int> stride = Stride(values.values)) {
      return Format("every {}, {} through {}", Ordinal(*stride), values.values.front(), values.values.back());
    }
    return Enumerate(Items(values.values, Number));
  };
  switch (field) {
    case CronField::kSecond:
      return time(model.second, "second");
    case CronField::kMinute:
      return time(model.minute, "minute");
    case CronField::kHour:
      return time(model.hour, "hour");
    case CronField::kDay:
      return model.dates.IsEvery() ? "every day" : DateWords(model.dates);
    case CronField::kMonth:
      return model.months.empty() ? "every month" : Enumerate(Items(model.months, Month));
    case CronField::kWeekday:
      return model.weekdays.IsEvery() ? "every day" : WeekdayPhrase(model.weekdays);
    case CronField::kYear:
      return model.years.empty() ? "every year" : Years(model.years);
  }
  return "";
}

std::string EnglishWeekdays(const std::vector<int>& weekdays) { return Enumerate(Items(weekdays, Weekday)); }

std::string English(const Model& model) {
  if (model.never) return "Never";
  std::string text = Time(model) + DayPhrase(model);
  if (!model.months.empty()) text += ", in " + Enumerate(Items(model.months, Month));
  if (!model.years.empty()) text += (model.months.empty() ? ", in " : " of ") + Years(model.years);
  return text;
}

}  // namespace rota::describe
