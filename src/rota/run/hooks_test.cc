#include "rota/run/hooks.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <future>
#include <stdexcept>
#include <vector>

#include "rota/base/format.h"
#include "rota/run/hook_facts.h"
#include "rota/run/test_order.h"
#include "rota/testing/fake_clock.h"

namespace rota {
namespace {

using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Keeps what it gets.
class Events final : public EventSink {
 public:
  void Publish(const Event& event) override {
    const MutexLock lock(mu_);
    if (event.kind == EventKind::kHookFailed) failures_.push_back(event.record->task + ": " + event.detail);
    ++count_;
  }
  std::vector<std::string> failures() {
    const MutexLock lock(mu_);
    return failures_;
  }
  int count() {
    const MutexLock lock(mu_);
    return count_;
  }

 private:
  Mutex mu_;
  std::vector<std::string> failures_ ROTA_GUARDED_BY(mu_);
  int count_ ROTA_GUARDED_BY(mu_) = 0;
};

// What hooks write down, in order.
class Notes {
 public:
  HookFunction Write(std::string word) {
    return [this, word = std::move(word)](const HookFacts& facts) {
      Add(Format("{} {}", word, DescribeOutcome(facts.record.outcome, facts.record.reason)));
    };
  }
  void Add(std::string line) {
    const MutexLock lock(mu_);
    lines_.push_back(std::move(line));
  }
  std::vector<std::string> lines() {
    const MutexLock lock(mu_);
    return lines_;
  }

 private:
  Mutex mu_;
  std::vector<std::string> lines_ ROTA_GUARDED_BY(mu_);
};

class HooksTest : public testing::Test {
 protected:
  // Hooks of the tasks "nightly", which has these, and "other", which notes its success.
  void Begin(std::vector<Hook> hooks) {
    std::vector<Task> tasks;
    tasks.push_back(MakeTask("nightly", std::move(hooks)));
    tasks.push_back(MakeTask("other", {{HookPoint::kSuccess, notes_.Write("other")}}));
    schedule_ = std::make_shared<const Schedule>(std::move(tasks));
    hooks_.emplace(schedule_, clock_, events_);
  }

  static Task MakeTask(const TaskId& id, std::vector<Hook> hooks) {
    TaskPolicies policies;
    policies.hooks = std::move(hooks);
    return {id, "", ShellCall{"true"},
            std::make_shared<const Trigger>(IntervalFrequency{seconds(1)}, TimeZone(), Restrictions()),
            std::make_shared<const TaskPolicies>(std::move(policies))};
  }

  void Start() {
    TestOrder test(ShellCall{"true"});
    test.order.task = schedule_->Find("nightly");
    hooks_->Begin(test.order);
  }
  void Publish(EventKind kind, Outcome outcome, std::string reason = "", const TaskId& task = "nightly") {
    Event event;
    event.kind = kind;
    event.server = "web-1";
    event.record.emplace();
    event.record->task = task;
    event.record->outcome = outcome;
    event.record->reason = std::move(reason);
    hooks_->Publish(event);
  }
  void Finish() { hooks_->Finish(seconds(5)); }
  // A hook that lasts until `end_` is set.
  HookFunction Hang() {
    return [this](const HookFacts&) {
      begun_.set_value();
      ended_.wait();
    };
  }
  void AwaitHang() { begun_.get_future().wait(); }

  FakeClock clock_{WallTime()};
  Events events_;
  Notes notes_;
  std::promise<void> begun_;  // Of the hook that hangs.
  std::promise<void> end_;
  std::shared_future<void> ended_ = end_.get_future().share();
  std::shared_ptr<const Schedule> schedule_;
  std::optional<Hooks> hooks_;
};

TEST_F(HooksTest, AreCalledInTheOrderOfTheRun) {
  Begin({{HookPoint::kEnd, notes_.Write("after")},
         {HookPoint::kSuccess, notes_.Write("success")},
         {HookPoint::kStart, notes_.Write("before")},
         {HookPoint::kStart, notes_.Write("before too")},
         {HookPoint::kFail, notes_.Write("failure")}});
  Start();
  Publish(EventKind::kRunFinished, Outcome::kSucceeded);
  Finish();
  EXPECT_THAT(notes_.lines(),
              ElementsAre("before running", "before too running", "success succeeded", "after succeeded"));
  EXPECT_EQ(events_.count(), 1);  // That of the run.
}

TEST_F(HooksTest, LearnOfEveryWayAnOccurrenceEnds) {
  Begin({{HookPoint::kFail, notes_.Write("failure")},
         {HookPoint::kSkipped, notes_.Write("skipped")},
         {HookPoint::kMissed, notes_.Write("missed")},
         {HookPoint::kLost, notes_.Write("lost")},
         {HookPoint::kEnd, notes_.Write("after")}});
  Publish(EventKind::kRunStarted, Outcome::kRunning);
  Publish(EventKind::kAttemptFailed, Outcome::kFailed, "exit 1");
  Publish(EventKind::kRunFinished, Outcome::kFailed, "exit 2");
  Publish(EventKind::kRunFinished, Outcome::kTimedOut, "after 1s");
  Publish(EventKind::kRunFinished, Outcome::kCancelled, "shutdown");
  Publish(EventKind::kRunFinished, Outcome::kSkipped, "condition");
  Publish(EventKind::kOccurrenceClosed, Outcome::kSkipped, "overlap");
  Publish(EventKind::kOccurrenceClosed, Outcome::kMissed, "down");
  Publish(EventKind::kOccurrenceClosed, Outcome::kUnknown, "lost");
  Publish(EventKind::kRunLost, Outcome::kLost);
  Finish();
  EXPECT_THAT(
      notes_.lines(),
      ElementsAre("failure failed(exit 2)", "after failed(exit 2)", "failure timed_out(after 1s)",
                  "after timed_out(after 1s)", "failure cancelled(shutdown)", "after cancelled(shutdown)",
                  "skipped skipped(condition)", "skipped skipped(overlap)", "missed missed(down)", "lost lost"));
}

TEST_F(HooksTest, ThatThrowAreToldOfAndDisturbNoOthers) {
  Begin({{HookPoint::kSuccess, [](const HookFacts&) { throw std::runtime_error("no mail today"); }},
         {HookPoint::kSuccess, [](const HookFacts&) { throw 7; }},
         {HookPoint::kSuccess, notes_.Write("success")}});
  Publish(EventKind::kRunFinished, Outcome::kSucceeded);
  Finish();
  EXPECT_THAT(events_.failures(), ElementsAre("nightly: OnSuccess() threw: no mail today",
                                              "nightly: OnSuccess() threw something that is not a std::exception"));
  EXPECT_THAT(notes_.lines(), ElementsAre("success succeeded"));
}

TEST_F(HooksTest, ThatHangHoldUpNeitherEventsNorOtherTasks) {
  Begin({{HookPoint::kSuccess, Hang()}, {HookPoint::kEnd, notes_.Write("after")}});
  Publish(EventKind::kRunFinished, Outcome::kSucceeded);
  Publish(EventKind::kRunFinished, Outcome::kSucceeded, "", "other");
  while (notes_.lines().empty()) std::this_thread::yield();
  EXPECT_THAT(notes_.lines(), ElementsAre("other succeeded"));

  AwaitHang();
  clock_.AwaitWaiters(1);
  clock_.Advance(kHookTimeout);
  Publish(EventKind::kRunFinished, Outcome::kFailed);
  Finish();
  EXPECT_THAT(events_.failures(), ElementsAre("nightly: OnSuccess() did not answer within 10s"));
  EXPECT_THAT(notes_.lines(), ElementsAre("other succeeded", "after succeeded", "after failed"));
  EXPECT_EQ(hooks_->abandoned(), 1u);
  end_.set_value();
}

TEST_F(HooksTest, ThatHangAreLeftWhenTheServerEnds) {
  Begin({{HookPoint::kSuccess, Hang()}, {HookPoint::kEnd, notes_.Write("after")}});
  Publish(EventKind::kRunFinished, Outcome::kSucceeded);
  AwaitHang();
  std::future<void> finished = std::async(std::launch::async, [this] { Finish(); });
  clock_.AwaitWaiters(2);
  clock_.Advance(seconds(5));
  finished.get();
  EXPECT_THAT(events_.failures(), testing::UnorderedElementsAre("nightly: 1 hook dropped: this server ends",
                                                                "nightly: OnSuccess() stopped"));
  EXPECT_THAT(notes_.lines(), IsEmpty());
  EXPECT_EQ(hooks_->abandoned(), 1u);
  end_.set_value();
}

TEST_F(HooksTest, ThatAreTooManyAreDroppedAndCounted) {
  Begin({{HookPoint::kSuccess, Hang()}, {HookPoint::kFail, notes_.Write("failure")}});
  Publish(EventKind::kRunFinished, Outcome::kSucceeded);
  AwaitHang();
  for (std::size_t i = 0; i < Hooks::kMostWaiting + 2; ++i) {
    Publish(EventKind::kRunFinished, Outcome::kFailed, std::to_string(i));
  }
  Publish(EventKind::kRunFinished, Outcome::kSucceeded, "", "other");
  end_.set_value();
  Finish();
  std::vector<std::string> notes = notes_.lines();
  EXPECT_EQ(std::erase(notes, "other succeeded"), 1u) << "it has no part in it";
  ASSERT_EQ(notes.size(), Hooks::kMostWaiting);
  EXPECT_EQ(notes.front(), "failure failed(2)");
  EXPECT_EQ(notes.back(), Format("failure failed({})", Hooks::kMostWaiting + 1));
  EXPECT_THAT(events_.failures(), ElementsAre("nightly: 2 hooks dropped: more than 10000 wait"));
}

TEST_F(HooksTest, ThatPingNobodyAreToldOf) {
  Begin({{HookPoint::kSuccess, "http://tom:secret@127.0.0.1:1/ping?key=secret"}});
  Publish(EventKind::kRunFinished, Outcome::kSucceeded);
  Finish();
  ASSERT_EQ(events_.failures().size(), 1u);
  EXPECT_THAT(events_.failures()[0], HasSubstr("nightly: ping at success: GET http://***@127.0.0.1:1/ping?***: "));
}

TEST_F(HooksTest, LetTheEventsOfOtherTasksPass) {
  Begin({});
  Publish(EventKind::kRunFinished, Outcome::kSucceeded, "", "unheard-of");
  hooks_->Publish(Event{});
  Finish();
  EXPECT_EQ(events_.count(), 2);
}

}  // namespace
}  // namespace rota
