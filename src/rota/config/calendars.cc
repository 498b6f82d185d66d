#include "rota/config/calendars.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <map>
#include <utility>

#include "rota/base/file_bytes.h"
#include "rota/base/suggest.h"
#include "rota/base/text.h"
#include "rota/config/ics.h"

namespace rota {
namespace {

using Words = CalendarEntry::Words;

constexpr std::size_t kMaxIcsBytes = 8 * 1024 * 1024;
constexpr std::uint8_t kMondayToFriday = 0x3e;
constexpr int kMostDepth = 32;  // Of calendars made of calendars.

struct DayRange {
  CivilDay first;
  CivilDay last;
};

// "2026-01-31": a date that exists, of the years that a calendar knows.
std::optional<CivilDay> ParseDate(std::string_view text) {
  if (text.size() != 10 || text[4] != '-' || text[7] != '-') return std::nullopt;
  int parts[] = {0, 0, 0};
  int part = 0;
  for (const char c : text) {
    if (c == '-') {
      ++part;
    } else if (c >= '0' && c <= '9' && part < 3) {
      parts[part] = parts[part] * 10 + (c - '0');
    } else {
      return std::nullopt;
    }
  }
  const std::chrono::year_month_day date = std::chrono::year(parts[0]) / parts[1] / parts[2];
  if (!date.ok() || CivilDay(date) < DaySet::kFirst || CivilDay(date) > DaySet::kLast) return std::nullopt;
  return CivilDay(date);
}

std::optional<DayRange> ParseRange(std::string_view text) {
  const std::size_t dots = text.find("..");
  const std::optional<CivilDay> first = ParseDate(text.substr(0, dots));
  const std::optional<CivilDay> last = dots == std::string_view::npos ? first : ParseDate(text.substr(dots + 2));
  return first && last ? std::optional(DayRange{*first, *last}) : std::nullopt;
}

bool IsIcs(std::string_view text) { return Lowercase(text).ends_with(".ics"); }

std::optional<unsigned> WeekdayNumber(std::string_view text) {
  constexpr std::array<std::string_view, 7> kNames = {"sunday",   "monday", "tuesday", "wednesday",
                                                      "thursday", "friday", "saturday"};
  const std::string word = Lowercase(text);
  for (unsigned day = 0; day < 7; ++day) {
    if (word == kNames[day] || word == kNames[day].substr(0, 3)) return day;
  }
  return std::nullopt;
}

// Makes each calendar once, those that it is made of first.
class Maker {
 public:
  Maker(const std::vector<CalendarEntry>& entries, std::string folder, ValueReader& reader)
      : entries_(entries), folder_(std::move(folder)), reader_(reader) {}

  std::vector<Calendar> MakeAll() {
    for (const CalendarEntry& entry : entries_) Make(entry);
    std::vector<Calendar> calendars;
    for (const auto& [name, calendar] : made_) {
      if (calendar) calendars.push_back(*calendar);
    }
    return calendars;
  }

 private:
  // Null when it is wrong, which the reader then knows.
  const Calendar* Make(const CalendarEntry& entry);
  DaySet Base(const CalendarEntry& entry);
  // Also notes the last of them.
  DaySet Listed(const CalendarEntry& entry, std::string_view key, const Words& words);
  std::vector<const Calendar*> Named(const CalendarEntry& entry, std::string_view key, const Words& words);
  void Refuse(yaml::Position position, const CalendarEntry& entry, std::string_view key, std::string_view message) {
    reader_.Refuse(position, Format("calendars.{}.{}: {}", Printable(entry.name), key, message));
  }

  void RefuseDepth(const Located<std::string>& word, const CalendarEntry& entry, std::string_view key) {
    Refuse(word.position, entry, key,
           Format("\"{}\": calendars are made of each other more than {} deep", Printable(word.value), kMostDepth));
  }

  const std::vector<CalendarEntry>& entries_;
  const std::string folder_;
  ValueReader& reader_;
  std::map<std::string, std::optional<Calendar>> made_;
  std::map<std::string, CivilDay> last_listed_;
  std::map<std::string, int> depths_;   // 1: made of no other.
  std::vector<std::string> under_way_;  // From the one asked for down to the one being made.
};

const Calendar* Maker::Make(const CalendarEntry& entry) {
  if (const auto found = made_.find(entry.name); found != made_.end()) {
    return found->second ? &*found->second : nullptr;
  }
  const std::size_t mistakes = reader_.mistakes();
  under_way_.push_back(entry.name);
  depths_[entry.name] = 1;
  CalendarOptions options;
  if (entry.version) options.version = entry.version->value;
  DaySet days = Base(entry);
  if (entry.holidays) days -= Listed(entry, "holidays", *entry.holidays);
  if (entry.working_days) days |= Listed(entry, "working_days", *entry.working_days);
  std::vector<const Calendar*> parts;
  if (entry.except) parts = Named(entry, "except", *entry.except);
  for (const Calendar* part : parts) days -= part->days();

  // It is known no longer than the year of its last day, and than what it is made of.
  if (const auto last = last_listed_.find(entry.name); last != last_listed_.end()) {
    options.covered_until = CivilDay{std::chrono::year_month_day(last->second).year() / 12 / 31};
  }
  for (const std::optional<Words>* words : {&entry.union_of, &entry.intersection_of}) {
    if (!*words) continue;
    for (const auto& word : **words) {
      const auto found = made_.find(word.value);
      if (found != made_.end() && found->second) parts.push_back(&*found->second);
    }
  }
  for (const Calendar* part : parts) {
    if (!part->covered_until()) continue;
    options.covered_until = std::min(options.covered_until.value_or(DaySet::kLast), *part->covered_until());
  }
  if (entry.covered_until) options.covered_until = entry.covered_until->value;

  under_way_.pop_back();
  std::optional<Calendar>& slot = made_[entry.name];
  if (reader_.mistakes() == mistakes) slot.emplace(entry.name, days, std::move(options));
  return slot ? &*slot : nullptr;
}

DaySet Maker::Base(const CalendarEntry& entry) {
  const int bases = entry.weekdays.has_value() + entry.dates.has_value() + entry.union_of.has_value() +
                    entry.intersection_of.has_value();
  if (bases > 1) {
    reader_.Refuse(entry.position,
                   Format("calendars.{}: expected one of weekdays, dates, union and intersection, found {}",
                          Printable(entry.name), bases));
    return DaySet();
  }
  if (entry.dates) return Listed(entry, "dates", *entry.dates);
  if (entry.union_of) {
    DaySet days;
    for (const Calendar* part : Named(entry, "union", *entry.union_of)) days |= part->days();
    return days;
  }
  if (entry.intersection_of) {
    DaySet days = DaySet::OfWeekdays(0x7f);
    for (const Calendar* part : Named(entry, "intersection", *entry.intersection_of)) days &= part->days();
    return days;
  }
  if (!entry.weekdays) return DaySet::OfWeekdays(kMondayToFriday);
  unsigned mask = 0;
  for (const auto& word : *entry.weekdays) mask |= 1u << WeekdayNumber(word.value).value_or(0);
  return DaySet::OfWeekdays(static_cast<std::uint8_t>(mask));
}

DaySet Maker::Listed(const CalendarEntry& entry, std::string_view key, const Words& words) {
  DaySet days;
  for (const auto& word : words) {
    if (const std::optional<DayRange> range = ParseRange(word.value)) {
      days.Add(range->first, range->last);
      continue;
    }
    const std::string path = (std::filesystem::path(folder_) / word.value).string();
    const Result<std::string> text = ReadBytes(path, kMaxIcsBytes);
    const Result<DaySet> read = text ? ReadIcs(*text, path) : Fail(text.error());
    if (read) {
      days |= *read;
    } else {
      Refuse(word.position, entry, key, read.error().message());
    }
  }
  if (const std::optional<CivilDay> last = days.LastUpTo(DaySet::kLast)) {
    CivilDay& known = last_listed_.try_emplace(entry.name, *last).first->second;
    known = std::max(known, *last);
  }
  return days;
}

std::vector<const Calendar*> Maker::Named(const CalendarEntry& entry, std::string_view key, const Words& words) {
  std::vector<const Calendar*> calendars;
  if (words.empty()) Refuse(entry.position, entry, key, "expected names of calendars, found an empty list");
  for (const auto& word : words) {
    const auto found = std::ranges::find(entries_, word.value, &CalendarEntry::name);
    if (found == entries_.end()) {
      std::vector<std::string> known;
      for (const CalendarEntry& other : entries_) known.push_back(other.name);
      Refuse(word.position, entry, key,
             Format("unknown calendar \"{}\"{}; defined: {}", Printable(word.value), DidYouMean(word.value, known),
                    Printable(Join(known, ", "))));
    } else if (std::ranges::find(under_way_, word.value) != under_way_.end()) {
      Refuse(word.position, entry, key,
             Format("\"{}\": a calendar cannot be made of itself ({}, {})", Printable(word.value),
                    Printable(Join(under_way_, ", ")), Printable(word.value)));
    } else if (under_way_.size() == kMostDepth && !made_.contains(word.value)) {
      RefuseDepth(word, entry, key);
    } else if (const Calendar* calendar = Make(*found)) {
      int& depth = depths_[entry.name];
      depth = std::max(depth, depths_[word.value] + 1);
      if (depth > kMostDepth) RefuseDepth(word, entry, key);
      calendars.push_back(calendar);
    }
  }
  return calendars;
}

}  // namespace

ValueType<CivilDay> Date() {
  return {"a date such as 2026-12-31", [](const std::string& text) -> Result<CivilDay> {
            const std::optional<CivilDay> date = ParseDate(text);
            if (!date) return Fail(Expected(text, "a date that exists, from 1970-01-01 to 2199-12-31"));
            return *date;
          }};
}

ValueType<std::string> WeekdayWord() {
  return {"weekdays, `mon` to `sun`", [](const std::string& text) -> Result<std::string> {
            if (!WeekdayNumber(text)) return Fail(Expected(text, "a weekday: mon, tue, wed, thu, fri, sat or sun"));
            return text;
          }};
}

ValueType<std::string> DaysOrIcs() {
  return {"dates, ranges `2026-10-01..2026-10-07`, and names of .ics files",
          [](const std::string& text) -> Result<std::string> {
            if (IsIcs(text) && Printable(text) == text) return text;
            const std::optional<DayRange> range = ParseRange(text);
            if (!range) {
              return Fail(Expected(text,
                                   "a date that exists, from 1970-01-01 to 2199-12-31, a range such as "
                                   "2026-10-01..2026-10-07, or the name of an .ics file"));
            }
            if (range->last < range->first) return Fail(Expected(text, "a range that runs forwards"));
            return text;
          }};
}

std::vector<Calendar> MakeCalendars(const std::vector<CalendarEntry>& entries, const std::string& folder,
                                    ValueReader& reader) {
  return Maker(entries, folder, reader).MakeAll();
}

}  // namespace rota
