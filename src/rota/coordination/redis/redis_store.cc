#include "rota/coordination/redis/redis_store.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <tuple>
#include <utility>

#include "rota/base/format.h"
#include "rota/coordination/ledger.h"
#include "rota/coordination/redis/calls.h"
#include "rota/coordination/redis/client.h"
#include "rota/coordination/redis/doctor.h"
#include "rota/coordination/redis/fleet_rows.h"
#include "rota/coordination/redis/history.h"
#include "rota/coordination/redis/keys.h"
#include "rota/coordination/redis/scripts.h"
#include "rota/coordination/redis/shards.h"

// Interleavings. Every decision is made by a script, which Redis runs alone: nothing here is checked first and done
// after. A batch is one call per shard, so it is atomic per shard, and tasks are never in two.

namespace rota {
namespace {

using redis::Shards;
using Found = Result<std::string>;

// A script decides about so many items at a time: others get their turn in between.
constexpr std::size_t kItemsPerCall = 500;
// And Join() makes so many calls between two heartbeats.
constexpr std::size_t kCallsPerBeat = 64;
constexpr int kReapRounds = 10;

// Part of a batch, for one call.
struct Part {
  int shard = 0;
  std::vector<std::size_t> items;  // Positions in the batch, in their order.
};

const Scope& ScopeOf(const ClaimRequest& request) { return request.scope; }
const Scope& ScopeOf(const LeaseRef& lease) { return lease.scope; }
const Scope& ScopeOf(const OccurrenceRecord& record) { return record.scope; }
const Scope& ScopeOf(const HeldRun& run) { return run.record.scope; }
const Scope& ScopeOf(const Memory::Watermark& watermark) { return watermark.scope; }
const Scope& ScopeOf(const HeldSlot& slot) { return slot.scope; }
Scope ScopeOf(const Scope& scope) { return scope; }

// By shard, in the order of the batch.
template <typename Batch>
std::vector<Part> Divide(const Shards& shards, const Batch& batch) {
  std::vector<std::vector<std::size_t>> by_shard(static_cast<std::size_t>(shards.count()));
  for (std::size_t i = 0; i < batch.size(); ++i) {
    by_shard[static_cast<std::size_t>(shards.Of(ScopeOf(batch[i])))].push_back(i);
  }
  std::vector<Part> parts;
  for (std::size_t shard = 0; shard < by_shard.size(); ++shard) {
    const std::vector<std::size_t>& items = by_shard[shard];
    for (std::size_t begin = 0; begin < items.size(); begin += kItemsPerCall) {
      const auto first = items.begin() + static_cast<std::ptrdiff_t>(begin);
      const auto count = static_cast<std::ptrdiff_t>(std::min(kItemsPerCall, items.size() - begin));
      parts.push_back({static_cast<int>(shard), {first, first + count}});
    }
  }
  return parts;
}

template <typename Batch>
auto Pick(const Batch& batch, const Part& part) {
  std::vector<decltype(&batch[0])> picked;
  picked.reserve(part.items.size());
  for (const std::size_t i : part.items) picked.push_back(&batch[i]);
  return picked;
}

// How the calls of a batch went together. A lost state counts more than a call that went well: the caller has to hear
// of it soon, and can repeat the batch.
class Tally {
 public:
  void Answered() { answered_ = true; }
  void Add(const Status& error) {
    if (error_.ok() || (error.code() == StatusCode::kStateLost && !lost())) error_ = error;
  }
  bool answered() const { return answered_; }
  bool lost() const { return error_.code() == StatusCode::kStateLost; }
  const Status& error() const { return error_; }

 private:
  bool answered_ = false;
  Status error_;
};

class RedisStore final : public Store {
 public:
  RedisStore(const RedisStoreOptions& options, Clock& clock)
      : options_(options),
        clock_(clock),
        keys_(options.app, options.environment),
        client_(options),
        shards_(options_, keys_, client_, clock),
        fleet_(options_, keys_, client_, clock) {}

  std::string name() const override { return Format("redis {}", client_.name()); }

  Result<std::vector<ClaimReply>> Claim(std::span<const ClaimRequest> requests) override;
  Result<RenewReply> Renew(const std::string& server, std::span<const LeaseRef> leases, Milliseconds ttl) override;
  Result<std::vector<FinishOutcome>> Finish(std::span<const OccurrenceRecord> records) override;
  Result<std::vector<OccurrenceRecord>> Reap(const std::string& reaper, Milliseconds ttl) override;
  Result<Milliseconds> Reassert(const std::string& server, const Memory& memory) override;
  Result<std::vector<OccurrenceRecord>> Query(const HistoryQuery& query) override;
  Result<JoinReply> Join(const JoinRequest& request) override;
  Status Leave(const std::string& server_id) override { return fleet_.Leave(server_id); }
  Result<std::vector<ServerInfo>> Servers() override;
  Result<std::string> Manifest(const std::string& server_id) override { return fleet_.Manifest(server_id); }
  Result<WallTime> StoreTime() override;
  Status SetPause(const Pause& pause) override;
  Status ClearPause(const PauseTarget& target) override;
  Result<std::vector<Pause>> Pauses() override;
  Result<std::vector<Lock>> Locks() override;
  Status Unlock(const Scope& scope, const std::string& run_id) override;
  Status Cancel(const Scope& scope, const std::string& run_id, const std::string& cause) override;
  Result<std::vector<Finding>> Examine() override { return redis::Examine(options_, keys_, client_, fleet_, clock_); }

 private:
  // Has the script change the lease of a run.
  Status ChangeLease(const Scope& scope, const std::string& run_id, const redis::Script& script, std::string asked);
  // What a script's answer says, read by `decode`.
  template <typename Decoder>
  auto Read(const Found& found, Decoder decode) const -> decltype(decode(std::string_view())) {
    if (!found) return Fail(found.error());
    auto decoded = decode(*found);
    if (!decoded) return Fail(decoded.error().WithContext(name()));
    return decoded;
  }
  // The same, where it says something of each item of the part.
  template <typename Decoder>
  auto ReadEach(const Found& found, const Part& part, Decoder decode) const -> decltype(decode(std::string_view())) {
    auto decoded = Read(found, decode);
    if (decoded && decoded->size() != part.items.size()) {
      return Fail(DataLoss("{}: a script answered {} of {} items", name(), decoded->size(), part.items.size()));
    }
    return decoded;
  }
  // What is said of a call whose items can be unanswered one by one: the error, where it concerns the whole store.
  Status Verdict(const Tally& tally) const {
    if (tally.lost()) return tally.error();
    const bool a_part = tally.error().code() == StatusCode::kUnavailable && shards_.PartAnswers();
    return tally.answered() || a_part ? Status::Ok() : tally.error();
  }
  std::vector<Shards::Call> CallEach(const redis::Script& script, const std::string& asked) const;
  Result<std::vector<redis::Seeded>> Seed(const std::vector<Scope>& scopes, WallTime seed, const std::string& server,
                                          Milliseconds ttl);
  Result<redis::PauseAnswer> ChangePause(const PauseTarget& target, const std::string& asked);

  // Constant after construction.
  const RedisStoreOptions options_;
  Clock& clock_;
  const redis::Keys keys_;

  redis::Client client_;
  Shards shards_;
  redis::FleetRows fleet_;
};

std::vector<Shards::Call> RedisStore::CallEach(const redis::Script& script, const std::string& asked) const {
  std::vector<Shards::Call> calls;
  for (int shard = 0; shard < shards_.count(); ++shard) calls.push_back({shard, &script, {asked}});
  return calls;
}

Result<std::vector<ClaimReply>> RedisStore::Claim(std::span<const ClaimRequest> requests) {
  std::vector<ClaimReply> replies(requests.size());
  if (requests.empty()) return replies;
  if (Status status = fleet_.Check(); !status.ok()) return Fail(std::move(status));
  for (ClaimReply& reply : replies) reply.outcome = ClaimOutcome::kUnanswered;

  const std::vector<Part> parts = Divide(shards_, requests);
  const redis::Incarnations incarnations = fleet_.Joined();
  std::vector<Shards::Call> calls;
  for (const Part& part : parts) {
    calls.push_back({part.shard, &redis::AllScripts().claim,
                     redis::EncodeClaims(Pick(requests, part), incarnations, options_.max_skew)});
  }
  const std::vector<Found> found = shards_.Ask(calls, Shards::Mode::kGuarded, options_.wait_replicas);
  Tally tally;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    Result<std::vector<ClaimReply>> some = ReadEach(found[i], parts[i], redis::DecodeClaims);
    if (!some) {
      tally.Add(some.error());
      continue;
    }
    tally.Answered();
    for (std::size_t n = 0; n < some->size(); ++n) replies[parts[i].items[n]] = std::move(some->at(n));
  }
  if (Status error = Verdict(tally); !error.ok()) return Fail(std::move(error));
  return replies;
}

// Asks every shard, also those of which this server holds no lease: a new epoch must be noticed within the quarantine.
Result<RenewReply> RedisStore::Renew(const std::string& server, std::span<const LeaseRef> leases, Milliseconds ttl) {
  if (Status status = shards_.lost(); !status.ok()) return Fail(std::move(status));
  Tally tally;
  Result<redis::FleetRows::Seen> seen = fleet_.Beat(server, ttl);
  RenewReply reply;
  if (seen) {
    reply.servers = ledger::LiveServers(seen->servers, seen->now);
    tally.Answered();
  } else {
    tally.Add(seen.error());
  }

  const std::string incarnation = fleet_.IncarnationOf(server);
  std::vector<Part> parts = Divide(shards_, leases);
  std::vector<bool> asked(static_cast<std::size_t>(shards_.count()));
  for (const Part& part : parts) asked[static_cast<std::size_t>(part.shard)] = true;
  for (int shard = 0; shard < shards_.count(); ++shard) {
    if (!asked[static_cast<std::size_t>(shard)]) parts.push_back({shard, {}});
  }
  std::vector<Shards::Call> calls;
  for (const Part& part : parts) {
    calls.push_back(
        {part.shard, &redis::AllScripts().renew, {redis::EncodeLeases(Pick(leases, part), incarnation, ttl)}});
  }
  const std::vector<Found> found = shards_.Ask(calls);
  reply.outcomes.assign(leases.size(), RenewOutcome::kUnanswered);
  for (std::size_t i = 0; i < parts.size(); ++i) {
    Result<std::vector<redis::Renewal>> renewed = ReadEach(found[i], parts[i], redis::DecodeRenewals);
    if (!renewed) {
      tally.Add(renewed.error());
      continue;
    }
    tally.Answered();
    for (std::size_t n = 0; n < renewed->size(); ++n) {
      redis::Renewal& one = renewed->at(n);
      const std::size_t item = parts[i].items[n];
      reply.outcomes[item] = one.renewed ? RenewOutcome::kRenewed : RenewOutcome::kExpired;
      if (!one.stop.empty()) reply.stops.push_back({leases[item].run_id, std::move(one.stop)});
    }
  }
  if (Status error = Verdict(tally); !error.ok()) return Fail(std::move(error));
  return reply;
}

Result<std::vector<FinishOutcome>> RedisStore::Finish(std::span<const OccurrenceRecord> records) {
  std::vector<FinishOutcome> outcomes(records.size(), FinishOutcome::kUnanswered);
  if (records.empty()) return outcomes;
  if (Status status = fleet_.Check(); !status.ok()) return Fail(std::move(status));
  const std::vector<Part> parts = Divide(shards_, records);
  const redis::Incarnations incarnations = fleet_.Joined();
  std::vector<Shards::Call> calls;
  for (const Part& part : parts) {
    calls.push_back({part.shard, &redis::AllScripts().finish, redis::EncodeRecords(Pick(records, part), incarnations)});
  }
  const std::vector<Found> found = shards_.Ask(calls);
  Tally tally;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (!found[i]) {
      tally.Add(found[i].error());
      continue;
    }
    tally.Answered();
    for (const std::size_t item : parts[i].items) outcomes[item] = FinishOutcome::kRecorded;
  }
  if (Status error = Verdict(tally); !error.ok()) return Fail(std::move(error));
  return outcomes;
}

// What was recorded must reach the caller; whatever is wrong with some shard, the next call meets it too.
Result<std::vector<OccurrenceRecord>> RedisStore::Reap(const std::string& reaper, Milliseconds ttl) {
  if (Status status = shards_.lost(); !status.ok()) return Fail(std::move(status));
  const Result<redis::FleetRows::Seen> seen = fleet_.Drop(options_.keep);
  if (!seen) return Fail(seen.error());
  redis::ReapOrder order{{}, seen->now, options_.keep, 0, reaper, ttl};
  order.max_records = std::max<std::int64_t>(1, options_.max_records / shards_.count());
  for (const ServerInfo& server : seen->servers) {
    if (server.alive_until > seen->now) order.alive.emplace(server.id, server.incarnation);
  }

  std::vector<OccurrenceRecord> lost;
  std::vector<OccurrenceRecord> unknown;
  Tally tally;
  std::vector<Shards::Call> calls = CallEach(redis::AllScripts().reap, redis::EncodeReap(order));
  for (int round = 0; round < kReapRounds && !calls.empty(); ++round) {
    const std::vector<Found> found = shards_.Ask(calls);
    std::vector<Shards::Call> again;
    for (std::size_t i = 0; i < calls.size(); ++i) {
      Result<redis::Reaped> reaped = Read(found[i], redis::DecodeReaped);
      if (!reaped) {
        tally.Add(reaped.error());
        continue;
      }
      tally.Answered();
      std::ranges::move(reaped->lost, std::back_inserter(lost));
      std::ranges::move(reaped->unknown, std::back_inserter(unknown));
      if (reaped->more) again.push_back(std::move(calls[i]));
    }
    calls = std::move(again);
  }
  std::ranges::sort(lost, {}, &OccurrenceRecord::run_id);
  std::ranges::sort(unknown, {}, &OccurrenceRecord::scope);
  std::ranges::move(unknown, std::back_inserter(lost));
  if (lost.empty() && (!tally.answered() || tally.lost())) return Fail(tally.error());
  return lost;
}

Result<Milliseconds> RedisStore::Reassert(const std::string&, const Memory& memory) {
  if (Status status = fleet_.Check(); !status.ok()) return Fail(std::move(status));
  const redis::Incarnations incarnations = fleet_.Joined();
  const redis::Script& script = redis::AllScripts().reassert;
  // Each shard says first what epoch it is in.
  const std::vector<Shards::Call> touches = CallEach(script, redis::EncodeMemory({}, incarnations, options_.max_skew));
  shards_.AskIn(shards_.Newest(), touches);
  const Shards::Epochs epochs = shards_.Newest();

  std::vector<Shards::Call> calls = touches;
  const auto add = [&](const auto& batch, auto member) {
    for (const Part& part : Divide(shards_, batch)) {
      redis::MemoryPart some;
      some.*member = Pick(batch, part);
      calls.push_back({part.shard, &script, {redis::EncodeMemory(some, incarnations, options_.max_skew)}});
    }
  };
  add(memory.records, &redis::MemoryPart::records);
  add(memory.runs, &redis::MemoryPart::runs);
  add(memory.watermarks, &redis::MemoryPart::watermarks);
  add(memory.slots, &redis::MemoryPart::slots);
  const std::vector<Found> found = shards_.AskIn(epochs, calls);

  std::vector<bool> failed(epochs.size());
  Milliseconds quiet{};
  Tally tally;
  for (std::size_t i = 0; i < calls.size(); ++i) {
    const Result<Milliseconds> wait = Read(found[i], redis::DecodeQuiet);
    if (wait) {
      quiet = std::max(quiet, *wait);
    } else {
      failed[static_cast<std::size_t>(calls[i].shard)] = true;
      tally.Add(wait.error());
    }
  }
  shards_.Acknowledge(epochs, failed);
  if (std::ranges::all_of(failed, std::identity())) return Fail(tally.error());
  return quiet;
}

Result<std::vector<OccurrenceRecord>> RedisStore::Query(const HistoryQuery& query) {
  if (Status status = fleet_.Check(); !status.ok()) return Fail(std::move(status));
  return redis::ReadHistory(client_, keys_, shards_.count(), query);
}

Result<JoinReply> RedisStore::Join(const JoinRequest& request) {
  const Result<ServerInfo> server = fleet_.Join(request.server, request.manifest, request.heartbeat_ttl);
  if (!server) return Fail(server.error());
  JoinReply reply{server->id, {}, {}};
  if (request.tasks == nullptr) return reply;
  const std::string& scope_server = request.scope_server.empty() ? server->id : request.scope_server;
  std::vector<Scope> scopes;
  scopes.reserve(request.tasks->size());
  for (const Task& task : *request.tasks) scopes.push_back(MakeScope(task, scope_server));
  const auto all = Seed(scopes, request.seed, server->id, request.heartbeat_ttl);
  if (!all) return Fail(all.error());
  for (const auto& [watermark, seeded] : *all) {
    reply.watermarks.push_back(watermark);
    reply.seeded.push_back(seeded);
  }
  return reply;
}

Result<std::vector<redis::Seeded>> RedisStore::Seed(const std::vector<Scope>& scopes, WallTime seed,
                                                    const std::string& server, Milliseconds ttl) {
  std::vector<redis::Seeded> all(scopes.size());
  const std::vector<Part> parts = Divide(shards_, scopes);
  for (std::size_t begin = 0; begin < parts.size(); begin += kCallsPerBeat) {
    const std::size_t end = std::min(begin + kCallsPerBeat, parts.size());
    std::vector<Shards::Call> calls;
    for (std::size_t i = begin; i < end; ++i) {
      calls.push_back({parts[i].shard, &redis::AllScripts().seed, {redis::EncodeSeeds(Pick(scopes, parts[i]), seed)}});
    }
    const std::vector<Found> found = shards_.Ask(calls);
    for (std::size_t i = begin; i < end; ++i) {
      const Result<std::vector<redis::Seeded>> some = ReadEach(found[i - begin], parts[i], redis::DecodeSeeds);
      if (!some) return Fail(some.error());
      for (std::size_t n = 0; n < some->size(); ++n) all[parts[i].items[n]] = some->at(n);
    }
    if (end == parts.size()) break;
    if (const auto seen = fleet_.Beat(server, ttl); !seen) return Fail(seen.error());
  }
  return all;
}

Result<std::vector<ServerInfo>> RedisStore::Servers() {
  Result<redis::FleetRows::Seen> seen = fleet_.Read();
  if (!seen) return Fail(seen.error());
  return std::move(seen->servers);
}

Result<WallTime> RedisStore::StoreTime() {
  const Result<redis::FleetRows::Seen> seen = fleet_.Read();
  if (!seen) return Fail(seen.error());
  return seen->now;
}

// A pause of more than one task is kept by each shard, where claims find it.
Result<redis::PauseAnswer> RedisStore::ChangePause(const PauseTarget& target, const std::string& asked) {
  if (Status status = fleet_.Check(); !status.ok()) return Fail(std::move(status));
  std::vector<Shards::Call> calls;
  if (target.kind == PauseTarget::Kind::kTask) {
    calls.push_back({shards_.Of(target.name), &redis::AllScripts().pause, {asked}});
  } else {
    calls = CallEach(redis::AllScripts().pause, asked);
  }
  redis::PauseAnswer all;
  for (const Found& found : shards_.Ask(calls, Shards::Mode::kPlain)) {
    const Result<redis::PauseAnswer> answer = Read(found, redis::DecodePauseAnswer);
    if (!answer) return Fail(answer.error());
    all.cleared |= answer->cleared;
    all.refused |= answer->refused;
  }
  return all;
}

Status RedisStore::SetPause(const Pause& pause) {
  const Result<redis::PauseAnswer> answer = ChangePause(pause.target, redis::EncodePause(pause));
  if (!answer) return answer.error();
  return answer->refused ? CheckPause(pause, *pause.until) : Status::Ok();
}

Status RedisStore::ClearPause(const PauseTarget& target) {
  const Result<redis::PauseAnswer> answer = ChangePause(target, redis::EncodeClear(target));
  if (!answer) return answer.error();
  return answer->cleared ? Status::Ok() : NoSuchPause(target);
}

Result<std::vector<Pause>> RedisStore::Pauses() {
  const Result<redis::FleetRows::Seen> seen = fleet_.Read();  // For the time.
  if (!seen) return Fail(seen.error());
  std::vector<redis::Command> commands;
  for (int shard = 0; shard < shards_.count(); ++shard) {
    const std::string key = keys_.Pauses(shard);
    commands.push_back({key, {"HGETALL", key}, nullptr});
  }
  std::vector<Pause> pauses;
  for (const Result<redis::Reply>& reply : client_.Execute(commands)) {
    if (Status status = CheckReply(client_, reply); !status.ok()) return Fail(std::move(status));
    for (std::size_t i = 0; i + 1 < reply->items.size(); i += 2) {
      Result<Pause> pause = redis::DecodePause(reply->items[i].text, reply->items[i + 1].text);
      if (!pause) return Fail(pause.error().WithContext(name()));
      if (InForce(*pause, seen->now)) pauses.push_back(*std::move(pause));
    }
  }
  std::ranges::stable_sort(pauses, {}, &Pause::target);
  const auto again = std::ranges::unique(pauses, {}, &Pause::target);  // Of other shards.
  pauses.erase(again.begin(), again.end());
  return pauses;
}

Result<std::vector<Lock>> RedisStore::Locks() {
  if (Status status = fleet_.Check(); !status.ok()) return Fail(std::move(status));
  std::vector<Lock> locks;
  for (const Found& found : shards_.Ask(CallEach(redis::AllScripts().locks, "{}"), Shards::Mode::kPlain)) {
    Result<std::vector<Lock>> some = Read(found, redis::DecodeLocks);
    if (!some) return Fail(some.error());
    std::ranges::move(*some, std::back_inserter(locks));
  }
  std::ranges::sort(locks, {}, [](const Lock& lock) { return std::tie(lock.scope, lock.token); });
  return locks;
}

Status RedisStore::Unlock(const Scope& scope, const std::string& run_id) {
  return ChangeLease(scope, run_id, redis::AllScripts().unlock, redis::EncodeUnlock(scope, run_id));
}

Status RedisStore::Cancel(const Scope& scope, const std::string& run_id, const std::string& cause) {
  return ChangeLease(scope, run_id, redis::AllScripts().cancel, redis::EncodeCancel(scope, run_id, cause));
}

Status RedisStore::ChangeLease(const Scope& scope, const std::string& run_id, const redis::Script& script,
                               std::string asked) {
  if (Status status = fleet_.Check(); !status.ok()) return status;
  const Shards::Call call{shards_.Of(scope), &script, {std::move(asked)}};
  const Result<bool> found = Read(shards_.Ask({&call, 1}, Shards::Mode::kPlain).front(), redis::DecodeFound);
  if (!found) return found.error();
  return *found ? Status::Ok() : ledger::NoSuchLock(scope, run_id);
}

}  // namespace

std::unique_ptr<Store> MakeRedisStore(const RedisStoreOptions& options, Clock& clock) {
  return std::make_unique<RedisStore>(options, clock);
}

}  // namespace rota
