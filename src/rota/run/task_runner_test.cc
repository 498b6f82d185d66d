#include "rota/run/task_runner.h"

#include <gtest/gtest.h>

#include <future>
#include <stdexcept>
#include <string>

#include "rota/run/conditions.h"
#include "rota/run/test_order.h"
#include "rota/testing/fake_clock.h"

namespace rota {
namespace {

class Hello : public Command {
 public:
  Hello() : Command("hello", "") {}
  Status Handle(Context& context) override {
    context.Print("hello from {}", context.facts().task);
    return Status::Ok();
  }
};

class Mumble : public Command {
 public:
  Mumble() : Command("mumble", "") {}
  Status Handle(Context&) override { return Errorf("bad byte \xff"); }
};

RunResult Execute(const TestOrder& test) {
  CommandRegistry registry;
  registry.Register(std::make_unique<Hello>());
  registry.Register(std::make_unique<Mumble>());
  SystemClock clock;
  return TaskRunner(registry, clock).Run(test.order);
}

TEST(TaskRunner, RunsEveryKindOfWork) {
  EXPECT_EQ(Execute(TestOrder(CommandCall{"hello", {}})).output_tail, "hello from nightly\n");
  EXPECT_EQ(Execute(TestOrder(ExecCall{{"/bin/echo", "a  b"}})).output_tail, "a  b\n");
  EXPECT_EQ(Execute(TestOrder(ShellCall{"echo a  b | tr a x"})).output_tail, "x b\n");
}

TEST(TaskRunner, SkipsWhenAConditionSaysSo) {
  TestOrder when(CommandCall{"hello", {}});
  when.policies->when = {[] { return true; }, [] { return false; }};
  const RunResult result = Execute(when);
  EXPECT_EQ(result.outcome, Outcome::kSkipped);
  EXPECT_EQ(result.reason, "condition");
  EXPECT_EQ(result.output_tail, "");

  TestOrder skip(CommandCall{"hello", {}});
  skip.policies->skip = {[] { return false; }, [] { return true; }};
  EXPECT_EQ(Execute(skip).outcome, Outcome::kSkipped);
}

TEST(TaskRunner, AsksNoConditionWhenAPersonWantsTheRun) {
  TestOrder manual(CommandCall{"hello", {}});
  manual.policies->when = {[] { return false; }};
  manual.order.kind = OccurrenceKind::kManual;
  EXPECT_EQ(Execute(manual).outcome, Outcome::kSucceeded);
}

TEST(TaskRunner, AsksTheConditionsOfWhatFiresAtAStart) {
  TestOrder start(CommandCall{"hello", {}});
  start.policies->when = {[] { return false; }};
  start.order.kind = OccurrenceKind::kStart;
  EXPECT_EQ(Execute(start).outcome, Outcome::kSkipped);
}

TEST(TaskRunner, RunsWhenAllConditionsAgree) {
  TestOrder test(CommandCall{"hello", {}});
  test.policies->when = {[] { return true; }, [] { return true; }};
  test.policies->skip = {[] { return false; }};
  EXPECT_EQ(Execute(test).outcome, Outcome::kSucceeded);
}

TEST(TaskRunner, FailsWhenAConditionThrows) {
  TestOrder test(CommandCall{"hello", {}});
  test.policies->when = {[]() -> bool { throw std::runtime_error("no such table"); }};
  EXPECT_EQ(Execute(test).outcome, Outcome::kFailed);
  EXPECT_EQ(Execute(test).reason, "When() threw: no such table");
  test.policies->when = {};
  test.policies->skip = {[]() -> bool { throw 7; }};
  EXPECT_EQ(Execute(test).outcome, Outcome::kFailed);
  EXPECT_EQ(Execute(test).reason, "Skip() threw something that is not a std::exception");
}

TEST(TaskRunner, AsksTheConditionsOnceForAnOccurrence) {
  int asked = 0;
  TestOrder test(CommandCall{"hello", {}});
  test.policies->when = {[&asked] { return ++asked < 2; }};
  EXPECT_EQ(Execute(test).outcome, Outcome::kSucceeded);
  test.order.attempt = 2;
  EXPECT_EQ(Execute(test).outcome, Outcome::kSucceeded);
  EXPECT_EQ(asked, 1);
}

TEST(TaskRunner, LetsNoFurtherAttemptFollowAConditionWithoutAnAnswer) {
  TestOrder test(CommandCall{"hello", {}});
  test.policies->when = {[]() -> bool { throw std::runtime_error("no such table"); }};
  EXPECT_TRUE(Execute(test).final);
  test.policies->when = {};
  EXPECT_FALSE(Execute(test).final);
}

TEST(TaskRunner, WaitsForNoConditionForEver) {
  std::promise<void> begun;
  std::promise<void> end;
  TestOrder test(CommandCall{"hello", {}});
  test.policies->skip = {[&begun, ended = end.get_future().share()] {
    begun.set_value();
    ended.wait();
    return false;
  }};
  CommandRegistry registry;
  registry.Register(std::make_unique<Hello>());
  FakeClock clock{WallTime()};
  TaskRunner runner(registry, clock);
  std::future<RunResult> result = std::async(std::launch::async, [&] { return runner.Run(test.order); });
  begun.get_future().wait();
  clock.AwaitWaiters(1);
  clock.Advance(kConditionTimeout);
  EXPECT_EQ(result.get().reason, "Skip() did not answer within 10s");
  EXPECT_EQ(runner.abandoned(), 1u);

  const RunResult next = runner.Run(test.order);
  EXPECT_EQ(next.outcome, Outcome::kFailed);
  EXPECT_EQ(next.reason, "Skip() was not asked: an earlier call of it has not ended yet");
  end.set_value();
}

TEST(TaskRunner, IsStoppedWhileItAsksACondition) {
  std::promise<void> end;
  TestOrder test(CommandCall{"hello", {}});
  test.policies->when = {[&test, ended = end.get_future().share()] {
    test.order.signals->stop.request_stop();
    ended.wait();
    return true;
  }};
  CommandRegistry registry;
  registry.Register(std::make_unique<Hello>());
  FakeClock clock{WallTime()};
  TaskRunner runner(registry, clock);
  const RunResult result = runner.Run(test.order);
  EXPECT_EQ(result.outcome, Outcome::kCancelled);
  EXPECT_EQ(result.reason, "stopped before it began");
  end.set_value();
}

TEST(TaskRunner, TellsWhenTheWorkOfAnOccurrenceBegins) {
  std::string begun;
  const auto run = [&begun](const TestOrder& test) {
    CommandRegistry registry;
    registry.Register(std::make_unique<Hello>());
    SystemClock clock;
    return TaskRunner(registry, clock, [&begun](const RunOrder& order) { begun += order.run_id + " "; })
        .Run(test.order);
  };
  TestOrder test(CommandCall{"hello", {}});
  test.order.run_id = "first";
  run(test);
  test.order.attempt = 2;  // Tried again.
  run(test);
  test.order.attempt = 1;
  test.order.run_id = "skipped";
  test.policies->when = {[] { return false; }};
  run(test);
  test.order.run_id = "cancelled";
  test.policies->when = {};
  test.order.signals->stop.request_stop();
  run(test);
  EXPECT_EQ(begun, "first ");
}

TEST(TaskRunner, StartsNothingAfterAStop) {
  for (const Work& work : {Work(CommandCall{"hello", {}}), Work(ExecCall{{"/bin/echo"}})}) {
    TestOrder test(work);
    test.order.signals->stop.request_stop();
    const RunResult result = Execute(test);
    EXPECT_EQ(result.outcome, Outcome::kCancelled);
    EXPECT_EQ(result.reason, "stopped before it began");
    EXPECT_EQ(result.output_tail, "");
  }
}

TEST(TaskRunner, GivesReasonsInValidUtf8) {
  EXPECT_EQ(Execute(TestOrder(CommandCall{"mumble", {}})).reason, "bad byte \xef\xbf\xbd");
}

}  // namespace
}  // namespace rota
