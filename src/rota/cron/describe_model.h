#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "rota/base/instant.h"
#include "rota/cron/describe.h"
#include "rota/cron/expression.h"

// What an expression says, taken apart for the languages that put it into words.
//
// Two expressions never share their words unless they fire together. The words "every …" stand only where the
// expression follows real time over DST (wildcard_time) and lists of values only where it does not: "Every 15 minutes
// past hour 2" is */15, "At minutes 0, 15, 30 and 45 past hour 2" is 0-59/15. What is left is said as `real_time`.
namespace rota::describe {

// Values in a row.
struct Run {
  int first = 0;
  int last = 0;
};

// One of second, minute and hour.
struct TimeField {
  int size = 0;             // 60 or 24.
  std::vector<int> values;  // Rising, at least one.
  std::optional<int> step;  // When it is to be called "every": 1 for each of its values.
  bool even = false;        // The step divides the whole: it is a period.
  bool IsEvery() const { return step == 1; }
  bool IsZero() const { return values.size() == 1 && values.front() == 0; }
};

// The occurrences of one weekday in a month: 1 to 5, and kLast.
struct NthWeekday {
  static constexpr int kLast = 6;
  int weekday = 0;  // Monday is 1, Sunday 7.
  std::vector<int> ordinals;
};

struct Dates {
  bool IsEvery() const { return days.size() == 31 && !nearest; }
  std::vector<int> days;           // Rising.
  std::optional<int> before_last;  // The last day is 0, the day before it 1.
  bool nearest = false;            // The Monday to Friday nearest to them.
};

struct Weekdays {
  bool IsEvery() const { return every.size() == 7; }
  std::vector<int> every;  // Monday is 1, Sunday 7.
  std::vector<NthWeekday> nth;
};

// How the day of month and the day of week combine.
enum class Days { kAll, kDates, kWeekdays, kBoth, kEither };

struct Model {
  bool never = false;  // A field is empty: nothing else is filled in.
  // Times of day, while there are few enough to be written out; otherwise the three fields say it.
  std::vector<std::chrono::seconds> clock_times;
  TimeField second;
  TimeField minute;
  TimeField hour;
  bool real_time = false;  // It follows real time, and no field says so.
  Days day_rule = Days::kAll;
  Dates dates;
  Weekdays weekdays;
  std::vector<int> months;  // Empty: all.
  std::vector<int> years;   // Empty: all.
};

Model Analyze(const Expression& expression);

// Three and more values in a row as a run, others alone.
std::vector<Run> Runs(const std::vector<int>& values);
// The distance between values that are evenly spaced, not in a row, and too many to be listed.
std::optional<int> Stride(const std::vector<int>& values);
// The set bits of a mask of weekdays, bit 0 being Sunday, as 1 to 7: Saturday and Sunday lie side by side.
std::vector<int> FromMonday(std::uint8_t mask);

std::string English(const Model& model);
std::string EnglishField(const Model& model, CronField field);
std::string EnglishWeekdays(const std::vector<int>& weekdays);
std::string Chinese(const Model& model);
std::string ChineseField(const Model& model, CronField field);
std::string ChineseWeekdays(const std::vector<int>& weekdays);
std::string ChineseEvery(Milliseconds period);

}  // namespace rota::describe
