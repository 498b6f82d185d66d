// What it takes to play a year of a hundred tasks in virtual time, whose runs all succeed at once.

#include <benchmark/benchmark.h>

#include <chrono>
#include <string_view>

#include "rota/base/format.h"
#include "rota/schedule/scheduler.h"
#include "rota/testing/play/play.h"

namespace rota {
namespace {

using namespace std::chrono_literals;

class AnyCommand final : public CommandCatalog {
 public:
  Status Check(std::string_view, std::span<const std::string>) const override { return Status::Ok(); }
};

// How many tasks fire how often; half of them are unique.
struct Mix {
  int weekly = 0;
  int daily = 0;
  int hourly = 0;
  int every_quarter = 0;
  int every_five_minutes = 0;
};

Schedule MakeSchedule(const Mix& mix) {
  const AnyCommand catalog;
  Scheduler scheduler(catalog, *TimeZone::Load("Europe/Berlin"));
  int number = 0;
  const auto add = [&](int count, const auto& when) {
    for (int i = 0; i < count; ++i, ++number) {
      TaskBuilder task = when(scheduler.Command("job"), i).Name(Format("task-{}", number));
      (number % 2 == 0 ? std::move(task).Unique() : std::move(task)).Register();
    }
  };
  add(mix.weekly, [](TaskBuilder task, int i) { return std::move(task).Cron(Format("{} 4 * * 1", i)); });
  add(mix.daily, [](TaskBuilder task, int i) { return std::move(task).Cron(Format("{} {} * * *", i % 60, i % 24)); });
  add(mix.hourly, [](TaskBuilder task, int i) { return std::move(task).HourlyAt(i % 60); });
  add(mix.every_quarter, [](TaskBuilder task, int) { return std::move(task).EveryFifteenMinutes(); });
  add(mix.every_five_minutes, [](TaskBuilder task, int) { return std::move(task).EveryFiveMinutes(); });
  return *scheduler.Build();
}

void PlayAYear(benchmark::State& state, const Mix& mix) {
  const Schedule schedule = MakeSchedule(mix);
  const std::chrono::sys_days from = 2026y / 1 / 1;
  std::size_t occurrences = 0;
  for (auto _ : state) occurrences = Play(schedule, {.from = from, .to = from + std::chrono::days(365)}).size();
  state.counters["occurrences"] = static_cast<double>(occurrences);
}
BENCHMARK_CAPTURE(PlayAYear, mostly_daily, Mix{.weekly = 10, .daily = 80, .hourly = 10})->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(PlayAYear, busy,
                  Mix{.weekly = 5, .daily = 60, .hourly = 20, .every_quarter = 10, .every_five_minutes = 5})
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rota
