#include "rota/testing/cluster/checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rota::cluster {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr WallTime kStart{std::chrono::sys_days{std::chrono::year{2026} / 3 / 2} + std::chrono::hours(9)};
const std::string kTask = "backup";  // Unique, due every 10 s, must not overlap.

std::shared_ptr<const Schedule> MakeSchedule() {
  Task task;
  task.id = kTask;
  task.work = CommandCall{kTask, {}};
  task.trigger = std::make_shared<const Trigger>(IntervalFrequency{seconds(10)}, TimeZone(), Restrictions{});
  TaskPolicies policies;
  policies.placement = Placement::kOneServer;
  policies.overlap = OverlapPolicy::kSkip;
  policies.pool = "reports";
  task.policies = std::make_shared<const TaskPolicies>(policies);
  return std::make_shared<const Schedule>(std::vector<Task>{task});
}

OccurrenceRecord Record(const std::string& run_id, WallTime at, Outcome outcome) {
  OccurrenceRecord record;
  record.run_id = run_id;
  record.task = record.scope = kTask;
  record.scheduled_at = record.scheduled_last = at;
  record.server = "a";
  record.outcome = outcome;
  return record;
}

// Two servers, a store whose past is told second by second, and what the checker makes of it.
class CheckerTest : public testing::Test {
 protected:
  CheckerTest() {
    a_ = checker_.ProcessStarted("a", "a1", At(0));
    b_ = checker_.ProcessStarted("b", "b1", At(0));
    ledger::Changes seed;
    seed.watermark = kStart;
    Write(0, seed);
  }

  static SteadyTime At(double second) {
    return SteadyTime(std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::duration<double>(second)));
  }
  static StoreMoment Then(double second) {
    return {At(second), kStart + std::chrono::floor<Milliseconds>(At(second).time_since_epoch())};
  }
  static WallTime Due(int second) { return kStart + seconds(second); }

  void Write(double second, const ledger::Changes& changes) {
    checker_.Wrote(0, kTask, scope_, changes, Then(second));
    ledger::Apply(changes, scope_);
    for (const ledger::Entry& entry : changes.entries) {
      std::erase_if(records_, [&entry](const auto& record) { return record.run_id == entry.record.run_id; });
      records_.push_back(entry.record);
    }
  }
  // The store grants a claim of the server's first process, which starts the run at once.
  void Run(double second, const std::string& run_id, int due, std::uint64_t token, ProcessId process) {
    ledger::Changes changes;
    changes.watermark = Due(due);
    changes.token = token;
    ledger::Lease lease;
    lease.run_id = run_id;
    lease.server = process == a_ ? "a" : "b";
    lease.incarnation = lease.server + "1";
    lease.token = token;
    lease.lease_until = Then(second).wall + seconds(15);
    changes.lease = lease;
    OccurrenceRecord record = Record(run_id, Due(due), Outcome::kRunning);
    record.server = lease.server;
    record.token = token;
    changes.entries.push_back({record, ClaimOutcome::kClaimed, ""});
    Write(second, changes);
    checker_.RunStarted(process, record, At(second));
  }
  void End(double second, const std::string& run_id, int due, Outcome outcome = Outcome::kSucceeded) {
    checker_.RunEnded(run_id, outcome, At(second));
    Put(second, Record(run_id, Due(due), outcome));
  }
  void Put(double second, OccurrenceRecord record) {
    ledger::Changes changes;
    changes.watermark = std::max(record.scheduled_last, *scope_.watermark);
    changes.released = record.run_id;
    changes.entries.push_back({std::move(record), std::nullopt, ""});
    Write(second, changes);
  }
  // The store does not let an occurrence run.
  void Skip(double second, const std::string& run_id, int due, ClaimOutcome why) {
    OccurrenceRecord record = Record(run_id, Due(due), Outcome::kSkipped);
    record.reason = why == ClaimOutcome::kPaused ? reason::kPaused : reason::kOverlap;
    ledger::Changes changes;
    changes.watermark = std::max(record.scheduled_last, *scope_.watermark);
    changes.entries.push_back({std::move(record), why, ""});
    Write(second, changes);
  }
  std::vector<std::string> Conclude(int quiet) {
    Checker::Rest rest;
    rest.scopes[kTask] = scope_;
    for (const OccurrenceRecord& record : records_) rest.records.push_back(&record);
    rest.servers = {"a", "b"};
    rest.quiet_since = Due(quiet);
    checker_.Conclude(rest);
    return checker_.violations();
  }

  Checker checker_{MakeSchedule(), {.has_ample_workers = true, .pools = {{"reports", {4, 1}}}}};
  ledger::ScopeState scope_;
  std::vector<OccurrenceRecord> records_;
  ProcessId a_ = 0;
  ProcessId b_ = 0;
};

TEST_F(CheckerTest, FindsNothingWrongWithRunsOneAfterAnother) {
  Run(10, "r1", 10, 1, a_);
  End(11, "r1", 10);
  Run(20, "r2", 20, 2, b_);
  End(21, "r2", 20);
  EXPECT_THAT(Conclude(25), IsEmpty());
  EXPECT_EQ(checker_.occurrences(), 2);
  EXPECT_THAT(checker_.outcomes(), ElementsAre(testing::Pair("succeeded", 2)));
}

TEST_F(CheckerTest, FindsAnOccurrenceThatStartsTwice) {
  Run(10, "r1", 10, 1, a_);
  End(11, "r1", 10);
  Run(12, "r2", 10, 2, b_);
  EXPECT_THAT(checker_.violations(),
              ElementsAre("12.000 s: r2 of backup at 2026-03-02 09:00:10 +00:00 on b had started already on a"));
}

TEST_F(CheckerTest, FindsMoreRunsThanThePoolsLimitAllows) {
  Run(40, "r1", 40, 1, a_);
  Run(50, "r2", 50, 2, b_);
  EXPECT_THAT(checker_.violations(), testing::Contains("50.000 s: 2 runs of pool reports are under way at once"));
}

TEST_F(CheckerTest, LetsARunGoOnWhoseServerMayHaveLostItsSlot) {
  Run(40, "r1", 40, 1, a_);
  checker_.ProcessImpaired(a_, At(45));
  Run(50, "r2", 50, 2, b_);
  EXPECT_THAT(checker_.violations(), testing::Not(testing::Contains(testing::HasSubstr("of pool reports"))));
}

TEST_F(CheckerTest, FindsWhatWasSkippedForNoOverlap) {
  Run(10, "r1", 10, 1, a_);
  Skip(20, "r2", 20, ClaimOutcome::kOverlap);
  EXPECT_THAT(checker_.violations(), IsEmpty());
  End(21, "r1", 10);
  Skip(30, "r3", 30, ClaimOutcome::kOverlap);
  EXPECT_THAT(
      checker_.violations(),
      ElementsAre("30.000 s: r3 of backup at 2026-03-02 09:00:30 +00:00 on a was skipped for an overlap although "
                  "no lease was in force"));
}

TEST_F(CheckerTest, FindsWhatWasSkippedForNoPause) {
  Pause pause;
  pause.until = Due(15);
  checker_.PauseSet(pause);
  Skip(10, "r1", 10, ClaimOutcome::kPaused);
  EXPECT_THAT(checker_.violations(), IsEmpty());
  Skip(20, "r2", 20, ClaimOutcome::kPaused);
  EXPECT_THAT(checker_.violations(),
              ElementsAre("20.000 s: r2 of backup at 2026-03-02 09:00:20 +00:00 on a was skipped for a pause although "
                          "none was in force"));
}

TEST_F(CheckerTest, FindsRunsThatOverlap) {
  Run(10, "r1", 10, 1, a_);
  Run(20, "r2", 20, 2, b_);
  EXPECT_THAT(checker_.violations(),
              ElementsAre("20.000 s: run r2 of backup on b overlaps run r1 on a, which was not told to stop"));
}

TEST_F(CheckerTest, LetsARunThatWasToldToStopOverlap) {
  Run(10, "r1", 10, 1, a_);
  checker_.RunToldToStop("r1", At(19));
  Run(20, "r2", 20, 2, b_);
  EXPECT_THAT(checker_.violations(), IsEmpty());
}

TEST_F(CheckerTest, FindsARunOfAPausedProcessThatGoesOnBesideAnother) {
  Run(10, "r1", 10, 1, a_);
  checker_.ProcessPaused(a_, At(11));
  Run(40, "r2", 40, 2, b_);
  EXPECT_THAT(checker_.violations(), IsEmpty());
  checker_.ProcessResumed(a_, At(41));
  EXPECT_THAT(checker_.violations(),
              ElementsAre("41.000 s: run r1 of backup on a overlaps run r2 on b, which was not told to stop"));
}

TEST_F(CheckerTest, FindsTokensThatDoNotGrow) {
  Run(10, "r1", 10, 5, a_);
  End(11, "r1", 10);
  Run(20, "r2", 20, 5, b_);
  EXPECT_THAT(checker_.violations(), ElementsAre("20.000 s: token 5 of backup was given out after 5"));
}

TEST_F(CheckerTest, FindsAWatermarkThatGoesBack) {
  Run(10, "r1", 10, 1, a_);
  ledger::Changes back;
  back.watermark = Due(5);
  Write(11, back);
  EXPECT_THAT(checker_.violations(), ElementsAre("11.000 s: the watermark of backup went back by 5s"));
}

TEST_F(CheckerTest, FindsAWatermarkAheadOfTheStoresClock) {
  ledger::Changes ahead;
  ahead.watermark = Due(20);
  Write(17.5, ahead);
  EXPECT_THAT(checker_.violations(), ElementsAre("17.500 s: the watermark of backup lies 2s500ms ahead"));
}

TEST_F(CheckerTest, FindsARunOfALiveServerThatIsRecordedAsLost) {
  Run(60, "r1", 60, 1, a_);
  OccurrenceRecord lost = Record("r1", Due(60), Outcome::kLost);
  lost.reason = "server a died";
  Put(80, lost);
  EXPECT_THAT(checker_.violations(), ElementsAre("80.000 s: r1 of backup at 2026-03-02 09:01:00 +00:00 on a was "
                                                 "recorded as lost although its server was well"));
}

TEST_F(CheckerTest, FindsARunThatIsRecordedAsLostWithAnotherServer) {
  Run(60, "r1", 60, 1, a_);
  checker_.ProcessCrashed(a_, At(61));
  OccurrenceRecord lost = Record("r1", Due(60), Outcome::kLost);
  lost.server = "b";
  Put(80, lost);
  EXPECT_THAT(checker_.violations(),
              ElementsAre("80.000 s: r1 of backup at 2026-03-02 09:01:00 +00:00 on b was recorded as lost with a"));
}

TEST_F(CheckerTest, FindsAnOccurrenceMissedWhileAServerIsWell) {
  OccurrenceRecord missed = Record("r1", Due(60), Outcome::kMissed);
  missed.reason = "late";
  checker_.ProcessImpaired(a_, At(50));
  Put(75, missed);
  EXPECT_THAT(checker_.violations(), ElementsAre("75.000 s: r1 of backup at 2026-03-02 09:01:00 +00:00 on a was "
                                                 "recorded as missed (late) although b was well"));
}

TEST_F(CheckerTest, LetsAnOccurrenceBeMissedWhileTheStoreIsTroubled) {
  OccurrenceRecord missed = Record("r1", Due(60), Outcome::kMissed);
  checker_.StoreTroubled(At(50));
  Put(75, missed);
  EXPECT_THAT(checker_.violations(), IsEmpty());
}

TEST_F(CheckerTest, FindsADueInstantWithoutAnOutcome) {
  Run(20, "r1", 20, 1, a_);
  End(21, "r1", 20);
  EXPECT_THAT(Conclude(25), ElementsAre("21.000 s: backup at 2026-03-02 09:00:10 +00:00 has no outcome"));
}

TEST_F(CheckerTest, FindsADueInstantWithTwoOutcomes) {
  Run(10, "r1", 10, 1, a_);
  End(11, "r1", 10);
  Put(12, Record("r2", Due(10), Outcome::kSkipped));
  EXPECT_THAT(Conclude(15), ElementsAre("12.000 s: backup at 2026-03-02 09:00:10 +00:00 has two outcomes: succeeded by "
                                        "r1 and skipped by r2"));
}

TEST_F(CheckerTest, FindsAnInstantThatNobodyDecides) {
  Run(10, "r1", 10, 1, a_);
  End(11, "r1", 10);
  EXPECT_THAT(Conclude(60), ElementsAre("11.000 s: backup at 2026-03-02 09:00:20 +00:00 was never decided"));
}

TEST_F(CheckerTest, FindsARecordThatIsRunningForEver) {
  Run(10, "r1", 10, 1, a_);
  checker_.ProcessCrashed(a_, At(11));
  EXPECT_THAT(Conclude(15), ElementsAre("10.000 s: run r1 of backup on a is recorded as running for ever",
                                        "10.000 s: backup is still leased"));
}

TEST_F(CheckerTest, FindsAnOutcomeThatWasRecordedAndIsLost) {
  Run(10, "r1", 10, 1, a_);
  End(11, "r1", 10);
  records_.back().outcome = Outcome::kFailed;
  EXPECT_THAT(Conclude(15), ElementsAre("11.000 s: run r1 of backup on a ended succeeded and is recorded failed"));
}

TEST_F(CheckerTest, FindsASpanThatIsCountedWrong) {
  OccurrenceRecord span = Record("r1.gap", Due(30), Outcome::kMissed);
  span.scheduled_at = Due(10);
  span.count = 4;
  checker_.StoreTroubled(At(0));
  Put(31, span);
  EXPECT_THAT(Conclude(35), ElementsAre("31.000 s: r1.gap of backup counts 4 instants of 3"));
}

// A store that loses its state: the first start is gone from it.
class AfterLoss : public CheckerTest {
 protected:
  AfterLoss() {
    Run(10, "r1", 10, 1, a_);
    End(11, "r1", 10);
    checker_.WritesLost(0, At(9), Then(12));
    scope_ = {};
    checker_.LossNoticed(0, At(13));
  }
};

TEST_F(AfterLoss, TakesASecondStartForSuspectWhenTheClaimerDiedBeforeItCouldTell) {
  checker_.ProcessCrashed(a_, At(12.5));
  Run(20, "r2", 10, 2, b_);
  EXPECT_THAT(checker_.violations(), IsEmpty());
  EXPECT_THAT(checker_.suspects(), ElementsAre(testing::Pair("started again", 1)));
}

TEST_F(AfterLoss, FindsASecondStartAlthoughTheClaimerTold) {
  checker_.ProcessReasserted(a_, 0, At(14));
  Run(20, "r2", 10, 2, b_);
  EXPECT_THAT(checker_.violations(), testing::SizeIs(1));
}

TEST_F(AfterLoss, FindsASecondStartWhenTheClaimerWasWellAllTheTime) {
  Run(20, "r2", 10, 2, b_);
  EXPECT_THAT(checker_.violations(), testing::SizeIs(1));
}

TEST_F(CheckerTest, TakesForForgottenByAFlushWhatLiesBetweenOutcomesThatAreToldAgain) {
  const std::vector<std::string> runs = {"r1", "r2", "r3"};
  for (int i = 1; i <= 3; ++i) {
    const std::string& run_id = runs[static_cast<std::size_t>(i - 1)];
    Run(10 * i, run_id, 10 * i, static_cast<std::uint64_t>(i), i == 2 ? b_ : a_);
    End(10 * i + 1, run_id, 10 * i);
  }
  checker_.ProcessCrashed(b_, At(32));
  checker_.WritesLost(0, SteadyTime::min(), Then(33));
  scope_ = {};
  records_.clear();
  checker_.LossNoticed(0, At(34));
  for (const int due : {10, 30}) {
    OccurrenceRecord told = Record(due == 10 ? "r1" : "r3", Due(due), Outcome::kSucceeded);
    ledger::Changes changes;
    changes.watermark = told.scheduled_last;
    changes.entries.push_back({std::move(told), std::nullopt, ""});
    Write(35, changes);
  }
  checker_.ProcessReasserted(a_, 0, At(35));
  EXPECT_THAT(Conclude(36), IsEmpty());
  EXPECT_THAT(checker_.suspects(), testing::Contains(testing::Pair("forgotten by a flush", 1)));
}

TEST_F(CheckerTest, ForgivesNoHoleBeforeASeedThatMadeRoomForWhatWasRemembered) {
  Run(10, "r1", 10, 1, a_);
  End(11, "r1", 10);
  checker_.WritesLost(0, SteadyTime::min(), Then(12));
  scope_ = {};
  records_.clear();
  checker_.LossNoticed(0, At(24));
  ledger::Changes seed;
  seed.watermark = Due(25);
  seed.seeded = true;
  Write(25, seed);
  ledger::Changes remembered;
  remembered.watermark = Due(10);
  Write(26, remembered);
  checker_.ProcessReasserted(a_, 0, At(26));
  Put(26, Record("r1", Due(10), Outcome::kSucceeded));
  Run(30, "r2", 30, 2, b_);
  End(31, "r2", 30);
  EXPECT_THAT(Conclude(36), ElementsAre("31.000 s: backup at 2026-03-02 09:00:20 +00:00 has no outcome"));
}

TEST_F(AfterLoss, ExcusesNothingThatTheStoreKept) {
  Run(30, "r3", 30, 3, a_);
  End(31, "r3", 30);
  checker_.WritesLost(0, At(35), Then(36));
  checker_.ProcessCrashed(a_, At(37));
  Run(40, "r4", 30, 4, b_);
  EXPECT_THAT(checker_.violations(), testing::SizeIs(1));
}

}  // namespace
}  // namespace rota::cluster
