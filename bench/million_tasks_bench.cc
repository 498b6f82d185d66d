// A million tasks over 500 cron expressions on one server: what it takes to register them, the memory they keep, and
// the processor time of an engine that follows them through a stretch of time in which none is due.
//
// The stretch is 60 s; ROTA_BENCH_IDLE_SECONDS changes it.

#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "rota/base/check.h"
#include "rota/base/format.h"
#include "rota/coordination/memory/memory_store.h"
#include "rota/engine/engine.h"
#include "rota/schedule/scheduler.h"
#include "rota/time/clock.h"

namespace rota {
namespace {

constexpr int kTasks = 1'000'000;
constexpr int kExpressions = 500;

class AnyCommand final : public CommandCatalog {
 public:
  Status Check(std::string_view, std::span<const std::string>) const override { return Status::Ok(); }
};

class NoEvents final : public EventSink {
 public:
  void Publish(const Event&) override {}
};

class NoRuns final : public Runner {
 public:
  RunResult Run(const RunOrder&) override { return {}; }
};

// Bytes of this process in memory now (proc(5), statm).
double ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t total = 0;
  std::int64_t resident = 0;
  statm >> total >> resident;
  return static_cast<double>(resident) * 4096;
}

double ProcessorSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) * 1e-6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// 500 expressions that all fire about half a day from now: none within the stretch that is measured.
std::string ExpressionOf(int number, WallTime now) {
  const auto time = std::chrono::hh_mm_ss(now - std::chrono::floor<std::chrono::days>(now));
  const int hour = static_cast<int>(time.hours().count() + 12) % 24;
  return Format("{} {} * * {}", number % 60, (hour + number / 420) % 24, number / 60 % 7);
}

Schedule MakeSchedule(const CommandCatalog& catalog, WallTime now) {
  Scheduler scheduler(catalog, TimeZone());
  for (int i = 0; i < kTasks; ++i) {
    scheduler.Command("report:send", {})
        .Cron(ExpressionOf(i % kExpressions, now))
        .Name(Format("task-{}", i))
        .Register();
  }
  Result<Schedule> schedule = scheduler.Build();
  ROTA_CHECK(schedule.has_value(), "a million good tasks");
  return *std::move(schedule);
}

void BM_RegisterMillionTasks(benchmark::State& state) {
  const AnyCommand catalog;
  const SystemClock clock;
  for (auto _ : state) {
    const double before = ResidentBytes();
    const Schedule schedule = MakeSchedule(catalog, clock.Now());
    state.counters["bytes/task"] = (ResidentBytes() - before) / kTasks;
  }
}
BENCHMARK(BM_RegisterMillionTasks)->Unit(benchmark::kMillisecond)->Iterations(1);

void BM_FollowMillionIdleTasks(benchmark::State& state) {
  const char* wished = std::getenv("ROTA_BENCH_IDLE_SECONDS");
  const std::chrono::seconds idle(wished == nullptr ? 60 : std::atoi(wished));
  const AnyCommand catalog;
  SystemClock clock;
  for (auto _ : state) {
    const double before = ResidentBytes();
    const auto schedule = std::make_shared<const Schedule>(MakeSchedule(catalog, clock.Now()));
    const std::unique_ptr<Store> store = MakeMemoryStore(clock);
    NoRuns runner;
    NoEvents events;
    Engine engine({}, schedule, std::vector<WallTime>(kTasks, clock.Now()), clock, *store, *store, *store, runner,
                  events);
    std::thread following([&engine] { engine.Follow(); });
    const double bytes = (ResidentBytes() - before) / kTasks;
    Mutex mu;
    CondVar never;
    const auto wait_until = [&](SteadyTime end) {
      MutexLock lock(mu);
      while (clock.SteadyNow() < end) clock.Wait(mu, never, end);
    };
    wait_until(clock.SteadyNow() + std::chrono::seconds(2));  // Starting is not idling.
    const double used = ProcessorSeconds();
    wait_until(clock.SteadyNow() + idle);
    state.counters["cpu_ms"] = (ProcessorSeconds() - used) * 1e3;
    state.counters["bytes/task"] = bytes;
    engine.RequestShutdown();
    following.join();
  }
}
BENCHMARK(BM_FollowMillionIdleTasks)->Unit(benchmark::kSecond)->Iterations(1);

}  // namespace
}  // namespace rota
