#include "rota/config/crontab.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <random>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/config/config.h"
#include "rota/schedule/scheduler.h"
#include "rota/time/format.h"

namespace rota {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Pair;

constexpr auto kSystem = CrontabOptions::Kind::kSystem;

Import Read(std::string_view text, const CrontabOptions& options = {}) { return ReadCrontab(text, options); }

// The only task of a crontab of which nothing is left out.
ImportedTask One(std::string_view text, const CrontabOptions& options = {}) {
  const Import import = Read(text, options);
  EXPECT_THAT(import.left_out, IsEmpty()) << (import.left_out.empty() ? "" : import.left_out[0].reason);
  EXPECT_EQ(import.tasks.size(), 1u) << text;
  return import.tasks.empty() ? ImportedTask() : import.tasks[0];
}

std::string ScheduleOf(std::string_view fields) { return One(Format("{} cmd", fields)).schedule; }

// What was left out, "7:1 reason" a line.
std::string LeftOutOf(const Import& import) {
  std::string text;
  for (const LeftOut& left : import.left_out) text += Format("{} {}\n", left.place, left.reason);
  return text;
}

class NoCommands final : public CommandCatalog {
 public:
  Status Check(std::string_view name, std::span<const std::string>) const override { return NotFound("{}", name); }
};

// The schedule that the written file defines.
Schedule Load(const Import& import) {
  const std::string yaml = ToYaml(import);
  const auto no_variables = [](std::string_view) -> std::optional<std::string> { return std::nullopt; };
  const Result<Config> config = Config::Parse(yaml, "imported.yaml", no_variables);
  EXPECT_TRUE(config) << (config ? "" : config.error().message()) << "\n" << yaml;
  if (!config) return Schedule({});
  const NoCommands commands;
  Scheduler scheduler(commands, *TimeZone::Load(config->options().app.timezone));
  const Status defined = config->DefineTasks(scheduler);
  EXPECT_TRUE(defined.ok()) << defined.message() << "\n" << yaml;
  return *scheduler.Build();
}

TEST(Crontab, TakesTheFieldsAsTheyAre) {
  EXPECT_EQ(ScheduleOf("*/15\t0 1,15 * 1-5"), "*/15 0 1,15 * 1-5");
  EXPECT_EQ(ScheduleOf("0 9-17/2 * jan,JUL mon-fri"), "0 9-17/2 * jan,JUL mon-fri");
  EXPECT_EQ(ScheduleOf("@daily"), "@daily");
  EXPECT_EQ(ScheduleOf("@reboot"), "@reboot");
}

TEST(Crontab, WritesOutThatBothDaysMustMatchWhereOneBeginsWithAnAsterisk) {
  EXPECT_EQ(ScheduleOf("0 0 13 * FRI"), "0 0 13 * FRI");
  EXPECT_EQ(ScheduleOf("0 0 */2 * MON"), "0 0 */2 * +MON");
  EXPECT_EQ(ScheduleOf("0 0 1-7 * */2"), "0 0 1-7 * +*/2");
  EXPECT_EQ(ScheduleOf("0 0 */2 * *"), "0 0 */2 * *");
}

TEST(Crontab, DrawsRandomValuesFromTheTasksName) {
  EXPECT_EQ(ScheduleOf("0~29 ~ * * *"), "H(0-29) H * * *");
  EXPECT_EQ(ScheduleOf("~/10 8~ * * ~3"), "H/10 H(8-23) * * H(0-3)");
}

TEST(Crontab, IgnoresTheMinusThatKeepsALineOutOfTheLog) { EXPECT_EQ(ScheduleOf("-*/15 * * * *"), "*/15 * * * *"); }

TEST(Crontab, GivesEachLineTheVariablesThatStandAboveIt) {
  const Import import = Read(
      "A=1\n"
      "* * * * * first\n"
      "A = 2 \n"
      "\"B C\"= 'x  y '\n"
      "D=\"\"\n"
      "* * * * * second\n");
  ASSERT_EQ(import.tasks.size(), 2u);
  EXPECT_THAT(import.tasks[0].env, ElementsAre(Pair("A", "1")));
  EXPECT_THAT(import.tasks[1].env, ElementsAre(Pair("A", "2"), Pair("B C", "x  y "), Pair("D", "")));
}

TEST(Crontab, ExpandsNothingInAVariable) {
  const Import import = Read("PATH=$HOME/bin:${PATH}\n@daily cmd ${X}\n");
  EXPECT_EQ(import.tasks[0].env.at("PATH"), "$HOME/bin:${PATH}");
  const Schedule schedule = Load(import);
  EXPECT_EQ(ProcessOf(schedule.tasks()[0].work)->environment.at("PATH"), "$HOME/bin:${PATH}");
  EXPECT_EQ(Describe(schedule.tasks()[0].work), "cmd ${X}");
}

TEST(Crontab, StartsWhereHomeSays) {
  EXPECT_EQ(One("@daily cmd").directory, "");
  EXPECT_EQ(One("@daily cmd", {.directory = "/home/ann"}).directory, "/home/ann");
  EXPECT_EQ(One("HOME=/srv\n@daily cmd", {.directory = "/home/ann"}).directory, "/srv");
}

TEST(Crontab, RunsTheLineWithAnotherShell) {
  EXPECT_EQ(One("SHELL=/bin/sh\n@daily a | b").shell, "a | b");
  const ImportedTask task = One("SHELL=/bin/bash\n@daily a | b");
  EXPECT_EQ(task.shell, "");
  EXPECT_THAT(task.exec, ElementsAre("/bin/bash", "-c", "a | b"));
}

TEST(Crontab, ReadsScheduleInTheZoneOfCronTzAndLeavesTzToTheCommand) {
  const Import import =
      Read("@daily a\nCRON_TZ=Asia/Tokyo\nTZ=America/New_York\n@daily b\n", {.timezone = "Europe/Berlin"});
  EXPECT_EQ(import.timezone, "Europe/Berlin");
  EXPECT_EQ(import.tasks[0].timezone, "");
  EXPECT_EQ(import.tasks[1].timezone, "Asia/Tokyo");
  EXPECT_THAT(import.tasks[1].env, ElementsAre(Pair("TZ", "America/New_York")));
  const Schedule schedule = Load(import);
  EXPECT_EQ(schedule.tasks()[0].trigger->zone().name(), "Europe/Berlin");
  EXPECT_EQ(schedule.tasks()[1].trigger->zone().name(), "Asia/Tokyo");
}

TEST(Crontab, GivesWhatFollowsAPercentSignToStandardInput) {
  EXPECT_EQ(One(R"(@daily date +\%Y-\%m)").shell, "date +%Y-%m");
  EXPECT_EQ(One(R"(@daily echo a\b)").shell, R"(echo a\b)");
  EXPECT_EQ(One("@daily mail -s hi ann%Dear Ann,%%bye").shell, "{ mail -s hi ann\n} <<'END'\nDear Ann,\n\nbye\nEND");
  EXPECT_EQ(One("@daily cat%END%x").shell, "{ cat\n} <<'END_'\nEND\nx\nEND_");
  EXPECT_EQ(One("@daily cat%").shell, "{ cat\n} <<'END'\n\nEND");
  EXPECT_EQ(LeftOutOf(Read("SHELL=/bin/csh\n@daily cat%x")),
            "2:8 the text after % is standard input, which /bin/csh takes no here-document for\n");
}

TEST(Crontab, HasUsersInASystemCrontab) {
  const ImportedTask task = One("17 * * * *\troot\tcd / && run-parts --report /etc/cron.hourly", {.kind = kSystem});
  EXPECT_EQ(task.user, "root");
  EXPECT_EQ(task.shell, "cd / && run-parts --report /etc/cron.hourly");
  EXPECT_EQ(task.name, "run-parts-cron.hourly");
  EXPECT_EQ(LeftOutOf(Read("@daily root:wheel cmd\n@daily\n", {.kind = kSystem})),
            "1:8 user \"root:wheel\": expected a name without a group or login class\n"
            "2:7 \"@daily\": expected a user and a command\n");
  EXPECT_EQ(LeftOutOf(Read("@daily root cmd\n")),
            "1:8 the command begins with \"root\": is this a system crontab? --system reads it as one\n");
}

TEST(Crontab, KnowsSystemCrontabsByTheirPlace) {
  EXPECT_EQ(KindOfCrontab("/etc/crontab"), kSystem);
  EXPECT_EQ(KindOfCrontab("backup/etc/cron.d/php"), kSystem);
  EXPECT_EQ(KindOfCrontab("crontab"), CrontabOptions::Kind::kUser);
  EXPECT_EQ(KindOfCrontab("-"), CrontabOptions::Kind::kUser);
}

TEST(Crontab, TellsOfMailThatIsNotSent) {
  EXPECT_EQ(LeftOutOf(Read("MAILTO=ops@example.com\nMAILTO=\"\"\nRANDOM_DELAY=45\n")),
            "1:1 MAILTO \"ops@example.com\": Rota sends no mail; what a command prints is kept in the history\n"
            "3:1 RANDOM_DELAY \"45\": no delay is drawn; H in place of a minute spreads tasks\n");
}

TEST(Crontab, TellsWhatIsWrongAndWhere) {
  const std::string left_out =
      LeftOutOf(Read("61 * * * * cmd\n"
                     "* * * 13 * cmd\n"
                     "0 0 */2 * FOO cmd\n"
                     "5/15 * * * * cmd\n"
                     "0 0 31 2 * cmd\n"
                     "@dayly cmd\n"
                     "0 2 * *\n"
                     "@daily\n"
                     "EMPTY=\n"
                     "ROTA_TASK=x\n"
                     "\xc3\xa9t\xc3\xa9 = x y = z\n"
                     "* * * * * \xff\n"
                     "SHELL=\"\"\n"
                     "HOME=/srv\x01\n"
                     "@daily cmd\n"));
  EXPECT_THAT(left_out, HasSubstr("1:1 minute \"61\": 61 is out of range; expected 0-59 or *\n"));
  EXPECT_THAT(left_out, HasSubstr("2:7 month \"13\": 13 is out of range; expected 1-12, jan-dec or *\n"));
  EXPECT_THAT(left_out, HasSubstr("3:11 day of week \"FOO\": "));
  EXPECT_THAT(left_out, HasSubstr("4:1 minute \"5/15\": "));
  EXPECT_THAT(left_out, HasSubstr("5:1 \"0 0 31 2 *\": never fires: expected a date that exists\n"));
  EXPECT_THAT(left_out, HasSubstr("6:1 \"@dayly\": expected one of @yearly "));
  EXPECT_THAT(left_out, HasSubstr("7:1 \"0 2 * *\": expected minute, hour, day of month, month, day of week, and a "
                                  "command\n"));
  EXPECT_THAT(left_out, HasSubstr("8:7 \"@daily\": expected a command\n"));
  EXPECT_THAT(left_out, HasSubstr("9:1 \"EMPTY=\": expected a value; EMPTY=\"\" sets an empty one\n"));
  EXPECT_THAT(left_out,
              HasSubstr("10:1 \"ROTA_TASK\": expected another name: ROTA_ begins those that tell of the run\n"));
  EXPECT_THAT(left_out, HasSubstr("12:1 \"* * * * * \\xff\": expected UTF-8\n"));
  EXPECT_THAT(left_out, HasSubstr("13:1 SHELL \"\": expected the path of a shell\n"));
  EXPECT_THAT(left_out, HasSubstr("15:1 directory \"/srv\\x01\": expected a name without control characters\n"));
}

TEST(Crontab, RunsNothingInAZoneThatItDoesNotKnow) {
  const Import import = Read("@daily a\nCRON_TZ=Moon/Base\n@daily b\nCRON_TZ=UTC\n@daily c\n");
  ASSERT_EQ(import.tasks.size(), 2u);
  EXPECT_EQ(import.tasks[1].shell, "c");
  EXPECT_THAT(LeftOutOf(import), HasSubstr("2:1 CRON_TZ: unknown time zone \"Moon/Base\""));
  EXPECT_THAT(LeftOutOf(import), HasSubstr("3:1 CRON_TZ: unknown time zone \"Moon/Base\""));
}

TEST(Crontab, LosesNoLine) {
  EXPECT_EQ(ToYaml(Read("# m h  dom mon dow\tcommand\r\n"
                        "MAILTO=ann\n"
                        "\n"
                        "#0 5 * * * /opt/disabled\n"
                        "61 * * * * /opt/broken\n"
                        "@reboot /opt/start\n"
                        "\n\n"
                        "0 2 * * 1-5 /opt/backup --full >/dev/null 2>&1\n"
                        "# the end\n",
                        {.file_name = "cron.txt", .timezone = "Europe/Berlin"})),
            R"(# Made of cron.txt by import:crontab.
#
# cron starts a command in its user's home directory, with PATH=/usr/bin:/bin, and mails what it prints.
# Rota starts it where the server was started, with the server's environment (directory: and env: say
# otherwise), and keeps what it prints in the history. Every server of a fleet runs all of these tasks;
# with unique: true one of them does.

app:
  timezone: Europe/Berlin

tasks:
  # m h  dom mon dow	command
  # Not carried over: MAILTO "ann": Rota sends no mail; what a command prints is kept in the history
  # MAILTO=ann

  #0 5 * * * /opt/disabled
  # Not carried over: minute "61": 61 is out of range; expected 0-59 or *
  # 61 * * * * /opt/broken
  # cron runs it when the machine starts, Rota whenever its server does.
  - name: start
    schedule: "@reboot"
    shell: /opt/start

  - name: backup
    schedule: "0 2 * * 1-5"
    shell: /opt/backup --full >/dev/null 2>&1
  # the end
)");
}

TEST(Crontab, IsEmptyOrNonsenseWithoutHarm) {
  EXPECT_EQ(Load(Read("")).tasks().size(), 0u);
  std::mt19937 random(11);
  constexpr std::string_view kPieces[] = {"*",    " ",      "\t",       "\n",  "#",    "=",         "%", "\\", "'",
                                          "\"",   "@daily", "0",        "59",  "-",    "/",         ",", "~",  "mon",
                                          "MAIL", "TO=",    "CRON_TZ=", "UTC", "$ {",  "${",        ":", "a",  "[",
                                          "]",    "\xff",   "\x01",     "\r",  "root", "* * * * * "};
  for (int round = 0; round < 3'000; ++round) {
    std::string text;
    const std::size_t length = random() % 40;
    for (std::size_t i = 0; i < length; ++i) text += kPieces[random() % std::size(kPieces)];
    const Import import = Read(text, {.kind = round % 2 == 0 ? kSystem : CrontabOptions::Kind::kUser});
    ASSERT_EQ(Load(import).tasks().size(), import.tasks.size()) << text;
  }
}

// What ISC cron does with five fields, by its manual and its source: bits for each field, one more for a field that
// begins with *. Knows nothing of Rota's reading.
class CronOracle {
 public:
  explicit CronOracle(std::string_view fields) {
    const std::vector<std::string_view> words = Split(fields, ' ');
    constexpr std::pair<int, int> kRanges[] = {{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 7}};
    for (std::size_t i = 0; i < 5; ++i) {
      star_[i] = words[i].starts_with('*');
      for (const std::string_view item : Split(words[i], ',')) Add(i, item, kRanges[i]);
    }
    if (Has(4, 7)) bits_[4] |= 1;
  }

  // The first `count` matches after the beginning of a day.
  std::vector<WallTime> From(std::chrono::sys_days day, std::size_t count) const {
    std::vector<WallTime> instants;
    for (; instants.size() < count; day += std::chrono::days(1)) {
      if (!MatchesDay(day)) continue;
      for (int minute = 0; minute < 24 * 60 && instants.size() < count; ++minute) {
        if (Has(1, minute / 60) && Has(0, minute % 60)) instants.push_back(day + std::chrono::minutes(minute));
      }
    }
    return instants;
  }

 private:
  bool Has(std::size_t field, int value) const { return (bits_[field] >> value & 1) != 0; }

  void Add(std::size_t field, std::string_view item, std::pair<int, int> range) {
    int step = 1;
    if (const std::size_t slash = item.find('/'); slash != std::string_view::npos) {
      step = std::stoi(std::string(item.substr(slash + 1)));
      item = item.substr(0, slash);
    }
    if (item != "*") {
      const std::size_t dash = item.find('-');
      range.first = Value(item.substr(0, dash));
      range.second = dash == std::string_view::npos ? range.first : Value(item.substr(dash + 1));
    }
    for (int value = range.first; value <= range.second; value += step) bits_[field] |= std::uint64_t{1} << value;
  }

  static int Value(std::string_view text) {
    const std::string word = Lowercase(text);
    int number = 0;
    for (const char* name : {"sun", "mon", "tue", "wed", "thu", "fri", "sat"}) {
      if (word == name) return number;
      ++number;
    }
    number = 1;
    for (const char* name : {"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}) {
      if (word == name) return number;
      ++number;
    }
    return std::stoi(word);
  }

  bool MatchesDay(std::chrono::sys_days day) const {
    const std::chrono::year_month_day date(day);
    if (!Has(3, static_cast<int>(static_cast<unsigned>(date.month())))) return false;
    const bool of_month = Has(2, static_cast<int>(static_cast<unsigned>(date.day())));
    const bool of_week = Has(4, static_cast<int>(std::chrono::weekday(day).c_encoding()));
    return star_[2] || star_[4] ? of_month && of_week : of_month || of_week;
  }

  std::uint64_t bits_[5] = {};
  bool star_[5] = {};
};

// The task of each line fires when cron would, the first fifty times.
void ExpectCronsInstants(const std::vector<std::string>& lines) {
  std::string crontab;
  for (const std::string& fields : lines) crontab += fields + " true\n";
  const Import import = Read(crontab);
  ASSERT_EQ(LeftOutOf(import), "");
  const Schedule schedule = Load(import);
  const std::chrono::sys_days begin = std::chrono::year(2026) / 1 / 1;
  constexpr WallTime kEnd = std::chrono::sys_days(std::chrono::year(2190) / 1 / 1);  // Triggers end with 2199.
  for (std::size_t i = 0; i < lines.size(); ++i) {
    WallTime last = WallTime(begin) - Milliseconds(1);
    for (const WallTime expected : CronOracle(lines[i]).From(begin, 50)) {
      if (expected > kEnd) break;
      const std::optional<WallTime> next = schedule.tasks()[i].trigger->Next(last);
      ASSERT_TRUE(next) << lines[i];
      ASSERT_EQ(FormatInstant(*next), FormatInstant(expected)) << lines[i] << " as " << import.tasks[i].schedule;
      last = *next;
    }
  }
}

TEST(Crontab, FiresWhenCronWould) {
  ExpectCronsInstants({"* * * * *",
                       "*/15 * * * *",
                       "17 * * * *",
                       "25 6 * * *",
                       "47 6 * * 7",
                       "52 6 1 * *",
                       "0 0 13 * 5",
                       "0 0 */2 * MON",
                       "0 0 1-7 * */2",
                       "30 4 1,15 * 5",
                       "0 0 * * 0-7",
                       "0 22 * * 1-5",
                       "23 0-23/2 * * *",
                       "5 4 * * sun",
                       "0 0 1 jan *",
                       "*/7 */5 */3 */2 *",
                       "0 9-17/3 * feb,NOV fri,1",
                       "59 23 31 12 *",
                       "0 0 1,31 * */7",
                       "0 12 10-20/5 * 2"});
}

TEST(Crontab, FiresWhenCronWouldForRandomFields) {
  std::mt19937 random(std::random_device{}());
  const auto seed = random();
  random.seed(seed);
  SCOPED_TRACE(Format("seed {}", seed));
  constexpr std::pair<int, int> kRanges[] = {{0, 59}, {0, 23}, {1, 31}, {1, 12}, {0, 7}};
  const auto draw = [&random](int from, int to) {
    return from + static_cast<int>(random() % static_cast<unsigned>(to - from + 1));
  };
  const auto item = [&](std::pair<int, int> range) -> std::string {
    const int from = draw(range.first, range.second);
    const int to = draw(from, range.second);
    switch (draw(0, 4)) {
      case 0:
        return Format("*/{}", draw(1, range.second - range.first));
      case 1:
        return Format("{}-{}", from, to);
      case 2:
        return Format("{}-{}/{}", from, to, draw(1, 3));
      case 3:
        return "*";
      default:
        return Format("{}", from);
    }
  };
  std::vector<std::string> lines;
  for (int i = 0; i < 300; ++i) {
    std::string fields;
    for (std::size_t field = 0; field < 5; ++field) {
      // Days that every month has, lest a line never fires.
      const auto range = field == 2 ? std::pair(1, 28) : kRanges[field];
      fields += (field > 0 ? " " : "") + item(range) + (draw(0, 3) == 0 ? "," + item(range) : "");
    }
    lines.push_back(fields);
  }
  ExpectCronsInstants(lines);
}

}  // namespace
}  // namespace rota
