#include "rota/logging/log_line.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <chrono>
#include <limits>
#include <random>

#include "rota/base/text.h"

namespace rota {
namespace {

using std::chrono::milliseconds;

// 2026-03-07T02:00:00.250Z
constexpr WallTime kAt{milliseconds(1772848800250)};

LogRecord Record(std::string message, std::vector<LogField> fields = {}) {
  return {kAt, LogLevel::kInfo, std::move(message), std::move(fields)};
}

std::string Human(const LogRecord& record) { return HumanLine(record, TimeZone(), Colors::kOff); }

TEST(JsonLine, HoldsTimeLevelMessageAndFieldsInOrder) {
  LogRecord record =
      Record("backup:run started",
             {{"task", std::string("backup:run")}, {"attempt", std::int64_t{1}}, {"ratio", 0.5}, {"unique", true}});
  record.level = LogLevel::kError;
  EXPECT_EQ(JsonLine(record), R"({"time":"2026-03-07T02:00:00.250Z","level":"error","message":"backup:run started",)"
                              R"("task":"backup:run","attempt":1,"ratio":5E-1,"unique":true})");
}

TEST(JsonLine, WritesMillisecondsAlsoOnTheFullSecond) {
  LogRecord record = Record("x");
  record.at = WallTime(milliseconds(1772848800000));
  EXPECT_EQ(JsonLine(record), R"({"time":"2026-03-07T02:00:00.000Z","level":"info","message":"x"})");
}

TEST(JsonLine, LetsNoFieldReplaceTimeLevelOrMessage) {
  const LogRecord record = Record("real", {{"message", std::string("forged")}, {"level", std::string("debug")}});
  EXPECT_EQ(JsonLine(record), R"({"time":"2026-03-07T02:00:00.250Z","level":"info","message":"real"})");
}

TEST(JsonLine, WritesNumbersThatJsonLacksAsNull) {
  const LogRecord record =
      Record("x", {{"a", std::numeric_limits<double>::quiet_NaN()}, {"b", -std::numeric_limits<double>::infinity()}});
  EXPECT_NE(JsonLine(record).find(R"("a":null,"b":null})"), std::string::npos);
}

TEST(JsonLine, EscapesWhatCouldForgeALineOrDriveATerminal) {
  EXPECT_NE(JsonLine(Record("a\nb\r\x1b[2J")).find(R"("a\nb\r\u001b[2J")"), std::string::npos)
      << JsonLine(Record("a\nb\r\x1b[2J"));
  EXPECT_NE(JsonLine(Record("\x7f \xc2\x85 \xc2\x9b")).find(R"("\u007f \u0085 \u009b")"), std::string::npos);
  EXPECT_NE(JsonLine(Record("x\xe2\x80\xa8y\xe2\x80\xaez")).find(R"("x\u2028y\u202ez")"), std::string::npos);
  EXPECT_NE(JsonLine(Record("a\xff\xc0z")).find("\"a\uFFFD\uFFFDz\""), std::string::npos);
}

TEST(JsonLine, GivesAReaderBackExactlyWhatWasLogged) {
  const std::string text = "line one\nline \"two\"\t\x01\x7f\xc2\x9b\\ \xe2\x80\xa9 备份 🚀";
  const auto line = boost::json::parse(JsonLine(Record(text, {{"reason", text}})));
  EXPECT_EQ(line.at("message").as_string(), text);
  EXPECT_EQ(line.at("reason").as_string(), text);
}

TEST(HumanLine, ShowsTimeInTheZoneLevelMessageAndFields) {
  const TimeZone shanghai = *TimeZone::Load("Asia/Shanghai");
  const LogRecord record =
      Record("backup:run started",
             {{"task", std::string("backup:run")}, {"attempt", std::int64_t{1}}, {"ratio", 0.5}, {"unique", false}});
  EXPECT_EQ(
      HumanLine(record, shanghai, Colors::kOff),
      "2026-03-07 10:00:00.250 +08:00 INFO  backup:run started  task=backup:run attempt=1 ratio=0.5 unique=false");
}

TEST(HumanLine, LeavesOutWhatIsForMachinesOnly) {
  const LogRecord record = Record("m", {{"event", std::string("run_started"), true}, {"run_id", std::string("01")}});
  EXPECT_EQ(Human(record), "2026-03-07 02:00:00.250 +00:00 INFO  m  run_id=01");
  EXPECT_NE(JsonLine(record).find(R"("event":"run_started","run_id":"01"})"), std::string::npos);
}

TEST(HumanLine, QuotesValuesThatCouldBeTakenForMore) {
  EXPECT_EQ(Human(Record("m", {{"a", std::string("two words")},
                               {"b", std::string()},
                               {"c", std::string("x=y")},
                               {"d", std::string("say \"hi\"")}})),
            R"(2026-03-07 02:00:00.250 +00:00 INFO  m  a="two words" b="" c="x=y" d="say \"hi\"")");
}

TEST(HumanLine, EscapesWhatCouldForgeALineOrDriveATerminal) {
  EXPECT_EQ(Human(Record("a\nb\x1b[31m\xc2\x9b", {{"r", std::string("x\xe2\x80\xa8\xe2\x80\xae\xff")}})),
            R"(2026-03-07 02:00:00.250 +00:00 INFO  a\nb\x1b[31m\x9b  r=x\u2028\u202e\xff)");
}

TEST(HumanLine, ColorsTheLevelAndDimsTheFields) {
  LogRecord record = Record("m", {{"k", std::int64_t{1}}});
  record.level = LogLevel::kError;
  EXPECT_EQ(HumanLine(record, TimeZone(), Colors::kOn),
            "2026-03-07 02:00:00.250 +00:00 \x1b[31mERROR\x1b[0m m \x1b[2m k=1\x1b[0m");
}

// Whatever the bytes: one line, valid UTF-8, no control character, and JSON that reads.
TEST(LogLine, StaysOneCleanLineForRandomBytes) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  for (int round = 0; round < 500; ++round) {
    std::string bytes(random() % 40, '\0');
    for (char& c : bytes) c = static_cast<char>(random() % 3 == 0 ? random() % 32 : random() % 256);
    const LogRecord record = Record(bytes, {{"reason", bytes}});
    for (const std::string& line : {JsonLine(record), Human(record)}) {
      EXPECT_EQ(Printable(line), line);
    }
    const auto json = boost::json::parse(JsonLine(record));
    EXPECT_EQ(json.at("reason").as_string(), ValidUtf8(bytes));
  }
}

}  // namespace
}  // namespace rota
