#include "rota/logging/log_line.h"

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>

#include "rota/base/check.h"
#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/time/format.h"

namespace rota {
namespace {

constexpr std::string_view kRed = "\x1b[31m";
constexpr std::string_view kYellow = "\x1b[33m";
constexpr std::string_view kDim = "\x1b[2m";
constexpr std::string_view kPlain = "\x1b[0m";

// Escapes, as JSON does, what JSON allows to stand as it is but a terminal would obey. REQUIRES: valid UTF-8.
std::string EscapeControls(std::string_view json) {
  if (std::ranges::none_of(json, [](char c) { return c == '\x7f' || c == '\xc2'; })) return Printable(json);
  std::string result;
  result.reserve(json.size());
  for (std::size_t i = 0; i < json.size(); ++i) {
    const auto byte = static_cast<unsigned char>(json[i]);
    const auto next = i + 1 < json.size() ? static_cast<unsigned char>(json[i + 1]) : 0u;
    if (byte == 0x7f) {
      result += "\\u007f";
    } else if (byte == 0xc2 && next < 0xa0) {  // U+0080 to U+009f, the C1 controls.
      result += Format("\\u00{:02x}", next);
      ++i;
    } else {
      result += json[i];
    }
  }
  // All that Printable() still finds to escape lies above U+00ff, where it writes \uXXXX as JSON does.
  return Printable(result);
}

struct ToJson {
  boost::json::value operator()(const std::string& text) const { return boost::json::string(ValidUtf8(text)); }
  boost::json::value operator()(double number) const {
    return std::isfinite(number) ? boost::json::value(number) : boost::json::value(nullptr);
  }
  boost::json::value operator()(std::int64_t number) const { return number; }
  boost::json::value operator()(bool flag) const { return flag; }
};

// A text that could be taken for more than one value stands in quotes.
std::string Quoted(const std::string& text) {
  std::string printable = Printable(text);
  if (!printable.empty() && printable.find_first_of(" =\"") == std::string::npos) return printable;
  std::string result = "\"";
  for (const char c : printable) {
    if (c == '"') result += '\\';
    result += c;
  }
  return result + "\"";
}

struct ToHuman {
  std::string operator()(const std::string& text) const { return Quoted(text); }
  std::string operator()(double number) const { return Format("{}", number); }
  std::string operator()(std::int64_t number) const { return Format("{}", number); }
  std::string operator()(bool flag) const { return flag ? "true" : "false"; }
};

std::string HumanTime(WallTime at, const TimeZone& zone) {
  const auto whole = std::chrono::floor<std::chrono::seconds>(at);
  std::string text = FormatInstant(whole, zone);
  const std::size_t end_of_seconds = text.find_last_of(' ');
  ROTA_CHECK(end_of_seconds != std::string::npos, "a civil time ends with its offset");
  return text.insert(end_of_seconds, Format(".{:03}", (at - whole).count()));
}

std::string_view HumanLevel(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "DEBUG";
    case LogLevel::kInfo:
      return "INFO ";
    case LogLevel::kWarning:
      return "WARN ";
    case LogLevel::kError:
      return "ERROR";
  }
  ROTA_CHECK(false, "unknown log level");
}

std::string_view Color(LogLevel level) {
  if (level == LogLevel::kError) return kRed;
  if (level == LogLevel::kWarning) return kYellow;
  return level == LogLevel::kDebug ? kDim : std::string_view();
}

}  // namespace

std::string_view Name(LogLevel level) {
  switch (level) {
    case LogLevel::kDebug:
      return "debug";
    case LogLevel::kInfo:
      return "info";
    case LogLevel::kWarning:
      return "warning";
    case LogLevel::kError:
      return "error";
  }
  ROTA_CHECK(false, "unknown log level");
}

std::string JsonLine(const LogRecord& record) {
  std::string time = FormatInstant(record.at);
  if (time.find('.') == std::string::npos) time.insert(time.size() - 1, ".000");
  const std::string_view level = Name(record.level);
  boost::json::object line;
  line.emplace("time", time);
  line.emplace("level", boost::json::string_view(level.data(), level.size()));
  line.emplace("message", ValidUtf8(record.message));
  for (const LogField& field : record.fields) {
    line.emplace(boost::json::string_view(field.key.data(), field.key.size()), std::visit(ToJson{}, field.value));
  }
  return EscapeControls(boost::json::serialize(line));
}

std::string HumanLine(const LogRecord& record, const TimeZone& zone, Colors colors) {
  const bool colored = colors == Colors::kOn;
  const auto paint = [colored](std::string_view color, std::string_view text) {
    return colored && !color.empty() ? Format("{}{}{}", color, text, kPlain) : std::string(text);
  };
  std::string fields;
  for (const LogField& field : record.fields) {
    if (field.machines_only) continue;
    fields += Format(" {}={}", Printable(field.key), std::visit(ToHuman{}, field.value));
  }
  std::string line = Format("{} {} {}", HumanTime(record.at, zone),
                            paint(Color(record.level), HumanLevel(record.level)), Printable(record.message));
  if (!fields.empty()) line += " " + paint(kDim, fields);
  return line;
}

}  // namespace rota
