#include <gtest/gtest.h>

#include "rota/console/test_workplace.h"

namespace rota {
namespace {

class ReloadCommand : public ConsoleTest {};

TEST_F(ReloadCommand, SaysWhatIsWrongWithTheConfigurationAndTellsNobody) {
  Join("web1");
  workplace_.schedule_error = InvalidArgument("config.yaml:3:1: taks: unknown key");
  EXPECT_EQ(Run({"schedule:reload"}), 1);
  EXPECT_EQ(err(), "error: nothing was reloaded: config.yaml:3:1: taks: unknown key\n");
}

TEST_F(ReloadCommand, SaysThatThereIsNoServer) {
  EXPECT_EQ(Run({"schedule:reload"}), 1);
  EXPECT_EQ(err(), "error: no server of memory follows a schedule; start one with: app schedule:work\n");
  Join("web1");
  EXPECT_EQ(Run({"schedule:reload", "--server", "web2"}), 1);
  EXPECT_EQ(err(), "error: web2: no such server follows a schedule\n");
}

TEST_F(ReloadCommand, NamesTheServersOfOtherHosts) {
  Join("web1");
  EXPECT_EQ(Run({"schedule:reload"}), 1);
  EXPECT_NE(out().find("not reached: run schedule:reload there\n"), std::string::npos) << out();
  EXPECT_EQ(err(), "error: no server runs on this host\n");
}

}  // namespace
}  // namespace rota
