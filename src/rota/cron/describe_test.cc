#include "rota/cron/describe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <random>

#include "rota/base/text.h"
#include "rota/cron/next.h"

namespace rota {
namespace {

using namespace std::chrono_literals;

constexpr std::uint64_t kAllWeekdays = 0x7ffffffff;

// At midnight on every day; a test takes from it what it wants.
Expression Daily() {
  Expression expression;
  expression.minutes = 1;
  expression.hours = 1;
  expression.days = 0xfffffffe;
  expression.months = 0x1ffe;
  expression.weekdays = kAllWeekdays;
  expression.any_day = true;
  expression.any_weekday = true;
  return expression;
}

void ExpectWords(const Expression& expression, std::string_view english, std::string_view chinese) {
  EXPECT_EQ(Describe(expression), english);
  EXPECT_EQ(Describe(expression, Locale::kChinese), chinese);
}

TEST(Describe, SaysWhatTheTableSays) {
  std::ifstream file(ROTA_CRON_TESTDATA "/words/describe.txt");
  std::string line;
  int cases = 0;
  for (int number = 1; std::getline(file, line); ++number) {
    if (line.empty() || line.front() == '#') continue;
    SCOPED_TRACE(Format("{}: {}", number, line));
    const std::vector<std::string_view> columns = Split(line, '|');
    ASSERT_EQ(columns.size(), 3u) << "expected expression | English | Chinese";
    std::string_view text = Trim(columns[0]);
    Expression::Options options;
    if (constexpr std::string_view kQuartz = "quartz:"; text.starts_with(kQuartz)) {
      options.dialect = CronDialect::kQuartz;
      text = Trim(text.substr(kQuartz.size()));
    }
    const Result<Expression> expression = Expression::Parse(text, options);
    ASSERT_TRUE(expression) << expression.error().message();
    ExpectWords(*expression, Trim(columns[1]), Trim(columns[2]));
    ++cases;
  }
  EXPECT_GE(cases, 60) << "the table is missing";
}

TEST(Describe, NamesTheOccurrencesOfWeekdays) {
  Expression expression = Daily();
  expression.any_weekday = false;
  expression.weekdays = std::uint64_t{1} << 12;  // 5#2
  ExpectWords(expression, "At 00:00, on the second Friday of the month", "每月第二个星期五 00:00");
  expression.months = 1 << 11;
  ExpectWords(expression, "At 00:00, on the second Friday of the month, in November", "每年 11 月的第二个星期五 00:00");
  expression.months = 0x1ffe;
  expression.weekdays = std::uint64_t{1} << 1 | std::uint64_t{1} << 15;  // 1#1,1#3
  expression.last_weekdays = 1 << 5;                                     // 5L
  ExpectWords(expression, "At 00:00, on the first and third Monday and the last Friday of the month",
              "每月第一个和第三个星期一和最后一个星期五 00:00");
  expression.weekdays = 0x10204081 << 1;  // 1,5L
  ExpectWords(expression, "At 00:00, on Monday and the last Friday of the month", "每周一以及每月最后一个星期五 00:00");
  expression.any_day = false;
  expression.days = 1 << 13;
  ExpectWords(expression, "At 00:00, on day 13 of the month or on Monday and the last Friday of the month",
              "每月 13 日或每周一以及每月最后一个星期五 00:00");
}

TEST(Describe, NamesDaysThatDependOnTheMonth) {
  Expression expression = Daily();
  expression.any_day = false;
  expression.days = 0;
  expression.last_day = true;
  expression.last_offset = 3;
  ExpectWords(expression, "At 00:00, 3 days before the last day of the month", "每月倒数第 4 天 00:00");
  expression.nearest = true;
  ExpectWords(expression, "At 00:00, on the weekday nearest to 3 days before the last day of the month",
              "离每月倒数第 4 天最近的周一至周五 00:00");
  expression.last_offset = 0;
  ExpectWords(expression, "At 00:00, on the last weekday of the month", "每月周一至周五中的最后一天 00:00");
  expression.last_day = false;
  expression.days = 1 << 15;
  expression.hours = 1 << 12;
  ExpectWords(expression, "At 12:00, on the weekday nearest to day 15 of the month",
              "离每月 15 日最近的周一至周五 12:00");
  expression.months = 1 << 1 | 1 << 7;
  ExpectWords(expression, "At 12:00, on the weekday nearest to day 15 of the month, in January and July",
              "离每年 1 月和 7 月的 15 日最近的周一至周五 12:00");
}

TEST(Describe, NamesYears) {
  Expression expression = Daily();
  expression.years = YearSet();
  expression.years.Add(2027);
  ExpectWords(expression, "At 00:00, in 2027", "2027 年，每天 00:00");
  expression.months = 1 << 2;
  expression.any_day = false;
  expression.days = 1 << 1;
  ExpectWords(expression, "At 00:00, on day 1 of the month, in February of 2027", "2027 年 2 月 1 日 00:00");
  expression.years.Add(2029);
  ExpectWords(expression, "At 00:00, on day 1 of the month, in February of 2027 and 2029",
              "2027 年和 2029 年的 2 月 1 日 00:00");
  expression.months = 0x1ffe;
  expression.years.Add(2028);
  ExpectWords(expression, "At 00:00, on day 1 of the month, in 2027 through 2029",
              "2027 年至 2029 年，每月 1 日 00:00");
  expression.years = YearSet();
  for (int year = 2001; year <= 2199; year += 2) expression.years.Add(year);
  ExpectWords(expression, "At 00:00, on day 1 of the month, in every 2nd year from 2001 through 2199",
              "2001 年至 2199 年（每 2 年），每月 1 日 00:00");
}

TEST(Describe, SaysNeverOfWhatHasAnEmptyField) {
  ExpectWords(Expression(), "Never", "从不执行");
  Expression expression = Daily();
  expression.weekdays = 0;
  ExpectWords(expression, "Never", "从不执行");
  expression = Daily();
  expression.years = YearSet();
  ExpectWords(expression, "Never", "从不执行");
}

TEST(DescribeWeekdays, BeginsTheWeekOnMonday) {
  EXPECT_EQ(DescribeWeekdays(0b0111110), "Monday through Friday");
  EXPECT_EQ(DescribeWeekdays(0b1000101), "Tuesday, Saturday and Sunday");
  EXPECT_EQ(DescribeWeekdays(0b0111110, Locale::kChinese), "工作日");
  EXPECT_EQ(DescribeWeekdays(0b1000101, Locale::kChinese), "周二、周六和周日");
  EXPECT_EQ(DescribeWeekdays(0b1111110, Locale::kChinese), "周一至周六");
}

TEST(DescribeEvery, NamesThePeriod) {
  EXPECT_EQ(DescribeEvery(90s), "Every 1m30s");
  EXPECT_EQ(DescribeEvery(90s, Locale::kChinese), "每 1 分钟 30 秒");
  EXPECT_EQ(DescribeEvery(90min, Locale::kChinese), "每 1 小时 30 分钟");
  EXPECT_EQ(DescribeEvery(250ms, Locale::kChinese), "每 250 毫秒");
  EXPECT_EQ(DescribeEvery(1h, Locale::kChinese), "每小时");
  EXPECT_EQ(DescribeEvery(48h, Locale::kChinese), "每 2 天");
}

TEST(DescribeStart, NamesTheServer) {
  EXPECT_EQ(DescribeStart(), "When the server starts");
  EXPECT_EQ(DescribeStart(Locale::kChinese), "服务器启动时");
}

TEST(FindLocale, ReadsNamesOfLocalesAndOfLanguages) {
  for (const char* name : {"zh", "zh_CN.UTF-8", "zh-Hans", "ZH_TW", "zh.UTF-8"}) {
    EXPECT_EQ(FindLocale(name), Locale::kChinese) << name;
  }
  for (const char* name : {"en", "en_GB.UTF-8", "EN-us", "en@euro"}) EXPECT_EQ(FindLocale(name), Locale::kEnglish);
  for (const char* name : {"", "C", "de_DE.UTF-8", "zhe", "e"}) EXPECT_EQ(FindLocale(name), std::nullopt) << name;
}

// The days on which an expression fires in each of the 14 kinds of a year, where month and year are asked for.
std::vector<std::uint32_t> FiringDays(const Expression& expression) {
  std::vector<std::uint32_t> days;
  for (int year = 2000; year < 2028; ++year) {
    for (unsigned month = 1; month <= 12; ++month) {
      const bool asked = (expression.months >> month & 1) != 0;
      days.push_back(asked ? MatchingDays(expression, std::chrono::year(year) / static_cast<int>(month)) : 0);
    }
  }
  return days;
}

// Whether two expressions fire at the same instants in every zone.
bool FireTheSame(const Expression& a, const Expression& b) {
  const auto days = {FiringDays(a), FiringDays(b)};
  const auto never = [](const Expression& e, const std::vector<std::uint32_t>& on) {
    return e.minutes == 0 || e.hours == 0 || e.years == YearSet() || std::ranges::count(on, 0u) == std::ssize(on);
  };
  if (never(a, days.begin()[0]) && never(b, days.begin()[1])) return true;
  return days.begin()[0] == days.begin()[1] && a.seconds == b.seconds && a.minutes == b.minutes && a.hours == b.hours &&
         a.wildcard_time == b.wildcard_time && a.years == b.years;
}

// Collects expressions by their words, in both languages.
class Thesaurus {
 public:
  void Add(const Expression& expression, std::string_view name) {
    for (const Locale locale : {Locale::kEnglish, Locale::kChinese}) {
      const std::string words = Describe(expression, locale);
      const auto [it, fresh] = known_.try_emplace(words, name, expression);
      if (fresh || it->second.second == expression) continue;
      ++repeats_;
      EXPECT_TRUE(FireTheSame(expression, it->second.second)) << words << ": " << name << " and " << it->second.first;
    }
  }
  int repeats() const { return repeats_; }

 private:
  std::map<std::string, std::pair<std::string, Expression>> known_;
  int repeats_ = 0;
};

TEST(Describe, SaysTheSameOnlyOfTextsThatFireTheSame) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(Format("seed {}", seed));
  std::mt19937 random(seed);
  const auto pick = [&random](std::initializer_list<const char*> from) { return from.begin()[random() % from.size()]; };
  Thesaurus thesaurus;
  for (int i = 0; i < 3'000; ++i) {
    const std::string text =
        Format("{} {} {} {} {} {} {}", pick({"0", "*", "*/30", "0,30", "0-59", "30"}),
               pick({"0", "*", "*/30", "0,30", "0-59", "*/40", "0-59/20", "*/20", "*/20,5", "0,5,20,40", "*/7"}),
               pick({"0", "*", "2", "*/2", "0-23", "0-23/2", "1-3", "*/12", "0,12", "2,*/12", "*/5"}),
               pick({"*", "?", "1-31", "*/2", "L", "1,L", "1", "2-20/3", "LW", "1W", "31W"}),
               pick({"*", "1-12", "*/6", "1,7", "2"}),
               pick({"*", "?", "0-7", "1-5", "+1-5", "*/2", "sun", "+0-6", "5#2", "5L", "+5L", "1,5#2,5L", "sun#5"}),
               pick({"*", "1970-2199", "2027", "2027-2029", "2027,2028,2029", "*/2"}));
    thesaurus.Add(Expression::Parse(text).value(), text);
  }
  EXPECT_GT(thesaurus.repeats(), 0);
}

// Fields of any bits, from few choices each, so that words meet.
TEST(Describe, SaysTheSameOnlyOfFieldsThatFireTheSame) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(Format("seed {}", seed));
  std::mt19937_64 random(seed);
  const auto pick = [&random](std::initializer_list<std::uint64_t> from) {
    return from.begin()[random() % from.size()];
  };
  const auto flip = [&random] { return random() % 2 == 0; };
  YearSet some_years;
  for (int year = 1990; year < 2050; year += 1 + static_cast<int>(random() % 3)) some_years.Add(year);
  Thesaurus thesaurus;
  for (int i = 0; i < 5'000; ++i) {
    Expression expression = Daily();
    expression.minutes = pick({0, 1, 1 << 5});
    expression.hours = static_cast<std::uint32_t>(pick({1, 1 << 2, 0xffffff}));
    expression.wildcard_time = flip();
    expression.days = static_cast<std::uint32_t>(pick({0, 0, 2, 1 << 15, 0xfffffffe, 0x80000002, random()}));
    expression.last_day = flip();
    expression.last_offset = expression.last_day ? pick({0, 0, 1, 30}) & 0x1f : 0;
    expression.nearest = flip() && (std::has_single_bit(expression.days) != expression.last_day) &&
                         (expression.days == 0 || !expression.last_day);
    expression.weekdays =
        pick({0, 0x10204081, 0x1020408100, kAllWeekdays, 1, 1 << 12, 1 << 12 | 0x10204081, random() & kAllWeekdays}) &
        kAllWeekdays;
    expression.last_weekdays = pick({0, 0, 1, 1 << 5, 0x7f}) & 0x7f;
    expression.any_day = flip();
    expression.any_weekday = flip();
    expression.both_days = flip();
    expression.months = static_cast<std::uint16_t>(pick({0x1ffe, 2, 4, 0x82, random() & 0x1ffe}));
    expression.years = flip() ? YearSet::All() : some_years;
    thesaurus.Add(expression, Format("number {}", i));
  }
  EXPECT_GT(thesaurus.repeats(), 0);
}

}  // namespace
}  // namespace rota
