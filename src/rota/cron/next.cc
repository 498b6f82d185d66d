#include "rota/cron/next.h"

#include <algorithm>

#include "rota/cron/match.h"

// A match is found in civil time, then placed in the zone's stretches of one offset: as a rule into the one that it
// came from, else into whichever its civil time falls. Only the stretch asked from needs care: what lies ahead may
// repeat civil times that are past already.

namespace rota {
namespace {

using std::chrono::seconds;
using std::chrono::sys_seconds;
using Stretch = ZoneRules::Stretch;

// Everything fires within [1970, 2200).
constexpr sys_seconds kEarliest = std::chrono::sys_days(std::chrono::January / 1 / 1970);
constexpr sys_seconds kEnd = std::chrono::sys_days(std::chrono::January / 1 / 2200);

// Larger jumps are corrections of the clock, after which nothing is made up (cron(8) of ISC cron).
constexpr seconds kLongestGap = std::chrono::hours(3);

std::optional<WallTime> Within(sys_seconds instant) {
  if (instant < kEarliest || instant >= kEnd) return std::nullopt;
  return instant;
}

// One expression with its rules in force.
struct Search {
  Search(const Expression& e, const CronOptions& o) : expression(e), options(o), overlap(OverlapPolicy(e, o.dst)) {}

  std::optional<CivilTime> First(CivilTime from) const { return FirstMatch(expression, from, options.days); }
  std::optional<CivilTime> Last(CivilTime from) const { return LastMatch(expression, from, options.days); }

  // The instant that stands for all matches in the gap before a stretch; nothing when none is made up.
  std::optional<sys_seconds> Replacement(const Stretch* behind) const {
    const DstGap gap = GapPolicy(expression, options.dst, behind->civil_begin() - behind[-1].civil_end());
    if (gap == DstGap::kSkip) return std::nullopt;
    return gap == DstGap::kRunAfter ? behind->begin : behind->begin - seconds(1);
  }

  // Whether that instant is `instant`, and the gap has a match.
  bool FiresInsteadOfGap(const Stretch* behind, sys_seconds instant) const {
    if (behind->civil_begin() <= behind[-1].civil_end() || Replacement(behind) != instant) return false;
    const std::optional<CivilTime> swallowed = First(behind[-1].civil_end());
    return swallowed && *swallowed < behind->civil_begin();
  }

  const Expression& expression;
  const CronOptions& options;
  const DstOverlap overlap;
};

}  // namespace

DstGap GapPolicy(const Expression& expression, const DstPolicy& policy, seconds gap) {
  if (gap > kLongestGap) return DstGap::kSkip;
  return policy.gap.value_or(expression.wildcard_time ? DstGap::kSkip : DstGap::kRunAfter);
}

DstOverlap OverlapPolicy(const Expression& expression, const DstPolicy& policy) {
  return policy.overlap.value_or(expression.wildcard_time ? DstOverlap::kBoth : DstOverlap::kFirst);
}

std::optional<WallTime> Next(const Expression& expression, const TimeZone& zone, WallTime after,
                             const CronOptions& options) {
  const Search search(expression, options);
  const ZoneRules& rules = zone.rules();
  sys_seconds from = std::chrono::floor<seconds>(after) + seconds(1);
  if (from < kEarliest) from = kEarliest;
  if (from >= kEnd) return std::nullopt;
  const Stretch* stretch = rules.At(from);
  if (from == stretch->begin && search.FiresInsteadOfGap(stretch, from)) return Within(from);

  CivilTime civil = stretch->ToCivil(from);
  CivilTime end = stretch->civil_end();
  if (search.overlap == DstOverlap::kFirst) civil = std::max(civil, stretch[-1].civil_end());
  if (search.overlap == DstOverlap::kSecond) end = std::min(end, stretch[1].civil_begin());
  std::optional<CivilTime> match = search.First(civil);
  if (match && *match < end) return Within(stretch->ToUtc(*match));

  // Civil times that are past already come again.
  if (search.overlap != DstOverlap::kFirst && civil > stretch[1].civil_begin()) {
    match = search.First(stretch[1].civil_begin());
    if (match && *match < stretch->civil_end()) return Within(stretch[1].ToUtc(*match));
  }
  while (match) {
    stretch = rules.Ending(*match);
    if (*match >= stretch->civil_begin()) {
      if (search.overlap == DstOverlap::kSecond && *match >= stretch[1].civil_begin()) ++stretch;
      return Within(stretch->ToUtc(*match));
    }
    if (const std::optional<sys_seconds> instant = search.Replacement(stretch)) return Within(*instant);
    match = search.First(stretch->civil_begin());
  }
  return std::nullopt;
}

std::optional<WallTime> Previous(const Expression& expression, const TimeZone& zone, WallTime before,
                                 const CronOptions& options) {
  const Search search(expression, options);
  const ZoneRules& rules = zone.rules();
  sys_seconds from = std::chrono::ceil<seconds>(before) - seconds(1);
  if (from >= kEnd) from = kEnd - seconds(1);
  if (from < kEarliest) return std::nullopt;
  const Stretch* stretch = rules.At(from);
  if (from == stretch->end - seconds(1) && search.FiresInsteadOfGap(stretch + 1, from)) return Within(from);

  CivilTime civil = stretch->ToCivil(from);
  CivilTime begin = stretch->civil_begin();
  if (search.overlap == DstOverlap::kSecond) civil = std::min(civil, stretch[1].civil_begin() - seconds(1));
  if (search.overlap == DstOverlap::kFirst) begin = std::max(begin, stretch[-1].civil_end());
  std::optional<CivilTime> match = search.Last(civil);
  if (match && *match >= begin) return Within(stretch->ToUtc(*match));

  // Civil times that are still to come have been there before.
  if (search.overlap != DstOverlap::kSecond && civil < stretch[-1].civil_end()) {
    match = search.Last(stretch[-1].civil_end() - seconds(1));
    if (match && *match >= stretch->civil_begin()) return Within(stretch[-1].ToUtc(*match));
  }
  while (match) {
    stretch = rules.Ending(*match);
    if (*match >= stretch->civil_begin()) {
      if (search.overlap != DstOverlap::kFirst && *match >= stretch[1].civil_begin()) ++stretch;
      return Within(stretch->ToUtc(*match));
    }
    if (const std::optional<sys_seconds> instant = search.Replacement(stretch)) return Within(*instant);
    match = search.Last(stretch[-1].civil_end() - seconds(1));
  }
  return std::nullopt;
}

}  // namespace rota
