#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "note.h"
#include "rota/base/instant.h"
#include "rota/engine/occurrence.h"

namespace rota::chaos {

// A unique task that fires every `period` since the epoch.
struct WatchedTask {
  std::string name;
  Milliseconds period{};
};

// A stretch of real time in which a process was held up from outside.
struct Standstill {
  pid_t pid = 0;
  SteadyTime from;
  SteadyTime to;
};

// What is known of a stretch of a fleet's life.
struct Evidence {
  std::vector<WatchedTask> tasks;
  WallTime from;  // Instants from here on, and
  WallTime to;    // before here, are judged.
  std::vector<Note> notes;
  std::map<std::string, OccurrenceRecord> records;  // By run id: what is known of outcomes in the end,
  std::map<std::string, OccurrenceRecord> told;     // and what the store told of them before.
  std::map<pid_t, SteadyTime> deaths;               // Of processes that ended.
  std::vector<Standstill> standstills;
};

// What became of the instants that were due.
struct Verdict {
  std::uint64_t due = 0;
  std::uint64_t started_once = 0;
  std::uint64_t duplicates = 0;                // Starts of an occurrence that had been started before.
  std::map<std::string, std::uint64_t> ended;  // Instants by outcome: "succeeded", "missed(late)", "lost".
  std::uint64_t without_outcome = 0;
  std::uint64_t several_outcomes = 0;
  std::uint64_t contradictions = 0;     // Recorded as run but never started, or started but recorded as not run.
  std::uint64_t token_regressions = 0;  // A later occurrence with a token that is not larger.
  std::uint64_t overlaps = 0;           // A start before the end of another run of the task,
  std::uint64_t excused_overlaps = 0;   // or while the other one's process stood still and could not be told to stop.
  std::uint64_t vanished = 0;           // Outcomes that the store told once, and later did not know.
  std::vector<std::string> examples;    // Of the first that should not be.

  std::uint64_t Ended(const std::string& outcome) const;      // By the whole text.
  std::uint64_t EndedLike(const std::string& outcome) const;  // "missed": for any reason.
};

Verdict Judge(const Evidence& evidence);

}  // namespace rota::chaos
