#include "rota/report/table.h"

#include <gtest/gtest.h>

namespace rota {
namespace {

TEST(Shorten, LeavesTextThatFits) {
  EXPECT_EQ(Shorten("backup", 6), "backup");
  EXPECT_EQ(Shorten("", 1), "");
}

TEST(Shorten, EndsInAnEllipsisWithinTheWidth) {
  EXPECT_EQ(Shorten("backup:run", 6), "backu…");
  EXPECT_EQ(Shorten("backup", 1), "…");
}

TEST(Shorten, CutsBetweenCharactersAndCountsWideOnesTwice) {
  EXPECT_EQ(Shorten("备份数据库", 7), "备份数…");
  EXPECT_EQ(Shorten("备份数据库", 6), "备份…");
  EXPECT_EQ(Shorten("naïveté", 4), "naï…");
}

TEST(Table, AlignsColumnsAndLeavesNoTrailingSpaces) {
  Table table({{"TASK"}, {"ZONE"}, {"NEXT"}});
  table.AddRow({"backup:run", "UTC", "02:00"});
  table.AddRow({"x", "Asia/Shanghai", ""});
  EXPECT_EQ(table.Render(),
            "TASK        ZONE           NEXT\n"
            "backup:run  UTC            02:00\n"
            "x           Asia/Shanghai\n");
}

TEST(Table, AlignsByColumnsOfTheTerminalNotByBytes) {
  Table table({{"TASK"}, {"ZONE"}});
  table.AddRow({"备份", "UTC"});
  table.AddRow({"naïve", "UTC"});
  EXPECT_EQ(table.Render(),
            "TASK   ZONE\n"
            "备份   UTC\n"
            "naïve  UTC\n");
}

TEST(Table, ShowsNoControlCharactersFromItsCells) {
  Table table({{"TASK"}, {"REASON"}});
  table.AddRow({"a\x1b[2J\nb", "evil\xff"});
  EXPECT_EQ(table.Render(),
            "TASK         REASON\n"
            "a\\x1b[2J\\nb  evil\\xff\n");
}

TEST(Table, ShortensCellsToTheWidthOfTheirColumn) {
  Table table({{"REASON", 8}, {"RUN"}});
  table.AddRow({"connection refused", "01"});
  EXPECT_EQ(table.Render(),
            "REASON    RUN\n"
            "connect…  01\n");
}

}  // namespace
}  // namespace rota
