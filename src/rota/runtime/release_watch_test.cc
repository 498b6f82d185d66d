#include "rota/runtime/release_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rota/coordination/memory/memory_store.h"
#include "rota/schedule/manifest.h"
#include "rota/testing/fake_clock.h"

namespace rota {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Milliseconds kTtl = seconds(15);
constexpr Milliseconds kMinute = std::chrono::minutes(1);
constexpr Milliseconds kHour = std::chrono::hours(1);

Task MakeTask(std::string id, Milliseconds period, Placement placement = Placement::kOneServer) {
  TaskPolicies policies;
  policies.placement = placement;
  Task task;
  task.work = CommandCall{id, {}};
  task.id = std::move(id);
  task.trigger = std::make_shared<const Trigger>(IntervalFrequency{period}, TimeZone(), Restrictions{});
  task.policies = std::make_shared<const TaskPolicies>(std::move(policies));
  return task;
}

class Watch : public testing::Test, public EventSink {
 protected:
  Watch() { Join("a", *schedule_, "1"); }

  void Publish(const Event& event) override { events_.push_back(event); }

  ServerInfo Join(const std::string& id, const Schedule& schedule, const std::string& release) {
    JoinRequest request;
    request.server.id = id;
    request.server.incarnation = "i" + id;
    request.server.schedule_digest = schedule.digest();
    request.server.release = release;
    request.heartbeat_ttl = kTtl;
    request.manifest = MakeManifest(schedule);
    EXPECT_EQ(store_->Join(request).value().server_id, id);
    return request.server;
  }
  std::vector<std::string> Events() {
    std::vector<std::string> all;
    for (const Event& event : std::exchange(events_, {})) all.emplace_back(Name(event.kind));
    return all;
  }
  // What the server was told to withhold since the last time.
  std::vector<std::vector<bool>> Withheld() { return std::exchange(withheld_, {}); }

  FakeClock clock_{WallTime(seconds(1'800'000'000))};
  std::unique_ptr<Store> store_ = MakeMemoryStore(clock_);
  std::shared_ptr<const Schedule> schedule_ = std::make_shared<const Schedule>(
      std::vector<Task>{MakeTask("same", kMinute), MakeTask("changed", kMinute), MakeTask("gone", kMinute),
                        MakeTask("everywhere", kMinute, Placement::kEveryServer)});
  const Schedule changed_{{MakeTask("same", kMinute), MakeTask("changed", kHour)}};
  std::vector<Event> events_;
  std::vector<std::vector<bool>> withheld_;
  ReleaseWatch watch_{*store_,   clock_,
                      *this,     Join("a", *schedule_, "1"),
                      schedule_, [this](std::vector<bool> tasks) { withheld_.push_back(std::move(tasks)); }};
};

TEST_F(Watch, FindsNothingWhereAllFollowOneSchedule) {
  Join("b", *schedule_, "2");
  watch_.Look();
  EXPECT_THAT(Events(), IsEmpty());
  EXPECT_THAT(Withheld(), IsEmpty());
}

TEST_F(Watch, LeavesWhatANewerReleaseChangedToItAsLongAsItLives) {
  Join("b", changed_, "2");
  watch_.Look();
  EXPECT_THAT(Withheld(), ElementsAre(std::vector<bool>{false, true, true, false}));
  ASSERT_EQ(events_.size(), 2u);
  EXPECT_EQ(events_[0].detail, "server b follows schedule " + changed_.digest() + " of release 2, this one schedule " +
                                   schedule_->digest() + " of release 1");
  EXPECT_EQ(events_[1].detail, "2 tasks, release 2");
  EXPECT_THAT(Events(), ElementsAre("schedule_drift", "tasks_withheld"));

  watch_.Look();
  EXPECT_THAT(Events(), IsEmpty()) << "once";
  EXPECT_THAT(Withheld(), IsEmpty());

  clock_.Advance(kTtl);
  Join("a", *schedule_, "1");
  watch_.Look();
  EXPECT_THAT(Withheld(), ElementsAre(std::vector<bool>{}));
  EXPECT_THAT(Events(), ElementsAre("schedule_drift_ended", "tasks_resumed"));
}

TEST_F(Watch, LeavesNothingToAnOlderReleaseOrToOneWithoutAName) {
  Join("b", changed_, "0.9");
  Join("c", changed_, "");
  watch_.Look();
  EXPECT_THAT(Events(), ElementsAre("schedule_drift"));
  EXPECT_THAT(Withheld(), IsEmpty());
}

TEST_F(Watch, GoesByTheNewestRelease) {
  Join("b", changed_, "2");
  Join("c", Schedule({MakeTask("same", kHour), MakeTask("changed", kMinute), MakeTask("gone", kMinute)}), "10");
  watch_.Look();
  EXPECT_THAT(Withheld(), ElementsAre(std::vector<bool>{true, false, false, false}));
}

TEST_F(Watch, LeavesNothingToWhoDoesNotSayWhatItChanged) {
  JoinRequest request;
  request.server.id = "b";
  request.server.incarnation = "ib";
  request.server.schedule_digest = changed_.digest();
  request.server.release = "2";
  request.heartbeat_ttl = kTtl;
  ASSERT_TRUE(store_->Join(request));
  watch_.Look();
  EXPECT_THAT(Withheld(), IsEmpty());
  Join("b", changed_, "2");
  watch_.Look();
  EXPECT_EQ(Withheld().size(), 1u) << "it says so now";
}

TEST_F(Watch, LooksAgainEveryPeriod) {
  watch_.Start(seconds(5));
  clock_.AwaitWaiters(1);
  Join("b", changed_, "2");
  clock_.Advance(seconds(5));
  clock_.AwaitWaiters(1);
  EXPECT_THAT(Events(), ElementsAre("schedule_drift", "tasks_withheld"));
  watch_.Stop();
}

}  // namespace
}  // namespace rota
