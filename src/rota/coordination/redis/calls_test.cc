#include "rota/coordination/redis/calls.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rota::redis {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr WallTime kNow{seconds(1'800'000'000)};  // 2027-01-15T08:00:00Z

OccurrenceRecord Record() {
  OccurrenceRecord record;
  record.run_id = "r1";
  record.task = record.scope = "backup:run";
  record.scheduled_at = record.scheduled_last = kNow;
  record.server = "a";
  return record;
}

std::string Encode(const OccurrenceRecord& record) {
  const OccurrenceRecord* const one = &record;
  return EncodeRecords({&one, 1}, {}).items[2];
}

TEST(EncodeRecords, LeavesOutWhatIsAsUsual) {
  EXPECT_EQ(Encode(Record()),
            R"({"run_id":"r1","task":"backup:run","scheduled_at":1800000000000,"server":"a","outcome":"running"})");
}

TEST(EncodeRecords, TellsWhatIsNot) {
  OccurrenceRecord record = Record();
  record.scope =
      "backup:run\x1f"
      "a";
  record.kind = OccurrenceKind::kManual;
  record.scheduled_last += seconds(1);
  record.count = 0;
  record.attempt = 2;
  record.token = 7;
  record.started_at = kNow + seconds(2);
  record.finished_at = kNow + seconds(3);
  record.outcome = Outcome::kFailed;
  record.reason = "exit 1";
  record.output_tail = "\"no\"\n";
  EXPECT_EQ(Encode(record),
            R"({"run_id":"r1","task":"backup:run","scope":"backup:run\u001fa","kind":"manual",)"
            R"("scheduled_at":1800000000000,"scheduled_last":1800000001000,"count":0,"server":"a","attempt":2,)"
            R"("token":7,"started_at":1800000002000,"finished_at":1800000003000,"outcome":"failed",)"
            R"("reason":"exit 1","output_tail":"\"no\"\n"})");
}

TEST(EncodeRecords, PutsBesideTheTextWhoseItIs) {
  const OccurrenceRecord record = Record();
  const OccurrenceRecord* const one = &record;
  const Question question = EncodeRecords({&one, 1}, {{"a", "i1"}});
  EXPECT_EQ(question.asked, R"({"incarnations":{"a":"i1"}})");
  EXPECT_THAT(question.items, testing::ElementsAre("r1", "backup:run", Encode(record)));
}

TEST(EncodeClaims, TellsTermsOnceForThoseThatShareThem) {
  ClaimRequest first;
  first.run_id = "r1";
  first.task = first.scope = "backup:run";
  first.at = kNow;
  first.server = "a";
  ClaimRequest second = first;
  second.run_id = "r2";
  second.task = second.scope = "mail:send";
  ClaimRequest third = second;
  third.run_id = "r3";
  third.at += seconds(1);
  const ClaimRequest* const requests[] = {&first, &second, &third};
  const std::vector<std::string> items = EncodeClaims(requests, {}, seconds(2)).items;
  ASSERT_THAT(items, testing::SizeIs(9));
  EXPECT_THAT(items[2], testing::HasSubstr(R"("at":1800000000000)"));
  EXPECT_THAT(std::vector(items.begin() + 3, items.begin() + 6), testing::ElementsAre("r2", "mail:send", ""));
  EXPECT_THAT(items[8], testing::HasSubstr(R"("at":1800000001000)"));
}

TEST(EncodeRecords, KeepsNumbersExactInTheScripts) {
  OccurrenceRecord record = Record();
  record.scheduled_at = record.scheduled_last = WallTime::max();
  record.token = ~std::uint64_t{0};
  EXPECT_THAT(Encode(record), testing::HasSubstr(R"("scheduled_at":99999999999999)"));
  EXPECT_THAT(Encode(record), testing::HasSubstr(R"("token":99999999999999)"));
}

TEST(DecodeRecord, ReadsWhatAScriptMayHaveWritten) {
  const OccurrenceRecord record =
      DecodeRecord(R"({"answer":"claimed","scheduled_at":1.8e12,"task":"t","run_id":"r","token":7,"holder":"",)"
                   R"("outcome":"running","server":"a"})")
          .value();
  EXPECT_EQ(record.scope, "t");
  EXPECT_EQ(record.scheduled_at, kNow);
  EXPECT_EQ(record.scheduled_last, kNow);
  EXPECT_EQ(record.token, 7u);
  EXPECT_EQ(record.count, 1u);
}

TEST(DecodeRecord, TakesBytesThatAreNoText) {
  EXPECT_EQ(DecodeRecord("{\"scheduled_at\":0,\"outcome\":\"failed\",\"reason\":\"\xff\"}").value().reason, "\xff");
}

TEST(DecodeRecord, SaysWhatItCannotRead) {
  EXPECT_EQ(DecodeRecord("nonsense\n").error().code(), StatusCode::kDataLoss);
  EXPECT_THAT(DecodeRecord("nonsense\n").error().message(), testing::EndsWith("): nonsense\\n"));
  EXPECT_EQ(DecodeRecord("[]").error().code(), StatusCode::kDataLoss);
  EXPECT_EQ(DecodeRecord(R"({"scheduled_at":"x"})").error().code(), StatusCode::kDataLoss);
  EXPECT_EQ(DecodeRecord(R"({"scheduled_at":0,"outcome":"gone"})").error(),
            DataLoss(R"(what is kept cannot be read (unknown outcome: gone): {{"scheduled_at":0,"outcome":"gone"}})"));
}

TEST(DecodeClaims, TakesAnEmptyObjectForAnEmptyList) {
  EXPECT_THAT(DecodeClaims("{}").value(), IsEmpty());
  EXPECT_THAT(DecodeRenewals("{}").value(), IsEmpty());
}

TEST(DecodeRenewals, TellsWhatIsToStop) {
  const std::vector<Renewal> renewals = DecodeRenewals(R"([true,false,"cancel_previous"])").value();
  ASSERT_EQ(renewals.size(), 3u);
  EXPECT_TRUE(renewals[0].renewed && renewals[0].stop.empty());
  EXPECT_FALSE(renewals[1].renewed);
  EXPECT_TRUE(renewals[2].renewed);
  EXPECT_EQ(renewals[2].stop, "cancel_previous");
}

TEST(DecodeSeeds, TellsSeedsFromDecisions) {
  const std::vector<Seeded> scopes = DecodeSeeds(R"([{"at":7,"seeded":true},{"at":8}])").value();
  ASSERT_EQ(scopes.size(), 2u);
  EXPECT_EQ(scopes[0].watermark, WallTime(Milliseconds(7)));
  EXPECT_TRUE(scopes[0].seeded);
  EXPECT_FALSE(scopes[1].seeded);
}

TEST(DecodeClaims, ReadsEveryAnswer) {
  const std::vector<ClaimReply> replies =
      DecodeClaims(R"([{"outcome":"claimed","token":3,"gap":{"run_id":"r.gap","scheduled_at":0,"outcome":"missed",)"
                   R"("count":0}},{"outcome":"overlap","holder":"b"},{"outcome":"early","wait":250}])")
          .value();
  ASSERT_EQ(replies.size(), 3u);
  EXPECT_EQ(replies[0].outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(replies[0].token, 3u);
  ASSERT_TRUE(replies[0].gap.has_value());
  EXPECT_EQ(replies[0].gap->count, 0u);
  EXPECT_EQ(replies[1].outcome, ClaimOutcome::kOverlap);
  EXPECT_EQ(replies[1].holder, "b");
  EXPECT_EQ(replies[2].outcome, ClaimOutcome::kEarly);
  EXPECT_EQ(replies[2].wait, Milliseconds(250));
}

TEST(EpochChanges, AreReadAsTheyWereWritten) {
  const EpochChange change{.at = kNow,
                           .reason = "it was emptied",
                           .epoch = "E",
                           .former = "p",
                           .process = "q",
                           .gap = Milliseconds(5),
                           .shards = {0, 63}};
  const EpochChange read = DecodeEpochChange(EncodeEpochChange(change)).value();
  EXPECT_EQ(read.at, change.at);
  EXPECT_EQ(read.reason, change.reason);
  EXPECT_EQ(read.epoch, change.epoch);
  EXPECT_EQ(read.former, change.former);
  EXPECT_EQ(read.process, change.process);
  EXPECT_EQ(read.gap, change.gap);
  EXPECT_EQ(read.shards, change.shards);
}

}  // namespace
}  // namespace rota::redis
