#include "rota/console/console.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rota/console/test_workplace.h"

namespace rota {
namespace {

using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

class ConsoleWithoutCommands : public ConsoleTest {
 protected:
  ConsoleWithoutCommands() : ConsoleTest(false) {}
};

TEST_F(ConsoleTest, RunsACommandWithItsArguments) {
  EXPECT_EQ(Run({"greet", "ann", "--config", "warm"}), 0);
  EXPECT_EQ(out(), "Hello, ann (warm)\n");
  EXPECT_EQ(err(), "");
}

TEST_F(ConsoleTest, ReturnsOneWhenACommandFails) {
  EXPECT_EQ(Run({"greet", "nobody"}), 1);
  EXPECT_EQ(out(), "");
  EXPECT_EQ(err(), "error: there is nobody\\x1b[2J\n");
}

TEST_F(ConsoleTest, ReturnsOneWhenAUserCommandRefusesItsInput) {
  EXPECT_EQ(Run({"greet", "badly"}), 1);
  EXPECT_EQ(err(), "error: not like this\n");
}

TEST_F(ConsoleTest, TurnsWhatACommandThrowsIntoAFailure) {
  EXPECT_EQ(Run({"greet", "throw"}), 1);
  EXPECT_EQ(err(), "error: thrown\n");
  EXPECT_EQ(Run({"greet", "int"}), 1);
  EXPECT_EQ(err(), "error: greet threw something that is not a std::exception\n");
}

TEST_F(ConsoleTest, HandsTheStopTokenToTheCommand) {
  std::stop_source stop;
  EXPECT_EQ(Run({"greet", "stop"}, stop.get_token()), 1);
  stop.request_stop();
  EXPECT_EQ(Run({"greet", "stop"}, stop.get_token()), 0);
}

TEST_F(ConsoleTest, GivesEachRunAnIdToNameThingsAfter) {
  class NameCommand final : public Command {
   public:
    NameCommand() : Command("name", "Tell the run") {}
    Status Handle(Context& context) override {
      context.Write(context.facts().task + " " + context.facts().run_id);
      return Status::Ok();
    }
  };
  commands_.Register(std::make_unique<NameCommand>());
  EXPECT_EQ(Run({"name"}), 0);
  const std::string first = out();
  EXPECT_THAT(first, MatchesRegex("name [0-9A-Z]{26}"));
  EXPECT_EQ(Run({"name"}), 0);
  EXPECT_NE(out(), first);
}

TEST_F(ConsoleTest, RefusesAnUnknownCommandWithTheNearestOne) {
  EXPECT_EQ(Run({"schedule:lst"}), 2);
  EXPECT_EQ(out(), "");
  EXPECT_EQ(err(),
            "error: unknown command \"schedule:lst\"; did you mean \"schedule:list\"?\n"
            "Try: app list\n");
}

TEST_F(ConsoleTest, RefusesWrongArgumentsOfACommand) {
  EXPECT_EQ(Run({"greet"}), 2);
  EXPECT_EQ(err(),
            "error: missing argument <name>: Whom\n"
            "Try: app greet --help\n");
}

TEST_F(ConsoleTest, RefusesAnUnknownOptionOfTheProgram) {
  EXPECT_EQ(Run({"--verson"}), 2);
  EXPECT_EQ(err(),
            "error: unknown option \"--verson\"; did you mean \"--version\"?\n"
            "Try: app --help\n");
}

TEST_F(ConsoleTest, PrintsTheVersion) {
  EXPECT_EQ(Run({"--version"}), 0);
  EXPECT_EQ(out(), "app 1.2.3\n");
}

TEST_F(ConsoleTest, ListsTheProgramsOwnCommandsFirstByNamespace) {
  EXPECT_EQ(Run({"list"}), 0);
  EXPECT_EQ(out(), R"(app 1.2.3

Usage:
  app [options] <command> [<arguments>...]

Options:
  -c, --config=FILE  Read this configuration file
  -h, --help         Show this help; after a command, the help of that command
      --version      Show the version

Commands:
  greet                 Greet somebody
 backup
  backup:run            Run database backup

Built-in commands:
  completion            Print the script that completes commands, options and tasks in a shell
  help                  Show what a command does and takes
  list                  List the commands
 cron
  cron:explain          Explain a cron expression: its fields, its next times, and what may not be meant
  cron:next             Show a cron expression in words, and when it fires next
  cron:previous         Show a cron expression in words, and when it fired last
 import
  import:crontab        Turn a crontab into a configuration (exits with 3 where something is left out)
  import:laravel-list   Turn Laravel's schedule:list --json into a configuration (likewise)
 schedule
  schedule:backfill     Run a task for instants that are past, whatever became of them
  schedule:cancel       Ask a task's run to stop, wherever it is
  schedule:diff         Show what would change with another configuration (exits with 1 where it differs)
  schedule:doctor       Examine the store: how it is set up, how it does, and what it has lost
  schedule:history      List what became of due occurrences, newest first
  schedule:list         List the tasks: when they run next, and by which rules
  schedule:load         Show how much fires at once, and which tasks to spread
  schedule:locks        List who holds which task, since when and until when
  schedule:maintenance  Switch maintenance mode on or off, or tell which it is
  schedule:pause        Keep a task, or all tasks, from running on any server
  schedule:reload       Have the servers of this host take up the configuration anew
  schedule:resume       End a pause
  schedule:run          Run what is due now, wait for it, and end (for a crontab of your own)
  schedule:servers      List the servers of the fleet
  schedule:simulate     List what the schedule would fire in a stretch of time
  schedule:test         Run a task now, in the foreground, whatever its conditions say
  schedule:unlock       Take a task's lock from the run that holds it, so that others may run it
  schedule:validate     Check the configuration and all tasks without running anything
  schedule:why          Explain why a task ran, or did not
  schedule:work         Run the schedule as a server, until SIGTERM or SIGINT
)");
}

TEST_F(ConsoleTest, ListsTheCommandsWhenNothingIsAskedFor) {
  Run({"list"});
  const std::string list = out();
  for (const std::vector<std::string>& words :
       {std::vector<std::string>{}, {"--help"}, {"-h"}, {"help"}, {"-c", "x.yaml"}}) {
    EXPECT_EQ(Run(words), 0);
    EXPECT_EQ(out(), list);
  }
}

TEST_F(ConsoleWithoutCommands, ListsTheBuiltInCommandsAlone) {
  EXPECT_EQ(Run({}), 0);
  EXPECT_THAT(out(), HasSubstr("\nCommands:\n  completion "));
  EXPECT_THAT(out(), Not(HasSubstr("Built-in")));
}

TEST_F(ConsoleTest, ShowsTheHelpOfACommandHoweverItIsAskedFor) {
  EXPECT_EQ(Run({"help", "greet"}), 0);
  const std::string help = out();
  EXPECT_THAT(help, StartsWith("Greet somebody\n"));
  EXPECT_THAT(help, HasSubstr("app greet [options] <name>"));
  for (const std::vector<std::string>& words : {std::vector<std::string>{"greet", "--help"},
                                                {"greet", "-h"},
                                                {"--help", "greet"},
                                                {"greet", "ann", "--help"}}) {
    EXPECT_EQ(Run(words), 0);
    EXPECT_EQ(out(), help);
  }
}

TEST_F(ConsoleTest, ShowsTheHelpOfEveryCommandWithoutScheduleOrStore) {
  workplace_.schedule_error = InvalidArgument("broken");
  workplace_.store_error = Unavailable("gone");
  for (const std::string& name : commands_.Names()) {
    EXPECT_EQ(Run({name, "--help"}), 0) << name;
    EXPECT_THAT(out(), HasSubstr("app " + name)) << name;
    EXPECT_EQ(err(), "") << name;
  }
}

TEST_F(ConsoleTest, RefusesHelpForAnUnknownCommand) {
  EXPECT_EQ(Run({"help", "gret"}), 2);
  EXPECT_THAT(err(), StartsWith("error: unknown command \"gret\"; did you mean \"greet\"?\n"));
  EXPECT_EQ(Run({"--help", "gret"}), 2);
}

TEST_F(ConsoleTest, FailsWhenTheOutputCannotBeWritten) {
  out_.setstate(std::ios::badbit);
  EXPECT_EQ(Run({"list"}), 1);
  EXPECT_EQ(err(), "error: the output could not be written\n");
}

TEST_F(ConsoleTest, RefusesACommandWithTheNameOfABuiltInOne) {
  class MyList final : public Command {
   public:
    MyList() : Command("list", "") {}
    Status Handle(Context&) override { return Status::Ok(); }
  };
  CommandRegistry commands;
  commands.Register(std::make_unique<MyList>());
  try {
    Console console(commands, workplace_, clock_, {}, in_, out_, err_);
    FAIL() << "accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "command list: the name belongs to a built-in command");
  }
}

TEST(OperatorName, NamesTheUserAndTheHost) { EXPECT_THAT(OperatorName(), MatchesRegex(".+@.+")); }

}  // namespace
}  // namespace rota
