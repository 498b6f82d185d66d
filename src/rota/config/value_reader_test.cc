#include "rota/config/value_reader.h"

#include <gtest/gtest.h>

#include <chrono>

namespace rota {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;

std::optional<std::string> Variables(std::string_view name) {
  if (name == "HOST") return "db.example";
  if (name == "EMPTY") return "";
  if (name == "EVIL") return "x: [1, ${HOST}]\ny: 2";
  return std::nullopt;
}

std::string Expanded(std::string_view text) {
  const Result<std::string> value = ExpandVariables(text, Variables);
  return value ? *value : "error: " + value.error().message();
}

TEST(ExpandVariables, ReplacesVariablesAndDefaults) {
  EXPECT_EQ(Expanded("plain $HOME $ {x}"), "plain $HOME $ {x}");
  EXPECT_EQ(Expanded("${HOST}:${PORT:-6379}/"), "db.example:6379/");
  EXPECT_EQ(Expanded("${EMPTY}"), "");
  EXPECT_EQ(Expanded("${EMPTY:-full}${HOST:-other}${UNSET:-}"), "fulldb.example");
}

TEST(ExpandVariables, LeavesADoubledDollarAsALiteral) {
  EXPECT_EQ(Expanded("echo $${HOST} ${HOST}"), "echo ${HOST} db.example");
}

TEST(ExpandVariables, DoesNotLookIntoWhatAVariableHolds) { EXPECT_EQ(Expanded("${EVIL}"), "x: [1, ${HOST}]\ny: 2"); }

TEST(ExpandVariables, RefusesWhatItCannotReplace) {
  EXPECT_EQ(Expanded("${UNSET}"),
            "error: environment variable UNSET is not set; ${UNSET:-default} gives it a default, "
            "$${UNSET} leaves ${UNSET} to the shell");
  EXPECT_EQ(Expanded("${1X}"), "error: \"${1X}\": expected ${NAME} or ${NAME:-default}; $${ writes a literal ${");
  EXPECT_EQ(Expanded("${x%.*}"), "error: \"${x%.*}\": expected ${NAME} or ${NAME:-default}; $${ writes a literal ${");
  EXPECT_EQ(Expanded("a ${HOST"), "error: \"${HOST\": its } is missing; $${ writes a literal ${");
}

template <typename T>
std::string ErrorOf(const ValueType<T>& type, const std::string& text) {
  const Result<T> value = type.parse(text);
  return value ? "no error" : value.error().message();
}

TEST(ValueType, ReadsIntegersWithinTheirRange) {
  EXPECT_EQ(*Integer(1, 64).parse("64"), 64);
  for (const char* text : {"0", "65", "many", "", " 5", "5.0", "0x5", "99999999999999999999"}) {
    EXPECT_EQ(ErrorOf(Integer(1, 64), text), Format("\"{}\": expected an integer from 1 to 64", text));
  }
}

TEST(ValueType, ReadsDurationsWithinTheirRange) {
  EXPECT_EQ(*Duration(seconds(1), hours(1)).parse("1m30s"), seconds(90));
  for (const char* text : {"0s", "2h", "90", "soon", "-5s"}) {
    EXPECT_EQ(ErrorOf(Duration(seconds(1), hours(1)), text),
              Format("\"{}\": expected a duration from 1s to 1h, such as 90s or 1h30m", text));
  }
}

TEST(ValueType, ReadsSizes) {
  const auto size = Size(1024, std::int64_t{1} << 30);
  EXPECT_EQ(*size.parse("2048"), 2048);
  EXPECT_EQ(*size.parse("64KB"), 64 * 1024);
  EXPECT_EQ(*size.parse("10 MB"), 10 * 1024 * 1024);
  EXPECT_EQ(*size.parse("1GB"), 1 << 30);
  for (const char* text : {"1023", "2GB", "10mb", "MB", "1.5MB", "-1KB", "9999999999999GB"}) {
    EXPECT_EQ(ErrorOf(size, text),
              Format("\"{}\": expected a size from 1KB to 1GB, in bytes or with KB, MB, GB", text));
  }
}

TEST(ValueType, ReadsTrueAndFalseAlone) {
  EXPECT_TRUE(*Boolean().parse("true"));
  EXPECT_FALSE(*Boolean().parse("false"));
  for (const char* text : {"yes", "True", "1", "on", ""}) {
    EXPECT_EQ(ErrorOf(Boolean(), text), Format("\"{}\": expected true or false", text));
  }
}

TEST(ValueType, ReadsOneOfSomeWords) {
  EXPECT_EQ(ErrorOf(OneOf<int>({{"a", 1}, {"b", 2}, {"c", 3}}), "d"), "\"d\": expected a, b or c");
}

TEST(ValueType, RefusesTextThatCannotStandOnALine) {
  EXPECT_EQ(ErrorOf(Line(), "web\x1b[2J"),
            "\"web\\x1b[2J\": expected a line of text that is not empty and has no control characters");
  EXPECT_EQ(ErrorOf(Line(), " "), "\" \": expected a line of text that is not empty and has no control characters");
  EXPECT_EQ(ErrorOf(Text(), std::string("a\0b", 3)), "\"a\\x00b\": expected text without NUL characters");
}

TEST(ValueType, ShowsNoMoreThanTheBeginningOfALongValue) {
  EXPECT_EQ(Expected(std::string(500, 'x'), "less").message(), "\"" + std::string(80, 'x') + "…\": expected less");
}

TEST(ValueReader, CollectsMistakesInTheOrderOfTheFile) {
  ValueReader reader("f.yaml", Variables);
  EXPECT_TRUE(reader.status().ok());
  reader.Refuse({3, 1}, "later");
  reader.Refuse({1, 9}, "earlier");
  EXPECT_EQ(reader.status(), InvalidArgument("f.yaml:1:9: earlier\nf.yaml:3:1: later"));
}

TEST(ValueReader, BoundsTheMistakesThatItTells) {
  ValueReader reader("f.yaml", Variables);
  for (int i = 1; i <= 60; ++i) reader.Refuse({i, 1}, "wrong");
  EXPECT_TRUE(reader.status().message().ends_with("f.yaml:50:1: wrong\n… and 10 more mistakes"));
}

}  // namespace
}  // namespace rota
