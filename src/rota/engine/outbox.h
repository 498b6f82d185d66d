#pragma once

#include <cstddef>
#include <deque>
#include <map>
#include <span>
#include <vector>

#include "rota/base/instant.h"
#include "rota/engine/coordinator.h"
#include "rota/engine/occurrence.h"

namespace rota {

// The outcomes that the store has yet to record: sent in batches, one under way at a time, those of one scope in their
// order. Where a part of the store does not answer, what it would keep is held back, with all that comes later of the
// same scopes, and the rest goes on; one outcome of each such scope is tried again at a time. Confined to the engine
// thread.
class Outbox {
 public:
  enum class DecidedBy {
    kStore,       // Or it knows of the decision.
    kThisServer,  // Without the store: it must learn of it before it is asked about the scope again.
  };

  void Add(OccurrenceRecord record, DecidedBy by = DecidedBy::kStore);

  // The next batch, which is then under way; empty: there is nothing to be sent now. REQUIRES: none is under way.
  std::vector<OccurrenceRecord> Send(SteadyTime now);
  // The answer to the batch under way: returns what was recorded. What was not waits until `retry_at`.
  std::vector<OccurrenceRecord> Answered(std::span<const FinishOutcome> outcomes, SteadyTime now, SteadyTime retry_at);
  // There was no answer to the batch under way.
  void Unanswered(SteadyTime now, SteadyTime retry_at);

  bool empty() const { return ready_.empty() && under_way_.empty() && held_back_.empty(); }
  std::size_t size() const;
  bool under_way() const { return !under_way_.empty(); }
  // All that is left is held back.
  bool stuck() const { return !held_back_.empty() && ready_.empty() && under_way_.empty(); }
  // When what is held back is to be tried again; max: nothing is.
  SteadyTime retry_at() const { return held_back_.empty() ? SteadyTime::max() : retry_at_; }
  // Something that this server decided about the scope is not known to the store.
  bool Owes(const Scope& scope) const { return owed_.contains(scope); }
  bool owes_any() const { return !owed_.empty(); }
  // Those of one scope in their order. REQUIRES: none is under way.
  std::vector<OccurrenceRecord> All() const;

 private:
  struct Entry {
    OccurrenceRecord record;
    DecidedBy by;
  };

  void TakeHeldBack();
  void TakeReady();
  void HoldBack(Entry entry) { held_back_[entry.record.scope].push_front(std::move(entry)); }
  void Release(const Scope& scope);

  std::deque<Entry> ready_;
  std::vector<Entry> under_way_;
  // Before what is ready of the same scopes. A scope whose only outcome is under way keeps its empty place.
  std::map<Scope, std::deque<Entry>> held_back_;
  bool tries_held_back_ = false;  // The batch under way does.
  Scope last_tried_;              // The next try begins behind it.
  SteadyTime retry_at_;
  std::map<Scope, std::size_t> owed_;  // How many outcomes of the scope this server decided.
};

}  // namespace rota
