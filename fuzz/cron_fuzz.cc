#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "rota/base/check.h"
#include "rota/cron/describe.h"
#include "rota/cron/expression.h"
#include "rota/cron/next.h"
#include "rota/time/time_zone.h"

namespace {

// A walk over a year with both kinds of DST change, from instants that the input does not choose.
void CheckWalk(const rota::Expression& expression, const rota::TimeZone& zone) {
  rota::WallTime at = std::chrono::sys_days(std::chrono::year(2026) / 3 / 1);
  for (int step = 0; step < 20; ++step) {
    const std::optional<rota::WallTime> next = rota::Next(expression, zone, at);
    if (!next.has_value()) return;
    ROTA_CHECK(*next > at, "an instant that is not after the one asked for");
    ROTA_CHECK(rota::Next(expression, zone, *next - rota::Milliseconds(1)) == next, "an instant that fires only once");
    ROTA_CHECK(rota::Previous(expression, zone, *next + rota::Milliseconds(1)) == next,
               "Previous() that misses Next()");
    at = *next;
  }
}

}  // namespace

// Whatever parses can be told in words, and its instants are the same in both directions.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const rota::Result<rota::Expression> expression = rota::Expression::Parse(text);
  if (!expression.has_value()) {
    ROTA_CHECK(!expression.error().message().empty(), "a refusal without a reason");
    return 0;
  }
  ROTA_CHECK(!rota::Describe(*expression).empty(), "an expression without words");
  static const rota::TimeZone berlin = rota::TimeZone::Load("Europe/Berlin").value();
  CheckWalk(*expression, rota::TimeZone());
  CheckWalk(*expression, berlin);
  return 0;
}
