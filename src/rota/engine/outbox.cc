#include "rota/engine/outbox.h"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "rota/base/check.h"

namespace rota {
namespace {

constexpr std::size_t kBatch = 500;

}  // namespace

void Outbox::Add(OccurrenceRecord record, DecidedBy by) {
  if (by == DecidedBy::kThisServer) ++owed_[record.scope];
  ready_.push_back({std::move(record), by});
}

std::vector<OccurrenceRecord> Outbox::Send(SteadyTime now) {
  ROTA_CHECK(under_way_.empty(), "one batch at a time");
  tries_held_back_ = !held_back_.empty() && now >= retry_at_;
  if (tries_held_back_) TakeHeldBack();
  TakeReady();
  std::vector<OccurrenceRecord> batch;
  batch.reserve(under_way_.size());
  for (const Entry& entry : under_way_) batch.push_back(entry.record);
  return batch;
}

// One of each scope, and each scope in its turn: nobody knows which of them belong to the same part of the store.
void Outbox::TakeHeldBack() {
  auto place = held_back_.upper_bound(last_tried_);
  for (std::size_t i = 0; i < std::min(kBatch, held_back_.size()); ++i) {
    if (place == held_back_.end()) place = held_back_.begin();
    auto& [scope, entries] = *place++;
    under_way_.push_back(std::move(entries.front()));
    entries.pop_front();
    last_tried_ = scope;
  }
}

void Outbox::TakeReady() {
  while (!ready_.empty() && under_way_.size() < kBatch) {
    Entry entry = std::move(ready_.front());
    ready_.pop_front();
    const auto held = held_back_.find(entry.record.scope);
    if (held != held_back_.end()) {
      held->second.push_back(std::move(entry));
    } else {
      under_way_.push_back(std::move(entry));
    }
  }
}

std::vector<OccurrenceRecord> Outbox::Answered(std::span<const FinishOutcome> outcomes, SteadyTime now,
                                               SteadyTime retry_at) {
  ROTA_CHECK(outcomes.size() == under_way_.size(), "an answer for each outcome");
  std::vector<Entry> batch = std::exchange(under_way_, {});
  const bool first = held_back_.empty();
  std::set<Scope> unanswered;
  for (std::size_t i = batch.size(); i-- > 0;) {  // From the last, since each goes before those that are held back.
    if (outcomes[i] == FinishOutcome::kRecorded) continue;
    unanswered.insert(batch[i].record.scope);
    HoldBack(std::move(batch[i]));
  }
  if (first || tries_held_back_) retry_at_ = retry_at;

  std::vector<OccurrenceRecord> recorded;
  for (std::size_t i = 0; i < batch.size(); ++i) {
    if (outcomes[i] != FinishOutcome::kRecorded) continue;
    OccurrenceRecord& record = batch[i].record;
    if (batch[i].by == DecidedBy::kThisServer && --owed_.at(record.scope) == 0) owed_.erase(record.scope);
    if (held_back_.contains(record.scope) && !unanswered.contains(record.scope)) {
      Release(record.scope);
      retry_at_ = now;  // Others may be kept there too.
    }
    recorded.push_back(std::move(record));
  }
  return recorded;
}

void Outbox::Release(const Scope& scope) {
  auto node = held_back_.extract(scope);
  ready_.insert(ready_.begin(), std::make_move_iterator(node.mapped().begin()),
                std::make_move_iterator(node.mapped().end()));
}

void Outbox::Unanswered(SteadyTime now, SteadyTime retry_at) {
  Answered(std::vector<FinishOutcome>(under_way_.size(), FinishOutcome::kUnanswered), now, retry_at);
}

std::size_t Outbox::size() const {
  std::size_t size = ready_.size() + under_way_.size();
  for (const auto& [scope, entries] : held_back_) size += entries.size();
  return size;
}

std::vector<OccurrenceRecord> Outbox::All() const {
  ROTA_CHECK(under_way_.empty(), "what is under way is told by its answer");
  std::vector<OccurrenceRecord> all;
  for (const auto& [scope, entries] : held_back_) {
    for (const Entry& entry : entries) all.push_back(entry.record);
  }
  for (const Entry& entry : ready_) all.push_back(entry.record);
  return all;
}

}  // namespace rota
