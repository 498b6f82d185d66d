#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "fixtures.h"
#include "rota/testing/fake_clock.h"

namespace rota::contract {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;

class Fleet : public testing::TestWithParam<StoreKind> {
 protected:
  std::vector<std::string> Reap() {
    std::vector<std::string> ids;
    const auto lost = store_->Reap("reaper", kTtl);
    for (const OccurrenceRecord& record : lost.value()) {
      EXPECT_EQ(Describe(record), Describe(*Find(*store_, record.run_id)));
      ids.push_back(record.run_id);
    }
    return ids;
  }
  Status Beat(const std::string& server) {
    const auto renewed = store_->Renew(server, {}, kTtl);
    return renewed ? Status::Ok() : renewed.error();
  }
  JoinReply JoinWith(std::string id, std::string incarnation, const std::vector<Task>& tasks, WallTime seed) {
    JoinRequest request;
    request.server = Server(std::move(id), std::move(incarnation));
    request.heartbeat_ttl = kTtl;
    request.tasks = &tasks;
    request.seed = seed;
    return store_->Join(request).value();
  }

  TempFolder folder_;
  FakeClock clock_{kStart};
  std::unique_ptr<Store> store_ = MakeStore(GetParam(), folder_, clock_);
};
INSTANTIATE_TEST_SUITE_P(Store, Fleet, testing::ValuesIn(kAllStores), testing::PrintToStringParamName());

TEST_P(Fleet, ListsItsServersById) {
  EXPECT_TRUE(store_->Servers().value().empty());
  Join(*store_, "b", "i2");
  clock_.Advance(seconds(1));
  JoinRequest request;
  request.server = Server("a", "i1");
  request.server.pid = 0;
  request.heartbeat_ttl = kTtl;
  ASSERT_TRUE(store_->Join(request).has_value());
  const std::vector<ServerInfo> servers = store_->Servers().value();
  ASSERT_EQ(servers.size(), 2u);
  EXPECT_EQ(servers[0].id, "a");
  EXPECT_EQ(servers[0].incarnation, "i1");
  EXPECT_EQ(servers[0].host, "host");
  EXPECT_EQ(servers[0].version, "0.1.0");
  EXPECT_EQ(servers[0].schedule_digest, "digest");
  EXPECT_EQ(servers[0].started_at, kStart + seconds(1)) << "by the store's clock";
  EXPECT_EQ(servers[0].seen_at, kStart + seconds(1));
  EXPECT_EQ(servers[0].alive_until, kStart + seconds(16));
  EXPECT_EQ(servers[1].id, "b");
}

TEST_P(Fleet, LetsAServerTakeUpAnotherSchedule) {
  JoinRequest request;
  request.server = Server("web", "i1");
  request.heartbeat_ttl = kTtl;
  request.manifest = "first";
  ASSERT_EQ(store_->Join(request).value().server_id, "web");
  EXPECT_EQ(store_->Servers().value().at(0).loaded_at, kStart);
  clock_.Advance(seconds(10));
  request.server.id = "web";
  request.server.schedule_digest = "another";
  request.server.release = "2";
  request.server.reload_error = "config.yaml:3: no";
  request.manifest = "second";
  ASSERT_EQ(store_->Join(request).value().server_id, "web");
  clock_.Advance(seconds(1));
  ASSERT_TRUE(Beat("web").ok());

  const std::vector<ServerInfo> servers = store_->Servers().value();
  ASSERT_EQ(servers.size(), 1u);
  EXPECT_EQ(servers[0].schedule_digest, "another");
  EXPECT_EQ(servers[0].release, "2");
  EXPECT_EQ(servers[0].reload_error, "config.yaml:3: no");
  EXPECT_EQ(servers[0].started_at, kStart) << "it is the same process";
  EXPECT_EQ(servers[0].loaded_at, kStart + seconds(10));
  EXPECT_EQ(servers[0].alive_until, kStart + seconds(11) + kTtl);
  EXPECT_EQ(store_->Manifest("web").value(), "second");
}

TEST_P(Fleet, ForgetsAManifestWithItsServer) {
  JoinRequest request;
  request.server = Server("web", "i1");
  request.heartbeat_ttl = kTtl;
  request.manifest = "tasks";
  ASSERT_TRUE(store_->Join(request).has_value());
  Join(*store_, "other", "i2");
  EXPECT_EQ(store_->Manifest("web").value(), "tasks");
  EXPECT_EQ(store_->Manifest("other").value(), "");
  EXPECT_EQ(store_->Manifest("stranger").value(), "");
  clock_.Advance(kTtl + kKeep + Milliseconds(1));
  Reap();
  EXPECT_EQ(store_->Manifest("web").value(), "");
  request.manifest.clear();
  ASSERT_TRUE(store_->Join(request).has_value());
  EXPECT_EQ(store_->Manifest("web").value(), "");
}

TEST_P(Fleet, TellsTheTimeThatItsServersAreJudgedBy) {
  EXPECT_EQ(store_->StoreTime().value(), kStart);
  clock_.Advance(seconds(7));
  EXPECT_EQ(store_->StoreTime().value(), kStart + seconds(7));
}

TEST_P(Fleet, NumbersServersThatWishTheSameId) {
  EXPECT_EQ(Join(*store_, "web", "i1"), "web");
  EXPECT_EQ(Join(*store_, "web", "i2"), "web#2");
  EXPECT_EQ(Join(*store_, "web", "i3"), "web#3");
  EXPECT_EQ(Join(*store_, "web", "i2"), "web#2") << "a process keeps its id";
  EXPECT_EQ(store_->Servers().value().size(), 3u);
}

TEST_P(Fleet, GivesAnIdAgainWhenItsHolderIsGone) {
  EXPECT_EQ(Join(*store_, "web", "i1"), "web");
  ASSERT_TRUE(store_->Leave("web").ok());
  EXPECT_EQ(Join(*store_, "web", "i2"), "web") << "stopped";
  clock_.Advance(kTtl);
  EXPECT_EQ(Join(*store_, "web", "i3"), "web") << "its heartbeat ran out";
  EXPECT_EQ(store_->Servers().value().size(), 1u);
}

TEST_P(Fleet, KeepsAHeartbeatByRenewing) {
  Join(*store_, "web", "i1");
  clock_.Advance(seconds(10));
  ASSERT_TRUE(Beat("web").ok());
  clock_.Advance(seconds(10));
  EXPECT_EQ(Join(*store_, "web", "i2"), "web#2");
  EXPECT_EQ(store_->Servers().value()[0].seen_at, kStart + seconds(10));
  ASSERT_TRUE(Beat("stranger").ok());
  EXPECT_EQ(store_->Servers().value().size(), 2u) << "a heartbeat alone is no server";
}

TEST_P(Fleet, EndsAServerThatLeaves) {
  Join(*store_, "web", "i1");
  ASSERT_TRUE(store_->Leave("web").ok());
  EXPECT_EQ(store_->Servers().value()[0].alive_until, kStart);
  EXPECT_TRUE(store_->Leave("stranger").ok());
}

TEST_P(Fleet, ForgetsAServerLongGone) {
  Join(*store_, "web", "i1");
  clock_.Advance(kTtl + kKeep);
  Reap();
  EXPECT_EQ(store_->Servers().value().size(), 1u);
  clock_.Advance(Milliseconds(1));
  Reap();
  EXPECT_TRUE(store_->Servers().value().empty());
}

TEST_P(Fleet, SeedsTheWatermarksOfNewTasksOnly) {
  const std::vector<Task> first = {UniqueTask("b"), UniqueTask("a")};
  EXPECT_THAT(JoinWith("web", "i1", first, kStart).watermarks, ElementsAre(kStart, kStart));

  ClaimRequest claim = Request("r1", kStart + seconds(1));
  claim.task = claim.scope = "a";
  ASSERT_EQ(ClaimOne(*store_, claim).outcome, ClaimOutcome::kClaimed);

  const std::vector<Task> second = {UniqueTask("a"), UniqueTask("c"), UniqueTask("b")};
  clock_.Advance(minutes(5));
  const WallTime later = clock_.Now();
  EXPECT_THAT(JoinWith("web", "i1", second, later).watermarks, ElementsAre(kStart + seconds(1), later, kStart));
}

TEST_P(Fleet, SeedsNoWatermarkAheadOfTheStoresClock) {
  const std::vector<Task> tasks = {UniqueTask("a")};
  EXPECT_THAT(JoinWith("web", "i1", tasks, kStart + minutes(5)).watermarks, ElementsAre(kStart));
}

TEST_P(Fleet, GivesEachServerItsOwnWatermarkOfATaskThatRunsOnEach) {
  const std::vector<Task> tasks = {EveryServerTask("a"), UniqueTask("u")};
  JoinWith("web", "i1", tasks, kStart);
  const WallTime later = kStart + seconds(5);
  clock_.Advance(seconds(5));
  const JoinReply other = JoinWith("web", "i2", tasks, later);
  EXPECT_EQ(other.server_id, "web#2");
  EXPECT_THAT(other.watermarks, ElementsAre(later, kStart));

  ClaimRequest claim = Request("r1", kStart);
  claim.task = "a";
  claim.scope = "a\x1fweb#2";
  EXPECT_EQ(ClaimOne(*store_, claim).outcome, ClaimOutcome::kDecided);
}

TEST_P(Fleet, SeedsNoWatermarkAheadOfItsClock) {
  const std::vector<Task> tasks = {UniqueTask("a")};
  EXPECT_THAT(JoinWith("fast", "i1", tasks, kStart + minutes(180)).watermarks, ElementsAre(kStart));
}

TEST_P(Fleet, SeedsATaskThatOnlyAPersonHasRun) {
  ClaimRequest manual = Request("m1");
  manual.kind = OccurrenceKind::kManual;
  ClaimOne(*store_, manual);
  const std::vector<Task> tasks = {UniqueTask("backup:run")};
  EXPECT_THAT(JoinWith("web", "i1", tasks, kStart).watermarks, ElementsAre(kStart));
  EXPECT_EQ(ClaimOne(*store_, Request("r1", kStart)).outcome, ClaimOutcome::kDecided);
}

TEST_P(Fleet, RegistersManyTasks) {
  std::vector<Task> tasks;
  const auto policies = UniqueTask("x").policies;
  for (int i = 0; i < 12'000; ++i) {
    tasks.push_back({});
    tasks.back().id = "task-" + std::to_string(i);
    tasks.back().policies = policies;
  }
  EXPECT_EQ(JoinWith("web", "i1", tasks, kStart).watermarks, std::vector<WallTime>(tasks.size(), kStart));
  EXPECT_EQ(JoinWith("web", "i1", tasks, kStart + seconds(1)).watermarks, std::vector<WallTime>(tasks.size(), kStart));
}

TEST_P(Fleet, RecordsTheRunsOfADeadServerAsLost) {
  Join(*store_, "a", "i1");
  ClaimOne(*store_, Request("r1"));
  clock_.Advance(kTtl - Milliseconds(1));
  EXPECT_TRUE(Reap().empty());
  clock_.Advance(Milliseconds(1));
  EXPECT_THAT(Reap(), ElementsAre("r1"));
  EXPECT_EQ(OutcomeOf(*store_, "r1"), "lost(server a died)");
  EXPECT_EQ(Find(*store_, "r1")->finished_at, kStart + kTtl);
  EXPECT_TRUE(Reap().empty()) << "a run is lost once";
}

TEST_P(Fleet, LeavesTheRunsOfALiveServerAlone) {
  Join(*store_, "a", "i1");
  ClaimOne(*store_, Request("r1"));
  clock_.Advance(seconds(10));
  ASSERT_TRUE(Beat("a").ok());
  clock_.Advance(seconds(10));
  EXPECT_TRUE(Reap().empty()) << "its lease ran out, but it is there to finish the run";
  EXPECT_EQ(OutcomeOf(*store_, "r1"), "running");
}

TEST_P(Fleet, LosesTheRunsOfAProcessThatWasReplacedUnderItsId) {
  Join(*store_, "a", "i1");
  ClaimOne(*store_, Request("r1"));
  clock_.Advance(kTtl);
  ASSERT_EQ(Join(*store_, "a", "i2"), "a");
  EXPECT_THAT(Reap(), ElementsAre("r1"));
}

TEST_P(Fleet, LosesTheRunsOfAServerThatNeverJoined) {
  ClaimOne(*store_, Request("r1"));
  clock_.Advance(kTtl);
  EXPECT_THAT(Reap(), ElementsAre("r1"));
}

TEST_P(Fleet, TellsALateOutcomeBesideTheLoss) {
  ClaimOne(*store_, Request("r1"));
  OccurrenceRecord record = *Find(*store_, "r1");
  clock_.Advance(kTtl);
  ASSERT_THAT(Reap(), ElementsAre("r1"));
  EXPECT_EQ(RenewOne(*store_, "r1"), RenewOutcome::kExpired);
  record.outcome = Outcome::kSucceeded;
  record.output_tail = "done";
  ASSERT_TRUE(store_->Finish({&record, 1}));
  ASSERT_TRUE(store_->Finish({&record, 1}));
  EXPECT_EQ(OutcomeOf(*store_, "r1"), "lost(server a died; later reported succeeded)");
  EXPECT_EQ(Find(*store_, "r1")->output_tail, "done");
}

TEST_P(Fleet, RecordsAsLostAlsoARunThatBeganWithoutTheStore) {
  Join(*store_, "a", "i1");
  OccurrenceRecord begun = Record("r1", kStart, Outcome::kRunning);
  begun.token = 0;
  begun.started_at = kStart;
  begun.finished_at.reset();
  ASSERT_TRUE(store_->Finish({&begun, 1}));
  clock_.Advance(seconds(1));
  EXPECT_TRUE(store_->Reap("b", kTtl).value().empty()) << "its server lives";
  EXPECT_EQ(RenewOne(*store_, "r1"), RenewOutcome::kExpired) << "it never had a lease";
  EXPECT_EQ(ClaimOne(*store_, Request("r2", kStart + seconds(1))).outcome, ClaimOutcome::kClaimed);

  clock_.Advance(kTtl);
  const auto lost = store_->Reap("b", kTtl).value();
  EXPECT_TRUE(std::ranges::any_of(lost, [](const OccurrenceRecord& record) { return record.run_id == "r1"; }));
  EXPECT_EQ(OutcomeOf(*store_, "r1"), "lost(server a died)");
}

TEST_P(Fleet, GivesTheNextAttemptOfALostRunToItsReaper) {
  Join(*store_, "b", "i2");
  ClaimRequest request = Request("r1");
  request.attempts_if_lost = 2;
  ClaimOne(*store_, request);
  clock_.Advance(kTtl);
  ASSERT_TRUE(Beat("b").ok());
  const std::vector<OccurrenceRecord> found = store_->Reap("b", kTtl).value();
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(Describe(found[0]),
            "r1 backup:run backup:run scheduled 0..0 x1 a attempt 1 token 1 started 0 finished 15000 "
            "lost(server a died; attempt 2 on b) []\n");
  EXPECT_EQ(Describe(found[1]),
            "r1.2 backup:run backup:run scheduled 0..0 x1 b attempt 2 token 2 started 15000 finished - running []\n");
  EXPECT_EQ(ClaimOne(*store_, Request("r2", kStart + seconds(1))).outcome, ClaimOutcome::kOverlap);
  EXPECT_TRUE(store_->Reap("b", kTtl).value().empty());
}

TEST_P(Fleet, DoesNotTryARunAgainThatWasToStop) {
  Join(*store_, "b", "i2");
  ClaimRequest request = Request("r1");
  request.attempts_if_lost = 3;
  ClaimOne(*store_, request);
  ASSERT_TRUE(store_->Cancel("backup:run", "r1", "cancelled by anna").ok());
  clock_.Advance(kTtl);
  ASSERT_TRUE(Beat("b").ok());
  const std::vector<OccurrenceRecord> found = store_->Reap("b", kTtl).value();
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].reason, "server a died; not tried again: cancelled by anna");
}

TEST_P(Fleet, LosesAnAttemptThatWasGivenAndNotTakenUp) {
  Join(*store_, "b", "i2");
  ClaimRequest request = Request("r1");
  request.attempts_if_lost = 3;
  ClaimOne(*store_, request);
  clock_.Advance(kTtl);
  ASSERT_TRUE(Beat("b").ok());
  ASSERT_EQ(store_->Reap("b", kTtl).value().size(), 2u);
  clock_.Advance(kTtl);
  ASSERT_TRUE(Beat("b").ok());
  const std::vector<OccurrenceRecord> found = store_->Reap("b", kTtl).value();
  ASSERT_EQ(found.size(), 2u) << "its answer did not arrive";
  EXPECT_EQ(found[0].run_id, "r1.2");
  EXPECT_EQ(found[1].run_id, "r1.3");

  const LeaseRef lease{"r1.3", "backup:run"};
  ASSERT_EQ(store_->Renew("b", {&lease, 1}, kTtl).value().outcomes.at(0), RenewOutcome::kRenewed);
  clock_.Advance(kTtl);
  ASSERT_TRUE(Beat("b").ok());
  EXPECT_TRUE(store_->Reap("c", kTtl).value().empty()) << "it was taken up, and its server lives";
  clock_.Advance(kTtl);
  EXPECT_EQ(store_->Reap("c", kTtl).value().size(), 1u) << "three attempts are all";
  EXPECT_EQ(OutcomeOf(*store_, "r1.3"), "lost(server b died)");
}

TEST_P(Fleet, TriesALostRunAgainOnceEvenIfItIsLostTwice) {
  ClaimRequest request = Request("r1");
  request.attempts_if_lost = 2;
  ClaimOne(*store_, request);
  OccurrenceRecord second = *Find(*store_, "r1");
  second.run_id = "r1.2";
  second.attempt = 2;
  second.outcome = Outcome::kSucceeded;
  ASSERT_TRUE(store_->Finish({&second, 1})) << "as a server remembers it, when the store has lost its state";
  clock_.Advance(kTtl);
  EXPECT_EQ(store_->Reap("b", kTtl).value().size(), 1u);
  EXPECT_EQ(OutcomeOf(*store_, "r1"), "lost(server a died)");
  EXPECT_EQ(OutcomeOf(*store_, "r1.2"), "succeeded");
}

TEST_P(Fleet, TriesNoLostRunAgainWhileTheTaskRunsElsewhere) {
  ClaimRequest request = Request("r1");
  request.attempts_if_lost = 2;
  ClaimOne(*store_, request);
  clock_.Advance(kTtl);
  ClaimRequest next = Request("r2", kStart + kTtl);
  next.server = "b";
  ASSERT_EQ(ClaimOne(*store_, next).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(store_->Reap("c", kTtl).value().size(), 1u);
  EXPECT_EQ(OutcomeOf(*store_, "r1"), "lost(server a died; not tried again: b runs the task already)");
}

TEST_P(Fleet, FreesTheTaskOfADeadServerAfterOneTtlReapedOrNot) {
  ClaimOne(*store_, Request("r1"));
  clock_.Advance(kTtl);
  ClaimRequest next = Request("r2", kStart + kTtl);
  next.server = "b";
  EXPECT_EQ(ClaimOne(*store_, next).outcome, ClaimOutcome::kClaimed);
  EXPECT_THAT(Reap(), ElementsAre("r1"));
  EXPECT_EQ(OutcomeOf(*store_, "r2"), "running");
}

class Pauses : public Fleet {
 protected:
  Status Set(PauseTarget target, std::optional<WallTime> until = {}) {
    return store_->SetPause({std::move(target), "alice", "disk swap", clock_.Now(), until});
  }
  Status Set(const char* task, std::optional<WallTime> until = {}) { return Set(PauseTarget::Task(task), until); }
};
INSTANTIATE_TEST_SUITE_P(Store, Pauses, testing::ValuesIn(kAllStores), testing::PrintToStringParamName());

TEST_P(Pauses, SkipTheOccurrencesOfTheirTask) {
  ASSERT_TRUE(Set("backup:run").ok());
  const ClaimReply reply = ClaimOne(*store_, Request("r1"));
  EXPECT_EQ(reply.outcome, ClaimOutcome::kPaused);
  EXPECT_EQ(reply.holder, "alice: disk swap");
  EXPECT_EQ(OutcomeOf(*store_, "r1"), "skipped(paused)");
  EXPECT_EQ(ClaimOne(*store_, Request("r1")).outcome, ClaimOutcome::kPaused) << "asked again";

  ClaimRequest other = Request("r2");
  other.task = other.scope = "other";
  EXPECT_EQ(ClaimOne(*store_, other).outcome, ClaimOutcome::kClaimed);
  ASSERT_TRUE(store_->ClearPause(PauseTarget::Task("backup:run")).ok());
  EXPECT_EQ(ClaimOne(*store_, Request("r3")).outcome, ClaimOutcome::kDecided) << "the paused instant stays decided";
  EXPECT_EQ(ClaimOne(*store_, Request("r4", kStart + seconds(1))).outcome, ClaimOutcome::kClaimed);
}

TEST_P(Pauses, OfAllTasksStopEveryTask) {
  ASSERT_TRUE(Set(PauseTarget::All()).ok());
  EXPECT_EQ(ClaimOne(*store_, Request("r1")).outcome, ClaimOutcome::kPaused);
  ASSERT_TRUE(store_->ClearPause(PauseTarget::All()).ok());
  EXPECT_EQ(ClaimOne(*store_, Request("r2", kStart + seconds(1))).outcome, ClaimOutcome::kClaimed);
}

TEST_P(Pauses, OfATagStopTheTasksThatHaveIt) {
  ASSERT_TRUE(Set(PauseTarget::Tag("nightly")).ok());
  ClaimRequest tagged = Request("r1");
  tagged.tags = {"db", "nightly"};
  const ClaimReply reply = ClaimOne(*store_, tagged);
  EXPECT_EQ(reply.outcome, ClaimOutcome::kPaused);
  EXPECT_EQ(reply.holder, "alice: disk swap");
  EXPECT_EQ(OutcomeOf(*store_, "r1"), "skipped(paused)");
  EXPECT_EQ(ClaimOne(*store_, tagged).reason, "paused") << "asked again";

  ClaimRequest other = Request("r2");
  other.task = other.scope = "nightly";
  other.tags = {"db"};
  EXPECT_EQ(ClaimOne(*store_, other).outcome, ClaimOutcome::kClaimed);
  ASSERT_TRUE(store_->ClearPause(PauseTarget::Tag("nightly")).ok());
  tagged = Request("r3", kStart + seconds(1));
  tagged.tags = {"nightly"};
  EXPECT_EQ(ClaimOne(*store_, tagged).outcome, ClaimOutcome::kClaimed);
}

TEST_P(Pauses, HoldBackOnlyTheTaggedOnesOfABatch) {
  ASSERT_TRUE(Set(PauseTarget::Tag("nightly")).ok());
  std::vector<ClaimRequest> batch;
  for (const char* task : {"a", "b", "c"}) {
    batch.push_back(Request(task));
    batch.back().task = batch.back().scope = task;
  }
  batch[1].tags = {"nightly"};
  const std::vector<ClaimReply> replies = store_->Claim(batch).value();
  EXPECT_EQ(replies[0].outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(replies[1].outcome, ClaimOutcome::kPaused);
  EXPECT_EQ(replies[2].outcome, ClaimOutcome::kClaimed);
}

TEST_P(Pauses, OfMaintenanceStopAllButWhatRunsEvenSo) {
  ASSERT_TRUE(Set(PauseTarget::Maintenance()).ok());
  const ClaimReply reply = ClaimOne(*store_, Request("r1"));
  EXPECT_EQ(reply.outcome, ClaimOutcome::kPaused);
  EXPECT_EQ(reply.reason, "maintenance");
  EXPECT_EQ(reply.holder, "alice: disk swap");
  EXPECT_EQ(OutcomeOf(*store_, "r1"), "skipped(maintenance)");
  EXPECT_EQ(ClaimOne(*store_, Request("r1")).reason, "maintenance") << "asked again";

  ClaimRequest even = Request("r2");
  even.task = even.scope = "health:check";
  even.even_in_maintenance_mode = true;
  EXPECT_EQ(ClaimOne(*store_, even).outcome, ClaimOutcome::kClaimed);
  ClaimRequest manual = Request("m1");
  manual.kind = OccurrenceKind::kManual;
  EXPECT_EQ(ClaimOne(*store_, manual).outcome, ClaimOutcome::kClaimed);

  ASSERT_TRUE(store_->ClearPause(PauseTarget::Maintenance()).ok());
  ClaimRequest next = Request("r3", kStart + seconds(1));
  next.overlap = OverlapPolicy::kAllow;
  EXPECT_EQ(ClaimOne(*store_, next).outcome, ClaimOutcome::kClaimed);
}

TEST_P(Pauses, TellTheOneThatTellsMost) {
  ClaimRequest even = Request("r1");
  even.tags = {"nightly"};
  even.even_in_maintenance_mode = true;
  ASSERT_TRUE(Set(PauseTarget::Maintenance()).ok());
  ASSERT_TRUE(store_->SetPause({PauseTarget::All(), "bob", "", kStart, {}}).ok());
  EXPECT_EQ(ClaimOne(*store_, even).holder, "bob");
  ASSERT_TRUE(store_->SetPause({PauseTarget::Tag("nightly"), "carol", "", kStart, {}}).ok());
  even.run_id = "r2";
  even.at += seconds(1);
  EXPECT_EQ(ClaimOne(*store_, even).holder, "carol");
  ASSERT_TRUE(store_->SetPause({PauseTarget::Task(even.task), "dave", "", kStart, {}}).ok());
  even.run_id = "r3";
  even.at += seconds(1);
  EXPECT_EQ(ClaimOne(*store_, even).holder, "dave");
}

TEST_P(Pauses, DoNotStopAPerson) {
  ASSERT_TRUE(Set("backup:run").ok());
  ClaimRequest manual = Request("m1");
  manual.kind = OccurrenceKind::kManual;
  EXPECT_EQ(ClaimOne(*store_, manual).outcome, ClaimOutcome::kClaimed);
}

TEST_P(Pauses, DoNotStopABackfill) {
  ASSERT_TRUE(Set("backup:run").ok());
  ClaimRequest backfill = Request("b1");
  backfill.kind = OccurrenceKind::kBackfill;
  EXPECT_EQ(ClaimOne(*store_, backfill).outcome, ClaimOutcome::kClaimed);
}

TEST_P(Fleet, LeavesTheWatermarkAloneInABackfill) {
  ClaimRequest backfill = Request("b1");
  backfill.kind = OccurrenceKind::kBackfill;
  backfill.previous = kStart - minutes(1);
  backfill.overlap = OverlapPolicy::kAllow;
  EXPECT_FALSE(ClaimOne(*store_, backfill).gap.has_value());
  ClaimRequest same = Request("r1");
  same.overlap = OverlapPolicy::kAllow;
  EXPECT_EQ(ClaimOne(*store_, same).outcome, ClaimOutcome::kClaimed) << "the instant is still to be decided";
  backfill.run_id = "b2";
  EXPECT_EQ(ClaimOne(*store_, backfill).outcome, ClaimOutcome::kClaimed) << "and may be made up for after that";
}

TEST_P(Pauses, StopWhatFiresAtAStart) {
  ASSERT_TRUE(Set("backup:run").ok());
  ClaimRequest start = Request("s1");
  start.kind = OccurrenceKind::kStart;
  EXPECT_EQ(ClaimOne(*store_, start).outcome, ClaimOutcome::kPaused);
}

TEST_P(Pauses, EndByThemselves) {
  ASSERT_TRUE(Set("backup:run", kStart + minutes(1)).ok());
  EXPECT_EQ(ClaimOne(*store_, Request("r1")).outcome, ClaimOutcome::kPaused);
  clock_.Advance(minutes(1));
  EXPECT_TRUE(store_->Pauses().value().empty());
  EXPECT_EQ(ClaimOne(*store_, Request("r2", kStart + minutes(1))).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(store_->ClearPause(PauseTarget::Task("backup:run")).code(), StatusCode::kNotFound);
}

TEST_P(Pauses, AreListedWithThoseOfAllTasksFirst) {
  ASSERT_TRUE(Set("b").ok());
  ASSERT_TRUE(Set("a").ok());
  ASSERT_TRUE(Set(PauseTarget::All()).ok());
  ASSERT_TRUE(Set("b", kStart + minutes(1)).ok()) << "replaces the first";
  const std::vector<Pause> pauses = store_->Pauses().value();
  ASSERT_EQ(pauses.size(), 3u);
  EXPECT_EQ(pauses[0].target, PauseTarget::All());
  EXPECT_EQ(pauses[1].target, PauseTarget::Task("a"));
  EXPECT_EQ(pauses[2].target, PauseTarget::Task("b"));
  EXPECT_EQ(pauses[2].author, "alice");
  EXPECT_EQ(pauses[2].reason, "disk swap");
  EXPECT_EQ(pauses[2].since, kStart);
  EXPECT_EQ(pauses[2].until, kStart + minutes(1));
}

TEST_P(Pauses, OfEachTargetStandSideBySide) {
  const std::vector<PauseTarget> targets = {PauseTarget::All(), PauseTarget::Maintenance(), PauseTarget::Tag("db"),
                                            PauseTarget::Tag("nightly"), PauseTarget::Task("db")};
  for (auto target = targets.rbegin(); target != targets.rend(); ++target) ASSERT_TRUE(Set(*target).ok());
  const std::vector<Pause> pauses = store_->Pauses().value();
  ASSERT_EQ(pauses.size(), targets.size());
  for (std::size_t i = 0; i < targets.size(); ++i) EXPECT_EQ(pauses[i].target, targets[i]);
  ASSERT_TRUE(store_->ClearPause(PauseTarget::Tag("db")).ok());
  EXPECT_EQ(store_->Pauses().value().size(), targets.size() - 1);
  EXPECT_EQ(store_->ClearPause(PauseTarget::Tag("db")), NotFound("no pause of tasks tagged db"));
}

TEST_P(Pauses, ThatDoNotExistCannotBeCleared) {
  EXPECT_EQ(store_->ClearPause(PauseTarget::Maintenance()), NotFound("maintenance mode is off"));
  EXPECT_EQ(store_->ClearPause(PauseTarget::Task("backup:run")), NotFound("no pause of backup:run"));
  EXPECT_EQ(store_->ClearPause(PauseTarget::All()), NotFound("no pause of all tasks"));
}

TEST_P(Pauses, CannotEndInThePast) {
  EXPECT_EQ(Set("backup:run", kStart), InvalidArgument("pause of backup:run: its end lies in the past"));
  EXPECT_EQ(Set(PauseTarget::All(), kStart), InvalidArgument("pause of all tasks: its end lies in the past"));
  EXPECT_TRUE(store_->Pauses().value().empty());
}

}  // namespace
}  // namespace rota::contract
