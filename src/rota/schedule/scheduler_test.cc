#include "rota/schedule/scheduler.h"

#include <gtest/gtest.h>

#include <set>

#include "rota/base/format.h"
#include "rota/schedule/test_catalog.h"

namespace rota {
namespace {

using namespace std::chrono_literals;

class SchedulerTest : public testing::Test {
 protected:
  std::string CronOf(const Schedule& schedule, std::string_view id) {
    const Task* task = schedule.Find(id);
    return task == nullptr ? "no task" : std::get<CronFrequency>(task->trigger->frequency()).text;
  }

  TestCatalog catalog_;
  Scheduler scheduler_{catalog_, TimeZone()};
};

TEST_F(SchedulerTest, DefinesTheTasksOfTheManual) {
  scheduler_.Command("backup:run").Daily().At("02:00").Unique().Register();
  scheduler_.Command("cache:clear").EveryThirtyMinutes().Register();
  scheduler_.Command("stats:generate").Weekly().At("00:00").Unique().Register();
  scheduler_.Command("task").Weekdays().At("13:00").Register();
  scheduler_.Command("report:generate").Daily().At("00:00").Unique().Register();
  const Result<Schedule> schedule = scheduler_.Build();
  ASSERT_TRUE(schedule) << schedule.error().message();
  ASSERT_EQ(schedule->tasks().size(), 5u);
  EXPECT_EQ(schedule->tasks()[0].id, "backup:run");
  EXPECT_EQ(CronOf(*schedule, "backup:run"), "0 2 * * *");
  EXPECT_EQ(CronOf(*schedule, "cache:clear"), "*/30 * * * *");
  EXPECT_EQ(CronOf(*schedule, "stats:generate"), "0 0 * * 0");
  EXPECT_EQ(CronOf(*schedule, "task"), "0 13 * * 1-5");
  EXPECT_EQ(CronOf(*schedule, "report:generate"), "0 0 * * *");
  EXPECT_TRUE(schedule->Find("backup:run")->unique());
  EXPECT_FALSE(schedule->Find("cache:clear")->unique());
}

TEST_F(SchedulerTest, UsesItsZoneForTasksThatNameNone) {
  Scheduler scheduler(catalog_, TimeZone::Load("Asia/Shanghai").value());
  scheduler.Command("task").Daily().Register();
  scheduler.Command("backup:run").Daily().Timezone("Europe/Berlin").Register();
  const Result<Schedule> schedule = scheduler.Build();
  EXPECT_EQ(schedule->Find("task")->trigger->zone().name(), "Asia/Shanghai");
  EXPECT_EQ(schedule->Find("backup:run")->trigger->zone().name(), "Europe/Berlin");
}

TEST_F(SchedulerTest, GroupsShareAttributesAndTasksOverrideThem) {
  const Attributes outer = Attributes()
                               .Timezone("Asia/Shanghai")
                               .Environments({"production"})
                               .EvenInMaintenanceMode()
                               .LockTimeout(1min)
                               .Timeout(30s)
                               .KillAfter(9s)
                               .Retry({.attempts = 2})
                               .Tag("outer")
                               .Between("08:00", "18:00")
                               .UnlessBetween("12:00", "13:00")
                               .When([] { return true; });
  scheduler_.Group(outer, [](Scheduler& group) {
    group.Command("task").Hourly().Register();
    group.Group(Attributes().Timezone("Asia/Tokyo").Unique().Tag("inner"), [](Scheduler& nested) {
      nested.Command("backup:run")
          .Hourly()
          .Environments({"staging"})
          .LockTimeout(2min)
          .Timeout(40s)
          .Retry({.attempts = 4})
          .Tag("own")
          .Between("20:00", "22:00")
          .UnlessBetween("01:00", "02:00")
          .Skip([] { return false; })
          .Register();
    });
  });
  scheduler_.Command("cache:clear").Hourly().Register();
  const Result<Schedule> schedule = scheduler_.Build();
  ASSERT_TRUE(schedule) << schedule.error().message();

  const Task& task = *schedule->Find("task");
  EXPECT_EQ(task.trigger->zone().name(), "Asia/Shanghai");
  EXPECT_FALSE(task.unique());
  EXPECT_EQ(task.policies->environments, std::vector<std::string>{"production"});
  EXPECT_TRUE(task.policies->even_in_maintenance_mode);
  EXPECT_EQ(task.policies->lock_timeout, 1min);
  EXPECT_EQ(task.policies->timeout, 30s);
  EXPECT_EQ(task.policies->retry, RetryPolicy{.attempts = 2});
  EXPECT_EQ(task.policies->tags, std::vector<std::string>{"outer"});
  EXPECT_EQ(task.policies->when.size(), 1u);

  const Task& nested = *schedule->Find("backup:run");
  EXPECT_EQ(nested.trigger->zone().name(), "Asia/Tokyo");
  EXPECT_TRUE(nested.unique());
  EXPECT_EQ(nested.policies->environments, std::vector<std::string>{"staging"});
  EXPECT_TRUE(nested.policies->even_in_maintenance_mode);
  EXPECT_EQ(nested.policies->lock_timeout, 2min);
  EXPECT_EQ(nested.policies->timeout, 40s);
  EXPECT_EQ(nested.policies->kill_after, 9s);
  EXPECT_EQ(nested.policies->retry, RetryPolicy{.attempts = 4});
  EXPECT_EQ(nested.policies->tags, (std::vector<std::string>{"inner", "outer", "own"}));
  const DayWindow evening = {20h, 22h}, night = {1h, 2h}, noon = {12h, 13h};
  EXPECT_EQ(nested.trigger->restrictions().between, std::vector{evening});
  EXPECT_EQ(nested.trigger->restrictions().unless_between, (std::vector{night, noon}));
  EXPECT_EQ(nested.policies->when.size(), 1u);
  EXPECT_EQ(nested.policies->skip.size(), 1u);

  const Task& outside = *schedule->Find("cache:clear");
  EXPECT_EQ(outside.trigger->zone().name(), "UTC");
  EXPECT_TRUE(outside.policies->tags.empty());
  EXPECT_FALSE(outside.policies->even_in_maintenance_mode);
}

TEST_F(SchedulerTest, GroupsShareDstPoliciesAndTasksOverrideThem) {
  const Attributes outer = Attributes().OnDstGap(DstGap::kSkip).OnDstOverlap(DstOverlap::kSecond);
  scheduler_.Group(outer, [](Scheduler& group) {
    group.Command("task").Name("inherits").Daily().Register();
    group.Command("task").Name("overrides").Daily().OnDstGap(DstGap::kRunBefore).Register();
    group.Command("task").Name("interval").EverySecond().Register();
    group.Group(Attributes().OnDstOverlap(DstOverlap::kBoth),
                [](Scheduler& nested) { nested.Command("task").Name("nested").Daily().Register(); });
  });
  const Result<Schedule> schedule = scheduler_.Build();
  const auto dst = [&schedule](const char* id) { return schedule->Find(id)->trigger->dst(); };
  EXPECT_EQ(dst("inherits"), (DstPolicy{DstGap::kSkip, DstOverlap::kSecond}));
  EXPECT_EQ(dst("overrides"), (DstPolicy{DstGap::kRunBefore, DstOverlap::kSecond}));
  EXPECT_EQ(dst("interval"), DstPolicy());
  EXPECT_EQ(dst("nested"), (DstPolicy{DstGap::kSkip, DstOverlap::kBoth}));
}

TEST_F(SchedulerTest, NamesTheCallThatAGroupGotWrong) {
  Status error;
  scheduler_.Group(Attributes().Timezone("Mars/Base"), [&](Scheduler& group) {
    const Result<TaskId> id = group.Command("task").Daily().TryRegister();
    error = id.error();
  });
  EXPECT_EQ(error.message(), "task: Timezone(\"Mars/Base\"): unknown time zone \"Mars/Base\"");
}

TEST_F(SchedulerTest, KeepsAttributesAsTheyWereWhenTheyAreExtended) {
  const Attributes base = Attributes().Tag("a");
  const Attributes extended = base.Tag("b").WithoutOverlapping();
  EXPECT_EQ(base.values().tags, std::vector<std::string>{"a"});
  EXPECT_FALSE(base.values().without_overlapping);
  EXPECT_EQ(extended.values().tags, (std::vector<std::string>{"a", "b"}));
  EXPECT_TRUE(extended.values().without_overlapping);
}

TEST_F(SchedulerTest, BuildsOnce) {
  scheduler_.Command("task").Daily().Register();
  ASSERT_TRUE(scheduler_.Build());
  EXPECT_EQ(scheduler_.Build().error().message(), "the schedule is already built: Build() is called once");
  EXPECT_EQ(scheduler_.Command("backup:run").Daily().TryRegister().error().message(),
            "backup:run: the schedule is already built: register tasks before Build()");
}

TEST_F(SchedulerTest, SharesEqualTriggersAndPolicies) {
  for (int i = 0; i < 1000; ++i) {
    scheduler_.Command("task").Name(Format("plain {}", i)).Cron(Format("{} 2 * * *", i % 10)).Register();
    scheduler_.Command("task").Name(Format("unique {}", i)).Daily().At("02:00").Unique().Tag("t").Register();
  }
  const Result<Schedule> schedule = scheduler_.Build();
  std::set<const Trigger*> triggers;
  std::set<const TaskPolicies*> policies;
  for (const Task& task : schedule->tasks()) {
    triggers.insert(task.trigger.get());
    policies.insert(task.policies.get());
  }
  EXPECT_EQ(triggers.size(), 10u);  // Daily().At("02:00") is Cron("0 2 * * *").
  EXPECT_EQ(policies.size(), 2u);
}

TEST_F(SchedulerTest, SpreadsTasksByTheirNamesAndSharesWhatFallsTogether) {
  for (int i = 0; i < 1000; ++i) scheduler_.Command("task").Name(Format("task {}", i)).Cron("H 2 * * *").Register();
  const Result<Schedule> schedule = scheduler_.Build();
  std::set<const Trigger*> triggers;
  std::set<std::string> keys;
  for (const Task& task : schedule->tasks()) {
    triggers.insert(task.trigger.get());
    keys.insert(task.trigger->key());
  }
  EXPECT_EQ(triggers.size(), 60u);
  EXPECT_EQ(keys.size(), 60u);

  Scheduler again(catalog_, TimeZone());
  again.Command("task").Name("task 7").Cron("H 2 * * *").Register();
  EXPECT_EQ(again.Build()->Find("task 7")->trigger->key(), schedule->Find("task 7")->trigger->key());
}

TEST_F(SchedulerTest, LetsTheZoneOfACronTextOverrideThatOfTheGroup) {
  scheduler_.Group(Attributes().Timezone("Asia/Shanghai"), [](Scheduler& group) {
    group.Command("task").Name("own").Cron("CRON_TZ=Asia/Tokyo 0 2 * * *").Register();
    group.Command("task").Name("group").Cron("0 2 * * *").Register();
  });
  const Result<Schedule> schedule = scheduler_.Build();
  EXPECT_EQ(schedule->Find("own")->trigger->zone().name(), "Asia/Tokyo");
  EXPECT_EQ(schedule->Find("group")->trigger->zone().name(), "Asia/Shanghai");
}

TEST_F(SchedulerTest, DoesNotShareWhatDiffers) {
  scheduler_.Command("task").Name("a").Daily().Register();
  scheduler_.Command("task").Name("b").Daily().Timezone("Europe/Berlin").Register();
  scheduler_.Command("task").Name("c").Cron("@daily").Register();  // Shown as it was written.
  scheduler_.Command("task").Name("d").Cron("0 * * * *").Mondays().Register();
  scheduler_.Command("task").Name("e").Cron("0 * * * *").Between("08:00", "09:00").Register();
  scheduler_.Command("task").Name("f").Cron("0 * * * *").UnlessBetween("08:00", "09:00").Register();
  scheduler_.Command("task").Name("g").Cron("0 * * * *").Register();
  scheduler_.Command("task").Name("h").Cron("0 * * * *").OnDstGap(DstGap::kSkip).Register();
  scheduler_.Command("task").Name("i").Cron("0 * * * *").OnDstOverlap(DstOverlap::kBoth).Register();
  const Result<Schedule> schedule = scheduler_.Build();
  std::set<const Trigger*> triggers;
  for (const Task& task : schedule->tasks()) triggers.insert(task.trigger.get());
  EXPECT_EQ(triggers.size(), 9u);
  EXPECT_EQ(schedule->Find("a")->trigger->key(), schedule->Find("c")->trigger->key());
}

TEST_F(SchedulerTest, KeepsConditionsOfTasksApart) {
  scheduler_.Command("task").Name("a").Daily().When([] { return true; }).Register();
  scheduler_.Command("task").Name("b").Daily().When([] { return false; }).Register();
  const Result<Schedule> schedule = scheduler_.Build();
  EXPECT_TRUE(schedule->Find("a")->policies->when[0]());
  EXPECT_FALSE(schedule->Find("b")->policies->when[0]());
}

TEST_F(SchedulerTest, HandsAProgramsKernelToTheSchedule) {
  class ProgramKernel : public Kernel {
   public:
    void Schedule(Scheduler& scheduler) override { scheduler.Command("task").Daily().Register(); }
  };
  ProgramKernel().Schedule(scheduler_);
  EXPECT_EQ(scheduler_.Build()->tasks().size(), 1u);
}

TEST_F(SchedulerTest, RefusesTheCallOfNothing) {
  const Result<TaskId> none = scheduler_.Call("none", std::function<Status(Context&)>()).Daily().TryRegister();
  EXPECT_EQ(none.error().message(), "none: Call(\"none\", …): expected a function");
}

TEST_F(SchedulerTest, NamesTheFunctionOfAChainThatForgotRegister) {
  {
    const TaskBuilder forgotten = scheduler_.Call("warm", [](Context&) {}).Daily();
  }
  EXPECT_EQ(scheduler_.Build().error().message(), "Register() is missing after Call(\"warm\", …).Daily()");
}

}  // namespace
}  // namespace rota
