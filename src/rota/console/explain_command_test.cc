#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <optional>

#include "rota/console/test_workplace.h"

namespace rota {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

using CronExplain = ConsoleTest;

TEST_F(CronExplain, ExplainsAnExpression) {
  EXPECT_EQ(Run({"cron:explain", "0 2 * * 1-5", "-z", "Asia/Shanghai", "-n", "1"}), 0);
  EXPECT_EQ(out(), R"(  0 2 * * 1-5
  │ │ │ │ └── day of week   Monday through Friday
  │ │ │ └──── month         every month
  │ │ └────── day of month  every day
  │ └──────── hour          2
  └────────── minute        0

At 02:00, Monday through Friday (Asia/Shanghai)

Next      2026-03-09 02:00:00 +08:00  Monday
Previous  2026-03-06 02:00:00 +08:00  Friday
)");
  EXPECT_EQ(err(), "");
}

TEST_F(CronExplain, BeginsWhereItIsTold) {
  EXPECT_EQ(Run({"cron:explain", "@daily", "--from", "2027-01-01 12:00", "-n", "1"}), 0);
  EXPECT_THAT(out(), HasSubstr("\nNext      2027-01-02 00:00:00 +00:00  Saturday\n"));
}

TEST_F(CronExplain, SpeaksTheLanguageAskedFor) {
  EXPECT_EQ(Run({"cron:explain", "0 2 * * 1-5", "--locale", "zh"}), 0);
  EXPECT_THAT(out(), HasSubstr("\n工作日 02:00（UTC）\n"));
  EXPECT_EQ(Run({"cron:explain", "0 2 * * 1-5", "--locale", "fr"}), 2);
  EXPECT_THAT(err(), StartsWith("error: --locale fr: expected en or zh\n"));
}

TEST_F(CronExplain, SpeaksTheLanguageOfTheKeyboardOtherwise) {
  CommandRegistry commands;
  Console console(commands, workplace_, clock_, {.version = "", .author = "", .locale = Locale::kChinese}, in_, out_,
                  err_);
  const char* const argv[] = {"app", "cron:explain", "0 2 * * 1-5"};
  EXPECT_EQ(console.Run(std::size(argv), argv), 0);
  EXPECT_THAT(out(), HasSubstr("\n工作日 02:00（UTC）\n"));
}

TEST_F(CronExplain, MarksTheColumnOfAnError) {
  EXPECT_EQ(Run({"cron:explain", "0 2 * * 1-9"}), 2);
  EXPECT_EQ(out(), "");
  EXPECT_THAT(err(), StartsWith("error: column 9: day of week \"1-9\": "));
  EXPECT_THAT(err(), HasSubstr("\n         0 2 * * 1-9\n                 ^~~\nTry: app cron:explain --help\n"));
}

TEST_F(CronExplain, TakesDialectAndTask) {
  EXPECT_EQ(Run({"cron:explain", "0 0 12 ? * 2-6", "--dialect", "quartz"}), 0);
  EXPECT_THAT(out(), HasSubstr("\nAt 12:00, Monday through Friday (UTC)\n"));
  EXPECT_EQ(Run({"cron:explain", "H 2 * * *", "--task", "backup:run"}), 0);
  EXPECT_EQ(Run({"cron:explain", "H 2 * * *"}), 2);
  EXPECT_THAT(err(), HasSubstr("the task's id; name the task with --task ID\n         H 2 * * *\n         ^\n"));
  EXPECT_EQ(Run({"cron:explain", "0 2 * * *", "--dialect", "spring"}), 2);
  EXPECT_THAT(err(), StartsWith("error: --dialect: \"spring\": expected ocps, unix, seconds or quartz\n"));
}

TEST_F(CronExplain, PrintsJson) {
  EXPECT_EQ(Run({"cron:explain", "@daily", "--json"}), 0);
  EXPECT_THAT(out(), StartsWith(R"({"cron":"@daily","locale":"en","schedule":"At 00:00","zone":"UTC",)"));
}

// Sets variables of the environment and clears the others that tell a locale; puts all back at its end.
class LocaleVariables {
 public:
  explicit LocaleVariables(const std::map<std::string, std::string>& values) {
    for (const char* name : {"LC_ALL", "LC_MESSAGES", "LANG"}) {
      const char* old = std::getenv(name);
      before_.emplace_back(name, old == nullptr ? std::nullopt : std::optional<std::string>(old));
      const auto value = values.find(name);
      Set(name, value == values.end() ? std::nullopt : std::optional(value->second));
    }
  }
  ~LocaleVariables() {
    for (const auto& [name, value] : before_) Set(name, value);
  }
  LocaleVariables(const LocaleVariables&) = delete;
  LocaleVariables& operator=(const LocaleVariables&) = delete;

 private:
  static void Set(const char* name, const std::optional<std::string>& value) {
    if (value) {
      setenv(name, value->c_str(), 1);
    } else {
      unsetenv(name);
    }
  }
  std::vector<std::pair<const char*, std::optional<std::string>>> before_;
};

Locale LocaleOf(const std::map<std::string, std::string>& values) {
  const LocaleVariables variables(values);
  return EnvironmentLocale();
}

TEST(EnvironmentLocale, IsThatOfTheFirstVariableThatIsSet) {
  EXPECT_EQ(LocaleOf({}), Locale::kEnglish);
  EXPECT_EQ(LocaleOf({{"LANG", "zh_CN.UTF-8"}}), Locale::kChinese);
  EXPECT_EQ(LocaleOf({{"LANG", "en_US.UTF-8"}, {"LC_MESSAGES", "zh_CN.UTF-8"}}), Locale::kChinese);
  EXPECT_EQ(LocaleOf({{"LC_ALL", "C"}, {"LANG", "zh_CN.UTF-8"}}), Locale::kEnglish);
  EXPECT_EQ(LocaleOf({{"LC_ALL", ""}, {"LANG", "zh_CN.UTF-8"}}), Locale::kChinese);
  EXPECT_EQ(LocaleOf({{"LANG", "de_DE.UTF-8"}}), Locale::kEnglish);
}

}  // namespace
}  // namespace rota
