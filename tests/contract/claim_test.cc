#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures.h"
#include "rota/testing/fake_clock.h"

namespace rota::contract {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;

class Claims : public testing::TestWithParam<StoreKind> {
 protected:
  // What a renewal says of a run under way.
  std::string StopOf(const std::string& run_id) {
    const LeaseRef lease{run_id, "backup:run"};
    const RenewReply reply = store_->Renew("a", {&lease, 1}, kTtl).value();
    EXPECT_EQ(reply.outcomes.at(0), RenewOutcome::kRenewed);
    return reply.stops.empty() ? "" : reply.stops.at(0).cause;
  }

  TempFolder folder_;
  FakeClock clock_{kStart};
  std::unique_ptr<Store> store_ = MakeStore(GetParam(), folder_, clock_);
};
INSTANTIATE_TEST_SUITE_P(Store, Claims, testing::ValuesIn(kAllStores), testing::PrintToStringParamName());

TEST_P(Claims, StartAnOccurrenceOnceAndForAll) {
  const ClaimReply first = ClaimOne(*store_, Request("r1"));
  EXPECT_EQ(first.outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(first.token, 1u);
  ClaimRequest other = Request("r2");
  other.server = "b";
  EXPECT_EQ(ClaimOne(*store_, other).outcome, ClaimOutcome::kDecided);

  ASSERT_TRUE(Finish(*store_, "r1").ok());
  clock_.Advance(minutes(60));
  EXPECT_EQ(ClaimOne(*store_, other).outcome, ClaimOutcome::kDecided) << "completion must not free the instant";
  EXPECT_EQ(OutcomeOf(*store_, "r2"), "none");
}

TEST_P(Claims, RecordTheRunAtOnce) {
  ClaimOne(*store_, Request("r1"));
  const std::optional<OccurrenceRecord> record = Find(*store_, "r1");
  ASSERT_TRUE(record.has_value());
  EXPECT_EQ(Describe(*record),
            "r1 backup:run backup:run scheduled 0..0 x1 a attempt 1 token 1 started 0 finished - running []\n");
}

TEST_P(Claims, OfAnOlderInstantAreDecided) {
  ClaimOne(*store_, Request("r1"));
  EXPECT_EQ(ClaimOne(*store_, Request("r2", kStart - seconds(1))).outcome, ClaimOutcome::kDecided);
}

TEST_P(Claims, AheadOfTheStoresClockAreEarlyAndMayBeTriedAgain) {
  const ClaimRequest request = Request("r1", kStart + seconds(3));
  const ClaimReply early = ClaimOne(*store_, request);
  EXPECT_EQ(early.outcome, ClaimOutcome::kEarly);
  EXPECT_EQ(early.wait, seconds(1));
  EXPECT_EQ(OutcomeOf(*store_, "r1"), "none");
  EXPECT_EQ(ClaimOne(*store_, Request("r0")).outcome, ClaimOutcome::kClaimed) << "the watermark has not moved";
  ASSERT_TRUE(Finish(*store_, "r0").ok());
  clock_.Advance(seconds(1));
  EXPECT_EQ(ClaimOne(*store_, request).outcome, ClaimOutcome::kClaimed);
}

TEST_P(Claims, GiveTokensThatIncreasePerScope) {
  ClaimRequest request = Request("r1");
  EXPECT_EQ(ClaimOne(*store_, request).token, 1u);
  ASSERT_TRUE(Finish(*store_, "r1").ok());
  EXPECT_EQ(ClaimOne(*store_, Request("r2", kStart + seconds(1))).token, 2u);
  request.run_id = "r3";
  request.scope = request.task = "other";
  EXPECT_EQ(ClaimOne(*store_, request).token, 1u);
}

TEST_P(Claims, OfABusyTaskAreSkippedAndNameTheHolder) {
  ClaimOne(*store_, Request("r1"));
  ClaimRequest second = Request("r2", kStart + seconds(1));
  second.server = "b";
  const ClaimReply reply = ClaimOne(*store_, second);
  EXPECT_EQ(reply.outcome, ClaimOutcome::kOverlap);
  EXPECT_EQ(reply.holder, "a");
  EXPECT_EQ(OutcomeOf(*store_, "r2"), "skipped(overlap)");
  EXPECT_EQ(Find(*store_, "r2")->server, "b");
  ASSERT_TRUE(Finish(*store_, "r1").ok());
  EXPECT_EQ(ClaimOne(*store_, Request("r3", kStart + seconds(1))).outcome, ClaimOutcome::kDecided);
  EXPECT_EQ(ClaimOne(*store_, Request("r4", kStart + seconds(2))).outcome, ClaimOutcome::kClaimed);
}

TEST_P(Claims, ThatWaitForABusyTaskDecideNothing) {
  ClaimOne(*store_, Request("r1"));
  ClaimRequest second = Request("r2", kStart + seconds(1));
  second.server = "b";
  second.overlap = OverlapPolicy::kQueueAll;
  const ClaimReply busy = ClaimOne(*store_, second);
  EXPECT_EQ(busy.outcome, ClaimOutcome::kBusy);
  EXPECT_EQ(busy.holder, "a");
  EXPECT_EQ(OutcomeOf(*store_, "r2"), "none");
  EXPECT_EQ(RenewOne(*store_, "r1"), RenewOutcome::kRenewed);

  ASSERT_TRUE(Finish(*store_, "r1").ok());
  EXPECT_EQ(ClaimOne(*store_, second).outcome, ClaimOutcome::kClaimed) << "the watermark has not moved";
}

TEST_P(Claims, ThatAreRecordedDoNotWaitForABusyTask) {
  ClaimOne(*store_, Request("r1"));
  ClaimRequest second = Request("r2", kStart + seconds(1));
  second.overlap = OverlapPolicy::kQueueOne;
  ASSERT_EQ(ClaimOne(*store_, second).outcome, ClaimOutcome::kBusy);
  clock_.Advance(seconds(1));
  second.purpose = ClaimPurpose::kRecord;
  second.outcome = Outcome::kSkipped;
  second.reason = reason::kOverlap;
  EXPECT_EQ(ClaimOne(*store_, second).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(OutcomeOf(*store_, "r2"), "skipped(overlap)");
}

TEST_P(Claims, AreNotMissedWhileTheyMayWaitForABusyTask) {
  ClaimOne(*store_, Request("r1"));
  ClaimRequest second = Request("r2", kStart + seconds(1));
  clock_.Advance(seconds(2));
  second.overlap = OverlapPolicy::kQueueOne;
  second.purpose = ClaimPurpose::kRecord;
  second.reason = "late";
  EXPECT_EQ(ClaimOne(*store_, second).outcome, ClaimOutcome::kBusy);
  second.overlap = OverlapPolicy::kSkip;
  EXPECT_EQ(ClaimOne(*store_, second).outcome, ClaimOutcome::kClaimed);
}

TEST_P(Claims, ThatCancelThePreviousRunTellItsHolderToStop) {
  ClaimOne(*store_, Request("r1"));
  ClaimRequest second = Request("r2", kStart + seconds(1));
  second.overlap = OverlapPolicy::kCancelPrevious;
  EXPECT_EQ(ClaimOne(*store_, second).outcome, ClaimOutcome::kBusy);
  EXPECT_EQ(StopOf("r1"), "cancel_previous");
  EXPECT_EQ(StopOf("r1"), "cancel_previous") << "as often as it is renewed";
  ASSERT_TRUE(Finish(*store_, "r1", Outcome::kCancelled).ok());
  EXPECT_EQ(ClaimOne(*store_, second).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(StopOf("r2"), "");
}

TEST_P(Claims, OfATaskThatMayOverlapRunBesideEachOther) {
  ClaimRequest first = Request("r1");
  ClaimRequest second = Request("r2", kStart + seconds(1));
  first.overlap = second.overlap = OverlapPolicy::kAllow;
  EXPECT_EQ(ClaimOne(*store_, first).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(ClaimOne(*store_, second).outcome, ClaimOutcome::kClaimed);
  ASSERT_TRUE(Finish(*store_, "r2").ok());
  EXPECT_EQ(RenewOne(*store_, "r1"), RenewOutcome::kRenewed);
  EXPECT_EQ(RenewOne(*store_, "r2"), RenewOutcome::kExpired);
}

TEST_P(Claims, OfADifferentScopeDoNotMeet) {
  ClaimRequest here = Request("r1");
  here.scope =
      "backup:run\x1f"
      "a";
  ClaimRequest there = Request("r2");
  there.scope = "backup:run@b";
  EXPECT_EQ(ClaimOne(*store_, here).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(ClaimOne(*store_, there).outcome, ClaimOutcome::kClaimed);
}

TEST_P(Claims, AfterAGapRecordItAsOneSpan) {
  ClaimOne(*store_, Request("r1"));
  ASSERT_TRUE(Finish(*store_, "r1").ok());
  clock_.Advance(minutes(60));
  ClaimRequest request = Request("r2", kStart + minutes(60));
  request.previous = kStart + minutes(59);
  const ClaimReply reply = ClaimOne(*store_, request);
  EXPECT_EQ(reply.outcome, ClaimOutcome::kClaimed);
  ASSERT_TRUE(reply.gap.has_value());
  EXPECT_EQ(Describe(*reply.gap),
            "r2.gap backup:run backup:run scheduled 1..3540000 x0 a attempt 1 token 0 started - finished 3600000 "
            "missed(down) []\n");
  EXPECT_EQ(Describe(*Find(*store_, "r2.gap")), Describe(*reply.gap));

  OccurrenceRecord counted = *reply.gap;
  counted.scheduled_at = kStart + minutes(1);
  counted.count = 59;
  ASSERT_TRUE(store_->Finish({&counted, 1}));
  EXPECT_EQ(Find(*store_, "r2.gap")->count, 59u);
  EXPECT_EQ(OutcomeOf(*store_, "r2"), "running");
}

TEST_P(Claims, ThatFollowTheLastOneOrAreTheFirstHaveNoGap) {
  ClaimRequest first = Request("r1");
  first.previous = kStart - minutes(1);
  EXPECT_FALSE(ClaimOne(*store_, first).gap.has_value());
  ASSERT_TRUE(Finish(*store_, "r1").ok());
  clock_.Advance(minutes(1));
  ClaimRequest next = Request("r2", kStart + minutes(1));
  next.previous = kStart;
  EXPECT_FALSE(ClaimOne(*store_, next).gap.has_value());
}

TEST_P(Claims, RecordAGapAlsoWhereTheOccurrenceIsNotRun) {
  ClaimOne(*store_, Request("r1"));
  clock_.Advance(minutes(2));
  ASSERT_EQ(RenewOne(*store_, "r1"), RenewOutcome::kRenewed);
  ClaimRequest busy = Request("r2", kStart + minutes(2));
  busy.previous = kStart + minutes(1);
  const ClaimReply reply = ClaimOne(*store_, busy);
  EXPECT_EQ(reply.outcome, ClaimOutcome::kOverlap);
  EXPECT_TRUE(reply.gap.has_value());
}

TEST_P(Claims, ToRecordAreEarlyUntilTheStoresClockCallsThemLate) {
  ClaimRequest request = Request("r1", kStart + seconds(1));
  request.purpose = ClaimPurpose::kRecord;
  request.reason = "late";
  request.record_from = kStart + seconds(5);
  const ClaimReply early = ClaimOne(*store_, request);
  EXPECT_EQ(early.outcome, ClaimOutcome::kEarly) << "although less than max_skew ahead";
  EXPECT_EQ(early.wait, seconds(5));
  clock_.Advance(seconds(2));
  EXPECT_EQ(ClaimOne(*store_, request).wait, seconds(3));
  clock_.Advance(seconds(3));
  EXPECT_EQ(ClaimOne(*store_, request).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(OutcomeOf(*store_, "r1"), "missed(late)");
}

TEST_P(Claims, ToRecordTakeNoLease) {
  ClaimRequest request = Request("r1");
  request.purpose = ClaimPurpose::kRecord;
  request.outcome = Outcome::kMissed;
  request.reason = "late";
  EXPECT_EQ(ClaimOne(*store_, request).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(OutcomeOf(*store_, "r1"), "missed(late)");
  EXPECT_EQ(ClaimOne(*store_, Request("r2")).outcome, ClaimOutcome::kDecided);
  EXPECT_EQ(ClaimOne(*store_, Request("r3", kStart + seconds(1))).token, 1u);
}

TEST_P(Claims, ToRecordWhatWasMissedEndTheSpanThatTheyUncover) {
  ClaimOne(*store_, Request("r1"));
  clock_.Advance(minutes(60));
  ClaimRequest request = Request("r2", kStart + minutes(59));
  request.previous = kStart + minutes(58);
  request.purpose = ClaimPurpose::kRecord;
  request.outcome = Outcome::kMissed;
  request.reason = request.gap_reason = "store";
  const std::string one_record =
      "r2 backup:run backup:run scheduled 1..3540000 x0 a attempt 1 token 0 started - finished 3600000 "
      "missed(store) []\n";
  for (int time = 0; time < 2; ++time) {  // Asked again, it is counted again.
    const ClaimReply reply = ClaimOne(*store_, request);
    EXPECT_EQ(reply.outcome, ClaimOutcome::kClaimed);
    ASSERT_TRUE(reply.gap.has_value());
    EXPECT_EQ(Describe(*reply.gap), one_record);
  }
  EXPECT_EQ(Describe(*Find(*store_, "r2")), one_record);
  EXPECT_EQ(store_->Query({}).value().size(), 2u);
}

TEST_P(Claims, WhoseAnswerWasLostAreGivenUpWhenTheyComeTooLate) {
  ClaimOne(*store_, Request("r1"));
  ClaimRequest late = Request("r1");
  late.purpose = ClaimPurpose::kRecord;
  late.outcome = Outcome::kMissed;
  late.reason = "store";
  EXPECT_EQ(ClaimOne(*store_, late).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(OutcomeOf(*store_, "r1"), "missed(store)");
  EXPECT_EQ(ClaimOne(*store_, Request("r2", kStart + seconds(1))).outcome, ClaimOutcome::kClaimed)
      << "its lease is free";
}

TEST_P(Claims, AskedTwiceAreAnsweredTheSame) {
  ClaimOne(*store_, Request("r0"));
  ASSERT_TRUE(Finish(*store_, "r0").ok());
  clock_.Advance(minutes(10));
  ClaimRequest run = Request("r1", kStart + minutes(10));
  run.previous = kStart + minutes(9);
  const ClaimReply claimed = ClaimOne(*store_, run);
  const ClaimReply claimed_again = ClaimOne(*store_, run);
  EXPECT_EQ(claimed_again.outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(claimed_again.token, claimed.token);
  ASSERT_TRUE(claimed_again.gap.has_value());
  EXPECT_EQ(Describe(*claimed_again.gap), Describe(*claimed.gap));

  const ClaimRequest busy = Request("r2", kStart + minutes(10) + seconds(1));
  ASSERT_EQ(ClaimOne(*store_, busy).outcome, ClaimOutcome::kOverlap);
  ASSERT_TRUE(Finish(*store_, "r1").ok());
  const ClaimReply busy_again = ClaimOne(*store_, busy);
  EXPECT_EQ(busy_again.outcome, ClaimOutcome::kOverlap);
  EXPECT_EQ(busy_again.holder, "a");

  ClaimRequest record = Request("r3", kStart + minutes(10) + seconds(2));
  record.purpose = ClaimPurpose::kRecord;
  clock_.Advance(seconds(10));
  ASSERT_EQ(ClaimOne(*store_, record).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(ClaimOne(*store_, record).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(store_->Query({}).value().size(), 5u);
}

TEST_P(Claims, AskedAgainHaveTheirWholeLockTimeoutBeforeThem) {
  ClaimRequest request = Request("r1");
  request.lock_timeout = kTtl;
  ClaimOne(*store_, request);
  clock_.Advance(kTtl - seconds(1));
  ASSERT_EQ(ClaimOne(*store_, request).outcome, ClaimOutcome::kClaimed);
  clock_.Advance(kTtl - seconds(1));
  EXPECT_EQ(ClaimOne(*store_, Request("r2", kStart + seconds(1))).outcome, ClaimOutcome::kOverlap);
}

TEST_P(Claims, WhoseAnswerCameTooLateAreNotRunBesideAnother) {
  ClaimOne(*store_, Request("r1"));
  clock_.Advance(seconds(20));
  ASSERT_EQ(ClaimOne(*store_, Request("r2", kStart + seconds(20))).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(ClaimOne(*store_, Request("r1")).outcome, ClaimOutcome::kDecided);
  EXPECT_EQ(OutcomeOf(*store_, "r1"), "missed(store)");
  EXPECT_EQ(OutcomeOf(*store_, "r2"), "running");
}

TEST_P(Claims, OfOneBatchSeeEachOther) {
  const std::vector<ClaimRequest> batch = {Request("r1"), Request("r2"), Request("r3", kStart + seconds(1)),
                                           Request("r4", kStart + seconds(10))};
  const auto replies = store_->Claim(batch).value();
  std::vector<ClaimOutcome> outcomes;
  for (const ClaimReply& reply : replies) outcomes.push_back(reply.outcome);
  EXPECT_THAT(outcomes, testing::ElementsAre(ClaimOutcome::kClaimed, ClaimOutcome::kDecided, ClaimOutcome::kOverlap,
                                             ClaimOutcome::kEarly));
}

TEST_P(Claims, OfAnEmptyBatchAreAnsweredByNothing) {
  EXPECT_TRUE(store_->Claim({}).value().empty());
  EXPECT_TRUE(store_->Finish({}));
}

TEST_P(Claims, ByAPersonNeverTouchTheWatermark) {
  ClaimRequest manual = Request("m1", kStart + seconds(1));
  manual.kind = OccurrenceKind::kManual;
  EXPECT_EQ(ClaimOne(*store_, manual).token, 1u);
  EXPECT_EQ(Find(*store_, "m1")->kind, OccurrenceKind::kManual);
  ASSERT_TRUE(Finish(*store_, "m1").ok());
  EXPECT_EQ(ClaimOne(*store_, Request("r1")).outcome, ClaimOutcome::kClaimed) << "an instant before the manual run";
  ASSERT_TRUE(Finish(*store_, "r1").ok());
  manual.run_id = "m2";
  manual.at = kStart - minutes(5);
  EXPECT_EQ(ClaimOne(*store_, manual).outcome, ClaimOutcome::kClaimed);
}

TEST_P(Claims, OfAStartRunWhateverTheWatermarkSaysAndLeaveItAlone) {
  ClaimOne(*store_, Request("r1"));  // The clock was ahead then.
  ASSERT_TRUE(Finish(*store_, "r1").ok());
  ClaimRequest start = Request("s1", kStart - minutes(1440));
  start.kind = OccurrenceKind::kStart;
  EXPECT_EQ(ClaimOne(*store_, start).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(Find(*store_, "s1")->kind, OccurrenceKind::kStart);
  start.run_id = "s2";  // Of another server, while that one runs.
  EXPECT_EQ(ClaimOne(*store_, start).outcome, ClaimOutcome::kOverlap);
  ASSERT_TRUE(Finish(*store_, "s1").ok());
  EXPECT_EQ(ClaimOne(*store_, Request("r2", kStart + seconds(1))).outcome, ClaimOutcome::kClaimed);
}

TEST_P(Claims, ByAPersonRespectABusyLease) {
  ClaimOne(*store_, Request("r1"));
  ClaimRequest manual = Request("m1", kStart + seconds(1));
  manual.kind = OccurrenceKind::kManual;
  EXPECT_EQ(ClaimOne(*store_, manual).outcome, ClaimOutcome::kOverlap);
  EXPECT_EQ(OutcomeOf(*store_, "m1"), "skipped(overlap)");
}

TEST_P(Claims, MayUseAnyTextAsNames) {
  ClaimRequest request = Request("r'1; --");
  request.task = request.scope = std::string("备份 'run'\n\"x\"\0y", 18);
  request.server = "a@b#2";
  ClaimOne(*store_, request);
  OccurrenceRecord record = *Find(*store_, "r'1; --");
  EXPECT_EQ(record.task, request.task);
  record.outcome = Outcome::kFailed;
  record.reason = "exit 3; DROP TABLE records";
  record.output_tail = "50% done\n%s%n";
  ASSERT_TRUE(store_->Finish({&record, 1}));
  EXPECT_EQ(Describe(*Find(*store_, "r'1; --")), Describe(record));
}

TEST_P(Claims, RunOutWithTheLeaseWhenNobodyRenewsIt) {
  ClaimOne(*store_, Request("r1"));
  clock_.Advance(kTtl - Milliseconds(1));
  EXPECT_EQ(ClaimOne(*store_, Request("r2", kStart + seconds(14))).outcome, ClaimOutcome::kOverlap);
  clock_.Advance(Milliseconds(1));
  EXPECT_EQ(ClaimOne(*store_, Request("r3", kStart + seconds(15))).outcome, ClaimOutcome::kClaimed);
}

TEST_P(Claims, AreHeldByRenewingUpToTheLockTimeout) {
  ClaimRequest request = Request("r1");
  request.lock_timeout = seconds(40);
  ClaimOne(*store_, request);
  for (int i = 0; i < 3; ++i) {
    clock_.Advance(seconds(10));
    EXPECT_EQ(RenewOne(*store_, "r1"), RenewOutcome::kRenewed);
  }
  clock_.Advance(seconds(9));
  EXPECT_EQ(ClaimOne(*store_, Request("r2", kStart + seconds(39))).outcome, ClaimOutcome::kOverlap);
  clock_.Advance(seconds(1));
  EXPECT_EQ(RenewOne(*store_, "r1"), RenewOutcome::kExpired);
  EXPECT_EQ(ClaimOne(*store_, Request("r3", kStart + seconds(40))).outcome, ClaimOutcome::kClaimed);
}

TEST_P(Claims, WhoseLeaseRanOutAreTakenUpAgainWhenNobodyElseRan) {
  ClaimOne(*store_, Request("r1"));
  clock_.Advance(seconds(60));
  EXPECT_EQ(RenewOne(*store_, "r1"), RenewOutcome::kRenewed);
  EXPECT_EQ(ClaimOne(*store_, Request("r2", kStart + seconds(60))).outcome, ClaimOutcome::kOverlap);
}

TEST_P(Claims, WhoseLeaseWasTakenOverAreNotRenewed) {
  ClaimOne(*store_, Request("r1"));
  clock_.Advance(seconds(60));
  ASSERT_EQ(ClaimOne(*store_, Request("r2", kStart + seconds(60))).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(RenewOne(*store_, "r1"), RenewOutcome::kExpired);
  ASSERT_TRUE(Finish(*store_, "r2").ok());
  EXPECT_EQ(RenewOne(*store_, "r1"), RenewOutcome::kExpired);
}

TEST_P(Claims, AreFreedByTheirOwnerAlone) {
  ClaimOne(*store_, Request("r1"));
  clock_.Advance(seconds(60));
  ASSERT_EQ(ClaimOne(*store_, Request("r2", kStart + seconds(60))).outcome, ClaimOutcome::kClaimed);
  ASSERT_TRUE(Finish(*store_, "r1").ok());
  EXPECT_EQ(ClaimOne(*store_, Request("r3", kStart + seconds(61))).outcome, ClaimOutcome::kOverlap);
}

TEST_P(Claims, OfAnUnknownRunCannotBeRenewed) {
  EXPECT_EQ(RenewOne(*store_, "nobody"), RenewOutcome::kExpired);
  ClaimOne(*store_, Request("r1"));
  EXPECT_EQ(RenewOne(*store_, "r1", "another scope"), RenewOutcome::kExpired);
}

TEST_P(Claims, AreNotMovedBackByAClockThatIs) {
  ClaimOne(*store_, Request("r1"));
  ASSERT_TRUE(Finish(*store_, "r1").ok());
  clock_.Jump(-minutes(60));
  EXPECT_EQ(ClaimOne(*store_, Request("r2", kStart - minutes(60))).outcome, ClaimOutcome::kDecided);
}

}  // namespace
}  // namespace rota::contract
