#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rota/schedule/scheduler.h"
#include "rota/schedule/test_catalog.h"

namespace rota {
namespace {

using testing::ElementsAre;

class Chains : public testing::Test {
 protected:
  std::string Error(const PlaceOfTask& where = nullptr) {
    const Result<Schedule> built = scheduler_.Build(where);
    return built ? "" : built.error().message();
  }

  TestCatalog commands_;
  Scheduler scheduler_{commands_, TimeZone()};
};

TEST_F(Chains, AreDueAsTheirFirstTaskIs) {
  scheduler_.Shell("report").After("load").OnEnd().Register();
  scheduler_.Shell("load").After("extract").After("clean").OnFailure().Register();
  scheduler_.Shell("clean").Daily().At("02:00").Register();
  scheduler_.Shell("extract").DailyAt("02:00").Register();
  const Result<Schedule> schedule = scheduler_.Build();
  ASSERT_TRUE(schedule) << schedule.error().message();
  const Task& load = *schedule->Find("load");
  EXPECT_EQ(load.trigger->key(), schedule->Find("clean")->trigger->key());
  EXPECT_EQ(schedule->Find("report")->trigger->key(), load.trigger->key());
  EXPECT_THAT(load.policies->after, ElementsAre(Parent{"extract"}, Parent{"clean", ParentEnd::kFail}));
  EXPECT_EQ(schedule->Find("report")->policies->after.front().on, ParentEnd::kEnd);
}

TEST_F(Chains, CountInTheDigest) {
  const auto digest = [this](ParentEnd on) {
    Scheduler scheduler(commands_, TimeZone());
    scheduler.Shell("extract").Daily().Register();
    auto load = scheduler.Shell("load").After("extract");
    on == ParentEnd::kFail ? std::move(load).OnFailure().Register() : std::move(load).OnSuccess().Register();
    return scheduler.Build()->digest();
  };
  EXPECT_NE(digest(ParentEnd::kSuccess), digest(ParentEnd::kFail));
}

TEST_F(Chains, NeedParentsThatAreThere) {
  scheduler_.Shell("extract").Daily().Register();
  scheduler_.Shell("load").After("extrakt").Register();
  EXPECT_EQ(Error(), "load: After(\"extrakt\"): expected the name of a task; did you mean \"extract\"?");
}

TEST_F(Chains, TellWhereTheTaskWasDefined) {
  scheduler_.Shell("load").After("extract").Register();
  EXPECT_THAT(Error([](const TaskId& id) { return id == "load" ? "rota.yaml:3:5" : ""; }),
              testing::StartsWith("rota.yaml:3:5: load: After("));
}

TEST_F(Chains, DoNotFollowThemselves) {
  scheduler_.Shell("extract").Daily().Register();
  scheduler_.Shell("load").After("extract").After("report").Register();
  scheduler_.Shell("report").After("load").Register();
  scheduler_.Shell("mail").After("report").Register();
  EXPECT_EQ(Error(), "load: After(\"extract\"): load after report after load; expected that no task follows itself");
}

TEST_F(Chains, DoNotFollowTheStartOfAServer) {
  scheduler_.Shell("warm").Cron("@reboot").Register();
  scheduler_.Shell("load").After("warm").Register();
  EXPECT_EQ(
      Error(),
      "load: After(\"warm\"): warm runs when a server starts; expected a task that is due at instants of its own");
}

TEST_F(Chains, AreUniqueAsAWhole) {
  scheduler_.Shell("extract").Daily().Unique().Register();
  scheduler_.Shell("load").After("extract").Register();
  EXPECT_EQ(Error(), "load: After(\"extract\"): only extract is Unique(); expected both to be or neither");
}

TEST_F(Chains, HaveParentsThatAreDueTogether) {
  scheduler_.Shell("extract").Daily().Register();
  scheduler_.Shell("clean").Hourly().Register();
  scheduler_.Shell("load").After("extract").After("clean").Register();
  EXPECT_THAT(Error(), testing::AllOf(testing::StartsWith("load: After(\""),
                                      testing::EndsWith("; expected parents that are due together")));
}

TEST_F(Chains, HaveNoTimesOfTheirOwn) {
  const auto error = [this](TaskBuilder builder) { return std::move(builder).TryRegister().error().message(); };
  EXPECT_EQ(error(scheduler_.Shell("a").After("extract").Hourly()),
            "a: After(\"extract\") and Hourly() contradict each other: a task that follows others is due as they are");
  EXPECT_THAT(error(scheduler_.Shell("a").After("b").At("02:00")), testing::HasSubstr("At(\"02:00\")"));
  EXPECT_THAT(error(scheduler_.Shell("a").After("b").Mondays()), testing::HasSubstr("Mondays()"));
  EXPECT_THAT(error(scheduler_.Shell("a").After("b").Timezone("UTC")), testing::HasSubstr("Timezone(\"UTC\")"));
  EXPECT_THAT(error(scheduler_.Shell("a").After("b").Spread(Milliseconds(5))), testing::HasSubstr("Spread(5ms)"));
  EXPECT_THAT(error(scheduler_.Shell("a").After("b").Between("01:00", "02:00")), testing::HasSubstr("Between()"));
  EXPECT_THAT(error(scheduler_.Shell("a").After("b").UnlessBetween("01:00", "02:00")),
              testing::HasSubstr("UnlessBetween()"));
}

TEST_F(Chains, TakeNoTimesFromTheirGroup) {
  scheduler_.Shell("extract").Daily().Register();
  scheduler_.Group(Attributes().Timezone("Asia/Shanghai").Between("08:00", "09:00"),
                   [](Scheduler& group) { group.Shell("load").After("extract").Register(); });
  const Result<Schedule> schedule = scheduler_.Build();
  ASSERT_TRUE(schedule) << schedule.error().message();
  EXPECT_EQ(schedule->Find("load")->trigger->key(), schedule->Find("extract")->trigger->key());
}

TEST_F(Chains, SayOnceWhatTheyWaitFor) {
  const auto error = [this](TaskBuilder builder) { return std::move(builder).TryRegister().error().message(); };
  EXPECT_THAT(error(scheduler_.Shell("a").After("b").OnEnd().OnFailure()),
              testing::HasSubstr("OnEnd() and OnFailure() contradict each other"));
  EXPECT_THAT(error(scheduler_.Shell("a").After("b").After("b")),
              testing::HasSubstr("a task follows another one once"));
  EXPECT_THAT(error(scheduler_.Shell("a").Daily().OnSuccess()),
              testing::HasSubstr("OnSuccess(): expected After(\"a task\") before it, or a function to be called"));
  EXPECT_THAT(error(scheduler_.Shell("a").After("")), testing::HasSubstr("After(\"\"): expected the name of a task"));
}

}  // namespace
}  // namespace rota
