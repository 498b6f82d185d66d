#include "rota/report/schedule_diff.h"

#include <gtest/gtest.h>

#include "rota/report/test_schedule.h"

namespace rota {
namespace {

ScheduleDiff Compare(const std::function<void(Scheduler&)>& before, const std::function<void(Scheduler&)>& after) {
  return Diff(MakeSchedule(before), MakeSchedule(after), {.from = Utc("2026-03-27 00:00"), .examples = 1});
}

// One task that changes, one that goes, one that comes.
ScheduleDiff Example() {
  return Compare(
      [](Scheduler& scheduler) {
        scheduler.Command("backup:run").Daily().At("02:00").Register();
        scheduler.Shell("df -h").Name("disk").WeeklyOn(Weekday::kMonday, "07:00").Register();
      },
      [](Scheduler& scheduler) {
        scheduler.Command("backup:run").Daily().At("03:00").Timezone("Asia/Shanghai").Unique().Register();
        scheduler.Command("report").MonthlyOn(1, "09:00").Register();
      });
}

TEST(ScheduleDiffText, ShowsWhatChangedAndWhichInstantsAppearOrVanish) {
  EXPECT_EQ(ToText(Example()),
            "TASK        CHANGE    BEFORE                            AFTER\n"
            "backup:run  schedule  At 02:00                          At 03:00\n"
            "            zone      UTC                               Asia/Shanghai\n"
            "            unique    false                             true\n"
            "            overlap   allow                             skip\n"
            "report      added     -                                 At 09:00, on day 1 of the month (UTC): report\n"
            "disk        removed   At 07:00, on Monday (UTC): df -h  -\n"
            "\n"
            "From 2026-03-27 00:00:00 +00:00 to 2026-04-03 00:00:00 +00:00:\n"
            "\n"
            "TASK        INSTANTS  FIRST\n"
            "backup:run  7 appear  2026-03-28 03:00:00 +08:00 and 6 more\n"
            "backup:run  7 vanish  2026-03-27 10:00:00 +08:00 and 6 more\n"
            "report      1 appear  2026-04-01 09:00:00 +00:00\n"
            "disk        1 vanish  2026-03-30 07:00:00 +00:00\n");
}

TEST(ScheduleDiffText, SaysThatNothingChanged) {
  const auto daily = [](Scheduler& scheduler) { scheduler.Shell("df -h").Daily().Register(); };
  EXPECT_EQ(ToText(Compare(daily, daily)), "The schedules are the same.\n");
}

TEST(ScheduleDiffText, SaysThatNoInstantChanges) {
  const auto daily = [](Scheduler& scheduler) { scheduler.Shell("df -h").Name("disk").Daily().Register(); };
  const auto tagged = [](Scheduler& scheduler) {
    scheduler.Shell("df -h").Name("disk").Daily().Tag("a\x1b[2J").Register();
  };
  EXPECT_EQ(ToText(Compare(daily, tagged)),
            "TASK  CHANGE  BEFORE  AFTER\n"
            "disk  tags    -       a\\x1b[2J\n"
            "\n"
            "No instant appears or vanishes from 2026-03-27 00:00:00 +00:00 to 2026-04-03 00:00:00 +00:00.\n");
}

TEST(ScheduleDiffText, SaysWhereItStoppedCounting) {
  const std::string text =
      ToText(Compare([](Scheduler&) {}, [](Scheduler& scheduler) { scheduler.Shell("df").EverySecond().Register(); }));
  EXPECT_NE(text.find("2026-03-27 00:00:01 +00:00 and 99999 more at least\n"), std::string::npos) << text;
}

TEST(ScheduleDiffJson, HoldsTheSame) {
  EXPECT_EQ(
      ToJson(Compare([](Scheduler& scheduler) { scheduler.Command("a").MonthlyOn(1, "09:00").Register(); },
                     [](Scheduler& scheduler) { scheduler.Command("a").MonthlyOn(1, "09:00").Tag("db").Register(); })),
      R"({"same":false,"from":"2026-03-27T00:00:00Z","to":"2026-04-03T00:00:00Z","tasks":[{"task":"a",)"
      R"("change":"changed","fields":[{"field":"tags","before":null,"after":"db"}],"zone":"UTC",)"
      R"("appear":{"count":0,"first":[]},"vanish":{"count":0,"first":[]},"counted":true}]})"
      "\n");
  EXPECT_NE(ToJson(Example()).find(
                R"({"task":"disk","change":"removed","fields":[],"zone":"UTC","appear":{"count":0,"first":[]},)"
                R"("vanish":{"count":1,"first":[{"utc":"2026-03-30T07:00:00Z","local":"2026-03-30 07:00:00 +00:00"}]},)"
                R"("counted":true})"),
            std::string::npos)
      << ToJson(Example());
}

}  // namespace
}  // namespace rota
