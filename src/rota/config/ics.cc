#include "rota/config/ics.h"

#include <libical/ical.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "rota/base/text.h"

// The structure and the dates of the file are read here, strictly and with line numbers; libical, which forgives much
// and tells no lines, expands the repetitions.

namespace rota {
namespace {

using std::chrono::days;

// One logical line, unfolded: NAME;PARAMETERS:VALUE.
struct Property {
  int line = 0;
  std::string name;        // In capitals.
  std::string parameters;  // In capitals, with the `;` before each.
  std::string value;
};

struct Event {
  int line = 0;
  std::string uid;
  std::optional<Property> start;
  std::optional<Property> end;
  std::optional<Property> duration;
  std::optional<Property> replaces;  // RECURRENCE-ID: the occurrence that this event stands for.
  std::vector<Property> rules;
  std::vector<Property> more_dates;
  std::vector<Property> except_dates;
  bool cancelled = false;
};

std::string Uppercase(std::string_view text) {
  std::string result(text);
  for (char& c : result) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
  }
  return result;
}

std::optional<int> Number(std::string_view digits) {
  int value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return error == std::errc() && end == digits.data() + digits.size() && value >= 0 ? std::optional(value)
                                                                                    : std::nullopt;
}

// More than all days of 1970 to 2199, ten times over.
constexpr int kMostOccurrences = 1'000'000;

struct FreeIterator {
  void operator()(icalrecur_iterator* iterator) const { icalrecur_iterator_free(iterator); }
};

class IcsReader {
 public:
  IcsReader(std::string_view text, std::string_view file_name) : text_(text), file_name_(file_name) {}
  Result<DaySet> Read();

 private:
  Status Error(int line, std::string_view message) const {
    return InvalidArgument("{}:{}: {}", Printable(file_name_), line, message);
  }
  Status Error(const Property& property, std::string_view expected) const {
    return Error(property.line, Format("{} \"{}\": expected {}", property.name,
                                       Printable(std::string_view(property.value).substr(0, 60)), expected));
  }
  std::optional<Property> NextLine();
  Status ReadEvents();
  Status ReadBegin(const Property& property);
  Status ReadEnd(const Property& property);
  Status ReadEventProperty(Property property);
  Result<CivilDay> ReadDate(const Property& property, std::string_view text) const;
  Status ReadDates(const std::vector<Property>& properties, std::set<CivilDay>& dates) const;
  Result<days> LengthOf(const Event& event, CivilDay start) const;
  Status Expand(const Property& rule, CivilDay start, std::set<CivilDay>& starts);
  Status AddEvent(const Event& event, const std::set<CivilDay>& replaced, DaySet& set);

  std::string_view text_;
  const std::string_view file_name_;
  int next_line_ = 1;
  std::vector<Property> open_;  // The BEGINs that have no END yet.
  bool seen_calendar_ = false;
  std::vector<Event> events_;
  int occurrences_ = 0;  // Of all rules.
};

// Takes one logical line off the text: a line that begins with a space or a tab goes on with the one before.
std::optional<Property> IcsReader::NextLine() {
  if (text_.empty()) return std::nullopt;
  Property property;
  property.line = next_line_;
  std::string content;
  do {
    const std::size_t end = text_.find('\n');
    std::string_view part = text_.substr(0, end);
    text_.remove_prefix(end == std::string_view::npos ? text_.size() : end + 1);
    if (part.ends_with('\r')) part.remove_suffix(1);
    if (next_line_++ > property.line) part.remove_prefix(1);
    content += part;
  } while (text_.starts_with(' ') || text_.starts_with('\t'));

  std::size_t colon = 0;
  for (bool quoted = false; colon < content.size() && (quoted || content[colon] != ':'); ++colon) {
    if (content[colon] == '"') quoted = !quoted;
  }
  const std::string before = Uppercase(content.substr(0, colon));
  const std::size_t semicolon = before.find(';');
  property.name = before.substr(0, semicolon);
  if (semicolon != std::string::npos) property.parameters = before.substr(semicolon);
  if (colon < content.size()) property.value = content.substr(colon + 1);
  if (colon == content.size() && !content.empty()) property.parameters = "no colon";
  return property;
}

Status IcsReader::ReadBegin(const Property& property) {
  if (open_.empty() && Uppercase(property.value) != "VCALENDAR") return Error(property, "BEGIN:VCALENDAR first");
  seen_calendar_ = true;
  open_.push_back(property);
  if (open_.size() == 2 && Uppercase(property.value) == "VEVENT") events_.emplace_back().line = property.line;
  return Status::Ok();
}

Status IcsReader::ReadEnd(const Property& property) {
  if (open_.empty() || Uppercase(open_.back().value) != Uppercase(property.value)) {
    return Error(property, open_.empty()
                               ? "a BEGIN before it"
                               : Format("END:{} for line {}", Printable(open_.back().value), open_.back().line));
  }
  open_.pop_back();
  return Status::Ok();
}

Status IcsReader::ReadEventProperty(Property property) {
  Event& event = events_.back();
  const auto set_once = [this, &property](std::optional<Property>& slot) {
    if (slot) return Error(property, Format("one {} an event; the first is on line {}", slot->name, slot->line));
    slot = std::move(property);
    return Status::Ok();
  };
  if (property.name == "DTSTART") return set_once(event.start);
  if (property.name == "DTEND") return set_once(event.end);
  if (property.name == "DURATION") return set_once(event.duration);
  if (property.name == "EXRULE") return Error(property, "EXDATE in its place");
  if (property.name == "RECURRENCE-ID") {
    if (property.parameters.find("RANGE=") != std::string::npos) return Error(property, "no RANGE");
    return set_once(event.replaces);
  }
  if (property.name == "UID") event.uid = property.value;
  if (property.name == "STATUS") event.cancelled = Uppercase(property.value) == "CANCELLED";
  if (property.name == "RRULE")
    event.rules.push_back(std::move(property));
  else if (property.name == "RDATE")
    event.more_dates.push_back(std::move(property));
  else if (property.name == "EXDATE")
    event.except_dates.push_back(std::move(property));
  return Status::Ok();
}

Status IcsReader::ReadEvents() {
  if (text_.starts_with("\xef\xbb\xbf")) text_.remove_prefix(3);
  while (std::optional<Property> property = NextLine()) {
    const bool empty = property->name.empty() && property->value.empty();
    if (empty && property->parameters.empty()) continue;
    Status status;
    if (property->name.empty() || property->parameters == "no colon") {
      status = Error(property->line, "expected NAME:VALUE, as in an iCalendar file");
    } else if (property->name == "BEGIN") {
      status = ReadBegin(*property);
    } else if (property->name == "END") {
      status = ReadEnd(*property);
    } else if (open_.empty()) {
      status = Error(*property, "BEGIN:VCALENDAR before it");
    } else if (open_.size() == 2 && Uppercase(open_.back().value) == "VEVENT") {
      status = ReadEventProperty(*std::move(property));
    }
    if (!status.ok()) return status;
  }
  if (!open_.empty()) {
    return Error(open_.back().line, Format("BEGIN:{} has no END", Printable(open_.back().value)));
  }
  return seen_calendar_ ? Status::Ok() : Error(1, "the file is empty: expected BEGIN:VCALENDAR");
}

Result<CivilDay> IcsReader::ReadDate(const Property& property, std::string_view text) const {
  if (text.size() > 8 && text[8] == 'T') {
    return Fail(Error(property, "a date alone, such as 20260101: an event with a time of day is no day of a calendar"));
  }
  const std::optional<int> number = text.size() == 8 ? Number(text) : std::nullopt;
  if (number) {
    const std::chrono::year_month_day date =
        std::chrono::year(*number / 10000) / (*number / 100 % 100) / (*number % 100);
    if (date.ok()) return CivilDay(date);
  }
  return Fail(Error(property, "a date that exists, such as 20260101"));
}

Status IcsReader::ReadDates(const std::vector<Property>& properties, std::set<CivilDay>& dates) const {
  for (const Property& property : properties) {
    for (const std::string_view text : Split(property.value, ',')) {
      const Result<CivilDay> date = ReadDate(property, text);
      if (!date) return date.error();
      dates.insert(*date);
    }
  }
  return Status::Ok();
}

// How many days each occurrence takes.
Result<days> IcsReader::LengthOf(const Event& event, CivilDay start) const {
  if (event.end) {
    const Result<CivilDay> end = ReadDate(*event.end, event.end->value);
    if (!end) return Fail(end.error());
    if (*end < start) return Fail(Error(*event.end, "a date after DTSTART"));
    return std::max(*end - start, days(1));  // Some programs write the one day as its own end.
  }
  if (!event.duration) return days(1);
  const std::string_view text = event.duration->value;
  const bool weeks = text.ends_with('W');
  const std::optional<int> count =
      text.starts_with('P') && (weeks || text.ends_with('D')) ? Number(text.substr(1, text.size() - 2)) : std::nullopt;
  if (!count || *count == 0 || *count > 36600) return Fail(Error(*event.duration, "days or weeks, such as P1D"));
  return days(*count) * (weeks ? 7 : 1);
}

Status IcsReader::Expand(const Property& property, CivilDay start, std::set<CivilDay>& starts) {
  const std::string parts = Uppercase(property.value);
  // RSCALE needs the calendars of ICU. libical tries every second of a day to find those of a rule.
  for (const std::string_view part : {"RSCALE", "BYHOUR", "BYMINUTE", "BYSECOND"}) {
    if (parts.find(part) != std::string::npos) return Error(property, Format("no {}", part));
  }
  const icalrecurrencetype rule = icalrecurrencetype_from_string(property.value.c_str());
  if (rule.freq == ICAL_NO_RECURRENCE) return Error(property, "a rule such as FREQ=YEARLY;BYMONTH=10;BYMONTHDAY=1");
  if (rule.freq < ICAL_DAILY_RECURRENCE) return Error(property, "FREQ=DAILY, WEEKLY, MONTHLY or YEARLY");
  const std::chrono::year_month_day date(start);
  const std::string digits = Format("{:04}{:02}{:02}", static_cast<int>(date.year()),
                                    static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()));
  const icaltimetype first = icaltime_from_string(digits.c_str());
  // There is no iterator for a rule that no day meets.
  const std::unique_ptr<icalrecur_iterator, FreeIterator> iterator(icalrecur_iterator_new(rule, first));
  while (iterator != nullptr) {
    const icaltimetype next = icalrecur_iterator_next(iterator.get());
    if (icaltime_is_null_time(next) != 0) break;
    const CivilDay day{std::chrono::year(next.year) / next.month / next.day};
    if (day > DaySet::kLast) break;
    if (++occurrences_ > kMostOccurrences) {
      return Error(property, Format("no more than {} occurrences in all of the file", kMostOccurrences));
    }
    starts.insert(day);
  }
  return Status::Ok();
}

Status IcsReader::AddEvent(const Event& event, const std::set<CivilDay>& replaced, DaySet& set) {
  if (!event.start)
    return Error(event.line, "this event has no DTSTART: expected one, such as DTSTART;VALUE=DATE:20260101");
  const Result<CivilDay> start = ReadDate(*event.start, event.start->value);
  if (!start) return start.error();
  const Result<days> length = LengthOf(event, *start);
  if (!length) return length.error();
  std::set<CivilDay> starts = {*start};
  std::set<CivilDay> except = replaced;
  for (const Property& rule : event.rules) {
    if (Status status = Expand(rule, *start, starts); !status.ok()) return status;
  }
  if (Status status = ReadDates(event.more_dates, starts); !status.ok()) return status;
  if (Status status = ReadDates(event.except_dates, except); !status.ok()) return status;
  for (const CivilDay day : starts) {
    if (!except.contains(day)) set.Add(day, day + *length - days(1));
  }
  return Status::Ok();
}

Result<DaySet> IcsReader::Read() {
  if (Status status = ReadEvents(); !status.ok()) return Fail(std::move(status));
  std::map<std::string, std::set<CivilDay>> replaced;
  for (const Event& event : events_) {
    if (!event.replaces) continue;
    const Result<CivilDay> day = ReadDate(*event.replaces, event.replaces->value);
    if (!day) return Fail(day.error());
    replaced[event.uid].insert(*day);
  }
  DaySet set;
  for (const Event& event : events_) {
    if (event.cancelled) continue;
    const auto changed = replaced.find(event.uid);
    const bool master = !event.replaces && changed != replaced.end();
    Status status = AddEvent(event, master ? changed->second : std::set<CivilDay>(), set);
    if (!status.ok()) return Fail(std::move(status));
  }
  return set;
}

}  // namespace

Result<DaySet> ReadIcs(std::string_view text, std::string_view file_name) { return IcsReader(text, file_name).Read(); }

}  // namespace rota
