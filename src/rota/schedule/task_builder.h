#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rota/base/instant.h"
#include "rota/base/status.h"
#include "rota/schedule/attributes.h"
#include "rota/schedule/task.h"

namespace rota {

namespace internal {
class TaskSet;
}  // namespace internal

// A wrong definition: thrown by Register(). what() names the task, the call, the value and what was expected.
class ScheduleError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// One task in the making: a chain of calls, in any order, that ends with Register().
//
//   scheduler.Command("report:send").Weekdays().At("13:00").Timezone("Europe/Berlin").Unique().Register();
//   scheduler.Command("cache:clear").EveryTenMinutes().Between("08:00", "18:00").Register();
//
// Calls only collect; Register() checks. A task has one frequency: a second one, or an At() beside a frequency that
// has its own times, is a contradiction and refused with both calls named. A chain that is dropped without Register()
// draws a compiler warning, and makes Scheduler::Build() fail.
//
// Times of day are "HH:MM" or "HH:MM:SS". Thread-compatible.
class [[nodiscard]] TaskBuilder {
 public:
  TaskBuilder(TaskBuilder&&) noexcept;
  TaskBuilder& operator=(TaskBuilder&&) noexcept;
  ~TaskBuilder();

  // Ends the chain. Register() throws ScheduleError when the definition is wrong: a mistake in the program.
  // TryRegister() returns it, for definitions that come from files and people.
  void Register() &&;
  [[nodiscard]] Result<TaskId> TryRegister() &&;
  // Ends the chain without a task.
  void Discard() &&;

  // Intervals, anchored to the epoch: all servers compute the same instants.
  TaskBuilder EverySecond() &&;
  TaskBuilder EveryTwoSeconds() &&;
  TaskBuilder EveryFiveSeconds() &&;
  TaskBuilder EveryTenSeconds() &&;
  TaskBuilder EveryFifteenSeconds() &&;
  TaskBuilder EveryTwentySeconds() &&;
  TaskBuilder EveryThirtySeconds() &&;
  TaskBuilder Every(Milliseconds period) &&;  // 1 ms to 366 days.

  // Parts of the hour and of the day, on the zone's wall clock.
  TaskBuilder EveryMinute() &&;
  TaskBuilder EveryTwoMinutes() &&;
  TaskBuilder EveryThreeMinutes() &&;
  TaskBuilder EveryFourMinutes() &&;
  TaskBuilder EveryFiveMinutes() &&;
  TaskBuilder EveryTenMinutes() &&;
  TaskBuilder EveryFifteenMinutes() &&;
  TaskBuilder EveryThirtyMinutes() &&;
  TaskBuilder Hourly() &&;
  TaskBuilder HourlyAt(std::vector<int> minutes) &&;
  template <std::same_as<int>... More>
  TaskBuilder HourlyAt(int minute, More... more) && {
    return std::move(*this).HourlyAt(std::vector<int>{minute, more...});
  }
  TaskBuilder EveryOddHour() &&;
  TaskBuilder EveryTwoHours() &&;
  TaskBuilder EveryThreeHours() &&;
  TaskBuilder EveryFourHours() &&;
  TaskBuilder EverySixHours() &&;

  // Days. Without a time: 00:00, or what At() says. A month without the day has no instant in it.
  TaskBuilder Daily() &&;
  TaskBuilder DailyAt(std::string_view time) &&;
  TaskBuilder TwiceDaily(int first_hour = 1, int second_hour = 13) &&;
  TaskBuilder TwiceDailyAt(int first_hour, int second_hour, int minute) &&;
  TaskBuilder Weekly() &&;  // Sunday.
  TaskBuilder WeeklyOn(Weekday day, std::optional<std::string_view> time = std::nullopt) &&;
  TaskBuilder Monthly() &&;  // The 1st.
  TaskBuilder MonthlyOn(int day, std::optional<std::string_view> time = std::nullopt) &&;
  TaskBuilder TwiceMonthly(int first_day = 1, int second_day = 16,
                           std::optional<std::string_view> time = std::nullopt) &&;
  TaskBuilder LastDayOfMonth(std::optional<std::string_view> time = std::nullopt) &&;
  TaskBuilder DaysOfMonth(std::vector<int> days) &&;
  TaskBuilder Quarterly() &&;  // The 1st of January, April, July and October.
  TaskBuilder QuarterlyOn(int day, std::optional<std::string_view> time = std::nullopt) &&;
  TaskBuilder Yearly() &&;  // The 1st of January.
  TaskBuilder YearlyOn(int month, int day, std::optional<std::string_view> time = std::nullopt) &&;
  // The time of the days above. Alone: daily.
  TaskBuilder At(std::string_view time) &&;

  // Weekdays. Alone: those days at 00:00, or At(). With a frequency: only its instants on those days. They add up.
  TaskBuilder Weekdays() &&;  // Monday to Friday.
  TaskBuilder Weekends() &&;
  TaskBuilder Mondays() &&;
  TaskBuilder Tuesdays() &&;
  TaskBuilder Wednesdays() &&;
  TaskBuilder Thursdays() &&;
  TaskBuilder Fridays() &&;
  TaskBuilder Saturdays() &&;
  TaskBuilder Sundays() &&;
  TaskBuilder Days(std::vector<Weekday> days) &&;

  // An expression, `@every 90s`, or `@reboot`: once, when the server starts. `H` stands for a value made from the
  // task's id; CRON_TZ=ZONE before it all is a Timezone().
  TaskBuilder Cron(std::string_view expression, CronDialect dialect = CronDialect::kOcps) &&;
  // Once, at a date and time in the task's zone ("2026-03-07 02:00") or at an instant. In the past: never again.
  TaskBuilder OnceAt(std::string_view time) &&;
  TaskBuilder OnceAt(WallTime at) &&;

  // Windows of the day in the task's zone, [from, to), judged on the scheduled instant; they wrap midnight when `to` is
  // before `from`. Several Between(): inside one of them; several UnlessBetween(): outside all.
  TaskBuilder Between(std::string_view from, std::string_view to) &&;
  TaskBuilder UnlessBetween(std::string_view from, std::string_view to) &&;

  // The days of a calendar that the scheduler knows by name (Scheduler::DefineCalendar() or `calendars:`), or all days
  // but those; `shift` tells what becomes of the others. An interval or a single instant can only skip. Alone: those
  // days at 00:00, or At(). A task has one calendar.
  TaskBuilder On(std::string_view calendar, Shift shift = Shift::kSkip) &&;
  TaskBuilder Except(std::string_view calendar, Shift shift = Shift::kSkip) &&;
  // The n-th day of each month that is in the calendar, from the month's end when n is negative. The frequency gives
  // the times, and may name months, but no days. A month with fewer such days has no instant in it.
  TaskBuilder OnBusinessDay(int n, std::string_view calendar) &&;
  TaskBuilder OnLastBusinessDay(std::string_view calendar) &&;

  // Starts each occurrence a while later, in [0, range), that is made from the task's id: the same on all servers and
  // after each restart. Windows and calendars judge what it was before. 24 h and the period of an interval at most.
  TaskBuilder Spread(Milliseconds range) &&;

  // Follows another task: each occurrence begins when that task's occurrence of the same instant has ended, and runs if
  // it succeeded, unless OnFailure() or OnEnd() behind it say otherwise. After several tasks it runs when all have
  // ended so. When one ended in another way it is recorded as skipped, with a reason that names that task.
  //
  //   scheduler.Command("report").After("transform").After("cleanup").OnEnd().Unique().Register();
  //
  // Such a task has no times of its own; those it follows are due together, and all of them are Unique() or none is.
  TaskBuilder After(std::string_view task) &&;
  TaskBuilder OnSuccess() &&;
  TaskBuilder OnFailure() &&;  // Or it timed out, was cancelled, or its server died.
  TaskBuilder OnEnd() &&;      // Whatever became of it.

  TaskBuilder Timezone(std::string_view zone) &&;
  // What becomes of a time that a change of the clocks skips, or repeats. Without: the rule of rota::Next().
  TaskBuilder OnDstGap(DstGap policy) &&;
  TaskBuilder OnDstOverlap(DstOverlap policy) &&;
  TaskBuilder Environments(std::vector<std::string> environments) &&;
  // Asked before the first attempt of a run: it runs when every When() is true and every Skip() false. One that throws,
  // or does not answer within 10 s, makes it `failed`.
  TaskBuilder When(std::function<bool()> condition) &&;
  TaskBuilder Skip(std::function<bool()> condition) &&;
  // Called beside the run, each on a thread of its own: they neither hold it up nor change its outcome, and those of a
  // task are called one after another. One that throws, or takes longer than `timeout`, is reported as hook_failed.
  TaskBuilder Before(HookFunction hook, Milliseconds timeout = kHookTimeout) &&;  // Its conditions agreed; once.
  TaskBuilder After(HookFunction hook, Milliseconds timeout = kHookTimeout) &&;   // Whatever the outcome.
  TaskBuilder OnSuccess(HookFunction hook, Milliseconds timeout = kHookTimeout) &&;
  TaskBuilder OnFailure(HookFunction hook, Milliseconds timeout = kHookTimeout) &&;  // Or timed out, or was cancelled.
  TaskBuilder OnSkipped(HookFunction hook, Milliseconds timeout = kHookTimeout) &&;
  TaskBuilder OnMissed(HookFunction hook, Milliseconds timeout = kHookTimeout) &&;
  TaskBuilder OnLost(HookFunction hook, Milliseconds timeout = kHookTimeout) &&;
  // Asks the URL at that point, as services that watch cron jobs expect it; anything but a status of 200 to 299 is
  // reported as hook_failed.
  TaskBuilder Ping(HookPoint point, std::string_view url, Milliseconds timeout = kHookTimeout) &&;
  TaskBuilder Unique() &&;              // Each occurrence starts on one server of the fleet, and none while one runs.
  TaskBuilder WithoutOverlapping() &&;  // An occurrence that is due while the task still runs is skipped.
  TaskBuilder EvenInMaintenanceMode() &&;  // It also runs while maintenance mode is on.
  TaskBuilder LockTimeout(Milliseconds timeout) &&;
  // An attempt that takes longer is told to stop (SIGTERM for children) and, KillAfter() later, its children are
  // killed: `timed_out`.
  TaskBuilder Timeout(Milliseconds timeout) &&;
  TaskBuilder KillAfter(Milliseconds delay) &&;
  // Tries again what failed or timed out: Retry({.attempts = 3, .backoff = Backoff::kExponential}).
  TaskBuilder Retry(RetryPolicy policy) &&;
  // What becomes of an occurrence that is due while the task still runs: of a unique task skip, of others allow, unless
  // given.
  TaskBuilder Overlap(OverlapPolicy policy) &&;
  // What becomes of an occurrence that could not begin when it was due:
  // Misfire({.what = Misfire::kRunAll, .grace = 24h, .max_runs = 10, .pace = 1min}).
  TaskBuilder Misfire(MisfirePolicy policy) &&;
  // A run whose server died is tried again by another one: 3 attempts in all, or those of Retry(). Only for unique
  // tasks.
  TaskBuilder AtLeastOnce() &&;
  // StoreOutage::kOpen: each server runs it for itself while the store does not answer.
  TaskBuilder OnStoreOutage(StoreOutage policy) &&;
  // The workers that run it: one of the configuration's `server.pools`.
  TaskBuilder Pool(std::string_view name) &&;
  // Where workers are short, the larger one goes first: -100 to 100, 0 unless given.
  TaskBuilder Priority(int priority) &&;
  // Runs a command in a child process of this program, whose crash is the run's failure and nothing else. Programs and
  // shell lines have processes of their own anyway.
  TaskBuilder Isolated() &&;
  // Writes all that a run prints to a file besides, in place of what the last run wrote there, or after it.
  TaskBuilder SendOutputTo(std::string_view path) &&;
  TaskBuilder AppendOutputTo(std::string_view path) &&;
  TaskBuilder Name(std::string_view name) &&;  // The task's id; without it the work as a person would type it.
  TaskBuilder Description(std::string_view description) &&;
  TaskBuilder Tag(std::string_view tag) &&;

 private:
  friend class Scheduler;
  struct Chain;
  TaskBuilder(std::shared_ptr<internal::TaskSet> tasks, Attributes outer, Work work);
  Chain& chain();
  TaskBuilder AddHook(Hook hook) &&;

  std::unique_ptr<Chain> chain_;  // Null when the chain has ended.
};

}  // namespace rota
