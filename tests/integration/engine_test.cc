// The engine's threads on a clock that the test moves, over the memory store.

#include "rota/engine/engine.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "rota/base/format.h"
#include "rota/base/hash.h"
#include "rota/base/mutex.h"
#include "rota/coordination/memory/memory_store.h"
#include "rota/schedule/business_days.h"
#include "rota/testing/fake_clock.h"

namespace rota {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

constexpr WallTime kStart{std::chrono::sys_days{std::chrono::year{2023} / 11 / 14} + hours(12)};

// The clock of these tests can outrun the threads that renew leases. Most want to hear nothing of that.
constexpr Milliseconds kLongLease = hours(10);
constexpr Milliseconds kShortLease = seconds(15);

// Keeps events, and lets a test wait for what it expects.
class EventBook final : public EventSink {
 public:
  void Publish(const Event& event) override {
    MutexLock lock(mu_);
    events_.push_back(event);
    changed_.NotifyAll();
  }
  // Blocks until `count` events of the kind have come, and returns them.
  std::vector<Event> Await(EventKind kind, std::size_t count) {
    MutexLock lock(mu_);
    for (;;) {
      std::vector<Event> found;
      for (const Event& event : events_) {
        if (event.kind == kind) found.push_back(event);
      }
      if (found.size() >= count) return found;
      changed_.Wait(mu_);
    }
  }
  bool Has(EventKind kind) {
    MutexLock lock(mu_);
    return std::ranges::find(events_, kind, &Event::kind) != events_.end();
  }
  // Blocks until `count` runs of the task have finished.
  void AwaitRunOf(const TaskId& task, int count) {
    MutexLock lock(mu_);
    while (std::ranges::count_if(events_, [&task](const Event& event) {
             return event.kind == EventKind::kRunFinished && event.record->task == task;
           }) < count) {
      changed_.Wait(mu_);
    }
  }

 private:
  Mutex mu_;
  CondVar changed_;
  std::vector<Event> events_ ROTA_GUARDED_BY(mu_);
};

// Runs a function for every order.
class FunctionRunner final : public Runner {
 public:
  explicit FunctionRunner(std::function<RunResult(const RunOrder&)> run) : run_(std::move(run)) {}
  RunResult Run(const RunOrder& order) override { return run_(order); }

 private:
  const std::function<RunResult(const RunOrder&)> run_;
};

RunResult Succeed(const RunOrder&) { return {}; }

// Blocks until the run is told to stop.
RunResult RunUntilStopped(const RunOrder& order) {
  Mutex mu;
  CondVar changed;
  const std::stop_callback wake(order.signals->stop.get_token(), [&] {
    MutexLock lock(mu);
    changed.NotifyAll();
  });
  MutexLock lock(mu);
  while (!order.signals->stop.stop_requested()) changed.Wait(mu);
  return {Outcome::kCancelled, order.signals->lease_lost ? "lease lost" : "stopped", ""};
}

Task MakeTask(const std::string& id, Milliseconds period, Placement placement, Milliseconds lock_timeout = minutes(30),
              std::optional<Milliseconds> grace = std::nullopt) {
  Task task;
  task.id = id;
  task.work = CommandCall{id, {}};
  task.trigger = std::make_shared<const Trigger>(IntervalFrequency{period}, TimeZone(), Restrictions{});
  TaskPolicies policies;
  policies.placement = placement;
  policies.overlap = placement == Placement::kOneServer ? OverlapPolicy::kSkip : OverlapPolicy::kAllow;
  policies.lock_timeout = lock_timeout;
  policies.misfire.grace = grace;
  task.policies = std::make_shared<const TaskPolicies>(policies);
  return task;
}

// One server of a fleet that shares a store and a clock.
class Server {
 public:
  Server(const std::string& name, std::vector<Task> tasks, FakeClock& clock, Store& store,
         std::function<RunResult(const RunOrder&)> run, Milliseconds lease_ttl = kLongLease)
      : clock_(clock), store_(store), runner_(std::move(run)) {
    schedule_ = std::make_shared<const Schedule>(std::move(tasks));
    JoinRequest request;
    request.server.id = name;
    request.server.incarnation = name + std::to_string(clock.Now().time_since_epoch().count());
    request.heartbeat_ttl = lease_ttl;
    request.tasks = &schedule_->tasks();
    request.seed = clock.Now();
    const JoinReply joined = store.Join(request).value();
    EngineOptions options;
    options.server = options.scope_server = joined.server_id;
    options.workers = 2;
    options.lease_ttl = lease_ttl;
    options.seed = StableHash(name);
    engine_ = std::make_unique<Engine>(options, schedule_, joined.watermarks, clock_, store_, store_, store_, runner_,
                                       events_);
  }
  ~Server() { Stop(); }

  void Start() {
    thread_ = std::thread([this] { engine_->Follow(); });
  }
  void Tick() { engine_->Tick(); }
  std::size_t Stop() {
    if (thread_.joinable()) {
      engine_->RequestShutdown();
      thread_.join();
    }
    return engine_->abandoned();
  }
  Engine& engine() { return *engine_; }
  EventBook& events() { return events_; }
  const Schedule& schedule() const { return *schedule_; }

 private:
  FakeClock& clock_;
  Store& store_;
  FunctionRunner runner_;
  EventBook events_;
  std::shared_ptr<const Schedule> schedule_;
  std::unique_ptr<Engine> engine_;
  std::thread thread_;
};

class EngineTest : public testing::Test {
 protected:
  // REQUIRES: the server does not end before.
  void AdvanceUntil(Server& server, EventKind kind) {
    while (!server.events().Has(kind)) {
      clock_.AwaitWaiters(1);
      clock_.Advance(seconds(1));
    }
  }
  std::vector<OccurrenceRecord> History() { return store_->Query({}).value(); }

  FakeClock clock_{kStart};
  std::unique_ptr<Store> store_ = MakeMemoryStore(clock_);
};

TEST_F(EngineTest, RunsWhatIsDueAndRecordsIt) {
  Server server("a", {MakeTask("backup", seconds(60), Placement::kOneServer)}, clock_, *store_, Succeed);
  server.Start();
  clock_.AwaitWaiters(1);
  clock_.Advance(seconds(60));
  server.events().Await(EventKind::kRunFinished, 1);
  EXPECT_EQ(server.Stop(), 0u);
  const std::vector<OccurrenceRecord> history = History();
  ASSERT_THAT(history, SizeIs(1));
  EXPECT_EQ(history[0].outcome, Outcome::kSucceeded);
  EXPECT_EQ(history[0].scheduled_at, kStart + seconds(60));
  EXPECT_EQ(history[0].server, "a");
}

TEST_F(EngineTest, RunsAUniqueOccurrenceOnOneServerOnly) {
  const std::vector<Task> tasks = {MakeTask("backup", seconds(60), Placement::kOneServer),
                                   MakeTask("cache", seconds(60), Placement::kEveryServer)};
  Server a("a", tasks, clock_, *store_, Succeed);
  Server b("b", tasks, clock_, *store_, Succeed);
  a.Start();
  b.Start();
  for (int minute = 1; minute <= 5; ++minute) {
    clock_.AwaitWaiters(2);
    clock_.Advance(seconds(60));
    a.events().AwaitRunOf("cache", minute);  // Each server has its own: it has decided this minute.
    b.events().AwaitRunOf("cache", minute);
  }
  a.Stop();
  b.Stop();
  HistoryQuery query;
  query.task = "backup";
  EXPECT_THAT(store_->Query(query).value(), SizeIs(5));
  query.task = "cache";
  EXPECT_THAT(store_->Query(query).value(), SizeIs(10));
}

TEST_F(EngineTest, StopsARunThatHoldsItsLockTooLong) {
  Server server("a", {MakeTask("slow", hours(1), Placement::kOneServer, seconds(3))}, clock_, *store_, RunUntilStopped);
  server.Start();
  clock_.AwaitWaiters(1);
  clock_.Advance(hours(1));
  server.events().Await(EventKind::kRunStarted, 1);
  for (int second = 0; second < 3; ++second) {
    clock_.AwaitWaiters(1);
    clock_.Advance(seconds(1));
  }
  const std::vector<Event> lost = server.events().Await(EventKind::kLeaseLost, 1);
  EXPECT_EQ(lost[0].detail, "lock timeout reached");
  const std::vector<Event> finished = server.events().Await(EventKind::kRunFinished, 1);
  EXPECT_EQ(finished[0].record->reason, "lock timeout reached; lease lost");
}

TEST_F(EngineTest, WaitsForRunningWorkAtShutdownAndStopsItAfterTheGrace) {
  Server server("a", {MakeTask("slow", seconds(60), Placement::kOneServer)}, clock_, *store_, RunUntilStopped);
  server.Start();
  clock_.AwaitWaiters(1);
  clock_.Advance(seconds(60));
  server.events().Await(EventKind::kRunStarted, 1);
  server.engine().RequestShutdown();
  server.events().Await(EventKind::kServerStopping, 1);
  for (int second = 0; second < 30; ++second) {
    clock_.AwaitWaiters(1);
    clock_.Advance(seconds(1));
  }
  const std::vector<Event> finished = server.events().Await(EventKind::kRunFinished, 1);
  EXPECT_EQ(finished[0].record->outcome, Outcome::kCancelled);
  EXPECT_EQ(server.Stop(), 0u);
  EXPECT_EQ(History()[0].outcome, Outcome::kCancelled);
}

TEST_F(EngineTest, TakesAJumpOfTheWallClockAsAnEvent) {
  Server server("a", {MakeTask("hourly", hours(1), Placement::kOneServer)}, clock_, *store_, Succeed, kShortLease);
  server.Start();
  clock_.AwaitWaiters(1);
  clock_.Jump(hours(5) + minutes(1));
  const std::vector<Event> jumps = server.events().Await(EventKind::kClockJumped, 1);
  EXPECT_EQ(jumps[0].change, hours(5) + minutes(1));
  clock_.AwaitWaiters(1);
  clock_.Advance(kShortLease / 3);  // Not at once: other servers get to renew their leases.
  const std::vector<Event> finished = server.events().Await(EventKind::kRunFinished, 1);
  EXPECT_EQ(finished[0].record->scheduled_at, kStart + hours(5));
  const std::vector<Event> closed = server.events().Await(EventKind::kOccurrenceClosed, 1);
  EXPECT_EQ(closed[0].record->reason, "late");
  EXPECT_EQ(closed[0].record->count, 4u);
}

TEST_F(EngineTest, WarnsOfACalendarThatEndsAtTheStartAndDaily) {
  const Calendar calendar("cn", DaySet::OfWeekdays(0x3e), {.covered_until = CivilDay{std::chrono::days(19'676)}});
  Task task = MakeTask("report", hours(1'000), Placement::kOneServer);
  task.trigger = std::make_shared<const Trigger>(
      IntervalFrequency{hours(1'000)}, TimeZone(),
      Restrictions{.business_days = std::make_shared<const BusinessDays>(calendar, CalendarUse::kOn, Shift::kSkip)});
  Server server("a", {task}, clock_, *store_, Succeed);
  server.Start();
  EXPECT_EQ(
      server.events().Await(EventKind::kCalendarEnds, 1)[0].detail,
      "calendar cn covers days up to 2023-11-15, 1 day from today: report follows its weekly rule alone after that");
  clock_.AwaitWaiters(1);
  clock_.Advance(hours(24));
  EXPECT_EQ(
      server.events().Await(EventKind::kCalendarEnds, 2)[1].detail,
      "calendar cn covers days up to 2023-11-15, 0 days from today: report follows its weekly rule alone after that");
  EXPECT_EQ(server.Stop(), 0u);
}

TEST_F(EngineTest, FollowsTheNewRulesOfAZoneWithoutARestart) {
  const std::filesystem::path system = "/usr/share/zoneinfo";
  const std::filesystem::path database = std::filesystem::path(testing::TempDir()) / Format("rules-{}", getpid());
  std::filesystem::create_directories(database);
  std::filesystem::copy_file(system / "Asia/Tokyo", database / "City");
  setenv("TZDIR", database.c_str(), 1);
  TimeZone::Reload();  // The process may know the zone from an earlier round.
  Task task = MakeTask("report", seconds(60), Placement::kOneServer);
  task.trigger = std::make_shared<const Trigger>(CronFrequency{"5 12 * * *", Expression::Parse("5 12 * * *").value()},
                                                 TimeZone::Load("City").value(), Restrictions{});
  Server server("a", {task}, clock_, *store_, Succeed);
  server.Start();
  clock_.AwaitWaiters(1);
  std::filesystem::copy_file(system / "Etc/UTC", database / "City", std::filesystem::copy_options::overwrite_existing);
  clock_.Advance(minutes(1));
  EXPECT_EQ(server.events().Await(EventKind::kZonesChanged, 1)[0].detail, "City");
  clock_.Advance(minutes(4));
  server.events().Await(EventKind::kRunFinished, 1);
  unsetenv("TZDIR");
  std::filesystem::remove_all(database);
  EXPECT_EQ(server.Stop(), 0u);
  ASSERT_THAT(History(), SizeIs(1));
  EXPECT_EQ(History()[0].scheduled_at, kStart + minutes(5));
}

TEST_F(EngineTest, CatchesUpWithWhatWasDueWhileNoServerRan) {
  const std::vector<Task> tasks = {MakeTask("hourly", hours(1), Placement::kOneServer),
                                   MakeTask("daily", hours(24), Placement::kOneServer),
                                   MakeTask("minutely", minutes(1), Placement::kOneServer, minutes(30), seconds(0))};
  {
    Server first("a", tasks, clock_, *store_, Succeed);
  }  // Registers the tasks.
  clock_.Advance(hours(30) + minutes(10) + seconds(1));
  Server server("a", tasks, clock_, *store_, Succeed);
  server.Tick();
  std::vector<std::string> seen;
  for (const OccurrenceRecord& record : History()) {
    seen.push_back(Format("{} {}-{} x{} {}", record.task, (record.scheduled_at - kStart) / hours(1),
                          (record.scheduled_last - kStart) / hours(1), record.count,
                          DescribeOutcome(record.outcome, record.reason)));
  }
  EXPECT_THAT(seen, testing::UnorderedElementsAre("hourly 30-30 x1 succeeded", "hourly 1-29 x29 missed(down)",
                                                  "daily 12-12 x1 missed(down)", "minutely 0-30 x1810 missed(down)"));
}

TEST_F(EngineTest, RunsATaskByHandAndReturnsHowItEnded) {
  Server server("a", {MakeTask("report", hours(1), Placement::kOneServer)}, clock_, *store_, [](const RunOrder& order) {
    return RunResult{Outcome::kFailed, "exit 3", order.task->id + " printed"};
  });
  const OccurrenceRecord record = server.engine().RunTask(server.schedule().tasks()[0]);
  EXPECT_EQ(record.kind, OccurrenceKind::kManual);
  EXPECT_EQ(record.outcome, Outcome::kFailed);
  EXPECT_EQ(record.reason, "exit 3");
  EXPECT_EQ(record.output_tail, "report printed");
}

TEST_F(EngineTest, RunsTheInstantsOfABackfillOneAfterTheOther) {
  std::vector<std::string> seen;
  Server server("a", {MakeTask("report", hours(1), Placement::kOneServer)}, clock_, *store_,
                [&seen](const RunOrder& order) {
                  seen.push_back(Format("run {} after {}", (order.scheduled_at - kStart) / hours(1),
                                        (*order.previous_scheduled_at - kStart) / hours(1)));
                  return RunResult{seen.size() == 1 ? Outcome::kFailed : Outcome::kSucceeded, "", ""};
                });
  Backfill backfill;
  backfill.instants = {kStart - hours(3), kStart - hours(2)};
  backfill.on_busy = [](std::string_view) {};
  backfill.on_ended = [&seen](const OccurrenceRecord& record) {
    seen.push_back(
        Format("{} {} {}", Name(record.kind), (record.scheduled_at - kStart) / hours(1), Name(record.outcome)));
  };
  server.engine().RunBackfill(server.schedule().tasks()[0], backfill);
  EXPECT_THAT(
      seen, testing::ElementsAre("run -3 after -4", "backfill -3 failed", "run -2 after -3", "backfill -2 succeeded"));
  EXPECT_EQ(History().size(), 2u);
}

TEST_F(EngineTest, StopsABackfillAtAnInstantThatIsCancelled) {
  int begun = 0;
  Server server("a", {MakeTask("report", hours(1), Placement::kOneServer)}, clock_, *store_, [&](const RunOrder&) {
    return RunResult{++begun == 2 ? Outcome::kCancelled : Outcome::kSucceeded, "", ""};
  });
  std::vector<std::string> ended;
  Backfill backfill;
  backfill.instants = {kStart - hours(3), kStart - hours(2), kStart - hours(1)};
  backfill.on_ended = [&ended](const OccurrenceRecord& record) { ended.emplace_back(Name(record.outcome)); };
  server.engine().RunBackfill(server.schedule().tasks()[0], backfill);
  EXPECT_THAT(ended, testing::ElementsAre("succeeded", "cancelled"));
  EXPECT_EQ(begun, 2);
}

TEST_F(EngineTest, StopsABackfillAtAShutdown) {
  Server* stopping = nullptr;
  Server server("a", {MakeTask("report", hours(1), Placement::kOneServer)}, clock_, *store_,
                [&stopping](const RunOrder&) {
                  stopping->engine().RequestShutdown();
                  return RunResult{Outcome::kSucceeded, "", ""};
                });
  stopping = &server;
  int ended = 0;
  Backfill backfill;
  backfill.instants = {kStart - hours(3), kStart - hours(2), kStart - hours(1)};
  backfill.on_ended = [&ended](const OccurrenceRecord&) { ++ended; };
  server.engine().RunBackfill(server.schedule().tasks()[0], backfill);
  EXPECT_EQ(ended, 1);
}

TEST_F(EngineTest, RecordsAsLostTheRunOfAServerThatDied) {
  ClaimRequest orphan;  // What a server leaves behind that is killed in the middle of a run.
  orphan.run_id = "01ARZ3NDEKTSV4RRFFQ69G5FAV";
  orphan.task = orphan.scope = "backup";
  orphan.at = kStart;
  orphan.server = "dead";
  orphan.lease_ttl = seconds(15);
  orphan.lock_timeout = minutes(30);
  ASSERT_EQ(store_->Claim(std::vector{orphan}).value()[0].outcome, ClaimOutcome::kClaimed);

  Server server("a", {MakeTask("backup", hours(1), Placement::kOneServer)}, clock_, *store_, Succeed, kShortLease);
  server.Start();
  AdvanceUntil(server, EventKind::kRunLost);
  const std::vector<Event> lost = server.events().Await(EventKind::kRunLost, 1);
  EXPECT_EQ(lost[0].record->server, "dead");
  EXPECT_EQ(lost[0].record->outcome, Outcome::kLost);
}

}  // namespace
}  // namespace rota
