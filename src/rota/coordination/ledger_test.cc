#include "rota/coordination/ledger.h"

#include <gtest/gtest.h>

namespace rota::ledger {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

constexpr WallTime kNow{seconds(1'800'000'000)};
constexpr Milliseconds kTtl = seconds(15);

ClaimRequest Request(std::string run_id, WallTime at = kNow) {
  ClaimRequest request;
  request.run_id = std::move(run_id);
  request.task = "backup:run";
  request.scope = "backup:run";
  request.at = at;
  request.gap_reason = "down";
  request.server = "web-1";
  request.overlap = OverlapPolicy::kSkip;
  request.lease_ttl = kTtl;
  request.lock_timeout = minutes(30);
  return request;
}

// One scope with its history, driven as a store drives the ledger.
struct Book {
  ClaimReply Claim(const ClaimRequest& request, WallTime now = kNow) {
    const Entry* gap = Find(GapRunId(request.run_id));
    ClaimDecision decision = ledger::Claim(request, {.scope = scope,
                                                     .known = Find(request.run_id),
                                                     .gap = gap == nullptr ? nullptr : &gap->record,
                                                     .pauses = pauses,
                                                     .incarnation = "first",
                                                     .now = now,
                                                     .max_skew = seconds(2)});
    Take(decision.changes);
    return decision.reply;
  }
  RenewOutcome Renew(std::string_view run_id, WallTime now) {
    const RenewDecision decision = ledger::Renew(run_id, scope, "a1", kTtl, now);
    Take(decision.changes);
    return decision.outcome;
  }
  void Finish(const OccurrenceRecord& record) { Take(ledger::Finish(record, scope, Find(record.run_id), "")); }
  void End(std::string_view run_id) {
    OccurrenceRecord record = Find(run_id)->record;
    record.outcome = Outcome::kSucceeded;
    Finish(record);
  }
  bool Reap(const ServerInfo* server, WallTime now) {
    const auto changes = ledger::Reap(scope.leases.at(0), {.scope = scope,
                                                           .server = server,
                                                           .known = Find(scope.leases.at(0).run_id),
                                                           .reaper = "b",
                                                           .ttl = kTtl,
                                                           .now = now});
    if (changes) Take(*changes);
    return changes.has_value();
  }
  void Take(const Changes& changes) {
    Apply(changes, scope);
    for (const Entry& entry : changes.entries) {
      std::erase_if(entries, [&](const Entry& old) { return old.record.run_id == entry.record.run_id; });
      entries.push_back(entry);
    }
  }
  const Entry* Find(std::string_view run_id) const {
    for (const Entry& entry : entries) {
      if (entry.record.run_id == run_id) return &entry;
    }
    return nullptr;
  }

  ScopeState scope;
  std::vector<Entry> entries;
  std::vector<Pause> pauses;
};

TEST(Claim, GrantsALeaseATokenAndARunningRecordInOneStep) {
  Book book;
  const ClaimReply reply = book.Claim(Request("a"));
  EXPECT_EQ(reply.outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(reply.token, 1u);
  EXPECT_FALSE(reply.gap.has_value());
  EXPECT_EQ(book.scope.watermark, kNow);
  ASSERT_EQ(book.scope.leases.size(), 1u);
  EXPECT_EQ(book.scope.leases[0].lease_until, kNow + kTtl);
  EXPECT_EQ(book.scope.leases[0].lock_until, kNow + minutes(30));
  EXPECT_EQ(book.Find("a")->record.outcome, Outcome::kRunning);
  EXPECT_EQ(book.Find("a")->record.started_at, kNow);
}

TEST(Claim, NeverReachesBeyondTheLockTimeout) {
  Book book;
  ClaimRequest request = Request("a");
  request.lock_timeout = seconds(5);
  book.Claim(request);
  EXPECT_EQ(book.scope.leases[0].lease_until, kNow + seconds(5));
}

TEST(Claim, RefusesTheDecidedAndTheEarlyWithoutATrace) {
  struct Case {
    Milliseconds ahead;
    ClaimOutcome outcome;
  };
  for (const auto& [ahead, outcome] :
       {Case{-seconds(1), ClaimOutcome::kDecided}, Case{seconds(0), ClaimOutcome::kDecided},
        Case{seconds(2), ClaimOutcome::kClaimed}, Case{seconds(2) + Milliseconds(1), ClaimOutcome::kEarly}}) {
    Book book;
    book.scope.watermark = kNow;
    const ClaimReply reply = book.Claim(Request("a", kNow + ahead));
    EXPECT_EQ(reply.outcome, outcome) << ahead.count();
    if (outcome == ClaimOutcome::kClaimed) continue;
    EXPECT_EQ(book.scope.watermark, kNow);
    EXPECT_TRUE(book.entries.empty());
  }
}

TEST(Claim, RecordsTheInstantsItSkippedAsOneSpan) {
  Book book;
  book.scope.watermark = kNow - minutes(60);
  ClaimRequest request = Request("a");
  request.previous = kNow - minutes(1);
  const ClaimReply reply = book.Claim(request);
  ASSERT_TRUE(reply.gap.has_value());
  EXPECT_EQ(reply.gap->run_id, "a.gap");
  EXPECT_EQ(reply.gap->scheduled_at, kNow - minutes(60) + Milliseconds(1));
  EXPECT_EQ(reply.gap->scheduled_last, kNow - minutes(1));
  EXPECT_EQ(reply.gap->count, 0u);
  EXPECT_EQ(reply.gap->server, "web-1");
  EXPECT_EQ(DescribeOutcome(reply.gap->outcome, reply.gap->reason), "missed(down)");
  EXPECT_EQ(book.Find("a.gap")->record.count, 0u);
}

TEST(Claim, RecordsNoSpanWhenNothingWasSkipped) {
  Book unseen;
  ClaimRequest request = Request("a");
  request.previous = kNow - minutes(1);
  EXPECT_FALSE(unseen.Claim(request).gap.has_value());

  Book next;
  next.scope.watermark = kNow - minutes(1);
  EXPECT_FALSE(next.Claim(request).gap.has_value());
}

TEST(Claim, NamesWhoPausedTheTaskBeforeWhoPausedAll) {
  Book book;
  book.pauses = {Pause{PauseTarget::All(), "root", "", kNow, {}},
                 Pause{PauseTarget::Task("backup:run"), "alice", "disk swap", kNow, {}}};
  const ClaimReply reply = book.Claim(Request("a"));
  EXPECT_EQ(reply.outcome, ClaimOutcome::kPaused);
  EXPECT_EQ(reply.holder, "alice: disk swap");
  EXPECT_EQ(DescribeOutcome(book.Find("a")->record.outcome, book.Find("a")->record.reason), "skipped(paused)");
  EXPECT_TRUE(book.scope.leases.empty());
}

TEST(Claim, IsNotStoppedByAPauseThatEndedOrThatIsOfAnotherTask) {
  Book book;
  book.pauses = {Pause{PauseTarget::Task("backup:run"), "alice", "", kNow - minutes(5), kNow},
                 Pause{PauseTarget::Task("other"), "bob", "", kNow, {}}};
  EXPECT_EQ(book.Claim(Request("a")).outcome, ClaimOutcome::kClaimed);
}

TEST(Claim, RecordsAnOverlapWithTheLeasesHolder) {
  Book book;
  book.Claim(Request("a"));
  const ClaimReply reply = book.Claim(Request("b", kNow + seconds(1)), kNow + seconds(14));
  EXPECT_EQ(reply.outcome, ClaimOutcome::kOverlap);
  EXPECT_EQ(reply.holder, "web-1");
  EXPECT_EQ(book.scope.watermark, kNow + seconds(1));
  EXPECT_EQ(DescribeOutcome(book.Find("b")->record.outcome, book.Find("b")->record.reason), "skipped(overlap)");
}

TEST(Claim, AManualRunLeavesTheWatermarkAlone) {
  Book book;
  book.scope.watermark = kNow + minutes(5);
  book.pauses = {Pause{PauseTarget::All(), "root", "", kNow, {}}};
  ClaimRequest request = Request("m");
  request.kind = OccurrenceKind::kManual;
  EXPECT_EQ(book.Claim(request).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(book.scope.watermark, kNow + minutes(5));
}

TEST(Claim, AnsweredTwiceGivesTheSameAnswerAndAFullLease) {
  Book book;
  book.scope.watermark = kNow - minutes(60);
  ClaimRequest request = Request("a");
  request.previous = kNow - minutes(1);
  book.Claim(request);
  const ClaimReply again = book.Claim(request, kNow + seconds(10));
  EXPECT_EQ(again.outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(again.token, 1u);
  EXPECT_TRUE(again.gap.has_value());
  EXPECT_EQ(book.scope.token, 1u);
  EXPECT_EQ(book.scope.leases.size(), 1u);
  EXPECT_EQ(book.scope.leases[0].lease_until, kNow + seconds(10) + kTtl);
}

TEST(Claim, WhoseAnswerCameTooLateIsClosedInsteadOfRunBesideAnother) {
  Book book;
  book.Claim(Request("a"));
  const WallTime later = kNow + seconds(20);
  ASSERT_EQ(book.Claim(Request("b", later), later).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(book.Claim(Request("a"), later).outcome, ClaimOutcome::kDecided);
  EXPECT_EQ(DescribeOutcome(book.Find("a")->record.outcome, book.Find("a")->record.reason), "missed(store)");
  ASSERT_EQ(book.scope.leases.size(), 1u);
  EXPECT_EQ(book.scope.leases[0].run_id, "b");
}

TEST(Claim, OfARunThatEndedIsDecided) {
  Book book;
  book.Claim(Request("a"));
  book.End("a");
  EXPECT_EQ(book.Claim(Request("a")).outcome, ClaimOutcome::kDecided);
  EXPECT_TRUE(book.scope.leases.empty());
}

ClaimRequest Slot(std::string id, int fleet_limit) {
  ClaimRequest request;
  request.run_id = std::move(id);
  request.scope = PoolScope("reports");
  request.server = "web-1";
  request.overlap = OverlapPolicy::kSkip;
  request.lease_ttl = kTtl;
  request.lock_timeout = kNoLockTimeout;
  request.purpose = ClaimPurpose::kSlot;
  request.fleet_limit = fleet_limit;
  return request;
}
ClaimRequest GiveBack(std::string id) {
  ClaimRequest request = Slot(std::move(id), 0);
  request.purpose = ClaimPurpose::kGiveBack;
  return request;
}

TEST(Slots, AreAsManyAsTheLimitSaysAndLeaveNoRecord) {
  Book book;
  EXPECT_EQ(book.Claim(Slot("s1", 2)).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(book.Claim(Slot("s2", 2)).outcome, ClaimOutcome::kClaimed);
  const ClaimReply full = book.Claim(Slot("s3", 2));
  EXPECT_EQ(full.outcome, ClaimOutcome::kBusy);
  EXPECT_EQ(full.holder, "web-1");
  EXPECT_EQ(book.Claim(GiveBack("s1")).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(book.Claim(Slot("s3", 2)).outcome, ClaimOutcome::kClaimed);
  EXPECT_TRUE(book.entries.empty());
  EXPECT_FALSE(book.scope.watermark.has_value());
}

TEST(Slots, AreJudgedByTheLimitOfWhoAsks) {
  Book book;
  book.Claim(Slot("s1", 2));
  EXPECT_EQ(book.Claim(Slot("s2", 1)).outcome, ClaimOutcome::kBusy);
  EXPECT_EQ(book.Claim(Slot("s3", 2)).outcome, ClaimOutcome::kClaimed);
}

TEST(Slots, AskedForTwiceAreOne) {
  Book book;
  book.Claim(Slot("s1", 1));
  EXPECT_EQ(book.Claim(Slot("s1", 1)).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(book.scope.leases.size(), 1u);
}

TEST(Slots, EndUnlessTheyAreRenewed) {
  Book book;
  book.Claim(Slot("s1", 1));
  EXPECT_EQ(book.Renew("s1", kNow + seconds(10)), RenewOutcome::kRenewed);
  EXPECT_EQ(book.Claim(Slot("s2", 1), kNow + seconds(24)).outcome, ClaimOutcome::kBusy);
  EXPECT_EQ(book.Claim(Slot("s2", 1), kNow + seconds(25)).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(book.scope.leases.size(), 1u) << "the one that ran out is gone";
  EXPECT_EQ(book.Renew("s1", kNow + seconds(26)), RenewOutcome::kExpired);
}

TEST(Slots, ThatRanOutAreTakenUpWhereNobodyTookOneSince) {
  Book book;
  book.Claim(Slot("s1", 1));
  EXPECT_EQ(book.Renew("s1", kNow + seconds(20)), RenewOutcome::kRenewed);
  EXPECT_EQ(book.Claim(Slot("s2", 1), kNow + seconds(21)).outcome, ClaimOutcome::kBusy);
}

TEST(Slots, OfADeadServerAreDroppedWithoutARecord) {
  Book book;
  book.Claim(Slot("s1", 1));
  EXPECT_FALSE(book.Reap(nullptr, kNow + seconds(14)));
  EXPECT_TRUE(book.Reap(nullptr, kNow + seconds(15)));
  EXPECT_TRUE(book.scope.leases.empty());
  EXPECT_TRUE(book.entries.empty());
}

TEST(Slots, AreToldToAStoreThatLostThem) {
  Book book;
  book.Take(ReassertSlot({"s1", PoolScope("reports"), "web-1", kTtl}, "first", kNow));
  EXPECT_EQ(book.Claim(Slot("s2", 1)).outcome, ClaimOutcome::kBusy);
  EXPECT_EQ(book.Renew("s1", kNow + seconds(10)), RenewOutcome::kRenewed);
  EXPECT_TRUE(book.entries.empty());
}

TEST(Renew, EndsAtTheLockTimeout) {
  Book book;
  ClaimRequest request = Request("a");
  request.lock_timeout = seconds(20);
  book.Claim(request);
  EXPECT_EQ(book.Renew("a", kNow + seconds(10)), RenewOutcome::kRenewed);
  EXPECT_EQ(book.scope.leases[0].lease_until, kNow + seconds(20));
  EXPECT_EQ(book.Renew("a", kNow + seconds(20)), RenewOutcome::kExpired);
}

TEST(Renew, TakesUpALeaseThatRanOutUnlessAnotherRunHadItsChance) {
  Book book;
  book.Claim(Request("a"));
  const WallTime later = kNow + seconds(20);
  EXPECT_EQ(book.Renew("a", later), RenewOutcome::kRenewed);

  const WallTime much_later = later + seconds(20);
  ASSERT_EQ(book.Claim(Request("b", much_later), much_later).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(book.Renew("a", much_later), RenewOutcome::kExpired);
  book.End("b");
  EXPECT_EQ(book.Renew("a", much_later), RenewOutcome::kExpired);
}

TEST(Renew, OfRunsThatMayOverlapNeedsNoProof) {
  Book book;
  ClaimRequest a = Request("a");
  ClaimRequest b = Request("b", kNow + seconds(1));
  a.overlap = b.overlap = OverlapPolicy::kAllow;
  book.Claim(a);
  book.Claim(b);
  EXPECT_EQ(book.Renew("a", kNow + seconds(20)), RenewOutcome::kRenewed);
}

TEST(Finish, FreesItsOwnLeaseAlone) {
  Book book;
  ClaimRequest b = Request("b", kNow + seconds(1));
  b.overlap = OverlapPolicy::kAllow;
  book.Claim(Request("a"));
  book.Claim(b);
  book.End("b");
  ASSERT_EQ(book.scope.leases.size(), 1u);
  EXPECT_EQ(book.scope.leases[0].run_id, "a");
}

TEST(Finish, OfAnUnknownRunMovesWatermarkAndTokenForwardsOnly) {
  Book book;
  OccurrenceRecord record;
  record.run_id = "x";
  record.scheduled_at = record.scheduled_last = kNow;
  record.token = 7;
  record.outcome = Outcome::kSucceeded;
  book.Finish(record);
  EXPECT_EQ(book.scope.watermark, kNow);
  EXPECT_EQ(book.scope.token, 7u);

  record.run_id = "y";
  record.scheduled_at = record.scheduled_last = kNow - minutes(1);
  record.token = 3;
  book.Finish(record);
  EXPECT_EQ(book.scope.watermark, kNow);
  EXPECT_EQ(book.scope.token, 7u);

  record.run_id = "m";
  record.kind = OccurrenceKind::kManual;
  record.scheduled_at = record.scheduled_last = kNow + minutes(1);
  book.Finish(record);
  EXPECT_EQ(book.scope.watermark, kNow);
}

TEST(Reap, WaitsForTheLeaseAndTheHeartbeat) {
  Book book;
  book.Claim(Request("a"));
  ServerInfo server;
  server.incarnation = "first";
  server.alive_until = kNow + seconds(30);
  EXPECT_FALSE(book.Reap(nullptr, kNow + seconds(14)));
  EXPECT_FALSE(book.Reap(&server, kNow + seconds(15)));
  EXPECT_TRUE(book.Reap(&server, kNow + seconds(30)));
  EXPECT_EQ(DescribeOutcome(book.Find("a")->record.outcome, book.Find("a")->record.reason), "lost(server web-1 died)");
  EXPECT_TRUE(book.scope.leases.empty());
}

TEST(Reap, KnowsAServerThatCameBackAsAnotherProcess) {
  Book book;
  book.Claim(Request("a"));
  ServerInfo server;
  server.incarnation = "second";
  server.alive_until = kNow + minutes(5);
  EXPECT_TRUE(book.Reap(&server, kNow + seconds(15)));
}

TEST(Finish, OfALostRunIsToldBesideTheLossOnce) {
  Book book;
  book.Claim(Request("a"));
  OccurrenceRecord late = book.Find("a")->record;
  late.outcome = Outcome::kFailed;
  late.reason = "exit 3";
  ASSERT_TRUE(book.Reap(nullptr, kNow + seconds(15)));
  book.Finish(late);
  book.Finish(late);
  EXPECT_EQ(book.Find("a")->record.outcome, Outcome::kLost);
  EXPECT_EQ(book.Find("a")->record.reason, "server web-1 died; later reported failed(exit 3)");
}

TEST(ChooseServerId, AvoidsWhatALiveProcessHolds) {
  const auto server = [](std::string id, std::string incarnation, Milliseconds alive) {
    ServerInfo info;
    info.id = std::move(id);
    info.incarnation = std::move(incarnation);
    info.alive_until = kNow + alive;
    return info;
  };
  const auto nobody = [](const ServerInfo&) { return false; };
  const ServerInfo joining = server("web", "new", {});
  const std::vector<ServerInfo> one = {server("web", "a", seconds(5))};
  const std::vector<ServerInfo> two = {server("web", "a", seconds(5)), server("web#2", "b", seconds(5))};
  const std::vector<ServerInfo> stopped = {server("web", "a", seconds(0))};
  const std::vector<ServerInfo> own = {server("web", "a", seconds(0)), server("web#2", "new", seconds(0))};
  EXPECT_EQ(ChooseServerId(joining, {}, kNow, nobody), "web");
  EXPECT_EQ(ChooseServerId(joining, one, kNow, nobody), "web#2");
  EXPECT_EQ(ChooseServerId(joining, two, kNow, nobody), "web#3");
  EXPECT_EQ(ChooseServerId(joining, stopped, kNow, nobody), "web");
  EXPECT_EQ(ChooseServerId(joining, own, kNow, nobody), "web#2");
  EXPECT_EQ(ChooseServerId(joining, two, kNow, [](const ServerInfo& held) { return held.id == "web"; }), "web");
}

TEST(Finish, OfARunThatHasEndedIsNotUndoneByAnOlderCall) {
  Book book;
  book.Claim(Request("a"));
  OccurrenceRecord running = book.Find("a")->record;
  OccurrenceRecord ended = running;
  ended.outcome = Outcome::kSucceeded;
  book.Finish(ended);
  book.Finish(running);
  EXPECT_EQ(book.Find("a")->record.outcome, Outcome::kSucceeded);
}

TEST(Seed, GivesANewScopeItsBeginningAndNoOtherOne) {
  Book book;
  book.Take(Seed(kNow - minutes(1), book.scope, kNow));
  EXPECT_EQ(book.scope.watermark, kNow - minutes(1));
  EXPECT_TRUE(book.scope.seeded);
  book.Take(Seed(kNow, book.scope, kNow));
  EXPECT_EQ(book.scope.watermark, kNow - minutes(1));
}

TEST(Seed, LiesNotAheadOfTheStoresClock) { EXPECT_EQ(Seed(kNow + minutes(1), ScopeState(), kNow).watermark, kNow); }

TEST(Seed, LiesNotFarBehindTheStoresClock) {
  EXPECT_EQ(Seed(kNow - minutes(90), ScopeState(), kNow).watermark, kNow - minutes(2));
}

TEST(Seed, EndsWithTheFirstDecision) {
  Book claimed;
  claimed.Take(Seed(kNow - minutes(1), claimed.scope, kNow));
  ClaimRequest request = Request("a");
  request.previous = kNow - seconds(30);
  const ClaimReply reply = claimed.Claim(request);
  ASSERT_TRUE(reply.gap.has_value());
  EXPECT_EQ(reply.gap->scheduled_at, kNow - minutes(1) + Milliseconds(1)) << "what lies after the seed was missed";
  EXPECT_FALSE(claimed.scope.seeded);

  Book finished;
  finished.Take(Seed(kNow - minutes(1), finished.scope, kNow));
  OccurrenceRecord record = claimed.Find("a")->record;
  record.outcome = Outcome::kSucceeded;
  finished.Finish(record);
  EXPECT_EQ(finished.scope.watermark, kNow);
  EXPECT_FALSE(finished.scope.seeded);
}

TEST(Seed, StaysWithWhatIsNoDecision) {
  Book book;
  book.Take(Seed(kNow, book.scope, kNow));
  EXPECT_EQ(book.Claim(Request("old", kNow - minutes(1))).outcome, ClaimOutcome::kDecided);
  ClaimRequest manual = Request("m");
  manual.kind = OccurrenceKind::kManual;
  book.Claim(manual);
  EXPECT_TRUE(book.scope.seeded);
}

// A store that was emptied, and seeded by a server that came first, must not hide what another one still waits to
// claim.
TEST(Seed, MakesRoomForAnEarlierInstantThatSomebodyRemembers) {
  Book book;
  book.Take(Seed(kNow, book.scope, kNow));
  book.Take(ReassertWatermark(kNow - minutes(5), book.scope, kNow));
  EXPECT_EQ(book.scope.watermark, kNow - minutes(5));
  EXPECT_FALSE(book.scope.seeded);
  EXPECT_FALSE(book.scope.suspect.has_value());
  EXPECT_EQ(book.Claim(Request("pending", kNow - minutes(3))).outcome, ClaimOutcome::kClaimed);

  ClaimRequest next = Request("next", kNow + minutes(1));  // Of the server that was told the seed.
  next.previous = kNow;
  const ClaimReply reply = book.Claim(next, kNow + minutes(1));
  ASSERT_TRUE(reply.gap.has_value());
  EXPECT_EQ(reply.gap->scheduled_at, kNow - minutes(3) + Milliseconds(1));
  EXPECT_EQ(reply.gap->scheduled_last, kNow);
}

TEST(Seed, LeavesNothingSuspectBeforeALaterInstant) {
  Book book;
  book.Take(Seed(kNow - minutes(2), book.scope, kNow));
  book.Take(ReassertWatermark(kNow - minutes(1), book.scope, kNow));
  EXPECT_EQ(book.scope.watermark, kNow - minutes(1));
  EXPECT_FALSE(book.scope.suspect.has_value());
  book.Take(ReassertWatermark(kNow - minutes(2), book.scope, kNow));
  EXPECT_EQ(book.scope.watermark, kNow - minutes(1)) << "the seed is gone";
}

}  // namespace
}  // namespace rota::ledger
