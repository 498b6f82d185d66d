#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rota/config/value_reader.h"
#include "rota/schedule/calendar.h"

namespace rota {

// One entry of `calendars:`, as written. Absent keys are empty.
struct CalendarEntry {
  using Words = std::vector<Located<std::string>>;

  std::string name;
  yaml::Position position;  // Of the name.
  std::optional<Located<std::string>> version;
  std::optional<Located<CivilDay>> covered_until;
  // What it begins with: one of these at most; Monday to Friday without.
  std::optional<Words> weekdays;
  std::optional<Words> dates;
  std::optional<Words> union_of;
  std::optional<Words> intersection_of;
  // What is then taken out, added, and taken out at last.
  std::optional<Words> holidays;
  std::optional<Words> working_days;
  std::optional<Words> except;
};

ValueType<CivilDay> Date();            // 2026-01-31
ValueType<std::string> WeekdayWord();  // mon to sun, or in full.
ValueType<std::string> DaysOrIcs();    // 2026-01-01, 2026-01-01..2026-01-03, or the name of an .ics file.

// Makes the calendars of a file. Those that others are made of may stand after them. .ics files are relative to
// `folder`. What is wrong is left with the reader.
std::vector<Calendar> MakeCalendars(const std::vector<CalendarEntry>& entries, const std::string& folder,
                                    ValueReader& reader);

}  // namespace rota
