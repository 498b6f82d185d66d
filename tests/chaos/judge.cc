#include "judge.h"

#include <algorithm>
#include <set>
#include <utility>

#include "rota/base/format.h"
#include "rota/time/format.h"

namespace rota::chaos {
namespace {

constexpr std::size_t kMostExamples = 20;

// One due instant of a task.
struct Instant {
  std::vector<const Note*> starts;
  std::vector<const OccurrenceRecord*> outcomes;
};

// The instants of a task that are judged, in order.
class Instants {
 public:
  Instants(const WatchedTask& task, WallTime from, WallTime to) : period_(task.period) {
    first_ = Number(from + period_ - Milliseconds(1));
    instants_.resize(static_cast<std::size_t>(std::max<std::int64_t>(0, Number(to - Milliseconds(1)) + 1 - first_)));
  }

  std::size_t size() const { return instants_.size(); }
  const Instant& operator[](std::size_t index) const { return instants_[index]; }
  WallTime At(std::size_t index) const { return WallTime((first_ + static_cast<std::int64_t>(index)) * period_); }

  void Add(const Note& start) {
    const std::int64_t index = Number(start.at) - first_;
    if (index >= 0 && index < std::ssize(instants_))
      instants_[static_cast<std::size_t>(index)].starts.push_back(&start);
  }
  void Add(const OccurrenceRecord& record) {
    const std::int64_t begin =
        std::max<std::int64_t>(0, Number(record.scheduled_at + period_ - Milliseconds(1)) - first_);
    const std::int64_t end = std::min(std::ssize(instants_), Number(record.scheduled_last) - first_ + 1);
    for (std::int64_t i = begin; i < end; ++i) instants_[static_cast<std::size_t>(i)].outcomes.push_back(&record);
  }

 private:
  std::int64_t Number(WallTime at) const { return at.time_since_epoch() / period_; }

  Milliseconds period_;
  std::int64_t first_ = 0;
  std::vector<Instant> instants_;
};

// The words under which an outcome is counted: fixed reasons are told apart, free texts are not.
std::string Category(const OccurrenceRecord& record) {
  const bool fixed = record.outcome == Outcome::kSkipped || record.outcome == Outcome::kMissed;
  return fixed ? DescribeOutcome(record.outcome, record.reason) : std::string(Name(record.outcome));
}

bool SaysThatItDidNotRun(const OccurrenceRecord& record) {
  return record.outcome == Outcome::kMissed || record.outcome == Outcome::kSkipped;
}

class Judgement {
 public:
  explicit Judgement(const Evidence& evidence) : evidence_(evidence) {}

  Verdict Reach() {
    for (const WatchedTask& task : evidence_.tasks) {
      Instants instants(task, evidence_.from, evidence_.to);
      for (const Note& note : evidence_.notes) {
        if (note.task == task.name && note.kind == Note::Kind::kStart) instants.Add(note);
      }
      for (const auto& [run_id, record] : evidence_.records) {
        const bool counts = record.kind == OccurrenceKind::kScheduled && record.outcome != Outcome::kRunning;
        if (counts && record.task == task.name) instants.Add(record);
      }
      verdict_.due += instants.size();
      for (std::size_t i = 0; i < instants.size(); ++i) JudgeInstant(task.name, instants.At(i), instants[i]);
      JudgeTokens(task.name);
      JudgeOverlaps(task.name);
      JudgeMemory(task.name);
    }
    return std::move(verdict_);
  }

 private:
  void JudgeInstant(const std::string& task, WallTime at, const Instant& instant) {
    const auto note = [&](std::uint64_t& counter, std::string_view what) {
      ++counter;
      Example(Format("{} {}: {}{}", task, FormatInstant(at), what, Describe(instant)));
    };
    if (instant.starts.size() == 1) ++verdict_.started_once;
    for (std::size_t i = 1; i < instant.starts.size(); ++i) note(verdict_.duplicates, "started again");
    if (instant.outcomes.empty()) note(verdict_.without_outcome, "has no outcome");
    if (instant.outcomes.size() > 1) note(verdict_.several_outcomes, "has several outcomes");
    for (const OccurrenceRecord* record : instant.outcomes) ++verdict_.ended[Category(*record)];
    if (instant.outcomes.size() != 1) return;
    const OccurrenceRecord& record = *instant.outcomes.front();
    if (!instant.starts.empty() && SaysThatItDidNotRun(record))
      note(verdict_.contradictions, "ran though recorded as not run");
    if (instant.starts.empty() && record.outcome == Outcome::kSucceeded)
      note(verdict_.contradictions, "never ran though recorded as run");
  }

  // Occurrences of a task are claimed in order, and each claim's token is larger.
  void JudgeTokens(const std::string& task) {
    std::vector<std::pair<WallTime, std::uint64_t>> tokens;
    for (const Note& note : evidence_.notes) {
      if (note.task == task && note.kind == Note::Kind::kStart) tokens.emplace_back(note.at, note.token);
    }
    std::ranges::sort(tokens);
    for (std::size_t i = 1; i < tokens.size(); ++i) {
      if (tokens[i].second > tokens[i - 1].second) continue;
      ++verdict_.token_regressions;
      Example(Format("{} {}: token {} follows {}", task, FormatInstant(tokens[i].first), tokens[i].second,
                     tokens[i - 1].second));
    }
  }

  void JudgeMemory(const std::string& task) {
    for (const auto& [run_id, record] : evidence_.told) {
      const bool judged = record.scheduled_at >= evidence_.from && record.scheduled_last < evidence_.to;
      if (record.task != task || !judged || record.outcome == Outcome::kRunning) continue;
      if (evidence_.records.contains(run_id)) continue;
      ++verdict_.vanished;
      Example(Format("{} {}: {} as {} is not known any more", task, FormatInstant(record.scheduled_at), run_id,
                     DescribeOutcome(record.outcome, record.reason)));
    }
  }

  struct Stretch {
    const Note* start;
    SteadyTime end;
  };

  void JudgeOverlaps(const std::string& task) {
    std::vector<Stretch> runs = RunsOf(task);
    const Stretch* last = nullptr;  // The one of those before that ended last.
    for (const Stretch& run : runs) {
      if (last != nullptr && run.start->real < last->end) {
        const bool excused = StoodStill(last->start->pid, last->start->real, run.start->real);
        ++(excused ? verdict_.excused_overlaps : verdict_.overlaps);
        if (!excused) {
          Example(Format("{} {} started on {} while {} ran on {}", task, FormatInstant(run.start->at),
                         run.start->server, FormatInstant(last->start->at), last->start->server));
        }
      }
      if (last == nullptr || run.end > last->end) last = &run;
    }
  }

  // By their starts. A run without an end ended with its process.
  std::vector<Stretch> RunsOf(const std::string& task) const {
    std::map<std::pair<std::string, pid_t>, SteadyTime> ends;
    std::vector<Stretch> runs;
    for (const Note& note : evidence_.notes) {
      if (note.task == task && note.kind == Note::Kind::kEnd) ends[{note.run_id, note.pid}] = note.real;
    }
    for (const Note& note : evidence_.notes) {
      if (note.task != task || note.kind != Note::Kind::kStart) continue;
      const auto end = ends.find({note.run_id, note.pid});
      const auto death = evidence_.deaths.find(note.pid);
      runs.push_back({&note, end != ends.end()                 ? end->second
                             : death != evidence_.deaths.end() ? death->second
                                                               : SteadyTime::max()});
    }
    std::ranges::sort(runs, {}, [](const Stretch& run) { return run.start->real; });
    return runs;
  }

  bool StoodStill(pid_t pid, SteadyTime from, SteadyTime to) const {
    return std::ranges::any_of(evidence_.standstills, [&](const Standstill& still) {
      return still.pid == pid && still.from < to && still.to > from;
    });
  }

  static std::string Describe(const Instant& instant) {
    std::string text;
    for (const Note* start : instant.starts) {
      text += Format("; run {} on {} with token {}", start->run_id, start->server, start->token);
    }
    for (const OccurrenceRecord* record : instant.outcomes) {
      text += Format("; {} by {} ({}, {} instants)", DescribeOutcome(record->outcome, record->reason), record->server,
                     record->run_id, record->count);
    }
    return text;
  }

  void Example(std::string text) {
    if (verdict_.examples.size() < kMostExamples) verdict_.examples.push_back(std::move(text));
  }

  const Evidence& evidence_;
  Verdict verdict_;
};

}  // namespace

std::uint64_t Verdict::Ended(const std::string& outcome) const {
  const auto found = ended.find(outcome);
  return found == ended.end() ? 0 : found->second;
}

std::uint64_t Verdict::EndedLike(const std::string& outcome) const {
  std::uint64_t sum = 0;
  for (const auto& [words, count] : ended) {
    if (words == outcome || words.starts_with(outcome + "(")) sum += count;
  }
  return sum;
}

Verdict Judge(const Evidence& evidence) { return Judgement(evidence).Reach(); }

}  // namespace rota::chaos
