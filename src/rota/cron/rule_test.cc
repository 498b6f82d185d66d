#include "rota/cron/rule.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace rota {
namespace {

using namespace std::chrono_literals;

CronRule Parsed(std::string_view text) {
  const Result<CronRule> rule = CronRule::Parse(text, {});
  EXPECT_TRUE(rule) << text << ": " << rule.error().message();
  return rule.value_or(CronRule());
}

std::string ErrorOf(std::string_view text) {
  const Result<CronRule> rule = CronRule::Parse(text, {});
  if (rule) return "";
  EXPECT_EQ(rule.error().code(), StatusCode::kInvalidArgument);
  return rule.error().message();
}

TEST(CronRule, IsAnExpression) {
  const CronRule rule = Parsed(" 0 2 * * * ");
  EXPECT_EQ(std::get<Expression>(rule.when), Expression::Parse("0 2 * * *").value());
  EXPECT_EQ(rule.zone, std::nullopt);
  EXPECT_EQ(std::get<Expression>(Parsed("@Daily").when), Expression::Parse("0 0 * * *").value());
}

TEST(CronRule, PassesTheOptionsOn) {
  const Result<CronRule> rule = CronRule::Parse("0 0 0 ? * 1", {.dialect = CronDialect::kQuartz});
  ASSERT_TRUE(rule) << rule.error().message();
  EXPECT_EQ(std::get<Expression>(rule->when).weekdays & 0x7f, 1u);
}

TEST(CronRule, IsAPeriod) {
  EXPECT_EQ(std::get<EveryPeriod>(Parsed("@every 90s").when).period, 90s);
  EXPECT_EQ(std::get<EveryPeriod>(Parsed("\t@EVERY \t 1h30m ").when).period, 90min);
  EXPECT_EQ(std::get<EveryPeriod>(Parsed("@every 366d").when).period, 366 * 24h);
}

TEST(CronRule, IsTheStartOfAServer) {
  EXPECT_TRUE(std::holds_alternative<AtServerStart>(Parsed("@reboot").when));
  EXPECT_TRUE(std::holds_alternative<AtServerStart>(Parsed(" @Reboot ").when));
}

TEST(CronRule, MayBringItsZone) {
  for (const char* text : {"CRON_TZ=Asia/Shanghai 0 2 * * *", "  TZ=Asia/Shanghai\t0 2 * * *",
                           "tz=Asia/Shanghai 0 2 * * *", "Cron_tz=Asia/Shanghai 0 2 * * *"}) {
    const CronRule rule = Parsed(text);
    ASSERT_TRUE(rule.zone);
    EXPECT_EQ(rule.zone->name(), "Asia/Shanghai");
    EXPECT_EQ(std::get<Expression>(rule.when), Expression::Parse("0 2 * * *").value());
  }
  EXPECT_TRUE(Parsed("TZ=Europe/Berlin @every 5m").zone);
  EXPECT_TRUE(Parsed("TZ=Europe/Berlin @reboot").zone);
}

TEST(CronRule, RefusesWithTheColumn) {
  const std::string duration = "expected a duration after @every, such as 90s, 30m, 1h30m or 7d";
  EXPECT_EQ(ErrorOf("@every"), "column 7: \"\": " + duration);
  EXPECT_EQ(ErrorOf("@every 5x"), "column 8: \"5x\": " + duration);
  EXPECT_EQ(ErrorOf("@every 1h 30m"), "column 8: \"1h 30m\": " + duration);
  EXPECT_EQ(ErrorOf("@every 500ms"), "column 8: \"500ms\": expected 1s to 366d");
  EXPECT_EQ(ErrorOf("@every 367d"), "column 8: \"367d\": expected 1s to 366d");
  EXPECT_EQ(ErrorOf("@reboot now"), "column 9: \"now\": nothing may follow @reboot");
  EXPECT_EQ(ErrorOf(" TZ=Asia/Shangai 0 2 * * *"),
            "column 2: \"TZ=Asia/Shangai\": unknown time zone \"Asia/Shangai\"; did you mean \"Asia/Shanghai\"?");
  EXPECT_EQ(ErrorOf("CRON_TZ=UTC"), "column 12: \"\": expected an expression after CRON_TZ=UTC");
  EXPECT_EQ(ErrorOf("tz=UTC  "), "column 9: \"\": expected an expression after tz=UTC");
  EXPECT_EQ(ErrorOf("CRON_TZ=Asia/Shanghai 0 25 * * *"),
            "column 25: hour \"25\": 25 is out of range; expected 0-23 or *");
}

TEST(CronRule, SuggestsRotasOwnNicknamesToo) {
  const std::string names =
      "expected one of @yearly @annually @monthly @weekly @daily @midnight @hourly @reboot, or @every and a period; "
      "did you mean ";
  EXPECT_EQ(ErrorOf("@evry 5m"), "column 1: \"@evry\": " + names + "\"@every\"?");
  EXPECT_EQ(ErrorOf("@rebot"), "column 1: \"@rebot\": " + names + "\"@reboot\"?");
}

TEST(CronRule, SaysWhatItIsInWords) {
  const auto words = [](std::string_view text, Locale locale) {
    return Describe(CronRule::Parse(text, {}).value(), locale);
  };
  EXPECT_EQ(words("CRON_TZ=Asia/Shanghai 0 2 * * 1-5", Locale::kEnglish), "At 02:00, Monday through Friday");
  EXPECT_EQ(words("@every 90s", Locale::kEnglish), "Every 1m30s");
  EXPECT_EQ(words("@every 90s", Locale::kChinese), "每 1 分钟 30 秒");
  EXPECT_EQ(words("@reboot", Locale::kEnglish), "When the server starts");
  EXPECT_EQ(words("@reboot", Locale::kChinese), "服务器启动时");
}

}  // namespace
}  // namespace rota
