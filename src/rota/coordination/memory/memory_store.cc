#include "rota/coordination/memory/memory_store.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <limits>
#include <map>
#include <set>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "rota/base/mutex.h"
#include "rota/coordination/ledger.h"

namespace rota {
namespace {

using ledger::Changes;
using ledger::Entry;
using ledger::Lease;
using ledger::ScopeState;

// The records, by age and by run id. Thread-compatible.
class Records {
 public:
  const Entry* Find(std::string_view run_id) const {
    const auto age = age_.find(std::string(run_id));
    return age == age_.end() ? nullptr : &by_age_.at({age->second, age->first});
  }

  void Put(Entry entry) {
    const std::string run_id = entry.record.run_id;
    const WallTime at = entry.record.scheduled_last;
    const auto [age, added] = age_.try_emplace(run_id, at);
    if (!added) by_age_.erase({age->second, run_id});
    age->second = at;
    by_age_.emplace(Key(at, run_id), std::move(entry));
  }

  std::vector<OccurrenceRecord> Query(const HistoryQuery& query) const {
    std::vector<OccurrenceRecord> found;
    for (auto it = by_age_.rbegin(); it != by_age_.rend() && std::cmp_less(found.size(), query.limit); ++it) {
      if (ledger::Matches(query, it->second.record)) found.push_back(it->second.record);
    }
    return found;
  }

  // Drops what is older than `oldest`, and the oldest beyond `max`. Runs under way stay.
  void Prune(WallTime oldest, std::size_t max) {
    for (auto it = by_age_.begin(); it != by_age_.end() && (it->first.first < oldest || by_age_.size() > max);) {
      if (it->second.record.outcome == Outcome::kRunning) {
        ++it;
      } else {
        age_.erase(it->first.second);
        it = by_age_.erase(it);
      }
    }
  }

 private:
  using Key = std::pair<WallTime, std::string>;  // The last scheduled instant, the run id.

  std::map<Key, Entry> by_age_;
  std::unordered_map<std::string, WallTime> age_;
};

class MemoryStore final : public Store {
 public:
  MemoryStore(Clock& clock, const MemoryStoreOptions& options) : clock_(clock), options_(options) {}

  std::string name() const override { return "memory"; }

  Result<std::vector<ClaimReply>> Claim(std::span<const ClaimRequest> requests) override {
    MutexLock lock(mu_);
    std::vector<ClaimReply> replies;
    replies.reserve(requests.size());
    for (const ClaimRequest& request : requests) {
      const Entry* gap = records_.Find(ledger::GapRunId(request.run_id));
      const ServerInfo* server = FindServer(request.server);
      ledger::ClaimDecision decision =
          ledger::Claim(request, {.scope = Find(request.scope),
                                  .known = records_.Find(request.run_id),
                                  .gap = gap == nullptr ? nullptr : &gap->record,
                                  .pauses = pauses_,
                                  .incarnation = server == nullptr ? std::string_view() : server->incarnation,
                                  .now = clock_.Now(),
                                  .max_skew = options_.max_skew});
      Apply(request.scope, std::move(decision.changes));
      replies.push_back(std::move(decision.reply));
    }
    return replies;
  }

  Result<RenewReply> Renew(const std::string& server, std::span<const LeaseRef> leases, Milliseconds ttl) override {
    MutexLock lock(mu_);
    const WallTime now = clock_.Now();
    if (ServerInfo* info = FindServer(server)) {
      info->seen_at = now;
      info->alive_until = now + ttl;
    }
    const ServerInfo* own = FindServer(server);
    RenewReply reply;
    reply.servers = ledger::LiveServers(servers_, now);
    reply.outcomes.reserve(leases.size());
    for (const LeaseRef& lease : leases) {
      ledger::RenewDecision decision = ledger::Renew(lease.run_id, Find(lease.scope),
                                                     own == nullptr ? std::string_view() : own->incarnation, ttl, now);
      Apply(lease.scope, std::move(decision.changes));
      reply.outcomes.push_back(decision.outcome);
      if (!decision.stop.empty()) reply.stops.push_back({lease.run_id, std::move(decision.stop)});
    }
    return reply;
  }

  Result<std::vector<FinishOutcome>> Finish(std::span<const OccurrenceRecord> records) override {
    MutexLock lock(mu_);
    for (const OccurrenceRecord& record : records) {
      const ServerInfo* server = FindServer(record.server);
      Apply(record.scope, ledger::Finish(record, Find(record.scope), records_.Find(record.run_id),
                                         server == nullptr ? std::string_view() : server->incarnation));
    }
    return std::vector<FinishOutcome>(records.size(), FinishOutcome::kRecorded);
  }

  Result<std::vector<OccurrenceRecord>> Reap(const std::string& reaper, Milliseconds ttl) override {
    MutexLock lock(mu_);
    const WallTime now = clock_.Now();
    std::vector<OccurrenceRecord> lost;
    for (const Scope& scope : std::set<Scope>(leased_.begin(), leased_.end())) {
      for (const Lease& lease : std::vector<Lease>(Find(scope).leases)) {
        const Entry* known = records_.Find(lease.run_id);
        auto changes =
            ledger::Reap(lease, {.scope = Find(scope),
                                 .server = FindServer(lease.server),
                                 .known = known,
                                 .next = known == nullptr ? nullptr : records_.Find(ledger::NextRunId(known->record)),
                                 .reaper = reaper,
                                 .ttl = ttl,
                                 .now = now});
        if (!changes) continue;
        for (const Entry& entry : changes->entries) lost.push_back(entry.record);
        Apply(scope, *std::move(changes));
      }
    }
    std::ranges::sort(lost, {}, &OccurrenceRecord::run_id);
    SettleSuspects(now, lost);
    const WallTime oldest = now - options_.keep;
    records_.Prune(oldest, options_.max_records);
    std::erase_if(servers_, [oldest](const ServerInfo& server) { return server.alive_until < oldest; });
    for (auto manifest = manifests_.begin(); manifest != manifests_.end();) {
      manifest = FindServer(manifest->first) == nullptr ? manifests_.erase(manifest) : std::next(manifest);
    }
    return lost;
  }

  Result<Milliseconds> Reassert(const std::string& server, const Memory& memory) override {
    if (const auto outcomes = Finish(memory.records); !outcomes) return Fail(outcomes.error());
    MutexLock lock(mu_);
    const WallTime now = clock_.Now();
    const ServerInfo* info = FindServer(server);
    for (const HeldRun& run : memory.runs) {
      Apply(run.record.scope, ledger::ReassertRun(run, Find(run.record.scope), records_.Find(run.record.run_id),
                                                  info == nullptr ? std::string_view() : info->incarnation, now));
    }
    for (const HeldSlot& slot : memory.slots) {
      Apply(slot.scope, ledger::ReassertSlot(slot, info == nullptr ? std::string_view() : info->incarnation, now));
    }
    for (const Memory::Watermark& remembered : memory.watermarks) {
      Apply(remembered.scope,
            ledger::ReassertWatermark(remembered.at, Find(remembered.scope), now + options_.max_skew));
    }
    return Milliseconds(0);
  }

  Result<std::vector<OccurrenceRecord>> Query(const HistoryQuery& query) override {
    MutexLock lock(mu_);
    return records_.Query(query);
  }

  Result<std::vector<Lock>> Locks() override {
    MutexLock lock(mu_);
    std::vector<Lock> locks;
    for (const Scope& scope : leased_) {
      for (const Lease& lease : Find(scope).leases) {
        const Entry* known = records_.Find(lease.run_id);
        locks.push_back(ledger::MakeLock(scope, lease, known == nullptr ? nullptr : &known->record));
      }
    }
    std::ranges::sort(locks, {}, [](const Lock& held) { return std::tie(held.scope, held.token); });
    return locks;
  }

  Status Unlock(const Scope& scope, const std::string& run_id) override {
    return ChangeLease(scope, run_id, [this](const Lease& lease) { return ledger::Unlock(lease, clock_.Now()); });
  }

  Status Cancel(const Scope& scope, const std::string& run_id, const std::string& cause) override {
    return ChangeLease(scope, run_id, [&cause](const Lease& lease) { return ledger::Stop(lease, cause); });
  }

  Result<std::vector<Finding>> Examine() override {
    return std::vector<Finding>{{"forgets", Severity::kNote,
                                 "memory: this process alone knows what was decided, until it ends",
                                 "coordination.driver: sqlite keeps it in a file"}};
  }

  Result<JoinReply> Join(const JoinRequest& request) override {
    MutexLock lock(mu_);
    const WallTime now = clock_.Now();
    ServerInfo server = request.server;
    server.id = ledger::ChooseServerId(server, servers_, now, [](const ServerInfo&) { return false; });
    const ServerInfo* before = FindServer(server.id);
    const bool again = before != nullptr && before->incarnation == server.incarnation;
    server.started_at = again ? before->started_at : now;
    server.loaded_at = now;
    server.seen_at = now;
    server.alive_until = now + request.heartbeat_ttl;
    manifests_[server.id] = request.manifest;
    std::erase_if(servers_, [&server](const ServerInfo& old) { return old.id == server.id; });
    servers_.insert(std::ranges::upper_bound(servers_, server.id, {}, &ServerInfo::id), server);

    JoinReply reply{server.id, {}, {}};
    if (request.tasks == nullptr) return reply;
    const std::string& scope_server = request.scope_server.empty() ? server.id : request.scope_server;
    reply.watermarks.reserve(request.tasks->size());
    reply.seeded.reserve(request.tasks->size());
    for (const Task& task : *request.tasks) {
      const Scope name = MakeScope(task, scope_server);
      Apply(name, ledger::Seed(request.seed, Find(name), now));
      const ScopeState& scope = Find(name);
      reply.watermarks.push_back(*scope.watermark);
      reply.seeded.push_back(scope.seeded);
    }
    return reply;
  }

  Status Leave(const std::string& server_id) override {
    MutexLock lock(mu_);
    if (ServerInfo* server = FindServer(server_id)) server->alive_until = clock_.Now();
    return Status::Ok();
  }

  Result<WallTime> StoreTime() override { return clock_.Now(); }

  Result<std::string> Manifest(const std::string& server_id) override {
    MutexLock lock(mu_);
    const auto found = manifests_.find(server_id);
    return found == manifests_.end() ? std::string() : found->second;
  }

  Result<std::vector<ServerInfo>> Servers() override {
    MutexLock lock(mu_);
    return servers_;
  }

  Status SetPause(const Pause& pause) override {
    MutexLock lock(mu_);
    if (Status status = CheckPause(pause, clock_.Now()); !status.ok()) return status;
    std::erase_if(pauses_, [&pause](const Pause& old) { return old.target == pause.target; });
    pauses_.insert(std::ranges::upper_bound(pauses_, pause.target, {}, &Pause::target), pause);
    return Status::Ok();
  }

  Status ClearPause(const PauseTarget& target) override {
    MutexLock lock(mu_);
    DropEndedPauses();
    const auto cleared = std::erase_if(pauses_, [&target](const Pause& pause) { return pause.target == target; });
    return cleared == 0 ? NoSuchPause(target) : Status::Ok();
  }

  Result<std::vector<Pause>> Pauses() override {
    MutexLock lock(mu_);
    DropEndedPauses();
    return pauses_;
  }

 private:
  const ScopeState& Find(const Scope& scope) const ROTA_REQUIRES(mu_) {
    const auto found = scopes_.find(scope);
    return found == scopes_.end() ? unseen_ : found->second;
  }

  Status ChangeLease(const Scope& scope, const std::string& run_id,
                     const std::function<Changes(const Lease&)>& decide) {
    MutexLock lock(mu_);
    const std::vector<Lease>& leases = Find(scope).leases;
    const auto lease = std::ranges::find(leases, run_id, &Lease::run_id);
    if (lease == leases.end()) return ledger::NoSuchLock(scope, run_id);
    Apply(scope, decide(*lease));
    return Status::Ok();
  }

  ServerInfo* FindServer(std::string_view id) ROTA_REQUIRES(mu_) {
    const auto found = std::ranges::find(servers_, id, &ServerInfo::id);
    return found == servers_.end() ? nullptr : &*found;
  }

  // Adds to `decided` what it records.
  void SettleSuspects(WallTime now, std::vector<OccurrenceRecord>& decided) ROTA_REQUIRES(mu_) {
    for (const Scope& name : std::set<Scope>(suspects_.begin(), suspects_.end())) {
      const ScopeState& scope = Find(name);
      HistoryQuery query;
      query.task = TaskOfScope(name);
      query.from = scope.suspect->after + Milliseconds(1);
      query.to = scope.suspect->until + Milliseconds(1);
      query.limit = std::numeric_limits<int>::max();
      const bool recorded = std::ranges::any_of(
          records_.Query(query), [&name](const OccurrenceRecord& record) { return record.scope == name; });
      std::optional<Changes> changes =
          ledger::Settle(name, scope, recorded ? ledger::Recorded::kYes : ledger::Recorded::kNo, now);
      for (const Entry& entry : changes->entries) decided.push_back(entry.record);
      Apply(name, *std::move(changes));
    }
  }

  void Apply(const Scope& scope, Changes changes) ROTA_REQUIRES(mu_) {
    if (changes.suspect) suspects_.insert(scope);
    if (changes.settled) suspects_.erase(scope);
    if (changes.watermark || changes.token || changes.lease || changes.released || changes.settled) {
      ScopeState& state = scopes_[scope];
      ledger::Apply(changes, state);
      if (state.leases.empty()) {
        leased_.erase(scope);
      } else {
        leased_.insert(scope);
      }
    }
    for (Entry& entry : changes.entries) records_.Put(std::move(entry));
  }

  void DropEndedPauses() ROTA_REQUIRES(mu_) {
    const WallTime now = clock_.Now();
    std::erase_if(pauses_, [now](const Pause& pause) { return !InForce(pause, now); });
  }

  // Constant after construction.
  const Clock& clock_;
  const MemoryStoreOptions options_;
  const ScopeState unseen_;

  Mutex mu_;
  std::unordered_map<Scope, ScopeState> scopes_ ROTA_GUARDED_BY(mu_);
  std::unordered_set<Scope> leased_ ROTA_GUARDED_BY(mu_);    // The scopes that have leases.
  std::unordered_set<Scope> suspects_ ROTA_GUARDED_BY(mu_);  // And those that have suspect instants.
  Records records_ ROTA_GUARDED_BY(mu_);
  std::vector<ServerInfo> servers_ ROTA_GUARDED_BY(mu_);               // By id.
  std::map<std::string, std::string> manifests_ ROTA_GUARDED_BY(mu_);  // By server.
  std::vector<Pause> pauses_ ROTA_GUARDED_BY(mu_);                     // By target.
};

}  // namespace

std::unique_ptr<Store> MakeMemoryStore(Clock& clock, const MemoryStoreOptions& options) {
  return std::make_unique<MemoryStore>(clock, options);
}

}  // namespace rota
