#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "rota/base/instant.h"
#include "rota/schedule/task.h"

namespace rota {

// How a due occurrence ended. Each due occurrence has exactly one, with a reason.
enum class Outcome {
  kRunning,  // Not ended yet.
  kSucceeded,
  kFailed,  // exit, signal or error
  kTimedOut,
  kCancelled,
  kLost,     // Its server died.
  kSkipped,  // overlap, condition, paused, maintenance, environment or parent
  kMissed,   // down, store or late
  kUnknown,  // The store lost what it had acknowledged.
};
std::string_view Name(Outcome outcome);  // "running", "succeeded", "timed_out", …
std::optional<Outcome> ParseOutcome(std::string_view name);

// Reasons that have a fixed word; failures carry a free text instead.
namespace reason {
inline constexpr std::string_view kOverlap = "overlap";
inline constexpr std::string_view kCondition = "condition";
inline constexpr std::string_view kPaused = "paused";
inline constexpr std::string_view kMaintenance = "maintenance";
inline constexpr std::string_view kEnvironment = "environment";
inline constexpr std::string_view kParent = "parent";  // Followed by its name and outcome: "parent extract failed".
inline constexpr std::string_view kDown = "down";      // No server ran.
inline constexpr std::string_view kStore = "store";    // The coordinator could not be asked.
inline constexpr std::string_view kLate = "late";      // No worker was free in time, or the clock jumped forwards.
}  // namespace reason

enum class OccurrenceKind {
  kScheduled,  // Decided by the watermark.
  kManual,     // Asked for by a person: takes the lease like any run, never touches the watermark.
  kBackfill,   // An instant of the past that a person asks for: as kManual, and waits while the task runs elsewhere.
  kStart,      // Its server started (`@reboot`): treats lease and watermark as kManual does.
};
std::string_view Name(OccurrenceKind kind);  // "scheduled", "manual", "backfill", "start"
// Whether a person asked for it: neither pauses nor conditions hold it back.
bool IsAskedFor(OccurrenceKind kind);

// The key under which the coordinator keeps watermark, leases and token: the id of a unique task; of a task that every
// server runs for itself the id, U+001F and the server's id.
using Scope = std::string;
Scope MakeScope(const Task& task, std::string_view server);
// The task of a scope.
TaskId TaskOfScope(const Scope& scope);
// Where the slots of a pool with a fleet limit are leased: " pool reports". No task's, for ids do not begin with a
// space.
Scope PoolScope(std::string_view pool);
bool IsPoolScope(const Scope& scope);
// REQUIRES: IsPoolScope(scope), which it is a part of.
std::string_view PoolOfScope(const Scope& scope);

// The recorded outcome of one due occurrence, or of a span of them that were missed together.
struct OccurrenceRecord {
  std::string run_id;  // A ULID (of a span that a claim uncovered: the claim's, and ".gap"); identifies the record.
  TaskId task;
  Scope scope;
  OccurrenceKind kind = OccurrenceKind::kScheduled;
  WallTime scheduled_at;    // The occurrence; of a span the first instant.
  WallTime scheduled_last;  // Of a span the last instant, else the same.
  std::uint64_t count = 1;  // Instants in the span; 0: not counted yet.
  std::string server;       // Who decided, and ran it where it ran.
  int attempt = 1;
  std::uint64_t token = 0;  // The fencing token; 0: no claim was made.
  std::optional<WallTime> started_at;
  std::optional<WallTime> finished_at;
  Outcome outcome = Outcome::kRunning;
  std::string reason;
  std::string output_tail;  // The end of what the run printed, valid UTF-8.
};

// About what it takes of memory, in bytes.
std::size_t SizeOf(const OccurrenceRecord& record);

// "succeeded", "skipped(overlap)", "failed(exit 3)".
std::string DescribeOutcome(Outcome outcome, std::string_view reason);

}  // namespace rota
