#include "rota/coordination/redis/doctor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rota::redis {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr WallTime kNow{seconds(1'800'000'000)};  // 2027-01-15T08:00:00Z

TEST(ReadFacts, TakesTheLinesWithAName) {
  EXPECT_THAT(ReadFacts("# Server\r\nredis_version:7.0.15\r\n\r\nos:Linux 6.1: x\r\nempty:\r\n"),
              ElementsAre(Pair("empty", ""), Pair("os", "Linux 6.1: x"), Pair("redis_version", "7.0.15")));
  EXPECT_THAT(ReadFacts(""), IsEmpty());
}

TEST(DiagnoseNode, RefusesVersionsBefore6) {
  PrimaryFacts node{.name = "db:6379",
                    .info = {{"redis_version", "5.0.14"}, {"aof_enabled", "1"}},
                    .cluster = {},
                    .config = Facts{{"appendfsync", "always"}}};
  node.info["connected_slaves"] = "1";
  EXPECT_THAT(DiagnoseNode(node, {}),
              ElementsAre(Finding{"version", Severity::kError, "redis db:6379: its version is 5.0.14",
                                  "upgrade it to 6.0 or later", "db:6379"}));
  node.info["redis_version"] = "10.1.0";
  EXPECT_THAT(DiagnoseNode(node, {}), IsEmpty());
}

TEST(DiagnoseNode, RefusesAClusterThatIsNotWhole) {
  RedisStoreOptions options;
  options.cluster = {{"db", 6379}};
  const PrimaryFacts node{
      .name = "db:6379",
      .info = {{"redis_version", "7.0.0"}, {"cluster_enabled", "1"}, {"aof_enabled", "1"}, {"connected_slaves", "1"}},
      .cluster = {{"cluster_state", "fail"}},
      .config = Facts{{"appendfsync", "always"}}};
  EXPECT_THAT(DiagnoseNode(node, options),
              ElementsAre(Finding{"cluster", Severity::kError, "redis db:6379: the state of its cluster is fail",
                                  "redis-cli --cluster check", "db:6379"}));
}

TEST(DiagnoseLatency, WarnsAbove50Milliseconds) {
  EXPECT_THAT(DiagnoseLatency(Milliseconds(50)), IsEmpty());
  const std::vector<Finding> findings = DiagnoseLatency(Milliseconds(51));
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].severity, Severity::kWarning);
  EXPECT_EQ(findings[0].message, "Redis answers within 51ms: every claim takes as long");
}

TEST(DiagnoseShards, TellsThoseThatCannotBeReadFromThoseThatDoNotAnswer) {
  std::vector<Status> shards(4);
  EXPECT_THAT(DiagnoseShards(shards), IsEmpty());
  shards[1] = Unavailable("redis b:6379: connection refused");
  shards[2] = DataLoss("redis b:6379: WRONGTYPE");
  shards[3] = Unavailable("redis c:6379: connection refused");
  EXPECT_THAT(
      DiagnoseShards(shards),
      ElementsAre(Finding{"shards-broken", Severity::kError,
                          "1 of 4 shards cannot be used, and their tasks wait: shard 2: redis b:6379: WRONGTYPE",
                          "their keys hold something else: see what wrote it, and delete or restore them"},
                  Finding{"shards-silent", Severity::kWarning,
                          "2 of 4 shards cannot be asked, and their tasks wait: shard 1: redis b:6379: "
                          "connection refused",
                          "see the node that has them"}));
}

TEST(DiagnoseShards, FindsAnErrorWhereNoneCanBeAsked) {
  const std::vector<Finding> findings = DiagnoseShards(std::vector<Status>(2, Unavailable("redis b:6379: its user")));
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].severity, Severity::kError);
  EXPECT_EQ(findings[0].message,
            "2 of 2 shards cannot be asked, and their tasks wait: shard 0: redis b:6379: its user");
}

TEST(DiagnoseNode, TellsMemoryThatHasNoRoomForACallFromThatOfAReplica) {
  PrimaryFacts node{.name = "db:6379",
                    .info = {{"redis_version", "7.0.0"},
                             {"aof_enabled", "1"},
                             {"connected_slaves", "1"},
                             {"maxmemory", "10485760"},
                             {"maxmemory_policy", "noeviction"},
                             {"used_memory", "10223617"},
                             {"mem_not_counted_for_evict", "0"}},
                    .cluster = {},
                    .config = Facts{{"appendfsync", "always"}}};
  EXPECT_THAT(DiagnoseNode(node, {}),
              ElementsAre(Finding{"memory", Severity::kError,
                                  "redis db:6379: its memory is full: it refuses claims and outcomes",
                                  "raise maxmemory from 10 MiB, or lower history.max_records", "db:6379"}));
  node.info["mem_not_counted_for_evict"] = "1";
  const std::vector<Finding> findings = DiagnoseNode(node, {});
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].severity, Severity::kWarning);
  node.info["role"] = "slave";
  node.info["slave_read_only"] = "0";
  EXPECT_THAT(DiagnoseNode(node, {}),
              ElementsAre(testing::Field(&Finding::message,
                                         "redis db:6379: it is a replica that takes claims: its primary never hears "
                                         "of them")));
}

TEST(DiagnoseEpochs, NamesWhatIsUnknown) {
  const EpochChange change{.at = kNow,
                           .reason = "it was emptied",
                           .epoch = "E2",
                           .former = "p",
                           .process = "q",
                           .gap = seconds(3),
                           .shards = {1, 2}};
  std::vector<OccurrenceRecord> unknown;
  for (const char* task : {"a", "b", "b", "c", "d", "e", "f"}) unknown.emplace_back().task = task;
  const std::vector<Finding> findings = DiagnoseEpochs({change, change}, 64, unknown);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(
      findings[0].message,
      "the store may have lost what it acknowledged 2 times in a day, last at 2027-01-15T08:00:00Z: it was emptied "
      "(2 of 64 shards, 3s lost); unknown outcomes: 7 of a, b, c, d, e and 1 more");
  EXPECT_EQ(findings[0].advice,
            "schedule:history --outcome unknown lists them: see whether they ran, and run what did not; pauses that "
            "were set before may be gone: schedule:list shows those in force");
  EXPECT_THAT(DiagnoseEpochs({}, 64, unknown), IsEmpty());
}

EpochChange Change(WallTime at, std::string process, std::vector<int> shards, std::optional<Milliseconds> gap = {}) {
  return {.at = at,
          .reason = "its process is another one",
          .epoch = "E",
          .former = "p",
          .process = std::move(process),
          .gap = gap,
          .shards = std::move(shards)};
}

// The first call after it asked a few shards, and the next the others.
TEST(DiagnoseEpochs, CountsALossOnceThatIsMetShardByShard) {
  const std::vector<Finding> once =
      DiagnoseEpochs({Change(kNow, "q", {0, 1, 3}), Change(kNow - seconds(1), "q", {2}, seconds(3))}, 4, {});
  ASSERT_EQ(once.size(), 1u);
  EXPECT_EQ(once[0].message,
            "the store may have lost what it acknowledged once in a day, last at 2027-01-15T08:00:00Z: its process is "
            "another one (4 of 4 shards, 3s lost); no outcome is unknown");
  EXPECT_EQ(once[0].advice, "pauses that were set before may be gone: schedule:list shows those in force");
}

TEST(DiagnoseEpochs, CountsTheLossesOfAShardAndOfAProcessEach) {
  const auto times = [](const std::vector<EpochChange>& changes) {
    const std::string message = DiagnoseEpochs(changes, 4, {}).at(0).message;
    return message.substr(0, message.find(", last"));
  };
  EXPECT_THAT(times({Change(kNow, "q", {0}), Change(kNow - seconds(1), "q", {0})}),
              testing::EndsWith("2 times in a day"));
  EXPECT_THAT(times({Change(kNow, "q", {0}), Change(kNow - seconds(1), "r", {1})}),
              testing::EndsWith("2 times in a day"));
  EpochChange emptied = Change(kNow - seconds(1), "q", {1});
  emptied.reason = "it was emptied";
  EXPECT_THAT(times({Change(kNow, "q", {0}), emptied}), testing::EndsWith("2 times in a day"));
}

}  // namespace
}  // namespace rota::redis
