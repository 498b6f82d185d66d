#include "rota/report/wording.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>
#include <vector>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/time/format.h"

namespace rota {
namespace {

constexpr std::size_t kQuotedLines = 10;

constexpr std::array<std::pair<std::string_view, std::string_view>, 8> kReasons = {{
    {reason::kOverlap, "an earlier run still held the lease"},
    {reason::kCondition, "a condition of the task (When or Skip) said no"},
    {reason::kPaused, "it was paused"},
    {reason::kMaintenance, "maintenance mode was on"},
    {reason::kEnvironment, "the server runs in another environment than the task asks for"},
    {reason::kDown, "no server was running"},
    {reason::kStore, "the store could not be asked"},
    {reason::kLate, "no worker was free in time, or the clock jumped forwards"},
}};

// A fixed word in full, what follows it as it is: "paused: ann" is "it was paused: ann".
std::string Spell(std::string_view why) {
  for (const auto& [word, meaning] : kReasons) {
    if (why == word) return std::string(meaning);
    if (why.starts_with(word) && why[word.size()] == ':') return Format("{}{}", meaning, why.substr(word.size()));
  }
  return why.empty() ? "no reason is recorded" : std::string(why);
}

// "on web1 and failed: exit 3"
std::string TellRun(const OccurrenceRecord& record, std::string_view ending) {
  std::string text = Format("it ran on {} and {}", record.server, ending);
  if (!record.reason.empty()) text += ": " + record.reason;
  return text + ".";
}

std::string TellTimes(const OccurrenceRecord& record, const TimeZone& zone, WallTime now) {
  std::string text;
  if (record.started_at) {
    text = " It started " + FormatInstant(*record.started_at, zone);
    if (const auto took = Took(record)) text += " and took " + Roughly(*took);
    if (record.outcome == Outcome::kRunning) text += ", " + Roughly(now - *record.started_at) + " ago";
    if (record.attempt > 1) text += Format(", attempt {}", record.attempt);
    text += ".";
  }
  return text + Format(" Run {}.", record.run_id);
}

// " with all 3 instants from … to …", or nothing for a single one.
std::string TellSpan(const OccurrenceRecord& record, const TimeZone& zone) {
  if (record.scheduled_last == record.scheduled_at) return {};
  const std::string count = record.count > 0 ? Format("{} ", record.count) : std::string();
  return Format(" with all {}instants from {} to {}", count, FormatInstant(record.scheduled_at, zone),
                FormatInstant(record.scheduled_last, zone));
}

std::string TellOutcome(const OccurrenceRecord& record, const TimeZone& zone, WallTime now) {
  switch (record.outcome) {
    case Outcome::kRunning:
      return Format("it is running on {}.", record.server) + TellTimes(record, zone, now);
    case Outcome::kSucceeded:
      return TellRun(record, "succeeded") + TellTimes(record, zone, now);
    case Outcome::kFailed:
      return TellRun(record, "failed") + TellTimes(record, zone, now);
    case Outcome::kTimedOut:
      return TellRun(record, "timed out") + TellTimes(record, zone, now);
    case Outcome::kCancelled:
      return TellRun(record, "was cancelled") + TellTimes(record, zone, now);
    case Outcome::kLost:
      return TellRun(record, "was lost") + TellTimes(record, zone, now);
    case Outcome::kSkipped:
      return Format("it was skipped: {}. Recorded by {}.", Spell(record.reason), record.server);
    case Outcome::kMissed:
      return Format("it was missed{}: {}. Recorded by {}.", TellSpan(record, zone), Spell(record.reason),
                    record.server);
    case Outcome::kUnknown:
      return Format("it is unknown{} whether it ran: {}.", TellSpan(record, zone), Spell(record.reason));
  }
  return {};
}

}  // namespace

std::string Roughly(Milliseconds duration) {
  using std::chrono::seconds;
  if (duration < Milliseconds::zero()) duration = Milliseconds::zero();  // Clocks of two servers may disagree.
  return FormatDuration(duration < seconds(10) ? duration : std::chrono::floor<seconds>(duration));
}

std::optional<Milliseconds> Took(const OccurrenceRecord& record) {
  if (!record.started_at || !record.finished_at) return std::nullopt;
  return *record.finished_at - *record.started_at;
}

std::string Describe(const Pause& pause, const TimeZone& zone) {
  std::string text = "paused";
  if (pause.target.kind == PauseTarget::Kind::kTag) text = Format("tag {} paused", pause.target.name);
  if (pause.target.kind == PauseTarget::Kind::kMaintenance) text = "maintenance mode";
  return text + DescribeSwitch(pause, zone);
}

std::string DescribeSwitch(const Pause& pause, const TimeZone& zone) {
  std::string text;
  if (!pause.author.empty()) text += " by " + pause.author;
  if (!pause.reason.empty()) text += " (" + pause.reason + ")";
  if (pause.until) text += " until " + FormatInstant(*pause.until, zone);
  return text;
}

std::optional<std::string> TellMaintenance(std::span<const Pause> pauses) {
  const auto pause = std::ranges::find(pauses, PauseTarget::Maintenance(), &Pause::target);
  if (pause == pauses.end()) return std::nullopt;
  return Format("Maintenance mode was switched on{}.", DescribeSwitch(*pause, TimeZone()));
}

std::string Tell(const OccurrenceRecord& record, const TimeZone& zone, WallTime now) {
  std::string sentence = TellOutcome(record, zone, now);
  if (record.kind == OccurrenceKind::kManual) return "By hand, " + sentence;
  if (record.kind == OccurrenceKind::kBackfill) return "In a backfill, " + sentence;
  sentence[0] = static_cast<char>(sentence[0] - 'a' + 'A');
  return sentence;
}

std::string QuoteOutput(const OccurrenceRecord& record) {
  std::vector<std::string_view> lines = Split(record.output_tail, '\n');
  if (lines.back().empty()) lines.pop_back();
  if (lines.empty()) return {};
  const std::size_t first = lines.size() > kQuotedLines ? lines.size() - kQuotedLines : 0;
  std::string text = Format("  Its output on {} ended:\n", Printable(record.server));
  for (std::size_t i = first; i < lines.size(); ++i) text += "    " + Printable(lines[i]) + "\n";
  return text;
}

}  // namespace rota
