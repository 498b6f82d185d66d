#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "rota/base/instant.h"
#include "rota/engine/occurrence.h"

namespace rota {

enum class EventKind {
  kServerStarted,
  kIdTaken,         // Another live server has the id that this one was to have: `detail` names both.
  kServerStopping,  // Stops claiming; running work gets its grace.
  kServerStopped,
  kScheduleReloaded,  // Another schedule is followed from now on: `detail` tells how it differs.
  kScheduleDrift,     // Another live server follows another schedule: `detail` names both.
  kScheduleDriftEnded,
  kTasksWithheld,  // Servers of a newer release decide some tasks from now on: `detail` tells how many.
  kTasksResumed,   // They do so no more.
  kReloadFailed,   // The schedule stays as it was: `detail` tells why.
  kRunStarted,
  kAttemptFailed,     // Another attempt of the run follows: `detail` tells when.
  kRunFinished,       // Any outcome of a run.
  kOccurrenceClosed,  // Skipped or missed: an outcome without a run.
  kRunLost,           // Recorded by this server's reaper for a dead server.
  kLeaseLost,         // A run of this server lost its lease and was told to stop.
  kClockJumped,       // `change` is signed.
  kZonesChanged,      // The time zone database has new rules: `detail` names the zones.
  kCalendarEnds,      // A calendar's days are known for 30 more days at most: `detail` tells. Daily.
  kStoreUnavailable,
  kStoreAvailable,
  kStateLost,        // The store may have lost what it acknowledged: `detail` tells how that shows.
  kStateReasserted,  // This server told it what it remembers; claims pause until all had the time to.
  kStoreFinding,     // What an examination of the store found or finds no more: `detail` tells.
  kHookFailed,       // A hook of a task threw, failed or took too long: `detail` tells which and why.
  kEventsDropped,    // Nobody took the events from `at` on, and there were too many to keep: `detail` tells how many.
};
std::string_view Name(EventKind kind);  // "run_started", …

// Something that happened. All that logs, pages and metrics show of a running server comes from here.
struct Event {
  EventKind kind = EventKind::kServerStarted;
  WallTime at;
  std::string server;
  std::optional<OccurrenceRecord> record;  // For run and occurrence events.
  Milliseconds change{};                   // kClockJumped.
  std::string detail;                      // A sentence for people: an error's text, a count.
};

// Gets every event, in order. Thread-safe; must not block for long.
class EventSink {
 public:
  virtual ~EventSink() = default;
  virtual void Publish(const Event& event) = 0;
};

}  // namespace rota
