#include "rota/schedule/task_builder.h"

#include <algorithm>
#include <array>
#include <exception>

#include "rota/base/check.h"
#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/schedule/definition.h"
#include "rota/schedule/task_set.h"
#include "rota/time/format.h"

namespace rota {

using internal::CronFields;
using internal::CronText;
using internal::OnceText;
using internal::Quote;
using std::chrono::seconds;

struct TaskBuilder::Chain {
  internal::Definition definition;
  Attributes outer;
  std::shared_ptr<internal::TaskSet> tasks;
  int exceptions = std::uncaught_exceptions();
};

namespace {

// Every call that gives whole days may give their time too.
using Time = std::optional<std::string_view>;

std::string Begin(const Work& work) {
  if (const auto* call = std::get_if<FunctionCall>(&work)) return Format("Call({}, …)", Quote(call->id));
  if (const auto* shell = std::get_if<ShellCall>(&work)) return Format("Shell({})", Quote(shell->line));
  if (const auto* http = std::get_if<HttpCall>(&work)) {
    return Format("Http({}, {})", Quote(http->method), Quote(MaskedUrl(http->url)));
  }
  return Format("{}({})", std::holds_alternative<ExecCall>(work) ? "Exec" : "Command", Quote(Describe(work)));
}

std::string Call(std::string_view name, std::vector<std::string> arguments, Time time = std::nullopt) {
  if (time) arguments.push_back(Quote(*time));
  return Format("{}({})", name, Join(arguments, ", "));
}

std::string Call(std::string_view name, const std::vector<int>& numbers, Time time = std::nullopt) {
  std::vector<std::string> arguments;
  for (const int number : numbers) arguments.push_back(std::to_string(number));
  return Call(name, std::move(arguments), time);
}

bool AllWithin(const std::vector<int>& numbers, int low, int high) {
  return !numbers.empty() && std::ranges::all_of(numbers, [&](int number) { return low <= number && number <= high; });
}

std::string List(std::vector<int> numbers) {
  std::ranges::sort(numbers);
  numbers.erase(std::unique(numbers.begin(), numbers.end()), numbers.end());
  std::vector<std::string> texts;
  for (const int number : numbers) texts.push_back(std::to_string(number));
  return Join(texts, ",");
}

bool IsWeekday(Weekday day) { return static_cast<unsigned>(day) <= 6; }

std::string WeekdayName(Weekday day) {
  constexpr std::array<std::string_view, 7> kNames = {"kSunday",   "kMonday", "kTuesday", "kWednesday",
                                                      "kThursday", "kFriday", "kSaturday"};
  if (!IsWeekday(day)) return Format("Weekday({})", static_cast<int>(day));
  return Format("Weekday::{}", kNames[static_cast<std::size_t>(day)]);
}

std::string_view GapName(DstGap gap) {
  if (gap == DstGap::kRunAfter) return "kRunAfter";
  return gap == DstGap::kSkip ? "kSkip" : "kRunBefore";
}
std::string_view OverlapName(DstOverlap overlap) {
  if (overlap == DstOverlap::kFirst) return "kFirst";
  return overlap == DstOverlap::kSecond ? "kSecond" : "kBoth";
}

std::uint8_t Mask(Weekday day) { return static_cast<std::uint8_t>(1u << static_cast<unsigned>(day)); }

}  // namespace

TaskBuilder::TaskBuilder(std::shared_ptr<internal::TaskSet> tasks, Attributes outer, Work work)
    : chain_(new Chain{internal::Definition(std::move(work)), std::move(outer), std::move(tasks)}) {}

TaskBuilder::TaskBuilder(TaskBuilder&&) noexcept = default;

TaskBuilder& TaskBuilder::operator=(TaskBuilder&& other) noexcept {
  TaskBuilder ended(std::move(*this));  // Noted as forgotten, like any chain that is dropped.
  chain_ = std::move(other.chain_);
  return *this;
}

TaskBuilder::~TaskBuilder() {
  // A chain that an exception cut short was not forgotten: the exception tells.
  if (!chain_ || std::uncaught_exceptions() > chain_->exceptions) return;
  try {
    chain_->tasks->Forget(Begin(chain_->definition.work) + chain_->definition.chain);
  } catch (const std::bad_alloc&) {  // NOLINT(bugprone-empty-catch): out of memory, the program has worse to report.
  }
}

TaskBuilder::Chain& TaskBuilder::chain() {
  ROTA_CHECK(chain_ != nullptr, "the chain of this TaskBuilder has ended or was moved from");
  return *chain_;
}

Result<TaskId> TaskBuilder::TryRegister() && {
  chain();
  const std::unique_ptr<Chain> ended = std::move(chain_);
  return ended->tasks->Add(std::move(ended->definition), ended->outer.values());
}

void TaskBuilder::Register() && {
  const Result<TaskId> id = std::move(*this).TryRegister();
  if (!id) throw ScheduleError(id.error().message());
}

void TaskBuilder::Discard() && { chain_.reset(); }

TaskBuilder TaskBuilder::EverySecond() && {
  chain().definition.SetFrequency("EverySecond()", seconds(1));
  return std::move(*this);
}

TaskBuilder TaskBuilder::EveryTwoSeconds() && {
  chain().definition.SetFrequency("EveryTwoSeconds()", seconds(2));
  return std::move(*this);
}

TaskBuilder TaskBuilder::EveryFiveSeconds() && {
  chain().definition.SetFrequency("EveryFiveSeconds()", seconds(5));
  return std::move(*this);
}

TaskBuilder TaskBuilder::EveryTenSeconds() && {
  chain().definition.SetFrequency("EveryTenSeconds()", seconds(10));
  return std::move(*this);
}

TaskBuilder TaskBuilder::EveryFifteenSeconds() && {
  chain().definition.SetFrequency("EveryFifteenSeconds()", seconds(15));
  return std::move(*this);
}

TaskBuilder TaskBuilder::EveryTwentySeconds() && {
  chain().definition.SetFrequency("EveryTwentySeconds()", seconds(20));
  return std::move(*this);
}

TaskBuilder TaskBuilder::EveryThirtySeconds() && {
  chain().definition.SetFrequency("EveryThirtySeconds()", seconds(30));
  return std::move(*this);
}

TaskBuilder TaskBuilder::Every(Milliseconds period) && {
  chain().definition.SetFrequency(Format("Every({})", internal::DurationText(period)), period);
  return std::move(*this);
}

TaskBuilder TaskBuilder::EveryMinute() && {
  chain().definition.SetFrequency("EveryMinute()", CronFields{.minute = "*", .hour = "*"});
  return std::move(*this);
}

TaskBuilder TaskBuilder::EveryTwoMinutes() && {
  chain().definition.SetFrequency("EveryTwoMinutes()", CronFields{.minute = "*/2", .hour = "*"});
  return std::move(*this);
}

TaskBuilder TaskBuilder::EveryThreeMinutes() && {
  chain().definition.SetFrequency("EveryThreeMinutes()", CronFields{.minute = "*/3", .hour = "*"});
  return std::move(*this);
}

TaskBuilder TaskBuilder::EveryFourMinutes() && {
  chain().definition.SetFrequency("EveryFourMinutes()", CronFields{.minute = "*/4", .hour = "*"});
  return std::move(*this);
}

TaskBuilder TaskBuilder::EveryFiveMinutes() && {
  chain().definition.SetFrequency("EveryFiveMinutes()", CronFields{.minute = "*/5", .hour = "*"});
  return std::move(*this);
}

TaskBuilder TaskBuilder::EveryTenMinutes() && {
  chain().definition.SetFrequency("EveryTenMinutes()", CronFields{.minute = "*/10", .hour = "*"});
  return std::move(*this);
}

TaskBuilder TaskBuilder::EveryFifteenMinutes() && {
  chain().definition.SetFrequency("EveryFifteenMinutes()", CronFields{.minute = "*/15", .hour = "*"});
  return std::move(*this);
}

TaskBuilder TaskBuilder::EveryThirtyMinutes() && {
  chain().definition.SetFrequency("EveryThirtyMinutes()", CronFields{.minute = "*/30", .hour = "*"});
  return std::move(*this);
}

TaskBuilder TaskBuilder::Hourly() && {
  chain().definition.SetFrequency("Hourly()", CronFields{.hour = "*"});
  return std::move(*this);
}

TaskBuilder TaskBuilder::HourlyAt(std::vector<int> minutes) && {
  const std::string call = Call("HourlyAt", minutes);
  if (!AllWithin(minutes, 0, 59)) chain().definition.Refuse(call, "minutes 0 to 59");
  chain().definition.SetFrequency(call, CronFields{.minute = List(std::move(minutes)), .hour = "*"});
  return std::move(*this);
}

TaskBuilder TaskBuilder::EveryOddHour() && {
  chain().definition.SetFrequency("EveryOddHour()", CronFields{.hour = "1-23/2"});
  return std::move(*this);
}

TaskBuilder TaskBuilder::EveryTwoHours() && {
  chain().definition.SetFrequency("EveryTwoHours()", CronFields{.hour = "*/2"});
  return std::move(*this);
}

TaskBuilder TaskBuilder::EveryThreeHours() && {
  chain().definition.SetFrequency("EveryThreeHours()", CronFields{.hour = "*/3"});
  return std::move(*this);
}

TaskBuilder TaskBuilder::EveryFourHours() && {
  chain().definition.SetFrequency("EveryFourHours()", CronFields{.hour = "*/4"});
  return std::move(*this);
}

TaskBuilder TaskBuilder::EverySixHours() && {
  chain().definition.SetFrequency("EverySixHours()", CronFields{.hour = "*/6"});
  return std::move(*this);
}

TaskBuilder TaskBuilder::Daily() && {
  chain().definition.SetDays("Daily()", CronFields(), std::nullopt);
  return std::move(*this);
}

TaskBuilder TaskBuilder::DailyAt(std::string_view time) && {
  chain().definition.SetDays(Call("DailyAt", std::vector<int>(), time), CronFields(), time);
  return std::move(*this);
}

TaskBuilder TaskBuilder::TwiceDaily(int first_hour, int second_hour) && {
  const std::string call = Call("TwiceDaily", std::vector<int>{first_hour, second_hour});
  if (!AllWithin({first_hour, second_hour}, 0, 23) || first_hour == second_hour) {
    chain().definition.Refuse(call, "two different hours 0 to 23");
  }
  chain().definition.SetFrequency(call, CronFields{.hour = List({first_hour, second_hour})});
  return std::move(*this);
}

TaskBuilder TaskBuilder::TwiceDailyAt(int first_hour, int second_hour, int minute) && {
  const std::string call = Call("TwiceDailyAt", std::vector<int>{first_hour, second_hour, minute});
  if (!AllWithin({first_hour, second_hour}, 0, 23) || first_hour == second_hour || !AllWithin({minute}, 0, 59)) {
    chain().definition.Refuse(call, "two different hours 0 to 23 and a minute 0 to 59");
  }
  chain().definition.SetFrequency(
      call, CronFields{.minute = std::to_string(minute), .hour = List({first_hour, second_hour})});
  return std::move(*this);
}

TaskBuilder TaskBuilder::Weekly() && {
  chain().definition.SetDays("Weekly()", CronFields{.weekdays = Mask(Weekday::kSunday)}, std::nullopt);
  return std::move(*this);
}

TaskBuilder TaskBuilder::WeeklyOn(Weekday day, Time time) && {
  std::string call = Call("WeeklyOn", {WeekdayName(day)}, time);
  if (!IsWeekday(day)) chain().definition.Refuse(call, "Weekday::kSunday to Weekday::kSaturday");
  chain().definition.SetDays(std::move(call), CronFields{.weekdays = Mask(day)}, time);
  return std::move(*this);
}

TaskBuilder TaskBuilder::Monthly() && {
  chain().definition.SetDays("Monthly()", CronFields{.day = "1"}, std::nullopt);
  return std::move(*this);
}

TaskBuilder TaskBuilder::MonthlyOn(int day, Time time) && {
  std::string call = Call("MonthlyOn", std::vector<int>{day}, time);
  if (!(AllWithin({day}, 1, 31))) chain().definition.Refuse(call, "a day 1 to 31");
  chain().definition.SetDays(std::move(call), CronFields{.day = std::to_string(day)}, time);
  return std::move(*this);
}

TaskBuilder TaskBuilder::TwiceMonthly(int first_day, int second_day, Time time) && {
  std::string call = Call("TwiceMonthly", std::vector<int>{first_day, second_day}, time);
  if (!(AllWithin({first_day, second_day}, 1, 31) && first_day != second_day))
    chain().definition.Refuse(call, "two different days 1 to 31");
  chain().definition.SetDays(std::move(call), CronFields{.day = List({first_day, second_day})}, time);
  return std::move(*this);
}

TaskBuilder TaskBuilder::LastDayOfMonth(Time time) && {
  chain().definition.SetDays(Call("LastDayOfMonth", std::vector<int>(), time), CronFields{.day = "L"}, time);
  return std::move(*this);
}

TaskBuilder TaskBuilder::DaysOfMonth(std::vector<int> days) && {
  const std::string call = Call("DaysOfMonth", days);
  if (!AllWithin(days, 1, 31)) chain().definition.Refuse(call, "days 1 to 31");
  chain().definition.SetDays(call, CronFields{.day = List(std::move(days))}, std::nullopt);
  return std::move(*this);
}

TaskBuilder TaskBuilder::Quarterly() && {
  chain().definition.SetDays("Quarterly()", CronFields{.day = "1", .month = "1,4,7,10"}, std::nullopt);
  return std::move(*this);
}

TaskBuilder TaskBuilder::QuarterlyOn(int day, Time time) && {
  std::string call = Call("QuarterlyOn", std::vector<int>{day}, time);
  if (!(AllWithin({day}, 1, 31))) chain().definition.Refuse(call, "a day 1 to 31");
  chain().definition.SetDays(std::move(call), CronFields{.day = std::to_string(day), .month = "1,4,7,10"}, time);
  return std::move(*this);
}

TaskBuilder TaskBuilder::Yearly() && {
  chain().definition.SetDays("Yearly()", CronFields{.day = "1", .month = "1"}, std::nullopt);
  return std::move(*this);
}

TaskBuilder TaskBuilder::YearlyOn(int month, int day, Time time) && {
  std::string call = Call("YearlyOn", std::vector<int>{month, day}, time);
  if (!(AllWithin({month}, 1, 12) && AllWithin({day}, 1, 31)))
    chain().definition.Refuse(call, "a month 1 to 12 and a day 1 to 31");
  chain().definition.SetDays(std::move(call), CronFields{.day = std::to_string(day), .month = std::to_string(month)},
                             time);
  return std::move(*this);
}

TaskBuilder TaskBuilder::At(std::string_view time) && {
  chain().definition.SetTime(Format("At({})", Quote(time)), time);
  return std::move(*this);
}

TaskBuilder TaskBuilder::Weekdays() && {
  chain().definition.AddWeekdays("Weekdays()", internal::kMondayToFriday);
  return std::move(*this);
}

TaskBuilder TaskBuilder::Weekends() && {
  chain().definition.AddWeekdays("Weekends()", internal::kSaturdayAndSunday);
  return std::move(*this);
}

TaskBuilder TaskBuilder::Mondays() && {
  chain().definition.AddWeekdays("Mondays()", Mask(Weekday::kMonday));
  return std::move(*this);
}

TaskBuilder TaskBuilder::Tuesdays() && {
  chain().definition.AddWeekdays("Tuesdays()", Mask(Weekday::kTuesday));
  return std::move(*this);
}

TaskBuilder TaskBuilder::Wednesdays() && {
  chain().definition.AddWeekdays("Wednesdays()", Mask(Weekday::kWednesday));
  return std::move(*this);
}

TaskBuilder TaskBuilder::Thursdays() && {
  chain().definition.AddWeekdays("Thursdays()", Mask(Weekday::kThursday));
  return std::move(*this);
}

TaskBuilder TaskBuilder::Fridays() && {
  chain().definition.AddWeekdays("Fridays()", Mask(Weekday::kFriday));
  return std::move(*this);
}

TaskBuilder TaskBuilder::Saturdays() && {
  chain().definition.AddWeekdays("Saturdays()", Mask(Weekday::kSaturday));
  return std::move(*this);
}

TaskBuilder TaskBuilder::Sundays() && {
  chain().definition.AddWeekdays("Sundays()", Mask(Weekday::kSunday));
  return std::move(*this);
}

TaskBuilder TaskBuilder::Days(std::vector<Weekday> days) && {
  std::vector<std::string> names;
  std::uint8_t mask = 0;
  for (const Weekday day : days) {
    names.push_back(WeekdayName(day));
    if (IsWeekday(day)) mask |= Mask(day);
  }
  const std::string call = Call("Days", std::move(names));
  if (days.empty() || !std::ranges::all_of(days, IsWeekday)) {
    chain().definition.Refuse(call, "weekdays, Weekday::kSunday to Weekday::kSaturday");
  }
  chain().definition.AddWeekdays(call, mask);
  return std::move(*this);
}

TaskBuilder TaskBuilder::Cron(std::string_view expression, CronDialect dialect) && {
  const char* quartz = dialect == CronDialect::kQuartz ? ", CronDialect::kQuartz" : "";
  chain().definition.SetFrequency(Format("Cron({}{})", Quote(expression), quartz),
                                  CronText{std::string(expression), dialect});
  return std::move(*this);
}

TaskBuilder TaskBuilder::OnceAt(std::string_view time) && {
  chain().definition.SetFrequency(Format("OnceAt({})", Quote(time)), OnceText{std::string(time)});
  return std::move(*this);
}

TaskBuilder TaskBuilder::OnceAt(WallTime at) && {
  chain().definition.SetFrequency(Format("OnceAt({})", FormatInstant(at)), at);
  return std::move(*this);
}

TaskBuilder TaskBuilder::Between(std::string_view from, std::string_view to) && {
  chain().definition.Record(Format("Between({}, {})", Quote(from), Quote(to)));
  chain().definition.attributes.between.emplace_back(from, to);
  return std::move(*this);
}

TaskBuilder TaskBuilder::UnlessBetween(std::string_view from, std::string_view to) && {
  chain().definition.Record(Format("UnlessBetween({}, {})", Quote(from), Quote(to)));
  chain().definition.attributes.unless_between.emplace_back(from, to);
  return std::move(*this);
}

TaskBuilder TaskBuilder::On(std::string_view calendar, Shift shift) && {
  const CalendarChoice choice = {std::string(calendar), CalendarUse::kOn, shift};
  chain().definition.SetCalendar(internal::CallOf(choice), choice);
  return std::move(*this);
}

TaskBuilder TaskBuilder::Except(std::string_view calendar, Shift shift) && {
  const CalendarChoice choice = {std::string(calendar), CalendarUse::kExcept, shift};
  chain().definition.SetCalendar(internal::CallOf(choice), choice);
  return std::move(*this);
}

TaskBuilder TaskBuilder::OnBusinessDay(int n, std::string_view calendar) && {
  const CalendarChoice choice = {.name = std::string(calendar), .nth = n};
  const std::string call = internal::CallOf(choice);
  if (n == 0 || n < -31 || n > 31) chain().definition.Refuse(call, "1 to 31, or -1 to -31 from the end of the month");
  chain().definition.SetCalendar(call, choice);
  return std::move(*this);
}

TaskBuilder TaskBuilder::OnLastBusinessDay(std::string_view calendar) && {
  chain().definition.SetCalendar(Format("OnLastBusinessDay({})", Quote(calendar)),
                                 {.name = std::string(calendar), .nth = -1});
  return std::move(*this);
}

TaskBuilder TaskBuilder::Spread(Milliseconds range) && {
  internal::Definition& definition = chain().definition;
  definition.SetOnce(definition.attributes.spread, Format("Spread({})", internal::DurationText(range)), range,
                     internal::kSpread);
  return std::move(*this);
}

TaskBuilder TaskBuilder::Timezone(std::string_view zone) && {
  internal::Definition& definition = chain().definition;
  definition.SetOnce(definition.attributes.timezone, Format("Timezone({})", Quote(zone)), std::string(zone),
                     internal::kTimeZone);
  return std::move(*this);
}

TaskBuilder TaskBuilder::OnDstGap(DstGap policy) && {
  internal::Definition& definition = chain().definition;
  definition.SetOnce(definition.attributes.dst.gap, Format("OnDstGap(DstGap::{})", GapName(policy)), policy,
                     internal::kGapPolicy);
  return std::move(*this);
}

TaskBuilder TaskBuilder::OnDstOverlap(DstOverlap policy) && {
  internal::Definition& definition = chain().definition;
  definition.SetOnce(definition.attributes.dst.overlap, Format("OnDstOverlap(DstOverlap::{})", OverlapName(policy)),
                     policy, internal::kOverlapPolicy);
  return std::move(*this);
}

TaskBuilder TaskBuilder::Environments(std::vector<std::string> environments) && {
  std::vector<std::string> names;
  for (const std::string& name : environments) names.push_back(Quote(name));
  chain().definition.Record(Call("Environments", std::move(names)));
  auto& all = chain().definition.attributes.environments;
  if (!all) all.emplace();
  all->insert(all->end(), environments.begin(), environments.end());
  return std::move(*this);
}

TaskBuilder TaskBuilder::When(std::function<bool()> condition) && {
  chain().definition.Record("When(…)");
  chain().definition.attributes.when.push_back(std::move(condition));
  return std::move(*this);
}

TaskBuilder TaskBuilder::Skip(std::function<bool()> condition) && {
  chain().definition.Record("Skip(…)");
  chain().definition.attributes.skip.push_back(std::move(condition));
  return std::move(*this);
}

TaskBuilder TaskBuilder::After(std::string_view task) && {
  chain().definition.AddParent(task);
  return std::move(*this);
}

TaskBuilder TaskBuilder::OnSuccess() && {
  chain().definition.SetParentEnd("OnSuccess()", ParentEnd::kSuccess);
  return std::move(*this);
}

TaskBuilder TaskBuilder::OnFailure() && {
  chain().definition.SetParentEnd("OnFailure()", ParentEnd::kFail);
  return std::move(*this);
}

TaskBuilder TaskBuilder::OnEnd() && {
  chain().definition.SetParentEnd("OnEnd()", ParentEnd::kEnd);
  return std::move(*this);
}

TaskBuilder TaskBuilder::AddHook(Hook hook) && {
  chain().definition.Record(CallOf(hook));
  chain().definition.attributes.hooks.push_back(std::move(hook));
  return std::move(*this);
}

TaskBuilder TaskBuilder::Before(HookFunction hook, Milliseconds timeout) && {
  return std::move(*this).AddHook({HookPoint::kStart, std::move(hook), timeout});
}

TaskBuilder TaskBuilder::After(HookFunction hook, Milliseconds timeout) && {
  return std::move(*this).AddHook({HookPoint::kEnd, std::move(hook), timeout});
}

TaskBuilder TaskBuilder::OnSuccess(HookFunction hook, Milliseconds timeout) && {
  return std::move(*this).AddHook({HookPoint::kSuccess, std::move(hook), timeout});
}

TaskBuilder TaskBuilder::OnFailure(HookFunction hook, Milliseconds timeout) && {
  return std::move(*this).AddHook({HookPoint::kFail, std::move(hook), timeout});
}

TaskBuilder TaskBuilder::OnSkipped(HookFunction hook, Milliseconds timeout) && {
  return std::move(*this).AddHook({HookPoint::kSkipped, std::move(hook), timeout});
}

TaskBuilder TaskBuilder::OnMissed(HookFunction hook, Milliseconds timeout) && {
  return std::move(*this).AddHook({HookPoint::kMissed, std::move(hook), timeout});
}

TaskBuilder TaskBuilder::OnLost(HookFunction hook, Milliseconds timeout) && {
  return std::move(*this).AddHook({HookPoint::kLost, std::move(hook), timeout});
}

TaskBuilder TaskBuilder::Ping(HookPoint point, std::string_view url, Milliseconds timeout) && {
  return std::move(*this).AddHook({point, std::string(url), timeout});
}

TaskBuilder TaskBuilder::Unique() && {
  chain().definition.Record("Unique()");
  chain().definition.attributes.unique = true;
  return std::move(*this);
}

TaskBuilder TaskBuilder::WithoutOverlapping() && {
  chain().definition.Record("WithoutOverlapping()");
  chain().definition.attributes.without_overlapping = true;
  return std::move(*this);
}

TaskBuilder TaskBuilder::EvenInMaintenanceMode() && {
  chain().definition.Record("EvenInMaintenanceMode()");
  chain().definition.attributes.even_in_maintenance_mode = true;
  return std::move(*this);
}

TaskBuilder TaskBuilder::LockTimeout(Milliseconds timeout) && {
  internal::Definition& definition = chain().definition;
  definition.SetOnce(definition.attributes.lock_timeout, Format("LockTimeout({})", internal::DurationText(timeout)),
                     timeout, "lock timeout");
  return std::move(*this);
}

TaskBuilder TaskBuilder::Timeout(Milliseconds timeout) && {
  internal::Definition& definition = chain().definition;
  definition.SetOnce(definition.attributes.timeout, Format("Timeout({})", internal::DurationText(timeout)), timeout,
                     "timeout");
  return std::move(*this);
}

TaskBuilder TaskBuilder::KillAfter(Milliseconds delay) && {
  internal::Definition& definition = chain().definition;
  definition.SetOnce(definition.attributes.kill_after, Format("KillAfter({})", internal::DurationText(delay)), delay,
                     "delay before the kill");
  return std::move(*this);
}

TaskBuilder TaskBuilder::Retry(RetryPolicy policy) && {
  internal::Definition& definition = chain().definition;
  std::string call = internal::CallOf(policy);
  definition.SetOnce(definition.attributes.retry, std::move(call), std::move(policy), "retry policy");
  return std::move(*this);
}

TaskBuilder TaskBuilder::Overlap(OverlapPolicy policy) && {
  internal::Definition& definition = chain().definition;
  definition.SetOnce(definition.attributes.overlap, internal::CallOf(policy), policy, "overlap policy");
  return std::move(*this);
}

TaskBuilder TaskBuilder::Misfire(MisfirePolicy policy) && {
  internal::Definition& definition = chain().definition;
  definition.SetOnce(definition.attributes.misfire, internal::CallOf(policy), policy, "misfire policy");
  return std::move(*this);
}

TaskBuilder TaskBuilder::AtLeastOnce() && {
  chain().definition.Record("AtLeastOnce()");
  chain().definition.attributes.at_least_once = true;
  return std::move(*this);
}

TaskBuilder TaskBuilder::OnStoreOutage(StoreOutage policy) && {
  internal::Definition& definition = chain().definition;
  const char* name = policy == StoreOutage::kOpen ? "kOpen" : "kClosed";
  definition.SetOnce(definition.attributes.store_outage, Format("OnStoreOutage(StoreOutage::{})", name), policy,
                     "policy for store outages");
  return std::move(*this);
}

TaskBuilder TaskBuilder::Pool(std::string_view name) && {
  internal::Definition& definition = chain().definition;
  definition.SetOnce(definition.attributes.pool, Format("Pool({})", Quote(name)), std::string(name), "pool");
  return std::move(*this);
}

TaskBuilder TaskBuilder::Priority(int priority) && {
  internal::Definition& definition = chain().definition;
  definition.SetOnce(definition.attributes.priority, Format("Priority({})", priority), priority, "priority");
  return std::move(*this);
}

TaskBuilder TaskBuilder::Isolated() && {
  chain().definition.Record("Isolated()");
  chain().definition.attributes.isolated = true;
  return std::move(*this);
}

TaskBuilder TaskBuilder::SendOutputTo(std::string_view path) && {
  internal::Definition& definition = chain().definition;
  const OutputFile file = {std::string(path), OutputFile::Mode::kReplace};
  definition.SetOnce(definition.attributes.output, internal::CallOf(file), file, "file for its output");
  return std::move(*this);
}

TaskBuilder TaskBuilder::AppendOutputTo(std::string_view path) && {
  internal::Definition& definition = chain().definition;
  const OutputFile file = {std::string(path), OutputFile::Mode::kAppend};
  definition.SetOnce(definition.attributes.output, internal::CallOf(file), file, "file for its output");
  return std::move(*this);
}

TaskBuilder TaskBuilder::Name(std::string_view name) && {
  internal::Definition& definition = chain().definition;
  definition.SetOnce(definition.name, Format("Name({})", Quote(name)), std::string(name), "name");
  return std::move(*this);
}

TaskBuilder TaskBuilder::Description(std::string_view description) && {
  internal::Definition& definition = chain().definition;
  definition.SetOnce(definition.description, Format("Description({})", Quote(description)), std::string(description),
                     "description");
  return std::move(*this);
}

TaskBuilder TaskBuilder::Tag(std::string_view tag) && {
  chain().definition.Record(Format("Tag({})", Quote(tag)));
  chain().definition.attributes.tags.emplace_back(tag);
  return std::move(*this);
}

}  // namespace rota
