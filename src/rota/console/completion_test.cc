#include "rota/console/completion.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/stat.h>

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "rota/console/test_workplace.h"

namespace rota {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class CompletionTest : public ConsoleTest {
 protected:
  // The candidates for the last of the words.
  std::vector<std::string> Complete(std::vector<std::string> typed) {
    typed.insert(typed.begin(), {"completion:words", "--"});
    EXPECT_EQ(Run(typed), 0);
    EXPECT_EQ(err(), "");
    std::vector<std::string> lines;
    std::istringstream text(out());
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
  }
};

TEST_F(CompletionTest, OffersCommands) {
  EXPECT_THAT(Complete({"schedule:maintenance", "o"}), ElementsAre("off", "on"));
  EXPECT_THAT(Complete({"schedule:r"}), ElementsAre("schedule:reload", "schedule:resume", "schedule:run"));
  EXPECT_THAT(Complete({"-c", "x.yaml", "gr"}), ElementsAre("greet"));
  EXPECT_THAT(Complete({"comp"}), ElementsAre("completion"));
  EXPECT_THAT(Complete({"help", "cron"}), ElementsAre("cron:explain", "cron:next", "cron:previous"));
}

TEST_F(CompletionTest, OffersTheOptionsOfTheProgramAndOfACommand) {
  EXPECT_THAT(Complete({"-"}), ElementsAre("--config", "--help", "--version"));
  EXPECT_THAT(Complete({"schedule:list", "--"}),
              ElementsAre("--next", "--tag", "--dst", "--locale", "--json", "--help"));
  EXPECT_THAT(Complete({"import:crontab", "--"}),
              ElementsAre("--system", "--timezone", "--directory", "--json", "--help"));
  EXPECT_THAT(Complete({"schedule:unlock", "--"}), ElementsAre("--server", "--force", "--help"));
  EXPECT_THAT(Complete({"greet", "--c"}), ElementsAre("--config"));
}

TEST_F(CompletionTest, OffersTheTasksOfTheSchedule) {
  EXPECT_THAT(Complete({"schedule:why", ""}), ElementsAre("backup:run", "hello"));
  EXPECT_THAT(Complete({"schedule:why", "--json", "b"}), ElementsAre("backup:run"));
  EXPECT_THAT(Complete({"schedule:simulate", "--task", ""}), ElementsAre("backup:run", "hello"));
  EXPECT_THAT(Complete({"schedule:pause", "--reason", "disk swap", "h"}), ElementsAre("hello"));
  EXPECT_THAT(Complete({"schedule:unlock", "--force", "b"}), ElementsAre("backup:run"));
  EXPECT_THAT(Complete({"schedule:pause", "-c", "x.yaml", "h"}), ElementsAre("hello"));
  EXPECT_THAT(Complete({"schedule:why", "backup:run", ""}), ElementsAre());
}

TEST_F(CompletionTest, OffersTheValuesOfAnOption) {
  EXPECT_THAT(Complete({"schedule:history", "--outcome", "m"}), ElementsAre("missed"));
  EXPECT_THAT(Complete({"schedule:history", "-o", "su"}), ElementsAre("succeeded"));
  EXPECT_THAT(Complete({"schedule:history", "--outcome=s"}), ElementsAre("--outcome=succeeded", "--outcome=skipped"));
  EXPECT_THAT(Complete({"schedule:list", "--tag", ""}), ElementsAre("db"));
  EXPECT_THAT(Complete({"cron:next", "--timezone", "Europe/Berl"}), ElementsAre("Europe/Berlin"));
  EXPECT_THAT(Complete({"import:crontab", "-z", "Europe/Berl"}), ElementsAre("Europe/Berlin"));
  EXPECT_THAT(Complete({"completion", ""}), ElementsAre("bash", "zsh", "fish"));
}

TEST_F(CompletionTest, LeavesFilesToTheShell) {
  EXPECT_THAT(Complete({"-c", ""}), ElementsAre());
  EXPECT_THAT(Complete({"schedule:diff", ""}), ElementsAre());
  EXPECT_THAT(Complete({"import:laravel-list", ""}), ElementsAre());
  EXPECT_THAT(Complete({"greet", "--config", ""}), ElementsAre());
  EXPECT_THAT(Complete({"greet", ""}), ElementsAre());
  EXPECT_THAT(Complete({"unheard-of", ""}), ElementsAre());
}

TEST_F(CompletionTest, KeepsQuietAboutAScheduleThatIsWrong) {
  workplace_.schedule_error = InvalidArgument("broken");
  EXPECT_THAT(Complete({"schedule:why", ""}), ElementsAre());
}

TEST_F(CompletionTest, RefusesAnotherShell) {
  EXPECT_EQ(Run({"completion", "csh"}), 2);
  EXPECT_EQ(err(),
            "error: csh: expected bash, zsh or fish; did you mean \"zsh\"?\n"
            "Try: app completion --help\n");
}

TEST(CompletionScript, NamesItsFunctionAfterTheProgramAndQuotesOddNames) {
  EXPECT_THAT(*CompletionScript("bash", "my-app"), HasSubstr("complete -o default -F _complete_my_app my-app\n"));
  EXPECT_THAT(*CompletionScript("fish", "my app"), HasSubstr("complete -c 'my app' -a '(_complete_my_app)'\n"));
  EXPECT_THAT(*CompletionScript("zsh", "rota"), HasSubstr("compdef _complete_rota rota\n"));
}

// What a shell prints for a command line.
std::string Output(const std::string& command) {
  std::string output;
  FILE* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return "popen failed";
  std::array<char, 256> chunk{};
  while (fgets(chunk.data(), static_cast<int>(chunk.size()), pipe) != nullptr) output += chunk.data();
  return output + (pclose(pipe) == 0 ? "" : "(failed)");
}

// A shell that loads the script beside a program that prints its arguments' number, and fixed candidates.
class CompletionInBash : public testing::Test {
 protected:
  CompletionInBash() {
    std::string pattern = testing::TempDir() + "/completion.XXXXXX";
    folder_ = mkdtemp(pattern.data());
    std::ofstream(folder_ / "app") << "#!/bin/sh\nprintf 'schedule:list\\nschedule:run now\\n[%s]\\n' \"$*\"\n";
    chmod((folder_ / "app").c_str(), 0755);
    std::ofstream(folder_ / "script") << *CompletionScript("bash", "app");
  }
  ~CompletionInBash() override { std::filesystem::remove_all(folder_); }

  // The candidates, in angle brackets, for `line` up to the cursor.
  std::string Complete(const std::string& line) {
    std::ofstream(folder_ / "test.bash") << "source " << (folder_ / "script").string() << "\nCOMP_LINE='" << line
                                         << "'\nCOMP_POINT=${#COMP_LINE}\n_complete_app\n"
                                         << "printf '<%s>' \"${COMPREPLY[@]}\"\n";
    return Output("PATH=" + folder_.string() + ":$PATH bash " + (folder_ / "test.bash").string() + " 2>&1");
  }

  std::filesystem::path folder_;
};

TEST_F(CompletionInBash, OffersWhatTheProgramAnswers) {
  EXPECT_EQ(Complete("app sche"), "<schedule:list><schedule:run now><[completion:words -- sche]>");
}

TEST_F(CompletionInBash, AsksForANewWordAfterASpace) {
  EXPECT_THAT(Complete("app schedule:why "), HasSubstr("<[completion:words -- schedule:why ]>"));
}

TEST_F(CompletionInBash, CutsOffWhatStandsBeforeTheLastColon) {
  EXPECT_EQ(Complete("app schedule:l"), "<list><run now><[completion:words -- schedule:l]>");
}

TEST(CompletionScript, IsReadByTheShellsThatAreInstalled) {
  for (const std::string shell : {"bash", "zsh", "fish"}) {
    if (Output("command -v " + shell + " || true").empty()) continue;
    const std::string file = testing::TempDir() + "/completion." + shell;
    std::ofstream(file) << *CompletionScript(shell, "app");
    EXPECT_EQ(Output(shell + " -n " + file + " 2>&1"), "") << shell;
    std::filesystem::remove(file);
  }
}

}  // namespace
}  // namespace rota
