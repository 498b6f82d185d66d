#include "rota/cron/expression.h"

#include <algorithm>
#include <array>
#include <bit>
#include <vector>

#include "rota/base/suggest.h"
#include "rota/base/text.h"
#include "rota/cron/field.h"

namespace rota {
namespace {

using internal::Field;
using internal::FieldKind;
using internal::FieldsOf;
using internal::ReadField;
using internal::Token;

// Longer than any sensible list: all values of the fields from second to weekday, written out, take some 550
// characters.
constexpr std::size_t kMaxLength = 1024;

constexpr std::size_t kSecond = static_cast<std::size_t>(FieldKind::kSecond);
constexpr std::size_t kMinute = static_cast<std::size_t>(FieldKind::kMinute);
constexpr std::size_t kDay = static_cast<std::size_t>(FieldKind::kDay);
constexpr std::size_t kWeekday = static_cast<std::size_t>(FieldKind::kWeekday);

struct Nickname {
  std::string_view name;
  std::string_view expression;
};
constexpr Nickname kNicknames[] = {{"@yearly", "0 0 1 1 *"}, {"@annually", "0 0 1 1 *"}, {"@monthly", "0 0 1 * *"},
                                   {"@weekly", "0 0 * * 0"}, {"@daily", "0 0 * * *"},    {"@midnight", "0 0 * * *"},
                                   {"@hourly", "0 * * * *"}};

// The first tokens of a text, one more than an expression may have.
struct Tokens {
  std::array<Token, 8> token;
  std::size_t count = 0;  // Of all tokens.
};

Tokens Tokenize(std::string_view text) {
  Tokens tokens;
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  for (std::size_t at = 0; at < text.size();) {
    if (blank(text[at])) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    while (at < text.size() && !blank(text[at])) ++at;
    if (tokens.count < tokens.token.size()) tokens.token[tokens.count] = {text.substr(begin, at - begin), begin + 1};
    ++tokens.count;
  }
  return tokens;
}

tl::unexpected<Status> Refuse(Token token, std::string_view what) {
  return Fail(InvalidArgument("column {}: \"{}\": {}", token.column, Printable(token.text), what));
}

Result<Expression> ParseNickname(const Tokens& tokens) {
  const Token& token = tokens.token[0];
  const std::string word = Lowercase(token.text);
  if (word == "@every") return Refuse(token, "a period has no fields; expected an expression");
  if (word == "@reboot") return Refuse(token, "the start of a server has no fields; expected an expression");
  std::vector<std::string> names;
  for (const auto& [name, expression] : kNicknames) {
    if (word == name) {
      if (tokens.count == 1) return Expression::Parse(expression);
      return Refuse(tokens.token[1], Format("nothing may follow {}", name));
    }
    names.emplace_back(name);
  }
  // CronRule reads these two.
  names.emplace_back("@reboot");
  const std::string listed = Join(names, " ");
  names.emplace_back("@every");
  return Refuse(token, Format("expected one of {}, or @every and a period{}", listed, DidYouMean(word, names)));
}

// The text of the first tokens.
std::string Rejoin(const Tokens& tokens, std::size_t count) {
  std::string text;
  for (std::size_t i = 0; i < count; ++i) text += (i > 0 ? " " : "") + Printable(tokens.token[i].text);
  return text;
}

// Whether the word is rather a command or a user's name than a weekday, perhaps misspelt.
bool LooksLikeCommand(std::string_view word) {
  const std::string lower = Lowercase(word);
  if (lower.find_first_of("/.~$") == 0) return true;
  if (lower[0] < 'a' || lower[0] > 'z') return false;
  if (lower == "l" || lower == "h" || lower.starts_with("h(") || lower.starts_with("h/")) return false;
  const std::vector<std::string> names = {"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
  for (const std::string& name : names) {
    if (lower.starts_with(name)) return lower.find_first_of("/._") != std::string::npos;
  }
  return !ClosestMatch(lower, names);
}

// A word about a text that is of another tool's language, if it is; nothing otherwise.
std::optional<Status> Foreign(const Tokens& tokens, const Expression::Options& options) {
  const Token& first = tokens.token[0];
  const std::string word = tokens.count > 0 ? Lowercase(first.text) : std::string();
  if (word.starts_with("cron(")) {
    return Refuse(first,
                  "cron( ) is of AWS; write minute hour day-of-month month day-of-week without it, and "
                  "weekdays by their names")
        .value();
  }
  if (word.starts_with("rate(")) return Refuse(first, "rate( ) is of AWS; write a period: @every 5m").value();
  if (tokens.count < 6 || options.dialect == CronDialect::kQuartz || !LooksLikeCommand(tokens.token[5].text)) {
    return std::nullopt;
  }
  const std::string fields = Rejoin(tokens, 5);
  if (!Expression::Parse(fields, options)) return std::nullopt;
  return Refuse(tokens.token[5], Format("a command belongs elsewhere, only fields here; write {}", fields)).value();
}

Status RefuseCount(const Tokens& tokens, CronDialect dialect) {
  if (dialect == CronDialect::kOcps) {
    return InvalidArgument(
        "found {} fields; expected 5 (minute hour day-of-month month day-of-week), 6 (leading second) or 7 (trailing "
        "year)",
        tokens.count);
  }
  std::string better;
  if (tokens.count == 5 && tokens.token[4].text == "*") better = Format("; write 0 {} ?", Rejoin(tokens, 4));
  return InvalidArgument(
      "found {} fields; the quartz dialect has 6 (second minute hour day-of-month month day-of-week) or 7 (trailing "
      "year){}",
      tokens.count, better);
}

// Quartz takes the days from one of the two fields; the other is ?.
Status RefuseDays(const Token& day, const Token& weekday) {
  std::string_view better = "write ? in one of them";
  if (day.text == "?") better = "write * in one of them";
  if (day.text == "*") better = "write ? in the day of month";
  if (weekday.text == "*") better = "write ? in the day of week";
  return InvalidArgument("column {}: day of week \"{}\": exactly one of day of month and day of week must be ?; {}",
                         weekday.column, Printable(weekday.text), better);
}

}  // namespace

void YearSet::Add(int year) {
  const auto bit = static_cast<unsigned>(year - kFirst);
  bits_[bit / 16] = static_cast<std::uint16_t>(bits_[bit / 16] | 1u << bit % 16);
}

std::optional<int> YearSet::FirstFrom(int year) const {
  const int from = std::max(year, kFirst) - kFirst;
  for (int word = from / 16, low = from % 16; word < std::ssize(bits_); ++word, low = 0) {
    const unsigned left = bits_[static_cast<std::size_t>(word)] & 0xffffu << low;
    if (left != 0) return kFirst + 16 * word + std::countr_zero(left);
  }
  return std::nullopt;
}

std::optional<int> YearSet::LastUpTo(int year) const {
  const int to = std::min(year, kLast) - kFirst;
  if (to < 0) return std::nullopt;
  for (int word = to / 16, high = to % 16; word >= 0; --word, high = 15) {
    const unsigned left = bits_[static_cast<std::size_t>(word)] & 0xffffu >> (15 - high);
    if (left != 0) return kFirst + 16 * word + std::bit_width(left) - 1;
  }
  return std::nullopt;
}

Result<Expression> Expression::Parse(std::string_view text, const Options& options) {
  if (text.size() > kMaxLength) {
    return Fail(InvalidArgument("the expression has {} characters; at most {} are allowed", text.size(), kMaxLength));
  }
  const Tokens tokens = Tokenize(text);
  if (tokens.count > 0 && tokens.token[0].text.front() == '@') return ParseNickname(tokens);
  const bool quartz = options.dialect == CronDialect::kQuartz;
  const auto refuse = [&](Status status) {
    std::optional<Status> foreign = Foreign(tokens, options);
    return Fail(foreign ? *std::move(foreign) : std::move(status));
  };
  if (tokens.count < (quartz ? 6 : 5) || tokens.count > 7) return refuse(RefuseCount(tokens, options.dialect));

  Expression expression;
  const std::span<const Field, 7> fields = FieldsOf(options.dialect);
  const std::size_t first = tokens.count == 5 ? kMinute : kSecond;
  Status error;
  for (std::size_t i = 0; i < tokens.count; ++i) {
    if (!ReadField(fields[first + i], tokens.token[i], options, expression, error)) return refuse(std::move(error));
  }
  const Token& day = tokens.token[kDay];
  const Token& weekday = tokens.token[kWeekday];
  if (quartz && (day.text == "?") == (weekday.text == "?")) return Fail(RefuseDays(day, weekday));
  if (expression.any_day || expression.any_weekday) expression.both_days = false;
  return expression;
}

}  // namespace rota
