#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rota/console/test_workplace.h"

namespace rota {
namespace {

using testing::HasSubstr;

class DiffCommand : public ConsoleTest {};

TEST_F(DiffCommand, ExitsWithZeroWhereNothingChanges) {
  workplace_.other_configs["new.yaml"] = nullptr;
  EXPECT_EQ(Run({"schedule:diff", "new.yaml"}), 0);
  EXPECT_EQ(out(), "The schedules are the same.\n");
  EXPECT_EQ(err(), "");
}

TEST_F(DiffCommand, ExitsWithOneAndShowsWhatChangesFromNowOn) {
  workplace_.other_configs["new.yaml"] = [](Scheduler& scheduler) {
    scheduler.Command("backup:run").Name("second").Daily().At("04:00").Register();
  };
  desk_clock_.ahead = Milliseconds(92);
  EXPECT_EQ(Run({"schedule:diff", "new.yaml"}), 1);
  EXPECT_EQ(out(),
            "TASK    CHANGE  BEFORE  AFTER\n"
            "second  added   -       At 04:00 (UTC): backup:run\n"
            "\n"
            "From 2026-03-06 12:00:00 +00:00 to 2026-03-13 12:00:00 +00:00:\n"
            "\n"
            "TASK    INSTANTS  FIRST\n"
            "second  7 appear  2026-03-07 04:00:00 +00:00, 2026-03-08 04:00:00 +00:00, 2026-03-09 04:00:00 +00:00 "
            "and 4 more\n");
  EXPECT_EQ(err(), "");
  EXPECT_EQ(Run({"schedule:diff", "--json", "new.yaml"}), 1);
  EXPECT_THAT(out(), HasSubstr(R"({"task":"second","change":"added",)"));
  EXPECT_EQ(Run({"list"}), 0) << "the code is that of one command alone";
}

TEST_F(DiffCommand, CountsNoInstantsOfOtherEnvironments) {
  workplace_.other_configs["new.yaml"] = [](Scheduler& scheduler) {
    scheduler.Command("backup:run").Name("second").Daily().Environments({"staging"}).Register();
  };
  EXPECT_EQ(Run({"schedule:diff", "new.yaml"}), 1);
  EXPECT_THAT(out(), HasSubstr("No instant appears or vanishes from 2026-03-06 12:00:00"));
}

TEST_F(DiffCommand, ExitsWithTwoWhereItCannotTell) {
  EXPECT_EQ(Run({"schedule:diff", "missing.yaml"}), 2);
  EXPECT_EQ(out(), "");
  EXPECT_EQ(err(), "error: missing.yaml: No such file or directory\n");
  workplace_.schedule_error = InvalidArgument("config.yaml:3:1: broken");
  EXPECT_EQ(Run({"schedule:diff", "missing.yaml"}), 2);
  EXPECT_EQ(err(), "error: config.yaml:3:1: broken\n");
  EXPECT_EQ(Run({"schedule:diff"}), 2);
}

}  // namespace
}  // namespace rota
