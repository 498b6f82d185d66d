#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "rota/base/status.h"

namespace rota {

// A date and time of day as a wall clock in some zone shows it. Never converts to a WallTime without a zone.
using CivilTime = std::chrono::local_seconds;

// The offsets from UTC that one zone has had and will have from 1970 to 2200, as stretches of one offset each. Before
// and after those years the nearest stretch goes on. A look-up is an index and a step or two; it allocates nothing.
// Immutable.
class ZoneRules {
 public:
  // All instants of [begin, end). At a gap of civil time the stretch before ends, in civil time, earlier than this one
  // begins; where civil time is repeated, later.
  struct Stretch {
    std::chrono::sys_seconds begin;
    std::chrono::sys_seconds end;
    std::chrono::seconds offset{};  // East positive.

    CivilTime ToCivil(std::chrono::sys_seconds instant) const { return CivilTime(instant.time_since_epoch() + offset); }
    std::chrono::sys_seconds ToUtc(CivilTime civil) const {
      return std::chrono::sys_seconds(civil.time_since_epoch() - offset);
    }
    CivilTime civil_begin() const { return ToCivil(begin); }
    CivilTime civil_end() const { return ToCivil(end); }
  };
  // From `at` on the offset is `offset`.
  struct Change {
    std::chrono::sys_seconds at;
    std::chrono::seconds offset{};
  };

  // `changes` in the order of their instants; those that change nothing, or lie outside 1970 to 2200, are left out.
  ZoneRules(std::chrono::seconds offset_before, const std::vector<Change>& changes);

  // Reads a file of compiled rules of version 2 or later (TZif, RFC 8536), the rule for the years after its last
  // change included. Errors: kDataLoss with what is wrong.
  static Result<ZoneRules> Read(std::string_view file);

  // The stretch in which an instant lies. Its neighbours may be read: one behind is always there, of the same offset
  // where the rules end.
  const Stretch* At(std::chrono::sys_seconds instant) const {
    const std::int64_t bucket = std::max(instant.time_since_epoch().count(), std::int64_t{0}) >> kBucketBits;
    const auto last = static_cast<std::int64_t>(index_.size()) - 1;
    const Stretch* stretch = &stretches_[index_[static_cast<std::size_t>(std::min(bucket, last))]];
    while (stretch->end <= instant) ++stretch;
    return stretch;
  }
  // The first stretch that ends after a civil time: the one in which it lies, the first of two that both show it, or
  // the one behind the gap that skips it.
  const Stretch* Ending(CivilTime after) const {
    const Stretch* stretch = At(std::chrono::sys_seconds(after.time_since_epoch()));
    while (after < stretch[-1].civil_end()) --stretch;
    while (after >= stretch->civil_end()) ++stretch;
    return stretch;
  }
  // Whether a stretch has one of another offset before it, or behind it.
  bool HasBefore(const Stretch* stretch) const { return stretch > &stretches_[1]; }
  bool HasAfter(const Stretch* stretch) const { return stretch + 2 < stretches_.data() + stretches_.size(); }

 private:
  static constexpr int kBucketBits = 22;  // Some seven weeks.

  // In order, between two guards, so that each has neighbours.
  std::vector<Stretch> stretches_;
  // The stretch in force when each bucket of the time since 1970 begins, up to the last change.
  std::vector<std::uint16_t> index_;
};

}  // namespace rota
