#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rota/coordination/redis/redis_store.h"
#include "rota/coordination/store.h"
#include "rota/time/clock.h"

namespace rota::contract {

inline constexpr WallTime kStart{std::chrono::seconds(1'800'000'000)};  // 2027-01-15T08:00:00Z
inline constexpr Milliseconds kTtl = std::chrono::seconds(15);
inline constexpr Milliseconds kLockTimeout = std::chrono::minutes(30);
inline constexpr Milliseconds kKeep = std::chrono::hours(24);

// A folder that goes away with its owner.
class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  TempFolder(const TempFolder&) = delete;
  TempFolder& operator=(const TempFolder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  std::string File(std::string_view name) const { return (path_ / name).string(); }

 private:
  std::filesystem::path path_;
};

enum class StoreKind { kMemory, kSqlite, kRedis };
inline constexpr StoreKind kAllStores[] = {StoreKind::kMemory, StoreKind::kSqlite, StoreKind::kRedis};
void PrintTo(StoreKind kind, std::ostream* out);

// Makes a store of the kind that goes by `clock`, and that is empty where `folder` is new: it keeps there what it
// keeps, or in a Redis server of this program under the folder's name.
std::unique_ptr<Store> MakeStore(StoreKind kind, const TempFolder& folder, Clock& clock);

// Of a store in the Redis server of this program, as MakeStore() makes it.
RedisStoreOptions RedisOptions(const TempFolder& folder, Clock& clock);

// A request of server "a" to run backup:run, which must not overlap, at kStart.
ClaimRequest Request(std::string run_id, WallTime at = kStart);
// One request, which must be answered.
ClaimReply ClaimOne(Store& store, const ClaimRequest& request);
RenewOutcome RenewOne(Store& store, const std::string& run_id, const Scope& scope = "backup:run");

// The record with this run id; nothing when there is none.
std::optional<OccurrenceRecord> Find(Store& store, const std::string& run_id);
// "succeeded", "skipped(overlap)"; "none" when there is no such record.
std::string OutcomeOf(Store& store, const std::string& run_id);
// Finishes a run that the store knows.
Status Finish(Store& store, const std::string& run_id, Outcome outcome = Outcome::kSucceeded, std::string reason = "");
// A record as the engine makes it for a run that the store has never seen.
OccurrenceRecord Record(std::string run_id, WallTime at, Outcome outcome = Outcome::kSucceeded);

ServerInfo Server(std::string id, std::string incarnation);
// Joins, and returns the id given. Of process 0 nothing is known but its heartbeat.
std::string Join(Store& store, std::string id, std::string incarnation);

Task UniqueTask(std::string id);
Task EveryServerTask(std::string id);

// All that the store shows, as text: two stores that show the same are in the same state.
std::string Describe(const OccurrenceRecord& record);
std::string DescribeAll(Store& store);

}  // namespace rota::contract
