#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rota/coordination/ledger.h"
#include "rota/coordination/store.h"

// What scripts are asked and what they answer, and the rows they keep: texts of JSON (docs/redis-format.md). A text
// that is none, or not the one expected, is kDataLoss.
namespace rota::redis {

// Which process each server is, as far as this one knows.
using Incarnations = std::map<std::string, std::string>;

// What a caller tells a shard of itself.
struct Caller {
  std::string epoch;      // Empty: it knows none yet.
  std::int64_t beat = 0;  // The last one that it saw in this epoch.
  std::string offered;    // The id of the next epoch, should one begin now.
  Milliseconds quarantine{};
  Milliseconds settling{};  // How long claims pause in the first epoch of all.
  std::optional<WallTime> now;
};
std::string EncodeCaller(const Caller& caller);

// What a shard says of itself.
struct ShardSays {
  std::string epoch;
  std::int64_t beat = 0;
  WallTime now;
  std::optional<std::string> lost;      // Why the caller has to tell what it remembers; nothing was done.
  std::optional<WallTime> quiet_until;  // Claims pause until then; nothing was done.
  // Why the caller's call has begun the epoch, and the process of Redis then and now.
  std::optional<std::string> opened;
  std::string former;
  std::string process;
  std::optional<Milliseconds> gap;  // How far back the shard's state lies behind what the caller has seen.
};
Result<ShardSays> DecodeShard(std::string_view text);

// What a script is asked, and a batch in the form that it is quickest to read: so many texts for each item, as
// scripts/claim.lua and scripts/finish.lua say.
struct Question {
  std::string asked;
  std::vector<std::string> items = {};
};

Question EncodeClaims(std::span<const ClaimRequest* const> requests, const Incarnations& incarnations,
                      Milliseconds max_skew);
Result<std::vector<ClaimReply>> DecodeClaims(std::string_view text);

std::string EncodeLeases(std::span<const LeaseRef* const> leases, std::string_view incarnation, Milliseconds ttl);
struct Renewal {
  bool renewed = false;
  std::string stop;  // Why the run is to stop; empty: it is not.
};
Result<std::vector<Renewal>> DecodeRenewals(std::string_view text);

Question EncodeRecords(std::span<const OccurrenceRecord* const> records, const Incarnations& incarnations);

// A part of a Memory.
struct MemoryPart {
  std::vector<const OccurrenceRecord*> records;
  std::vector<const HeldRun*> runs;
  std::vector<const Memory::Watermark*> watermarks;
  std::vector<const HeldSlot*> slots = {};
  std::size_t size() const { return records.size() + runs.size() + watermarks.size() + slots.size(); }
};
std::string EncodeMemory(const MemoryPart& part, const Incarnations& incarnations, Milliseconds max_skew);
// How long claims pause.
Result<Milliseconds> DecodeQuiet(std::string_view text);

struct ReapOrder {
  Incarnations alive;
  WallTime asked_at;
  Milliseconds keep{};
  std::int64_t max_records = 0;
  std::string server;  // Who reaps,
  Milliseconds ttl{};  // and for how long it holds what it is given.
};
std::string EncodeReap(const ReapOrder& order);
struct Reaped {
  std::vector<OccurrenceRecord> lost;  // And further attempts of those.
  std::vector<OccurrenceRecord> unknown;
  bool more = false;
};
Result<Reaped> DecodeReaped(std::string_view text);

std::string EncodeSeeds(std::span<const Scope* const> scopes, WallTime seed);
struct Seeded {
  WallTime watermark;
  bool seeded = false;  // As in JoinReply.
};
Result<std::vector<Seeded>> DecodeSeeds(std::string_view text);

std::string EncodeUnlock(const Scope& scope, std::string_view run_id);
std::string EncodeCancel(const Scope& scope, std::string_view run_id, std::string_view cause);
Result<bool> DecodeFound(std::string_view text);
Result<std::vector<Lock>> DecodeLocks(std::string_view text);

std::string EncodePause(const Pause& pause);
std::string EncodeClear(const PauseTarget& target);
struct PauseAnswer {
  bool cleared = false;
  bool refused = false;
};
Result<PauseAnswer> DecodePauseAnswer(std::string_view text);
// `key` is the field of the hash.
Result<Pause> DecodePause(std::string_view key, std::string_view text);

// What a fleet is asked: any of these.
struct FleetOrder {
  struct Beat {
    std::string id;
    Milliseconds ttl{};
    std::optional<Milliseconds> clock_offset;
    const ServerInfo* row = nullptr;  // Where the fleet has lost it.
  };
  struct Join {
    ServerInfo row;
    std::string manifest;
    Milliseconds ttl{};
    std::optional<std::string> expected;  // The text of the row there is.
  };
  std::optional<int> shards;
  std::optional<Beat> beat;
  std::optional<Join> join;
  std::optional<ServerInfo> leave;
  std::optional<std::string> manifest_of;  // A server.
  std::optional<Milliseconds> keep;
};
std::string EncodeFleet(const FleetOrder& order);
struct FleetAnswer {
  int shards = 0;
  bool joined = false;
  std::vector<ServerInfo> servers;  // By id.
  std::vector<std::string> rows;    // Their texts.
  std::string manifest;             // The one asked for.
};
Result<FleetAnswer> DecodeFleet(std::string_view text);

// A row of the history.
Result<OccurrenceRecord> DecodeRecord(std::string_view text);

// When shards began a new epoch, and why.
struct EpochChange {
  WallTime at;
  std::string reason;
  std::string epoch;
  std::string former;   // The process of Redis before,
  std::string process;  // and since.
  std::optional<Milliseconds> gap;
  std::vector<int> shards;
};
std::string EncodeEpochChange(const EpochChange& change);
Result<EpochChange> DecodeEpochChange(std::string_view text);

}  // namespace rota::redis
