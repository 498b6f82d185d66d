#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "rota/base/format.h"
#include "rota/base/instant.h"
#include "rota/base/status.h"
#include "rota/cron/expression.h"
#include "rota/schedule/attributes.h"
#include "rota/schedule/task.h"

namespace rota::internal {

inline constexpr std::uint8_t kAllWeekdays = 0x7f;
inline constexpr std::uint8_t kMondayToFriday = 0x3e;
inline constexpr std::uint8_t kSaturdayAndSunday = 0x41;

// What a task has once, where more than the call that sets it asks for it.
inline constexpr std::string_view kTimeZone = "time zone";
inline constexpr std::string_view kGapPolicy = "policy for DST gaps";
inline constexpr std::string_view kOverlapPolicy = "policy for DST overlaps";
inline constexpr std::string_view kSpread = "spread";
inline constexpr std::string_view kCalendar = "calendar; to have two, define a third as their union or intersection";

// The text as a call in a message shows it: in quotes, on one line.
std::string Quote(std::string_view text);
// The duration as a call in a message shows it. FormatDuration() has no words for negative ones.
std::string DurationText(Milliseconds duration);

// What the named frequencies are made of: the fields of a cron expression, which weekdays and a time can be folded
// into.
struct CronFields {
  int second = 0;
  std::string minute = "0";
  std::string hour = "0";
  std::string day = "*";
  std::string month = "*";
  std::uint8_t weekdays = kAllWeekdays;
  bool takes_time = false;  // Of whole days without a time of its own: At() sets it.

  std::string Text() const;
};
struct CronText {
  std::string text;
  CronDialect dialect = CronDialect::kOcps;
};
struct OnceText {
  std::string text;  // Read in the task's zone.
};
using FrequencyValue = std::variant<CronFields, CronText, Milliseconds, OnceText, WallTime>;

// What one chain of builder calls said. Calls in any order leave the same definition; a call that is wrong by itself
// or contradicts an earlier one leaves a problem, of which the first is kept.
class Definition {
 public:
  explicit Definition(Work what_runs) : work(std::move(what_runs)) {}

  // Each `call` is the call as written: `At("02:00")`.
  void SetFrequency(std::string call, FrequencyValue value);
  // Whole days described by `fields`; At() may give the time where this call does not.
  void SetDays(std::string call, CronFields fields, std::optional<std::string_view> time);
  void SetTime(std::string call, std::string_view time);
  void AddWeekdays(std::string_view call, std::uint8_t weekdays);
  void SetCalendar(std::string call, CalendarChoice choice);
  // Sets what a task has once; `what` names it: "time zone".
  template <typename T>
  void SetOnce(std::optional<T>& slot, std::string call, T value, std::string_view what) {
    Record(call);
    const auto [first, unset] = once_calls_.try_emplace(std::string(what), call);
    if (!unset) return Contradict(first->second, call, Format("a task has one {}", what));
    slot = std::move(value);
  }
  // The call that set it; empty: none did.
  std::string CallThatSet(std::string_view what) const;
  void AddParent(std::string_view task);
  // What the last parent must have come to.
  void SetParentEnd(std::string call, ParentEnd end);
  // A call that says when the task is due, if there is one.
  std::string TimingCall() const;
  // Notes a call that needs no more than that.
  void Record(std::string_view call);
  void Refuse(std::string_view call, std::string_view expected);

  // The frequency with time and weekdays folded into it as far as one cron expression can say them.
  struct Folded {
    FrequencyValue value;  // No CronFields.
    std::uint8_t weekdays = kAllWeekdays;
    std::string call;   // The frequency's call.
    std::string calls;  // All the calls it was made from.
  };
  Result<Folded> Fold() const;

  Work work;
  std::optional<std::string> name;
  std::optional<std::string> description;
  AttributeValues attributes;
  std::vector<Parent> after;
  std::string chain;  // The whole chain as written, for the error about a forgotten Register().
  Status problem;

 private:
  struct FrequencyCall {
    std::string call;
    FrequencyValue value;
  };
  struct TimeCall {
    std::string call;
    std::chrono::seconds time;
  };
  void Contradict(std::string_view first, std::string_view second, std::string_view reason);

  std::optional<FrequencyCall> frequency_;
  std::optional<TimeCall> time_;
  std::uint8_t weekdays_ = 0;
  std::string weekday_calls_;
  std::string parent_end_call_;                                 // Of the last parent.
  std::map<std::string, std::string, std::less<>> once_calls_;  // By what they set.
};

// Two calls that cannot both be meant.
Status Contradiction(std::string_view first, std::string_view second, std::string_view reason);

// The call that makes this choice: `On("cn", Shift::kNext)`.
std::string CallOf(const CalendarChoice& choice);

// The call that gives a task this parent: `After("extract").OnFailure()`.
std::string CallOf(const Parent& parent);

// The calls that set these policies: `Retry({.attempts = 3, .delay = 10s})`.
std::string CallOf(const RetryPolicy& policy);
std::string CallOf(OverlapPolicy policy);
std::string CallOf(const MisfirePolicy& policy);

// The call that sets this file: `AppendOutputTo("var/log/backup.log")`.
std::string CallOf(const OutputFile& file);

// Reads a time of day of a builder's call. The error says what was expected.
Result<std::chrono::seconds> ReadTimeOfDay(std::string_view call, std::string_view text);

}  // namespace rota::internal
