#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>

#include "rota/console/test_workplace.h"

namespace rota {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::HasSubstr;
using testing::MatchesRegex;
using testing::Not;
using testing::StartsWith;

class FleetCommands : public ConsoleTest {
 protected:
  explicit FleetCommands(InputKind input = InputKind::kOther) : ConsoleTest(true, input) {}

  // Lets a server run a task now, under a lease of 15 s and a lock timeout of an hour.
  void Claim(std::string task, std::string server, std::string run_id, std::string scope = "") {
    ClaimRequest claim;
    claim.run_id = std::move(run_id);
    claim.scope = scope.empty() ? task : std::move(scope);
    claim.task = std::move(task);
    claim.kind = OccurrenceKind::kManual;
    claim.at = clock_.Now();
    claim.server = std::move(server);
    claim.lease_ttl = seconds(15);
    claim.lock_timeout = hours(1);
    const auto replies = workplace_.store().Claim(std::vector{claim});
    ASSERT_TRUE(replies);
    ASSERT_EQ((*replies)[0].outcome, ClaimOutcome::kClaimed);
  }

  // web-1, who is alive, runs backup:run.
  void LockBackup(std::string run_id = "01A") {
    clock_.Advance(minutes(1));
    Join("web-1");
    Claim("backup:run", "web-1", std::move(run_id));
  }

  bool IsLocked(const std::string& run_id) {
    const std::vector<Lock> locks = *workplace_.store().Locks();
    const auto lock = std::ranges::find(locks, run_id, &Lock::run_id);
    return lock != locks.end() && lock->lease_until > clock_.Now();
  }
};

class FleetCommandsOnATerminal : public FleetCommands {
 protected:
  FleetCommandsOnATerminal() : FleetCommands(InputKind::kTerminal) {}
};

constexpr std::string_view kUnlocked =
    "Unlocked backup:run: run 01A on web-1 keeps nobody from running it any more.\n"
    "web-1 asks that run to stop when it next renews its leases; until it ends, another may overlap with it.\n";

TEST_F(FleetCommands, ListTheServers) {
  EXPECT_EQ(Run({"schedule:servers"}), 0);
  EXPECT_EQ(out(), "No server has joined memory. Start one with: app schedule:work\n");
  Join("web1");
  EXPECT_EQ(Run({"schedule:servers"}), 0);
  EXPECT_THAT(out(), HasSubstr("\nweb1    alive  host "));
  EXPECT_EQ(Run({"schedule:servers", "--json"}), 0);
  EXPECT_THAT(out(), StartsWith(R"([{"server":"web1","alive":true,)"));
}

TEST_F(FleetCommands, ListTheServersOfThePastWhenAsked) {
  Join("web1");
  clock_.Advance(hours(25));
  EXPECT_EQ(Run({"schedule:servers"}), 0);
  EXPECT_EQ(out(),
            "No server was heard of in the last day; --all lists earlier ones. Start one with: app schedule:work\n");
  EXPECT_EQ(Run({"schedule:servers", "--json"}), 0);
  EXPECT_EQ(out(), "[]\n");
  Join("web2");
  EXPECT_EQ(Run({"schedule:servers"}), 0);
  EXPECT_THAT(out(), Not(HasSubstr("web1")));
  EXPECT_EQ(Run({"schedule:servers", "--all"}), 0);
  EXPECT_THAT(out(), HasSubstr("\nweb1    gone "));
  EXPECT_EQ(Run({"schedule:servers", "--all", "--json"}), 0);
  EXPECT_THAT(out(), HasSubstr(R"({"server":"web1","alive":false,)"));
}

TEST_F(FleetCommands, ListTheLocks) {
  EXPECT_EQ(Run({"schedule:locks"}), 0);
  EXPECT_EQ(out(), "No task is locked.\n");
  EXPECT_EQ(Run({"schedule:locks", "--json"}), 0);
  EXPECT_EQ(out(), "[]\n");
  LockBackup();
  clock_.Advance(seconds(3));
  EXPECT_EQ(Run({"schedule:locks"}), 0);
  EXPECT_EQ(out(),
            "TASK        SERVER  SINCE                 LEASE     LOCK TIMEOUT  TOKEN  RUN\n"
            "backup:run  web-1   2026-03-06T12:01:00Z  12s left  59m57s left   1      01A\n");
  EXPECT_EQ(Run({"schedule:locks", "--json"}), 0);
  EXPECT_THAT(out(),
              StartsWith(R"([{"task":"backup:run","pool":null,"scope":"backup:run","server":"web-1","run_id":"01A",)"));
}

TEST_F(FleetCommands, UnlockNothingUnaskedOffATerminal) {
  LockBackup();
  in_.str("y\n");
  EXPECT_EQ(Run({"schedule:unlock", "backup:run"}), 2);
  EXPECT_EQ(err(),
            "error: backup:run is held by web-1 since 2026-03-06T12:01:00Z: only a terminal can be asked whether to "
            "unlock it; --force does not ask\n"
            "Try: app schedule:unlock --help\n");
  EXPECT_TRUE(IsLocked("01A"));
}

TEST_F(FleetCommands, AskARunToStop) {
  LockBackup();
  EXPECT_EQ(Run({"schedule:cancel", "backup:run", "--reason", "wrong disk"}), 0);
  EXPECT_EQ(out(), "Asked run 01A of backup:run on web-1 to stop; it hears of it when it next renews its lease.\n");
  EXPECT_TRUE(IsLocked("01A")) << "until it has ended";
  const LeaseRef lease{"01A", "backup:run"};
  const RenewReply reply = workplace_.store().Renew("web-1", {&lease, 1}, seconds(15)).value();
  ASSERT_EQ(reply.stops.size(), 1u);
  EXPECT_EQ(reply.stops[0].cause, "cancelled by ann@web1: wrong disk");
}

TEST_F(FleetCommands, AskOneRunToStop) {
  LockBackup();
  Claim("hello", "web-1", "01B", "hello\x1fweb-1");
  Claim("hello", "web-2", "01C", "hello\x1fweb-2");
  EXPECT_EQ(Run({"schedule:cancel", "hello", "--server", "web-2"}), 0);
  EXPECT_EQ(out(), "Asked run 01C of hello on web-2 to stop; it hears of it when it next renews its lease.\n");
  EXPECT_EQ(Run({"schedule:cancel", "01B"}), 0);
  EXPECT_EQ(out(), "Asked run 01B of hello on web-1 to stop; it hears of it when it next renews its lease.\n");
}

TEST_F(FleetCommands, AskNothingToStopThatDoesNotRun) {
  LockBackup();
  EXPECT_EQ(Run({"schedule:cancel", "hello"}), 1);
  EXPECT_EQ(err(), "error: hello does not run anywhere; schedule:locks lists what does\n");
  EXPECT_EQ(Run({"schedule:cancel", "backup:run", "--server", "web-9"}), 1);
  EXPECT_EQ(err(), "error: backup:run does not run on web-9, but on web-1\n");
}

TEST_F(FleetCommands, UnlockByForce) {
  LockBackup();
  EXPECT_EQ(Run({"schedule:unlock", "backup:run", "--force"}), 0);
  EXPECT_EQ(out(), kUnlocked);
  EXPECT_EQ(err(), "");
  EXPECT_FALSE(IsLocked("01A"));
}

TEST_F(FleetCommands, TakeASlotOfAPoolAway) {
  ClaimRequest slot;
  slot.run_id = "01S";
  slot.scope = slot.task = PoolScope("reports");
  slot.server = "web-1";
  slot.lease_ttl = seconds(15);
  slot.lock_timeout = kNoLockTimeout;
  slot.purpose = ClaimPurpose::kSlot;
  slot.fleet_limit = 1;
  Join("web-1");
  ASSERT_EQ(workplace_.store().Claim(std::vector{slot})->at(0).outcome, ClaimOutcome::kClaimed);
  EXPECT_EQ(Run({"schedule:unlock", "pool reports", "--force"}), 0);
  EXPECT_EQ(out(), "Unlocked pool reports: web-1 has a slot less; what runs with it goes on.\n");
  EXPECT_FALSE(IsLocked("01S"));
}

TEST_F(FleetCommands, TellWhatBecomesOfTheRunOfADeadServer) {
  LockBackup();
  clock_.Advance(minutes(2));
  EXPECT_EQ(Run({"schedule:unlock", "backup:run"}), 2);
  EXPECT_THAT(err(), HasSubstr("held by web-1 (gone) since 2026-03-06T12:01:00Z:"));
  EXPECT_EQ(Run({"schedule:unlock", "backup:run", "--force"}), 0);
  EXPECT_THAT(out(), HasSubstr("\nweb-1 is gone: the next server that looks records that run as lost.\n"));
}

TEST_F(FleetCommands, JudgeServersAndLocksByTheClockOfTheStore) {
  LockBackup();
  desk_clock_.ahead = hours(2);
  EXPECT_EQ(Run({"schedule:servers"}), 0);
  EXPECT_THAT(out(), HasSubstr("\nweb-1   alive  host "));
  EXPECT_THAT(out(), HasSubstr(" 0s ago "));
  EXPECT_EQ(Run({"schedule:locks"}), 0);
  EXPECT_THAT(out(), HasSubstr(" 15s left  1h left "));
  EXPECT_EQ(Run({"schedule:unlock", "backup:run"}), 2);
  EXPECT_THAT(err(), HasSubstr("held by web-1 since 2026-03-06T12:01:00Z:"));
  EXPECT_EQ(Run({"schedule:unlock", "backup:run", "--force"}), 0);
  EXPECT_EQ(out(), kUnlocked);
}

TEST_F(FleetCommands, UnlockWhatOneServerHoldsOrAll) {
  LockBackup();
  Join("web-2");
  Claim("hello", "web-1", "01B", "hello\x1fweb-1");
  Claim("hello", "web-2", "01C", "hello\x1fweb-2");
  EXPECT_EQ(Run({"schedule:unlock", "hello", "--server", "web-3", "--force"}), 1);
  EXPECT_EQ(err(),
            "error: hello is not held by web-3, but by web-1 since 2026-03-06T12:01:00Z and web-2 since "
            "2026-03-06T12:01:00Z\n");
  EXPECT_EQ(Run({"schedule:unlock", "hello", "--server", "web-2", "--force"}), 0);
  EXPECT_THAT(out(), HasSubstr("run 01C on web-2"));
  EXPECT_THAT(out(), Not(HasSubstr("01B")));
  EXPECT_EQ(Run({"schedule:unlock", "hello", "-f"}), 0);
  EXPECT_THAT(out(), HasSubstr("run 01B on web-1"));
  EXPECT_TRUE(IsLocked("01A"));
}

TEST_F(FleetCommands, RefuseToUnlockWhatIsNotLocked) {
  EXPECT_EQ(Run({"schedule:unlock", "backup:run", "--force"}), 1);
  EXPECT_EQ(err(), "error: backup:run is not locked; schedule:locks lists what is\n");
}

TEST_F(FleetCommands, TellThatARunWithoutTheStoreHoldsNoLock) {
  Join("web-1");
  OccurrenceRecord record;
  record.run_id = "01A";
  record.task = record.scope = "backup:run";
  record.server = "web-1";
  record.outcome = Outcome::kRunning;
  record.scheduled_at = record.scheduled_last = clock_.Now();
  record.started_at = clock_.Now();
  ASSERT_TRUE(workplace_.store().Finish(std::vector{record}));
  EXPECT_EQ(Run({"schedule:locks"}), 0);
  EXPECT_THAT(out(), HasSubstr("\nbackup:run  web-1   2026-03-06T12:00:00Z  none   none "));
  EXPECT_EQ(Run({"schedule:unlock", "backup:run", "--force"}), 1);
  EXPECT_EQ(err(), "error: backup:run is not locked: run 01A on web-1 began without the store and holds no lock\n");
}

TEST_F(FleetCommandsOnATerminal, UnlockForAYes) {
  for (const std::string answer : {"y", "Yes", " y "}) {
    LockBackup("run " + answer);
    in_.clear();
    in_.str(answer + "\n");
    EXPECT_EQ(Run({"schedule:unlock", "backup:run"}), 0) << answer;
    EXPECT_THAT(err(), MatchesRegex("Unlock backup:run, held by web-1 since [^ ]*\\? \\[y/N\\] "));
    EXPECT_FALSE(IsLocked("run " + answer));
  }
}

TEST_F(FleetCommandsOnATerminal, TakeNoLockThatWasTakenBefore) {
  LockBackup();
  EXPECT_EQ(Run({"schedule:unlock", "backup:run", "--force"}), 0);
  EXPECT_EQ(out(), kUnlocked);
  EXPECT_EQ(Run({"schedule:unlock", "backup:run", "--force"}), 1);
  EXPECT_EQ(err(), "error: backup:run is not locked; schedule:locks lists what is\n");
}

TEST_F(FleetCommandsOnATerminal, UnlockNothingForAnotherAnswerOrNone) {
  LockBackup();
  for (const std::string answer : {"n\n", "\n", "backup:run\n"}) {
    in_.clear();
    in_.str(answer);
    EXPECT_EQ(Run({"schedule:unlock", "backup:run"}), 1) << answer;
    EXPECT_EQ(err(),
              "Unlock backup:run, held by web-1 since 2026-03-06T12:01:00Z? [y/N] error: nothing was unlocked\n");
    EXPECT_TRUE(IsLocked("01A"));
  }
  in_.clear();
  in_.str("");
  EXPECT_EQ(Run({"schedule:unlock", "backup:run"}), 1);
  EXPECT_THAT(err(), HasSubstr("? [y/N] \nerror: nothing was unlocked\n"));
  EXPECT_TRUE(IsLocked("01A"));
}

TEST_F(FleetCommandsOnATerminal, AskNothingWhenForced) {
  LockBackup();
  EXPECT_EQ(Run({"schedule:unlock", "backup:run", "--force"}), 0);
  EXPECT_EQ(err(), "");
}

TEST_F(FleetCommands, ExamineTheStore) {
  EXPECT_EQ(Run({"schedule:doctor"}), 0);
  EXPECT_EQ(out(),
            "memory\n"
            "note     forgets: memory: this process alone knows what was decided, until it ends\n"
            "         coordination.driver: sqlite keeps it in a file\n");
  EXPECT_EQ(Run({"schedule:doctor", "--json"}), 0);
  EXPECT_THAT(out(), StartsWith(R"({"store":"memory","findings":[{"severity":"note","code":"forgets",)"));
}

TEST_F(FleetCommands, ListWhatTheStoreLostInTheLastDay) {
  OccurrenceRecord record;
  record.task = record.scope = "backup:run";
  record.outcome = Outcome::kUnknown;
  record.reason = "decided before the store lost its state";
  record.run_id = "01NEW";
  record.scheduled_at = record.scheduled_last = clock_.Now() - hours(23);
  ASSERT_TRUE(workplace_.store().Finish(std::vector{record}));
  record.run_id = "01OLD";
  record.scheduled_at = record.scheduled_last = clock_.Now() - hours(25);
  ASSERT_TRUE(workplace_.store().Finish(std::vector{record}));
  EXPECT_EQ(Run({"schedule:doctor"}), 0);
  EXPECT_THAT(out(), HasSubstr("\nDecided since 2026-03-05T12:00:00Z, but the store has lost how they ended."));
  EXPECT_THAT(out(), HasSubstr("\n2026-03-05 21:00:00 +08:00  backup:run "));
  EXPECT_THAT(out(), Not(HasSubstr("01OLD")));
}

}  // namespace
}  // namespace rota
