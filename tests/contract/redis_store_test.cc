#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>

#include "fixtures.h"
#include "redis_fleet.h"
#include "redis_server.h"
#include "rota/base/format.h"
#include "rota/testing/fake_clock.h"

// What only a store in Redis can get wrong.
namespace rota::contract {
namespace {

using redis_test::Cluster;
using redis_test::Eventually;
using redis_test::RedisServer;
using std::chrono::seconds;

class RedisStores : public testing::Test {
 protected:
  RedisStoreOptions Options() {
    RedisStoreOptions options;
    options.server = {"127.0.0.1", server_.port()};
    options.decision_clock = &clock_;
    return options;
  }
  std::unique_ptr<Store> Make(const RedisStoreOptions& options) { return MakeRedisStore(options, clock_); }
  // Of so many tasks.
  static std::vector<ClaimRequest> Requests(int count, std::string_view round, WallTime at) {
    std::vector<ClaimRequest> requests;
    for (int i = 0; i < count; ++i) {
      requests.push_back(Request(Format("{}-{}", round, i), at));
      requests.back().task = requests.back().scope = Format("task-{}", i);
    }
    return requests;
  }
  static int Count(const std::vector<ClaimReply>& replies, ClaimOutcome outcome) {
    return static_cast<int>(std::ranges::count(replies, outcome, &ClaimReply::outcome));
  }
  // The sum of what a command says of each key with the ending.
  std::int64_t Sum(const std::string& command, const std::string& ending) {
    std::int64_t sum = 0;
    std::istringstream keys(server_.Send({"KEYS", "*" + ending}));
    for (std::string key; std::getline(keys, key);) {
      if (!key.empty()) sum += std::stoll(server_.Send({command, key}));
    }
    return sum;
  }

  FakeClock clock_{kStart};
  RedisServer server_;
};

TEST_F(RedisStores, OfTwoEnvironmentsNeverMeet) {
  RedisStoreOptions options = Options();
  options.environment = "staging";
  const auto staging = Make(options);
  options.environment = "production";
  const auto production = Make(options);
  options.app = "other";
  const auto other = Make(options);
  for (Store* store : {staging.get(), production.get(), other.get()}) {
    EXPECT_EQ(ClaimOne(*store, Request("r1")).outcome, ClaimOutcome::kClaimed);
    EXPECT_EQ(ClaimOne(*store, Request("r1")).token, 1u);
  }
  ASSERT_TRUE(staging->SetPause({PauseTarget::All(), "alice", "", kStart, {}}).ok());
  EXPECT_TRUE(production->Pauses().value().empty());
  EXPECT_EQ(Join(*staging, "web", "i1"), "web");
  EXPECT_EQ(Join(*production, "web", "i2"), "web");
}

TEST_F(RedisStores, OfNamesWithSpecialCharactersNeverMeet) {
  RedisStoreOptions options = Options();
  for (const auto& [app, environment] :
       std::vector<std::pair<std::string, std::string>>{{"a:b", "c"}, {"a", "b:c"}, {"a}", "{c"}, {"a%3Ab", "c"}}) {
    options.app = app;
    options.environment = environment;
    EXPECT_EQ(ClaimOne(*Make(options), Request("r1")).outcome, ClaimOutcome::kClaimed) << app << " " << environment;
  }
  EXPECT_NE(server_.Send({"KEYS", "{rota:a%3Ab:c:fleet}:meta"}), "");
  EXPECT_NE(server_.Send({"KEYS", "{rota:a%7D:%7Bc:fleet}:meta"}), "");
}

TEST_F(RedisStores, RefuseAnotherNumberOfShards) {
  RedisStoreOptions options = Options();
  ASSERT_TRUE(Make(options)->Query({}).has_value());
  options.shards = 16;
  const Status refused = InvalidArgument(
      "redis 127.0.0.1:{}/0: this fleet divides its tasks into 64 shards, not 16: set redis.shards to 64",
      server_.port());
  const auto store = Make(options);
  const ClaimRequest request = Request("r1");
  EXPECT_EQ(store->Claim({&request, 1}).error(), refused);
  EXPECT_EQ(store->Query({}).error(), refused);
  EXPECT_EQ(store->Join({}).error(), refused);
  EXPECT_EQ(store->Locks().error(), refused);
  EXPECT_EQ(store->ClearPause(PauseTarget::Task("x")), refused);
  const std::vector<Finding> findings = store->Examine().value();
  ASSERT_FALSE(findings.empty());
  EXPECT_EQ(findings[0].code, "shards");
  EXPECT_EQ(findings[0].severity, Severity::kError);
  EXPECT_EQ(findings[0].message, refused.message());
}

TEST_F(RedisStores, LoadTheirScriptsAgain) {
  const auto store = Make(Options());
  ASSERT_EQ(Count(store->Claim(Requests(100, "a", kStart)).value(), ClaimOutcome::kClaimed), 100);
  server_.Send({"SCRIPT", "FLUSH"});
  EXPECT_EQ(Count(store->Claim(Requests(100, "b", kStart)).value(), ClaimOutcome::kDecided), 100);
  clock_.Advance(seconds(20));
  EXPECT_EQ(Count(store->Claim(Requests(100, "c", kStart + seconds(20))).value(), ClaimOutcome::kClaimed), 100);
}

TEST_F(RedisStores, SettleAClaimWhoseReplyWasLostByItsRunId) {
  RedisStoreOptions options = Options();
  const auto store = Make(options);
  ASSERT_TRUE(store->Query({}).has_value());
  options.command_timeout = Milliseconds(100);
  const auto impatient = Make(options);
  ASSERT_TRUE(impatient->Query({}).has_value());
  const ClaimRequest request = Request("r1");
  server_.Pause();
  const auto unanswered = impatient->Claim({&request, 1});
  server_.Resume();
  ASSERT_FALSE(unanswered.has_value());
  EXPECT_EQ(unanswered.error().code(), StatusCode::kUnavailable);
  ASSERT_TRUE(Eventually([&] { return OutcomeOf(*store, "r1") == "running"; })) << "it was sent, and is carried out";

  Result<std::vector<ClaimReply>> replies = Fail(Status());
  ASSERT_TRUE(Eventually([&] { return (replies = impatient->Claim({&request, 1})).has_value(); }));
  EXPECT_EQ(replies->at(0).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(replies->at(0).token, 1u);
  EXPECT_EQ(ClaimOne(*store, Request("r2")).outcome, ClaimOutcome::kDecided);
}

TEST_F(RedisStores, SurviveConnectionsThatAreCut) {
  const auto store = Make(Options());
  for (int i = 0; i < 10; ++i) {
    const WallTime at = clock_.Now();
    const ClaimRequest request = Request(Format("r{}", i), at);
    server_.Send({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
    Result<std::vector<ClaimReply>> replies = Fail(Status());
    ASSERT_TRUE(Eventually([&] { return (replies = store->Claim({&request, 1})).has_value(); }));
    EXPECT_EQ(replies->at(0).outcome, ClaimOutcome::kClaimed);
    EXPECT_EQ(replies->at(0).token, static_cast<std::uint64_t>(i + 1));
    ASSERT_TRUE(Eventually([&] { return Finish(*store, request.run_id).ok(); }));
    clock_.Advance(seconds(1));
  }
}

TEST_F(RedisStores, KeepTheSameKeysHoweverManyOccurrencesTheyDecide) {
  RedisStoreOptions options = Options();
  options.max_records = 64 * 20;
  const auto store = Make(options);
  std::string keys;
  for (int round = 0; round < 4; ++round) {
    const WallTime at = clock_.Now();
    const std::vector<ClaimRequest> requests = Requests(1'000, Format("{}", round), at);
    ASSERT_EQ(Count(store->Claim(requests).value(), ClaimOutcome::kClaimed), 1'000);
    std::vector<OccurrenceRecord> records;
    for (const ClaimRequest& request : requests) {
      records.push_back(Record(request.run_id, at));
      records.back().task = records.back().scope = request.task;
    }
    ASSERT_TRUE(store->Finish(records));
    ASSERT_TRUE(store->Reap("a", kTtl).has_value());
    if (round == 1) {
      keys = server_.Send({"DBSIZE"});
    }
    EXPECT_LE(Sum("HLEN", ":records"), 64 * 20);
    clock_.Advance(seconds(1));
  }
  EXPECT_EQ(server_.Send({"DBSIZE"}), keys);
  EXPECT_EQ(Sum("HLEN", ":scopes"), 1'000);
  EXPECT_EQ(Sum("HLEN", ":leases"), 0);
  EXPECT_EQ(Sum("HLEN", ":records"), Sum("ZCARD", ":history"));
  EXPECT_EQ(server_.Send({"INFO", "keyspace"}).find("expires=0") != std::string::npos, true) << "nothing expires";
}

TEST_F(RedisStores, DropTheOldestRecordsBeyondTheirBoundButNotThoseUnderWay) {
  RedisStoreOptions options = Options();
  options.max_records = 64;  // One of each shard.
  const auto store = Make(options);
  ASSERT_EQ(ClaimOne(*store, Request("running")).outcome, ClaimOutcome::kClaimed);
  std::vector<OccurrenceRecord> records;
  for (int i = 1; i <= 1'200; ++i) records.push_back(Record(Format("r{:04d}", i), kStart + seconds(i)));
  ASSERT_TRUE(store->Finish(records));
  ASSERT_TRUE(store->Reap("a", kTtl).has_value());
  HistoryQuery query;
  query.limit = 2'000;
  const auto kept = store->Query(query).value();
  ASSERT_EQ(kept.size(), 2u);
  EXPECT_EQ(kept[0].run_id, "r1200");
  EXPECT_EQ(kept[1].run_id, "running");
}

TEST_F(RedisStores, WaitForTheReplicasThatAClaimMustReach) {
  RedisStoreOptions options = Options();
  options.wait_replicas = 1;
  options.command_timeout = Milliseconds(500);
  const auto store = Make(options);
  const ClaimRequest request = Request("r1");
  EXPECT_EQ(store->Claim({&request, 1}).error(),
            Unavailable("redis 127.0.0.1:{}/0: 0 of 1 replicas have what was claimed", server_.port()));
  const RedisServer replica({.arguments = {"--replicaof", "127.0.0.1 " + std::to_string(server_.port())}});
  Result<std::vector<ClaimReply>> replies = Fail(Status());
  ASSERT_TRUE(Eventually([&] { return (replies = store->Claim({&request, 1})).has_value(); }));
  EXPECT_EQ(replies->at(0).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(replies->at(0).token, 1u) << "asked again with the same run id";
}

TEST_F(RedisStores, MeasureTheClockOfAServerAgainstThatOfRedis) {
  FakeClock fast(kStart + Milliseconds(1500));
  const auto store = MakeRedisStore(Options(), fast);
  Join(*store, "a", "i1");
  ASSERT_TRUE(store->Renew("a", {}, kTtl).has_value());
  EXPECT_EQ(store->Servers().value().at(0).clock_offset, Milliseconds(1500));
  fast.Jump(-Milliseconds(2000));
  ASSERT_TRUE(store->Renew("a", {}, kTtl).has_value());
  ASSERT_TRUE(store->Renew("a", {}, kTtl).has_value());
  EXPECT_EQ(store->Servers().value().at(0).clock_offset, Milliseconds(-500));
}

TEST_F(RedisStores, GoByTheClockOfRedis) {
  RedisStoreOptions options = Options();
  options.decision_clock = nullptr;
  FakeClock wrong(kStart);  // Years from now.
  const auto store = MakeRedisStore(options, wrong);
  const ClaimRequest request = Request("r1");
  ASSERT_TRUE(Eventually([&] { return store->Claim({&request, 1}).has_value(); })) << "a new fleet settles first";
  const ClaimReply reply = ClaimOne(*store, request);
  EXPECT_EQ(reply.outcome, ClaimOutcome::kEarly);
  EXPECT_GT(reply.wait, std::chrono::hours(1));
}

TEST_F(RedisStores, TellApartWhatIsNotTheirs) {
  const auto store = Make(Options());
  ASSERT_EQ(ClaimOne(*store, Request("r1")).outcome, ClaimOutcome::kClaimed);
  std::istringstream keys(server_.Send({"KEYS", "*:records"}));
  std::string records;
  std::getline(keys, records);
  server_.Send({"HSET", records, "r1", "nonsense"});
  const auto found = store->Query({});
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code(), StatusCode::kDataLoss);
  EXPECT_THAT(found.error().message(), testing::EndsWith(": nonsense"));
  const OccurrenceRecord record = Record("r1", kStart);
  EXPECT_EQ(store->Finish({&record, 1}).error().code(), StatusCode::kDataLoss);
}

// A store in a cluster, with the runs "r0", "r1", … of 300 tasks under way.
class RedisClusters : public testing::Test {
 protected:
  RedisClusters() {
    RedisStoreOptions options;
    for (std::size_t i = 0; i < cluster_.size(); ++i) options.cluster.push_back({"127.0.0.1", cluster_.at(i).port()});
    options.decision_clock = &clock_;
    options.command_timeout = Milliseconds(500);
    store_ = MakeRedisStore(options, clock_);
    for (int i = 0; i < kTasks; ++i) {
      requests_.push_back(Request(Format("r{}", i)));
      requests_.back().task = requests_.back().scope = Format("task-{}", i);
    }
    EXPECT_EQ(Join(*store_, "a", "i1"), "a");
    const auto first = store_->Claim(requests_);
    EXPECT_TRUE(first.has_value()) << first.error().message();
    for (const ClaimReply& reply : *first) EXPECT_EQ(reply.outcome, ClaimOutcome::kClaimed);
  }
  std::vector<OccurrenceRecord> Outcomes() const {
    std::vector<OccurrenceRecord> records;
    for (const ClaimRequest& request : requests_) {
      records.push_back(Record(request.run_id, kStart));
      records.back().task = records.back().scope = request.task;
    }
    return records;
  }
  std::size_t CountRuns(std::optional<Outcome> outcome) {
    HistoryQuery query;
    query.outcome = outcome;
    query.limit = 1'000;
    return store_->Query(query).value().size();
  }

  static constexpr int kTasks = 300;
  Cluster cluster_;
  FakeClock clock_{kStart};
  std::unique_ptr<Store> store_;
  std::vector<ClaimRequest> requests_;
};

TEST_F(RedisClusters, KeepEachTaskOnOneNodeAndClaimWithoutOne) {
  for (std::size_t i = 0; i < cluster_.size(); ++i) EXPECT_NE(cluster_.at(i).Send({"DBSIZE"}), "0");
  EXPECT_EQ(store_->Locks().value().size(), 300u);
  EXPECT_EQ(CountRuns(std::nullopt), 300u);
  ASSERT_TRUE(store_->SetPause({PauseTarget::All(), "alice", "", kStart, {}}).ok());
  EXPECT_EQ(store_->Pauses().value().size(), 1u);

  cluster_.at(1).Pause();
  for (ClaimRequest& request : requests_) request.run_id += "again";
  const auto second = store_->Claim(requests_);
  cluster_.at(1).Resume();
  ASSERT_TRUE(second.has_value()) << second.error().message();
  const auto decided = std::ranges::count(*second, ClaimOutcome::kDecided, &ClaimReply::outcome);
  const auto unanswered = std::ranges::count(*second, ClaimOutcome::kUnanswered, &ClaimReply::outcome);
  EXPECT_GT(decided, 0);
  EXPECT_GT(unanswered, 0);
  EXPECT_EQ(decided + unanswered, kTasks);
}

TEST_F(RedisClusters, RecordWithoutOneWhatTheOthersKeep) {
  const std::vector<OccurrenceRecord> records = Outcomes();
  cluster_.at(2).Pause();
  const auto outcomes = store_->Finish(records);
  std::vector<OccurrenceRecord> waiting;
  for (std::size_t i = 0; outcomes && i < outcomes->size(); ++i) {
    if (outcomes->at(i) == FinishOutcome::kUnanswered) waiting.push_back(records[i]);
  }
  const auto again = store_->Finish(waiting);
  cluster_.at(2).Resume();
  ASSERT_TRUE(outcomes.has_value()) << outcomes.error().message();
  EXPECT_THAT(*outcomes, testing::Contains(FinishOutcome::kRecorded));
  EXPECT_THAT(waiting, testing::Not(testing::IsEmpty()));
  ASSERT_TRUE(again.has_value()) << "it is not the store that is down: " << again.error().message();
  EXPECT_THAT(*again, testing::Each(FinishOutcome::kUnanswered));

  const std::vector<FinishOutcome> all_recorded(waiting.size(), FinishOutcome::kRecorded);
  EXPECT_TRUE(Eventually([&] { return store_->Finish(waiting) == all_recorded; }));
  EXPECT_EQ(CountRuns(Outcome::kRunning), 0u);
  EXPECT_EQ(CountRuns(Outcome::kSucceeded), 300u);
}

TEST_F(RedisClusters, FailWhenNoNodeAnswers) {
  for (std::size_t i = 0; i < cluster_.size(); ++i) cluster_.at(i).Pause();
  const auto outcomes = store_->Finish(Outcomes());
  for (std::size_t i = 0; i < cluster_.size(); ++i) cluster_.at(i).Resume();
  ASSERT_FALSE(outcomes.has_value());
  EXPECT_EQ(outcomes.error().code(), StatusCode::kUnavailable);
}

}  // namespace
}  // namespace rota::contract
