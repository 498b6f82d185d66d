#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>

#include "fixtures.h"
#include "redis_server.h"
#include "rota/base/format.h"
#include "rota/testing/fake_clock.h"
#include "rota/time/format.h"

// What becomes of promises when Redis loses what it acknowledged, shown on real servers of each test's own.
namespace rota::contract {
namespace {

using redis_test::RedisServer;
using redis_test::RedisServerOptions;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Milliseconds kQuarantine = seconds(6);

class RedisEpochs : public testing::Test {
 protected:
  explicit RedisEpochs(RedisServerOptions options = {}) : server_(std::move(options)) {}

  std::unique_ptr<Store> Make() {
    RedisStoreOptions options;
    options.server = {"127.0.0.1", server_.port()};
    options.decision_clock = &clock_;
    options.quarantine = kQuarantine;
    return MakeRedisStore(options, clock_);
  }
  // "claimed 7", "decided 0", or the error.
  std::string Claim(Store& store, std::string run_id, WallTime at) {
    const ClaimRequest request = Request(std::move(run_id), at);
    const auto replies = store.Claim({&request, 1});
    if (!replies) return std::string(Name(replies.error().code()));
    if (replies->at(0).outcome == ClaimOutcome::kClaimed) last_token_ = replies->at(0).token;
    return std::string(Name(replies->at(0).outcome));
  }
  // A run that has come and gone.
  void Run(Store& store, const std::string& run_id, WallTime at) {
    ASSERT_EQ(Claim(store, run_id, at), "claimed");
    ASSERT_TRUE(Finish(store, run_id).ok());
  }
  std::string Lost(std::string_view reason) const { return Format("redis 127.0.0.1:{}/0: {}", server_.port(), reason); }
  // The error of a renewal, which asks every shard.
  static Status Beat(Store& store) {
    const auto reply = store.Renew("a", {}, kTtl);
    return reply ? Status::Ok() : reply.error();
  }
  static Memory Decided(WallTime at) { return {.records = {}, .runs = {}, .watermarks = {{"backup:run", at}}}; }
  void ExpectPause(Store& store, const Memory& memory) {
    const Result<Milliseconds> quiet = store.Reassert("a", memory);
    ASSERT_TRUE(quiet.has_value()) << quiet.error().message();
    EXPECT_EQ(*quiet, kQuarantine);
  }
  std::string Reap(Store& store) {
    std::string ids;
    const auto records = store.Reap("a", kTtl);
    for (const OccurrenceRecord& record : records.value()) ids += record.run_id + " ";
    return ids;
  }

  FakeClock clock_{kStart};
  RedisServer server_;
  std::unique_ptr<Store> a_ = Make();
  std::unique_ptr<Store> b_ = Make();
  std::uint64_t last_token_ = 0;
};

TEST_F(RedisEpochs, ANewFleetLosesNothing) {
  EXPECT_EQ(Claim(*a_, "r1", kStart), "claimed");
  EXPECT_EQ(last_token_, 1u);
  EXPECT_TRUE(Beat(*a_).ok());
  EXPECT_TRUE(Beat(*b_).ok());
  EXPECT_EQ(Claim(*b_, "r2", kStart), "decided");
}

TEST_F(RedisEpochs, EveryCallTellsOfAFlushUntilTheServerHasToldWhatItRemembers) {
  Run(*a_, "r1", kStart);
  ASSERT_TRUE(Beat(*b_).ok());
  server_.Send({"FLUSHALL"});

  EXPECT_EQ(Beat(*a_), Status(StatusCode::kStateLost, Lost("it was emptied")));
  EXPECT_EQ(Claim(*a_, "r2", kStart), "state lost");
  const OccurrenceRecord record = Record("r1", kStart);
  EXPECT_EQ(a_->Finish({&record, 1}).error().code(), StatusCode::kStateLost);
  EXPECT_EQ(a_->Reap("a", kTtl).error().code(), StatusCode::kStateLost);
  EXPECT_EQ(Beat(*b_), Status(StatusCode::kStateLost, Lost("it was emptied"))) << "the other server as well";

  ExpectPause(*a_, Decided(kStart));
  EXPECT_TRUE(Beat(*a_).ok());
  EXPECT_EQ(Beat(*b_).code(), StatusCode::kStateLost) << "each for itself";
}

TEST_F(RedisEpochs, ClaimsPauseUntilAllServersHadTheirTime) {
  Run(*a_, "r1", kStart);
  server_.Send({"FLUSHALL"});
  ASSERT_EQ(Beat(*a_).code(), StatusCode::kStateLost);
  ExpectPause(*a_, Decided(kStart));
  const ClaimRequest request = Request("r2", kStart + seconds(1));
  clock_.Advance(kQuarantine - Milliseconds(1));
  EXPECT_EQ(a_->Claim({&request, 1}).error().message(),
            Format("redis 127.0.0.1:{}/0: claims pause until {}, so that every server can tell what it remembers",
                   server_.port(), FormatInstant(kStart + kQuarantine)));
  clock_.Advance(Milliseconds(1));
  EXPECT_EQ(Claim(*a_, "r3", kStart), "decided") << "what this server remembers";
  EXPECT_EQ(Claim(*a_, "r2", kStart + seconds(1)), "claimed");
  EXPECT_GT(last_token_, static_cast<std::uint64_t>(kStart.time_since_epoch().count()));
}

TEST_F(RedisEpochs, RunsKeepTheirLeasesThroughAFlush) {
  ASSERT_EQ(Claim(*a_, "r1", kStart), "claimed");
  OccurrenceRecord running = *Find(*a_, "r1");
  server_.Send({"FLUSHALL"});
  ASSERT_EQ(Beat(*a_).code(), StatusCode::kStateLost);
  Memory memory = Decided(kStart);
  memory.runs.push_back({running, OverlapPolicy::kSkip, kTtl, kLockTimeout});
  ExpectPause(*a_, memory);
  EXPECT_EQ(RenewOne(*a_, "r1"), RenewOutcome::kRenewed);
  clock_.Advance(kQuarantine);
  EXPECT_EQ(Claim(*a_, "r2", kStart + seconds(5)), "overlap");
  ASSERT_TRUE(Finish(*a_, "r1").ok());
  EXPECT_EQ(OutcomeOf(*a_, "r1"), "succeeded");
}

TEST_F(RedisEpochs, AHeartbeatGivesALostServerItsRowAgain) {
  Join(*a_, "a", "i1");
  ASSERT_TRUE(Beat(*a_).ok());
  server_.Send({"FLUSHALL"});
  ASSERT_EQ(Beat(*a_).code(), StatusCode::kStateLost);
  ExpectPause(*a_, {});
  ASSERT_TRUE(Beat(*a_).ok());
  const std::vector<ServerInfo> servers = a_->Servers().value();
  ASSERT_EQ(servers.size(), 1u);
  EXPECT_EQ(servers[0].incarnation, "i1");
  EXPECT_EQ(servers[0].alive_until, kStart + kTtl);
}

TEST_F(RedisEpochs, AServerThatRemembersNothingCannotHideAFlush) {
  Run(*a_, "r1", kStart);
  server_.Send({"FLUSHALL"});
  EXPECT_EQ(Claim(*b_, "r2", kStart + seconds(1)), "claimed") << "it knows nothing of what was";
  EXPECT_EQ(last_token_, 1u);
  EXPECT_EQ(Beat(*a_), Status(StatusCode::kStateLost, Lost("it was emptied")));
  EXPECT_EQ(Beat(*b_), Status(StatusCode::kStateLost, Lost("it was emptied")));
  ExpectPause(*a_, Decided(kStart));
  ExpectPause(*b_, Decided(kStart + seconds(1)));
  clock_.Advance(kQuarantine);
  ASSERT_TRUE(Finish(*b_, "r2").ok());
  EXPECT_EQ(Claim(*b_, "r3", kStart + seconds(2)), "claimed");
  EXPECT_GT(last_token_, static_cast<std::uint64_t>(kStart.time_since_epoch().count()));
}

TEST_F(RedisEpochs, ARestartThatKeptNothingIsAnotherProcess) {
  Run(*a_, "r1", kStart);
  ASSERT_TRUE(Beat(*b_).ok());
  server_.Kill();
  server_.Restart();
  EXPECT_EQ(Beat(*a_), Status(StatusCode::kStateLost, Lost("it was emptied")));
  ExpectPause(*a_, Decided(kStart));
  clock_.Advance(kQuarantine);
  EXPECT_EQ(Claim(*a_, "r2", kStart), "decided");
  EXPECT_EQ(Beat(*b_).code(), StatusCode::kStateLost) << "a server that slept through it all";
  ASSERT_TRUE(b_->Reassert("b", Decided(kStart - minutes(1))).has_value());
  EXPECT_EQ(Claim(*b_, "r3", kStart), "decided") << "what it remembers is older: the later watermark wins";
  EXPECT_EQ(Claim(*b_, "r4", kStart + seconds(1)), "claimed");
}

class RedisWithALog : public RedisEpochs {
 protected:
  RedisWithALog() : RedisEpochs({.arguments = {"--appendonly", "yes", "--appendfsync", "always"}}) {}
};

TEST_F(RedisWithALog, AnswersLikeOneThatMayHaveLostSomethingAfterARestart) {
  Run(*a_, "r1", kStart);
  server_.Kill();
  server_.Restart();
  EXPECT_EQ(Beat(*a_), Status(StatusCode::kStateLost, Lost("its process is another one")));
  ExpectPause(*a_, Decided(kStart));
  clock_.Advance(kQuarantine);
  EXPECT_EQ(Claim(*b_, "r2", kStart), "decided");
  EXPECT_EQ(OutcomeOf(*b_, "r1"), "succeeded") << "nothing was lost";
  EXPECT_EQ(Reap(*a_), "");
  EXPECT_EQ(Claim(*b_, "r3", kStart + seconds(1)), "claimed");
  EXPECT_GT(last_token_, static_cast<std::uint64_t>(kStart.time_since_epoch().count()));
}

class RedisWithSnapshots : public RedisEpochs {
 protected:
  RedisWithSnapshots() : RedisEpochs({.arguments = {"--enable-debug-command", "yes"}}) {}
};

TEST_F(RedisWithSnapshots, ListsAsUnknownWhatNobodyRecordedSinceTheOneThatWasRestored) {
  Run(*a_, "r1", kStart);
  server_.Send({"SAVE"});
  clock_.Advance(minutes(1));
  Run(*a_, "r2", kStart + minutes(1));
  const OccurrenceRecord recorded = *Find(*a_, "r2");
  clock_.Advance(minutes(1));
  Run(*a_, "r3", kStart + minutes(2));
  server_.Kill();
  server_.Restart();
  ASSERT_EQ(Beat(*a_), Status(StatusCode::kStateLost, Lost("its process is another one")));

  Memory memory = Decided(kStart + minutes(2));
  memory.records.push_back(recorded);
  ExpectPause(*a_, memory);
  clock_.Advance(kQuarantine);
  EXPECT_EQ(Reap(*a_), "") << "others may still tell";
  clock_.Advance(kQuarantine);
  EXPECT_EQ(Reap(*a_), "backup:run@1800000120000.unknown ");
  const OccurrenceRecord unknown = *Find(*a_, "backup:run@1800000120000.unknown");
  EXPECT_EQ(unknown.scheduled_at, kStart + minutes(1) + Milliseconds(1));
  EXPECT_EQ(OutcomeOf(*a_, "r2"), "succeeded");
  EXPECT_EQ(Claim(*a_, "r4", kStart + minutes(2)), "decided");

  const std::vector<Finding> findings = a_->Examine().value();
  const auto told = std::ranges::find(findings, "state-lost", &Finding::code);
  ASSERT_NE(told, findings.end());
  EXPECT_EQ(told->severity, Severity::kWarning);
  EXPECT_THAT(told->message,
              testing::MatchesRegex("the store may have lost what it acknowledged once in a day, last at "
                                    "2027-01-15T08:02:00Z: its process is another one \\(1 of 64 "
                                    "shards, 2m lost\\); unknown outcomes: 1 of backup:run"));
}

TEST_F(RedisWithSnapshots, TellsWhenItGoesBackInTheSameProcess) {
  Run(*a_, "r1", kStart);
  server_.Send({"SAVE"});
  clock_.Advance(minutes(1));
  Run(*a_, "r2", kStart + minutes(1));
  server_.Send({"DEBUG", "RELOAD", "NOSAVE"});
  EXPECT_EQ(Beat(*a_), Status(StatusCode::kStateLost, Lost("it went back in time")));
  ExpectPause(*a_, Decided(kStart + minutes(1)));
  clock_.Advance(kQuarantine);
  EXPECT_EQ(Claim(*a_, "r3", kStart + minutes(1)), "decided");
}

TEST_F(RedisEpochs, AReplicaThatLagsAndIsPromotedIsTakenForWhatItIs) {
  Run(*a_, "r1", kStart);
  RedisServer replica({.arguments = {"--replicaof", "127.0.0.1 " + std::to_string(server_.port())}});
  ASSERT_TRUE(redis_test::Eventually(
      [&] { return replica.Send({"INFO", "replication"}).find("master_link_status:up") != std::string::npos; }));
  replica.Send({"REPLICAOF", "NO", "ONE"});
  Run(*a_, "r2", kStart + seconds(1));
  const std::uint64_t token = last_token_;
  server_.Kill();
  replica.Send({"CONFIG", "SET", "port", std::to_string(server_.port())});

  EXPECT_EQ(Beat(*a_), Status(StatusCode::kStateLost, Lost("its process is another one")));
  ExpectPause(*a_, Decided(kStart + seconds(1)));
  clock_.Advance(kQuarantine);
  EXPECT_EQ(Claim(*a_, "r3", kStart + seconds(1)), "decided");
  clock_.Advance(kQuarantine);
  EXPECT_EQ(Reap(*a_), "backup:run@1800000001000.unknown ");
  EXPECT_EQ(Claim(*a_, "r4", kStart + seconds(2)), "claimed");
  EXPECT_GT(last_token_, token);
}

TEST_F(RedisEpochs, AFailOverThatIsTakenBackPausesAgain) {
  Run(*a_, "r1", kStart);
  ASSERT_TRUE(Beat(*a_).ok());
  const std::string meta = "{rota:rota:production:7}:meta";
  const std::string former = server_.Send({"HGET", meta, "epoch"});
  clock_.Advance(seconds(1));
  server_.Send({"FLUSHALL"});
  ASSERT_EQ(Beat(*a_).code(), StatusCode::kStateLost);
  ExpectPause(*a_, Decided(kStart));
  clock_.Advance(kQuarantine);
  ASSERT_TRUE(Beat(*a_).ok());
  server_.Send({"HSET", meta, "epoch", former});
  EXPECT_EQ(Beat(*a_), Status(StatusCode::kStateLost, Lost("it was left for another one")));
  ExpectPause(*a_, Decided(kStart));
}

TEST_F(RedisEpochs, TokensGrowThroughEveryLoss) {
  std::uint64_t token = 0;
  for (int i = 0; i < 3; ++i) {
    const WallTime at = clock_.Now();
    Run(*a_, Format("r{}", i), at);
    EXPECT_GT(last_token_, token);
    token = last_token_;
    server_.Send({"FLUSHALL"});
    ASSERT_EQ(Beat(*a_).code(), StatusCode::kStateLost);
    ExpectPause(*a_, {});
    clock_.Advance(kQuarantine);
  }
}

TEST_F(RedisEpochs, AreToldInTheOrderOfTheirTime) {
  ASSERT_TRUE(Beat(*a_).ok());
  server_.Send({"FLUSHALL"});
  ASSERT_EQ(Beat(*a_).code(), StatusCode::kStateLost);
  ExpectPause(*a_, {});
  clock_.Advance(minutes(1));
  server_.Send({"DEL", "{rota:rota:production:7}:meta"});
  ASSERT_EQ(Beat(*a_).code(), StatusCode::kStateLost);
  ExpectPause(*a_, {});
  const auto message = [&] {
    const std::vector<Finding> findings = a_->Examine().value();
    const auto told = std::ranges::find(findings, "state-lost", &Finding::code);
    return told == findings.end() ? std::string() : told->message;
  };
  EXPECT_EQ(
      message(),
      "the store may have lost what it acknowledged 2 times in a day, last at 2027-01-15T08:01:00Z: it was emptied "
      "(1 of 64 shards); no outcome is unknown");
  clock_.Advance(minutes(60 * 24));
  EXPECT_EQ(message(), "") << "a day later";
}

}  // namespace
}  // namespace rota::contract
