#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/instant.h"
#include "rota/base/status.h"
#include "rota/cron/advice.h"
#include "rota/cron/describe.h"
#include "rota/cron/dst.h"
#include "rota/report/upcoming.h"
#include "rota/time/time_zone.h"

namespace rota {

// A cron text taken apart for somebody who wants to be sure of it.
struct CronExplanation {
  // A part of the text between blanks.
  struct Part {
    std::string text;
    int column = 0;          // Where it begins in the text, from 1.
    std::string_view field;  // "minute", "day_of_week", in every language; empty for a macro.
    std::string name;        // "minute", "day of week".
    std::string words;       // What it holds: "0, 15, 30 and 45".
  };

  Locale locale = Locale::kEnglish;
  std::string cron;  // As written.
  std::string words;
  TimeZone zone;
  WallTime from;
  std::vector<Part> parts;
  bool at_server_start = false;  // `@reboot`: it has no instants.
  std::vector<WallTime> next;    // Strictly after `from`, the nearest first.
  std::optional<WallTime> previous;
  std::vector<DstEffect> dst;  // The next changes of the clocks that matter.
  std::vector<Advice> advice;
};

// Explains what the question asks about, `count` instants of it, whichever way it looks. Errors: as ListUpcoming().
Result<CronExplanation> ExplainCron(const CronQuestion& question, Locale locale);

std::string ToText(const CronExplanation& explanation);
std::string ToJson(const CronExplanation& explanation);

// The message of an error about the text, and below it the text with a mark under the column that the message names.
std::string PointAt(std::string_view cron, std::string_view message);

}  // namespace rota
