#include <algorithm>

#include "programs.h"
#include "rota/base/format.h"

namespace rota::integration {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class YamlTasks : public Programs {
 protected:
  // What `schedule:validate` says to a file of these tasks.
  std::string ErrorOf(std::string_view text) const {
    Write("config.yaml", text);
    const Ran ran = Run({"schedule:validate"});
    EXPECT_EQ(ran.exit, 1) << text;
    EXPECT_EQ(ran.out, "") << text;
    return ran.err;
  }
  std::string OutputOf(const std::string& task) const {
    const Ran ran = Run({"schedule:test", task});
    EXPECT_EQ(ran.exit, 0) << ran.err;
    return ran.out.substr(0, ran.out.rfind(task + ": succeeded"));
  }
};

TEST_F(YamlTasks, RunProgramsAndShellLines) {
  Write("config.yaml", R"yaml(
tasks:
  - name: exec
    exec: [printf, '%s|', one two, $SERVER, '*', ""]
    schedule: yearly
  - name: shell
    shell: printf '%s|' "$((1 + 1))" $SERVER | tr '|' '-'; echo "$ROTA_TASK $ROTA_ATTEMPT" >&2
    schedule: yearly
)yaml");
  EXPECT_EQ(OutputOf("exec"), "one two|$SERVER|*||\n");
  EXPECT_EQ(OutputOf("shell"), "2-a-shell 1\n");
}

TEST_F(YamlTasks, ChooseWhatTheirProcessesFindAroundThem) {
  Write("config.yaml", R"yaml(
tasks:
  - name: around
    shell: echo "$GREETING from $(pwd), $(umask), $(ulimit -n), $SERVER"
    schedule: yearly
    env: {GREETING: hello, SERVER: "${SERVER}${SERVER}"}
    directory: /usr
    umask: 027
    limits: {open_files: 32}
  - {name: lost, exec: [pwd], schedule: yearly, directory: /no/such}
  - {name: nobody, exec: [id], schedule: yearly, user: no-such-user}
)yaml");
  EXPECT_EQ(OutputOf("around"), "hello from /usr, 0027, 32, aa\n");
  EXPECT_THAT(Run({"schedule:test", "lost"}).err,
              HasSubstr("error: lost: failed(cannot start pwd: directory /no/such: No such file or directory) after "));
  EXPECT_THAT(Run({"schedule:test", "nobody"}).err,
              HasSubstr("failed(cannot start id: user \"no-such-user\": there is no such user)"));
}

TEST_F(YamlTasks, WriteTheirOutputToFiles) {
  Write("config.yaml", R"yaml(
tasks:
  - {name: replaces, shell: 'echo "$ROTA_RUN_ID"; echo again >&2', schedule: yearly, output: last.log}
  - {name: appends, shell: 'printf "\\377%s\n" "$ROTA_RUN_ID"', schedule: yearly, output: {file: all.log, append: true}}
  - {name: nowhere, shell: echo kept, schedule: yearly, output: no/such/file.log}
)yaml");
  std::string all;
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(Run({"schedule:test", "replaces"}).exit, 0);
    EXPECT_EQ(Read("last.log"), Text(History("replaces").back(), "run_id") + "\nagain\n");
    EXPECT_EQ(Run({"schedule:test", "appends"}).exit, 0);
    all += "\xff" + Text(History("appends").back(), "run_id") + "\n";
  }
  EXPECT_EQ(Read("all.log"), all);
  const Ran ran = Run({"schedule:test", "nowhere"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.out,
              HasSubstr("kept\nnowhere: succeeded(its output is not in no/such/file.log: No such file or directory)"));
}

TEST_F(YamlTasks, PrintEachLineOfLargeOutputInTheForeground) {
  Write("config.yaml", "tasks:\n  - {name: large, shell: seq 1 200000, schedule: yearly}\n");
  const std::string printed = OutputOf("large");
  EXPECT_EQ(std::ranges::count(printed, '\n'), 200'000);
  EXPECT_TRUE(printed.ends_with("\n200000\n"));
  const std::string kept = Text(History("large").at(0), "output_tail");
  EXPECT_THAT(kept, HasSubstr(" lines are left out …\n"));
  EXPECT_LT(kept.size(), 17'000u);
}

TEST_F(YamlTasks, ShowWhatTheyPrintWhereTheServerIsAskedTo) {
  Write("config.yaml", R"yaml(
tasks:
  - {name: one, schedule: "@reboot", shell: 'echo "from one"; printf "\\033[2Jbare"'}
  - {name: two, schedule: "@reboot", shell: echo "from two" >&2}
)yaml");
  Process server = Start({"schedule:work", "--output"});
  ASSERT_TRUE(Eventually([&] {
    return server.out().find("one | \\x1b[2Jbare\n") != std::string::npos &&
           server.out().find("two | from two\n") != std::string::npos;
  }));
  EXPECT_THAT(server.out(), HasSubstr("one | from one\n"));
  server.Signal(SIGTERM);
  EXPECT_EQ(server.Wait(), 0);
}

TEST_F(YamlTasks, AreTriedAgainAndHaveOneOutcome) {
  Write("config.yaml", R"yaml(
tasks:
  - name: temporary
    shell: echo "attempt $ROTA_ATTEMPT of $ROTA_RUN_ID"; test "$ROTA_ATTEMPT" = 3 || exit 75
    schedule: yearly
    unique: true
    retry: {attempts: 5, delay: 1ms, backoff: exponential, jitter: full, exit_codes: [75]}
  - name: hopeless
    shell: exit 1
    schedule: yearly
    retry: {delay: 1ms, exit_codes: [75]}
)yaml");
  const Ran ran = Run({"schedule:test", "temporary"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  const auto records = History("temporary");
  ASSERT_EQ(records.size(), 1u);
  const std::string run_id = Text(records[0], "run_id");
  EXPECT_THAT(ran.out,
              HasSubstr(Format("attempt 1 of {}\nattempt 2 of {}\nattempt 3 of {}\n", run_id, run_id, run_id)));
  EXPECT_EQ(records[0].at("attempt").as_int64(), 3);
  EXPECT_THAT(Run({"schedule:test", "hopeless"}).err, HasSubstr("failed(exit 1)"));
}

TEST_F(YamlTasks, AreStoppedAtTheirTimeoutWithAllTheyStarted) {
  Write("config.yaml", R"yaml(
tasks:
  - name: slow
    shell: sleep 1000 | sleep 1000
    schedule: yearly
    timeout: 100ms
  - name: deaf
    exec: [env, --ignore-signal=TERM, sh, -c, 'sleep 1000 | sleep 1000']
    schedule: yearly
    timeout: 3s
    kill_after: 100ms
)yaml");
  EXPECT_THAT(Run({"schedule:test", "slow"}).err, HasSubstr("error: slow: timed_out(after 100ms; stopped: "));
  EXPECT_THAT(Run({"schedule:test", "deaf"}).err, HasSubstr("error: deaf: timed_out(after 3s; killed: "));
}

TEST_F(YamlTasks, TakeValuesFromTheEnvironment) {
  Write("config.yaml", R"(
server: {id: "${SERVER}-${NOWHERE:-one}"}
tasks:
  - name: told
    shell: echo ${SERVER} ${NOWHERE:-nowhere} $${SERVER}${SERVER}
    schedule: ${NOWHERE:-every five minutes}
)");
  EXPECT_EQ(OutputOf("told"), "a nowhere aa\n");
  EXPECT_EQ(Text(History("told").at(0), "server"), "a-one");
  EXPECT_EQ(ErrorOf("tasks:\n  - {schedule: daily, shell: \"df ${NOWHERE}\"}\n"),
            "error: config.yaml:2:30: shell: environment variable NOWHERE is not set; ${NOWHERE:-default} gives it a "
            "default, $${NOWHERE} leaves ${NOWHERE} to the shell\n");
}

TEST_F(YamlTasks, AreDueByCronOrWordsInTheirZone) {
  Write("config.yaml", R"(
app: {timezone: Asia/Shanghai}
tasks:
  - {name: cron, schedule: 30 9 * * mon-fri, timezone: Europe/Berlin, shell: df}
  - {name: words, schedule: daily at 02:00, unique: true, lock_timeout: 45m, shell: df}
  - {name: interval, schedule: every 90s, without_overlapping: true, shell: df}
  - {name: days, schedule: weekdays at 13:00, environments: [staging], tags: [db], shell: df}
)");
  const boost::json::value list = Json({"schedule:list", "--json"});
  ASSERT_EQ(list.as_array().size(), 4u);
  const auto task = [&list](std::size_t i) { return list.as_array()[i].as_object(); };
  const auto next = [&task](std::size_t i) { return task(i).at("next").as_array().at(0).as_object(); };
  EXPECT_EQ(Text(task(0), "cron"), "30 9 * * mon-fri");
  EXPECT_EQ(Text(task(0), "schedule"), "At 09:30, Monday through Friday");
  EXPECT_EQ(Text(task(0), "zone"), "Europe/Berlin");
  EXPECT_EQ(Text(task(0), "unique"), "false");
  EXPECT_THAT(Text(next(0), "local"), testing::ContainsRegex(" 09:30:00 \\+0[12]:00$"));
  EXPECT_EQ(Text(task(1), "cron"), "0 2 * * *");
  EXPECT_EQ(Text(task(1), "zone"), "Asia/Shanghai");
  EXPECT_EQ(Text(task(1), "unique"), "true");
  EXPECT_EQ(Text(task(1), "lock_timeout_ms"), "2700000");
  EXPECT_THAT(Text(next(1), "local"), testing::EndsWith(" 02:00:00 +08:00"));
  EXPECT_THAT(Text(next(1), "utc"), testing::EndsWith("T18:00:00Z"));
  EXPECT_EQ(Text(task(2), "schedule"), "Every 1m30s");
  EXPECT_EQ(Text(task(2), "overlap"), "skip");
  EXPECT_EQ(Text(task(3), "cron"), "0 13 * * 1-5");
  EXPECT_EQ(Text(task(3), "environments"), "[\"staging\"]");
  EXPECT_EQ(Text(task(3), "tags"), "[\"db\"]");
}

TEST_F(YamlTasks, RunWhenTheirServerStarts) {
  Write("config.yaml", R"yaml(
tasks:
  - {name: warm-up, schedule: "@reboot", unique: true, shell: echo warm}
)yaml");
  for (int start = 1; start <= 2; ++start) {
    Process server = Start({"schedule:work"});
    ASSERT_TRUE(Eventually([&] {
      const Records history = History("warm-up");
      return std::ssize(history) == start && Text(history.back(), "outcome") == "succeeded";
    }));
    server.Signal(SIGTERM);
    EXPECT_EQ(server.Wait(), 0);
  }
}

TEST_F(YamlTasks, ChooseWhatAChangeOfTheClocksDoes) {
  Write("config.yaml", R"yaml(
app: {timezone: America/New_York}
tasks:
  - {name: backup, schedule: 30 2 * * *, shell: df}
  - {name: report, schedule: 30 2 * * *, dst_gap: skip, dst_overlap: both, shell: df}
  - {name: health, schedule: every 30s, shell: df}
)yaml");
  const Ran ran = Run({"schedule:list", "--dst"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.out, testing::ContainsRegex("backup .*02:00 → 03:00  02:30 does not exist: runs at 03:00 instead"));
  EXPECT_THAT(ran.out, testing::ContainsRegex("report .*02:00 → 03:00  02:30 does not exist: does not run"));
  EXPECT_THAT(ran.out, HasSubstr("Not affected by a change of the clocks: 1 of 3 tasks."));
}

TEST_F(YamlTasks, AreRefusedWithTheirPlace) {
  EXPECT_EQ(ErrorOf("tasks:\n  - {shell: df, schedule: dayly at 02:00}\n"),
            "error: config.yaml:2:27: schedule: unknown words \"dayly\"; did you mean \"daily\"?\n");
  EXPECT_EQ(ErrorOf("tasks:\n  - {shell: df, schedule: 'daily at 25:61'}\n"),
            "error: config.yaml:2:27: df: At(\"25:61\"): expected HH:MM, 00:00 to 23:59\n");
  EXPECT_EQ(ErrorOf("tasks:\n  - {shell: df, schedule: 61 * * * *}\n"),
            "error: config.yaml:2:27: df: Cron(\"61 * * * *\"): column 1: minute \"61\": 61 is out of range; expected "
            "0-59 or *\n");
  EXPECT_THAT(ErrorOf("tasks:\n  - {shell: df, schedule: 0 0 30 2 *}\n"),
              testing::StartsWith("error: config.yaml:2:27: df: Cron(\"0 0 30 2 *\"): "));
  EXPECT_THAT(ErrorOf("tasks:\n  - shell: df\n    schedule: daily\n    timezone: Europe/Berln\n"),
              testing::AllOf(testing::StartsWith("error: config.yaml:4:15: "), HasSubstr("\"Europe/Berlin\"")));
  EXPECT_THAT(ErrorOf("tasks:\n  - {command: schedule:wrk, schedule: daily}\n"),
              testing::AllOf(testing::StartsWith("error: config.yaml:2:15: "),
                             HasSubstr("unknown command \"schedule:wrk\"; did you mean \"schedule:work\"?")));
  EXPECT_THAT(
      ErrorOf("tasks:\n  - {shell: df, schedule: daily, uniqe: true}\n"),
      testing::StartsWith("error: config.yaml:2:34: unknown key \"uniqe\" in a task; did you mean \"unique\"?"));
  EXPECT_THAT(ErrorOf("tasks:\n  - {name: x, shell: df, schedule: daily}\n  - {name: x, shell: du, schedule: daily}\n"),
              testing::StartsWith("error: config.yaml:3:12: x: a task with this name is registered already"));
  EXPECT_THAT(ErrorOf("tasks:\n  - shell: \"df\n"), testing::StartsWith("error: config.yaml:"));
}

}  // namespace
}  // namespace rota::integration
