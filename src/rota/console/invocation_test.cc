#include "rota/console/invocation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rota/console/test_workplace.h"

namespace rota {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class ParseInvocationTest : public testing::Test {
 protected:
  ParseInvocationTest() { commands_.Register(std::make_unique<GreetCommand>()); }

  Result<Invocation> Parse(std::vector<const char*> words) {
    words.insert(words.begin(), "app");
    return ParseInvocation(commands_, static_cast<int>(words.size()), words.data());
  }

  CommandRegistry commands_;
};

TEST(ProgramName, IsTheLastPartOfThePath) {
  const char* const argv[] = {"/usr/local/bin/rota"};
  EXPECT_EQ(ProgramName(1, argv), "rota");
  EXPECT_EQ(ProgramName(0, argv), "rota");
}

TEST_F(ParseInvocationTest, NamesNoCommandWithoutWords) {
  const Result<Invocation> invocation = Parse({});
  EXPECT_EQ(invocation->command, "");
  EXPECT_EQ(invocation->ask, Invocation::Ask::kRun);
}

TEST_F(ParseInvocationTest, LeavesTheWordsAfterTheCommandToIt) {
  const Result<Invocation> invocation = Parse({"schedule:list", "--next", "3", "--help", "--version"});
  EXPECT_EQ(invocation->command, "schedule:list");
  EXPECT_THAT(invocation->words, ElementsAre("--next", "3", "--help", "--version"));
}

TEST_F(ParseInvocationTest, TakesTheConfigurationBeforeOrAfterTheCommand) {
  EXPECT_EQ(Parse({"-c", "a.yaml", "schedule:work"})->config, "a.yaml");
  EXPECT_EQ(Parse({"--config=a.yaml", "schedule:work"})->config, "a.yaml");
  const Result<Invocation> after = Parse({"schedule:why", "backup:run", "--config", "a.yaml", "--json"});
  EXPECT_EQ(after->config, "a.yaml");
  EXPECT_THAT(after->words, ElementsAre("backup:run", "--json"));
}

TEST_F(ParseInvocationTest, LeavesACommandItsOwnOptionOfThatName) {
  const Result<Invocation> invocation = Parse({"-c", "a.yaml", "greet", "ann", "-c", "warm", "--config", "cold"});
  EXPECT_EQ(invocation->config, "a.yaml");
  EXPECT_THAT(invocation->words, ElementsAre("ann", "-c", "warm", "--config", "cold"));
}

TEST_F(ParseInvocationTest, TakesNothingAfterTwoDashes) {
  const Result<Invocation> invocation = Parse({"schedule:why", "--", "-c", "a.yaml"});
  EXPECT_EQ(invocation->config, std::nullopt);
  EXPECT_THAT(invocation->words, ElementsAre("--", "-c", "a.yaml"));
}

TEST_F(ParseInvocationTest, TakesHelpAndVersionBeforeTheCommand) {
  EXPECT_EQ(Parse({"--version"})->ask, Invocation::Ask::kVersion);
  EXPECT_EQ(Parse({"-h"})->ask, Invocation::Ask::kHelp);
  EXPECT_EQ(Parse({"--help", "greet"})->command, "greet");
}

TEST_F(ParseInvocationTest, RefusesAnUnknownOptionBeforeTheCommand) {
  EXPECT_EQ(Parse({"--confg", "x"}).error(), InvalidArgument("unknown option \"--confg\"; did you mean \"--config\"?"));
}

TEST_F(ParseInvocationTest, RefusesAConfigurationWithoutAName) {
  EXPECT_EQ(Parse({"schedule:work", "-c"}).error(), InvalidArgument("-c: expected the name of a configuration file"));
  EXPECT_EQ(Parse({"--config="}).error(), InvalidArgument("--config: expected the name of a configuration file"));
  EXPECT_EQ(Parse({"--config", ""}).error(), InvalidArgument("--config: expected the name of a configuration file"));
}

TEST_F(ParseInvocationTest, CompletesWithTheConfigurationOfTheLineBeingTyped) {
  const Result<Invocation> invocation = Parse({"completion:words", "--", "-c", "a.yaml", "schedule:why", ""});
  EXPECT_EQ(invocation->config, "a.yaml");
  EXPECT_THAT(invocation->words, ElementsAre("--", "-c", "a.yaml", "schedule:why", ""));
}

TEST_F(ParseInvocationTest, CompletesAConfigurationThatIsNotTypedYet) {
  const Result<Invocation> invocation = Parse({"completion:words", "--", "-c", ""});
  ASSERT_TRUE(invocation);
  EXPECT_EQ(invocation->config, std::nullopt);
}

}  // namespace
}  // namespace rota
