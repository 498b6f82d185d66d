#pragma once

#include <optional>
#include <span>
#include <string>

#include "rota/base/instant.h"
#include "rota/coordination/store.h"
#include "rota/engine/occurrence.h"
#include "rota/time/time_zone.h"

namespace rota {

// A length of time for people: exact below ten seconds ("250ms"), whole seconds above ("2m3s").
std::string Roughly(Milliseconds duration);

// How long a run took; nothing when it did not start or has not ended.
std::optional<Milliseconds> Took(const OccurrenceRecord& record);

// "paused by ann (disk swap) until 2026-03-07 06:00:00 +08:00", "tag nightly paused by ann", "maintenance mode by ann".
std::string Describe(const Pause& pause, const TimeZone& zone);
// What follows the first words: " by ann (disk swap) until 2026-03-07 06:00:00 +08:00".
std::string DescribeSwitch(const Pause& pause, const TimeZone& zone);
// "Maintenance mode was switched on by ann (upgrade)."; nothing while it is off. `pauses` are in force; times in UTC.
std::optional<std::string> TellMaintenance(std::span<const Pause> pauses);

// What happened to the occurrence, as a sentence about "it": "It ran on web1 and failed: exit 3. It started …".
std::string Tell(const OccurrenceRecord& record, const TimeZone& zone, WallTime now);
// The last lines of what the run printed, indented and Printable(); empty when it printed nothing.
std::string QuoteOutput(const OccurrenceRecord& record);

}  // namespace rota
