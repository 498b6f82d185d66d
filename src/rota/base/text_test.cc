#include "rota/base/text.h"

#include <gtest/gtest.h>

namespace rota {
namespace {

TEST(Printable, KeepsOrdinaryTextInAnyScript) { EXPECT_EQ(Printable("备份 ok é 🚀"), "备份 ok é 🚀"); }

TEST(Printable, EscapesWhatCouldForgeALine) {
  EXPECT_EQ(Printable("a\nb\r\t\x1b[31m"), "a\\nb\\r\\t\\x1b[31m");
  EXPECT_EQ(Printable("x\xe2\x80\xae"), "x\\u202e");
  EXPECT_EQ(Printable("x\xe2\x80\xa8y"), "x\\u2028y");
}

TEST(Printable, EscapesBytesThatAreNotUtf8) {
  EXPECT_EQ(Printable("a\xff\xc0\xaf"), "a\\xff\\xc0\\xaf");
  EXPECT_EQ(Printable("\xe2\x82"), "\\xe2\\x82");
}

TEST(ValidUtf8, ReplacesEachBadByte) { EXPECT_EQ(ValidUtf8("a\xff\xed\xa0\x80z"), "a\uFFFD\uFFFD\uFFFD\uFFFDz"); }

TEST(DisplayWidth, CountsWideCharactersTwice) {
  EXPECT_EQ(DisplayWidth("abc"), 3);
  EXPECT_EQ(DisplayWidth("备份"), 4);
  EXPECT_EQ(DisplayWidth("e\xcc\x81"), 1);
}

TEST(Split, KeepsEmptyParts) { EXPECT_EQ(Split("a,,b", ','), (std::vector<std::string_view>{"a", "", "b"})); }

TEST(Count, PutsOneInTheSingular) {
  EXPECT_EQ(Count(0, "task"), "0 tasks");
  EXPECT_EQ(Count(1, "task"), "1 task");
  EXPECT_EQ(Count(2, "task"), "2 tasks");
}

TEST(Trim, RemovesSpaceAtBothEnds) {
  EXPECT_EQ(Trim(" \t a b \n"), "a b");
  EXPECT_EQ(Trim("  "), "");
}

TEST(PrintableLine, LeavesTabs) {
  EXPECT_EQ(PrintableLine(""), "");
  EXPECT_EQ(PrintableLine("\ta\tb\x1b[0m\t"), "\ta\tb\\x1b[0m\t");
}

TEST(FormatSize, TakesTheLargestUnitThatFits) {
  EXPECT_EQ(FormatSize(0), "0");
  EXPECT_EQ(FormatSize(1000), "1000");
  EXPECT_EQ(FormatSize(64 * 1024), "64KB");
  EXPECT_EQ(FormatSize(std::int64_t{3} << 40), "3072GB");
}

}  // namespace
}  // namespace rota
