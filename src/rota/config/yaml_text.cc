#include "rota/config/yaml_text.h"

#include <algorithm>
#include <array>

#include "rota/base/text.h"

namespace rota::yaml {
namespace {

bool IsAlphanumeric(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }

// Words that YAML 1.1 reads as something else than text.
bool IsReserved(std::string_view text) {
  constexpr std::array<std::string_view, 10> kWords = {"null", "true", "false", "yes", "no",
                                                       "on",   "off",  "y",     "n",   "~"};
  return std::ranges::find(kWords, Lowercase(text)) != kWords.end();
}

// Whether it means itself without quotes. Stricter than YAML, which has more rules than people remember.
bool IsPlain(std::string_view text) {
  if (text.empty() || IsReserved(text)) return false;
  const char first = text.front();
  const bool option = first == '-' && text.size() > 1 && (IsAlphanumeric(text[1]) || text[1] == '-');
  if (!IsAlphanumeric(first) && first != '/' && first != '.' && first != '_' && first != '$' && !option) return false;
  if (text.back() == ' ' || text.back() == ':') return false;
  if (text.find(": ") != std::string_view::npos || text.find(" #") != std::string_view::npos) return false;
  const auto is_number = [](char c) {
    return (c >= '0' && c <= '9') || std::string_view(".+-:_eExX").find(c) != std::string_view::npos;
  };
  if (std::ranges::all_of(text, is_number)) return false;
  return std::ranges::all_of(text, [](char c) {
    return c >= ' ' && c <= '~' && std::string_view(",?[]{}").find(c) == std::string_view::npos;
  });
}

}  // namespace

std::string Quoted(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\\') escaped += '\\';
    escaped += c;
  }
  return "\"" + Printable(escaped) + "\"";
}

std::string Scalar(std::string_view text) {
  if (IsPlain(text)) return std::string(text);
  const bool reads_worse = text.find_first_of("\"\\") != std::string_view::npos;
  if (!reads_worse || Printable(text) != text) return Quoted(text);
  std::string single = "'";
  for (const char c : text) {
    if (c == '\'') single += '\'';
    single += c;
  }
  return single + "'";
}

}  // namespace rota::yaml
