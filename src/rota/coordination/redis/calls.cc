#include "rota/coordination/redis/calls.h"

#include <algorithm>
#include <boost/json.hpp>
#include <exception>
#include <stdexcept>
#include <tuple>

#include "rota/base/text.h"

// Absent fields have their defaults, which keeps rows short and quick to read for the scripts: an empty text, the
// token 0, the kind "scheduled", the scope that is the task itself, the last instant that is the first, the attempt 1
// and the count 1. Numbers stay below 10^14, which is what the scripts' encoder writes exactly.

namespace rota::redis {
namespace {

using boost::json::array;
using boost::json::object;
using boost::json::value;

constexpr std::int64_t kLargest = 99'999'999'999'999;

std::int64_t Number(std::int64_t number) { return std::clamp(number, -kLargest, kLargest); }
std::int64_t Number(WallTime at) { return Number(at.time_since_epoch().count()); }
std::int64_t Number(Milliseconds duration) { return Number(duration.count()); }
std::int64_t Number(std::uint64_t number) {
  return static_cast<std::int64_t>(std::min(number, static_cast<std::uint64_t>(kLargest)));
}

void Put(object& to, std::string_view key, std::string_view text) {
  if (!text.empty()) to[key] = text;
}
void Put(object& to, std::string_view key, std::optional<WallTime> at) {
  if (at) to[key] = Number(*at);
}

// Numbers may come as 5 and as 5.0.
std::int64_t ToNumber(const value& from) { return from.to_number<std::int64_t>(); }
WallTime ToInstant(const value& from) { return WallTime(Milliseconds(ToNumber(from))); }

std::string Text(const object& from, std::string_view key) {
  const value* found = from.if_contains(key);
  return found == nullptr ? std::string() : std::string(found->as_string());
}
std::int64_t Number(const object& from, std::string_view key, std::int64_t otherwise) {
  const value* found = from.if_contains(key);
  return found == nullptr ? otherwise : ToNumber(*found);
}
std::optional<WallTime> MaybeInstant(const object& from, std::string_view key) {
  const value* found = from.if_contains(key);
  return found == nullptr ? std::nullopt : std::optional(ToInstant(*found));
}
bool Flag(const object& from, std::string_view key) {
  const value* found = from.if_contains(key);
  return found != nullptr && found->as_bool();
}

// To the scripts' encoder, an empty list is an empty object.
const array& List(const value& from) {
  static const array kEmpty;
  if (from.is_object() && from.as_object().empty()) return kEmpty;
  return from.as_array();
}

template <typename Enum, std::size_t kCount>
Enum Named(std::string_view name, const Enum (&all)[kCount]) {
  for (const Enum one : all) {
    if (Name(one) == name) return one;
  }
  throw std::runtime_error("unknown word: " + std::string(name));
}

// The one place where an unexpected text becomes an error.
template <typename T, typename Read>
Result<T> Decode(std::string_view text, Read read) {
  try {
    boost::json::parse_options options;
    options.allow_invalid_utf8 = true;  // What commands print is cut anywhere.
    return read(boost::json::parse(text, {}, options));
  } catch (const std::exception& error) {
    return Fail(DataLoss("what is kept cannot be read ({}): {}", error, Printable(text.substr(0, 200))));
  }
}

object ToJson(const OccurrenceRecord& record) {
  object json;
  json.reserve(12);
  json["run_id"] = record.run_id;
  json["task"] = record.task;
  if (record.scope != record.task) json["scope"] = record.scope;
  if (record.kind != OccurrenceKind::kScheduled) json["kind"] = Name(record.kind);
  json["scheduled_at"] = Number(record.scheduled_at);
  if (record.scheduled_last != record.scheduled_at) json["scheduled_last"] = Number(record.scheduled_last);
  if (record.count != 1) json["count"] = Number(record.count);
  json["server"] = record.server;
  if (record.attempt != 1) json["attempt"] = record.attempt;
  if (record.token != 0) json["token"] = Number(record.token);
  Put(json, "started_at", record.started_at);
  Put(json, "finished_at", record.finished_at);
  json["outcome"] = Name(record.outcome);
  Put(json, "reason", record.reason);
  Put(json, "output_tail", record.output_tail);
  return json;
}

OccurrenceRecord ToRecord(const object& json) {
  OccurrenceRecord record;
  record.run_id = Text(json, "run_id");
  record.task = Text(json, "task");
  record.scope = json.contains("scope") ? Text(json, "scope") : record.task;
  if (json.contains("kind")) {
    record.kind = Named(Text(json, "kind"), {OccurrenceKind::kScheduled, OccurrenceKind::kManual,
                                             OccurrenceKind::kBackfill, OccurrenceKind::kStart});
  }
  record.scheduled_at = ToInstant(json.at("scheduled_at"));
  record.scheduled_last = MaybeInstant(json, "scheduled_last").value_or(record.scheduled_at);
  record.count = static_cast<std::uint64_t>(Number(json, "count", 1));
  record.server = Text(json, "server");
  record.attempt = static_cast<int>(Number(json, "attempt", 1));
  record.token = static_cast<std::uint64_t>(Number(json, "token", 0));
  record.started_at = MaybeInstant(json, "started_at");
  record.finished_at = MaybeInstant(json, "finished_at");
  const std::string outcome = Text(json, "outcome");
  const std::optional<Outcome> known = ParseOutcome(outcome);
  if (!known) throw std::runtime_error("unknown outcome: " + outcome);
  record.outcome = *known;
  record.reason = Text(json, "reason");
  record.output_tail = Text(json, "output_tail");
  return record;
}

std::vector<OccurrenceRecord> ToRecords(const value& from) {
  std::vector<OccurrenceRecord> records;
  for (const value& one : List(from)) records.push_back(ToRecord(one.as_object()));
  return records;
}

// What the claims of a batch may have in common.
bool OfSameTerms(const ClaimRequest& a, const ClaimRequest& b) {
  const auto terms = [](const ClaimRequest& request) {
    return std::tie(request.kind, request.at, request.previous, request.gap_reason, request.server, request.overlap,
                    request.lease_ttl, request.lock_timeout, request.tags, request.even_in_maintenance_mode,
                    request.attempts_if_lost, request.purpose, request.outcome, request.reason, request.record_from,
                    request.fleet_limit);
  };
  return terms(a) == terms(b);
}

object TermsToJson(const ClaimRequest& request) {
  object json;
  if (request.kind != OccurrenceKind::kScheduled) json["kind"] = Name(request.kind);
  json["at"] = Number(request.at);
  Put(json, "previous", request.previous);
  Put(json, "gap_reason", request.gap_reason);
  json["server"] = request.server;
  json["overlap"] = Name(request.overlap);
  json["lease_ttl"] = Number(request.lease_ttl);
  json["lock_timeout"] = Number(request.lock_timeout);
  if (!request.tags.empty()) json["tags"] = array(request.tags.begin(), request.tags.end());
  if (request.even_in_maintenance_mode) json["even_in_maintenance_mode"] = true;
  if (request.attempts_if_lost > 1) json["attempts_if_lost"] = request.attempts_if_lost;
  if (request.purpose == ClaimPurpose::kRecord) {
    json["purpose"] = "record";
    json["outcome"] = Name(request.outcome);
    Put(json, "reason", request.reason);
    json["record_from"] = Number(request.record_from);
  } else if (request.purpose == ClaimPurpose::kSlot) {
    json["purpose"] = "slot";
    json["fleet_limit"] = request.fleet_limit;
  } else if (request.purpose == ClaimPurpose::kGiveBack) {
    json["purpose"] = "give_back";
  }
  return json;
}

ClaimReply ToReply(const object& json) {
  ClaimReply reply;
  reply.outcome = Named(Text(json, "outcome"), {ClaimOutcome::kClaimed, ClaimOutcome::kDecided, ClaimOutcome::kOverlap,
                                                ClaimOutcome::kBusy, ClaimOutcome::kPaused, ClaimOutcome::kEarly});
  reply.token = static_cast<std::uint64_t>(Number(json, "token", 0));
  if (const value* gap = json.if_contains("gap")) reply.gap = ToRecord(gap->as_object());
  reply.holder = Text(json, "holder");
  reply.reason = Text(json, "reason");
  reply.wait = Milliseconds(Number(json, "wait", 0));
  return reply;
}

object ToJson(const Incarnations& incarnations) {
  object json;
  for (const auto& [server, incarnation] : incarnations) json[server] = incarnation;
  return json;
}

object ToJson(const ServerInfo& server) {
  object json{{"incarnation", server.incarnation},
              {"host", server.host},
              {"pid", server.pid},
              {"version", server.version},
              {"schedule_digest", server.schedule_digest},
              {"started_at", Number(server.started_at)}};
  Put(json, "release", server.release);
  Put(json, "reload_error", server.reload_error);
  if (server.loaded_at != WallTime()) json["loaded_at"] = Number(server.loaded_at);
  if (server.clock_offset) json["clock_offset"] = Number(*server.clock_offset);
  return json;
}

ServerInfo ToServer(std::string_view id, const object& json) {
  ServerInfo server;
  server.id = std::string(id);
  server.incarnation = Text(json, "incarnation");
  server.host = Text(json, "host");
  server.pid = static_cast<int>(Number(json, "pid", 0));
  server.version = Text(json, "version");
  server.schedule_digest = Text(json, "schedule_digest");
  server.started_at = ToInstant(json.at("started_at"));
  server.release = Text(json, "release");
  server.reload_error = Text(json, "reload_error");
  server.loaded_at = MaybeInstant(json, "loaded_at").value_or(WallTime());
  server.seen_at = ToInstant(json.at("seen_at"));
  server.alive_until = ToInstant(json.at("alive_until"));
  if (const value* offset = json.if_contains("clock_offset")) server.clock_offset = Milliseconds(ToNumber(*offset));
  return server;
}

Lock ToLock(const object& json) {
  const object& from = json.at("lease").as_object();
  ledger::Lease lease;
  lease.run_id = Text(from, "run_id");
  lease.server = Text(from, "server");
  lease.token = static_cast<std::uint64_t>(Number(from, "token", 0));
  lease.lease_until = ToInstant(from.at("lease_until"));
  lease.lock_until = ToInstant(from.at("lock_until"));
  Lock lock = ledger::MakeLock(Text(json, "scope"), lease, nullptr);
  lock.since = MaybeInstant(json, "since");
  return lock;
}

}  // namespace

std::string EncodeCaller(const Caller& caller) {
  object json{
      {"offered", caller.offered}, {"quarantine", Number(caller.quarantine)}, {"settling", Number(caller.settling)}};
  if (!caller.epoch.empty()) {
    json["epoch"] = caller.epoch;
    json["beat"] = caller.beat;
  }
  Put(json, "now", caller.now);
  return serialize(json);
}

Result<ShardSays> DecodeShard(std::string_view text) {
  return Decode<ShardSays>(text, [](const value& from) {
    const object& json = from.as_object();
    ShardSays says;
    says.epoch = Text(json, "epoch");
    says.beat = Number(json, "beat", 0);
    says.now = MaybeInstant(json, "now").value_or(WallTime());
    if (json.contains("lost")) says.lost = Text(json, "lost");
    says.quiet_until = MaybeInstant(json, "quiet_until");
    if (json.contains("opened")) says.opened = Text(json, "opened");
    says.former = Text(json, "former");
    says.process = Text(json, "process");
    if (const value* gap = json.if_contains("gap")) says.gap = Milliseconds(ToNumber(*gap));
    return says;
  });
}

Question EncodeClaims(std::span<const ClaimRequest* const> requests, const Incarnations& incarnations,
                      Milliseconds max_skew) {
  Question question;
  question.asked = serialize(object{{"incarnations", ToJson(incarnations)}, {"max_skew", Number(max_skew)}});
  question.items.reserve(3 * requests.size());
  const ClaimRequest* before = nullptr;
  for (const ClaimRequest* request : requests) {
    const bool same = before != nullptr && OfSameTerms(*before, *request);
    question.items.push_back(request->run_id);
    question.items.push_back(request->scope);
    question.items.push_back(same ? "" : serialize(TermsToJson(*request)));
    before = request;
  }
  return question;
}

Result<std::vector<ClaimReply>> DecodeClaims(std::string_view text) {
  return Decode<std::vector<ClaimReply>>(text, [](const value& from) {
    std::vector<ClaimReply> replies;
    for (const value& one : List(from)) replies.push_back(ToReply(one.as_object()));
    return replies;
  });
}

std::string EncodeLeases(std::span<const LeaseRef* const> leases, std::string_view incarnation, Milliseconds ttl) {
  array list;
  list.reserve(leases.size());
  for (const LeaseRef* lease : leases) list.push_back(object{{"run_id", lease->run_id}, {"scope", lease->scope}});
  object json{{"leases", std::move(list)}, {"ttl", Number(ttl)}};
  Put(json, "incarnation", incarnation);
  return serialize(json);
}

Result<std::vector<Renewal>> DecodeRenewals(std::string_view text) {
  return Decode<std::vector<Renewal>>(text, [](const value& from) {
    std::vector<Renewal> renewals;
    for (const value& one : List(from)) {
      const bool stops = one.is_string();
      renewals.push_back({stops || one.as_bool(), stops ? std::string(one.as_string()) : std::string()});
    }
    return renewals;
  });
}

Question EncodeRecords(std::span<const OccurrenceRecord* const> records, const Incarnations& incarnations) {
  Question question{serialize(object{{"incarnations", ToJson(incarnations)}}), {}};
  question.items.reserve(3 * records.size());
  for (const OccurrenceRecord* record : records) {
    question.items.push_back(record->run_id);
    question.items.push_back(record->scope);
    question.items.push_back(serialize(ToJson(*record)));
  }
  return question;
}

std::string EncodeMemory(const MemoryPart& part, const Incarnations& incarnations, Milliseconds max_skew) {
  const auto told = [](const OccurrenceRecord& record) {
    return object{{"run_id", record.run_id}, {"scope", record.scope}, {"text", serialize(ToJson(record))}};
  };
  array records;
  for (const OccurrenceRecord* record : part.records) records.push_back(told(*record));
  array runs;
  for (const HeldRun* run : part.runs) {
    object json{{"record", told(run->record)},         {"server", run->record.server},
                {"token", Number(run->record.token)},  {"overlap", Name(run->overlap)},
                {"lease_ttl", Number(run->lease_ttl)}, {"lock_left", Number(run->lock_left)}};
    if (run->attempts_if_lost > 1) {
      json["attempts_if_lost"] = run->attempts_if_lost;
      json["lock_timeout"] = Number(run->lock_timeout);
    }
    runs.push_back(std::move(json));
  }
  array watermarks;
  for (const Memory::Watermark* remembered : part.watermarks) {
    watermarks.push_back(object{{"scope", remembered->scope}, {"at", Number(remembered->at)}});
  }
  array slots;
  for (const HeldSlot* slot : part.slots) {
    slots.push_back(object{{"run_id", slot->run_id},
                           {"scope", slot->scope},
                           {"server", slot->server},
                           {"lease_ttl", Number(slot->lease_ttl)},
                           {"lock_timeout", Number(kNoLockTimeout)}});
  }
  return serialize(object{{"records", std::move(records)},
                          {"runs", std::move(runs)},
                          {"watermarks", std::move(watermarks)},
                          {"slots", std::move(slots)},
                          {"incarnations", ToJson(incarnations)},
                          {"max_skew", Number(max_skew)}});
}

Result<Milliseconds> DecodeQuiet(std::string_view text) {
  return Decode<Milliseconds>(text, [](const value& from) { return Milliseconds(ToNumber(from.at("quiet"))); });
}

std::string EncodeReap(const ReapOrder& order) {
  return serialize(object{{"alive", ToJson(order.alive)},
                          {"asked_at", Number(order.asked_at)},
                          {"keep", Number(order.keep)},
                          {"max_records", Number(order.max_records)},
                          {"server", order.server},
                          {"ttl", Number(order.ttl)}});
}

Result<Reaped> DecodeReaped(std::string_view text) {
  return Decode<Reaped>(text, [](const value& from) {
    return Reaped{ToRecords(from.at("lost")), ToRecords(from.at("unknown")), from.at("more").as_bool()};
  });
}

std::string EncodeSeeds(std::span<const Scope* const> scopes, WallTime seed) {
  array list;
  list.reserve(scopes.size());
  for (const Scope* scope : scopes) list.push_back(value(*scope));
  return serialize(object{{"scopes", std::move(list)}, {"seed", Number(seed)}});
}

Result<std::vector<Seeded>> DecodeSeeds(std::string_view text) {
  return Decode<std::vector<Seeded>>(text, [](const value& from) {
    std::vector<Seeded> scopes;
    for (const value& one : List(from)) {
      const object& json = one.as_object();
      scopes.push_back({ToInstant(json.at("at")), Flag(json, "seeded")});
    }
    return scopes;
  });
}

std::string EncodeUnlock(const Scope& scope, std::string_view run_id) {
  return serialize(object{{"scope", scope}, {"run_id", run_id}});
}

std::string EncodeCancel(const Scope& scope, std::string_view run_id, std::string_view cause) {
  return serialize(object{{"scope", scope}, {"run_id", run_id}, {"cause", cause}});
}

Result<bool> DecodeFound(std::string_view text) {
  return Decode<bool>(text, [](const value& from) { return from.at("found").as_bool(); });
}

Result<std::vector<Lock>> DecodeLocks(std::string_view text) {
  return Decode<std::vector<Lock>>(text, [](const value& from) {
    std::vector<Lock> locks;
    for (const value& one : List(from)) locks.push_back(ToLock(one.as_object()));
    return locks;
  });
}

std::string EncodePause(const Pause& pause) {
  object json{{"author", pause.author}, {"since", Number(pause.since)}};
  Put(json, "reason", pause.reason);
  Put(json, "ends", pause.until);
  return serialize(object{{"task", KeyOf(pause.target)}, {"pause", std::move(json)}});
}

std::string EncodeClear(const PauseTarget& target) { return serialize(object{{"task", KeyOf(target)}}); }

Result<PauseAnswer> DecodePauseAnswer(std::string_view text) {
  return Decode<PauseAnswer>(text, [](const value& from) {
    return PauseAnswer{Flag(from.as_object(), "cleared"), Flag(from.as_object(), "refused")};
  });
}

Result<Pause> DecodePause(std::string_view key, std::string_view text) {
  return Decode<Pause>(text, [key](const value& from) {
    const object& json = from.as_object();
    Pause pause;
    pause.target = TargetOf(key);
    pause.author = Text(json, "author");
    pause.reason = Text(json, "reason");
    pause.since = ToInstant(json.at("since"));
    pause.until = MaybeInstant(json, "ends");
    return pause;
  });
}

std::string EncodeFleet(const FleetOrder& order) {
  object json;
  if (order.shards) json["shards"] = *order.shards;
  if (order.beat) {
    object beat{{"id", order.beat->id}, {"ttl", Number(order.beat->ttl)}};
    if (order.beat->clock_offset) beat["clock_offset"] = Number(*order.beat->clock_offset);
    if (order.beat->row != nullptr) beat["row"] = ToJson(*order.beat->row);
    json["beat"] = std::move(beat);
  }
  if (order.join) {
    object join{{"id", order.join->row.id}, {"row", ToJson(order.join->row)}, {"ttl", Number(order.join->ttl)}};
    Put(join, "manifest", order.join->manifest);
    if (order.join->expected) join["expected"] = *order.join->expected;
    json["join"] = std::move(join);
  }
  if (order.leave) {
    object leave{{"id", order.leave->id}};
    Put(leave, "incarnation", order.leave->incarnation);
    json["leave"] = std::move(leave);
  }
  if (order.manifest_of) json["manifest_of"] = *order.manifest_of;
  if (order.keep) json["keep"] = Number(*order.keep);
  return serialize(json);
}

Result<FleetAnswer> DecodeFleet(std::string_view text) {
  return Decode<FleetAnswer>(text, [](const value& from) {
    const object& json = from.as_object();
    FleetAnswer answer;
    answer.shards = static_cast<int>(Number(json, "shards", 0));
    answer.joined = Flag(json, "joined");
    answer.manifest = Text(json, "manifest");
    std::map<std::string, std::string> rows;
    for (const auto& [id, row] : json.at("servers").as_object()) rows.emplace(id, row.as_string());
    for (auto& [id, row] : rows) {
      answer.servers.push_back(ToServer(id, boost::json::parse(row).as_object()));
      answer.rows.push_back(std::move(row));
    }
    return answer;
  });
}

Result<OccurrenceRecord> DecodeRecord(std::string_view text) {
  return Decode<OccurrenceRecord>(text, [](const value& from) { return ToRecord(from.as_object()); });
}

std::string EncodeEpochChange(const EpochChange& change) {
  object json{
      {"at", Number(change.at)}, {"reason", change.reason}, {"epoch", change.epoch}, {"process", change.process}};
  Put(json, "former", change.former);
  if (change.gap) json["gap"] = Number(*change.gap);
  json["shards"] = array(change.shards.begin(), change.shards.end());
  return serialize(json);
}

Result<EpochChange> DecodeEpochChange(std::string_view text) {
  return Decode<EpochChange>(text, [](const value& from) {
    const object& json = from.as_object();
    EpochChange change;
    change.at = ToInstant(json.at("at"));
    change.reason = Text(json, "reason");
    change.epoch = Text(json, "epoch");
    change.former = Text(json, "former");
    change.process = Text(json, "process");
    if (const value* gap = json.if_contains("gap")) change.gap = Milliseconds(ToNumber(*gap));
    for (const value& shard : List(json.at("shards"))) change.shards.push_back(static_cast<int>(ToNumber(shard)));
    return change;
  });
}

}  // namespace rota::redis
