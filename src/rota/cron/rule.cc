#include "rota/cron/rule.h"

#include "rota/base/format.h"
#include "rota/time/format.h"

namespace rota {

Result<CronRule> CronRule::Parse(std::string_view text, const Expression::Options& options) {
  const Result<Expression> expression = Expression::Parse(text, options);
  if (!expression) return Fail(expression.error());
  return CronRule{*expression, std::nullopt};
}

std::string Describe(const CronRule& rule, Locale locale) {
  if (const auto* expression = std::get_if<Expression>(&rule.when)) return Describe(*expression, locale);
  if (const auto* every = std::get_if<EveryPeriod>(&rule.when)) return "Every " + FormatDuration(every->period);
  return "When the server starts";
}

}  // namespace rota
