#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "rota/base/instant.h"
#include "rota/base/status.h"
#include "rota/cron/describe.h"
#include "rota/cron/expression.h"
#include "rota/time/time_zone.h"

namespace rota {

// `@every 90s`: intervals anchored to the epoch, the same on all servers.
struct EveryPeriod {
  Milliseconds period{};
  friend bool operator==(const EveryPeriod&, const EveryPeriod&) = default;
};
// `@reboot`: once, when the server starts.
struct AtServerStart {
  friend bool operator==(const AtServerStart&, const AtServerStart&) = default;
};

// All that a cron text may say: an expression, `@every PERIOD` or `@reboot`, after a zone of its own (`CRON_TZ=Asia/
// Shanghai 0 2 * * *`, `TZ=`). The zone and the two are Rota's own, not of OCPS.
struct CronRule {
  // Errors: kInvalidArgument with the column, what was found, what is allowed and a suggestion; as TimeZone::Load()
  // for the zone.
  static Result<CronRule> Parse(std::string_view text, const Expression::Options& options);

  std::variant<Expression, EveryPeriod, AtServerStart> when;
  std::optional<TimeZone> zone;  // Of the prefix.
};

std::string Describe(const CronRule& rule, Locale locale = Locale::kEnglish);

}  // namespace rota
