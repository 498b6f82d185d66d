#include "rota/config/value_reader.h"

#include <algorithm>
#include <charconv>
#include <limits>

#include "rota/base/check.h"
#include "rota/base/suggest.h"
#include "rota/base/text.h"
#include "rota/time/format.h"
#include "rota/time/time_zone.h"

namespace rota {
namespace {

constexpr std::size_t kMaxShown = 80;
constexpr std::size_t kMaxMistakes = 50;

bool IsVariableName(std::string_view name) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_'; };
  const auto fits = [&](char c) { return is_letter(c) || (c >= '0' && c <= '9'); };
  return !name.empty() && is_letter(name.front()) && std::ranges::all_of(name, fits);
}

// The value of what stands between `${` and `}`.
Result<std::string> ExpandOne(std::string_view inside, const Environment& environment) {
  const std::size_t colon = inside.find(":-");
  const std::string_view name = inside.substr(0, colon);
  if (!IsVariableName(name)) {
    return Fail(InvalidArgument("\"${{{}}}\": expected ${{NAME}} or ${{NAME:-default}}; $${{ writes a literal ${{",
                                Printable(inside.substr(0, kMaxShown))));
  }
  std::optional<std::string> value = environment(name);
  if (colon != std::string_view::npos && value.value_or("").empty()) return std::string(inside.substr(colon + 2));
  if (!value) {
    return Fail(InvalidArgument(
        "environment variable {} is not set; ${{{}:-default}} gives it a default, $${{{}}} leaves ${{{}}} to the shell",
        name, name, name, name));
  }
  return *std::move(value);
}

template <typename T>
std::optional<T> ParseNumber(std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

struct Unit {
  std::string_view name;
  std::int64_t bytes;
};
constexpr Unit kUnits[] = {{"KB", std::int64_t{1} << 10}, {"MB", std::int64_t{1} << 20}, {"GB", std::int64_t{1} << 30}};

std::optional<std::int64_t> ParseSize(std::string_view text) {
  std::int64_t factor = 1;
  for (const Unit& unit : kUnits) {
    if (text.ends_with(unit.name)) {
      factor = unit.bytes;
      text = Trim(text.substr(0, text.size() - unit.name.size()));
      break;
    }
  }
  const std::optional<std::int64_t> count = ParseNumber<std::int64_t>(text);
  if (!count || *count < 0 || *count > std::numeric_limits<std::int64_t>::max() / factor) return std::nullopt;
  return *count * factor;
}

}  // namespace

Result<std::string> ExpandVariables(std::string_view text, const Environment& environment) {
  std::string result;
  for (;;) {
    const std::size_t dollar = text.find("${");
    if (dollar == std::string_view::npos) return result.append(text);
    if (dollar > 0 && text[dollar - 1] == '$') {
      result.append(text.substr(0, dollar - 1)).append("${");
      text.remove_prefix(dollar + 2);
      continue;
    }
    result.append(text.substr(0, dollar));
    text.remove_prefix(dollar + 2);
    const std::size_t end = text.find('}');
    if (end == std::string_view::npos) {
      return Fail(InvalidArgument("\"${{{}\": its }} is missing; $${{ writes a literal ${{",
                                  Printable(text.substr(0, kMaxShown))));
    }
    Result<std::string> value = ExpandOne(text.substr(0, end), environment);
    if (!value) return value;
    result += *value;
    text.remove_prefix(end + 1);
  }
}

Status Expected(std::string_view value, std::string_view what) {
  const bool is_long = value.size() > kMaxShown;
  return InvalidArgument("\"{}{}\": expected {}", Printable(value.substr(0, kMaxShown)), is_long ? "…" : "", what);
}

ValueType<std::string> Text() {
  return {"text", [](const std::string& text) -> Result<std::string> {
            if (text.find('\0') != std::string::npos) return Fail(Expected(text, "text without NUL characters"));
            return text;
          }};
}

ValueType<std::string> Line() {
  return {"a line of text", [](const std::string& text) -> Result<std::string> {
            if (Trim(text).empty() || Printable(text) != text) {
              return Fail(Expected(text, "a line of text that is not empty and has no control characters"));
            }
            return text;
          }};
}

ValueType<std::string> ZoneName() {
  return {"a time zone such as UTC or Europe/Berlin", [](const std::string& text) -> Result<std::string> {
            const Result<TimeZone> zone = TimeZone::Load(text);
            if (!zone) return Fail(zone.error());
            return text;
          }};
}

ValueType<std::string> TimeOfDay() {
  constexpr std::string_view kWords = "a time of day from 00:00 to 23:59, as HH:MM or HH:MM:SS";
  return {std::string(kWords), [kWords](const std::string& text) -> Result<std::string> {
            if (!ParseTimeOfDay(text)) return Fail(Expected(text, kWords));
            return text;
          }};
}

ValueType<bool> Boolean() { return OneOf<bool>({{"true", true}, {"false", false}}); }

ValueType<int> Integer(int least, int most) {
  const std::string words = Format("an integer from {} to {}", least, most);
  return {words, [=](const std::string& text) -> Result<int> {
            const std::optional<int> value = ParseNumber<int>(text);
            if (!value || *value < least || *value > most) return Fail(Expected(text, words));
            return *value;
          }};
}

ValueType<Milliseconds> Duration(Milliseconds least, Milliseconds most) {
  const std::string words = Format("a duration from {} to {}", FormatDuration(least), FormatDuration(most));
  return {words, [=](const std::string& text) -> Result<Milliseconds> {
            const Result<Milliseconds> value = ParseDuration(text);
            if (!value || *value < least || *value > most)
              return Fail(Expected(text, words + ", such as 90s or 1h30m"));
            return *value;
          }};
}

ValueType<std::int64_t> Size(std::int64_t least, std::int64_t most) {
  const std::string words = Format("a size from {} to {}", FormatSize(least), FormatSize(most));
  return {words, [=](const std::string& text) -> Result<std::int64_t> {
            const std::optional<std::int64_t> value = ParseSize(text);
            if (!value || *value < least || *value > most) {
              return Fail(Expected(text, words + ", in bytes or with KB, MB, GB"));
            }
            return *value;
          }};
}

void ValueReader::Refuse(yaml::Position position, std::string_view message) {
  mistakes_.emplace_back(position, yaml::At(file_name_, position, message));
}

bool ValueReader::IsList(const Place& place, std::string_view example) {
  if (place.node.kind == yaml::Node::Kind::kSequence) return true;
  Refuse(place.node.position,
         Format("{}: expected a list such as {}, found {}", place.name, example, Describe(place.node.kind)));
  return false;
}

std::optional<std::string> ValueReader::Scalar(const Place& place, std::string_view expected) {
  if (place.node.kind != yaml::Node::Kind::kScalar) {
    Refuse(place.node.position, Format("{}: expected {}, found {}", place.name, expected, Describe(place.node.kind)));
    return std::nullopt;
  }
  Result<std::string> text = ExpandVariables(place.node.text, environment_);
  if (text) return *std::move(text);
  Refuse(place.node.position, Format("{}: {}", place.name, text.error()));
  return std::nullopt;
}

Status ValueReader::status() const {
  if (mistakes_.empty()) return Status::Ok();
  auto sorted = mistakes_;
  std::ranges::sort(sorted);
  std::vector<std::string> lines;
  for (const auto& [position, line] : sorted) {
    if (lines.size() == kMaxMistakes) {
      lines.push_back(Format("… and {}", Count(sorted.size() - kMaxMistakes, "more mistake")));
      break;
    }
    lines.push_back(line);
  }
  return Status(StatusCode::kInvalidArgument, Join(lines, "\n"));
}

std::string_view Describe(yaml::Node::Kind kind) {
  switch (kind) {
    case yaml::Node::Kind::kNull:
      return "nothing";
    case yaml::Node::Kind::kScalar:
      return "a single value";
    case yaml::Node::Kind::kSequence:
      return "a list";
    case yaml::Node::Kind::kMapping:
      return "a map";
  }
  ROTA_CHECK(false, "unknown kind of node");
}

}  // namespace rota
