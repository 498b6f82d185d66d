// How long the next instant of forty expressions as they are found in crontabs takes, without and with changes of the
// clocks, and how long they take to read. Each walks from one instant to the next, year after year, as the agenda does.
// The first lines are the summary: the median over the expressions, and the slowest of them.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "rota/cron/expression.h"
#include "rota/cron/next.h"
#include "rota/time/time_zone.h"

namespace rota {
namespace {

constexpr const char* kExpressions[] = {
    "* * * * *",      "*/5 * * * *",    "*/15 * * * *",   "0 * * * *",        "30 * * * *",
    "5,35 * * * *",   "0 */2 * * *",    "15 */6 * * *",   "0 0 * * *",        "0 2 * * *",
    "30 2 * * *",     "45 23 * * *",    "0 9-17 * * *",   "*/10 8-18 * * *",  "0 6,12,18 * * *",
    "0 0 * * 0",      "0 0 * * 1-5",    "30 8 * * 1-5",   "*/5 9-16 * * 1-5", "0 22 * * 6,0",
    "15 3 * * sun",   "0 0 1 * *",      "30 4 1,15 * *",  "30 4 1,15 * 5",    "0 12 15 * *",
    "0 0 L * *",      "0 23 28-31 * *", "0 5 1-7 * +mon", "0 0 13 * 5",       "0 0 1 1 *",
    "0 0 1 */3 *",    "0 9 1 4,10 *",   "0 0 31 12 *",    "0 0 29 2 *",       "0 0 1-7 1,7 *",
    "*/30 * * * * *", "0 */10 * * * *", "15 30 4 * * *",  "0 0 8 * * 1",      "10,40 0,30 6-20 * * 1-6",
};

constexpr WallTime kStart = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);

// One step of what is measured.
using Step = std::function<void()>;

Step NextInstant(const char* text, const char* zone_name) {
  return [expression = Expression::Parse(text).value(), zone = TimeZone::Load(zone_name).value(),
          at = kStart]() mutable { at = Next(expression, zone, at).value_or(kStart); };
}

Step PreviousInstant(const char* text, const char* zone_name) {
  return [expression = Expression::Parse(text).value(), zone = TimeZone::Load(zone_name).value(),
          at = kStart]() mutable { at = Previous(expression, zone, at).value_or(kStart); };
}

Step ReadExpression(const char* text) {
  return [text = std::string(text)] { benchmark::DoNotOptimize(Expression::Parse(text)); };
}

Step NeverFiring() {
  return [expression = Expression::Parse("0 0 30 2 *").value(), zone = TimeZone::Load("America/New_York").value()] {
    benchmark::DoNotOptimize(Next(expression, zone, kStart));
  };
}

// Nanoseconds a step: the median of some rounds, so that a busy machine counts little.
double Nanoseconds(const Step& step) {
  constexpr int kRounds = 15;
  constexpr int kSteps = 4000;
  std::vector<double> rounds;
  for (int round = 0; round < kRounds; ++round) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < kSteps; ++i) step();
    const std::chrono::duration<double, std::nano> taken = std::chrono::steady_clock::now() - begin;
    rounds.push_back(taken.count() / kSteps);
  }
  std::nth_element(rounds.begin(), rounds.begin() + kRounds / 2, rounds.end());
  return rounds[kRounds / 2];
}

void Summary(benchmark::State& state, const std::vector<Step>& steps) {
  std::vector<double> times;
  for (auto _ : state) {
    for (const Step& step : steps) times.push_back(Nanoseconds(step));
  }
  const auto slowest = static_cast<std::size_t>(std::max_element(times.begin(), times.end()) - times.begin());
  state.SetLabel(std::string("slowest: ") + kExpressions[slowest]);
  state.counters["slowest_ns"] = times[slowest];
  std::sort(times.begin(), times.end());
  state.counters["median_ns"] = (times[times.size() / 2 - 1] + times[times.size() / 2]) / 2;
}

void Single(benchmark::State& state, Step step) {
  for (auto _ : state) step();
}

void RegisterAll() {
  const std::pair<std::string, std::function<Step(const char*)>> kinds[] = {
      {"next/UTC", [](const char* text) { return NextInstant(text, "UTC"); }},
      {"next/New_York", [](const char* text) { return NextInstant(text, "America/New_York"); }},
      {"previous/UTC", [](const char* text) { return PreviousInstant(text, "UTC"); }},
      {"previous/New_York", [](const char* text) { return PreviousInstant(text, "America/New_York"); }},
      {"parse", ReadExpression},
  };
  for (const auto& [name, step_of] : kinds) {
    std::vector<Step> steps;
    for (const char* text : kExpressions) steps.push_back(step_of(text));
    benchmark::RegisterBenchmark(("forty/" + name).c_str(), Summary, steps)
        ->Iterations(1)
        ->Unit(benchmark::kMillisecond);
  }
  benchmark::RegisterBenchmark("never/New_York", Single, NeverFiring());
  for (const auto& [name, step_of] : kinds) {
    for (const char* text : kExpressions) {
      benchmark::RegisterBenchmark((name + "/" + text).c_str(), Single, step_of(text));
    }
  }
}

}  // namespace
}  // namespace rota

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  rota::RegisterAll();
  benchmark::RunSpecifiedBenchmarks();
}
