#include <benchmark/benchmark.h>

#include <chrono>
#include <optional>
#include <string>

#include "rota/cron/expression.h"
#include "rota/cron/next.h"
#include "rota/time/time_zone.h"

namespace rota {
namespace {

constexpr WallTime kStart = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);

void ParseExpression(benchmark::State& state, const std::string& text) {
  for (auto _ : state) benchmark::DoNotOptimize(Expression::Parse(text));
}
BENCHMARK_CAPTURE(ParseExpression, daily, "0 2 * * *");
BENCHMARK_CAPTURE(ParseExpression, lists, "*/5,3 8-18/2 1,15 jan-jun mon-fri");

// Walks from one instant to the next, as the agenda does, year after year.
void NextInstant(benchmark::State& state, const std::string& text, const std::string& zone_name) {
  const Expression expression = Expression::Parse(text).value();
  const TimeZone zone = TimeZone::Load(zone_name).value();
  WallTime at = kStart;
  for (auto _ : state) {
    const std::optional<WallTime> next = Next(expression, zone, at);
    at = next.has_value() ? *next : kStart;
  }
}
BENCHMARK_CAPTURE(NextInstant, every_minute_utc, "* * * * *", "UTC");
BENCHMARK_CAPTURE(NextInstant, daily_utc, "0 2 * * *", "UTC");
BENCHMARK_CAPTURE(NextInstant, daily_berlin, "30 2 * * *", "Europe/Berlin");
BENCHMARK_CAPTURE(NextInstant, leap_day_berlin, "0 0 29 2 *", "Europe/Berlin");

}  // namespace
}  // namespace rota
