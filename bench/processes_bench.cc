// What child processes and their output cost a server: many short ones from many workers, and one that prints a lot. No
// figure of what is left may be other than 0.

#include <benchmark/benchmark.h>
#include <sys/wait.h>

#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "rota/base/format.h"
#include "rota/engine/worker_pool.h"
#include "rota/run/task_runner.h"
#include "rota/time/clock.h"

namespace rota {
namespace {

constexpr int kWorkers = 16;

std::ptrdiff_t Entries(const char* folder) {
  const std::filesystem::directory_iterator all(folder);
  return std::distance(begin(all), end(all));
}

// "VmHWM:    5432 kB"
std::int64_t StatusKilobytes(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with(name)) return std::atoll(line.c_str() + name.size() + 1);
  }
  return -1;
}

bool HasChild() {
  siginfo_t info;
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0;
}

Task MakeTask(Work work) {
  Task task;
  task.id = "bench";
  task.work = std::move(work);
  task.policies = std::make_shared<const TaskPolicies>();
  return task;
}

RunResult RunOnce(TaskRunner& runner, const Task& task) {
  RunOrder order;
  order.task = &task;
  order.run_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  order.signals = std::make_shared<RunSignals>();
  return runner.Run(order);
}

// What was there before, to be told apart from what is there after.
struct Possessions {
  std::ptrdiff_t descriptors = Entries("/proc/self/fd");
  std::ptrdiff_t threads = Entries("/proc/self/task");
  std::int64_t peak_kilobytes = StatusKilobytes("VmHWM:");
};

void Compare(benchmark::State& state, const Possessions& before) {
  const Possessions after;
  state.counters["descriptors_left"] = static_cast<double>(after.descriptors - before.descriptors);
  state.counters["threads_left"] = static_cast<double>(after.threads - before.threads);
  state.counters["child_left"] = HasChild() ? 1 : 0;
  state.counters["peak_growth_kB"] = static_cast<double>(after.peak_kilobytes - before.peak_kilobytes);
}

void ShortChildren(benchmark::State& state) {
  const Task task = MakeTask(ExecCall{{"/bin/true"}});
  const Possessions before;
  std::atomic<int> failed = 0;
  for (auto _ : state) {
    const SystemClock clock;
    const CommandRegistry commands;
    OutputFeed feed;
    TaskRunner runner(commands, clock, feed);
    WorkerPool workers("bench", kWorkers);
    for (int i = 0; i < state.range(0); ++i) {
      workers.Post([&] {
        if (RunOnce(runner, task).outcome != Outcome::kSucceeded) ++failed;
      });
    }
  }
  Compare(state, before);
  state.counters["failed"] = failed.load();
  state.SetItemsProcessed(state.range(0));
}
BENCHMARK(ShortChildren)->Arg(10'000)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);

void LargeOutput(benchmark::State& state, const char* source) {
  const Task task = MakeTask(ShellCall{Format("{} | head -c {}M", source, state.range(0))});
  const Possessions before;
  RunResult result;
  for (auto _ : state) {
    const SystemClock clock;
    const CommandRegistry commands;
    OutputFeed feed;
    TaskRunner runner(commands, clock, feed);
    result = RunOnce(runner, task);
  }
  Compare(state, before);
  state.counters["kept_bytes"] = static_cast<double>(result.output_tail.size());
  state.SetBytesProcessed(state.range(0) << 20);
}
BENCHMARK_CAPTURE(LargeOutput, of_one_line, "cat /dev/zero")
    ->Arg(1024)
    ->Iterations(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(LargeOutput, of_short_lines, "yes")
    ->Arg(1024)
    ->Iterations(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace rota
