#include "rota/run/in_process_runner.h"

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>

#include "rota/run/test_order.h"
#include "rota/schedule/scheduler.h"

namespace rota {
namespace {

using Handler = std::function<Status(Context&)>;

class Scripted : public Command {
 public:
  explicit Scripted(Handler handler) : Command("job", ""), handler_(std::move(handler)) {
    OptionalArgument("who", "", "world");
    Flag("loud", 'l', "");
  }
  Status Handle(Context& context) override { return handler_(context); }

 private:
  Handler handler_;
};

RunResult Execute(const RunOrder& order, Handler handler) {
  CommandRegistry registry;
  registry.Register(std::make_unique<Scripted>(std::move(handler)));
  std::string printed;
  RunResult result = InProcessRunner(registry).Run(order, std::get<CommandCall>(order.task->work),
                                                   [&printed](std::string_view text) { printed += text; });
  result.output_tail = printed;
  return result;
}

RunResult Execute(Handler handler) { return Execute(TestOrder(CommandCall{"job", {}}).order, std::move(handler)); }

TEST(InProcessRunner, RunsACommandWithItsArguments) {
  TestOrder test(CommandCall{"job", {"moon", "-l"}});
  const RunResult result = Execute(test.order, [](Context& context) {
    context.Print("hello {}{}", context.Argument("who"), context.Flag("loud") ? "!" : "");
    return Status::Ok();
  });
  EXPECT_EQ(result.outcome, Outcome::kSucceeded);
  EXPECT_EQ(result.reason, "");
  EXPECT_EQ(result.output_tail, "hello moon!\n");
}

TEST(InProcessRunner, TellsTheCommandAboutItsRun) {
  TestOrder test(CommandCall{"job", {}});
  test.order.previous_scheduled_at = test.order.scheduled_at - std::chrono::hours(24);
  test.order.attempt = 2;
  Execute(test.order, [&](Context& context) {
    EXPECT_EQ(context.facts().task, "nightly");
    EXPECT_EQ(context.facts().run_id, test.order.run_id);
    EXPECT_EQ(context.facts().scheduled_at, test.order.scheduled_at);
    EXPECT_EQ(context.facts().previous_scheduled_at, test.order.previous_scheduled_at);
    EXPECT_EQ(context.facts().attempt, 2);
    EXPECT_EQ(context.facts().server, "web-1");
    EXPECT_EQ(context.FencingToken(), 42u);
    EXPECT_FALSE(context.LeaseLost());
    test.order.signals->lease_lost = true;
    EXPECT_TRUE(context.LeaseLost());
    return Status::Ok();
  });
}

TEST(InProcessRunner, ReportsAnErrorAsTheReason) {
  const RunResult result = Execute([](Context& context) {
    context.Print("dumping");
    return Errorf("backup failed: {}", "disk full");
  });
  EXPECT_EQ(result.outcome, Outcome::kFailed);
  EXPECT_EQ(result.reason, "backup failed: disk full");
  EXPECT_EQ(result.output_tail, "dumping\n");
}

TEST(InProcessRunner, CatchesWhatIsThrown) {
  const RunResult standard = Execute([](Context& context) -> Status {
    context.Print("before");
    throw std::runtime_error("boom");
  });
  EXPECT_EQ(standard.outcome, Outcome::kFailed);
  EXPECT_EQ(standard.reason, "boom");
  EXPECT_EQ(standard.output_tail, "before\n");
  const RunResult other = Execute([](Context&) -> Status { throw 42; });
  EXPECT_EQ(other.outcome, Outcome::kFailed);
  EXPECT_EQ(other.reason, "job threw something that is not a std::exception");
}

TEST(InProcessRunner, FailsARunThatAsksForAnOptionItDoesNotHave) {
  const RunResult result = Execute([](Context& context) { return Errorf("{}", context.Option("lod")); });
  EXPECT_EQ(result.outcome, Outcome::kFailed);
  EXPECT_EQ(result.reason, "the command declares no option \"lod\"");
}

TEST(InProcessRunner, CancelsACommandThatGaveUpAfterAStop) {
  TestOrder test(CommandCall{"job", {}});
  const RunResult result = Execute(test.order, [&test](Context& context) {
    EXPECT_FALSE(context.StopRequested());
    test.order.signals->stop.request_stop();
    EXPECT_TRUE(context.StopRequested());
    return Status(StatusCode::kCancelled, "gave up after 3 of 9 files");
  });
  EXPECT_EQ(result.outcome, Outcome::kCancelled);
  EXPECT_EQ(result.reason, "gave up after 3 of 9 files");
}

TEST(InProcessRunner, BelievesACommandThatEndsWellOrBadlyDespiteAStop) {
  TestOrder test(CommandCall{"job", {}});
  test.order.signals->stop.request_stop();
  EXPECT_EQ(Execute(test.order, [](Context&) { return Status::Ok(); }).outcome, Outcome::kSucceeded);
  EXPECT_EQ(Execute(test.order, [](Context&) { return Errorf("disk full"); }).outcome, Outcome::kFailed);
}

TEST(InProcessRunner, FailsACommandThatGivesUpUnasked) {
  const RunResult result = Execute([](Context&) { return Status(StatusCode::kCancelled, "no mood"); });
  EXPECT_EQ(result.outcome, Outcome::kFailed);
  EXPECT_EQ(result.reason, "no mood");
}

TEST(InProcessRunner, FailsForACommandOrArgumentsThatAreNotThere) {
  const auto ok = [](Context&) { return Status::Ok(); };
  const RunResult unknown = Execute(TestOrder(CommandCall{"jab", {}}).order, ok);
  EXPECT_EQ(unknown.outcome, Outcome::kFailed);
  EXPECT_EQ(unknown.reason, "unknown command \"jab\"; did you mean \"job\"?");
  EXPECT_EQ(Execute(TestOrder(CommandCall{"job", {"--lou"}}).order, ok).reason,
            "job: unknown option \"--lou\"; did you mean \"--loud\"?");
}

TEST(InProcessRunner, RunsAFunctionAsACommand) {
  const CommandRegistry none;
  const auto run = [&none](std::function<Status(Context&)> function) {
    const TestOrder test(FunctionCall{"count", std::move(function)});
    return InProcessRunner(none).Run(test.order, std::get<FunctionCall>(test.task.work), [](std::string_view) {});
  };
  EXPECT_EQ(run([](Context&) { return Status::Ok(); }).outcome, Outcome::kSucceeded);
  EXPECT_EQ(run([](Context&) { return Errorf("disk full"); }).reason, "disk full");
  EXPECT_EQ(run([](Context&) -> Status { throw std::runtime_error("boom"); }).reason, "boom");
  EXPECT_EQ(run([](Context&) -> Status { throw 42; }).reason, "count threw something that is not a std::exception");
}

TEST(InProcessRunner, RunsWhatTheScheduleCalls) {
  CommandRegistry none;
  Scheduler scheduler(none, TimeZone());
  int calls = 0;
  scheduler.Call("nothing", [&calls](Context&) { ++calls; }).Daily().Name("named").Register();
  scheduler.Call("status", [](Context& context) { return Errorf("no {}", context.facts().task); }).Daily().Register();
  const Result<Schedule> schedule = scheduler.Build();
  ASSERT_TRUE(schedule) << schedule.error().message();
  EXPECT_EQ(Describe(schedule->Find("named")->work), "nothing");
  const auto run = [&](const char* id) {
    const TestOrder test(schedule->Find(id)->work);
    return InProcessRunner(none).Run(test.order, std::get<FunctionCall>(test.task.work), [](std::string_view) {});
  };
  EXPECT_EQ(run("named").outcome, Outcome::kSucceeded);
  EXPECT_EQ(calls, 1);
  EXPECT_EQ(run("status").reason, "no nightly");
}

}  // namespace
}  // namespace rota
