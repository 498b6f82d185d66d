#pragma once

#include <compare>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "rota/base/instant.h"
#include "rota/base/status.h"
#include "rota/schedule/hook.h"
#include "rota/schedule/http_call.h"
#include "rota/schedule/process_options.h"
#include "rota/schedule/trigger.h"

namespace rota {

class Context;  // rota/run/context.h: what a run is told.

// The name of a task; unique within a schedule.
using TaskId = std::string;

// Where an occurrence runs.
enum class Placement {
  kEveryServer,  // Each server runs it and keeps its own outcome.
  kOneServer,    // Unique(): the fleet runs it once.
};

// What happens when an occurrence is due while the task still runs.
enum class OverlapPolicy {
  kSkip,            // The occurrence is recorded as skipped(overlap).
  kQueueOne,        // It waits for the other to end; one that waits already is recorded as skipped(overlap).
  kQueueAll,        // It waits its turn, behind those that wait already.
  kCancelPrevious,  // The other is told to stop; else as kQueueOne.
  kAllow,           // It runs beside the other.
};
std::string_view Name(OverlapPolicy policy);  // "skip", "queue_one", "queue_all", "cancel_previous", "allow"
// Whether an occurrence that is due while the task still runs waits for its end.
constexpr bool Queues(OverlapPolicy policy) {
  return policy != OverlapPolicy::kSkip && policy != OverlapPolicy::kAllow;
}

// What becomes of an occurrence that could not begin when it was due: no server ran, the store did not answer, no
// worker was free, or the clock jumped.
enum class Misfire {
  kSkip,     // It is recorded as missed.
  kRunOnce,  // Of those that were missed together the latest runs, within its grace.
  kRunAll,   // Each of them runs, within its grace, one after the other, the oldest first.
};
std::string_view Name(Misfire misfire);  // "skip", "run_once", "run_all"

struct MisfirePolicy {
  Misfire what = Misfire::kRunOnce;
  // How late an occurrence may begin. Nothing: of kSkip min(period, 10 s), of kRunOnce min(period, 1 h), of kRunAll 24
  // h.
  std::optional<Milliseconds> grace = std::nullopt;
  int max_runs = 100;    // Of kRunAll: how many run, the latest ones. The others are recorded as missed.
  Milliseconds pace{0};  // Of kRunAll: the least time from one's start to the next one's.

  friend auto operator<=>(const MisfirePolicy&, const MisfirePolicy&) = default;
};

// What becomes of a run whose server died.
enum class OnLost {
  kRecord,  // It is recorded as lost.
  kRetry,   // And another server tries it again, unless one runs the task already.
};
std::string_view Name(OnLost on_lost);  // "record", "retry"

// What a unique task does while the store does not answer.
enum class StoreOutage {
  kClosed,  // It waits, within the grace.
  kOpen,    // Every server runs it for itself.
};
std::string_view Name(StoreOutage outage);  // "closed", "open"

// What a parent's occurrence must have come to for its child to run.
enum class ParentEnd {
  kSuccess,
  kFail,  // It failed, timed out, was cancelled or was lost.
  kEnd,   // It ended, whatever its outcome; a skipped or missed one has too.
};
std::string_view Name(ParentEnd end);  // "success", "fail", "end"

// A task that another one, its child, follows within an occurrence.
struct Parent {
  std::string task;
  ParentEnd on = ParentEnd::kSuccess;

  friend bool operator==(const Parent&, const Parent&) = default;
};
// "extract", "extract (fail)".
std::string Describe(const Parent& parent);
// "after extract and load (end)".
std::string Describe(const std::vector<Parent>& parents);

enum class Backoff {
  kFixed,        // The same delay before each further attempt.
  kExponential,  // Twice the one before.
};
std::string_view Name(Backoff backoff);  // "fixed", "exponential"

enum class Jitter {
  kNone,
  kFull,  // Each delay is drawn evenly from nothing to what it would be.
};
std::string_view Name(Jitter jitter);  // "none", "full"

// Which failed attempts are followed by another one, and after how long. An occurrence keeps its claim and its lease
// meanwhile, and has one outcome in the end: that of its last attempt.
struct RetryPolicy {
  int attempts = 3;  // In all.
  Milliseconds delay = std::chrono::seconds(10);
  Backoff backoff = Backoff::kFixed;
  Milliseconds max_delay = std::chrono::hours(1);
  Jitter jitter = Jitter::kNone;
  // Only after these exit codes of a child process. Empty: after every failure, and after every timeout.
  std::vector<int> exit_codes = {};

  friend bool operator==(const RetryPolicy&, const RetryPolicy&) = default;
};

// How long to wait after the `failed`th attempt, 1 at the least. `draw`: evenly from [0, 1). Exponential backoff with
// full jitter as in "Exponential Backoff And Jitter", M. Brooker, AWS Architecture Blog, 2015.
Milliseconds DelayAfter(int failed, const RetryPolicy& policy, double draw);

// "3 attempts 10s apart", "5 attempts 1s to 5m apart with full jitter after exit 75".
std::string Describe(const RetryPolicy& retry);
// "run_all within 1d, 10 runs at most, 1m apart".
std::string Describe(const MisfirePolicy& misfire);

// A registered command by name, with its arguments as on a command line.
struct CommandCall {
  std::string name;
  std::vector<std::string> arguments;
};
// A program and its arguments, run without a shell.
struct ExecCall {
  std::vector<std::string> argv;
  std::shared_ptr<const ProcessOptions> process = nullptr;  // Null: all as the server has it.
};
// A line for /bin/sh -c.
struct ShellCall {
  std::string line;
  std::shared_ptr<const ProcessOptions> process = nullptr;  // As above.
};
// A function of the program, run as a command is.
struct FunctionCall {
  std::string id;
  std::function<Status(Context&)> function;
};
using Work = std::variant<CommandCall, ExecCall, ShellCall, FunctionCall, HttpCall>;

// The options of a child process; null where there are none.
const ProcessOptions* ProcessOf(const Work& work);

// As a person would type it: "backup:run --full", "/usr/bin/rsync -a /srv", "df -h | mail ops", "POST
// https://a.example/". Without the secrets of a URL.
std::string Describe(const Work& work);

// A file that gets all that a run prints, as it is and as it comes, besides what is kept of it in the history.
struct OutputFile {
  enum class Mode {
    kReplace,  // What an earlier run wrote, at the first attempt.
    kAppend,
  };
  std::string path = {};  // Relative to the server's directory.
  Mode mode = Mode::kReplace;

  friend bool operator==(const OutputFile&, const OutputFile&) = default;
};

// Everything about a task but its name, its trigger and its work. Tasks with equal policies share one. Immutable.
struct TaskPolicies {
  Placement placement = Placement::kEveryServer;
  OverlapPolicy overlap = OverlapPolicy::kAllow;
  Milliseconds lock_timeout = std::chrono::minutes(30);
  std::optional<Milliseconds> timeout;     // Of an attempt: then it is told to stop. Nothing: as long as it takes.
  std::optional<Milliseconds> kill_after;  // From there to the kill of its children. Nothing: as the server has it.
  std::optional<RetryPolicy> retry;        // Nothing: an occurrence has one attempt.
  bool even_in_maintenance_mode = false;   // Maintenance mode does not hold it back.
  bool isolated = false;                   // A command runs in a child process of this program.
  std::optional<OutputFile> output;        // Nothing: only the history has what it prints.
  std::vector<std::string> environments;   // Runs only where the application's environment is one of these; empty: all.
  std::vector<std::string> tags;
  // Asked on a worker before the run; a run needs every `when` true and every `skip` false.
  std::vector<std::function<bool()>> when;
  std::vector<std::function<bool()>> skip;
  MisfirePolicy misfire;
  OnLost on_lost = OnLost::kRecord;
  StoreOutage store_outage = StoreOutage::kClosed;
  std::string pool;         // The workers that run it. Empty: those that no pool has.
  int priority = 0;         // Where workers of the pool are short, the larger one goes first.
  std::vector<Hook> hooks;  // Those of one point in this order.
  // It runs when these have ended so, within the same occurrence; its trigger is theirs. Empty: when its trigger fires.
  std::vector<Parent> after;
};

// How many attempts an occurrence of the task has, those included whose servers died.
int AttemptsIfLost(const TaskPolicies& policies);

// A task: a named, immutable definition of what runs, when and how.
struct Task {
  TaskId id;
  std::string description;
  Work work;
  std::shared_ptr<const Trigger> trigger;
  std::shared_ptr<const TaskPolicies> policies;

  bool unique() const { return policies->placement == Placement::kOneServer; }
};

}  // namespace rota
