#include "rota/cron/advice.h"

#include <gtest/gtest.h>

#include "rota/time/format.h"

namespace rota {
namespace {

using Codes = std::vector<std::string_view>;

std::vector<Advice> AdviceOn(std::string_view text, const char* zone = "UTC", Locale locale = Locale::kEnglish) {
  const WallTime from = ParseInstant("2026-03-01", TimeZone()).value();
  return Advise(Expression::Parse(text).value(), TimeZone::Load(zone).value(), from, locale);
}

Codes CodesOf(std::string_view text, const char* zone = "UTC") {
  Codes codes;
  for (const Advice& advice : AdviceOn(text, zone)) codes.push_back(advice.code);
  return codes;
}

// The only advice there is.
std::string Sentence(std::string_view text, const char* zone = "UTC", Locale locale = Locale::kEnglish) {
  const std::vector<Advice> advice = AdviceOn(text, zone, locale);
  EXPECT_EQ(advice.size(), 1u) << text;
  return advice.empty() ? "" : advice.front().sentence;
}
std::string Chinese(std::string_view text, const char* zone = "UTC") { return Sentence(text, zone, Locale::kChinese); }

TEST(Advise, HasNothingToSayOfWhatIsPlain) {
  for (const char* text : {"0 2 * * *", "*/15 * * * *", "0 2 * * 1-5", "*/5 9-17 * * 1-5", "* 22,23,0-5 * * *",
                           "* * * * * *", "0 0 1,15 * *", "0 0 L * *", "0 0 25-31 * *", "0 0 1-31 * mon",
                           "0 0 31 1,3,5,7 *", "0 0 1-7 * +mon", "0,40 2 * * *", "0 */6 * * *"}) {
    EXPECT_EQ(CodesOf(text, "Europe/Berlin"), Codes()) << text;
  }
}

TEST(Advise, TellsWhatNeverFires) {
  EXPECT_EQ(CodesOf("0 0 30 2 *"), Codes{"never_fires"});
  EXPECT_EQ(CodesOf("* 0 31 2,4 *"), Codes{"never_fires"});
  EXPECT_EQ(Sentence("0 0 30 2 *"), "It never fires: no day from 1970 to 2199 matches.");
  EXPECT_EQ(Chinese("0 0 30 2 *"), "它永远不会触发：1970 至 2199 年没有一天符合。");
}

TEST(Advise, TellsWhatDoesNotFireAgain) {
  const Expression expression = Expression::Parse("0 0 1 1 *").value();
  const WallTime from = ParseInstant("2199-03-01", TimeZone()).value();
  EXPECT_EQ(Advise(expression, TimeZone(), from),
            (std::vector<Advice>{{"never_again", "It does not fire after 2199-03-01 00:00:00 +00:00 any more."}}));
  EXPECT_EQ(Advise(expression, TimeZone(), from, Locale::kChinese),
            (std::vector<Advice>{{"never_again", "2199-03-01 00:00:00 +00:00 之后它不再触发。"}}));
}

TEST(Advise, TellsHowTheDayFieldsCombine) {
  EXPECT_EQ(Sentence("0 0 13 * fri"),
            "Day of month and day of week are both given, and a day that matches one of them is enough. For days that "
            "match both, put a + before the day of week.");
  EXPECT_EQ(Chinese("0 0 13 * fri"), "同时指定了日期和星期，符合其一即触发。若需两者同时符合，请在星期字段前加 +。");
  EXPECT_EQ(CodesOf("0 0 */2 * mon"), (Codes{"either_day", "uneven_step"}));
}

TEST(Advise, TellsWhichMonthsLackADay) {
  EXPECT_EQ(Sentence("0 0 31 * *"),
            "There is no day 31 in February, April, June, September and November: it is left out then. L is the last "
            "day of each month.");
  EXPECT_EQ(Chinese("0 0 31 * *"), "2 月、4 月、6 月、9 月和 11 月没有 31 日，届时不触发。L 表示每月最后一天。");
  EXPECT_EQ(CodesOf("0 0 1,30 * *"), Codes{"short_month"});
  EXPECT_EQ(CodesOf("0 0 30,31 1,2 *"), Codes{"short_month"});
  EXPECT_EQ(Sentence("0 0 29 * *"), "February has a day 29 in leap years only. L is the last day of each month.");
  EXPECT_EQ(CodesOf("0 0 29 3 *"), Codes());
  EXPECT_EQ(CodesOf("0 0 1-30 4 *"), Codes());
}

TEST(Advise, TellsThatTheLeapDayIsRare) {
  EXPECT_EQ(Sentence("0 0 29 2 *"), "29 February comes in leap years only. L is the last day of February.");
  EXPECT_EQ(Chinese("0 0 29 2 *"), "2 月 29 日仅闰年才有。L 表示 2 月最后一天。");
}

TEST(Advise, TellsThatAStepIsUneven) {
  EXPECT_EQ(Sentence("*/7 * * * *"), "7 does not divide 60: after minute 56 comes minute 0, 4 minutes later.");
  EXPECT_EQ(Chinese("*/7 * * * *"), "7 不能整除 60：第 56 分钟之后 4 分钟即回到第 0 分钟。");
  EXPECT_EQ(Sentence("0 */5 * * *"), "5 does not divide 24: after hour 20 comes hour 0, 4 hours later.");
  EXPECT_EQ(Sentence("*/59 * * * * *"), "59 does not divide 60: after second 59 comes second 0, 1 second later.");
  EXPECT_EQ(Sentence("0 0 */2 * *"), "The days are counted anew each month: after day 31 comes day 1.");
  EXPECT_EQ(Chinese("0 0 */2 * *"), "日期每月重新计算：31 日之后是 1 日。");
}

TEST(Advise, TellsThatAStarBeforeFixedFieldsFiresOften) {
  EXPECT_EQ(Sentence("* 2 * * *"),
            "It fires 60 times in each hour that matches. For once an hour, write 0 for the minute.");
  EXPECT_EQ(Chinese("* 2 * * *"), "在符合的每一小时内触发 60 次。若每小时只需一次，请将分钟字段写为 0。");
  EXPECT_EQ(CodesOf("* */2 * * *"), Codes{"every_minute"});
  EXPECT_EQ(CodesOf("* 30 2 * * *"), Codes{"every_second"});
  EXPECT_EQ(CodesOf("* */5 * * * *"), Codes{"every_second"});
  EXPECT_EQ(CodesOf("* * 2 * * *"), Codes{"every_second"});
}

TEST(Advise, TellsWhatDstLeavesOut) {
  EXPECT_EQ(Sentence("*/30 2 * * *", "Europe/Berlin"),
            "A field begins with *, so it follows real time: what the clocks skip, as on 2026-03-29, is left out.");
  EXPECT_EQ(Chinese("*/30 2 * * *", "Europe/Berlin"),
            "有字段以 * 开头，因此按实际时间触发：时钟跳过的时刻（如 2026-03-29）不会补上。");
  EXPECT_EQ(Sentence("0 0-23 * * *", "Europe/Berlin"),
            "No field begins with *, so what the clocks repeat, as on 2026-10-25, fires at the first pass only. Write "
            "* for the hour to go on.");
  EXPECT_EQ(CodesOf("*/30 2 * * *", "Asia/Shanghai"), Codes());
  EXPECT_EQ(CodesOf("*/30 5 * * *", "Europe/Berlin"), Codes());
}

}  // namespace
}  // namespace rota
