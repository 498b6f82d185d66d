#include <algorithm>
#include <csignal>

#include "programs.h"
#include "redis_server.h"
#include "rota/base/format.h"

namespace rota::integration {
namespace {

using std::chrono::seconds;
using testing::HasSubstr;
using testing::StartsWith;

class Policies : public Programs {
 protected:
  void WriteConfig(std::string_view tasks, std::string_view server = "", std::string_view sections = "") const {
    Write("config.yaml", Format("server: {{id: \"${{SERVER}}\", shutdown_grace: 0s{}}}\n"
                                "coordination: {{lease_ttl: {}}}\n"
                                "log: {{file: \"var/${{SERVER}}.log\"}}\n{}"
                                "tasks:\n{}",
                                server, lease_ttl_, sections, tasks));
  }
  // Those of an outcome, oldest first.
  Records Ended(const std::string& task, std::string_view outcome) const {
    Records records = History(task);
    std::erase_if(records, [outcome](const Record& record) { return Text(record, "outcome") != outcome; });
    return records;
  }
  static void Stop(Process& server) {
    server.Signal(SIGTERM);
    EXPECT_EQ(server.Wait(), 0);
  }

  std::string_view lease_ttl_ = "15s";
};

TEST_F(Policies, LetEveryOccurrenceWaitItsTurn) {
  WriteConfig(
      "  - {name: slow, schedule: every second, unique: true, overlap: queue_all, shell: 'echo begin >>notes; sleep "
      "1.3; "
      "echo end >>notes'}\n");
  Process server = Start({"schedule:work"});
  EXPECT_TRUE(Eventually([&] { return Ended("slow", "succeeded").size() >= 3; }));
  Stop(server);
  const Words notes = Lines("notes");
  for (std::size_t i = 0; i + 1 < notes.size(); i += 2) EXPECT_EQ(notes[i] + notes[i + 1], "beginend") << i;
  const Records runs = Ended("slow", "succeeded");
  for (std::size_t i = 1; i < runs.size(); ++i) {
    EXPECT_EQ(Instant(runs[i], "scheduled_at"), Instant(runs[i - 1], "scheduled_at") + seconds(1));
  }
}

TEST_F(Policies, LetTheLatestOccurrenceWait) {
  WriteConfig("  - {name: slow, schedule: every second, unique: true, overlap: queue_one, shell: sleep 2.5}\n");
  Process server = Start({"schedule:work"});
  EXPECT_TRUE(Eventually([&] { return Ended("slow", "succeeded").size() >= 2 && !Ended("slow", "skipped").empty(); }));
  Stop(server);
  EXPECT_EQ(Text(Ended("slow", "skipped").front(), "reason"), "overlap");
}

TEST_F(Policies, StopThePreviousRun) {
  WriteConfig(
      "  - {name: sync, schedule: every two seconds, unique: true, overlap: cancel_previous, shell: sleep 1000}\n");
  Process server = Start({"schedule:work"});
  EXPECT_TRUE(Eventually([&] { return Ended("sync", "cancelled").size() >= 2; }));
  Stop(server);
  EXPECT_THAT(Text(Ended("sync", "cancelled").front(), "reason"),
              StartsWith("cancel_previous; stopped: signal 15 (Terminated)"));
}

TEST_F(Policies, ThatRunOnAnotherServerAreStoppedFromAnyTerminal) {
  WriteConfig("  - {name: long, schedule: \"@reboot\", unique: true, shell: sleep 1000}\n");
  Process server = Start({"schedule:work"});
  ASSERT_TRUE(Eventually([&] { return !Ended("long", "running").empty(); }));
  const Ran ran = Run({"schedule:cancel", "long", "--reason", "wrong disk"});
  EXPECT_EQ(ran.exit, 0) << ran.err;
  EXPECT_THAT(ran.out, HasSubstr("of long on a to stop; it hears of it when it next renews its lease.\n"));
  EXPECT_TRUE(Eventually([&] { return !Ended("long", "cancelled").empty(); }));
  EXPECT_THAT(Text(Ended("long", "cancelled").at(0), "reason"), HasSubstr(": wrong disk; stopped: signal 15"));
  Stop(server);
  EXPECT_THAT(Run({"schedule:cancel", "long"}).err, HasSubstr("long does not run anywhere"));
}

TEST_F(Policies, TryARunAgainThatDiedWithItsServer) {
  lease_ttl_ = "3s";
  WriteConfig(
      "  - {name: long, schedule: \"@reboot\", unique: true, on_lost: retry, shell: 'case $SERVER in a) sleep 1000;; "
      "esac; "
      "echo $SERVER $ROTA_ATTEMPT >>notes'}\n");
  Process a = Start({"schedule:work"}, "a");
  ASSERT_TRUE(Eventually([&] { return !Ended("long", "running").empty(); }));
  Process b = Start({"schedule:work"}, "b");
  a.Signal(SIGKILL);
  EXPECT_TRUE(Eventually([&] { return !Ended("long", "lost").empty() && !Lines("notes").empty(); }));
  EXPECT_TRUE(Eventually([&] {
    const Words notes = Lines("notes");
    return std::ranges::find(notes, "b 2") != notes.end();
  }));
  Stop(b);
  EXPECT_EQ(Text(Ended("long", "lost").at(0), "reason"), "server a died; attempt 2 on b");
}

TEST_F(Policies, LetTasksFollowOthers) {
  WriteConfig(
      "  - {name: extract, schedule: every two seconds, unique: true, shell: 'echo extract >>notes; sleep 0.2'}\n"
      "  - {name: load, after: extract, unique: true, shell: 'echo load >>notes; false'}\n"
      "  - {name: report, after: load, unique: true, shell: 'echo report >>notes'}\n"
      "  - {name: alarm, after: {load: fail}, unique: true, shell: 'echo alarm >>notes'}\n");
  Process a = Start({"schedule:work"}, "a");
  Process b = Start({"schedule:work"}, "b");
  EXPECT_TRUE(
      Eventually([&] { return Ended("alarm", "succeeded").size() >= 2 && !Ended("report", "skipped").empty(); }));
  Stop(a);
  Stop(b);
  const Words notes = Lines("notes");
  ASSERT_GE(notes.size(), 6u);
  for (std::size_t i = 0; i + 2 < notes.size(); i += 3) {
    EXPECT_EQ(notes[i] + notes[i + 1] + notes[i + 2], "extractloadalarm") << i;
  }
  EXPECT_EQ(Text(Ended("report", "skipped").front(), "reason"), "parent load failed");
  EXPECT_EQ(Instant(Ended("alarm", "succeeded").front(), "scheduled_at"),
            Instant(Ended("extract", "succeeded").front(), "scheduled_at"));
}

TEST_F(Policies, LetAnotherServerGoOnWithAChain) {
  WriteConfig(
      "  - {name: extract, schedule: every ten seconds, unique: true, shell: sleep 1000}\n"
      "  - {name: load, after: {extract: end}, unique: true, shell: echo $SERVER}\n");
  Process a = Start({"schedule:work"}, "a");
  ASSERT_TRUE(Eventually([&] { return !Ended("extract", "running").empty(); }));
  const WallTime at = Instant(Ended("extract", "running").front(), "scheduled_at");
  Process b = Start({"schedule:work"}, "b");
  Stop(a);  // It stops extract, and begins nothing any more.
  EXPECT_TRUE(Eventually([&] { return !Ended("load", "succeeded").empty(); }));
  Stop(b);
  EXPECT_EQ(Instant(Ended("load", "succeeded").front(), "scheduled_at"), at);
  EXPECT_EQ(Text(Ended("load", "succeeded").front(), "server"), "b");
}

TEST_F(Policies, MakeUpForWhatWasMissed) {
  WriteConfig(
      "  - {name: feed, schedule: every second, unique: true, misfire: {policy: run_all, grace: 1h, max_runs: 3}, "
      "shell: "
      "'true'}\n");
  Process first = Start({"schedule:work"});
  ASSERT_TRUE(Eventually([&] { return !Ended("feed", "succeeded").empty(); }));
  Stop(first);
  const std::size_t before = Ended("feed", "succeeded").size();
  const WallTime last = Instant(History("feed").back(), "scheduled_at");
  // Until at least five instants were missed.
  Write("wait.yaml", "tasks:\n  - {name: wait, schedule: yearly, shell: sleep 6}\n");
  ASSERT_EQ(Run({"-c", "wait.yaml", "schedule:test", "wait"}).exit, 0);
  Process second = Start({"schedule:work"});
  EXPECT_TRUE(Eventually([&] { return Ended("feed", "succeeded").size() >= before + 4; }));
  Stop(second);
  const Records missed = Ended("feed", "missed");
  ASSERT_EQ(missed.size(), 1u);
  EXPECT_EQ(Text(missed[0], "reason"), "down");
  EXPECT_GT(Instant(missed[0], "scheduled_at"), last);
  ExpectOneOutcomeForEachInstant(History("feed"), seconds(1));
  // It was due before the server was there.
  const Records runs = Ended("feed", "succeeded");
  EXPECT_GT(Instant(runs.at(before), "started_at") - Instant(runs.at(before), "scheduled_at"), seconds(1));
}

TEST_F(Policies, KeepWorkersForAPool) {
  constexpr std::string_view kTasks =
      "  - {name: stuck, schedule: \"@reboot\", pool: slow, shell: sleep 1000}\n"
      "  - {name: beat, schedule: every second, shell: 'true'}\n";
  WriteConfig(kTasks, ", workers: 1, pools: {slow: 1}");
  Process server = Start({"schedule:work"});
  EXPECT_TRUE(Eventually([&] { return Ended("beat", "succeeded").size() >= 2 && !Ended("stuck", "running").empty(); }));
  Stop(server);
  WriteConfig(kTasks, ", pools: {slwo: 1}");
  const Ran ran = Run({"schedule:validate"});
  EXPECT_EQ(ran.exit, 1);
  EXPECT_EQ(ran.err, "error: stuck: pool slow: expected one of server.pools; did you mean \"slwo\"?; defined: slwo\n");
}

TEST_F(Policies, LimitTheRunsOfAPoolOnAllServersTogether) {
  constexpr std::string_view kWork = "mkdir busy || echo overlap >>notes; sleep 0.1; rmdir busy; echo $SERVER >>notes";
  WriteConfig(Format("  - {{name: one, schedule: every second, unique: true, pool: db, shell: '{}'}}\n"
                     "  - {{name: each, schedule: every second, pool: db, shell: '{}'}}\n",
                     kWork, kWork),
              ", pools: {db: {workers: 4, fleet_limit: 1}}");
  Process a = Start({"schedule:work"}, "a");
  Process b = Start({"schedule:work"}, "b");
  EXPECT_TRUE(Eventually([&] {
    const Words notes = Lines("notes");
    return std::ranges::count(notes, "a") >= 4 && std::ranges::count(notes, "b") >= 4;
  }));
  Stop(a);
  Stop(b);
  EXPECT_THAT(Lines("notes"), testing::Not(testing::Contains("overlap")));
}

TEST_F(Policies, GiveTheSlotOfADeadServerToAnother) {
  lease_ttl_ = "3s";
  WriteConfig(
      "  - {name: hog, schedule: \"@reboot\", unique: true, pool: db, shell: 'case $SERVER in a) sleep 1000;; esac'}\n"
      "  - {name: next, schedule: every second, unique: true, pool: db, shell: echo $SERVER >>notes}\n",
      ", pools: {db: {workers: 4, fleet_limit: 1}}");
  Process a = Start({"schedule:work"}, "a");
  ASSERT_TRUE(Eventually([&] { return !Ended("hog", "running").empty(); }));
  EXPECT_THAT(Run({"schedule:locks"}).out, HasSubstr("\npool db  a "));
  const std::size_t before = Lines("notes").size();
  a.Signal(SIGKILL);
  Process b = Start({"schedule:work"}, "b");
  EXPECT_TRUE(Eventually([&] { return Lines("notes").size() >= before + 2; }));
  Stop(b);
}

TEST_F(Policies, RunAnOpenTaskWhileTheStoreIsGone) {
  auto redis = std::make_unique<redis_test::RedisServer>();
  WriteConfig(
      "  - {name: open, schedule: every second, unique: true, store_outage: open, shell: echo $ROTA_SCHEDULED_AT "
      ">>open}\n"
      "  - {name: closed, schedule: every second, unique: true, shell: echo $ROTA_SCHEDULED_AT >>closed}\n",
      "", Format("redis: {{port: {}}}\n", redis->port()));
  Process server = Start({"schedule:work"});
  ASSERT_TRUE(Eventually([&] { return !Lines("open").empty() && !Lines("closed").empty(); }));
  redis.reset();
  EXPECT_TRUE(Eventually([&] { return Lines("open").size() >= Lines("closed").size() + 4; }));
  Stop(server);
}

}  // namespace
}  // namespace rota::integration
