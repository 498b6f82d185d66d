#include "rota/run/task_runner.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "rota/run/test_order.h"

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
  return TaskRunner(registry).Run(test.order);
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
