#include "rota/logging/event_log.h"

#include <string>
#include <utility>

#include "rota/base/check.h"
#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/time/format.h"

namespace rota {
namespace {

// The longest text that a line takes from a run: one hostile reason must not push the log through its rotation.
constexpr std::size_t kMaxText = 4096;

// Moves a place in UTF-8 text back to the beginning of the character that it lies in.
std::size_t CharacterStart(const std::string& text, std::size_t at) {
  while (at > 0 && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) --at;
  return at;
}

std::string Shorten(const std::string& text) {
  if (text.size() <= kMaxText) return text;
  return Format("{}… ({} bytes)", text.substr(0, CharacterStart(text, kMaxText)), text.size());
}

// What was printed last says most.
std::string ShortenFront(const std::string& text) {
  return text.size() <= kMaxText ? text : "…" + text.substr(CharacterStart(text, text.size() - kMaxText));
}

LogLevel LevelOf(Outcome outcome) {
  switch (outcome) {
    case Outcome::kFailed:
    case Outcome::kTimedOut:
    case Outcome::kLost:
    case Outcome::kUnknown:
      return LogLevel::kError;
    case Outcome::kCancelled:
    case Outcome::kMissed:
      return LogLevel::kWarning;
    case Outcome::kRunning:
    case Outcome::kSucceeded:
    case Outcome::kSkipped:
      return LogLevel::kInfo;
  }
  ROTA_CHECK(false, "unknown outcome");
}

std::string Outcomes(const OccurrenceRecord& record) { return DescribeOutcome(record.outcome, Shorten(record.reason)); }

std::string DescribeClosed(const OccurrenceRecord& record) {
  if (record.outcome == Outcome::kUnknown) {
    return Format("{} may have run {} from {} to {}: {}", record.task, Count(record.count, "time"),
                  FormatInstant(record.scheduled_at), FormatInstant(record.scheduled_last), Outcomes(record));
  }
  if (record.scheduled_last == record.scheduled_at || record.count == 1) {
    return Format("{} did not run: {}", record.task, Outcomes(record));
  }
  return Format("{} did not run {}from {} to {}: {}", record.task,
                record.count == 0 ? std::string() : Format("{} times ", record.count),
                FormatInstant(record.scheduled_at), FormatInstant(record.scheduled_last), Outcomes(record));
}

std::int64_t ToSigned(std::uint64_t value) { return static_cast<std::int64_t>(value); }

constexpr bool kMachinesOnly = true;

// The facts of a record, in the order in which people look for them. What the message tells is for machines.
void AddRecord(const OccurrenceRecord& record, LogRecord& line) {
  auto& fields = line.fields;
  fields.push_back({"task", record.task, kMachinesOnly});
  fields.push_back({"run_id", record.run_id});
  fields.push_back({"occurrence", FormatInstant(record.scheduled_at)});
  if (record.kind != OccurrenceKind::kScheduled) fields.push_back({"kind", std::string(Name(record.kind))});
  if (record.scheduled_last > record.scheduled_at) {
    fields.push_back({"last_occurrence", FormatInstant(record.scheduled_last), kMachinesOnly});
    if (record.count > 0) fields.push_back({"count", ToSigned(record.count), kMachinesOnly});
  }
  fields.push_back({"attempt", std::int64_t{record.attempt}, record.attempt == 1});
  fields.push_back({"server", record.server, kMachinesOnly});
  if (record.token > 0) fields.push_back({"token", ToSigned(record.token), kMachinesOnly});
  if (record.outcome == Outcome::kRunning) return;
  if (record.started_at && record.finished_at) {
    fields.push_back({"duration_ms", std::int64_t{(*record.finished_at - *record.started_at).count()}});
  }
  fields.push_back({"outcome", std::string(Name(record.outcome)), kMachinesOnly});
  if (!record.reason.empty()) fields.push_back({"reason", Shorten(record.reason), kMachinesOnly});
  if (record.outcome != Outcome::kSucceeded && !record.output_tail.empty()) {
    fields.push_back({"output", ShortenFront(record.output_tail)});
  }
}

std::string DescribeJump(const Event& event) {
  return Format("the clock of server {} jumped {} by {}", event.server,
                event.change < Milliseconds(0) ? "backwards" : "forwards",
                FormatDuration(std::chrono::abs(event.change)));
}

struct Sentence {
  LogLevel level;
  std::string text;
};

Sentence Tell(const Event& event, const OccurrenceRecord& record) {
  switch (event.kind) {
    case EventKind::kServerStarted:
      return {LogLevel::kInfo, Format("server {} started", event.server)};
    case EventKind::kIdTaken:
      return {LogLevel::kWarning, "the id of this server was taken"};
    case EventKind::kServerStopping:
      return {LogLevel::kInfo, Format("server {} is stopping", event.server)};
    case EventKind::kServerStopped:
      return {LogLevel::kInfo, Format("server {} stopped", event.server)};
    case EventKind::kScheduleReloaded:
      return {LogLevel::kInfo, "the schedule was reloaded"};
    case EventKind::kScheduleDrift:
      return {LogLevel::kWarning, "servers follow different schedules"};
    case EventKind::kScheduleDriftEnded:
      return {LogLevel::kInfo, "a different schedule is followed no more"};
    case EventKind::kTasksWithheld:
      return {LogLevel::kInfo, "tasks are left to servers of a newer release"};
    case EventKind::kTasksResumed:
      return {LogLevel::kInfo, "tasks are left to others no more"};
    case EventKind::kReloadFailed:
      return {LogLevel::kError, "the schedule stays as it was"};
    case EventKind::kRunStarted:
      return {LogLevel::kInfo, Format("{} started", record.task)};
    case EventKind::kAttemptFailed:
      return {LogLevel::kWarning, Format("{}: attempt {} {}", record.task, record.attempt, Outcomes(record))};
    case EventKind::kRunFinished:
      return {LevelOf(record.outcome), Format("{} finished: {}", record.task, Outcomes(record))};
    case EventKind::kOccurrenceClosed:
      return {LevelOf(record.outcome), DescribeClosed(record)};
    case EventKind::kRunLost:
      return {LogLevel::kError, Format("{} was lost: its server {} died", record.task, record.server)};
    case EventKind::kLeaseLost:
      return {LogLevel::kWarning, Format("{} lost its lease: another server may run it from now on", record.task)};
    case EventKind::kClockJumped:
      return {LogLevel::kWarning, DescribeJump(event)};
    case EventKind::kZonesChanged:
      return {LogLevel::kInfo, "time zones have new rules"};
    case EventKind::kCalendarEnds:
      return {LogLevel::kWarning, "a calendar needs its next days"};
    case EventKind::kStoreUnavailable:
      return {LogLevel::kWarning, "the store takes no claims"};
    case EventKind::kStoreAvailable:
      return {LogLevel::kInfo, "the store is available again"};
    case EventKind::kStateLost:
      return {LogLevel::kError, "the store may have lost what it acknowledged"};
    case EventKind::kStateReasserted:
      return {LogLevel::kWarning, "the store was told again what this server remembers"};
    case EventKind::kStoreFinding:
      return {LogLevel::kWarning, "store finding"};
    case EventKind::kHookFailed:
      return {LogLevel::kWarning, Format("{}: a hook failed", record.task)};
    case EventKind::kEventsDropped:
      return {LogLevel::kWarning, "events are missing here"};
  }
  ROTA_CHECK(false, "unknown event kind");
}

}  // namespace

LogRecord ToLogRecord(const Event& event) {
  auto [level, message] = Tell(event, event.record.value_or(OccurrenceRecord()));
  if (!event.detail.empty()) message += ": " + Shorten(event.detail);
  LogRecord line{event.at, level, std::move(message), {{"event", std::string(Name(event.kind)), kMachinesOnly}}};
  if (event.record) AddRecord(*event.record, line);
  if (!event.record) {
    line.fields.push_back({"server", event.server, kMachinesOnly});
  } else if (event.record->server != event.server) {
    line.fields.push_back({"recorded_by", event.server});
  }
  if (event.kind == EventKind::kClockJumped) {
    line.fields.push_back({"change_ms", std::int64_t{event.change.count()}, kMachinesOnly});
  }
  return line;
}

}  // namespace rota
