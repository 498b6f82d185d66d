#pragma once

#include <boost/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/instant.h"
#include "rota/engine/occurrence.h"
#include "rota/time/time_zone.h"

// How report/ writes JSON; for its own .cc files alone.
namespace rota::json {

// Valid UTF-8, whatever the bytes are.
boost::json::string Text(std::string_view text);
boost::json::array Texts(const std::vector<std::string>& texts);
// RFC 3339 in UTC, or null.
boost::json::value Utc(std::optional<WallTime> instant);
// As people of the zone read it, or null.
boost::json::value Local(std::optional<WallTime> instant, const TimeZone& zone);
// {"utc": …, "local": …} for each instant.
boost::json::array Instants(const std::vector<WallTime>& instants, const TimeZone& zone);
// Whole milliseconds, or null.
boost::json::value Millis(std::optional<Milliseconds> duration);
boost::json::object Record(const OccurrenceRecord& record, const TimeZone& zone);
// One line, with its line break.
std::string Line(const boost::json::value& value);

}  // namespace rota::json
