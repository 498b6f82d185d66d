#include "rota/cron/field.h"

#include <algorithm>
#include <array>
#include <vector>

#include "rota/base/hash.h"
#include "rota/base/suggest.h"
#include "rota/base/text.h"
#include "rota/cron/weekday_bits.h"

namespace rota::internal {
namespace {

using Kind = FieldKind;

constexpr std::string_view kMonths[] = {"january", "february", "march",     "april",   "may",      "june",
                                        "july",    "august",   "september", "october", "november", "december"};
constexpr std::string_view kWeekdays[] = {"sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"};

constexpr Field kOcpsFields[] = {
    {Kind::kSecond, "second", "0-59 or *", 0, 59, 60, 60, 59},
    {Kind::kMinute, "minute", "0-59 or *", 0, 59, 60, 60, 59},
    {Kind::kHour, "hour", "0-23 or *", 0, 23, 24, 24, 23},
    {Kind::kDay, "day of month", "1-31, L, 15W, * or ?", 1, 31, 31, 31, 28},
    {Kind::kMonth, "month", "1-12, jan-dec or *", 1, 12, 12, 12, 12, kMonths},
    {Kind::kWeekday, "day of week", "0-7, sun-sat, 5L, 5#2, * or ?", 0, 7, 7, 7, 6, kWeekdays},
    {Kind::kYear, "year", "1970-2199 or *", 1970, 2199, 230, 230, 2199},
};
constexpr Field kQuartzFields[] = {
    {Kind::kSecond, "second", "0-59 or *", 0, 59, 60, 59, 59},
    {Kind::kMinute, "minute", "0-59 or *", 0, 59, 60, 59, 59},
    {Kind::kHour, "hour", "0-23 or *", 0, 23, 24, 23, 23},
    {Kind::kDay, "day of month", "1-31, L, L-3, 15W, * or ?", 1, 31, 31, 31, 28},
    {Kind::kMonth, "month", "1-12, jan-dec or *", 1, 12, 12, 12, 12, kMonths},
    {Kind::kWeekday, "day of week", "1-7, sun-sat, L, 6L, 6#3, * or ?", 1, 7, 7, 7, 7, kWeekdays},
    {Kind::kYear, "year", "1970-2199 or *", 1970, 2199, 230, 230, 2199},
};

constexpr std::size_t kShortName = 3;

bool IsDigit(char c) { return c >= '0' && c <= '9'; }
char Lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

// The bits 0, n, 2n, … for every n.
constexpr std::array<std::uint64_t, 64> kEvery = [] {
  std::array<std::uint64_t, 64> every{};
  for (std::size_t step = 1; step < every.size(); ++step) {
    for (std::size_t bit = 0; bit < 64; bit += step) every[step] |= std::uint64_t{1} << bit;
  }
  return every;
}();

// A value, or every `step`th one of a range. A range with to < from wraps.
struct Range {
  int from = 0;
  int to = 0;
  int step = 1;
};

// A number as written, or the one that a name stands for.
struct Value {
  int number = 0;
  bool named = false;
};

// Reads one field, item after item. A function that returns false has left the reason in `error`.
class FieldReader {
 public:
  FieldReader(const Field& field, Token token, const Expression::Options& options, Expression& expression,
              Status& error)
      : field_(field),
        token_(token),
        options_(options),
        expression_(expression),
        error_(error),
        quartz_(options.dialect == CronDialect::kQuartz),
        at_(token.text.data()),
        item_(at_),
        end_(at_ + token.text.size()) {}

  bool Read();

 private:
  char Peek() const { return at_ == end_ ? '\0' : Lower(*at_); }
  bool Take(char c) {
    if (Peek() != c) return false;
    ++at_;
    return true;
  }
  bool Is(Kind kind) const { return field_.kind == kind; }
  bool AtItemEnd() const { return at_ == end_ || *at_ == ','; }
  std::string_view Item() const { return {item_, static_cast<std::size_t>(std::find(item_, end_, ',') - item_)}; }
  bool Alone() const { return Item() == token_.text; }
  // A day field that is `*` or `?` and no more (OCPS 1.0, 6.1). `+*` is, too.
  bool Unrestricted() const { return token_.text == "*" || token_.text == "?" || token_.text == "+*"; }

  bool ReadItem();
  bool ReadRange();
  bool ReadStep(Range& range);
  bool ReadHash();
  bool ReadLastDay();
  bool ReadNearest(int day);
  bool ReadLastWeekday();
  bool ReadOccurrence(int weekday);
  bool ReadValue(Value& value);
  bool ReadName(Value& value);
  std::optional<int> ReadNumber();

  bool Add(Range range);
  void Store(bool star);

  bool Refuse(std::string_view what);
  bool RefuseItem();
  bool RefuseList();
  bool RefuseStep(Range range);
  bool RefuseBackwards(Range range, bool named);
  std::string SuggestName(std::string_view word) const;

  const Field& field_;
  const Token token_;
  const Expression::Options& options_;
  Expression& expression_;
  Status& error_;
  const bool quartz_;
  const char* at_;
  const char* item_;  // Where the item begins that is being read.
  const char* const end_;
  std::uint64_t bits_ = 0;
};

bool FieldReader::Read() {
  if (Is(Kind::kYear)) expression_.years = YearSet();
  if (Is(Kind::kWeekday) && !quartz_ && Take('+')) {
    if (at_ == end_) return Refuse("expected weekdays after +");
    expression_.both_days = true;
  }
  const bool star = Peek() == '*' || Peek() == '?';
  do {
    item_ = at_;
    if (AtItemEnd()) return Refuse(Format("a list has an empty item; expected {}", field_.allowed));
    if (!ReadItem()) return false;
    if (!AtItemEnd()) return RefuseItem();
  } while (Take(','));
  Store(star);
  return true;
}

bool FieldReader::ReadItem() {
  const bool day = Is(Kind::kDay);
  const bool weekday = Is(Kind::kWeekday);
  switch (Peek()) {
    case 'h':
      return Is(Kind::kYear) ? RefuseItem() : ReadHash();
    case 'l':
      if (day) return ReadLastDay();
      return weekday ? ReadLastWeekday() : RefuseItem();
    case '?':
      if (!day && !weekday) return RefuseItem();
      if (!Alone()) return Refuse("? stands alone");
      ++at_;
      return Add({field_.first, field_.first + field_.count - 1});
    default:
      return ReadRange();
  }
}

// * | value | value-value, then perhaps /step; also what may follow a value: 15W, 5L, 5#2.
bool FieldReader::ReadRange() {
  Range range{field_.first, field_.first + field_.count - 1};
  if (Take('*') || (quartz_ && Peek() == '/')) return ReadStep(range) && Add(range);
  Value from;
  if (!ReadValue(from)) return false;
  if (Is(Kind::kDay) && Take('w')) return ReadNearest(from.number);
  if (Is(Kind::kWeekday) && (Peek() == 'l' || Peek() == '#')) return ReadOccurrence(from.number);
  range.from = range.to = from.number;
  if (!Take('-')) {
    if (Peek() != '/') return Add(range);
    range.to = field_.first + field_.count - 1;
    if (!ReadStep(range)) return false;
    return quartz_ ? Add(range) : RefuseStep(range);
  }
  Value to;
  if (!ReadValue(to)) return false;
  range.to = to.number;
  // "fri-sun" ends on the Sunday after the Friday.
  if (!quartz_ && Is(Kind::kWeekday) && to.named && to.number == 0 && from.number > 0) range.to = 7;
  if (!ReadStep(range)) return false;
  if (!AtItemEnd()) return RefuseItem();
  if (range.to < range.from && (!quartz_ || Is(Kind::kYear))) return RefuseBackwards(range, from.named);
  return Add(range);
}

bool FieldReader::ReadStep(Range& range) {
  if (!Take('/')) return true;
  const std::optional<int> step = ReadNumber();
  if (step && AtItemEnd() && *step >= 1 && *step <= field_.most_step) {
    range.step = *step;
    return true;
  }
  std::string what = Format("the step after / must be a number from 1 to {}", field_.most_step);
  const auto kind = static_cast<std::size_t>(field_.kind);
  if (step && AtItemEnd() && *step > field_.most_step && *item_ == '*' && kind < 3) {
    what += Format("; for a period of its own write @every {}{}", *step, "smh"[kind]);
  }
  return Refuse(what);
}

// H | H(from-to), then perhaps /step: a value that the key and the field choose.
bool FieldReader::ReadHash() {
  ++at_;
  Range range{field_.first, field_.hash_last};
  if (Take('(')) {
    Value from, to;
    if (!ReadValue(from)) return false;
    if (!Take('-')) return Refuse("expected H, H(from-to) or H/step");
    if (!ReadValue(to)) return false;
    if (!Take(')')) return Refuse("expected H, H(from-to) or H/step");
    if (to.number < from.number) return Refuse("the range runs backwards");
    range = {from.number, to.number};
  }
  const int size = range.to - range.from + 1;
  const bool repeats = Peek() == '/';
  if (!ReadStep(range)) return false;
  if (range.step > size) return Refuse(Format("the step after / must be a number from 1 to {}", size));
  if (!AtItemEnd()) return Refuse("expected H, H(from-to) or H/step");
  if (!options_.hash_key) return Refuse("H needs a task: its value is made from the task's id");
  const std::uint64_t hash = StableHash(*options_.hash_key, static_cast<std::uint64_t>(field_.kind));
  range.from += static_cast<int>(hash % static_cast<std::uint64_t>(repeats ? range.step : size));
  if (!repeats) range.to = range.from;
  return Add(range);
}

// L | LW, and in Quartz L-3 | L-3W.
bool FieldReader::ReadLastDay() {
  ++at_;
  if (Peek() == '-') {
    if (!quartz_) return Refuse("days before the last are of Quartz; write it in the quartz dialect");
    ++at_;
    const std::optional<int> offset = ReadNumber();
    if (!offset || *offset > 30) return Refuse("expected L-0 to L-30");
    expression_.last_offset = static_cast<unsigned>(*offset) & 31;
  }
  expression_.last_day = true;
  expression_.nearest = Take('w');
  if (!AtItemEnd()) return RefuseItem();
  if ((quartz_ || expression_.nearest) && !Alone()) return RefuseList();
  return true;
}

// What follows the number in 15W.
bool FieldReader::ReadNearest(int day) {
  if (!AtItemEnd()) return RefuseItem();
  if (!Alone()) return RefuseList();
  expression_.nearest = true;
  return Add({day, day});
}

// L without a weekday: in Quartz the last of the week.
bool FieldReader::ReadLastWeekday() {
  ++at_;
  if (!AtItemEnd()) return RefuseItem();
  if (!quartz_) return Refuse("L needs a weekday; write 5L for the last Friday of the month, or 6 for Saturday");
  if (!Alone()) return RefuseList();
  return Add({7, 7});
}

// What follows the weekday in 5L, 5#L and 5#2.
bool FieldReader::ReadOccurrence(int weekday) {
  weekday = quartz_ ? weekday - 1 : weekday % 7;
  const bool hash = Take('#');
  if (Take('l')) {
    expression_.last_weekdays = (expression_.last_weekdays | 1u << weekday) & 0x7f;
  } else {
    const std::optional<int> nth = hash ? ReadNumber() : std::nullopt;
    if (!nth || *nth < 1 || *nth > 5) return Refuse("expected a number from 1 to 5, or L, after #");
    expression_.weekdays = (expression_.weekdays | std::uint64_t{1} << (7 * (*nth - 1) + weekday)) & kAllWeekdays;
  }
  if (!AtItemEnd()) return RefuseItem();
  return !quartz_ || Alone() || RefuseList();
}

bool FieldReader::ReadValue(Value& value) {
  const char* const begin = at_;
  if (const std::optional<int> number = ReadNumber()) {
    value = {*number, false};
    if (*number >= field_.first && *number <= field_.last) return true;
    return Refuse(Format("{} is out of range; expected {}",
                         std::string_view(begin, static_cast<std::size_t>(at_ - begin)), field_.allowed));
  }
  return ReadName(value) || RefuseItem();
}

// Nothing where no number begins. A number too long for any field reads as one that is too large.
std::optional<int> FieldReader::ReadNumber() {
  if (at_ == end_ || !IsDigit(*at_)) return std::nullopt;
  int number = 0;
  for (; at_ != end_ && IsDigit(*at_); ++at_) number = std::min(number * 10 + (*at_ - '0'), 100'000);
  return number;
}

// A name of three letters; in Quartz also in full.
bool FieldReader::ReadName(Value& value) {
  const auto left = static_cast<std::size_t>(end_ - at_);
  for (std::size_t i = 0; i < field_.names.size(); ++i) {
    const std::string_view name = field_.names[i];
    const auto begins = [&](std::size_t size) {
      return left >= size &&
             std::equal(name.begin(), name.begin() + size, at_, [](char a, char b) { return a == Lower(b); });
    };
    if (!begins(kShortName)) continue;
    at_ += quartz_ && begins(name.size()) ? name.size() : kShortName;
    value = {field_.first + static_cast<int>(i), true};
    return true;
  }
  return false;
}

// Always true, so that it may end a reading.
bool FieldReader::Add(Range range) {
  if (Is(Kind::kYear)) {
    for (int year = range.from; year <= range.to; year += range.step) expression_.years.Add(year);
    return true;
  }
  if (range.from <= range.to) {
    const std::uint64_t up_to = ~std::uint64_t{0} >> (63 - range.to);
    bits_ |= kEvery[static_cast<std::size_t>(range.step)] << range.from & up_to;
    return true;
  }
  for (int value = range.from; value <= range.to + field_.count; value += range.step) {
    bits_ |= std::uint64_t{1} << (field_.first + (value - field_.first) % field_.count);
  }
  return true;
}

void FieldReader::Store(bool star) {
  switch (field_.kind) {
    case Kind::kSecond:
      expression_.seconds = bits_;
      break;
    case Kind::kMinute:
      expression_.minutes = bits_;
      break;
    case Kind::kHour:
      expression_.hours = static_cast<std::uint32_t>(bits_);
      break;
    case Kind::kDay:
      expression_.days = static_cast<std::uint32_t>(bits_);
      expression_.any_day = Unrestricted();
      return;
    case Kind::kMonth:
      expression_.months = static_cast<std::uint16_t>(bits_);
      return;
    case Kind::kWeekday:
      // Bit 0 becomes Sunday: it is 1 in Quartz, and 0 or 7 in OCPS.
      bits_ = quartz_ ? bits_ >> 1 : (bits_ | bits_ >> 7) & 0x7f;
      expression_.weekdays = (expression_.weekdays | bits_ * kEachWeek) & kAllWeekdays;
      expression_.any_weekday = Unrestricted();
      return;
    case Kind::kYear:
      return;
  }
  if (star) expression_.wildcard_time = true;
}

bool FieldReader::Refuse(std::string_view what) {
  error_ =
      InvalidArgument("column {}: {} \"{}\": {}", token_.column + static_cast<std::size_t>(item_ - token_.text.data()),
                      field_.name, Printable(Item()), what);
  return false;
}

// The item is not of the field's language: says what is, and what may have been meant.
bool FieldReader::RefuseItem() {
  const std::string item = Lowercase(Item());
  if (Is(Kind::kDay) && item.ends_with('w') && item.find('-') != std::string::npos) return RefuseList();
  return Refuse(Format("expected {}{}", field_.allowed, SuggestName(item)));
}

bool FieldReader::RefuseList() {
  if (Is(Kind::kWeekday)) return Refuse("in the quartz dialect L and # stand alone, without a list");
  return Refuse(quartz_ ? "L and W take one day and stand alone, without a list or a range"
                        : "W takes one day and stands alone, without a list or a range");
}

bool FieldReader::RefuseStep(Range range) {
  if (range.from == field_.first) return Refuse(Format("a step needs a range; write */{}", range.step));
  return Refuse(Format("a step needs a range; write {}-{}/{}", range.from, field_.last, range.step));
}

// Writes the values of a range that wraps as items that do not: 22-2 is 22-23,0-2, and 22-2/2 is 22,0,2.
bool FieldReader::RefuseBackwards(Range range, bool named) {
  const int top = field_.first + field_.count - 1;
  const auto text = [&](int value) {
    return named ? std::string(field_.names[static_cast<std::size_t>(value - field_.first)].substr(0, kShortName))
                 : Format("{}", value);
  };
  const auto span = [&](int low, int high) { return low == high ? text(low) : Format("{}-{}", text(low), text(high)); };
  std::string better;
  if (Is(Kind::kWeekday) && range.to == 0 && range.from < 7) {
    better = range.step > 1 ? Format("{}-7/{}", range.from, range.step) : Format("{}-7", range.from);
  } else if (Is(Kind::kYear)) {
    better = range.step > 1 ? Format("{}-{}/{}", range.to, range.from, range.step) : span(range.to, range.from);
  } else if (range.step > 1) {
    std::vector<std::string> values;
    for (int value = range.from; value <= range.to + field_.count; value += range.step) {
      values.push_back(text(field_.first + (value - field_.first) % field_.count));
    }
    better = Join(values, ",");
  } else {
    better = span(field_.first, range.to);
    if (range.from <= top) better = Format("{},{}", span(range.from, top), better);
  }
  return Refuse(Format("the range runs backwards; write {}", better));
}

std::string FieldReader::SuggestName(std::string_view word) const {
  std::vector<std::string> names;
  for (const std::string_view name : field_.names) {
    names.emplace_back(name.substr(0, kShortName));
    // "monday" and "tues" are a name and more.
    if (word.starts_with(names.back())) {
      return word.find_first_of("-#/") == word.npos ? Format("; did you mean \"{}\"?", names.back()) : std::string();
    }
  }
  return DidYouMean(word, names);
}

}  // namespace

std::span<const Field, 7> FieldsOf(CronDialect dialect) {
  return dialect == CronDialect::kQuartz ? kQuartzFields : kOcpsFields;
}

bool ReadField(const Field& field, Token token, const Expression::Options& options, Expression& expression,
               Status& error) {
  return FieldReader(field, token, options, expression, error).Read();
}

}  // namespace rota::internal
