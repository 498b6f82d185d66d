#include "rota/run/task_runner.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <future>
#include <iterator>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "rota/run/conditions.h"
#include "rota/run/test_order.h"
#include "rota/testing/fake_clock.h"

namespace rota {
namespace {

const std::string kStamp = "2026-03-07T02:00:00.000Z ";

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
  FakeClock clock(WallTime(std::chrono::seconds(1772848800)));
  OutputFeed feed;
  return TaskRunner(registry, clock, feed).Run(test.order);
}

TEST(TaskRunner, RunsEveryKindOfWork) {
  EXPECT_EQ(Execute(TestOrder(CommandCall{"hello", {}})).output_tail, kStamp + "hello from nightly\n");
  const auto function = [](Context& context) {
    context.Print("{} by a function", context.facts().run_id);
    return Status::Ok();
  };
  EXPECT_EQ(Execute(TestOrder(FunctionCall{"count", function})).output_tail,
            kStamp + "01ARZ3NDEKTSV4RRFFQ69G5FAV by a function\n");
  EXPECT_EQ(Execute(TestOrder(ExecCall{{"/bin/echo", "a  b"}})).output_tail, kStamp + "a  b\n");
  EXPECT_EQ(Execute(TestOrder(ShellCall{"echo a  b | tr a x"})).output_tail, kStamp + "x b\n");
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
  OutputFeed feed;
  TaskRunner runner(registry, clock, feed);
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
  OutputFeed feed;
  TaskRunner runner(registry, clock, feed);
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
    OutputFeed feed;
    return TaskRunner(registry, clock, feed, [&begun](const RunOrder& order) { begun += order.run_id + " "; })
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

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool kKeepsWhatIsFreed = true;  // The sanitizer does, to see who still uses it.
#else
constexpr bool kKeepsWhatIsFreed = false;
#endif

TEST(TaskRunner, KeepsMemoryFlatUnderHugeOutput) {
  const TestOrder test(ShellCall{"echo first; head -c 64000000 /dev/zero | tr '\\0' x; echo; echo last"});
  rusage before{};
  getrusage(RUSAGE_SELF, &before);
  const RunResult result = Execute(test);
  rusage after{};
  getrusage(RUSAGE_SELF, &after);
  EXPECT_EQ(result.outcome, Outcome::kSucceeded);
  EXPECT_TRUE(result.output_tail.starts_with(kStamp + "first\n")) << result.output_tail.substr(0, 100);
  EXPECT_TRUE(result.output_tail.ends_with("xxx\n" + kStamp + "last\n"));
  if (!kKeepsWhatIsFreed) {
    EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 4 * 1024) << "KiB";
  }
}

TEST(TaskRunner, HandsWhatARunPrintsToWhoWatchesItAndNoOther) {
  CommandRegistry registry;
  FakeClock clock(WallTime(std::chrono::seconds(1772848800)));
  OutputFeed feed;
  TaskRunner runner(registry, clock, feed);
  OutputFeed::Subscription lines(feed, {.run_id = "1"});
  std::vector<std::jthread> threads;
  for (const std::string run : {"1", "2", "3"}) {
    threads.emplace_back([&runner, run] {
      TestOrder test(ShellCall{"for i in 1 2 3; do echo $ROTA_RUN_ID-$i; done"});
      test.order.run_id = run;
      const std::string kept = runner.Run(test.order).output_tail;
      EXPECT_EQ(kept, kStamp + run + "-1\n" + kStamp + run + "-2\n" + kStamp + run + "-3\n");
    });
  }
  threads.clear();
  std::string printed;
  for (const OutputLine& line : lines.Take()) printed += line.text + " ";
  EXPECT_EQ(printed, "1-1 1-2 1-3 ");
}

TEST(TaskRunner, PassesAStopOnWhileNobodyReadsWhatTheRunPrints) {
  CommandRegistry registry;
  FakeClock clock(WallTime{});
  OutputFeed feed;
  TaskRunner runner(registry, clock, feed);
  OutputFeed::Subscription lines(feed, {.when_full = OutputFeed::WhenFull::kWait, .max_bytes = 1});
  TestOrder test(ShellCall{"exec yes"});
  const std::jthread stopper([&] {
    while (lines.Take().empty()) std::this_thread::yield();
    test.order.signals->stop.request_stop();
  });
  EXPECT_EQ(runner.Run(test.order).reason, "stopped: signal 15 (Terminated)");
}

std::ptrdiff_t Entries(const char* folder) {
  const std::filesystem::directory_iterator all(folder);
  return std::distance(begin(all), end(all));
}

TEST(TaskRunner, LeavesNothingBehindOfAThousandChildren) {
  constexpr int kChildren = 1000;
  constexpr int kThreads = 16;
  std::jthread([] {}).join();  // A sanitizer has a thread of its own from the first one on.
  const auto descriptors = Entries("/proc/self/fd");
  const auto tasks = Entries("/proc/self/task");
  std::atomic<int> succeeded = 0;
  {
    CommandRegistry registry;
    FakeClock clock(WallTime(std::chrono::seconds(1772848800)));
    OutputFeed feed;
    TaskRunner runner(registry, clock, feed);
    std::atomic<int> started = 0;
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        const TestOrder test(ExecCall{{"/bin/true"}});
        while (++started <= kChildren) {
          if (runner.Run(test.order).outcome == Outcome::kSucceeded) ++succeeded;
        }
      });
    }
  }
  EXPECT_EQ(succeeded, kChildren);
  EXPECT_EQ(Entries("/proc/self/fd"), descriptors);
  // A thread that was joined may be listed a moment longer.
  for (int i = 0; i < 100'000 && Entries("/proc/self/task") > tasks; ++i) std::this_thread::yield();
  EXPECT_LE(Entries("/proc/self/task"), tasks);
  siginfo_t info;
  EXPECT_EQ(waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT), -1) << "a child is left";
}

TEST(TaskRunner, GivesReasonsInValidUtf8) {
  EXPECT_EQ(Execute(TestOrder(CommandCall{"mumble", {}})).reason, "bad byte \xef\xbf\xbd");
}

}  // namespace
}  // namespace rota
