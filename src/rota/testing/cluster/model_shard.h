#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "rota/base/status.h"
#include "rota/coordination/ledger.h"
#include "rota/coordination/store.h"
#include "rota/testing/cluster/checker.h"
#include "rota/testing/cluster/dice.h"

namespace rota::cluster {

// What a process remembers of a shard, to notice that it lost its state.
struct ShardView {
  std::uint64_t epoch = 0;  // 0: none.
  std::uint64_t beat = 0;
};

// Who calls the store: what the client of one process knows.
struct Caller {
  ProcessId process = 0;
  std::vector<ShardView> shards;
  ServerInfo server;  // As it joined; without an incarnation it did not yet.
};

// One shard of the store: a primary that decides by the ledger, and a past that it can fall back into. A replica that
// lags behind is the primary's own past, so a fail-over to it, a restart without the last writes and a restore are one
// thing: the newest writes are taken back. Thread-compatible.
class ModelShard {
 public:
  enum class Access {
    kOpen,
    kDown,
    kStateLost,  // The caller has to tell what it remembers.
  };
  struct Options {
    Milliseconds max_skew = std::chrono::seconds(2);
    Milliseconds quarantine = std::chrono::seconds(6);  // For claims, in a new epoch,
    Milliseconds settling = std::chrono::seconds(6);    // and in the first.
  };

  ModelShard(int number, const Options& options, Dice& dice, Checker& checker);

  // Faults.
  void SetDown(bool down) { down_ = down; }
  void Replace() { process_ = dice_.Draw(); }  // Another process serves: a restart, a fail-over.
  void TakeBack(SteadyTime kept, StoreMoment moment);
  void Flush(StoreMoment moment);

  // What every script begins with.
  Access Enter(const ShardView& caller, StoreMoment moment);
  ShardView view() const { return {state_.meta.epoch, state_.meta.beat}; }
  Milliseconds QuietFor(StoreMoment moment) const;
  // Whether servers that have not told that they live may be taken for dead.
  bool Judges(StoreMoment moment) const;

  ClaimReply Claim(const ClaimRequest& request, const Caller& caller, StoreMoment moment);
  // Adds to the reply.
  void Renew(const LeaseRef& lease, const Caller& caller, Milliseconds ttl, StoreMoment moment, RenewReply& reply);
  void Finish(const OccurrenceRecord& record, const Caller& caller, StoreMoment moment);
  void Reassert(const HeldRun& run, const Caller& caller, StoreMoment moment);
  void Reassert(const HeldSlot& slot, const Caller& caller, StoreMoment moment);
  void Reassert(const Memory::Watermark& watermark, StoreMoment moment);
  std::vector<OccurrenceRecord> Reap(std::span<const ServerInfo> servers, const Caller& caller, Milliseconds ttl,
                                     StoreMoment moment);
  // Returns what the scope then has.
  const ledger::ScopeState& Seed(const Scope& scope, WallTime watermark, StoreMoment moment);
  void SetPauses(std::vector<Pause> pauses, StoreMoment moment);
  void PutServer(const ServerInfo& server, StoreMoment moment);
  // A heartbeat, or its end: puts the row of the server back where it is gone.
  void KeepServer(const ServerInfo& server, WallTime alive_until, StoreMoment moment);

  const std::vector<ServerInfo>& servers() const { return state_.servers; }
  const std::map<Scope, ledger::ScopeState>& scopes() const { return state_.scopes; }
  const std::unordered_map<std::string, ledger::Entry>& entries() const { return state_.entries; }

 private:
  struct Meta {
    std::uint64_t epoch = 0;  // 0: there is nothing.
    bool is_new = false;      // Nobody who remembers anything has been here.
    std::uint64_t process = 0;
    std::uint64_t beat = 0;
    WallTime quiet_until{};
    WallTime judges_from{};
    std::uint64_t token_floor = 0;
  };
  struct State {
    Meta meta;
    std::map<Scope, ledger::ScopeState> scopes;
    std::set<Scope> leased;
    std::set<Scope> suspects;
    std::unordered_map<std::string, ledger::Entry> entries;
    std::vector<ServerInfo> servers;  // By id.
    std::vector<Pause> pauses;
  };
  struct Undo {
    SteadyTime at;
    std::function<void(State&)> back;
  };

  void OpenEpoch(const ShardView& caller, StoreMoment moment);
  const ledger::ScopeState& Find(const Scope& scope) const;
  const ledger::Entry* FindEntry(const std::string& run_id) const;
  void Apply(const Scope& scope, ledger::Changes changes, StoreMoment moment);
  void Put(const Scope& scope, ledger::ScopeState state);
  void Settle(StoreMoment moment, std::vector<OccurrenceRecord>& decided);
  void Remember(StoreMoment moment, std::function<void(State&)> back);

  const int number_;
  const Options options_;
  const ledger::ScopeState unseen_;
  Dice& dice_;
  Checker& checker_;
  bool down_ = false;
  std::uint64_t process_;
  State state_;
  std::deque<Undo> undo_;  // The oldest first.
};

}  // namespace rota::cluster
