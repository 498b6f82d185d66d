#include "rota/base/text.h"

#include <algorithm>
#include <array>

#include "rota/base/format.h"

namespace rota {
namespace {

struct Decoded {
  char32_t code = 0;
  std::size_t length = 0;  // 0: not well-formed at this place.
};

// Decodes one UTF-8 sequence; refuses overlong forms, surrogates and what lies past U+10FFFF (RFC 3629).
Decoded DecodeUtf8(std::string_view text) {
  const auto byte = [&text](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  if (lead < 0x80) return {lead, 1};
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return {};
  char32_t code = lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {};
    code = (code << 6) | (byte(i) & 0x3fu);
  }
  const bool overlong = (length == 3 && code < 0x800) || (length == 4 && code < 0x10000);
  if (overlong || (code >= 0xd800 && code <= 0xdfff) || code > 0x10ffff) return {};
  return {code, length};
}

bool IsUnsafe(char32_t code) {
  return code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x2028 || code == 0x2029 ||
         (code >= 0x200b && code <= 0x200f) || (code >= 0x202a && code <= 0x202e) ||
         (code >= 0x2066 && code <= 0x2069) || code == 0xfeff;
}

std::string Escape(char32_t code) {
  switch (code) {
    case '\n':
      return "\\n";
    case '\r':
      return "\\r";
    case '\t':
      return "\\t";
    default:
      return code < 0x100 ? Format("\\x{:02x}", static_cast<std::uint32_t>(code))
                          : Format("\\u{:04x}", static_cast<std::uint32_t>(code));
  }
}

int Width(char32_t code) {
  const bool combining =
      (code >= 0x300 && code <= 0x36f) || (code >= 0x200b && code <= 0x200f) || (code >= 0xfe00 && code <= 0xfe0f);
  if (combining) return 0;
  const bool wide = (code >= 0x1100 && code <= 0x115f) || (code >= 0x2e80 && code <= 0xa4cf) ||
                    (code >= 0xac00 && code <= 0xd7a3) || (code >= 0xf900 && code <= 0xfaff) ||
                    (code >= 0xfe30 && code <= 0xfe6f) || (code >= 0xff00 && code <= 0xff60) ||
                    (code >= 0xffe0 && code <= 0xffe6) || (code >= 0x1f300 && code <= 0x1faff) ||
                    (code >= 0x20000 && code <= 0x3fffd);
  return wide ? 2 : 1;
}

// What most text is.
bool IsPlainAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return c >= 0x20 && c <= 0x7e; });
}

}  // namespace

std::string PrintableLine(std::string_view line) {
  std::string result;
  for (;;) {
    const std::size_t tab = line.find('\t');
    result += Printable(line.substr(0, tab));
    if (tab == std::string_view::npos) return result;
    result += '\t';
    line.remove_prefix(tab + 1);
  }
}

std::string Printable(std::string_view text) {
  if (IsPlainAscii(text)) return std::string(text);
  std::string result;
  result.reserve(text.size());
  while (!text.empty()) {
    const Decoded next = DecodeUtf8(text);
    if (next.length == 0) {
      result += Format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(text[0])));
      text.remove_prefix(1);
      continue;
    }
    if (IsUnsafe(next.code)) {
      result += Escape(next.code);
    } else {
      result.append(text.substr(0, next.length));
    }
    text.remove_prefix(next.length);
  }
  return result;
}

std::string ValidUtf8(std::string_view bytes) {
  if (IsPlainAscii(bytes)) return std::string(bytes);
  std::string result;
  result.reserve(bytes.size());
  while (!bytes.empty()) {
    const Decoded next = DecodeUtf8(bytes);
    result.append(next.length == 0 ? std::string_view("\xef\xbf\xbd") : bytes.substr(0, next.length));
    bytes.remove_prefix(next.length == 0 ? 1 : next.length);
  }
  return result;
}

int DisplayWidth(std::string_view text) {
  int width = 0;
  while (!text.empty()) {
    const Decoded next = DecodeUtf8(text);
    width += next.length == 0 ? 1 : Width(next.code);
    text.remove_prefix(next.length == 0 ? 1 : next.length);
  }
  return width;
}

std::string_view Trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const std::size_t first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::string Lowercase(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return result;
}

std::vector<std::string_view> Split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string FormatSize(std::int64_t bytes) {
  constexpr std::array<std::string_view, 4> kUnits = {"", "KB", "MB", "GB"};
  std::size_t unit = 0;
  while (unit + 1 < kUnits.size() && bytes != 0 && bytes % 1024 == 0) {
    bytes /= 1024;
    ++unit;
  }
  return Format("{}{}", bytes, kUnits[unit]);
}

std::string Count(std::uint64_t count, std::string_view noun) {
  return Format("{} {}{}", count, noun, count == 1 ? "" : "s");
}

std::string Join(const std::vector<std::string>& parts, std::string_view separator) {
  std::string result;
  for (const std::string& part : parts) {
    if (&part != &parts.front()) result += separator;
    result += part;
  }
  return result;
}

}  // namespace rota
