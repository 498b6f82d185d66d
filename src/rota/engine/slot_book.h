#pragma once

#include <cstdint>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/instant.h"
#include "rota/schedule/pool_options.h"

namespace rota {

// The slots that this server holds: each is a lease, given by the coordinator, and the right to one run of a pool with
// a fleet limit. Any run of the pool may use any of them. Which ones to ask for, and which to give back:
//  - one for each run under way, and for each that waits, but no more than the pool has workers;
//  - a slot that neither needs goes back at once;
//  - a full pool is asked again half a second to a second later: by chance, or two servers whose runs keep the same
//  time
//    might never find each other's slot free;
//  - where there are other servers, a slot goes back with the first run that ends after ten seconds, whatever waits,
//    and this server lets the others ask first.
// A slot of which it is not known whether the coordinator gave it, or has it still, is given back until that is known.
// Pure: time is told. Confined to the engine thread.
class SlotBook {
 public:
  struct Orders {
    int take = 0;                        // So many new slots are to be asked for.
    std::vector<std::string> give_back;  // These are to be given back.
  };
  enum class Answer {
    kGiven,
    kFull,
    kGivenBack,
    kUnknown,  // There was none.
  };
  enum class Fleet { kAlone, kShared };

  // Give each process another seed.
  SlotBook(const Pools& pools, std::uint64_t seed);

  bool Limits(std::string_view pool) const { return pools_.contains(pool); }
  // How many runs of the pool may be under way. REQUIRES: Limits(pool).
  int usable(std::string_view pool, Fleet fleet, SteadyTime now) const;
  // The ids of the slots held.
  std::vector<std::string> Held(std::string_view pool) const;

  // So many more runs of the pool would begin now if they had workers. Counts until the next Decide().
  void Want(std::string_view pool, int runs);
  void ForgetWanted();
  // What is to be asked while `used` runs of the pool are under way; each of it will be answered. REQUIRES:
  // Limits(pool).
  Orders Decide(std::string_view pool, int used, Fleet fleet, SteadyTime now);
  // The id of a slot to take.
  void Asked(std::string_view pool, const std::string& id);
  void Answered(std::string_view pool, const std::string& id, Answer answer, SteadyTime now);
  // Its lease is gone, or in doubt. False: there is no such slot.
  bool Lose(const std::string& id);

  // When Decide() may order more than it did. Max: not before something happens.
  SteadyTime NextDeadline(SteadyTime now) const;

 private:
  enum class State {
    kAsked,
    kHeld,
    kLeaving,    // To be given back,
    kReturning,  // and that was ordered.
  };
  struct Slot {
    State state = State::kAsked;
    SteadyTime since{};  // When it was given.
  };
  struct Pool {
    int workers = 0;
    int limit = 0;
    int wanted = 0;
    std::map<std::string, Slot> slots;  // By id.
    bool waits = false;                 // Until `ask_at`, to ask for more.
    SteadyTime ask_at = SteadyTime::min();
    SteadyTime return_at = SteadyTime::min();

    int count(State state) const;
    int past_turn(Fleet fleet, SteadyTime now) const;
  };
  Pool& Find(std::string_view pool);
  const Pool& Find(std::string_view pool) const;

  std::mt19937_64 dice_;
  std::map<std::string, Pool, std::less<>> pools_;  // Those with a limit.
};

}  // namespace rota
