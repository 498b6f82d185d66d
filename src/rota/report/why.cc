#include "rota/report/why.h"

#include <algorithm>
#include <array>
#include <utility>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/coordination/ledger.h"
#include "rota/engine/agenda.h"
#include "rota/report/json.h"
#include "rota/report/wording.h"
#include "rota/time/format.h"

namespace rota {
namespace {

using std::chrono::seconds;

// A server that is up decides an occurrence within this time, or something is in its way.
constexpr seconds kPromptly{10};
constexpr Milliseconds kTick{1};
constexpr std::array<std::string_view, 6> kVerdictNames = {"recorded",   "not_yet_due",   "undecided",
                                                           "unrecorded", "not_scheduled", "nothing"};

bool IsScheduled(const OccurrenceRecord& record) { return record.kind == OccurrenceKind::kScheduled; }

bool IsInstantOf(const Task& task, WallTime at) { return task.trigger->Next(at - kTick) == at; }

// The instant to explain when the user named none: the latest that is recorded, unless a later one is overdue.
std::optional<WallTime> LatestInstant(const Task& task, const std::vector<OccurrenceRecord>& recent, WallTime now) {
  std::optional<WallTime> recorded;
  for (const OccurrenceRecord& record : recent) {
    if (!IsAskedFor(record.kind) && (!recorded || record.scheduled_last > *recorded)) recorded = record.scheduled_last;
  }
  if (!recorded) return task.trigger->Previous(now + kTick);
  const std::optional<WallTime> overdue = task.trigger->Previous(now - kPromptly);
  return overdue && *overdue > *recorded ? overdue : recorded;
}

// What a pause is called in a sentence, and how it is ended.
std::pair<std::string, std::string> TellPause(const PauseTarget& target) {
  switch (target.kind) {
    case PauseTarget::Kind::kAll:
      return {"All tasks are paused", "To let all tasks run again: schedule:resume"};
    case PauseTarget::Kind::kMaintenance:
      return {"Maintenance mode was switched on", "To let all tasks run again: schedule:maintenance off"};
    case PauseTarget::Kind::kTag:
      return {Format("All tasks tagged {} are paused", target.name),
              Format("To let them run again: schedule:resume --tag {}", target.name)};
    case PauseTarget::Kind::kTask:
      break;
  }
  return {"The task is paused", Format("To let it run again: schedule:resume {}", target.name)};
}

// Speaks about one task and one instant.
class Explainer {
 public:
  Explainer(const Schedule& schedule, const Task& task, const WhyFacts& facts, WallTime now)
      : schedule_(schedule), task_(task), facts_(facts), now_(now), zone_(task.trigger->zone()) {
    result_.task = task.id;
    result_.zone = zone_;
    result_.instant = facts.instant;
    const WallTime around = facts.instant.value_or(now);
    result_.previous = task.trigger->Previous(around);
    result_.next = task.trigger->Next(around);
  }

  Explanation Explain() && {
    if (!facts_.instant) {
      ExplainNothing();
    } else if (KeepRecordsOfInstant(); !result_.records.empty()) {
      ExplainRecords();
    } else if (!IsInstantOf(task_, *facts_.instant)) {
      ExplainNotScheduled();
    } else if (*facts_.instant > now_) {
      ExplainNotYetDue();
    } else {
      ExplainNoRecord();
    }
    SayWhatComesNext();
    return std::move(result_);
  }

 private:
  std::string At(WallTime instant) const { return FormatInstant(instant, zone_); }

  template <typename... Args>
  void Say(FormatString<Args...> format, const Args&... args) {
    result_.sentences.push_back(Format(format, args...));
  }

  // A span covers whatever lies between its ends; only the trigger's instants are occurrences.
  void KeepRecordsOfInstant() {
    for (const OccurrenceRecord& record : facts_.records) {
      const WallTime at = *facts_.instant;
      const bool named = record.scheduled_at == at || record.scheduled_last == at;
      if (named || IsInstantOf(task_, at)) result_.records.push_back(record);
    }
  }

  void ExplainNothing() {
    result_.verdict = Verdict::kNothing;
    if (result_.next) {
      result_.verdict = Verdict::kNotYetDue;
      Say("It has not been due yet.");
    } else if (task_.trigger->fires_at_start()) {
      Say("It runs when a server starts, which has not happened yet.");
    } else {
      Say("It has never been due, and never will be.");
    }
  }

  void ExplainRecords() {
    result_.verdict = Verdict::kRecorded;
    for (const OccurrenceRecord& record : result_.records) {
      Say("{}", Tell(record, zone_, now_));
      if (record.outcome == Outcome::kRunning) SayIfServerIsGone(record.server);
      if (result_.advice.empty()) result_.advice = Advise(record);
    }
    SayWhoHasNoRecord();
    SayWhoHoldsTheLease();
  }

  void ExplainNotScheduled() {
    result_.verdict = Verdict::kNotScheduled;
    Say("It is not scheduled then: {}.", task_.trigger->Describe());
    if (result_.previous) Say("The instant before is {}.", At(*result_.previous));
    if (result_.next) {
      Say("The instant after is {}.", At(*result_.next));
    } else {
      Say("It is never due after that.");
    }
  }

  void ExplainNotYetDue() {
    result_.verdict = Verdict::kNotYetDue;
    Say("It is not due yet: {} to go.", Roughly(*facts_.instant - now_));
    if (!IsForHere()) SayWhatItIsFor();
    if (Alive().empty()) result_.advice = "No server is running. Start one with schedule:work.";
  }

  // The instant has passed, and no record covers it.
  void ExplainNoRecord() {
    const std::vector<const ServerInfo*> alive = Alive();
    const bool any_was_up = std::any_of(
        alive.begin(), alive.end(), [this](const ServerInfo* server) { return server->started_at <= *facts_.instant; });
    if (facts_.recorded_after) {
      result_.verdict = Verdict::kUnrecorded;
      if (facts_.recorded_before) {
        Say("Nothing is recorded for it, though occurrences before and after it are: it was not an instant of the "
            "task then, or the history lost it.");
      } else {
        Say("Nothing is recorded for it: it lies before the first occurrence on record. The task was registered "
            "later, or the record is older than what the history keeps.");
      }
    } else if (!alive.empty() && !any_was_up && !facts_.recorded_before) {
      result_.verdict = Verdict::kUnrecorded;
      Say("It was due before the task was first registered by a server; only later instants are run.");
    } else {
      ExplainUndecided(alive);
    }
  }

  void ExplainUndecided(const std::vector<const ServerInfo*>& alive) {
    result_.verdict = Verdict::kUndecided;
    if (!IsForHere()) SayWhatItIsFor();
    const Milliseconds late = now_ - *facts_.instant;
    if (alive.empty()) {
      Say("It was due {} ago, and no server is running.", Roughly(late));
      if (!facts_.recorded_before) Say("No occurrence of its schedule has been recorded so far.");
      AdviseToStartServer();
      return;
    }
    std::vector<std::string> names;
    for (const ServerInfo* server : alive) names.push_back(server->id);
    Say("It was due {} ago, and no server has decided it yet. Running: {}.", Roughly(late), Join(names, ", "));
    for (const ServerInfo* server : alive) {
      if (server->schedule_digest.empty() || server->schedule_digest == schedule_.digest()) continue;
      Say("{} runs another schedule ({}, here it is {}): it may not know this task or this instant.", server->id,
          server->schedule_digest, schedule_.digest());
    }
    if (!task_.policies->after.empty()) {
      std::vector<std::string> parents;
      for (const Parent& parent : task_.policies->after) parents.push_back(Describe(parent));
      Say("It waits until the same occurrence of {} has ended.", Join(parents, " and "));
      result_.advice = Format("To see how far that is: schedule:why {}", task_.policies->after.front().task);
      return;
    }
    SayWhoHoldsTheLease();
    if (!facts_.running.empty() && Queues(task_.policies->overlap)) {
      Say("It waits for that run to end: overlap {}.", rota::Name(task_.policies->overlap));
      result_.advice = Format("To stop that run: schedule:cancel {}", task_.id);
      return;
    }
    if (!IsForHere() && task_.unique() && Deadline() > now_) {
      Say("It is recorded as skipped(environment) when its grace is over, at {}, unless a server of {} takes it.",
          At(Deadline()), Environments());
      return;
    }
    result_.advice = late <= kPromptly ? "Ask again in a moment."
                                       : "Look into the log of the servers: they may have no free worker, or not "
                                         "reach the store.";
  }

  void AdviseToStartServer() {
    if (!IsForHere()) {
      result_.advice =
          Format("Start a server of {} to run it: any other records it as skipped(environment).", Environments());
      return;
    }
    if (!facts_.recorded_before) {
      result_.advice = "Start a server with schedule:work: it registers the task and runs it from then on.";
      return;
    }
    result_.advice = Deadline() > now_ ? Format(
                                             "Start a server with schedule:work: until {} it still runs this "
                                             "occurrence, later it records it as missed.",
                                             At(Deadline()))
                                       : "Start a server with schedule:work: it records this occurrence as missed, for "
                                         "its grace is over, and runs the next one.";
  }

  // When the grace of the instant is over.
  WallTime Deadline() const { return Agenda::Expiry(*task_.trigger, task_.policies->misfire, *facts_.instant); }

  bool IsForHere() const {
    const std::vector<std::string>& environments = task_.policies->environments;
    return environments.empty() || facts_.environment.empty() ||
           std::ranges::find(environments, facts_.environment) != environments.end();
  }
  std::string Environments() const { return Join(task_.policies->environments, " or "); }
  void SayWhatItIsFor() { Say("It is only for {}; the environment here is {}.", Environments(), facts_.environment); }

  std::vector<const ServerInfo*> Alive() const {
    std::vector<const ServerInfo*> alive;
    for (const ServerInfo& server : facts_.servers) {
      if (server.alive_until > now_) alive.push_back(&server);
    }
    return alive;
  }

  // For the latest occurrence, and for those ahead: when the task is due next, and whether it will run then.
  void SayWhatComesNext() {
    const bool is_latest = !result_.next || *result_.next > now_;
    if (!is_latest || result_.verdict == Verdict::kNotScheduled) return;
    if (result_.verdict != Verdict::kNotYetDue || !facts_.instant) {
      if (result_.next) Say("It is next due {}.", At(*result_.next));
      if (task_.trigger->fires_at_start()) {
        if (facts_.instant) Say("It runs again when a server starts.");
      } else if (!result_.next && facts_.instant) {
        Say("It is never due again.");
      }
    }
    const Pause* pause = FindPause(facts_.pauses, AsPausable(task_), now_);
    if (pause == nullptr || (pause->until && result_.next && *pause->until <= *result_.next)) return;
    const auto& [subject, advice] = TellPause(pause->target);
    Say("{}{}: what falls due meanwhile is recorded as skipped({}).", subject, DescribeSwitch(*pause, zone_),
        ReasonOf(*pause));
    if (result_.advice.empty()) result_.advice = advice;
  }

  void SayIfServerIsGone(const std::string& id) {
    const auto server = std::find_if(facts_.servers.begin(), facts_.servers.end(),
                                     [&id](const ServerInfo& candidate) { return candidate.id == id; });
    if (server != facts_.servers.end() && server->alive_until > now_) return;
    if (server == facts_.servers.end()) {
      Say("{} is not among the servers any more.", id);
    } else {
      Say("{} has not been heard of since {}.", id, At(server->seen_at));
    }
    Say("Once the lease has run out, the next server that looks records the run as lost.");
    if (Alive().empty()) result_.advice = "No server is running. Start one with schedule:work.";
  }

  // For a task that every server runs: who was up and left no record.
  void SayWhoHasNoRecord() {
    if (task_.unique() || result_.records.front().kind != OccurrenceKind::kScheduled) return;
    for (const ServerInfo* server : Alive()) {
      const auto is_theirs = [server](const OccurrenceRecord& record) { return record.server == server->id; };
      const bool has_record = std::any_of(result_.records.begin(), result_.records.end(), is_theirs);
      if (!has_record && server->started_at <= *facts_.instant) Say("{} has no record of it.", server->id);
    }
  }

  // The run that kept this occurrence waiting, or out.
  void SayWhoHoldsTheLease() {
    if (task_.policies->overlap == OverlapPolicy::kAllow) return;
    for (const OccurrenceRecord& run : facts_.running) {
      if (run.scheduled_at == *facts_.instant || !run.started_at) continue;
      Say("The run of {} is still under way on {}, since {}.", At(run.scheduled_at), run.server, At(*run.started_at));
    }
  }

  std::string Advise(const OccurrenceRecord& record) const {
    if (IsAskedFor(record.kind)) return {};
    switch (record.outcome) {
      case Outcome::kFailed:
      case Outcome::kTimedOut:
      case Outcome::kCancelled:
      case Outcome::kLost:
        return Format("To run it now, in the foreground: schedule:test {}", task_.id);
      case Outcome::kMissed:
        return Format("To make up for it now: schedule:test {}", task_.id);
      case Outcome::kUnknown:
        return "Find out from the task's own traces whether it ran.";
      case Outcome::kRunning:
      case Outcome::kSucceeded:
      case Outcome::kSkipped:
        return {};
    }
    return {};
  }

  const Schedule& schedule_;
  const Task& task_;
  const WhyFacts& facts_;
  const WallTime now_;
  const TimeZone zone_;
  Explanation result_;
};

}  // namespace

std::string_view Name(Verdict verdict) { return kVerdictNames[static_cast<std::size_t>(verdict)]; }

Result<WhyFacts> GatherFacts(Store& store, const Task& task, std::optional<WallTime> asked, WallTime now) {
  Result<std::vector<Pause>> pauses = store.Pauses();
  if (!pauses) return Fail(pauses.error());
  Result<std::vector<ServerInfo>> servers = store.Servers();
  if (!servers) return Fail(servers.error());
  HistoryQuery any;
  any.task = task.id;
  Result<std::vector<OccurrenceRecord>> recent = store.Query(any);
  if (!recent) return Fail(recent.error());
  HistoryQuery under_way = any;
  under_way.outcome = Outcome::kRunning;
  Result<std::vector<OccurrenceRecord>> running = store.Query(under_way);
  if (!running) return Fail(running.error());

  WhyFacts facts;
  facts.instant = asked ? asked : LatestInstant(task, *recent, now);
  facts.running = std::move(*running);
  facts.pauses = std::move(*pauses);
  facts.servers = std::move(*servers);
  if (!facts.instant) return facts;

  HistoryQuery at = any;
  at.covering = facts.instant;
  HistoryQuery before = any;
  before.to = facts.instant;
  HistoryQuery after = any;
  after.from = *facts.instant + kTick;
  Result<std::vector<OccurrenceRecord>> records = store.Query(at);
  if (!records) return Fail(records.error());
  Result<std::vector<OccurrenceRecord>> earlier = store.Query(before);
  if (!earlier) return Fail(earlier.error());
  Result<std::vector<OccurrenceRecord>> later = store.Query(after);
  if (!later) return Fail(later.error());
  facts.records = std::move(*records);
  facts.recorded_before = std::any_of(earlier->begin(), earlier->end(), IsScheduled);
  facts.recorded_after = std::any_of(later->begin(), later->end(), IsScheduled);
  return facts;
}

Explanation Explain(const Schedule& schedule, const Task& task, const WhyFacts& facts, WallTime now) {
  return Explainer(schedule, task, facts, now).Explain();
}

std::string ToText(const Explanation& explanation) {
  std::string text = Printable(explanation.task);
  if (explanation.instant) text += " at " + FormatInstant(*explanation.instant, explanation.zone);
  text += "\n";
  for (const std::string& sentence : explanation.sentences) text += "  " + Printable(sentence) + "\n";
  for (const OccurrenceRecord& record : explanation.records) text += QuoteOutput(record);
  if (!explanation.advice.empty()) text += "  " + Printable(explanation.advice) + "\n";
  return text;
}

std::string ToJson(const Explanation& explanation) {
  boost::json::array records;
  for (const OccurrenceRecord& record : explanation.records) records.push_back(json::Record(record, explanation.zone));
  return json::Line(boost::json::object{
      {"task", json::Text(explanation.task)},
      {"verdict", json::Text(Name(explanation.verdict))},
      {"instant", json::Utc(explanation.instant)},
      {"instant_local", json::Local(explanation.instant, explanation.zone)},
      {"zone", json::Text(explanation.zone.name())},
      {"sentences", json::Texts(explanation.sentences)},
      {"advice", json::Text(explanation.advice)},
      {"previous", json::Utc(explanation.previous)},
      {"next", json::Utc(explanation.next)},
      {"records", std::move(records)},
  });
}

}  // namespace rota
