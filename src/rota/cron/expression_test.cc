#include "rota/cron/expression.h"

#include <gtest/gtest.h>

#include <bit>
#include <fstream>
#include <initializer_list>
#include <random>
#include <set>

#include "rota/base/text.h"
#include "rota/cron/next.h"
#include "rota/time/format.h"

namespace rota {
namespace {

std::uint64_t Bits(std::initializer_list<int> values) {
  std::uint64_t bits = 0;
  for (const int value : values) bits |= std::uint64_t{1} << value;
  return bits;
}

Expression Parsed(std::string_view text) {
  const Result<Expression> expression = Expression::Parse(text);
  EXPECT_TRUE(expression) << text << ": " << expression.error().message();
  return expression.value_or(Expression());
}

std::string ErrorOf(std::string_view text) {
  const Result<Expression> expression = Expression::Parse(text);
  if (expression) return "";
  EXPECT_EQ(expression.error().code(), StatusCode::kInvalidArgument);
  return expression.error().message();
}

TEST(Parse, ReadsValuesListsRangesAndSteps) {
  const Expression e = Parsed("5,10-12,50-59/4 2 1,31 6 3");
  EXPECT_EQ(e.seconds, Bits({0}));
  EXPECT_EQ(e.minutes, Bits({5, 10, 11, 12, 50, 54, 58}));
  EXPECT_EQ(e.hours, Bits({2}));
  EXPECT_EQ(e.days, Bits({1, 31}));
  EXPECT_EQ(e.months, Bits({6}));
  EXPECT_EQ(e.weekdays & 0x7f, Bits({3}));
  EXPECT_FALSE(e.any_day || e.any_weekday || e.both_days || e.last_day || e.wildcard_time);
}

TEST(Parse, TakesTheFirstOfSixFieldsAsSeconds) {
  const Expression e = Parsed("*/20 5 1 * * *");
  EXPECT_EQ(e.seconds, Bits({0, 20, 40}));
  EXPECT_EQ(e.minutes, Bits({5}));
  EXPECT_EQ(e.hours, Bits({1}));
  EXPECT_TRUE(e.wildcard_time);
}

TEST(Parse, ReadsStarsAsAllValues) {
  const Expression e = Parsed("* * * * *");
  EXPECT_EQ(e.minutes, (std::uint64_t{1} << 60) - 1);
  EXPECT_EQ(e.hours, 0xffffffu);
  EXPECT_EQ(e.days, 0xfffffffeu);
  EXPECT_EQ(e.months, 0x1ffe);
  EXPECT_EQ(e.weekdays & 0x7f, 0x7f);
  EXPECT_TRUE(e.any_day && e.any_weekday && e.wildcard_time);
}

TEST(Parse, ReadsNamesInAnyCase) {
  EXPECT_EQ(Parsed("0 0 * JAN,feb,Dec *").months, Bits({1, 2, 12}));
  EXPECT_EQ(Parsed("0 0 * * Mon-FRI").weekdays & 0x7f, Bits({1, 2, 3, 4, 5}));
}

TEST(Parse, TakesZeroAndSevenForSunday) {
  EXPECT_EQ(Parsed("0 0 * * 0"), Parsed("0 0 * * 7"));
  EXPECT_EQ(Parsed("0 0 * * 5-7").weekdays & 0x7f, Bits({0, 5, 6}));
  EXPECT_EQ(Parsed("0 0 * * fri-sun").weekdays & 0x7f, Bits({0, 5, 6}));
  EXPECT_EQ(Parsed("0 0 * * MON-SUN").weekdays & 0x7f, 0x7f);
  EXPECT_EQ(Parsed("0 0 * * sun-tue").weekdays & 0x7f, Bits({0, 1, 2}));
  EXPECT_EQ(Parsed("0 0 * * 0-7").weekdays & 0x7f, 0x7f);
  EXPECT_EQ(Parsed("0 0 * * 1-7/2").weekdays & 0x7f, Bits({0, 1, 3, 5}));
  EXPECT_EQ(Parsed("0 0 * * */2").weekdays & 0x7f, Bits({0, 2, 4, 6}));
}

TEST(Parse, ReadsTheQuestionMarkLikeAStarInDayFields) {
  EXPECT_EQ(Parsed("0 0 ? * mon"), Parsed("0 0 * * mon"));
  EXPECT_EQ(Parsed("0 0 1 * ?"), Parsed("0 0 1 * *"));
}

TEST(Parse, ReadsTheLastDayOfTheMonth) {
  EXPECT_TRUE(Parsed("0 0 L * *").last_day);
  EXPECT_EQ(Parsed("0 0 L * *").days, 0u);
  EXPECT_EQ(Parsed("0 0 15,l * *").days, Bits({15}));
  EXPECT_TRUE(Parsed("0 0 15,l * *").last_day);
}

TEST(Parse, TakesADayFieldAsUnrestrictedThatIsAStarAndNoMore) {
  EXPECT_TRUE(Parsed("0 0 * * mon").any_day);
  EXPECT_TRUE(Parsed("0 0 1 * ?").any_weekday);
  for (const char* restricted : {"0 0 1-31 * 0-7", "0 0 */2 * */2", "0 0 */1 * */1", "0 0 *,1 * *,1"}) {
    EXPECT_FALSE(Parsed(restricted).any_day) << restricted;
    EXPECT_FALSE(Parsed(restricted).any_weekday) << restricted;
  }
}

TEST(Parse, JoinsDayAndWeekdayByAPlus) {
  EXPECT_TRUE(Parsed("0 0 1-7 * +mon").both_days);
  EXPECT_EQ(Parsed("0 0 1-7 * +mon").weekdays & 0x7f, Bits({1}));
  EXPECT_EQ(Parsed("0 0 * * +mon"), Parsed("0 0 * * mon"));
}

TEST(Parse, FollowsRealTimeOnlyWhenATimeFieldBeginsWithAStar) {
  EXPECT_TRUE(Parsed("*/30 2 * * *").wildcard_time);
  EXPECT_TRUE(Parsed("30 */2 * * *").wildcard_time);
  EXPECT_TRUE(Parsed("* 30 2 * * *").wildcard_time);
  EXPECT_FALSE(Parsed("30 2 * * *").wildcard_time);
  EXPECT_FALSE(Parsed("0-59 0-23 * * *").wildcard_time);
  EXPECT_FALSE(Parsed("0,*/30 2 * * *").wildcard_time);
}

TEST(Parse, ReadsMacros) {
  EXPECT_EQ(Parsed("@yearly"), Parsed("0 0 1 1 *"));
  EXPECT_EQ(Parsed("@annually"), Parsed("0 0 1 1 *"));
  EXPECT_EQ(Parsed("@monthly"), Parsed("0 0 1 * *"));
  EXPECT_EQ(Parsed("@weekly"), Parsed("0 0 * * 0"));
  EXPECT_EQ(Parsed("@daily"), Parsed("0 0 * * *"));
  EXPECT_EQ(Parsed("@midnight"), Parsed("0 0 * * *"));
  EXPECT_EQ(Parsed(" @Hourly "), Parsed("0 * * * *"));
}

TEST(Parse, IgnoresBlanksAroundAndBetween) { EXPECT_EQ(Parsed("  1\t2  3 4 \t5 "), Parsed("1 2 3 4 5")); }

TEST(Parse, AcceptsWhatNeverFires) { EXPECT_EQ(Parsed("0 0 30 2 *").days, Bits({30})); }

TEST(Parse, AcceptsEveryValueOfEveryFieldWrittenOut) {
  const auto all = [](int first, int last) {
    std::string text = Format("{}", first);
    for (int value = first + 1; value <= last; ++value) text += Format(",{}", value);
    return text;
  };
  const Expression e =
      Parsed(Format("{} {} {} {} {} {}", all(0, 59), all(0, 59), all(0, 23), all(1, 31), all(1, 12), all(0, 7)));
  EXPECT_EQ(e.seconds, (std::uint64_t{1} << 60) - 1);
  EXPECT_EQ(e.days, 0xfffffffeu);
}

TEST(ParseError, CountsFields) {
  const std::string tail =
      " fields; expected 5 (minute hour day-of-month month day-of-week), 6 (leading second) or 7 "
      "(trailing year)";
  EXPECT_EQ(ErrorOf(""), "found 0" + tail);
  EXPECT_EQ(ErrorOf(" \t"), "found 0" + tail);
  EXPECT_EQ(ErrorOf("* * * *"), "found 4" + tail);
  EXPECT_EQ(ErrorOf("* * * * * * * *"), "found 8" + tail);
}

TEST(ParseError, NamesTheColumnTheFieldAndWhatIsAllowed) {
  EXPECT_EQ(ErrorOf("60 * * * *"), "column 1: minute \"60\": 60 is out of range; expected 0-59 or *");
  EXPECT_EQ(ErrorOf("60 0 * * * *"), "column 1: second \"60\": 60 is out of range; expected 0-59 or *");
  EXPECT_EQ(ErrorOf("0 24 * * *"), "column 3: hour \"24\": 24 is out of range; expected 0-23 or *");
  EXPECT_EQ(ErrorOf("0 0 0 * *"), "column 5: day of month \"0\": 0 is out of range; expected 1-31, L, 15W, * or ?");
  EXPECT_EQ(ErrorOf("0 0 1,2,32 * *"),
            "column 9: day of month \"32\": 32 is out of range; expected 1-31, L, 15W, * or ?");
  EXPECT_EQ(ErrorOf("0 0 * 13 *"), "column 7: month \"13\": 13 is out of range; expected 1-12, jan-dec or *");
  EXPECT_EQ(ErrorOf("0 0 * * 8"),
            "column 9: day of week \"8\": 8 is out of range; expected 0-7, sun-sat, 5L, 5#2, * or ?");
  EXPECT_EQ(ErrorOf("0  99999999999999999999 * * *"),
            "column 4: hour \"99999999999999999999\": 99999999999999999999 is out of range; expected 0-23 or *");
}

TEST(ParseError, RefusesWhatIsNoValue) {
  EXPECT_EQ(ErrorOf("a * * * *"), "column 1: minute \"a\": expected 0-59 or *");
  EXPECT_EQ(ErrorOf("-1 * * * *"), "column 1: minute \"-1\": expected 0-59 or *");
  EXPECT_EQ(ErrorOf("1- * * * *"), "column 1: minute \"1-\": expected 0-59 or *");
  EXPECT_EQ(ErrorOf("1-2-3 * * * *"), "column 1: minute \"1-2-3\": expected 0-59 or *");
  EXPECT_EQ(ErrorOf("** * * * *"), "column 1: minute \"**\": expected 0-59 or *");
  EXPECT_EQ(ErrorOf("? * * * *"), "column 1: minute \"?\": expected 0-59 or *");
  EXPECT_EQ(ErrorOf("0 0 L-3 * *"),
            "column 5: day of month \"L-3\": days before the last are of Quartz; write it in the quartz dialect");
  EXPECT_EQ(ErrorOf("0 0 1,? * *"), "column 7: day of month \"?\": ? stands alone");
  EXPECT_EQ(ErrorOf("0 0 * L *"), "column 7: month \"L\": expected 1-12, jan-dec or *");
  EXPECT_EQ(ErrorOf("1,,2 * * * *"), "column 3: minute \"\": a list has an empty item; expected 0-59 or *");
  EXPECT_EQ(ErrorOf("1, * * * *"), "column 3: minute \"\": a list has an empty item; expected 0-59 or *");
  EXPECT_EQ(ErrorOf("0 0 * * +"), "column 9: day of week \"+\": expected weekdays after +");
  EXPECT_EQ(ErrorOf("0 0 * * ++1"), "column 10: day of week \"+1\": expected 0-7, sun-sat, 5L, 5#2, * or ?");
}

TEST(ParseError, TakesAsciiDigitsOnly) {
  EXPECT_EQ(ErrorOf("１ * * * *"), "column 1: minute \"１\": expected 0-59 or *");
  EXPECT_EQ(ErrorOf("٣ * * * *"), "column 1: minute \"٣\": expected 0-59 or *");
}

TEST(ParseError, ShowsControlCharactersEscaped) {
  EXPECT_EQ(ErrorOf("1\n * * * *"), "column 1: minute \"1\\n\": expected 0-59 or *");
  EXPECT_EQ(ErrorOf(std::string_view("1\0 * * * *", 11)), "column 1: minute \"1\\x00\": expected 0-59 or *");
}

TEST(ParseError, SuggestsARangeForAStepWithoutOne) {
  EXPECT_EQ(ErrorOf("0/15 * * * *"), "column 1: minute \"0/15\": a step needs a range; write */15");
  EXPECT_EQ(ErrorOf("5/15 * * * *"), "column 1: minute \"5/15\": a step needs a range; write 5-59/15");
  EXPECT_EQ(ErrorOf("0 0 1/2 * *"), "column 5: day of month \"1/2\": a step needs a range; write */2");
}

TEST(ParseError, SuggestsTwoRangesForOneThatWraps) {
  EXPECT_EQ(ErrorOf("0 22-2 * * *"), "column 3: hour \"22-2\": the range runs backwards; write 22-23,0-2");
  EXPECT_EQ(ErrorOf("0 23-0 * * *"), "column 3: hour \"23-0\": the range runs backwards; write 23,0");
  EXPECT_EQ(ErrorOf("0 0 * nov-feb *"), "column 7: month \"nov-feb\": the range runs backwards; write nov-dec,jan-feb");
  EXPECT_EQ(ErrorOf("0 0 * * fri-mon"),
            "column 9: day of week \"fri-mon\": the range runs backwards; write fri-sat,sun-mon");
  EXPECT_EQ(ErrorOf("0 0 * * 7-2"), "column 9: day of week \"7-2\": the range runs backwards; write 0-2");
  EXPECT_EQ(ErrorOf("0 0 * * 7-4/2"), "column 9: day of week \"7-4/2\": the range runs backwards; write 0,2,4");
  EXPECT_EQ(ErrorOf("0 22-2/2 * * *"), "column 3: hour \"22-2/2\": the range runs backwards; write 22,0,2");
}

TEST(ParseError, EverySuggestionParses) {
  for (const char* text : {"*/15 * * * *", "5-59/15 * * * *", "0 0 */2 * *", "0 22-23,0-2 * * *", "0 23,0 * * *",
                           "0 0 * nov-dec,jan-feb *", "0 0 * * fri-sat,sun-mon", "0 22,0,2 * * *"}) {
    EXPECT_EQ(ErrorOf(text), "");
  }
}

TEST(ParseError, BoundsSteps) {
  EXPECT_EQ(ErrorOf("*/0 * * * *"), "column 1: minute \"*/0\": the step after / must be a number from 1 to 60");
  EXPECT_EQ(ErrorOf("*/90 * * * *"),
            "column 1: minute \"*/90\": the step after / must be a number from 1 to 60; for a period of its own write "
            "@every 90m");
  EXPECT_EQ(ErrorOf("* */36 * * *"),
            "column 3: hour \"*/36\": the step after / must be a number from 1 to 24; for a period of its own write "
            "@every 36h");
  EXPECT_EQ(ErrorOf("*/ * * * *"), "column 1: minute \"*/\": the step after / must be a number from 1 to 60");
  EXPECT_EQ(ErrorOf("*/2/3 * * * *"), "column 1: minute \"*/2/3\": the step after / must be a number from 1 to 60");
}

TEST(ParseError, SuggestsTheNearestName) {
  EXPECT_EQ(ErrorOf("0 0 * * monday"),
            "column 9: day of week \"monday\": expected 0-7, sun-sat, 5L, 5#2, * or ?; did you mean \"mon\"?");
  EXPECT_EQ(ErrorOf("0 0 * sept *"), "column 7: month \"sept\": expected 1-12, jan-dec or *; did you mean \"sep\"?");
  EXPECT_EQ(ErrorOf("0 0 * juk *"), "column 7: month \"juk\": expected 1-12, jan-dec or *; did you mean \"jun\"?");
  EXPECT_EQ(
      ErrorOf("@dayly"),
      "column 1: \"@dayly\": expected one of @yearly @annually @monthly @weekly @daily @midnight @hourly @reboot, or "
      "@every and a period; did you mean \"@daily\"?");
  EXPECT_EQ(ErrorOf("@every 5m"), "column 1: \"@every\": a period has no fields; expected an expression");
  EXPECT_EQ(ErrorOf("@daily utc"), "column 8: \"utc\": nothing may follow @daily");
  EXPECT_EQ(ErrorOf("  @Reboot"), "column 3: \"@Reboot\": the start of a server has no fields; expected an expression");
}

TEST(ParseError, LimitsTheLength) {
  EXPECT_EQ(ErrorOf(std::string(1020, '0') + " * * * *"),
            "the expression has 1028 characters; at most 1024 are allowed");
}

TEST(Parse, AnswersEveryInput) {
  const auto seed = std::random_device()();
  SCOPED_TRACE(Format("seed {}", seed));
  std::mt19937 random(seed);
  constexpr std::string_view kAlphabet = "0123456789*/-,?+L @ \tmonfebdaily\xff\n#WH()";
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (auto length = random() % 24; length > 0; --length) text += kAlphabet[random() % kAlphabet.size()];
    const CronDialect dialect = i % 2 == 0 ? CronDialect::kOcps : CronDialect::kQuartz;
    const Result<Expression> expression = Expression::Parse(text, {.dialect = dialect, .hash_key = "task"});
    if (!expression) {
      ASSERT_FALSE(expression.error().message().empty());
    } else {
      ASSERT_TRUE(expression->minutes != 0 && expression->hours != 0 && expression->months != 0) << text;
    }
  }
}

// Calls `check` with the columns of every line of a table in testdata/cron/language.
template <typename Check>
void ForEachLine(const char* table, Check check) {
  std::ifstream file(std::string(ROTA_CRON_TESTDATA) + "/language/" + table);
  std::string line;
  int lines = 0;
  while (std::getline(file, line)) {
    if (Trim(line).empty() || line.front() == '#') continue;
    SCOPED_TRACE(Format("{}: {}", table, line));
    std::vector<std::string> columns;
    for (std::string_view rest = line; columns.size() < 3;) {
      const std::size_t bar = rest.find(" | ");
      columns.emplace_back(rest.substr(0, bar));
      if (bar == rest.npos) break;
      rest.remove_prefix(bar + 3);
    }
    check(columns);
    ++lines;
  }
  EXPECT_GE(lines, 30) << "the table is missing";
}

TEST(ParseTable, RefusesWithAReason) {
  ForEachLine("refused.txt", [](const std::vector<std::string>& columns) {
    ASSERT_EQ(columns.size(), 3u) << "expected dialect | expression | error";
    ASSERT_TRUE(columns[0] == "ocps" || columns[0] == "quartz");
    const CronDialect dialect = columns[0] == "quartz" ? CronDialect::kQuartz : CronDialect::kOcps;
    const Result<Expression> expression = Expression::Parse(columns[1], {.dialect = dialect});
    ASSERT_FALSE(expression);
    EXPECT_EQ(expression.error().code(), StatusCode::kInvalidArgument);
    EXPECT_EQ(expression.error().message(), columns[2]);
  });
}

TEST(ParseTable, ReadsQuartz) {
  ForEachLine("quartz.txt", [](const std::vector<std::string>& columns) {
    ASSERT_EQ(columns.size(), 2u) << "expected expression | instants";
    const Result<Expression> expression = Expression::Parse(columns[0], {.dialect = CronDialect::kQuartz});
    ASSERT_TRUE(expression) << expression.error().message();
    WallTime at = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);
    for (const std::string_view expected : Split(columns[1], ',')) {
      const std::optional<WallTime> next = Next(*expression, TimeZone(), at);
      ASSERT_EQ(next ? FormatInstant(*next) : "never", Trim(expected));
      if (next) at = *next;
    }
  });
}

Expression Hashed(std::string_view text, std::string_view key, CronDialect dialect = CronDialect::kOcps) {
  const Result<Expression> expression = Expression::Parse(text, {.dialect = dialect, .hash_key = key});
  EXPECT_TRUE(expression) << text << ": " << expression.error().message();
  return expression.value_or(Expression());
}

TEST(ParseHash, ChoosesTheSameValueForATaskForever) {
  EXPECT_EQ(Hashed("H H * * *", "backup:run"), Hashed("h H * * *", "backup:run"));
  EXPECT_EQ(Hashed("H H * * *", "backup:run"), Parsed("9 13 * * *"));
}

TEST(ParseHash, StaysWithinTheFieldAndItsRange) {
  std::set<std::uint64_t> minutes;
  for (int i = 0; i < 2'000; ++i) {
    const std::string key = Format("task:{}", i);
    const Expression e = Hashed("H H(8-11) H H(3-4) H", key);
    ASSERT_EQ(std::popcount(e.minutes), 1);
    ASSERT_EQ(std::popcount(e.hours), 1);
    ASSERT_EQ(e.hours & ~Bits({8, 9, 10, 11}), 0u);
    ASSERT_EQ(std::popcount(e.days), 1);
    ASSERT_EQ(e.days & ~0x1ffffffeu, 0u) << "a day that some months lack";
    ASSERT_EQ(e.months & ~Bits({3, 4}), 0u);
    ASSERT_EQ(std::popcount(std::uint64_t{e.weekdays & 0x7f}), 1);
    ASSERT_EQ(Hashed("0 0 0 ? * H", key, CronDialect::kQuartz).weekdays, e.weekdays);
    minutes.insert(e.minutes);
  }
  EXPECT_EQ(minutes.size(), 60u);
}

TEST(ParseHash, StepsFromAnOffsetOfItsOwn) {
  std::set<int> offsets;
  for (int i = 0; i < 300; ++i) {
    const Expression e = Hashed("H/15,H(50-59)/10 * * * *", Format("task:{}", i));
    const int offset = std::countr_zero(e.minutes);
    ASSERT_LT(offset, 15);
    const std::uint64_t every = Bits({offset, offset + 15, offset + 30, offset + 45});
    ASSERT_EQ(e.minutes & every, every);
    ASSERT_LE(std::popcount(e.minutes), 5);
    ASSERT_NE(e.minutes >> 50, 0u);
    offsets.insert(offset);
  }
  EXPECT_EQ(offsets.size(), 15u);
  EXPECT_FALSE(Hashed("H/15 0 * * *", "a").wildcard_time);
}

TEST(ParseHash, DiffersFromFieldToField) {
  int equal = 0;
  for (int i = 0; i < 600; ++i) {
    const Expression e = Hashed("H H * * * *", Format("task:{}", i));
    equal += e.seconds == e.minutes ? 1 : 0;
  }
  EXPECT_LT(equal, 60);
}

TEST(ParseHash, RefusesWhatItCannotChooseFrom) {
  const auto error = [](std::string_view text) {
    const Result<Expression> expression = Expression::Parse(text, {.hash_key = "task"});
    return expression ? std::string() : expression.error().message();
  };
  EXPECT_EQ(error("H(5-3) * * * *"), "column 1: minute \"H(5-3)\": the range runs backwards");
  EXPECT_EQ(error("H(5) * * * *"), "column 1: minute \"H(5)\": expected H, H(from-to) or H/step");
  EXPECT_EQ(error("H(0-5 * * * *"), "column 1: minute \"H(0-5\": expected H, H(from-to) or H/step");
  EXPECT_EQ(error("HX * * * *"), "column 1: minute \"HX\": expected H, H(from-to) or H/step");
  EXPECT_EQ(error("H(0-5)/7 * * * *"), "column 1: minute \"H(0-5)/7\": the step after / must be a number from 1 to 6");
  EXPECT_EQ(error("0 0 0 1 1 * H"), "column 13: year \"H\": expected 1970-2199 or *");
}

TEST(YearSet, FindsTheYearsAroundAnyYear) {
  YearSet years;
  EXPECT_EQ(years.FirstFrom(0), std::nullopt);
  EXPECT_EQ(years.LastUpTo(9999), std::nullopt);
  for (const int year : {1970, 1985, 1986, 2050, 2199}) years.Add(year);
  for (int year = 1900; year <= 2300; ++year) {
    std::optional<int> first, last;
    for (const int member : {1970, 1985, 1986, 2050, 2199}) {
      if (member >= year && !first) first = member;
      if (member <= year) last = member;
    }
    ASSERT_EQ(years.FirstFrom(year), first) << year;
    ASSERT_EQ(years.LastUpTo(year), last) << year;
  }
}

TEST(YearSet, HoldsAllYearsFrom1970To2199) {
  YearSet years;
  for (int year = YearSet::kFirst; year <= YearSet::kLast; ++year) years.Add(year);
  EXPECT_EQ(YearSet::All(), years);
  EXPECT_FALSE(YearSet::All().Contains(1969));
  EXPECT_FALSE(YearSet::All().Contains(2200));
  EXPECT_EQ(Parsed("0 0 0 1 1 * *"), Parsed("0 0 0 1 1 *"));
}

}  // namespace
}  // namespace rota
