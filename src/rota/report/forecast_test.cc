#include "rota/report/forecast.h"

#include <gmock/gmock.h>

#include <chrono>

#include "rota/base/format.h"
#include "rota/report/fires.h"
#include "rota/report/test_schedule.h"

namespace rota {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::SizeIs;
using namespace std::chrono_literals;

ForecastQuestion Days(std::string_view from, std::string_view to) { return {.from = Utc(from), .to = Utc(to)}; }

std::string TextOf(const Schedule& schedule, const ForecastQuestion& question) {
  return ToText(*MakeForecast(schedule, question));
}

TEST(Forecast, ListsWhatFiresInTheOrderOfInstantsAndOfRegistration) {
  const Schedule schedule = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("stats").Cron("0 */12 * * *").When([] { return true; }).Register();
    scheduler.Command("backup:run").DailyAt("12:00").Register();
    scheduler.Command("monthly").Monthly().Register();
    scheduler.Command("warm-up").Cron("@reboot").Register();
  });
  EXPECT_EQ(TextOf(schedule, Days("2026-03-07", "2026-03-08")),
            "TIME                        TASK        NOTE\n"
            "2026-03-07 00:00:00 +00:00  stats       if its conditions agree\n"
            "2026-03-07 12:00:00 +00:00  stats       if its conditions agree\n"
            "2026-03-07 12:00:00 +00:00  backup:run\n"
            "\n"
            "3 occurrences of 2 tasks from 2026-03-07 00:00:00 +00:00 to 2026-03-08 00:00:00 +00:00 (UTC).\n");
}

TEST(Forecast, ListsWhatFollowsOthersAtTheirInstant) {
  const Schedule schedule = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("extract").DailyAt("02:00").Register();
    scheduler.Command("alarm").After("extract").OnFailure().When([] { return true; }).Register();
  });
  EXPECT_THAT(
      TextOf(schedule, Days("2026-03-07", "2026-03-08")),
      testing::StartsWith("TIME                        TASK     NOTE\n"
                          "2026-03-07 02:00:00 +00:00  extract\n"
                          "2026-03-07 02:00:00 +00:00  alarm    after extract (fail), if its conditions agree\n"));
}

TEST(Forecast, TakesTheFirstInstantAndLeavesTheLast) {
  const Schedule schedule = MakeSchedule([](Scheduler& scheduler) { scheduler.Command("a").Daily().Register(); });
  EXPECT_EQ(MakeForecast(schedule, Days("2026-03-07", "2026-03-08"))->total, 1u);
  EXPECT_EQ(MakeForecast(schedule, Days("2026-03-07 00:00:01", "2026-03-08 00:00:01"))->occurrences[0].at,
            Utc("2026-03-08"));
}

TEST(Forecast, CountsWhatItDoesNotList) {
  const Schedule schedule = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("tick").EverySecond().Register();
    scheduler.Command("tock").EverySecond().Register();
    scheduler.Command("minutely").Cron("* * * * *").Register();
  });
  ForecastQuestion question = Days("2026-03-07", "2026-03-08");
  question.limit = 3;
  const Forecast forecast = *MakeForecast(schedule, question);
  EXPECT_THAT(forecast.occurrences, SizeIs(3));
  EXPECT_EQ(forecast.total, 2u * 86'400 + 1'440);
  EXPECT_THAT(ToText(forecast), HasSubstr("\nThe first 3 of 174240 occurrences, of 3 tasks, from 2026-03-07 "));
}

TEST(Forecast, ReckonsIntervalsAsTheyFire) {
  for (const Milliseconds period : {1ms, 250ms, 999ms, 7'500ms, 90'000ms, 3'600'000ms}) {
    for (const Milliseconds spread : {0ms, 400ms}) {
      if (spread > period) continue;
      const Schedule schedule = MakeSchedule([&](Scheduler& scheduler) {
        TaskBuilder task = scheduler.Command("a").Every(period);
        (spread > 0ms ? std::move(task).Spread(spread) : std::move(task)).Register();
      });
      const ForecastQuestion question = Days("2026-03-07 00:00:10", "2026-03-07 00:03:05");
      const Trigger& trigger = *schedule.tasks()[0].trigger;
      std::uint64_t fires = 0;
      for (auto at = trigger.Next(question.from - 1ms); *at < question.to; at = trigger.Next(*at)) ++fires;
      EXPECT_EQ(MakeForecast(schedule, question)->total, fires) << FormatDuration(period);
    }
  }
}

TEST(FireCounter, EndsWhereTriggersFireTooOften) {
  const Schedule schedule =
      MakeSchedule([](Scheduler& scheduler) { scheduler.Command("a").Cron("* * * * * *").Register(); });
  const Trigger& trigger = *schedule.tasks()[0].trigger;
  const auto none = [](std::size_t, std::uint64_t) {};
  FireCounter counter({Utc("2026-03-07"), Utc("2026-03-07 00:10")}, 1'000);
  EXPECT_TRUE(counter.Count(trigger, none).ok());
  EXPECT_EQ(counter.Count(trigger, none).message(),
            "the tasks fire more than 1000 times until 2026-03-07T00:10:00Z: expected a shorter stretch");
}

TEST(Forecast, IsForOneTaskWhereAsked) {
  const Schedule schedule = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("a").Hourly().Register();
    scheduler.Command("b").Hourly().Register();
  });
  ForecastQuestion question = Days("2026-03-07", "2026-03-08");
  question.task = "b";
  const Forecast forecast = *MakeForecast(schedule, question);
  EXPECT_EQ(forecast.total, 24u);
  EXPECT_EQ(forecast.occurrences[0].task->id, "b");
}

TEST(Forecast, LeavesOutWhatDoesNotRunHere) {
  const Schedule schedule = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("a").Daily().Register();
    scheduler.Command("rehearse").Daily().Environments({"staging"}).Register();
  });
  ForecastQuestion question = Days("2026-03-07", "2026-03-08");
  EXPECT_THAT(TextOf(schedule, question), HasSubstr("(UTC).\nLeft out: 1 task not for production.\n"));
  question.task = "rehearse";
  EXPECT_EQ(TextOf(schedule, question),
            "Nothing fires from 2026-03-07 00:00:00 +00:00 to 2026-03-08 00:00:00 +00:00 (UTC).\n"
            "Left out: 1 task not for production.\n");
}

TEST(Forecast, TellsWhatChangesOfTheClocksDo) {
  const Schedule schedule = MakeSchedule([](Scheduler& scheduler) {
    scheduler.Group(Attributes().Timezone("Europe/Berlin"), [](Scheduler& group) {
      group.Command("backup").DailyAt("02:30").Register();
      group.Command("copy").DailyAt("02:30").Register();
      group.Command("hourly").Hourly().Register();
    });
  });
  ForecastQuestion question = Days("2026-03-28 12:00", "2026-03-29 12:00");
  question.zone = SharedZone(schedule);
  const std::string text = TextOf(schedule, question);
  EXPECT_THAT(text, HasSubstr("\n2026-03-29 03:00:00 +02:00  backup\n"));
  EXPECT_THAT(text, HasSubstr("(Europe/Berlin).\n"
                              "\n"
                              "Changes of the clocks\n"
                              "  2026-03-29  backup and 1 more: 02:30 does not exist: runs at 03:00 instead\n"));
  question.from = Utc("2026-03-29 12:00");
  question.to = Utc("2026-10-24");
  EXPECT_THAT(TextOf(schedule, question), Not(HasSubstr("Changes")));
}

TEST(Forecast, ShowsTwentyChangesOfTheClocksAtMost) {
  const Schedule schedule = MakeSchedule([](Scheduler& scheduler) {
    for (int minute = 10; minute < 33; ++minute) {
      scheduler.Command("a")
          .DailyAt(Format("02:{}", minute))
          .Timezone("Europe/Berlin")
          .Name(Format("{}", minute))
          .Register();
    }
  });
  const Forecast forecast = *MakeForecast(schedule, Days("2026-03-28 12:00", "2026-03-29 12:00"));
  EXPECT_THAT(forecast.changes, SizeIs(23));
  EXPECT_THAT(ToText(forecast), HasSubstr("  2026-03-29  29: 02:29 does not exist: runs at 03:00 instead\n"
                                          "  and 3 more: schedule:list --dst has them all\n"));
}

TEST(Forecast, ShowsInstantsInTheZoneThatAllTasksShare) {
  const auto zones = [](const char* one, const char* other) {
    return SharedZone(MakeSchedule([&](Scheduler& scheduler) {
             scheduler.Command("a").Daily().Timezone(one).Register();
             scheduler.Command("b").Daily().Timezone(other).Register();
           }))
        .name();
  };
  EXPECT_EQ(zones("Asia/Tokyo", "Asia/Tokyo"), "Asia/Tokyo");
  EXPECT_EQ(zones("Asia/Tokyo", "Asia/Seoul"), "UTC");
  EXPECT_EQ(SharedZone(MakeSchedule([](Scheduler&) {})).name(), "UTC");
}

TEST(Forecast, RefusesAStretchThatIsNoneOrTooLong) {
  const Schedule schedule = MakeSchedule([](Scheduler& scheduler) { scheduler.Command("a").Daily().Register(); });
  const auto error = [&](const ForecastQuestion& question) {
    return MakeForecast(schedule, question).error().message();
  };
  EXPECT_EQ(error(Days("2026-03-08", "2026-03-08")),
            "2026-03-08T00:00:00Z: expected an instant after 2026-03-08T00:00:00Z, where the stretch begins");
  EXPECT_EQ(error(Days("2026-01-01", "2027-01-03")),
            "2027-01-03T00:00:00Z: expected at most 366d after 2026-01-01T00:00:00Z, where the stretch begins");
  EXPECT_TRUE(MakeForecast(schedule, Days("2024-01-01", "2025-01-01")));
}

TEST(Forecast, SaysTheSameInJson) {
  const Schedule schedule = MakeSchedule(
      [](Scheduler& scheduler) { scheduler.Command("backup").DailyAt("02:30").Timezone("Europe/Berlin").Register(); });
  ForecastQuestion question = Days("2026-03-29", "2026-03-30");
  question.zone = SharedZone(schedule);
  EXPECT_EQ(ToJson(*MakeForecast(schedule, question)),
            R"({"from":"2026-03-29T00:00:00Z","to":"2026-03-30T00:00:00Z","zone":"Europe/Berlin",)"
            R"("environment":"production","total":1,"tasks":1,"elsewhere":0,"occurrences":[{"task":"backup",)"
            R"("at":{"utc":"2026-03-29T01:00:00Z","local":"2026-03-29 03:00:00 +02:00"},"conditional":false}],)"
            R"("dst":[{"at":"2026-03-29T01:00:00Z","tasks":["backup"],)"
            R"("words":"02:30 does not exist: runs at 03:00 instead"}]})"
            "\n");
}

}  // namespace
}  // namespace rota
