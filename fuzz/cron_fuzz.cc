#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <variant>

#include "rota/base/check.h"
#include "rota/cron/describe.h"
#include "rota/cron/expression.h"
#include "rota/cron/next.h"
#include "rota/cron/rule.h"
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

void CheckDialect(std::string_view text, rota::CronDialect dialect) {
  const rota::Expression::Options options{.dialect = dialect, .hash_key = "backup:run"};
  const rota::Result<rota::CronRule> rule = rota::CronRule::Parse(text, options);
  const rota::Result<rota::Expression> fields = rota::Expression::Parse(text, options);
  ROTA_CHECK(rule.has_value() || !rule.error().message().empty(), "a refusal without a reason");
  ROTA_CHECK(fields.has_value() || !fields.error().message().empty(), "a refusal without a reason");
  ROTA_CHECK(!fields.has_value() || rule.has_value(), "an expression that is no rule");
  if (!rule.has_value()) return;

  ROTA_CHECK(!rota::Describe(*rule, rota::Locale::kEnglish).empty(), "a rule without words");
  ROTA_CHECK(!rota::Describe(*rule, rota::Locale::kChinese).empty(), "a rule without words");
  const auto* expression = std::get_if<rota::Expression>(&rule->when);
  if (expression == nullptr) return;
  static const rota::TimeZone berlin = rota::TimeZone::Load("Europe/Berlin").value();
  CheckWalk(*expression, rota::TimeZone());
  CheckWalk(*expression, berlin);
}

}  // namespace

// Whatever parses can be told in words, and its instants are the same in both directions.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  CheckDialect(text, rota::CronDialect::kOcps);
  CheckDialect(text, rota::CronDialect::kQuartz);
  return 0;
}
