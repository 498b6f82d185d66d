#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "rota/engine/engine_core.h"
#include "rota/engine/test_core.h"

// What an outage of a part of the store stops.

namespace rota {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

// One whose store keeps the tasks named "dead..." in a part that does not answer while it is down.
class CoreOfParts : public Core {
 public:
  using Core::Core;

  // So many seconds pass, and in each the store answers all that it is asked; runs end at once.
  void Live(int seconds_long) {
    for (int i = 0; i < seconds_long; ++i) {
      Advance(seconds(1));
      while (!claims.empty() || !records.empty() || !starts.empty()) {
        AnswerEachClaim();
        for (const action::Start& start : std::exchange(starts, {})) {
          ++runs[start.record.task];
          EndRun(start.record.run_id);
        }
        AnswerEachRecord();
      }
    }
  }

  bool part_is_down = true;
  std::map<std::string, int> runs;  // By task.
  std::vector<OccurrenceRecord> recorded;
  std::size_t unanswered = 0;         // Outcomes told in vain,
  std::size_t unanswered_claims = 0;  // and claims asked so.
  std::vector<ClaimRequest> granted;

 private:
  bool Answers(const TaskId& task) const { return !part_is_down || !task.starts_with("dead"); }

  void AnswerEachClaim() {
    for (std::vector<ClaimRequest>& batch : std::exchange(claims, {})) {
      std::vector<ClaimReply> replies(batch.size());
      for (std::size_t i = 0; i < batch.size(); ++i) {
        replies[i].outcome = Answers(batch[i].task) ? ClaimOutcome::kClaimed : ClaimOutcome::kUnanswered;
        replies[i].token = 1;
        if (Answers(batch[i].task)) {
          granted.push_back(batch[i]);
        } else {
          ++unanswered_claims;
        }
      }
      Tell(input::ClaimsAnswered{std::move(batch), std::move(replies), now().steady});
    }
  }
  void AnswerEachRecord() {
    for (const std::vector<OccurrenceRecord>& batch : std::exchange(records, {})) {
      std::vector<FinishOutcome> outcomes;
      for (const OccurrenceRecord& record : batch) {
        const bool answers = Answers(record.task);
        outcomes.push_back(answers ? FinishOutcome::kRecorded : FinishOutcome::kUnanswered);
        if (answers) recorded.push_back(record);
        unanswered += !answers;
      }
      Tell(input::Recorded{std::move(outcomes)});
    }
  }
};

TEST(EngineCoreInAPartialOutage, ClaimsOnWhileAnOutcomeDecidedWithoutTheStoreWaits) {
  CoreOfParts core({MakeTask("dead", seconds(5), {}), MakeTask("healthy", seconds(1), Unique())});
  core.Follow();
  core.Live(60);
  EXPECT_EQ(core.runs["healthy"], 60);
  EXPECT_EQ(core.runs["dead"], 12) << "what every server runs needs nobody's leave";
  EXPECT_THAT(core.recorded, SizeIs(60));
  EXPECT_THAT(core.recorded, Each(testing::Field(&OccurrenceRecord::task, "healthy")));
}

TEST(EngineCoreInAPartialOutage, TellsInOrderWhatRanWithoutTheStoreBeforeItClaimsTheSameAgain) {
  CoreOfParts core({MakeTask("dead", seconds(5), {})});
  core.Follow();
  core.Live(12);
  EXPECT_THAT(core.recorded, IsEmpty());
  EXPECT_THAT(core.Asked(), IsEmpty());
  core.part_is_down = false;
  core.Live(1);
  std::vector<std::string> told;
  for (const OccurrenceRecord& record : core.recorded) {
    told.push_back(Format("{} {}", (record.scheduled_at - kStart) / seconds(1), Name(record.outcome)));
  }
  EXPECT_THAT(told, testing::ElementsAre("5 running", "5 succeeded", "10 running", "10 succeeded"));
  core.Advance(seconds(2));
  EXPECT_THAT(core.Asked(), testing::ElementsAre("dead\x1f"
                                                 "a@15"));
}

TEST(EngineCoreInAPartialOutage, LetsOutcomesOfAPartThatDoesNotAnswerHoldUpNoOthers) {
  std::vector<Task> tasks;
  for (int i = 0; i < 600; ++i) tasks.push_back(MakeTask(Format("dead-{}", i), minutes(1), Unique()));
  for (int i = 0; i < 20; ++i) tasks.push_back(MakeTask(Format("healthy-{}", i), seconds(1), Unique()));
  CoreOfParts core(std::move(tasks), 2'000);
  core.part_is_down = false;
  core.Follow();
  core.Advance(seconds(60));
  core.AnswerClaims(ClaimOutcome::kClaimed);  // All run when a part of the store goes down.
  core.part_is_down = true;
  core.Events();
  core.unanswered = 0;
  core.Live(60);

  std::set<std::string> released;
  for (const OccurrenceRecord& record : core.recorded) released.insert(record.task);
  EXPECT_THAT(released, SizeIs(20));
  for (int i = 0; i < 20; ++i) EXPECT_THAT(core.runs[Format("healthy-{}", i)], Ge(60)) << i;
  EXPECT_LE(core.unanswered, 600u + 61u * 500u) << "one batch a second is tried again";
  std::set<std::string> kinds;
  for (const Event& event : std::exchange(core.events, {})) kinds.insert(std::string(Name(event.kind)));
  EXPECT_THAT(kinds, AllOf(Not(Contains("store_unavailable")), Not(Contains("store_available"))));

  core.part_is_down = false;
  core.recorded.clear();
  core.Live(3);
  std::set<std::string> ended;
  for (const OccurrenceRecord& record : core.recorded) {
    if (record.outcome == Outcome::kSucceeded && record.task.starts_with("dead")) ended.insert(record.task);
  }
  EXPECT_THAT(ended, SizeIs(600)) << "nothing of it was dropped";
}

TEST(EngineCoreInAPartialOutage, AsksOneClaimOfATaskAtATimeAndKeepsFewOfThem) {
  std::vector<Task> tasks = {MakeTask("healthy", seconds(1), Unique())};
  for (int i = 0; i < 50; ++i) tasks.push_back(MakeTask(Format("dead-{}", i), seconds(1), Unique()));
  CoreOfParts core(std::move(tasks), 100);
  core.Follow();
  core.Live(120);
  EXPECT_EQ(core.runs["healthy"], 120);
  EXPECT_LE(core.unanswered_claims, 50u * 120u);

  core.part_is_down = false;
  core.granted.clear();
  core.Live(1);
  std::map<TaskId, std::vector<WallTime>> taken;
  for (const ClaimRequest& request : core.granted) taken[request.task].push_back(request.at);
  EXPECT_THAT(taken, SizeIs(51));
  for (const auto& [task, instants] : taken) {
    EXPECT_THAT(instants, SizeIs(testing::Le(5))) << task;
    EXPECT_EQ(*std::ranges::max_element(instants), kStart + seconds(121)) << task;
  }
}

TEST(EngineCoreInAPartialOutage, EndsAtShutdownThoughAPartDoesNotAnswer) {
  CoreOfParts core({MakeTask("dead", seconds(5), {}), MakeTask("healthy", seconds(1), Unique())});
  core.Follow();
  core.Live(10);
  core.Tell(input::ShutdownRequested{});
  core.Live(6);
  EXPECT_TRUE(core.finished());
  EXPECT_THAT(core.events.back().detail, HasSubstr("4 outcomes could not be recorded"));
}

TEST(EngineCoreInAPartialOutage, EndsADrainThoughAPartDoesNotAnswer) {
  CoreOfParts core({MakeTask("dead", seconds(5), {})}, 4, kStart - seconds(5));
  core.core().CatchUp(kStart);
  core.Tell(input::DrainRequested{});
  core.Live(7);
  EXPECT_TRUE(core.finished());
}

TEST(EngineCore, GoesOnAfterTheClockWasSetBackFromAnInstantInDoubt) {
  Core core({MakeTask("a", seconds(60), Unique())});
  core.Follow();
  core.JumpWall(minutes(36));
  core.Advance(seconds(10));
  ASSERT_THAT(core.Asked(), testing::ElementsAre("a@2160"));
  core.FailClaims();
  core.JumpWall(-minutes(36));
  core.Advance(seconds(2));
  ASSERT_THAT(core.Asked(), testing::ElementsAre("a@2160")) << "it may have been granted";
  core.AnswerClaimsEarly(minutes(36));
  core.Advance(seconds(60));
  EXPECT_THAT(core.Asked(), testing::ElementsAre("a@60"));
}

}  // namespace
}  // namespace rota
