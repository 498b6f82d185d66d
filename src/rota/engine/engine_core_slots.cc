#include <algorithm>
#include <utility>

#include "rota/engine/engine_core.h"

// The workers of pools, and the slots of those that have a fleet limit. What is asked of the store about slots is asked
// apart from claims of occurrences, which need not wait for the answer. The rest is in engine_core.cc.

namespace rota {

int EngineCore::Occupied(std::string_view pool) const {
  const auto reserved = reserved_workers_.find(pool);
  return runs_.working(pool) + (reserved == reserved_workers_.end() ? 0 : reserved->second);
}

int EngineCore::FreeWorkers(const TaskPolicies& policies, Moment now) const {
  const auto pool = options_.pools.find(policies.pool);
  int size = pool == options_.pools.end() ? options_.workers : pool->second.workers;
  if (slots_.Limits(policies.pool)) size = std::min(size, slots_.usable(policies.pool, fleet(), now.steady));
  return size - Occupied(policies.pool);
}

// For what is due and was not begun.
void EngineCore::WantSlots(Moment now) {
  for (const Waiting& waiting : waiting_) {
    if (now.wall < waiting.not_before || now.wall > waiting.expires) continue;
    slots_.Want(waiting.cohort->policies->pool, static_cast<int>(waiting.cohort->tasks.size() - waiting.next));
  }
  for (const Retry& retry : retries_) {
    if (retry.lacks_worker) slots_.Want(PoolOf(retry.request), 1);
  }
}

ClaimRequest EngineCore::MakeSlotRequest(std::string_view pool, std::string id, ClaimPurpose purpose) const {
  ClaimRequest request;
  request.run_id = std::move(id);
  request.task = request.scope = PoolScope(pool);
  request.server = options_.server;
  request.overlap = OverlapPolicy::kSkip;
  request.lease_ttl = options_.lease_ttl;
  request.lock_timeout = kNoLockTimeout;
  request.purpose = purpose;
  request.fleet_limit = options_.pools.find(pool)->second.fleet_limit.value();
  return request;
}

void EngineCore::SendSlots(Moment now) {
  if (!MayClaim(now)) return slots_.ForgetWanted();
  std::vector<ClaimRequest> requests;
  for (const auto& [pool, options] : options_.pools) {
    if (!options.fleet_limit) continue;
    const SlotBook::Orders orders = slots_.Decide(pool, Occupied(pool), fleet(), now.steady);
    for (const std::string& id : orders.give_back) {
      leases_.Remove(id);
      requests.push_back(MakeSlotRequest(pool, id, ClaimPurpose::kGiveBack));
    }
    for (int i = 0; i < orders.take; ++i) {
      requests.push_back(MakeSlotRequest(pool, ids_.Next(now.wall), ClaimPurpose::kSlot));
      slots_.Asked(pool, requests.back().run_id);
    }
  }
  if (requests.empty()) return;
  if (store_down_) store_retry_at_ = now.steady + kStoreRetry;  // One attempt at a time.
  decision_.actions.push_back(action::Claim{std::move(requests)});
}

void EngineCore::SlotsAnswered(const input::ClaimsAnswered& answered, Moment now) {
  NoteStore(answered.replies ? Status::Ok() : answered.replies.error(), now);
  bool unanswered = false;
  for (std::size_t i = 0; i < answered.requests.size(); ++i) {
    const ClaimRequest& request = answered.requests[i];
    const std::string_view pool = PoolOfScope(request.scope);
    const ClaimOutcome outcome = answered.replies ? (*answered.replies)[i].outcome : ClaimOutcome::kUnanswered;
    SlotBook::Answer answer = SlotBook::Answer::kUnknown;
    if (outcome == ClaimOutcome::kUnanswered) {
      unanswered = true;
    } else if (request.purpose == ClaimPurpose::kGiveBack) {
      answer = SlotBook::Answer::kGivenBack;
    } else if (outcome == ClaimOutcome::kClaimed) {
      leases_.Add({request.run_id, request.scope}, LeaseGuard::kFleet, answered.asked, request.lock_timeout);
      answer = SlotBook::Answer::kGiven;
    } else {
      answer = SlotBook::Answer::kFull;
    }
    slots_.Answered(pool, request.run_id, answer, now.steady);
  }
  if (unanswered) GiveUpAskedFor(now);
}

// A person who asked for a run is told that the store does not answer, instead of being left to wait for a slot.
void EngineCore::GiveUpAskedFor(Moment now) {
  std::erase_if(retries_, [this, now](const Retry& retry) {
    if (!IsAskedFor(retry.request.kind) || !retry.lacks_worker) return false;
    Unanswered(retry.request, now);
    return true;
  });
}

}  // namespace rota
