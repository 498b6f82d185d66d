#include "rota/cron/expression.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "rota/base/suggest.h"
#include "rota/base/text.h"

namespace rota {
namespace {

// Longer than any sensible list: all values of all fields, written out, take some 550 characters.
constexpr std::size_t kMaxLength = 1024;

constexpr std::string_view kMonthNames[] = {"jan", "feb", "mar", "apr", "may", "jun",
                                            "jul", "aug", "sep", "oct", "nov", "dec"};
constexpr std::string_view kWeekdayNames[] = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};

// What one field accepts.
struct Field {
  std::string_view name;
  std::string_view allowed;
  int first = 0;
  int last = 0;
  const std::string_view* names = nullptr;  // Of `first` and on.
  std::size_t name_count = 0;
};

constexpr Field kSecond = {"second", "0-59 or *", 0, 59};
constexpr Field kMinute = {"minute", "0-59 or *", 0, 59};
constexpr Field kHour = {"hour", "0-23 or *", 0, 23};
constexpr Field kDay = {"day of month", "1-31, L, * or ?", 1, 31};
constexpr Field kMonth = {"month", "1-12, jan-dec or *", 1, 12, kMonthNames, std::size(kMonthNames)};
constexpr Field kWeekday = {"day of week", "0-7, sun-sat, * or ?", 0, 6, kWeekdayNames, std::size(kWeekdayNames)};

// The part of the text between blanks; `column` counts from 1.
struct Token {
  std::string_view text;
  std::size_t column = 0;
};

// What a field says: its values as bits, and how it begins.
struct Values {
  std::uint64_t bits = 0;
  bool star = false;      // Begins with `*`, or is `?`.
  bool last_day = false;  // Holds `L`.
};

struct Macro {
  std::string_view name;
  std::string_view expression;
};
constexpr Macro kMacros[] = {{"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"},
                             {"@weekly", "0 0 * * 0"}, {"@daily", "0 0 * * *"},    {"@midnight", "0 0 * * *"},
                             {"@hourly", "0 * * * *"}};

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Every `step`th bit of [from, to].
std::uint64_t Bits(int from, int to, int step) {
  std::uint64_t bits = 0;
  for (int value = from; value <= to; value += step) bits |= std::uint64_t{1} << value;
  return bits;
}

// Reads one field. Fails with the column of the item at fault, what was found and what is allowed.
class FieldParser {
 public:
  FieldParser(const Field& field, Token token) : field_(field), token_(token) {}

  Result<Values> Parse() {
    Values values;
    values.star = token_.text.front() == '*' || token_.text == "?";
    std::size_t offset = 0;
    for (const std::string_view item : Split(token_.text, ',')) {
      item_ = {item, token_.column + offset};
      offset += item.size() + 1;
      if (item.empty()) return Error(Format("a list has an empty item; expected {}", field_.allowed));
      if (IsDay() && (item == "L" || item == "l")) {
        values.last_day = true;
        continue;
      }
      const Result<std::uint64_t> bits = ParseItem();
      if (!bits) return Fail(bits.error());
      values.bits |= *bits;
    }
    return values;
  }

 private:
  bool IsDay() const { return &field_ == &kDay; }
  bool IsWeekday() const { return &field_ == &kWeekday; }
  bool HasNames() const { return field_.names != nullptr; }
  // 7 is Sunday, too.
  int Highest() const { return IsWeekday() ? 7 : field_.last; }

  tl::unexpected<Status> Error(std::string_view what) const {
    return Fail(InvalidArgument("column {}: {} \"{}\": {}", item_.column, field_.name, Printable(item_.text), what));
  }

  // value | value-value | * | ?, then perhaps /step.
  Result<std::uint64_t> ParseItem() const {
    const std::size_t slash = item_.text.find('/');
    const std::string_view range = item_.text.substr(0, slash);
    int step = 1;
    if (slash != std::string_view::npos) {
      const Result<int> read = ParseStep(item_.text.substr(slash + 1));
      if (!read) return Fail(read.error());
      step = *read;
    }
    if (range == "*") return Fold(Bits(field_.first, field_.last, step));
    if (item_.text == "?" && (IsDay() || IsWeekday())) {
      if (token_.text != "?") return Error("? stands alone");
      return Bits(field_.first, field_.last, 1);
    }
    const std::size_t dash = range.find('-');
    const Result<int> from = ParseValue(range.substr(0, dash));
    if (!from) return Fail(from.error());
    if (dash == std::string_view::npos) {
      if (slash != std::string_view::npos) return Error(StepWithoutRange(*from, step));
      return Fold(Bits(*from, *from, 1));
    }
    Result<int> to = ParseValue(range.substr(dash + 1));
    if (!to) return Fail(to.error());
    // "fri-sun" ends on the Sunday after the Friday.
    if (IsWeekday() && *to == 0 && *from > 0) to = 7;
    if (*to < *from) return Error(Backwards(*from, *to, step));
    return Fold(Bits(*from, *to, step));
  }

  Result<int> ParseStep(std::string_view text) const {
    const int most = field_.last - field_.first;
    const std::optional<int> step = ParseNumber(text);
    if (!step || *step < 1 || *step > most) {
      return Error(Format("the step after / must be a number from 1 to {}", most));
    }
    return *step;
  }

  Result<int> ParseValue(std::string_view text) const {
    if (const std::optional<int> number = ParseNumber(text)) {
      if (*number >= field_.first && *number <= Highest()) return *number;
      return Error(Format("{} is out of range; expected {}", Printable(text), field_.allowed));
    }
    const std::string word = Lowercase(text);
    for (std::size_t i = 0; i < field_.name_count; ++i) {
      if (word == field_.names[i]) return field_.first + static_cast<int>(i);
    }
    return Error(Format("expected {}{}", field_.allowed, SuggestName(word)));
  }

  // Nothing for what is not a number. A number too long for any field reads as one that is too large.
  static std::optional<int> ParseNumber(std::string_view text) {
    if (text.empty() || !std::all_of(text.begin(), text.end(), IsDigit)) return std::nullopt;
    int number = 0;
    for (const char digit : text) number = std::min(number * 10 + (digit - '0'), 100'000);
    return number;
  }

  std::string SuggestName(std::string_view word) const {
    if (!HasNames()) return {};
    const std::vector<std::string> names(field_.names, field_.names + field_.name_count);
    // "monday" and "tues" are a name and more.
    for (const std::string& name : names) {
      if (word.starts_with(name)) return Format("; did you mean \"{}\"?", name);
    }
    return DidYouMean(word, names);
  }

  // Bit 7 of the day of week is Sunday: bit 0.
  std::uint64_t Fold(std::uint64_t bits) const {
    if (!IsWeekday() || (bits & 0x80) == 0) return bits;
    return (bits & 0x7f) | 1;
  }

  std::string StepWithoutRange(int from, int step) const {
    if (from == field_.first) return Format("a step needs a range; write */{}", step);
    return Format("a step needs a range; write {}-{}/{}", from, Highest(), step);
  }

  // The values of a range that wraps, as items that do not: 22-2 is 22-23,0-2, and 22-2/2 is 22,0,2.
  std::string Backwards(int from, int to, int step) const {
    const bool named = HasNames() && !IsDigit(item_.text.front());
    const auto text = [&](int value) {
      return named ? std::string(field_.names[value - field_.first]) : Format("{}", value);
    };
    const auto range = [&](int low, int high) {
      return low == high ? text(low) : Format("{}-{}", text(low), text(high));
    };
    std::string better = range(field_.first, to);
    if (from <= field_.last) better = Format("{},{}", range(from, field_.last), better);
    if (step > 1) {
      const int size = field_.last - field_.first + 1;
      std::vector<std::string> values;
      for (int value = from; value <= to + size; value += step) {
        values.push_back(text(field_.first + (value - field_.first) % size));
      }
      better = Join(values, ",");
    }
    return Format("the range runs backwards; write {}", better);
  }

  const Field& field_;
  const Token token_;
  Token item_;
};

std::vector<Token> Tokenize(std::string_view text) {
  constexpr std::string_view kBlank = " \t";
  std::vector<Token> tokens;
  for (std::size_t begin = text.find_first_not_of(kBlank); begin != std::string_view::npos;) {
    const std::size_t end = std::min(text.find_first_of(kBlank, begin), text.size());
    tokens.push_back({text.substr(begin, end - begin), begin + 1});
    begin = text.find_first_not_of(kBlank, end);
  }
  return tokens;
}

Result<Expression> ParseMacro(const std::vector<Token>& tokens) {
  const Token& token = tokens[0];
  std::vector<std::string> names;
  for (const Macro& macro : kMacros) {
    if (Lowercase(token.text) != macro.name) {
      names.emplace_back(macro.name);
    } else if (tokens.size() == 1) {
      return Expression::Parse(macro.expression);
    } else {
      return Fail(InvalidArgument("column {}: \"{}\": nothing may follow {}", tokens[1].column,
                                  Printable(tokens[1].text), macro.name));
    }
  }
  return Fail(InvalidArgument("column {}: \"{}\": expected one of {}{}", token.column, Printable(token.text),
                              Join(names, " "), DidYouMean(token.text, names)));
}

}  // namespace

YearSet YearSet::All() {
  YearSet years;
  for (int year = kFirst; year <= kLast; ++year) years.Add(year);
  return years;
}

void YearSet::Add(int year) {
  const auto bit = static_cast<unsigned>(year - kFirst);
  bits_[bit / 16] = static_cast<std::uint16_t>(bits_[bit / 16] | 1u << bit % 16);
}

bool YearSet::Contains(int year) const {
  if (year < kFirst || year > kLast) return false;
  const auto bit = static_cast<unsigned>(year - kFirst);
  return (bits_[bit / 16] >> bit % 16 & 1) != 0;
}

std::optional<int> YearSet::FirstFrom(int year) const {
  for (year = std::max(year, kFirst); year <= kLast; ++year) {
    if (Contains(year)) return year;
  }
  return std::nullopt;
}

std::optional<int> YearSet::LastUpTo(int year) const {
  for (year = std::min(year, kLast); year >= kFirst; --year) {
    if (Contains(year)) return year;
  }
  return std::nullopt;
}

Result<Expression> Expression::Parse(std::string_view text, const Options&) {
  if (text.size() > kMaxLength) {
    return Fail(InvalidArgument("the expression has {} characters; at most {} are allowed", text.size(), kMaxLength));
  }
  std::vector<Token> tokens = Tokenize(text);
  if (!tokens.empty() && tokens[0].text.front() == '@') return ParseMacro(tokens);
  if (tokens.size() != 5 && tokens.size() != 6) {
    return Fail(InvalidArgument(
        "found {} fields; expected 5 (minute hour day-of-month month day-of-week) or 6 (leading second)",
        tokens.size()));
  }
  const bool with_seconds = tokens.size() == 6;
  if (!with_seconds) tokens.insert(tokens.begin(), {"0", 0});

  const bool plus = tokens[5].text.front() == '+';
  if (plus) {
    tokens[5] = {tokens[5].text.substr(1), tokens[5].column + 1};
    if (tokens[5].text.empty()) {
      return Fail(InvalidArgument("column {}: day of week \"+\": expected weekdays after +", tokens[5].column - 1));
    }
  }
  constexpr std::array<const Field*, 6> kFields = {&kSecond, &kMinute, &kHour, &kDay, &kMonth, &kWeekday};
  std::array<Values, 6> values;
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    const Result<Values> field = FieldParser(*kFields[i], tokens[i]).Parse();
    if (!field) return Fail(field.error());
    values[i] = *field;
  }
  const auto& [second, minute, hour, day, month, weekday] = values;
  Expression expression;
  expression.seconds = second.bits;
  expression.minutes = minute.bits;
  expression.hours = static_cast<std::uint32_t>(hour.bits);
  expression.days = static_cast<std::uint32_t>(day.bits);
  expression.months = static_cast<std::uint16_t>(month.bits);
  expression.weekdays = weekday.bits * 0x10204081 & 0x7ffffffff;
  expression.last_day = day.last_day;
  expression.any_day = day.star;
  expression.any_weekday = weekday.star;
  expression.both_days = plus && !day.star && !weekday.star;
  expression.wildcard_time = second.star || minute.star || hour.star;
  return expression;
}

}  // namespace rota
