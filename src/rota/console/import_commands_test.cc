#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>

#include "rota/console/test_workplace.h"

namespace rota {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class ImportCommands : public ConsoleTest {
 protected:
  ImportCommands() {
    std::string pattern = testing::TempDir() + "/import.XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~ImportCommands() override { std::filesystem::remove_all(folder_); }

  // Writes a file and returns its path.
  std::string Write(const std::string& name, std::string_view text) const {
    const std::filesystem::path path = folder_ / name;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text;
    return path.string();
  }

  std::filesystem::path folder_;
};

TEST_F(ImportCommands, PrintsTheConfigurationAndExitsWithZero) {
  const std::string file = Write("crontab", "0 2 * * * /opt/backup\n");
  EXPECT_EQ(Run({"import:crontab", file, "--timezone", "Europe/Berlin", "--directory", "/home/ann"}), 0);
  EXPECT_THAT(out(), StartsWith("# Made of " + file + " by import:crontab.\n"));
  EXPECT_THAT(out(), HasSubstr("app:\n"
                               "  timezone: Europe/Berlin\n"
                               "\n"
                               "tasks:\n"
                               "  - name: backup\n"
                               "    schedule: \"0 2 * * *\"\n"
                               "    shell: /opt/backup\n"
                               "    directory: /home/ann\n"));
  EXPECT_EQ(err(), "");
}

TEST_F(ImportCommands, ReadsStandardInput) {
  in_.str("@daily /opt/backup");
  EXPECT_EQ(Run({"import:crontab", "-"}), 0);
  EXPECT_THAT(out(), HasSubstr("# Made of standard input by import:crontab.\n"));
  EXPECT_THAT(out(), HasSubstr("    shell: /opt/backup\n"));
}

TEST_F(ImportCommands, ExitsWithThreeAndTellsWhatWasLeftOut) {
  const std::string file = Write("crontab", "MAILTO=ann\n61 * * * * /opt/a\n@daily /opt/b\n");
  EXPECT_EQ(Run({"import:crontab", file}), 3);
  EXPECT_THAT(out(), HasSubstr("  # 61 * * * * /opt/a\n"));
  EXPECT_THAT(out(), HasSubstr("  - name: b\n"));
  EXPECT_EQ(err(), "left out: " + file +
                       ":1:1: MAILTO \"ann\": Rota sends no mail; what a command prints is kept in the history\n"
                       "left out: " +
                       file + ":2:1: minute \"61\": 61 is out of range; expected 0-59 or *\n");
  EXPECT_EQ(Run({"import:crontab", "--json", file}), 3);
  EXPECT_THAT(out(), HasSubstr(R"("tasks":[{"task":"b","schedule":"@daily"}],"left_out":[{"place":"1:1","reason":)"));
  EXPECT_EQ(err(), "");
}

TEST_F(ImportCommands, KnowsASystemCrontabByItsNameOrByTheFlag) {
  constexpr std::string_view kText = "@daily ann /opt/backup\n";
  EXPECT_EQ(Run({"import:crontab", Write("cron.d/backup", kText)}), 0);
  EXPECT_THAT(out(), HasSubstr("    user: ann\n"));
  const std::string file = Write("copy", kText);
  EXPECT_EQ(Run({"import:crontab", "--system", file}), 0);
  EXPECT_THAT(out(), HasSubstr("    user: ann\n"));
  EXPECT_EQ(Run({"import:crontab", file}), 0);
  EXPECT_THAT(out(), HasSubstr("    shell: ann /opt/backup\n"));
}

TEST_F(ImportCommands, RefusesAFileThatItCannotReadAndAZoneThatIsNone) {
  EXPECT_EQ(Run({"import:crontab", (folder_ / "missing").string()}), 1);
  EXPECT_THAT(err(), HasSubstr("missing: No such file or directory\n"));
  EXPECT_EQ(Run({"import:crontab", Write("crontab", ""), "-z", "Moon/Base"}), 2);
  EXPECT_THAT(err(), StartsWith("error: --timezone: unknown time zone \"Moon/Base\""));
  EXPECT_EQ(Run({"import:crontab"}), 2);
}

TEST_F(ImportCommands, PrintsWhatTheListOfLaravelBecomes) {
  in_.str(R"([{"expression":"0 2 * * *","command":"php artisan inspire","timezone":"UTC"},)"
          R"({"expression":"0 2 * * *","command":"Closure at: a.php:1","timezone":"UTC"}])");
  EXPECT_EQ(Run({"import:laravel-list", "-", "-d", "/srv/app"}), 3);
  EXPECT_THAT(out(), HasSubstr("  - name: artisan-inspire\n"
                               "    schedule: \"0 2 * * *\"\n"
                               "    shell: php artisan inspire\n"
                               "    directory: /srv/app\n"));
  EXPECT_EQ(err(),
            "left out: standard input:entry 2: \"Closure at: a.php:1\": a closure has no command line: make it an "
            "artisan command\n");
  EXPECT_EQ(Run({"import:laravel-list", Write("list.json", "{")}), 1);
  EXPECT_THAT(err(), HasSubstr("list.json:1:2: expected the JSON that `php artisan schedule:list --json` prints: "));
}

}  // namespace
}  // namespace rota
