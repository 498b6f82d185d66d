#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/instant.h"
#include "rota/base/status.h"
#include "rota/coordination/store.h"
#include "rota/engine/occurrence.h"
#include "rota/schedule/schedule.h"
#include "rota/time/time_zone.h"

namespace rota {

// What bears on one instant of a task: what a store knows, and where this application runs.
struct WhyFacts {
  // The instant in question; nothing when none was asked for and the task has neither a record nor a past instant.
  std::optional<WallTime> instant;
  std::vector<OccurrenceRecord> records;  // Of the instant, newest first: one, or one for each server that ran it.
  bool recorded_before = false;           // The task has a record of an earlier occurrence.
  bool recorded_after = false;            // … of a later one.
  std::vector<OccurrenceRecord> running;  // The task's runs under way.
  std::vector<Pause> pauses;
  std::vector<ServerInfo> servers;
  std::string environment;  // The application's; empty: any.
};

// Reads the store's facts about `asked`; without it about the task's latest occurrence, recorded or due. Errors: the
// store's.
Result<WhyFacts> GatherFacts(Store& store, const Task& task, std::optional<WallTime> asked, WallTime now);

enum class Verdict {
  kRecorded,      // The records say what happened.
  kNotYetDue,     // An instant that lies ahead.
  kUndecided,     // It was due, and no server has recorded anything about it yet.
  kUnrecorded,    // It was due, and no server will decide it any more.
  kNotScheduled,  // Not an instant of the task.
  kNothing,       // Nothing has happened and nothing will.
};
std::string_view Name(Verdict verdict);  // "recorded", "not_yet_due", …

// Why a task ran, or did not.
struct Explanation {
  TaskId task;
  TimeZone zone;
  Verdict verdict = Verdict::kNothing;
  std::optional<WallTime> instant;
  std::vector<OccurrenceRecord> records;
  std::vector<std::string> sentences;  // What is known, in words; the most important first.
  std::string advice;                  // What to do next; may be empty.
  std::optional<WallTime> previous;    // The task's instants around the one in question.
  std::optional<WallTime> next;
};

// Explains from facts alone: recorded outcomes, pauses, heartbeats and the task's trigger.
Explanation Explain(const Schedule& schedule, const Task& task, const WhyFacts& facts, WallTime now);

std::string ToText(const Explanation& explanation);
std::string ToJson(const Explanation& explanation);

}  // namespace rota
