#pragma once

#include <string>
#include <string_view>

#include "rota/base/log.h"
#include "rota/time/time_zone.h"

namespace rota {

std::string_view Name(LogLevel level);  // "debug", "info", "warning", "error"

enum class Colors { kOff, kOn };

// Both shapes of a log line, without the line break. Whatever bytes the record holds, each is one line of valid UTF-8
// that drives no terminal: line breaks, control characters and the Unicode line and direction controls are escaped.

// One JSON object: time (RFC 3339, UTC, always with milliseconds), level, message, then the fields. A JSON reader gets
// back exactly the text that was logged; bytes that are not UTF-8 become U+FFFD, numbers that JSON lacks become null.
// A field cannot replace time, level or message.
std::string JsonLine(const LogRecord& record);

// For people: `2026-03-07 02:00:00.250 +08:00 ERROR message  key=value key="two words"`, in the civil time of `zone`.
// Fields for machines only are left out.
std::string HumanLine(const LogRecord& record, const TimeZone& zone, Colors colors);

}  // namespace rota
