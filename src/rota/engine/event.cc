#include "rota/engine/event.h"

#include "rota/base/check.h"

namespace rota {

std::string_view Name(EventKind kind) {
  switch (kind) {
    case EventKind::kServerStarted:
      return "server_started";
    case EventKind::kIdTaken:
      return "id_taken";
    case EventKind::kServerStopping:
      return "server_stopping";
    case EventKind::kServerStopped:
      return "server_stopped";
    case EventKind::kScheduleReloaded:
      return "schedule_reloaded";
    case EventKind::kScheduleDrift:
      return "schedule_drift";
    case EventKind::kScheduleDriftEnded:
      return "schedule_drift_ended";
    case EventKind::kTasksWithheld:
      return "tasks_withheld";
    case EventKind::kTasksResumed:
      return "tasks_resumed";
    case EventKind::kReloadFailed:
      return "reload_failed";
    case EventKind::kRunStarted:
      return "run_started";
    case EventKind::kAttemptFailed:
      return "attempt_failed";
    case EventKind::kRunFinished:
      return "run_finished";
    case EventKind::kOccurrenceClosed:
      return "occurrence_closed";
    case EventKind::kRunLost:
      return "run_lost";
    case EventKind::kLeaseLost:
      return "lease_lost";
    case EventKind::kClockJumped:
      return "clock_jumped";
    case EventKind::kZonesChanged:
      return "zones_changed";
    case EventKind::kCalendarEnds:
      return "calendar_ends";
    case EventKind::kStoreUnavailable:
      return "store_unavailable";
    case EventKind::kStoreAvailable:
      return "store_available";
    case EventKind::kStateLost:
      return "state_lost";
    case EventKind::kStateReasserted:
      return "state_reasserted";
    case EventKind::kStoreFinding:
      return "store_finding";
    case EventKind::kHookFailed:
      return "hook_failed";
    case EventKind::kEventsDropped:
      return "events_dropped";
  }
  ROTA_CHECK(false, "unknown event kind");
}

}  // namespace rota
