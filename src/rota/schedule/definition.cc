#include "rota/schedule/definition.h"

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/time/format.h"

namespace rota::internal {
namespace {

// A set of weekdays as a cron field: "*", "1-5", "0,6".
std::string WeekdayField(std::uint8_t weekdays) {
  if (weekdays == kAllWeekdays) return "*";
  std::vector<std::string> parts;
  for (unsigned first = 0; first < 7; ++first) {
    if ((weekdays >> first & 1) == 0) continue;
    unsigned last = first;
    while (last < 6 && (weekdays >> (last + 1) & 1) != 0) ++last;
    if (last >= first + 2) {
      parts.push_back(Format("{}-{}", first, last));
      first = last;
    } else {
      parts.push_back(std::to_string(first));
    }
  }
  return Join(parts, ",");
}

void SetTimeOf(CronFields& fields, std::chrono::seconds time) {
  const std::chrono::hh_mm_ss parts(time);
  fields.second = static_cast<int>(parts.seconds().count());
  fields.minute = std::to_string(parts.minutes().count());
  fields.hour = std::to_string(parts.hours().count());
}

}  // namespace

Status Contradiction(std::string_view first, std::string_view second, std::string_view reason) {
  return InvalidArgument("{} and {} contradict each other: {}", first, second, reason);
}

std::string Quote(std::string_view text) { return "\"" + Printable(text) + "\""; }

std::string DurationText(Milliseconds duration) {
  return duration < Milliseconds(0) ? Format("{}ms", duration.count()) : FormatDuration(duration);
}

std::string CallOf(const CalendarChoice& choice) {
  if (choice.nth) return Format("OnBusinessDay({}, {})", *choice.nth, Quote(choice.name));
  constexpr const char* kShifts[] = {"", ", Shift::kNext", ", Shift::kPrevious", ", Shift::kNearest"};
  return Format("{}({}{})", choice.use == CalendarUse::kOn ? "On" : "Except", Quote(choice.name),
                kShifts[static_cast<std::size_t>(choice.shift)]);
}

std::string CallOf(const RetryPolicy& policy) {
  const RetryPolicy usual;
  std::string call = Format("Retry({{.attempts = {}", policy.attempts);
  if (policy.delay != usual.delay) call += Format(", .delay = {}", DurationText(policy.delay));
  if (policy.backoff != usual.backoff) call += ", .backoff = Backoff::kExponential";
  if (policy.max_delay != usual.max_delay) call += Format(", .max_delay = {}", DurationText(policy.max_delay));
  if (policy.jitter != usual.jitter) call += ", .jitter = Jitter::kFull";
  if (!policy.exit_codes.empty()) {
    std::vector<std::string> codes;
    for (const int code : policy.exit_codes) codes.push_back(std::to_string(code));
    call += Format(", .exit_codes = {{{}}}", Join(codes, ", "));
  }
  return call + "})";
}

std::string CallOf(const Parent& parent) {
  constexpr std::array<std::string_view, 3> kEnds = {"", ".OnFailure()", ".OnEnd()"};
  return Format("After({}){}", Quote(parent.task), kEnds.at(static_cast<std::size_t>(parent.on)));
}

std::string CallOf(OverlapPolicy policy) {
  switch (policy) {
    case OverlapPolicy::kSkip:
      return "Overlap(OverlapPolicy::kSkip)";
    case OverlapPolicy::kQueueOne:
      return "Overlap(OverlapPolicy::kQueueOne)";
    case OverlapPolicy::kQueueAll:
      return "Overlap(OverlapPolicy::kQueueAll)";
    case OverlapPolicy::kCancelPrevious:
      return "Overlap(OverlapPolicy::kCancelPrevious)";
    case OverlapPolicy::kAllow:
      return "Overlap(OverlapPolicy::kAllow)";
  }
  return "Overlap(?)";
}

std::string CallOf(const MisfirePolicy& policy) {
  const MisfirePolicy usual;
  const char* what = policy.what == Misfire::kSkip ? "kSkip" : policy.what == Misfire::kRunAll ? "kRunAll" : "kRunOnce";
  std::string call = Format("Misfire({{.what = Misfire::{}", what);
  if (policy.grace) call += Format(", .grace = {}", DurationText(*policy.grace));
  if (policy.max_runs != usual.max_runs) call += Format(", .max_runs = {}", policy.max_runs);
  if (policy.pace != usual.pace) call += Format(", .pace = {}", DurationText(policy.pace));
  return call + "})";
}

std::string CallOf(const OutputFile& file) {
  return Format("{}OutputTo({})", file.mode == OutputFile::Mode::kAppend ? "Append" : "Send", Quote(file.path));
}

std::string CronFields::Text() const {
  // A weekday beside a restricted day of month means both, which cron says with `+`.
  const char* both = day != "*" && weekdays != kAllWeekdays ? "+" : "";
  const std::string text = Format("{} {} {} {} {}{}", minute, hour, day, month, both, WeekdayField(weekdays));
  return second == 0 ? text : Format("{} {}", second, text);
}

Result<std::chrono::seconds> ReadTimeOfDay(std::string_view call, std::string_view text) {
  Result<std::chrono::seconds> time = ParseTimeOfDay(text);
  if (!time) return Fail(InvalidArgument("{}: expected HH:MM, 00:00 to 23:59", call));
  return time;
}

void Definition::Record(std::string_view call) {
  chain += '.';
  chain += call;
}

void Definition::Refuse(std::string_view call, std::string_view expected) {
  if (problem.ok()) problem = InvalidArgument("{}: expected {}", call, expected);
}

void Definition::Contradict(std::string_view first, std::string_view second, std::string_view reason) {
  if (problem.ok()) problem = Contradiction(first, second, reason);
}

void Definition::SetFrequency(std::string call, FrequencyValue value) {
  Record(call);
  if (frequency_) return Contradict(frequency_->call, call, "a task has one frequency");
  frequency_ = {std::move(call), std::move(value)};
}

void Definition::SetDays(std::string call, CronFields fields, std::optional<std::string_view> time) {
  fields.takes_time = !time;
  if (time) {
    const auto read = ReadTimeOfDay(call, *time);
    if (read) {
      SetTimeOf(fields, *read);
    } else if (problem.ok()) {
      problem = read.error();
    }
  }
  SetFrequency(std::move(call), std::move(fields));
}

void Definition::SetTime(std::string call, std::string_view time) {
  Record(call);
  if (time_) return Contradict(time_->call, call, "a task has one time of day; for two use TwiceDaily() or Cron()");
  const auto read = ReadTimeOfDay(call, time);
  if (!read && problem.ok()) problem = read.error();
  time_ = {std::move(call), read.value_or(std::chrono::seconds(0))};
}

void Definition::AddWeekdays(std::string_view call, std::uint8_t weekdays) {
  Record(call);
  weekdays_ |= weekdays;
  if (!weekday_calls_.empty()) weekday_calls_ += '.';
  weekday_calls_ += call;
}

void Definition::AddParent(std::string_view task) {
  const std::string call = CallOf(Parent{std::string(task)});
  Record(call);
  if (Trim(task).empty()) Refuse(call, "the name of a task");
  for (const Parent& other : after) {
    if (other.task == task) Contradict(CallOf(other), call, "a task follows another one once");
  }
  after.push_back({std::string(task)});
  parent_end_call_.clear();
}

void Definition::SetParentEnd(std::string call, ParentEnd end) {
  Record(call);
  if (after.empty()) return Refuse(call, "After(\"a task\") before it, or a function to be called");
  if (!parent_end_call_.empty()) return Contradict(parent_end_call_, call, "After() waits for one end of a task");
  after.back().on = end;
  parent_end_call_ = std::move(call);
}

std::string Definition::TimingCall() const {
  for (const std::string& call : {frequency_ ? frequency_->call : "", time_ ? time_->call : "", weekday_calls_}) {
    if (!call.empty()) return call;
  }
  for (const std::string_view what : {kCalendar, kSpread, kTimeZone, kGapPolicy, kOverlapPolicy}) {
    if (std::string call = CallThatSet(what); !call.empty()) return call;
  }
  if (!attributes.between.empty()) return "Between()";
  return attributes.unless_between.empty() ? "" : "UnlessBetween()";
}

std::string Definition::CallThatSet(std::string_view what) const {
  const auto found = once_calls_.find(what);
  return found == once_calls_.end() ? "" : found->second;
}

void Definition::SetCalendar(std::string call, CalendarChoice choice) {
  SetOnce(attributes.calendar, std::move(call), std::move(choice), kCalendar);
}

Result<Definition::Folded> Definition::Fold() const {
  if (!frequency_ && !time_ && weekdays_ == 0 && !attributes.calendar) {
    return Fail(
        InvalidArgument("no frequency: expected one, such as Daily(), EveryFiveMinutes() or Cron(\"0 2 * * *\")"));
  }
  Folded folded;
  folded.value = CronFields{.takes_time = true};  // At(), weekdays or a calendar alone: whole days.
  if (frequency_) {
    folded.value = frequency_->value;
    folded.call = frequency_->call;
  }
  for (const std::string& call : {folded.call, weekday_calls_, time_ ? time_->call : ""}) {
    if (!call.empty()) folded.calls += (folded.calls.empty() ? "" : ".") + call;
  }

  auto* fields = std::get_if<CronFields>(&folded.value);
  if (time_) {
    if (fields == nullptr || !fields->takes_time) {
      return Fail(Contradiction(frequency_->call, time_->call,
                                "At() gives the time of Daily(), Weekly(), Monthly(), Quarterly(), Yearly() and of "
                                "weekdays"));
    }
    SetTimeOf(*fields, time_->time);
  }
  if (fields == nullptr) {
    if (weekdays_ != 0) folded.weekdays = weekdays_;
    return folded;
  }
  if (weekdays_ != 0 && (fields->weekdays & weekdays_) == 0) {
    return Fail(InvalidArgument("{} and {} never meet: expected {} alone, or WeeklyOn(day, time)", frequency_->call,
                                weekday_calls_, weekday_calls_));
  }
  if (weekdays_ != 0) fields->weekdays &= weekdays_;
  folded.value = CronText{fields->Text()};
  return folded;
}

}  // namespace rota::internal
