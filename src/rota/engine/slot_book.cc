#include "rota/engine/slot_book.h"

#include <algorithm>
#include <utility>

#include "rota/base/check.h"

namespace rota {
namespace {

constexpr std::chrono::milliseconds kAskAgain(500);  // And up to as much more.
constexpr std::chrono::seconds kReturnAgain(1);
constexpr std::chrono::seconds kTurn(10);
constexpr std::chrono::seconds kOthersFirst(2);  // They ask at least each second.

}  // namespace

SlotBook::SlotBook(const Pools& pools, std::uint64_t seed) : dice_(seed) {
  for (const auto& [name, options] : pools) {
    if (!options.fleet_limit) continue;
    Pool& pool = pools_[name];
    pool.workers = options.workers;
    pool.limit = *options.fleet_limit;
  }
}

int SlotBook::Pool::count(State state) const {
  return static_cast<int>(std::ranges::count(slots, state, [](const auto& entry) { return entry.second.state; }));
}

int SlotBook::Pool::past_turn(Fleet fleet, SteadyTime now) const {
  if (fleet == Fleet::kAlone) return 0;
  return static_cast<int>(std::ranges::count_if(slots, [now](const auto& entry) {
    return entry.second.state == State::kHeld && entry.second.since + kTurn <= now;
  }));
}

int SlotBook::usable(std::string_view name, Fleet fleet, SteadyTime now) const {
  const Pool& pool = Find(name);
  return pool.count(State::kHeld) - pool.past_turn(fleet, now);
}

std::vector<std::string> SlotBook::Held(std::string_view name) const {
  std::vector<std::string> ids;
  for (const auto& [id, slot] : Find(name).slots) {
    if (slot.state == State::kHeld) ids.push_back(id);
  }
  return ids;
}

void SlotBook::Want(std::string_view name, int runs) {
  const auto pool = pools_.find(name);
  if (pool != pools_.end()) pool->second.wanted += runs;
}

void SlotBook::ForgetWanted() {
  for (auto& [name, pool] : pools_) pool.wanted = 0;
}

SlotBook::Orders SlotBook::Decide(std::string_view name, int used, Fleet fleet, SteadyTime now) {
  Pool& pool = Find(name);
  const int needed = std::min(used + std::exchange(pool.wanted, 0), std::max(pool.workers, used));
  const int held = pool.count(State::kHeld);
  const int turns_over = std::min(held - used, pool.past_turn(fleet, now));
  std::vector<std::pair<SteadyTime, std::string>> oldest;
  for (const auto& [id, slot] : pool.slots) {
    if (slot.state == State::kHeld) oldest.emplace_back(slot.since, id);
  }
  std::ranges::sort(oldest);
  for (int i = 0; i < std::max(held - needed, turns_over); ++i) {
    pool.slots[oldest[static_cast<std::size_t>(i)].second].state = State::kLeaving;
  }
  if (turns_over > 0) pool.ask_at = std::max(pool.ask_at, now + kOthersFirst);

  Orders orders;
  for (auto& [id, slot] : pool.slots) {
    if (slot.state != State::kLeaving || now < pool.return_at) continue;
    slot.state = State::kReturning;
    orders.give_back.push_back(id);
  }
  const int lacking = std::min(needed, pool.limit) - held;
  const bool asks = pool.count(State::kAsked) > 0;
  pool.waits = lacking > 0 && !asks && now < pool.ask_at;
  if (lacking > 0 && !asks && !pool.waits) orders.take = lacking;
  return orders;
}

void SlotBook::Asked(std::string_view pool, const std::string& id) { Find(pool).slots[id] = {}; }

void SlotBook::Answered(std::string_view name, const std::string& id, Answer answer, SteadyTime now) {
  Pool& pool = Find(name);
  if (answer == Answer::kGiven) {
    pool.slots[id] = {State::kHeld, now};
  } else if (answer == Answer::kGivenBack) {
    pool.slots.erase(id);
  } else {
    const Milliseconds more(dice_() % static_cast<std::uint64_t>(kAskAgain.count()));
    pool.ask_at = std::max(pool.ask_at, now + kAskAgain + more);
    if (answer == Answer::kFull) {
      pool.slots.erase(id);
    } else {
      pool.slots[id].state = State::kLeaving;
      pool.return_at = now + kReturnAgain;
    }
  }
}

bool SlotBook::Lose(const std::string& id) {
  for (auto& [name, pool] : pools_) {
    const auto slot = pool.slots.find(id);
    if (slot == pool.slots.end()) continue;
    if (slot->second.state == State::kHeld) slot->second.state = State::kLeaving;
    return true;
  }
  return false;
}

SteadyTime SlotBook::NextDeadline(SteadyTime now) const {
  SteadyTime next = SteadyTime::max();
  for (const auto& [name, pool] : pools_) {
    if (pool.waits && pool.ask_at > now) next = std::min(next, pool.ask_at);
    if (pool.count(State::kLeaving) > 0 && pool.return_at > now) next = std::min(next, pool.return_at);
  }
  return next;
}

SlotBook::Pool& SlotBook::Find(std::string_view pool) {
  const auto place = pools_.find(pool);
  ROTA_CHECK(place != pools_.end(), "the pool has a limit");
  return place->second;
}

const SlotBook::Pool& SlotBook::Find(std::string_view pool) const { return const_cast<SlotBook*>(this)->Find(pool); }

}  // namespace rota
