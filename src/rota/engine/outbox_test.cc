#include "rota/engine/outbox.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "rota/base/format.h"

namespace rota {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr SteadyTime kNow{std::chrono::hours(1)};
constexpr SteadyTime kLater = kNow + seconds(1);

OccurrenceRecord Record(const std::string& scope, int number) {
  OccurrenceRecord record;
  record.run_id = Format("{}{}", scope, number);
  record.task = record.scope = scope;
  return record;
}

std::vector<std::string> RunIds(const std::vector<OccurrenceRecord>& records) {
  std::vector<std::string> run_ids;
  for (const OccurrenceRecord& record : records) run_ids.push_back(record.run_id);
  return run_ids;
}

// One whose outcomes go to a store of which some scopes do not answer.
class SendingOutbox : public Outbox {
 public:
  // Sends a batch and answers it: what was sent.
  std::vector<std::string> Exchange(SteadyTime now, const std::string& dead = "") {
    const std::vector<OccurrenceRecord> batch = Send(now);
    std::vector<FinishOutcome> outcomes;
    for (const OccurrenceRecord& record : batch) {
      const bool answers = dead.find(record.scope) == std::string::npos;
      outcomes.push_back(answers ? FinishOutcome::kRecorded : FinishOutcome::kUnanswered);
    }
    recorded_ = RunIds(Answered(outcomes, now, now + seconds(1)));
    return RunIds(batch);
  }
  const std::vector<std::string>& recorded() const { return recorded_; }

 private:
  std::vector<std::string> recorded_;
};

TEST(Outbox, SendsInTheOrderGivenAtMost500AtATime) {
  SendingOutbox outbox;
  for (int i = 0; i < 501; ++i) outbox.Add(Record("a", i));
  const std::vector<std::string> first = outbox.Exchange(kNow);
  ASSERT_THAT(first, SizeIs(500));
  EXPECT_EQ(first[499], "a499");
  EXPECT_EQ(outbox.recorded(), first);
  EXPECT_THAT(outbox.Exchange(kNow), ElementsAre("a500"));
  EXPECT_TRUE(outbox.empty());
}

TEST(Outbox, HoldsBackTheScopesThatWereNotAnsweredAndGoesOnWithTheRest) {
  SendingOutbox outbox;
  for (const char* scope : {"a", "b", "a"}) outbox.Add(Record(scope, static_cast<int>(outbox.size())));
  outbox.Exchange(kNow, "a");
  EXPECT_THAT(outbox.recorded(), ElementsAre("b1"));
  EXPECT_FALSE(outbox.empty());
  EXPECT_TRUE(outbox.stuck());
  EXPECT_EQ(outbox.retry_at(), kLater);

  outbox.Add(Record("a", 3));
  outbox.Add(Record("b", 4));
  EXPECT_FALSE(outbox.stuck());
  EXPECT_THAT(outbox.Exchange(kNow), ElementsAre("b4"));
  EXPECT_THAT(outbox.Send(kNow), IsEmpty());
  EXPECT_FALSE(outbox.under_way());
  EXPECT_EQ(outbox.size(), 3u);
  EXPECT_THAT(RunIds(outbox.All()), ElementsAre("a0", "a2", "a3"));
}

TEST(Outbox, TriesTheFirstOfEachScopeAgainAndThenTheRestOfThoseThatAnswer) {
  SendingOutbox outbox;
  for (int i = 0; i < 3; ++i) {
    for (const char* scope : {"a", "b", "c"}) outbox.Add(Record(scope, i));
  }
  outbox.Exchange(kNow, "abc");
  EXPECT_THAT(outbox.Exchange(kLater, "b"), ElementsAre("a0", "b0", "c0"));
  outbox.Add(Record("a", 3));
  EXPECT_THAT(outbox.Exchange(kLater, "b"), ElementsAre("b0", "c1", "c2", "a1", "a2", "a3"))
      << "at once, since another part answered";
  EXPECT_THAT(outbox.Send(kLater), IsEmpty());
  EXPECT_EQ(outbox.retry_at(), kLater + seconds(1));
  EXPECT_THAT(RunIds(outbox.All()), ElementsAre("b0", "b1", "b2"));
}

TEST(Outbox, TriesEveryScopeThatIsHeldBackInItsTurn) {
  SendingOutbox outbox;
  const auto scope = [](int i) { return Format("{:04}", i); };
  for (int i = 0; i < 1'200; ++i) outbox.Add(Record(scope(i), 0));
  SteadyTime now = kNow;
  const auto fail = [&](const std::vector<OccurrenceRecord>& batch) {
    outbox.Unanswered(now, now + seconds(1));
    return batch.empty() ? std::string() : batch.front().scope;
  };
  for (int i = 0; i < 3; ++i) fail(outbox.Send(now));  // Nothing waits for those that were not answered.
  EXPECT_TRUE(outbox.stuck());
  std::vector<std::string> firsts;
  for (int i = 0; i < 4; ++i) {
    now += seconds(1);
    firsts.push_back(fail(outbox.Send(now)));
  }
  EXPECT_THAT(firsts, ElementsAre(scope(0), scope(500), scope(1'000), scope(300)));
  EXPECT_EQ(outbox.size(), 1'200u);
}

TEST(Outbox, DoesNotPutOffATryForOthersThatAreNotAnswered) {
  SendingOutbox outbox;
  outbox.Add(Record("a", 0));
  outbox.Exchange(kNow, "a");
  outbox.Add(Record("b", 0));
  outbox.Exchange(kNow + seconds(1) / 2, "b");
  EXPECT_EQ(outbox.retry_at(), kLater);
}

TEST(Outbox, OwesWhatThisServerDecidedUntilItIsRecorded) {
  SendingOutbox outbox;
  outbox.Add(Record("a", 0));
  EXPECT_FALSE(outbox.Owes("a"));
  outbox.Add(Record("a", 1), Outbox::DecidedBy::kThisServer);
  outbox.Add(Record("b", 2), Outbox::DecidedBy::kThisServer);
  outbox.Exchange(kNow, "a");
  EXPECT_TRUE(outbox.Owes("a"));
  EXPECT_FALSE(outbox.Owes("b"));
  outbox.Exchange(kLater);
  EXPECT_TRUE(outbox.Owes("a")) << "only the one before was recorded";
  outbox.Exchange(kLater);
  EXPECT_FALSE(outbox.Owes("a"));
}

}  // namespace
}  // namespace rota
