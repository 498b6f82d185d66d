#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <vector>

#include "rota/base/text.h"
#include "rota/cron/next.h"
#include "rota/time/format.h"

// The tables of testdata/cron: `expression | zone | from | instant, instant, …`, one case a line, perhaps with a policy
// behind (`gap=run_before overlap=second`); `never` ends a list after which nothing fires. Each list is read forwards
// with Next() and backwards with Previous().

namespace rota {
namespace {

void ReadPolicy(std::string_view text, DstPolicy& policy) {
  for (const std::string_view word : Split(Trim(text), ' ')) {
    if (word == "gap=run_after") {
      policy.gap = DstGap::kRunAfter;
    } else if (word == "gap=run_before") {
      policy.gap = DstGap::kRunBefore;
    } else if (word == "gap=skip") {
      policy.gap = DstGap::kSkip;
    } else if (word == "overlap=first") {
      policy.overlap = DstOverlap::kFirst;
    } else if (word == "overlap=second") {
      policy.overlap = DstOverlap::kSecond;
    } else if (word == "overlap=both") {
      policy.overlap = DstOverlap::kBoth;
    } else {
      FAIL() << "not a policy: " << word;
    }
  }
}

void CheckLine(std::string_view line) {
  const std::vector<std::string_view> columns = Split(line, '|');
  ASSERT_TRUE(columns.size() == 4 || columns.size() == 5) << "expected expression | zone | from | instants | policy";
  CronOptions options;
  if (columns.size() == 5) ReadPolicy(columns[4], options.dst);
  const Result<Expression> expression = Expression::Parse(columns[0]);
  ASSERT_TRUE(expression) << expression.error().message();
  const Result<TimeZone> zone = TimeZone::Load(Trim(columns[1]));
  ASSERT_TRUE(zone) << zone.error().message();
  const Result<WallTime> from = ParseInstant(Trim(columns[2]), *zone);
  ASSERT_TRUE(from) << from.error().message();

  WallTime at = *from;
  bool first = true;
  for (const std::string_view column : Split(columns[3], ',')) {
    const std::string_view expected = Trim(column);
    const std::optional<WallTime> next = Next(*expression, *zone, at, options);
    ASSERT_EQ(next ? FormatInstant(*next, *zone) : "never", expected);
    if (!next) return;
    if (!first) {
      EXPECT_EQ(Previous(*expression, *zone, *next, options), at);
    }
    EXPECT_EQ(Previous(*expression, *zone, *next + Milliseconds(1), options), next);
    at = *next;
    first = false;
  }
}

TEST(NextTable, HoldsForEveryLine) {
  int cases = 0;
  for (const auto& entry : std::filesystem::directory_iterator(ROTA_CRON_TESTDATA)) {
    std::ifstream file(entry.path());
    std::string line;
    for (int number = 1; std::getline(file, line); ++number) {
      if (Trim(line).empty() || line.front() == '#') continue;
      SCOPED_TRACE(Format("{}:{}: {}", entry.path().filename().string(), number, line));
      CheckLine(line);
      ++cases;
    }
  }
  EXPECT_GE(cases, 150) << "the tables in " << ROTA_CRON_TESTDATA << " are missing";
}

}  // namespace
}  // namespace rota
