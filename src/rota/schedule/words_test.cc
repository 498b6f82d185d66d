#include "rota/schedule/words.h"

#include <gtest/gtest.h>

#include "rota/base/format.h"
#include "rota/schedule/scheduler.h"
#include "rota/schedule/test_catalog.h"
#include "rota/time/format.h"

namespace rota {
namespace {

// What the words define, as a cron text or a description, or the error.
std::string Read(std::string_view words) {
  TestCatalog catalog;
  Scheduler scheduler(catalog, TimeZone());
  Result<TaskBuilder> builder = ApplyWords(scheduler.Command("task"), words);
  if (!builder) {
    EXPECT_TRUE(scheduler.Build()) << "the chain counts as forgotten";
    return builder.error().message();
  }
  const Result<TaskId> id = std::move(*builder).TryRegister();
  if (!id) return id.error().message();
  const Result<Schedule> schedule = scheduler.Build();
  const Trigger& trigger = *schedule->Find(*id)->trigger;
  const auto* cron = std::get_if<CronFrequency>(&trigger.frequency());
  std::string text = cron != nullptr ? cron->text : trigger.Describe();
  if (cron == nullptr) return text;
  for (const auto& [from, to] : trigger.restrictions().between) {
    text += Format(" +{}-{}", FormatTimeOfDay(from), FormatTimeOfDay(to));
  }
  for (const auto& [from, to] : trigger.restrictions().unless_between) {
    text += Format(" -{}-{}", FormatTimeOfDay(from), FormatTimeOfDay(to));
  }
  return text;
}

struct Example {
  const char* words;
  const char* expected;
};
void Expect(const std::vector<Example>& examples) {
  for (const Example& example : examples) EXPECT_EQ(Read(example.words), example.expected) << example.words;
}

TEST(ApplyWords, KnowsEveryFrequencyOfTheBuilder) {
  Expect({
      {"every second", "Every 1s"},
      {"every two seconds", "Every 2s"},
      {"every five seconds", "Every 5s"},
      {"every ten seconds", "Every 10s"},
      {"every fifteen seconds", "Every 15s"},
      {"every twenty seconds", "Every 20s"},
      {"every thirty seconds", "Every 30s"},
      {"every minute", "* * * * *"},
      {"every two minutes", "*/2 * * * *"},
      {"every three minutes", "*/3 * * * *"},
      {"every four minutes", "*/4 * * * *"},
      {"every five minutes", "*/5 * * * *"},
      {"every ten minutes", "*/10 * * * *"},
      {"every fifteen minutes", "*/15 * * * *"},
      {"every thirty minutes", "*/30 * * * *"},
      {"hourly", "0 * * * *"},
      {"every hour", "0 * * * *"},
      {"hourly at 15", "15 * * * *"},
      {"hourly at 15 45", "15,45 * * * *"},
      {"hourly at 15, 30 and 45", "15,30,45 * * * *"},
      {"every odd hour", "0 1-23/2 * * *"},
      {"every two hours", "0 */2 * * *"},
      {"every three hours", "0 */3 * * *"},
      {"every four hours", "0 */4 * * *"},
      {"every six hours", "0 */6 * * *"},
      {"daily", "0 0 * * *"},
      {"every day", "0 0 * * *"},
      {"at 02:00", "0 2 * * *"},
      {"daily at 02:00", "0 2 * * *"},
      {"twice daily", "0 1,13 * * *"},
      {"twice daily 2 14", "0 2,14 * * *"},
      {"twice daily at 2 and 14", "0 2,14 * * *"},
      {"twice daily at 1 13 15", "15 1,13 * * *"},
      {"weekly", "0 0 * * 0"},
      {"every week", "0 0 * * 0"},
      {"weekly at 08:00", "0 8 * * 0"},
      {"weekly on monday", "0 0 * * 1"},
      {"weekly on monday 08:00", "0 8 * * 1"},
      {"weekly on tue at 08:00", "0 8 * * 2"},
      {"weekdays", "0 0 * * 1-5"},
      {"weekdays at 13:00", "0 13 * * 1-5"},
      {"every weekday at 13:00", "0 13 * * 1-5"},
      {"weekends", "0 0 * * 0,6"},
      {"every weekend", "0 0 * * 0,6"},
      {"sundays", "0 0 * * 0"},
      {"mondays", "0 0 * * 1"},
      {"tuesdays", "0 0 * * 2"},
      {"wednesdays", "0 0 * * 3"},
      {"thursdays", "0 0 * * 4"},
      {"fridays", "0 0 * * 5"},
      {"saturdays", "0 0 * * 6"},
      {"every monday at 09:00", "0 9 * * 1"},
      {"on monday and friday at 09:00", "0 9 * * 1,5"},
      {"days mon wed fri", "0 0 * * 1,3,5"},
      {"weekdays and sundays at 09:00", "0 9 * * 0-5"},
      {"hourly on weekdays", "0 * * * 1-5"},
      {"monthly", "0 0 1 * *"},
      {"every month", "0 0 1 * *"},
      {"monthly on 4", "0 0 4 * *"},
      {"monthly on 4 15:00", "0 15 4 * *"},
      {"monthly on day 4 at 15:00", "0 15 4 * *"},
      {"twice monthly", "0 0 1,16 * *"},
      {"twice monthly 5 20 13:00", "0 13 5,20 * *"},
      {"twice monthly on 5 and 20 at 13:00", "0 13 5,20 * *"},
      {"last day of month", "0 0 L * *"},
      {"last day of the month at 15:00", "0 15 L * *"},
      {"days of month 1 10 20 at 06:00", "0 6 1,10,20 * *"},
      {"quarterly", "0 0 1 1,4,7,10 *"},
      {"every quarter", "0 0 1 1,4,7,10 *"},
      {"quarterly on 4 14:00", "0 14 4 1,4,7,10 *"},
      {"yearly", "0 0 1 1 *"},
      {"every year", "0 0 1 1 *"},
      {"annually", "0 0 1 1 *"},
      {"yearly on 6 1 17:00", "0 17 1 6 *"},
      {"yearly on june 1 at 17:00", "0 17 1 6 *"},
      {"once at 2026-03-07 02:00", "Once at 2026-03-07 02:00:00 +00:00"},
      {"once 2026-03-07T02:00:00Z", "Once at 2026-03-07 02:00:00 +00:00"},
      {"every minute between 08:00 18:00", "* * * * * +08:00-18:00"},
      {"hourly unless between 22:00 and 06:00", "0 * * * * -22:00-06:00"},
      {"hourly except between 22:00 to 06:00", "0 * * * * -22:00-06:00"},
  });
}

TEST(ApplyWords, ReadsAnyNumberOfUnits) {
  Expect({
      {"every 90s", "Every 1m30s"},
      {"every 250ms", "Every 250ms"},
      {"every 1h30m", "Every 1h30m"},
      {"every 5 minutes", "*/5 * * * *"},
      {"every 1 minute", "* * * * *"},
      {"every one hour", "0 * * * *"},
      {"every 7 minutes", "Every 7m"},
      {"every seven minutes", "Every 7m"},
      {"every 45 seconds", "Every 45s"},
      {"every 5 hours", "Every 5h"},
      {"every 13 hours", "Every 13h"},
      {"every 10 seconds between 08:00 18:00", "Every 10s, between 08:00 and 18:00"},
      {"every 10 seconds on weekdays", "Every 10s, only on Monday through Friday"},
      {"every 0 seconds", "task: Every(0s): expected 1ms to 366d"},
  });
}

TEST(ApplyWords, DoesNotMindCaseAndUnderscores) {
  Expect({
      {"Daily At 02:00", "0 2 * * *"},
      {"DAILY AT 02:00", "0 2 * * *"},
      {"every_five_minutes", "*/5 * * * *"},
      {"EveryFiveMinutes", "*/5 * * * *"},
      {"weekly_on MONDAY  08:00", "0 8 * * 1"},
      {"LastDayOfMonth 15:00", "0 15 L * *"},
      {"  daily\tat\n02:00 ", "0 2 * * *"},
  });
}

TEST(ApplyWords, TakesCronExpressionsAsTheyAre) {
  Expect({
      {"0 2 * * *", "0 2 * * *"},
      {" */15 * * * * ", "*/15 * * * *"},
      {"0 30 9 * * mon-fri", "0 30 9 * * mon-fri"},
      {"@daily", "@daily"},
      {"@reboot", "When the server starts"},
      {"@every 90s", "Every 1m30s"},
      {"CRON_TZ=Asia/Shanghai 0 2 * * *", "CRON_TZ=Asia/Shanghai 0 2 * * *"},
      {"TZ=UTC @every 1h", "Every 1h"},
      {"H 2 * * *", "H 2 * * *"},
      {"H(0-29) 2 * * *", "H(0-29) 2 * * *"},
      {"H/15 * * * *", "H/15 * * * *"},
      {"61 * * * *", "task: Cron(\"61 * * * *\"): column 1: minute \"61\": 61 is out of range; expected 0-59 or *"},
  });
}

TEST(ApplyWords, ReadsACronExpressionInTheDialectGiven) {
  TestCatalog catalog;
  Scheduler scheduler(catalog, TimeZone());
  Result<TaskBuilder> builder = ApplyWords(scheduler.Command("task"), "/15 0 2 ? * 2", CronDialect::kQuartz);
  ASSERT_TRUE(builder && std::move(*builder).TryRegister());
  const Result<Schedule> schedule = scheduler.Build();
  EXPECT_EQ(std::get<CronFrequency>(schedule->tasks()[0].trigger->frequency()).dialect, CronDialect::kQuartz);
}

TEST(ApplyWords, RefusesWordsBesideADialect) {
  TestCatalog catalog;
  Scheduler scheduler(catalog, TimeZone());
  EXPECT_EQ(ApplyWords(scheduler.Command("task"), "daily at 02:00", CronDialect::kOcps).error().message(),
            "\"daily at 02:00\": expected a cron expression, as a dialect is given");
  EXPECT_TRUE(scheduler.Build()) << "the chain counts as forgotten";
}

TEST(ApplyWords, RefusesWordsItDoesNotKnow) {
  Expect({
      {"dayly at 02:00", "unknown words \"dayly\"; did you mean \"daily\"?"},
      {"every fve minutes", "unknown words \"every fve minutes\"; did you mean \"every five minutes\"?"},
      {"daily at 02:00 on munday", "unknown words \"munday\"; did you mean \"sunday\"?"},
      {"whenever", "unknown words \"whenever\": expected a schedule such as \"daily at 02:00\" or \"0 2 * * *\""},
      {"every now and then", "unknown words \"every now\"; did you mean \"every hour\"?"},
      {"every fortnight at 02:00",
       "unknown words \"every fortnight\": expected a schedule such as \"daily at 02:00\" or \"0 2 * * *\""},
      {"daily and every 2 blue moons",
       "unknown words \"every 2 blue\": expected a schedule such as \"daily at 02:00\" or \"0 2 * * *\""},
      {"d\x1b[31m", "unknown words \"d\\x1b[31m\": expected a schedule such as \"daily at 02:00\" or \"0 2 * * *\""},
      {"", "the schedule is empty: expected a schedule such as \"daily at 02:00\" or \"0 2 * * *\""},
      {" _ ", "the schedule is empty: expected a schedule such as \"daily at 02:00\" or \"0 2 * * *\""},
  });
}

TEST(ApplyWords, ShowsHowAPhraseGoesOn) {
  Expect({
      {"every", "\"every\": expected it as in \"every 90s\""},
      {"every 5", "\"every\": expected it as in \"every 90s\""},
      {"daily at", "\"at\": expected it as in \"daily at 02:00\""},
      {"daily at noon", "\"at\": expected it as in \"daily at 02:00\""},
      {"hourly at", "\"hourly at\": expected it as in \"hourly at 15 45\""},
      {"twice daily 1", "\"twice daily\": expected it as in \"twice daily 1 13\""},
      {"weekly on 08:00", "\"weekly on\": expected it as in \"weekly on monday 08:00\""},
      {"monthly on monday", "\"monthly on\": expected it as in \"monthly on 4 15:00\""},
      {"twice monthly 1", "\"twice monthly\": expected it as in \"twice monthly 1 16 13:00\""},
      {"days", "\"days\": expected it as in \"days monday friday\""},
      {"days of month", "\"days of month\": expected it as in \"days of month 1 10 20\""},
      {"quarterly on", "\"quarterly on\": expected it as in \"quarterly on 4 14:00\""},
      {"yearly on june", "\"yearly on\": expected it as in \"yearly on june 1 17:00\""},
      {"once at", "\"once at\": expected it as in \"once at 2026-03-07 02:00\""},
      {"hourly between 08:00", "\"between\": expected it as in \"between 08:00 and 18:00\""},
      {"hourly unless between 8", "\"unless between\": expected it as in \"unless between 08:00 and 18:00\""},
  });
}

TEST(ApplyWords, LeavesMeaningToTheBuilder) {
  Expect({
      {"daily at 25:61", "task: At(\"25:61\"): expected HH:MM, 00:00 to 23:59"},
      {"daily hourly", "task: Daily() and Hourly() contradict each other: a task has one frequency"},
      {"monthly on 32", "task: MonthlyOn(32): expected a day 1 to 31"},
      {"daily between 08:00 18:00",
       "task: Daily().Between(\"08:00\", \"18:00\"): never fires: expected an instant between 1970 and 2200 that "
       "meets all of it"},
  });
}

TEST(ApplyWords, AddsToWhatTheChainSaysAlready) {
  TestCatalog catalog;
  Scheduler scheduler(catalog, TimeZone());
  Result<TaskBuilder> builder = ApplyWords(scheduler.Command("task").At("07:00").Unique(), "weekdays");
  ASSERT_TRUE(builder);
  ASSERT_TRUE(std::move(*builder).TryRegister());
  const Result<Schedule> schedule = scheduler.Build();
  EXPECT_EQ(schedule->tasks()[0].trigger->Describe(), "At 07:00, Monday through Friday");
  EXPECT_TRUE(schedule->tasks()[0].unique());
}

}  // namespace
}  // namespace rota
