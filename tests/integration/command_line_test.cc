#include <set>

#include "programs.h"
#include "redis_server.h"
#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/time/clock.h"

namespace rota::integration {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class CommandLine : public Programs {
 protected:
  // What a shell prints, to which $ROTA is the program.
  std::string OutputOfShell(const std::string& script) const {
    Process shell({"/bin/sh", "-c", script},
                  {.folder = Path(""), .environment = {{"ROTA", program_}}, .file_size_limit = {}});
    EXPECT_EQ(shell.Wait(), 0) << shell.err();
    return shell.out();
  }
};

TEST_F(CommandLine, ExitsWithTwoWhenItIsWrong) {
  struct Example {
    Words words;
    std::string error;
  };
  const std::vector<Example> examples = {
      {{"lst"}, "error: unknown command \"lst\"; did you mean \"list\"?\nTry: rota list\n"},
      {{"schedule:lsit"},
       "error: unknown command \"schedule:lsit\"; did you mean \"schedule:list\"?\nTry: rota list\n"},
      {{"--verion"}, "error: unknown option \"--verion\"; did you mean \"--version\"?\nTry: rota --help\n"},
      {{"schedule:list", "--jsn"},
       "error: unknown option \"--jsn\"; did you mean \"--json\"?\nTry: rota schedule:list --help\n"},
      {{"schedule:test"}, "error: missing argument <task>: The task\nTry: rota schedule:test --help\n"},
      {{"list", "-c"}, "error: -c: expected the name of a configuration file\nTry: rota --help\n"},
  };
  for (const Example& example : examples) {
    const Ran ran = Run(example.words);
    EXPECT_EQ(ran.exit, 2) << Join(example.words, " ");
    EXPECT_EQ(ran.out, "") << Join(example.words, " ");
    EXPECT_EQ(ran.err, example.error);
  }
}

TEST_F(CommandLine, NeedsNoConfigurationForListsAndHelp) {
  for (const Words& words :
       {Words{}, Words{"list"}, Words{"--help"}, Words{"help", "schedule:work"}, Words{"--version"},
        Words{"schedule:work", "--help"}, Words{"completion", "zsh"}, Words{"completion", "fish"}}) {
    const Ran ran = Run(words);
    EXPECT_EQ(ran.exit, 0) << Join(words, " ");
    EXPECT_NE(ran.out, "") << Join(words, " ");
    EXPECT_EQ(ran.err, "") << Join(words, " ");
  }
}

TEST_F(CommandLine, ExitsWithOneWhenTheConfigurationCannotBeRead) {
  for (const std::string command : {"schedule:work", "schedule:run", "schedule:list", "schedule:validate"}) {
    const Ran ran = Run({command});
    EXPECT_EQ(ran.exit, 1) << command;
    EXPECT_EQ(ran.err, "error: config.yaml: No such file or directory\n") << command;
  }
}

TEST_F(CommandLine, ValidatesAGoodFile) {
  Write("config.yaml", "tasks:\n  - {shell: df, schedule: daily}\n");
  const Ran ran = Run({"schedule:validate"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.out, testing::MatchesRegex("The schedule is valid: 1 task, digest [0-9a-f]{16}\\.\n"));
}

TEST_F(CommandLine, ValidatesABrokenFileWithThePlaceOfEachMistake) {
  Write("etc/broken.yaml", "log: {levle: info}\ntasks:\n  - shell: df\n    schedle: daily\n");
  const Ran keys = Run({"schedule:validate", "-c", "etc/broken.yaml"});
  EXPECT_EQ(keys.exit, 1);
  EXPECT_EQ(keys.out, "");
  EXPECT_THAT(keys.err, HasSubstr("error: etc/broken.yaml:1:7: unknown key \"levle\" in log; did you mean \"level\"?"));
  EXPECT_THAT(keys.err, HasSubstr("\n       etc/broken.yaml:4:5: unknown key \"schedle\" in a task; did you mean "
                                  "\"schedule\"?"));
}

TEST_F(CommandLine, ComparesTheScheduleWithThatOfAnotherFile) {
  Write("config.yaml", "tasks:\n  - {name: disk, shell: df, schedule: daily at 02:00}\n");
  Write("new.yaml",
        "app: {timezone: Asia/Shanghai}\n"
        "tasks:\n"
        "  - {name: disk, shell: df -h, schedule: daily at 02:00}\n");
  EXPECT_EQ(Run({"schedule:diff", "config.yaml"}).exit, 0);
  const Ran ran = Run({"schedule:diff", "new.yaml"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(ran.err, "");
  EXPECT_THAT(ran.out, testing::StartsWith("TASK  CHANGE  BEFORE  AFTER\n"
                                           "disk  zone    UTC     Asia/Shanghai\n"
                                           "      runs    df      df -h\n"));
  EXPECT_THAT(ran.out, HasSubstr("disk  7 appear  "));
  EXPECT_THAT(ran.out, HasSubstr("disk  7 vanish  "));
  Write("broken.yaml", "tasks: 7\n");
  EXPECT_EQ(Run({"schedule:diff", "broken.yaml"}).exit, 2);
  EXPECT_EQ(Run({"schedule:diff", "missing.yaml"}).err, "error: missing.yaml: No such file or directory\n");
}

TEST_F(CommandLine, RunsWhatACrontabBecomes) {
  Write("crontab",
        "SHELL=/bin/bash\n"
        "GREETING='hello  there'\n"
        "MAILTO=ann\n"
        "* * * * * [[ -n $GREETING ]] && cat >bash; echo \"$GREETING \\%\" >>bash%first%second\n");
  const Ran import = Run({"import:crontab", "crontab", "--timezone", "UTC"});
  EXPECT_EQ(import.exit, 3);
  EXPECT_EQ(import.err,
            "left out: crontab:3:1: MAILTO \"ann\": Rota sends no mail; what a command prints is kept in the "
            "history\n");
  Write("config.yaml", import.out);
  EXPECT_THAT(Run({"schedule:validate"}).out, testing::StartsWith("The schedule is valid: 1 task, digest "));
  const Ran test = Run({"schedule:test", "cat"});
  EXPECT_EQ(test.exit, 0) << test.out << test.err;
  EXPECT_THAT(Lines("bash"), ElementsAre("first", "second", "hello  there %"));
}

TEST_F(CommandLine, RunsWhatIsDueThisMinuteOnce) {
  Write("config.yaml",
        "tasks:\n"
        "  - {name: unique, schedule: every minute, unique: true, shell: echo $ROTA_SCHEDULED_AT >>unique}\n"
        "  - {name: each, schedule: every minute, shell: echo $ROTA_SCHEDULED_AT >>each}\n"
        "  - {name: other, schedule: 'yearly', shell: echo ran >>other}\n");
  EXPECT_EQ(Run({"schedule:run"}).exit, 0);
  EXPECT_EQ(Lines("unique").size(), 1u);
  EXPECT_EQ(Lines("each").size(), 1u);
  EXPECT_EQ(Run({"schedule:run"}).exit, 0);
  // Another minute may have begun meanwhile.
  for (const std::string file : {"unique", "each"}) {
    const Words lines = Lines(file);
    EXPECT_EQ(std::set<std::string>(lines.begin(), lines.end()).size(), lines.size()) << file;
  }
  for (const std::string task : {"unique", "each"}) {
    for (const Record& record : History(task)) EXPECT_EQ(Text(record, "outcome"), "succeeded") << task;
  }
}

TEST_F(CommandLine, RunsATickSilentlyWhenNothingIsDue) {
  Write("config.yaml",
        "tasks:\n"
        "  - {name: due, schedule: every minute, environments: [elsewhere], unique: true, shell: df}\n"
        "  - {name: other, schedule: yearly, shell: df}\n");
  const Ran tick = Run({"schedule:run"});
  EXPECT_EQ(tick.exit, 0);
  EXPECT_EQ(tick.out + tick.err, "") << "cron mails what a tick prints";
  const std::string log = Join(Lines("var/log/rota.log"), "\n");
  EXPECT_THAT(log, HasSubstr("started: Rota "));
  EXPECT_THAT(log, HasSubstr(", 2 tasks, sqlite "));
  EXPECT_THAT(log, HasSubstr(" stopped"));
}

TEST_F(CommandLine, TestsATaskInTheForeground) {
  Write("config.yaml",
        "tasks:\n"
        "  - {name: good, schedule: yearly, unique: true, shell: 'echo one; echo two >&2'}\n"
        "  - {name: bad, schedule: yearly, shell: 'echo oh; exit 3'}\n"
        "  - {name: none, schedule: yearly, exec: [/nonexistent/program]}\n");
  const Ran good = Run({"schedule:test", "good"});
  EXPECT_EQ(good.exit, 0);
  EXPECT_THAT(good.out, testing::MatchesRegex("one\ntwo\ngood: succeeded after [0-9]+ms\n"));
  EXPECT_EQ(good.err, "");

  const Ran bad = Run({"schedule:test", "bad"});
  EXPECT_EQ(bad.exit, 1);
  EXPECT_EQ(bad.out, "oh\n");
  EXPECT_THAT(bad.err, testing::MatchesRegex("error: bad: failed\\(exit 3\\) after [0-9]+ms\n"));

  const Ran none = Run({"schedule:test", "none"});
  EXPECT_EQ(none.exit, 1);
  EXPECT_THAT(none.err, HasSubstr("failed(cannot start /nonexistent/program: No such file or directory)"));

  const Ran misspelt = Run({"schedule:test", "goood"});
  EXPECT_EQ(misspelt.exit, 1);
  EXPECT_EQ(misspelt.err, "error: no task \"goood\" in the schedule; did you mean \"good\"?\n");
}

TEST_F(CommandLine, BackfillsInstantsOfThePast) {
  Write("config.yaml",
        "tasks:\n"
        "  - {name: report, schedule: daily at 02:00, unique: true, shell: 'echo for $ROTA_SCHEDULED_AT'}\n"
        "  - {name: long, schedule: daily at 02:00, unique: true, shell: 'echo begun; sleep 600'}\n");
  const Ran ran = Run({"schedule:backfill", "report", "--from", "2026-03-01", "--to", "2026-03-03"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.out, testing::StartsWith("report: 2 instants from 2026-03-01 02:00:00 +00:00 to "));
  EXPECT_THAT(ran.out, HasSubstr("\nfor 2026-03-01T02:00:00Z\n"));
  EXPECT_THAT(ran.out, HasSubstr("\nfor 2026-03-02T02:00:00Z\n"));
  EXPECT_THAT(ran.out, HasSubstr("\n[2/2] 2026-03-02 02:00:00 +00:00: succeeded after "));
  EXPECT_THAT(ran.out, HasSubstr("\nreport: 2 instants succeeded.\n"));
  const Records history = History("report");
  ASSERT_EQ(history.size(), 2u);
  EXPECT_EQ(Text(history[0], "kind"), "backfill");

  Process stopped = Start({"schedule:backfill", "long", "--from", "2026-03-01", "--to", "2026-03-03"});
  ASSERT_TRUE(Eventually([this] { return Json({"schedule:locks", "--json"}).as_array().size() == 1; }));
  stopped.Signal(SIGINT);
  EXPECT_EQ(stopped.Wait(), 1);
  EXPECT_THAT(stopped.err(), HasSubstr("error: long: stopped after 0 of 2 instants; to go on: schedule:backfill long "
                                       "--from 2026-03-01T02:00:00Z --to 2026-03-03T00:00:00Z\n"));
}

TEST_F(CommandLine, TellsTheHistoryAndWhy) {
  Write("config.yaml",
        "server: {id: web1}\n"
        "tasks:\n  - {name: bad, schedule: every minute, unique: true, shell: 'echo oh; exit 3'}\n");
  const Ran tick = Run({"schedule:run"});
  EXPECT_EQ(tick.exit, 0) << "a task that fails is no failure of the tick";
  EXPECT_THAT(tick.err, HasSubstr("bad finished: failed(exit 3)"));
  const Records history = History("bad");
  ASSERT_EQ(history.size(), 1u);
  EXPECT_EQ(Text(history[0], "task"), "bad");
  EXPECT_EQ(Text(history[0], "kind"), "scheduled");
  EXPECT_EQ(Text(history[0], "server"), "web1");
  EXPECT_EQ(Text(history[0], "outcome"), "failed");
  EXPECT_EQ(Text(history[0], "reason"), "exit 3");
  EXPECT_THAT(Text(history[0], "output_tail"), testing::MatchesRegex("[-0-9]*T[:0-9]*\\.[0-9]*Z oh\n"));
  EXPECT_EQ(Text(history[0], "fencing_token"), "1");

  EXPECT_EQ(Run({"schedule:test", "bad"}).exit, 1);
  ASSERT_EQ(History("bad").size(), 2u);
  EXPECT_EQ(Text(History("bad")[1], "kind"), "manual");

  const std::string at = Text(history[0], "scheduled_at");
  const Ran why = Run({"schedule:why", "bad", at});
  EXPECT_EQ(why.exit, 0);
  EXPECT_THAT(why.out, HasSubstr("It ran on web1 and failed: exit 3."));
  EXPECT_THAT(why.out, testing::ContainsRegex("ended:\n    [^ ]*Z oh\n"));
  EXPECT_THAT(why.out, HasSubstr("Run " + Text(history[0], "run_id") + "."));

  const Ran early = Run({"schedule:why", "bad", "2000-01-01 00:00"});
  EXPECT_EQ(early.exit, 0);
  EXPECT_THAT(early.out, HasSubstr("Nothing is recorded for it"));
}

TEST_F(CommandLine, TakesALockOnlyFromWhomItMayAsk) {
  Write("config.yaml",
        "server: {id: web1}\n"
        "tasks:\n  - {name: long, schedule: yearly, unique: true, exec: [sleep, '600']}\n");
  const auto locks = [this] { return Json({"schedule:locks", "--json"}).as_array(); };
  Process holder = Start({"schedule:test", "long"});
  ASSERT_TRUE(Eventually([&locks] { return locks().size() == 1; }));
  EXPECT_EQ(Text(locks()[0].as_object(), "server"), "web1");

  const Ran unasked = Run({"schedule:unlock", "long"});
  EXPECT_EQ(unasked.exit, 2);
  EXPECT_THAT(unasked.err, HasSubstr("error: long is held by web1 since "));
  const std::string refused =
      OutputOfShell("echo n | script --quiet --return --command '$ROTA schedule:unlock long' /dev/null; echo $?");
  EXPECT_THAT(refused, HasSubstr("Unlock long, held by web1 since "));
  EXPECT_THAT(refused, testing::EndsWith("error: nothing was unlocked\r\n1\n"));
  EXPECT_TRUE(IsRunning(holder.pid()));

  const Ran forced = Run({"schedule:unlock", "long", "--force"});
  EXPECT_EQ(forced.exit, 0);
  EXPECT_THAT(forced.out, HasSubstr("Unlocked long: run "));
  EXPECT_EQ(holder.Wait(), 1);
  EXPECT_THAT(holder.err(), HasSubstr("error: long: cancelled("));
}

TEST_F(CommandLine, ExaminesTheStore) {
  Write("config.yaml", "");
  const Ran ran = Run({"schedule:doctor"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_EQ(ran.out, "Nothing to say about sqlite var/rota.db.\n");
  Write("var/rota.db", "this is no database of anybody's, whatever its name says");
  const Ran broken = Run({"schedule:doctor"});
  EXPECT_EQ(broken.exit, 1);
  EXPECT_THAT(broken.err, testing::StartsWith("error: var/rota.db: not a database: "));
}

TEST_F(CommandLine, TellsWhatKeepsAStoreFromAnswering) {
  redis_test::RedisServer redis;
  redis.Send({"ACL", "SETUSER", "rota", "on", ">secret", "~*", "+@connection", "+info", "+time"});
  Write("config.yaml", Format("redis: {{host: 127.0.0.1, port: {}, user: rota, password: secret}}\n"
                              "tasks:\n  - {{name: a, schedule: yearly, shell: a}}\n",
                              redis.port()));
  const Ran ran = Run({"schedule:doctor"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_THAT(ran.out, HasSubstr("error    shards-silent: 64 of 64 shards cannot be asked"));
  EXPECT_THAT(ran.out, HasSubstr("its user may not run HLEN: give it the rights that docs/operations.md names"));
}

TEST_F(CommandLine, TellsWhenACronExpressionFiresNext) {
  const Ran ran = Run({"cron:next", "*/15 2 * * 1-5", "-n", "3", "--from", "2026-03-06 02:30", "-z", "Europe/Berlin"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.out, HasSubstr("\n2026-03-06 02:45:00 +01:00\n2026-03-09 02:00:00 +01:00\n"
                                 "2026-03-09 02:15:00 +01:00\n"));
  const Ran wrong = Run({"cron:next", "61 * * * *"});
  EXPECT_EQ(wrong.exit, 2);
  EXPECT_THAT(wrong.err, HasSubstr("minute \"61\": 61 is out of range; expected 0-59 or *"));
}

TEST_F(CommandLine, AnswersCronQuestionsInBatchesLineByLine) {
  Write("questions",
        "0 2 * * *\tEurope/Berlin\t2026-03-28T12:00:00Z\t2\n"
        "30 2 * * *\tEurope/Berlin\t2026-03-29T12:00:00+02:00\t-2\n"
        "0 0 30 2 *\tUTC\t2026-01-01T00:00:00Z\t1\n"
        "0 24 * * *\tUTC\t2026-01-01T00:00:00Z\t1\n");
  EXPECT_EQ(OutputOfShell("\"$ROTA\" cron:next --batch < questions"),
            "2026-03-29T01:00:00Z,2026-03-30T00:00:00Z\n"
            "2026-03-29T01:00:00Z,2026-03-28T01:30:00Z\n"
            "NONE\n"
            "ERROR: column 3: hour \"24\": 24 is out of range; expected 0-23 or *\n");
  // Each line is answered before the next one is there.
  EXPECT_EQ(OutputOfShell("mkfifo asked; \"$ROTA\" cron:next --batch --dialect quartz < asked > answered &\n"
                          "exec 3> asked\n"
                          "printf '0 0 12 ? * 6#3\\tUTC\\t2026-01-01T00:00:00Z\\t1\\n' >&3\n"
                          "while ! test -s answered; do sleep 0.01; done; cat answered; exec 3>&-; wait"),
            "2026-01-16T12:00:00Z\n");
}

TEST_F(CommandLine, EndsABatchWhenItsReaderIsGoneOrASignalComes) {
  Write("question", "@daily\tUTC\t2026-01-01T00:00:00Z\t1\n");
  EXPECT_EQ(OutputOfShell("yes \"$(cat question)\" | \"$ROTA\" cron:next --batch 2>errors | head -n 1; cat errors"),
            "2026-01-02T00:00:00Z\nerror: the output could not be written\n");
  // Its input stays open: the shell itself may write to it.
  EXPECT_EQ(OutputOfShell("mkfifo asked; exec 3<> asked; \"$ROTA\" cron:next --batch <&3 > answered & rota=$!\n"
                          "cat question >&3\n"
                          "while ! test -s answered; do sleep 0.01; done; kill -TERM $rota; wait $rota; echo $?"),
            "0\n");
}

TEST_F(CommandLine, ExplainsACronExpression) {
  const Ran ran = Run({"cron:explain", "0 0 13 * fri", "--from", "2026-03-06", "-n", "1"});
  EXPECT_EQ(ran.exit, 0);
  EXPECT_THAT(ran.out, HasSubstr("day of month  day 13"));
  EXPECT_THAT(ran.out, HasSubstr("\nAt 00:00, on day 13 of the month or on Friday (UTC)\n"));
  EXPECT_THAT(ran.out, HasSubstr("2026-03-13 00:00:00 +00:00  Friday\n"));
  EXPECT_THAT(ran.out, HasSubstr("put a + before the day of week"));
  EXPECT_THAT(Run({"cron:explain", "0 2 * * 1-5", "--locale", "zh"}).out, HasSubstr("\n工作日 02:00（UTC）\n"));
}

TEST_F(CommandLine, CompletesInBash) {
  Write("config.yaml", "tasks:\n  - {name: nightly, schedule: daily, shell: df}\n");
  Write("complete.sh", R"(
PATH="$1:$PATH"
COMP_WORDBREAKS=$' \t\n"\'><=;|&(:'
source <(rota completion bash)
complete -p rota
complete_line() {
  COMP_LINE="$1" COMP_POINT=${#1}
  _complete_rota
  printf '%s\n' "${COMPREPLY[@]}"
}
complete_line 'rota schedule:wo'
complete_line 'rota schedule:test ni'
)");
  const std::string folder = program_.substr(0, program_.rfind('/'));
  Process bash({"bash", Path("complete.sh"), folder}, {.folder = Path(""), .environment = {}, .file_size_limit = {}});
  EXPECT_EQ(bash.Wait(), 0);
  EXPECT_EQ(bash.err(), "");
  EXPECT_EQ(bash.out(), "complete -o default -F _complete_rota rota\nwork\nnightly\n");
}

}  // namespace
}  // namespace rota::integration
