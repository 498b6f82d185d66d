#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "rota/base/instant.h"
#include "rota/engine/coordinator.h"

namespace rota {

// Why a holder must stop relying on its lease.
enum class LeaseLoss {
  kLockTimeout,  // The run reached its lock timeout: renewals stop, others may run the task again.
  kDoubt,        // No renewal was confirmed in time.
  kTaken,        // The store says that the lease is gone: it ran out and another was given, or an operator ended it.
};
std::string_view Name(LeaseLoss loss);  // "lock timeout reached", "renewal in doubt", "lease taken away"

// Against whom a lease guards its task.
enum class LeaseGuard {
  kFleet,   // Other servers: the lease is in doubt when no renewal is confirmed.
  kServer,  // This server only: never in doubt, for nobody else can take it.
};

// The leases that this server holds, and when each must be renewed or given up. A lease is counted from *before* it
// was asked for and ends a margin before the store would end it, so that the holder stops first whatever the network
// does in between (Gray and Cheriton 1989; the margin as Redlock's drift allowance). Pure: time is told. Confined to
// the engine thread.
class LeaseBook {
 public:
  struct Lost {
    std::string run_id;
    LeaseLoss loss = LeaseLoss::kDoubt;
  };

  // Renewals fall due every third of `ttl`; a lease is in doubt a tenth of `ttl` before it could end.
  explicit LeaseBook(Milliseconds ttl) : ttl_(ttl) {}

  // Notes a lease that was asked for at `asked` and granted. Ends at `asked` + `lock_timeout`, less the margin, at the
  // latest.
  void Add(const LeaseRef& lease, LeaseGuard guard, SteadyTime asked, Milliseconds lock_timeout);
  // The run ended.
  void Remove(const std::string& run_id);

  // How long until the store's lock timeout of a lease that is still good; nothing when there is no such lease.
  std::optional<Milliseconds> LockLeft(const std::string& run_id, SteadyTime now) const;
  // Every lease that is still good, to be renewed together.
  std::vector<LeaseRef> Held() const;
  // Takes the answers to a renewal asked for at `asked`; returns what is lost by them.
  std::vector<Lost> Renewed(const std::vector<LeaseRef>& leases, const std::vector<RenewOutcome>& outcomes,
                            SteadyTime asked);
  // Takes out and returns what is no longer good at `now`.
  std::vector<Lost> TakeLost(SteadyTime now);
  // When TakeLost() must be called next, or before; SteadyTime::max() when nothing is held.
  SteadyTime NextDeadline() const { return next_; }

  Milliseconds renewal_period() const { return ttl_ / 3; }

 private:
  struct Lease {
    Scope scope;
    LeaseGuard guard;
    SteadyTime good_until;
    SteadyTime lock_until;
    Milliseconds margin;  // By which lock_until comes before the store's.
  };
  void FindNext();
  SteadyTime GoodUntil(LeaseGuard guard, SteadyTime asked) const;

  Milliseconds ttl_;
  std::map<std::string, Lease> leases_;  // By run id.
  SteadyTime next_ = SteadyTime::max();  // No deadline comes before it.
};

}  // namespace rota
