#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "rota/cron/next.h"
#include "rota/cron/random_expression.h"
#include "rota/time/time_zone.h"

namespace rota {
namespace {

// An expression, a policy and a zone, with an instant near one of its changes of the clocks.
struct Case {
  Expression expression;
  CronOptions options;
  TimeZone zone;
  WallTime at;
};

Case AnyCase(std::uint64_t seed) {
  static const std::vector<std::string> names = TimeZone::KnownNames().value();
  RandomExpression random(seed);
  Case any;
  any.zone = TimeZone::Load(names[static_cast<std::size_t>(random.Below(static_cast<int>(names.size())))]).value();
  any.at = WallTime(std::chrono::minutes(random.Below(230 * 365 * 24 * 60)));
  if (const auto transition = any.zone.NextTransition(any.at)) any.at = transition->at;
  any.at += Milliseconds(random.Below(40'000'000) - 20'000'000);
  any.expression = random.Near(std::chrono::floor<std::chrono::days>(any.zone.ToCivil(any.at)));
  any.options.dst = random.Policy();
  return any;
}

std::optional<WallTime> Next(const Case& c, WallTime at) { return Next(c.expression, c.zone, at, c.options); }
std::optional<WallTime> Previous(const Case& c, WallTime at) { return Previous(c.expression, c.zone, at, c.options); }

// Nothing comes before everything that comes earlier, and after everything that comes later.
WallTime OrEnd(std::optional<WallTime> instant) { return instant.value_or(WallTime::max()); }
WallTime OrBegin(std::optional<WallTime> instant) { return instant.value_or(WallTime::min()); }

RC_GTEST_PROP(Next, IsAfterAndPreviousIsBefore, (std::uint64_t seed)) {
  const Case c = AnyCase(seed);
  RC_ASSERT(OrEnd(Next(c, c.at)) > c.at);
  RC_ASSERT(OrBegin(Previous(c, c.at)) < c.at);
}

RC_GTEST_PROP(Next, IsTheInverseOfPrevious, (std::uint64_t seed)) {
  const Case c = AnyCase(seed);
  if (const std::optional<WallTime> next = Next(c, c.at)) {
    RC_ASSERT(Previous(c, *next + Milliseconds(1)) == next);
    RC_ASSERT(OrBegin(Previous(c, *next)) <= c.at);
  }
  if (const std::optional<WallTime> previous = Previous(c, c.at)) {
    RC_ASSERT(Next(c, *previous - Milliseconds(1)) == previous);
    RC_ASSERT(OrEnd(Next(c, *previous)) >= c.at);
  }
}

RC_GTEST_PROP(Next, NeverGoesBackWhenAskedFromLater, (std::uint64_t seed, std::uint32_t milliseconds)) {
  const Case c = AnyCase(seed);
  const WallTime later = c.at + Milliseconds(milliseconds);
  RC_ASSERT(OrEnd(Next(c, c.at)) <= OrEnd(Next(c, later)));
  RC_ASSERT(OrBegin(Previous(c, c.at)) <= OrBegin(Previous(c, later)));
}

RC_GTEST_PROP(Next, IsTheSameFromEveryInstantUpToIt, (std::uint64_t seed, std::uint32_t milliseconds)) {
  const Case c = AnyCase(seed);
  const std::optional<WallTime> next = Next(c, c.at);
  RC_PRE(next.has_value());
  const WallTime between = c.at + Milliseconds(milliseconds % static_cast<std::uint64_t>((*next - c.at).count()));
  RC_ASSERT(Next(c, between) == next);
}

// Two expressions that differ in their months alone fire together as the one with the months of both does.
RC_GTEST_PROP(Next, IsTheEarlierOfTheTwoThatAnExpressionUnites, (std::uint64_t seed, std::uint16_t some)) {
  const Case both = AnyCase(seed);
  Case one = both;
  Case other = both;
  one.expression.months &= some;
  other.expression.months = static_cast<std::uint16_t>(both.expression.months & ~some);
  RC_ASSERT(OrEnd(Next(both, both.at)) == std::min(OrEnd(Next(one, both.at)), OrEnd(Next(other, both.at))));
  RC_ASSERT(OrBegin(Previous(both, both.at)) ==
            std::max(OrBegin(Previous(one, both.at)), OrBegin(Previous(other, both.at))));
}

}  // namespace
}  // namespace rota
