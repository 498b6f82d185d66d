#include "rota/engine/lease_book.h"

#include <algorithm>

#include "rota/base/check.h"

namespace rota {

std::string_view Name(LeaseLoss loss) {
  switch (loss) {
    case LeaseLoss::kLockTimeout:
      return "lock timeout reached";
    case LeaseLoss::kDoubt:
      return "renewal in doubt";
    case LeaseLoss::kTaken:
      return "lease taken away";
  }
  ROTA_CHECK(false, "unknown loss");
}

void LeaseBook::Add(const LeaseRef& lease, LeaseGuard guard, SteadyTime asked, Milliseconds lock_timeout) {
  const Milliseconds margin = guard == LeaseGuard::kServer ? Milliseconds(0) : std::min(ttl_, lock_timeout) / 10;
  const Lease& added =
      leases_[lease.run_id] = {lease.scope, guard, GoodUntil(guard, asked), asked + lock_timeout - margin, margin};
  next_ = std::min({next_, added.good_until, added.lock_until});
}

SteadyTime LeaseBook::GoodUntil(LeaseGuard guard, SteadyTime asked) const {
  return guard == LeaseGuard::kServer ? SteadyTime::max() : asked + ttl_ - ttl_ / 10;
}

void LeaseBook::Remove(const std::string& run_id) {
  leases_.erase(run_id);
  if (leases_.empty()) next_ = SteadyTime::max();
}

std::optional<Milliseconds> LeaseBook::LockLeft(const std::string& run_id, SteadyTime now) const {
  const auto place = leases_.find(run_id);
  if (place == leases_.end()) return std::nullopt;
  return std::chrono::ceil<Milliseconds>(place->second.lock_until + place->second.margin - now);
}

std::vector<LeaseRef> LeaseBook::Held() const {
  std::vector<LeaseRef> held;
  held.reserve(leases_.size());
  for (const auto& [run_id, lease] : leases_) held.push_back({run_id, lease.scope});
  return held;
}

std::vector<LeaseBook::Lost> LeaseBook::Renewed(const std::vector<LeaseRef>& leases,
                                                const std::vector<RenewOutcome>& outcomes, SteadyTime asked) {
  ROTA_CHECK(leases.size() == outcomes.size(), "a renewal answers every lease");
  std::vector<Lost> lost;
  for (std::size_t i = 0; i < leases.size(); ++i) {
    const auto place = leases_.find(leases[i].run_id);
    if (place == leases_.end()) continue;  // Ended while the renewal was under way.
    if (outcomes[i] == RenewOutcome::kRenewed) {
      place->second.good_until = GoodUntil(place->second.guard, asked);
    } else if (outcomes[i] == RenewOutcome::kExpired && place->second.guard == LeaseGuard::kFleet) {
      lost.push_back({leases[i].run_id, LeaseLoss::kTaken});
      leases_.erase(place);
    }
  }
  FindNext();
  return lost;
}

std::vector<LeaseBook::Lost> LeaseBook::TakeLost(SteadyTime now) {
  std::vector<Lost> lost;
  if (now < next_) return lost;
  std::erase_if(leases_, [&lost, now](const auto& entry) {
    const auto& [run_id, lease] = entry;
    if (now < std::min(lease.good_until, lease.lock_until)) return false;
    lost.push_back({run_id, now >= lease.lock_until ? LeaseLoss::kLockTimeout : LeaseLoss::kDoubt});
    return true;
  });
  FindNext();
  return lost;
}

void LeaseBook::FindNext() {
  next_ = SteadyTime::max();
  for (const auto& [run_id, lease] : leases_) next_ = std::min({next_, lease.good_until, lease.lock_until});
}

}  // namespace rota
