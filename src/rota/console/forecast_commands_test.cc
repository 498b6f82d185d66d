#include <gmock/gmock.h>

#include "rota/console/test_workplace.h"

namespace rota {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

using SimulateCommand = ConsoleTest;
using LoadCommand = ConsoleTest;

TEST_F(SimulateCommand, ListsTheNextDayUnlessAskedOtherwise) {
  EXPECT_EQ(Run({"schedule:simulate"}), 0);
  EXPECT_THAT(out(), StartsWith("TIME                        TASK        NOTE\n2026-03-06 12:00:00 +00:00  hello\n"));
  EXPECT_THAT(out(), HasSubstr("\n25 occurrences of 2 tasks from 2026-03-06 12:00:00 +00:00 to 2026-03-07 12:00:00 "));
}

TEST_F(SimulateCommand, ReadsTimesInTheZoneOfAllTasksOrTheOneGiven) {
  EXPECT_EQ(
      Run({"schedule:simulate", "-f", "2026-03-07", "--to", "2026-03-08", "-t", "backup:run", "-z", "Asia/Shanghai"}),
      0);
  EXPECT_EQ(out(),
            "TIME                        TASK        NOTE\n"
            "2026-03-07 02:00:00 +08:00  backup:run\n"
            "\n"
            "1 occurrence of 1 task from 2026-03-07 00:00:00 +08:00 to 2026-03-08 00:00:00 +08:00 (Asia/Shanghai).\n");
  EXPECT_EQ(Run({"schedule:simulate", "-f", "2026-03-07 02:00", "--to", "2026-03-07 03:00", "--json"}), 0);
  EXPECT_THAT(out(), StartsWith(R"({"from":"2026-03-07T02:00:00Z","to":"2026-03-07T03:00:00Z","zone":"UTC",)"));
}

TEST_F(SimulateCommand, ListsNoMoreThanTheLimit) {
  EXPECT_EQ(Run({"schedule:simulate", "-n", "2"}), 0);
  EXPECT_THAT(out(), HasSubstr("\nThe first 2 of 25 occurrences, of 2 tasks, from "));
}

TEST_F(SimulateCommand, SaysWhatIsWrong) {
  const std::vector<std::pair<std::vector<std::string>, std::string>> cases = {
      {{"-f", "yesterday"}, "--from: "},
      {{"--to", "2026-03-06 11:00"}, "--to: 2026-03-06T11:00:00Z: expected an instant after 2026-03-06T12:00:00Z"},
      {{"--to", "2028-01-01"}, "--to: 2028-01-01T00:00:00Z: expected at most 366d after "},
      {{"-n", "0"}, "--limit 0: expected a whole number from 1 to 100000"},
      {{"-z", "Mars/Base"}, "--timezone: "},
  };
  for (const auto& [words, error] : cases) {
    for (const std::string command : {"schedule:simulate", "schedule:load"}) {
      std::vector<std::string> line = {command};
      line.insert(line.end(), words.begin(), words.end());
      EXPECT_EQ(Run(line), 2) << error;
      EXPECT_THAT(err(), HasSubstr(words[0] == "-n" && command == "schedule:load" ? "--peaks 0: " : error));
    }
  }
  EXPECT_EQ(Run({"schedule:simulate", "-t", "backup:rnu"}), 1);
  EXPECT_THAT(err(), HasSubstr("no task \"backup:rnu\" in the schedule; did you mean \"backup:run\"?"));
}

TEST_F(SimulateCommand, BlamesTheConfigurationNotTheCommandLine) {
  workplace_.schedule_error = InvalidArgument("config.yaml:3:5: unknown key");
  EXPECT_EQ(Run({"schedule:simulate"}), 1);
  EXPECT_EQ(Run({"schedule:load"}), 1);
  EXPECT_EQ(err(), "error: config.yaml:3:5: unknown key\n");
}

TEST_F(LoadCommand, ShowsHoursPeaksAndAdvice) {
  workplace_.define = [](Scheduler& scheduler) {
    scheduler.Command("greet", {"bob"}).Name("hello:bob").Hourly().Register();
  };
  EXPECT_EQ(Run({"schedule:load", "-f", "2026-03-07", "--to", "2026-03-08"}), 0);
  EXPECT_THAT(out(),
              StartsWith("49 occurrences of 3 tasks: 0.03 a minute, 3 in the busiest.\n2026-03-07 00:00:00 +00:00 "));
  EXPECT_THAT(out(), HasSubstr("\n3     1        2026-03-07 18:00  backup:run, hello, hello:bob\n"));
  EXPECT_THAT(out(), HasSubstr("\n15m     hello, hello:bob\n"));
  EXPECT_EQ(Run({"schedule:load", "--json"}), 0);
  EXPECT_THAT(out(), StartsWith(R"({"from":"2026-03-06T12:00:00Z",)"));
}

}  // namespace
}  // namespace rota
