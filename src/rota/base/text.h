#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace rota {

// Returns the text fit for one line of a terminal or a log: control characters, line breaks, the Unicode line and
// direction controls, and bytes that are not UTF-8 appear as \n, \x1b, \u202e. Printable text comes back as it is.
std::string Printable(std::string_view text);

// As Printable(), but tabs stay: for a line of output.
std::string PrintableLine(std::string_view line);

// Returns valid UTF-8: each byte that is not part of a well-formed sequence becomes U+FFFD (Unicode 15, 3.9, D92).
std::string ValidUtf8(std::string_view bytes);

// The columns a terminal needs for UTF-8 text: 2 for East Asian wide characters, 0 for combining marks.
int DisplayWidth(std::string_view text);

std::string_view Trim(std::string_view text);
std::string Lowercase(std::string_view text);  // ASCII only.
std::vector<std::string_view> Split(std::string_view text, char separator);
// "500", "64KB", "10MB", "1GB": in powers of 1024, as far as the number is whole.
std::string FormatSize(std::int64_t bytes);
// "1 task", "2 tasks", "0 tasks".
std::string Count(std::uint64_t count, std::string_view noun);
std::string Join(const std::vector<std::string>& parts, std::string_view separator);

}  // namespace rota
