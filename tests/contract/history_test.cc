#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "fixtures.h"
#include "rota/base/format.h"
#include "rota/testing/fake_clock.h"

namespace rota::contract {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::SizeIs;

template <typename Field, typename Value>
HistoryQuery Where(Field HistoryQuery::* field, const Value& value, HistoryQuery query = {}) {
  query.*field = value;
  return query;
}

class History : public testing::TestWithParam<StoreKind> {
 protected:
  void Add(std::string run_id, WallTime at, Outcome outcome, TaskId task = "backup:run", std::string server = "a") {
    OccurrenceRecord record = Record(std::move(run_id), at, outcome);
    record.task = task;
    record.scope = task;
    record.server = std::move(server);
    ASSERT_TRUE(store_->Finish({&record, 1}));
  }
  void AddSpan(std::string run_id, WallTime first, WallTime last) {
    OccurrenceRecord record = Record(std::move(run_id), first, Outcome::kMissed);
    record.scheduled_last = last;
    record.count = 0;
    ASSERT_TRUE(store_->Finish({&record, 1}));
  }
  std::vector<std::string> Ids(const HistoryQuery& query) {
    std::vector<std::string> ids;
    const auto found = store_->Query(query);
    for (const OccurrenceRecord& record : found.value()) ids.push_back(record.run_id);
    return ids;
  }

  TempFolder folder_;
  FakeClock clock_{kStart};
  std::unique_ptr<Store> store_ = MakeStore(GetParam(), folder_, clock_);
};
INSTANTIATE_TEST_SUITE_P(Store, History, testing::ValuesIn(kAllStores), testing::PrintToStringParamName());

TEST_P(History, OfAnEmptyStoreIsEmpty) { EXPECT_TRUE(Ids({}).empty()); }

TEST_P(History, IsReadNewestFirstAndCutAtTheLimit) {
  Add("r2", kStart + seconds(2), Outcome::kSucceeded);
  Add("r1", kStart + seconds(1), Outcome::kSucceeded);
  Add("r4", kStart + seconds(3), Outcome::kSucceeded);
  Add("r3", kStart + seconds(3), Outcome::kSucceeded);
  EXPECT_THAT(Ids({}), ElementsAre("r4", "r3", "r2", "r1"));
  EXPECT_THAT(Ids(Where(&HistoryQuery::limit, 2)), ElementsAre("r4", "r3"));
  EXPECT_TRUE(Ids(Where(&HistoryQuery::limit, 0)).empty());
  EXPECT_TRUE(Ids(Where(&HistoryQuery::limit, -1)).empty());
}

TEST_P(History, IsReadThroughHoweverManyShareAnInstant) {
  std::vector<OccurrenceRecord> records;
  std::vector<std::string> wanted;
  for (int i = 0; i < 300; ++i) {  // A hundred instants, then one for two hundred.
    const WallTime at = kStart + std::min(i, 100) * Milliseconds(1);
    const bool failed = i % 30 == 0;
    records.push_back(Record(Format("r{:03}", i), at, failed ? Outcome::kFailed : Outcome::kSucceeded));
    if (failed) wanted.insert(wanted.begin(), records.back().run_id);
  }
  ASSERT_TRUE(store_->Finish(records));
  EXPECT_EQ(Ids(Where(&HistoryQuery::outcome, Outcome::kFailed)), wanted);
}

TEST_P(History, IsFilteredByEachField) {
  Add("r1", kStart, Outcome::kSucceeded);
  Add("r2", kStart + seconds(1), Outcome::kFailed);
  Add("r3", kStart + seconds(2), Outcome::kSucceeded, "other");
  Add("r4", kStart + seconds(3), Outcome::kSucceeded, "backup:run", "b");
  EXPECT_THAT(Ids(Where(&HistoryQuery::task, "other")), ElementsAre("r3"));
  EXPECT_THAT(Ids(Where(&HistoryQuery::run_id, "r2")), ElementsAre("r2"));
  EXPECT_THAT(Ids(Where(&HistoryQuery::outcome, Outcome::kFailed)), ElementsAre("r2"));
  EXPECT_THAT(Ids(Where(&HistoryQuery::server, "b")), ElementsAre("r4"));
  EXPECT_THAT(Ids(Where(&HistoryQuery::from, kStart + seconds(2))), ElementsAre("r4", "r3"));
  EXPECT_THAT(Ids(Where(&HistoryQuery::to, kStart + seconds(2))), ElementsAre("r2", "r1"));
  EXPECT_THAT(Ids(Where(&HistoryQuery::covering, kStart + seconds(2))), ElementsAre("r3"));
  EXPECT_THAT(Ids(Where(&HistoryQuery::task, "backup:run",
                        Where(&HistoryQuery::outcome, Outcome::kSucceeded, Where(&HistoryQuery::server, "a")))),
              ElementsAre("r1"));
  EXPECT_TRUE(Ids(Where(&HistoryQuery::task, "other", Where(&HistoryQuery::outcome, Outcome::kFailed))).empty());
  EXPECT_TRUE(Ids(Where(&HistoryQuery::task, "Other")).empty());
}

TEST_P(History, FindsSpansByAnyInstantWithin) {
  AddSpan("span", kStart - minutes(60), kStart);
  Add("r1", kStart - minutes(30), Outcome::kSucceeded);
  EXPECT_THAT(Ids(Where(&HistoryQuery::covering, kStart - minutes(60))), ElementsAre("span"));
  EXPECT_THAT(Ids(Where(&HistoryQuery::covering, kStart - minutes(30))), ElementsAre("span", "r1"));
  EXPECT_THAT(Ids(Where(&HistoryQuery::covering, kStart)), ElementsAre("span"));
  EXPECT_TRUE(Ids(Where(&HistoryQuery::covering, kStart - minutes(60) - Milliseconds(1))).empty());
  EXPECT_TRUE(Ids(Where(&HistoryQuery::covering, kStart + Milliseconds(1))).empty());
  EXPECT_THAT(Ids(Where(&HistoryQuery::last_by, kStart - Milliseconds(1))), ElementsAre("r1"));
  EXPECT_THAT(Ids(Where(&HistoryQuery::last_by, kStart)), ElementsAre("span", "r1"));
  EXPECT_THAT(Ids(Where(&HistoryQuery::from, kStart - minutes(10))), ElementsAre("span")) << "the last instant counts";
  EXPECT_THAT(Ids(Where(&HistoryQuery::to, kStart - minutes(50))), ElementsAre("span")) << "the first instant counts";
  EXPECT_THAT(Ids(Where(&HistoryQuery::task, "backup:run", Where(&HistoryQuery::covering, kStart - minutes(1)))),
              ElementsAre("span"));
}

TEST_P(History, TellsHowAnOccurrenceStands) {
  Add("ended", kStart, Outcome::kFailed);
  Add("running", kStart + seconds(1), Outcome::kRunning);
  AddSpan("span", kStart + minutes(1), kStart + minutes(3));
  Add("other", kStart + minutes(9), Outcome::kSucceeded, "other");
  std::vector<OccurrenceKey> keys;
  for (const Milliseconds after : {seconds(0), seconds(1), seconds(120), seconds(540)}) {
    keys.push_back({"backup:run", kStart + after});
  }
  const auto standings = store_->LookUp(keys);
  ASSERT_TRUE(standings);
  ASSERT_THAT(*standings, SizeIs(4));
  EXPECT_EQ((*standings)[0].stage, Standing::Stage::kEnded);
  EXPECT_EQ((*standings)[0].outcome, Outcome::kFailed);
  EXPECT_EQ((*standings)[1].stage, Standing::Stage::kRunning);
  EXPECT_EQ((*standings)[2].stage, Standing::Stage::kEnded);
  EXPECT_EQ((*standings)[2].outcome, Outcome::kMissed);
  EXPECT_EQ((*standings)[3].stage, Standing::Stage::kUndecided);
}

TEST_P(History, TellsOfTheLastAttemptOfARunThatWasLost) {
  OccurrenceRecord lost = Record("r1", kStart, Outcome::kLost);
  OccurrenceRecord next = Record("r1.2", kStart, Outcome::kRunning);
  next.attempt = 2;
  next.finished_at.reset();
  ASSERT_TRUE(store_->Finish(std::vector{lost, next}));
  const std::vector<OccurrenceKey> keys = {{"backup:run", kStart}};
  EXPECT_EQ(store_->LookUp(keys)->front().stage, Standing::Stage::kRunning);
}

TEST_P(History, KeepsEveryFieldOfARecord) {
  OccurrenceRecord record = Record("r1", kStart, Outcome::kTimedOut);
  record.kind = OccurrenceKind::kManual;
  record.scheduled_last = kStart + minutes(1);
  record.count = 7;
  record.attempt = 3;
  record.token = 42;
  record.started_at = kStart + Milliseconds(5);
  record.finished_at = kStart + Milliseconds(1234);
  record.reason = "after 1s";
  record.output_tail = "一\n二";
  ASSERT_TRUE(store_->Finish({&record, 1}));
  EXPECT_EQ(Describe(*Find(*store_, "r1")), Describe(record));
}

TEST_P(History, KnowsEveryOutcomeByItsName) {
  for (const Outcome outcome :
       {Outcome::kRunning, Outcome::kSucceeded, Outcome::kFailed, Outcome::kTimedOut, Outcome::kCancelled,
        Outcome::kLost, Outcome::kSkipped, Outcome::kMissed, Outcome::kUnknown}) {
    const std::string id(Name(outcome));
    Add(id, kStart, outcome);
    EXPECT_THAT(Ids(Where(&HistoryQuery::outcome, outcome)), ElementsAre(id));
  }
}

TEST_P(History, ReplacesARecordThatIsFinishedAgain) {
  Add("r1", kStart, Outcome::kRunning);
  Add("r1", kStart, Outcome::kFailed);
  AddSpan("r1", kStart - minutes(1), kStart + minutes(1));
  EXPECT_THAT(Ids({}), ElementsAre("r1"));
  EXPECT_EQ(OutcomeOf(*store_, "r1"), "missed");
}

TEST_P(History, OfARunTheStoreNeverSawKeepsItsInstantFromBeingClaimed) {
  Add("r1", kStart, Outcome::kSucceeded);
  EXPECT_EQ(ClaimOne(*store_, Request("r2")).outcome, ClaimOutcome::kDecided);
  Add("r3", kStart - seconds(5), Outcome::kSucceeded);
  EXPECT_EQ(ClaimOne(*store_, Request("r4", kStart - seconds(1))).outcome, ClaimOutcome::kDecided)
      << "the watermark moves forwards only";
}

TEST_P(History, IsDroppedWhenItIsOldButNotARunUnderWay) {
  Join(*store_, "a", "i1");
  ClaimOne(*store_, Request("running"));
  Add("old", kStart, Outcome::kSucceeded);
  Add("young", kStart + Milliseconds(1), Outcome::kSucceeded);
  clock_.Advance(kKeep + Milliseconds(1));
  ASSERT_EQ(RenewOne(*store_, "running"), RenewOutcome::kExpired);
  ASSERT_TRUE(store_->Reap("a", kTtl).has_value());
  EXPECT_EQ(OutcomeOf(*store_, "old"), "none");
  EXPECT_EQ(OutcomeOf(*store_, "running"), "running");
  EXPECT_EQ(OutcomeOf(*store_, "young"), "succeeded");
}

TEST_P(History, DropsMoreThanOneChunkAtATime) {
  std::vector<OccurrenceRecord> records;
  for (int i = 0; i < 2'500; ++i) records.push_back(Record("r" + std::to_string(i), kStart - hours(48)));
  ASSERT_TRUE(store_->Finish(records));
  ASSERT_TRUE(store_->Reap("a", kTtl).has_value());
  EXPECT_TRUE(Ids({}).empty());
}

}  // namespace
}  // namespace rota::contract
