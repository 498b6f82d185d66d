#include "rota/cron/dst.h"

#include <algorithm>

#include "rota/cron/match.h"

namespace rota {
namespace {

using std::chrono::seconds;

constexpr std::uint32_t kEveryHour = 0xffffff;

// What the expression says of the civil times [begin, end).
struct Matches {
  CivilTime first;
  CivilTime last;
  int count = 0;
};

Matches MatchesIn(const Expression& expression, const DayRule* rule, CivilTime begin, CivilTime end) {
  Matches matches;
  std::optional<CivilTime> match = FirstMatch(expression, begin, rule);
  if (!match || *match >= end) return matches;
  matches.first = *match;
  matches.last = *LastMatch(expression, end - seconds(1), rule);
  while (match && *match < end && matches.count < DstEffect::kMostCounted) {
    ++matches.count;
    match = FirstMatch(expression, *match + seconds(1), rule);
  }
  return matches;
}

DstOutcome OfGap(const Expression& expression, const CronOptions& options, const TimeZone::Transition& transition) {
  switch (GapPolicy(expression, options.dst, transition.to - transition.from)) {
    case DstGap::kRunAfter:
      return DstOutcome::kRunAfter;
    case DstGap::kRunBefore:
      return DstOutcome::kRunBefore;
    case DstGap::kSkip:
      break;
  }
  return DstOutcome::kDropped;
}

DstOutcome OfOverlap(const Expression& expression, const CronOptions& options) {
  switch (OverlapPolicy(expression, options.dst)) {
    case DstOverlap::kFirst:
      return DstOutcome::kFirstPass;
    case DstOverlap::kSecond:
      return DstOutcome::kSecondPass;
    case DstOverlap::kBoth:
      break;
  }
  return DstOutcome::kBothPasses;
}

std::optional<WallTime> FirstRun(const DstEffect& effect) {
  const WallTime at = effect.transition.at;
  switch (effect.outcome) {
    case DstOutcome::kRunAfter:
      return at;
    case DstOutcome::kRunBefore:
      return at - seconds(1);
    case DstOutcome::kDropped:
      return std::nullopt;
    case DstOutcome::kSecondPass:
      return at + (effect.first - effect.transition.to);
    case DstOutcome::kFirstPass:
    case DstOutcome::kBothPasses:
      return at - (effect.transition.from - effect.first);
  }
  return std::nullopt;
}

}  // namespace

std::vector<DstEffect> DstEffects(const Expression& expression, const TimeZone& zone, const CronOptions& options,
                                  WallTime from, int count) {
  std::vector<DstEffect> effects;
  std::optional<TimeZone::Transition> transition = zone.NextTransition(from);
  for (; transition && effects.size() < static_cast<std::size_t>(count);
       transition = zone.NextTransition(transition->at)) {
    const bool gap = transition->to > transition->from;
    const Matches matches = MatchesIn(expression, options.days, std::min(transition->from, transition->to),
                                      std::max(transition->from, transition->to));
    if (matches.count == 0) continue;
    DstEffect effect{*transition,   gap ? OfGap(expression, options, *transition) : OfOverlap(expression, options),
                     matches.first, matches.last,
                     matches.count, std::nullopt};
    const bool follows = effect.outcome == DstOutcome::kDropped || effect.outcome == DstOutcome::kBothPasses;
    if (follows && expression.wildcard_time && expression.hours == kEveryHour) continue;
    effect.runs = FirstRun(effect);
    effects.push_back(effect);
  }
  return effects;
}

}  // namespace rota
