#include "rota/config/laravel_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rota/base/format.h"
#include "rota/config/config.h"
#include "rota/schedule/scheduler.h"

namespace rota {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Import Read(std::string_view text, LaravelListOptions options = {}) {
  const Result<Import> import = ReadLaravelList(text, options);
  EXPECT_TRUE(import) << import.error().message();
  return import ? *import : Import();
}

// A list of one task, with some keys besides.
Import ReadOne(std::string_view keys) {
  return Read(Format(R"([{{"expression":"0 2 * * *","command":"php artisan a","timezone":"UTC",{}}}])", keys));
}

std::string LeftOutOf(const Import& import) {
  std::string text;
  for (const LeftOut& left : import.left_out) text += Format("{}: {}\n", left.place, left.reason);
  return text;
}

// As Laravel 12 prints it, but for the line breaks.
constexpr std::string_view kList = R"([
{"expression":"0 0 1 1-12\/3 *","command":"php artisan foo:command","description":"It does foo.",
 "next_due_date":"2023-04-01 00:00:00 +00:00","next_due_date_human":"3 months from now","timezone":"UTC",
 "has_mutex":false,"repeat_seconds":null,"environments":[]},
{"expression":"* * * * *","command":"php artisan foobar a='b'","description":null,
 "next_due_date":"2023-01-01 00:01:00 +00:00","next_due_date_human":"1 minute from now","timezone":"UTC",
 "has_mutex":true,"repeat_seconds":10,"environments":["production","staging"]},
{"expression":"* * * * *","command":"App\\Jobs\\Import","description":"App\\Jobs\\Import",
 "next_due_date":"2023-01-01 00:01:00 +00:00","next_due_date_human":"1 minute from now","timezone":"UTC",
 "has_mutex":false,"repeat_seconds":null,"environments":[]},
{"expression":"0 3 * * *","command":"Closure at: routes\/console.php:12","description":null,
 "next_due_date":"2023-01-01 03:00:00 +00:00","next_due_date_human":"3 hours from now","timezone":"UTC",
 "has_mutex":false,"repeat_seconds":null,"environments":[]},
{"expression":"0 4 * * 1-5","command":"node \/home\/app\/send.js","description":null,
 "next_due_date":"2023-01-02 04:00:00 +00:00","next_due_date_human":"1 day from now","timezone":"UTC",
 "has_mutex":false,"repeat_seconds":null,"environments":[]}
])";

TEST(LaravelList, BecomesTasks) {
  const Import import = Read(kList, {.directory = "/srv/app"});
  EXPECT_EQ(import.timezone, "UTC");
  ASSERT_EQ(import.tasks.size(), 3u);
  EXPECT_EQ(import.tasks[0].name, "artisan-foo:command");
  EXPECT_EQ(import.tasks[0].description, "It does foo.");
  EXPECT_EQ(import.tasks[0].schedule, "0 0 1 1-12/3 *");
  EXPECT_EQ(import.tasks[0].shell, "php artisan foo:command");
  EXPECT_EQ(import.tasks[0].directory, "/srv/app");
  EXPECT_FALSE(import.tasks[0].without_overlapping);
  EXPECT_EQ(import.tasks[1].schedule, "*/10 * * * * *");
  EXPECT_THAT(import.tasks[1].environments, ElementsAre("production", "staging"));
  EXPECT_TRUE(import.tasks[1].without_overlapping);
  EXPECT_EQ(import.tasks[2].name, "send.js");
  EXPECT_EQ(import.tasks[2].shell, "node /home/app/send.js");
}

TEST(LaravelList, LeavesOutWhatHasNoCommandLine) {
  const Import import = Read(kList);
  EXPECT_EQ(
      LeftOutOf(import),
      "entry 3: \"App\\Jobs\\Import\": a job or a callback has no command line: make it an artisan command\n"
      "entry 4: \"Closure at: routes/console.php:12\": a closure has no command line: make it an artisan command\n");
  EXPECT_THAT(import.tasks[2].comments,
              ElementsAre(HasSubstr("# Not carried over: \"App\\Jobs\\Import\": "), HasSubstr("# {\"expression\":"),
                          HasSubstr("# Not carried over: \"Closure at: "), HasSubstr("# {\"expression\":")));
  EXPECT_THAT(LeftOutOf(ReadOne(R"("description":"php artisan a")")), HasSubstr("a job or a callback"));
  EXPECT_THAT(ToYaml(import), HasSubstr("# The list does not carry withoutOverlapping()"));
}

TEST(LaravelList, LoadsAsAConfiguration) {
  class NoCommands final : public CommandCatalog {
   public:
    Status Check(std::string_view name, std::span<const std::string>) const override { return NotFound("{}", name); }
  };
  const auto no_variables = [](std::string_view) -> std::optional<std::string> { return std::nullopt; };
  const Result<Config> config =
      Config::Parse(ToYaml(Read(kList, {.directory = "/srv/app"})), "imported.yaml", no_variables);
  ASSERT_TRUE(config) << config.error().message();
  const NoCommands commands;
  Scheduler scheduler(commands, TimeZone());
  const Status defined = config->DefineTasks(scheduler);
  ASSERT_TRUE(defined.ok()) << defined.message();
  EXPECT_EQ(scheduler.Build()->tasks().size(), 3u);
}

TEST(LaravelList, SeesThatATaskHasAZoneOfItsOwn) {
  EXPECT_THAT(ReadOne(R"("next_due_date":"2026-03-07 02:00:00 +00:00")").left_out, IsEmpty());
  EXPECT_EQ(LeftOutOf(ReadOne(R"("next_due_date":"2026-03-06 17:00:00 +00:00")")),
            "entry 1: expression \"0 2 * * *\" does not fire at 2026-03-06 17:00:00 +00:00 as next_due_date says: "
            "expected times of UTC; the task has a zone of its own, which the list does not name\n");
  EXPECT_THAT(ReadOne(R"("next_due_date":"2026-03-06 17:00:00 +00:00","repeat_seconds":30)").left_out, IsEmpty());
}

TEST(LaravelList, KeepsTheZoneOfATaskThatIsNotTheFirstOnes) {
  const Import import = Read(R"([{"expression":"0 2 * * *","command":"a","timezone":"Asia/Tokyo"},)"
                             R"({"expression":"0 2 * * *","command":"b","timezone":"UTC"}])");
  EXPECT_EQ(import.timezone, "Asia/Tokyo");
  EXPECT_EQ(import.tasks[0].timezone, "");
  EXPECT_EQ(import.tasks[1].timezone, "UTC");
}

TEST(LaravelList, TellsWhatIsWrongWithAnEntry) {
  EXPECT_EQ(LeftOutOf(Read("[7]")), "entry 1: expected an object\n");
  EXPECT_EQ(LeftOutOf(Read(R"([{"expression":"0 2 * * *"}])")), "entry 1: command: \"\": expected a command\n");
  EXPECT_EQ(LeftOutOf(ReadOne(R"("expression":7)")), "entry 1: expression: 7: expected a text\n");
  EXPECT_EQ(LeftOutOf(ReadOne(R"("repeat_seconds":"x")")),
            "entry 1: repeat_seconds: \"x\": expected a whole number or null\n");
  EXPECT_EQ(LeftOutOf(ReadOne(R"("repeat_seconds":7)")),
            "entry 1: repeat_seconds: 7: expected a part of a minute, beside an expression of five fields\n");
  EXPECT_EQ(LeftOutOf(ReadOne(R"("environments":"production")")),
            "entry 1: environments: \"production\": expected a list of texts\n");
  EXPECT_EQ(LeftOutOf(ReadOne(R"("environments":[1])")), "entry 1: environments: 1: expected a text\n");
  EXPECT_EQ(LeftOutOf(ReadOne(R"("has_mutex":0)")), "entry 1: has_mutex: 0: expected true or false\n");
  EXPECT_THAT(LeftOutOf(Read(R"([{"expression":"61 * * * *","command":"a"}])")),
              HasSubstr("entry 1: expression \"61 * * * *\": column 1: minute \"61\": 61 is out of range"));
  EXPECT_THAT(LeftOutOf(Read(R"([{"expression":"0 0 30 2 *","command":"a"}])")), HasSubstr("never fires"));
  EXPECT_THAT(LeftOutOf(Read(R"([{"expression":"0 0 * * *","command":"a","timezone":"Moon"}])")),
              HasSubstr("entry 1: timezone: unknown time zone \"Moon\""));
}

TEST(LaravelList, IsEmptyWhereNothingIsScheduled) { EXPECT_THAT(Read("[]").tasks, IsEmpty()); }

TEST(LaravelList, RefusesWhatIsNoList) {
  const auto error = [](std::string_view text) { return ReadLaravelList(text, {}).error().message(); };
  EXPECT_THAT(error("[{\"a\":1},\n  x]"),
              HasSubstr("schedule.json:2:3: expected the JSON that `php artisan schedule:list --json` prints: "));
  EXPECT_THAT(error(""), HasSubstr("schedule.json:1:1: expected the JSON"));
  EXPECT_THAT(error("  0 0 * * *  php artisan inspire"), HasSubstr("schedule.json:1:5: expected the JSON"));
  EXPECT_EQ(error("{}"),
            "schedule.json:1:1: expected a list of tasks, as `php artisan schedule:list --json` prints it");
}

}  // namespace
}  // namespace rota
