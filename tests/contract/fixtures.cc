#include "fixtures.h"

#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <ostream>

#include "redis_server.h"
#include "rota/base/check.h"
#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/coordination/memory/memory_store.h"
#include "rota/coordination/sqlite/sqlite_store.h"

namespace rota::contract {

TempFolder::TempFolder() {
  // In memory where that can be, which costs stores in files no time to sync.
  const std::filesystem::path memory = "/dev/shm";
  const auto where = access(memory.c_str(), W_OK) == 0 ? memory : std::filesystem::temp_directory_path();
  std::string path = (where / "rota-contract-XXXXXX").string();
  ROTA_CHECK(mkdtemp(path.data()) != nullptr, "cannot make a temporary folder");
  path_ = path;
}

TempFolder::~TempFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void PrintTo(StoreKind kind, std::ostream* out) {
  *out << (kind == StoreKind::kMemory ? "memory" : kind == StoreKind::kSqlite ? "sqlite" : "redis");
}

RedisStoreOptions RedisOptions(const TempFolder& folder, Clock& clock) {
  static const redis_test::RedisServer kServer;
  RedisStoreOptions options;
  options.server = {"127.0.0.1", kServer.port()};
  options.environment = folder.path().filename();
  options.shards = 4;
  options.keep = kKeep;
  options.decision_clock = &clock;
  return options;
}

std::unique_ptr<Store> MakeStore(StoreKind kind, const TempFolder& folder, Clock& clock) {
  if (kind == StoreKind::kMemory) return MakeMemoryStore(clock, {.keep = kKeep});
  if (kind == StoreKind::kRedis) return MakeRedisStore(RedisOptions(folder, clock), clock);
  Result<std::unique_ptr<Store>> store = OpenSqliteStore({.path = folder.File("rota.db"), .keep = kKeep}, clock);
  EXPECT_TRUE(store.has_value()) << store.error().message();
  return *std::move(store);
}

ClaimRequest Request(std::string run_id, WallTime at) {
  ClaimRequest request;
  request.run_id = std::move(run_id);
  request.task = "backup:run";
  request.scope = "backup:run";
  request.at = at;
  request.gap_reason = "down";
  request.server = "a";
  request.overlap = OverlapPolicy::kSkip;
  request.lease_ttl = kTtl;
  request.lock_timeout = kLockTimeout;
  return request;
}

ClaimReply ClaimOne(Store& store, const ClaimRequest& request) {
  Result<std::vector<ClaimReply>> replies = store.Claim({&request, 1});
  EXPECT_TRUE(replies.has_value()) << replies.error().message();
  EXPECT_EQ(replies->size(), 1u);
  return std::move(replies->at(0));
}

RenewOutcome RenewOne(Store& store, const std::string& run_id, const Scope& scope) {
  const LeaseRef lease{run_id, scope};
  const Result<RenewReply> reply = store.Renew("a", {&lease, 1}, kTtl);
  EXPECT_TRUE(reply.has_value()) << reply.error().message();
  return reply->outcomes.at(0);
}

std::optional<OccurrenceRecord> Find(Store& store, const std::string& run_id) {
  HistoryQuery query;
  query.run_id = run_id;
  const Result<std::vector<OccurrenceRecord>> found = store.Query(query);
  EXPECT_TRUE(found.has_value()) << found.error().message();
  if (found->empty()) return std::nullopt;
  EXPECT_EQ(found->size(), 1u);
  return found->front();
}

std::string OutcomeOf(Store& store, const std::string& run_id) {
  const std::optional<OccurrenceRecord> record = Find(store, run_id);
  return record ? DescribeOutcome(record->outcome, record->reason) : "none";
}

Status Finish(Store& store, const std::string& run_id, Outcome outcome, std::string reason) {
  std::optional<OccurrenceRecord> record = Find(store, run_id);
  ROTA_CHECK(record.has_value(), "no such run");
  record->outcome = outcome;
  record->reason = std::move(reason);
  const auto outcomes = store.Finish({&*record, 1});
  if (!outcomes) return outcomes.error();
  ROTA_CHECK(outcomes->size() == 1, "an answer for each outcome");
  return outcomes->at(0) == FinishOutcome::kRecorded ? Status::Ok() : Unavailable("its part does not answer");
}

OccurrenceRecord Record(std::string run_id, WallTime at, Outcome outcome) {
  OccurrenceRecord record;
  record.run_id = std::move(run_id);
  record.task = "backup:run";
  record.scope = "backup:run";
  record.scheduled_at = at;
  record.scheduled_last = at;
  record.server = "a";
  record.outcome = outcome;
  return record;
}

ServerInfo Server(std::string id, std::string incarnation) {
  ServerInfo server;
  server.id = std::move(id);
  server.incarnation = std::move(incarnation);
  server.host = "host";
  server.version = "0.1.0";
  server.schedule_digest = "digest";
  server.started_at = kStart;
  return server;
}

std::string Join(Store& store, std::string id, std::string incarnation) {
  JoinRequest request;
  request.server = Server(std::move(id), std::move(incarnation));
  request.heartbeat_ttl = kTtl;
  const Result<JoinReply> reply = store.Join(request);
  EXPECT_TRUE(reply.has_value()) << reply.error().message();
  return reply->server_id;
}

namespace {

Task MakeTask(std::string id, Placement placement) {
  auto policies = std::make_shared<TaskPolicies>();
  policies->placement = placement;
  Task task;
  task.id = std::move(id);
  task.policies = std::move(policies);
  return task;
}

std::string Describe(const std::optional<WallTime>& at) {
  return at ? Format("{}", (*at - kStart).count()) : std::string("-");
}

}  // namespace

Task UniqueTask(std::string id) { return MakeTask(std::move(id), Placement::kOneServer); }

Task EveryServerTask(std::string id) { return MakeTask(std::move(id), Placement::kEveryServer); }

std::string Describe(const OccurrenceRecord& record) {
  return Format("{} {} {} {} {}..{} x{} {} attempt {} token {} started {} finished {} {} [{}]\n", record.run_id,
                record.task, record.scope, Name(record.kind), Describe(std::optional(record.scheduled_at)),
                Describe(std::optional(record.scheduled_last)), record.count, record.server, record.attempt,
                record.token, Describe(record.started_at), Describe(record.finished_at),
                DescribeOutcome(record.outcome, record.reason), record.output_tail);
}

std::string DescribeAll(Store& store) {
  std::string text;
  HistoryQuery query;
  query.limit = 1'000'000;
  const auto records = store.Query(query);
  for (const OccurrenceRecord& record : records.value()) text += Describe(record);
  const auto servers = store.Servers();
  for (const ServerInfo& server : servers.value()) {
    text += Format("server {} {} seen {} alive until {}\n", server.id, server.incarnation,
                   (server.seen_at - kStart).count(), (server.alive_until - kStart).count());
  }
  std::vector<std::string> lines;  // Those of leases with one token stand in any order.
  const auto locks = store.Locks();
  for (const Lock& lock : locks.value()) {
    lines.push_back(Format("lock {} {} {} {} {} {} {}\n", lock.scope, lock.run_id, lock.server, lock.token,
                           Describe(lock.since), Describe(std::optional(lock.lease_until)),
                           Describe(std::optional(lock.lock_until))));
  }
  std::ranges::sort(lines);
  text += rota::Join(lines, "");
  const auto pauses = store.Pauses();
  for (const Pause& pause : pauses.value()) {
    text += Format("pause {} {} {} until {}\n", KeyOf(pause.target), pause.author, pause.reason, Describe(pause.until));
  }
  return text;
}

}  // namespace rota::contract
