#include "rota/report/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json.hpp>

#include "rota/time/format.h"

namespace rota {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

CronQuestion About(std::string_view cron, const char* zone = "Europe/Berlin") {
  return {.cron = std::string(cron),
          .zone = TimeZone::Load(zone).value(),
          .from = ParseInstant("2026-03-06 12:00", TimeZone()).value(),
          .count = 2};
}

std::string Text(const CronQuestion& question, Locale locale = Locale::kEnglish) {
  const Result<CronExplanation> explanation = ExplainCron(question, locale);
  return explanation ? ToText(*explanation) : explanation.error().message();
}

TEST(ExplainCron, MarksEachFieldAndTellsWhatFollowsFromIt) {
  EXPECT_EQ(Text(About("30 2 * * 1-5")), R"(  30 2 * * 1-5
  │  │ │ │ └── day of week   Monday through Friday
  │  │ │ └──── month         every month
  │  │ └────── day of month  every day
  │  └──────── hour          2
  └─────────── minute        30

At 02:30, Monday through Friday (Europe/Berlin)

Next      2026-03-09 02:30:00 +01:00  Monday
          2026-03-10 02:30:00 +01:00  Tuesday
Previous  2026-03-06 02:30:00 +01:00  Friday
)");
}

TEST(ExplainCron, SpeaksChinese) {
  EXPECT_EQ(Text(About("*/7 * 13 * fri", "Asia/Shanghai"), Locale::kChinese), R"(  */7 * 13 * fri
  │   │ │  │ └── 星期  周五
  │   │ │  └──── 月份  每月
  │   │ └─────── 日期  13 日
  │   └───────── 小时  每小时
  └───────────── 分钟  0 至 56 每 7 分钟

每月 13 日或每周五每小时从第 0 分钟起每 7 分钟（Asia/Shanghai）

下次  2026-03-06 20:07:00 +08:00  周五
      2026-03-06 20:14:00 +08:00  周五
上次  2026-03-06 19:56:00 +08:00  周五

注意
  either_day: 同时指定了日期和星期，符合其一即触发。若需两者同时符合，请在星期字段前加 +。
  uneven_step: 7 不能整除 60：第 56 分钟之后 4 分钟即回到第 0 分钟。
)");
}

TEST(ExplainCron, TellsWhatChangesOfTheClocksDo) {
  EXPECT_THAT(Text(About("30 2 * * *")), HasSubstr(R"(
Changes of the clocks
  2026-03-29  02:30 does not exist: runs at 03:00 instead
  2026-10-25  02:30 occurs twice: runs at the first pass only
)"));
  EXPECT_THAT(Text(About("30 2 * * *"), Locale::kChinese), HasSubstr(R"(
时钟调整
  2026-03-29  02:30 不存在：改在 03:00 运行一次
  2026-10-25  02:30 出现两次：只在第一次运行
)"));
  EXPECT_THAT(Text(About("30 2 * * *", "UTC")), Not(HasSubstr("clocks")));
}

TEST(ExplainCron, NamesTheSecondsOfSixFields) {
  EXPECT_THAT(Text(About("15 30 2 * * *")), StartsWith(R"(  15 30 2 * * *
  │  │  │ │ │ └── day of week   every day
  │  │  │ │ └──── month         every month
  │  │  │ └────── day of month  every day
  │  │  └──────── hour          2
  │  └─────────── minute        30
  └────────────── second        15
)"));
}

TEST(ExplainCron, TakesBlanksAsTheyCome) {
  EXPECT_THAT(Text(About("  0\t2   * * *")), StartsWith("  0 2 * * *\n  │ │ │ │ └── "));
  EXPECT_EQ(ExplainCron(About("  0\t2   * * *"), Locale::kEnglish)->parts[2].column, 9);
}

TEST(ExplainCron, MarksNothingInAMacro) {
  EXPECT_THAT(Text(About("@daily", "UTC")), StartsWith("  @daily\n\nAt 00:00 (UTC)\n\nNext      2026-03-07 00:00:00"));
}

TEST(ExplainCron, TakesTheZoneOfTheText) {
  EXPECT_THAT(Text(About("CRON_TZ=Asia/Shanghai 0 2 * * *")), StartsWith(R"(  CRON_TZ=Asia/Shanghai 0 2 * * *
  │                     │ │ │ │ └── day of week   every day
  │                     │ │ │ └──── month         every month
  │                     │ │ └────── day of month  every day
  │                     │ └──────── hour          2
  │                     └────────── minute        0
  └──────────────────────────────── time zone     Asia/Shanghai

At 02:00 (Asia/Shanghai)

Next      2026-03-07 02:00:00 +08:00  Saturday
)"));
  EXPECT_THAT(Text(About("TZ=Asia/Shanghai @daily")), StartsWith(R"(  TZ=Asia/Shanghai @daily
  └─────────────────── time zone  Asia/Shanghai

At 00:00 (Asia/Shanghai)
)"));
}

TEST(ExplainCron, ExplainsIntervalsAndStarts) {
  EXPECT_EQ(Text(About("@every 90s", "UTC")),
            "  @every 90s\n\nEvery 1m30s (UTC)\n\n"
            "Next      2026-03-06 12:01:30 +00:00  Friday\n"
            "          2026-03-06 12:03:00 +00:00  Friday\n"
            "Previous  2026-03-06 11:58:30 +00:00  Friday\n");
  EXPECT_EQ(Text(About("@reboot"), Locale::kChinese), "  @reboot\n\n服务器启动时\n");
}

TEST(ExplainCron, TellsWhatNeverFires) {
  EXPECT_THAT(Text(About("0 0 30 2 *", "UTC")), EndsWith("\nNext      never\nPrevious  never\n\nWarnings\n"
                                                         "  never_fires: It never fires: no day from 1970 to 2199 "
                                                         "matches.\n"));
}

TEST(ExplainCron, ReadsQuartz) {
  CronQuestion question = About("0 0 12 ? * 2-6 2027", "UTC");
  question.dialect = CronDialect::kQuartz;
  EXPECT_EQ(Text(question), R"(  0 0 12 ? * 2-6 2027
  │ │ │  │ │ │   └── year          2027
  │ │ │  │ │ └────── day of week   Monday through Friday
  │ │ │  │ └──────── month         every month
  │ │ │  └────────── day of month  every day
  │ │ └───────────── hour          12
  │ └─────────────── minute        0
  └───────────────── second        0

At 12:00, Monday through Friday, in 2027 (UTC)

Next      2027-01-01 12:00:00 +00:00  Friday
          2027-01-04 12:00:00 +00:00  Monday
Previous  never
)");
}

TEST(ExplainCron, TakesTheHashOfTheTask) {
  CronQuestion question = About("H H * * *", "UTC");
  question.task = "backup:run";
  const Result<CronExplanation> one = ExplainCron(question, Locale::kEnglish);
  question.task = "report:send";
  const Result<CronExplanation> other = ExplainCron(question, Locale::kEnglish);
  ASSERT_TRUE(one && other);
  EXPECT_NE(one->words, other->words);
  EXPECT_THAT(one->words, StartsWith("At "));
}

TEST(ExplainCron, SaysAllOfItInJson) {
  const std::string json = ToJson(ExplainCron(About("30 2 13 * fri"), Locale::kChinese).value());
  EXPECT_THAT(json, EndsWith("\n"));
  const boost::json::value value = boost::json::parse(json);
  EXPECT_EQ(value.at("cron"), "30 2 13 * fri");
  EXPECT_EQ(value.at("locale"), "zh");
  EXPECT_EQ(value.at("schedule"), "每月 13 日或每周五 02:30");
  EXPECT_EQ(value.at("zone"), "Europe/Berlin");
  EXPECT_EQ(value.at("parts").at(2),
            (boost::json::value{
                {"text", "13"}, {"column", 6}, {"field", "day_of_month"}, {"name", "日期"}, {"words", "13 日"}}));
  EXPECT_EQ(value.at("fires_at_start"), false);
  EXPECT_EQ(value.at("from"), "2026-03-06T12:00:00Z");
  EXPECT_EQ(value.at("next").at(0),
            (boost::json::value{{"utc", "2026-03-13T01:30:00Z"}, {"local", "2026-03-13 02:30:00 +01:00"}}));
  EXPECT_EQ(value.at("previous"),
            (boost::json::value{{"utc", "2026-03-06T01:30:00Z"}, {"local", "2026-03-06 02:30:00 +01:00"}}));
  EXPECT_EQ(value.at("dst"), boost::json::array());
  EXPECT_EQ(value.at("warnings").at(0).at("code"), "either_day");

  const boost::json::value never =
      boost::json::parse(ToJson(ExplainCron(About("0 0 30 2 *"), Locale::kEnglish).value()));
  EXPECT_EQ(never.at("next"), boost::json::array());
  EXPECT_TRUE(never.at("previous").is_null());
  const boost::json::value daily =
      boost::json::parse(ToJson(ExplainCron(About("30 2 * * *"), Locale::kEnglish).value()));
  EXPECT_EQ(daily.at("dst").at(0), (boost::json::value{{"at", "2026-03-29T01:00:00Z"},
                                                       {"date", "2026-03-29"},
                                                       {"words", "02:30 does not exist: runs at 03:00 instead"}}));
}

TEST(PointAt, MarksWhatTheMessageIsAbout) {
  EXPECT_EQ(PointAt("0 25 * * *", "column 3: too large"), R"(column 3: too large
  0 25 * * *
    ^~)");
  EXPECT_EQ(PointAt("0 12,25,13 * * *", "column 6: too large"), R"(column 6: too large
  0 12,25,13 * * *
       ^~)");
}

TEST(PointAt, CountsWhatATerminalShows) {
  EXPECT_EQ(PointAt("每 * * * x", "column 11: not a weekday"), R"(column 11: not a weekday
  每 * * * x
           ^)");
  EXPECT_EQ(PointAt("*\t25 * * *", "column 3: too large"), R"(column 3: too large
  *\t25 * * *
     ^~)");
}

TEST(PointAt, LeavesAMessageWithoutAColumnAlone) {
  EXPECT_EQ(PointAt("* *", "found 2 fields"), "found 2 fields");
  EXPECT_EQ(PointAt("* *", "column 9: beyond"), "column 9: beyond");
}

}  // namespace
}  // namespace rota
