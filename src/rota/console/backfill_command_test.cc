#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <ios>
#include <sstream>
#include <string_view>

#include "rota/console/test_workplace.h"

namespace rota {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// It is 2026-03-06 12:00 UTC; backup:run is due daily at 02:00 in Shanghai, which is 18:00 the day before.
class BackfillCommand : public ConsoleTest {
 protected:
  BackfillCommand() { workplace_.run_now.outcome = Outcome::kSucceeded; }

  static OccurrenceRecord Ended(Outcome outcome, const char* reason) {
    OccurrenceRecord record;
    record.outcome = outcome;
    record.reason = reason;
    return record;
  }
  const std::vector<std::string> three_ = {"schedule:backfill", "backup:run", "--from",
                                           "2026-03-01",        "--to",       "2026-03-04"};
};

TEST_F(BackfillCommand, RunsEachInstantFromTheFirstToTheEnd) {
  std::vector<std::string> words = three_;
  words.insert(words.end(), {"--pace", "10s"});
  EXPECT_EQ(Run(words), 0);
  EXPECT_EQ(out(),
            "backup:run: 3 instants from 2026-03-01 02:00:00 +08:00 to 2026-03-03 02:00:00 +08:00.\n"
            "dumping\n[1/3] 2026-03-01 02:00:00 +08:00: succeeded\n"
            "dumping\n[2/3] 2026-03-02 02:00:00 +08:00: succeeded\n"
            "dumping\n[3/3] 2026-03-03 02:00:00 +08:00: succeeded\n"
            "backup:run: 3 instants succeeded.\n");
  EXPECT_EQ(workplace_.backfill_pace, std::chrono::seconds(10));
}

TEST_F(BackfillCommand, TakesTheFirstInstantAndLeavesTheLastOut) {
  EXPECT_EQ(Run({"schedule:backfill", "backup:run", "--from", "2026-03-01 02:00", "--to", "2026-03-02 02:00", "-n"}),
            0);
  EXPECT_EQ(out(),
            "backup:run: 1 instant from 2026-03-01 02:00:00 +08:00 to 2026-03-01 02:00:00 +08:00.\n"
            "  2026-03-01 02:00:00 +08:00\n");
}

TEST_F(BackfillCommand, ShowsTheInstantsUpToNowAndRunsNothing) {
  EXPECT_EQ(Run({"schedule:backfill", "backup:run", "--from", "2026-03-05", "--dry-run"}), 0);
  EXPECT_EQ(out(),
            "backup:run: 2 instants from 2026-03-05 02:00:00 +08:00 to 2026-03-06 02:00:00 +08:00.\n"
            "  2026-03-05 02:00:00 +08:00\n  2026-03-06 02:00:00 +08:00\n");
  EXPECT_EQ(Run({"schedule:backfill", "backup:run", "--from", "2026-03-06 03:00"}), 0);
  EXPECT_EQ(out(), "backup:run has no instant in that time.\n");
}

TEST_F(BackfillCommand, GoesOnAfterAFailureAndCountsIt) {
  workplace_.backfilled = {Ended(Outcome::kFailed, "exit 3")};
  EXPECT_EQ(Run(three_), 1);
  EXPECT_THAT(out(), HasSubstr("[1/3] 2026-03-01 02:00:00 +08:00: failed(exit 3)\n"));
  EXPECT_THAT(out(), HasSubstr("[3/3] 2026-03-03 02:00:00 +08:00: succeeded\n"));
  EXPECT_EQ(err(), "error: backup:run: 1 of 3 instants did not succeed\n");
}

TEST_F(BackfillCommand, TellsWhereItStoppedAndHowToGoOn) {
  workplace_.backfilled = {Ended(Outcome::kSucceeded, ""), Ended(Outcome::kCancelled, "shutdown")};
  EXPECT_EQ(Run(three_), 1);
  EXPECT_THAT(out(), HasSubstr("[2/3] 2026-03-02 02:00:00 +08:00: cancelled(shutdown)\n"));
  EXPECT_EQ(err(),
            "error: backup:run: stopped after 1 of 3 instants; to go on: schedule:backfill backup:run "
            "--from 2026-03-01T18:00:00Z --to 2026-03-03T16:00:00Z\n");
  EXPECT_EQ(Run({"schedule:backfill", "backup:run", "--from", "2026-03-01T18:00:00Z", "--to", "2026-03-03T16:00:00Z"}),
            0);
  EXPECT_THAT(out(), StartsWith("backup:run: 2 instants from 2026-03-02 02:00:00 +08:00"));
}

TEST_F(BackfillCommand, TellsWhomItWaitsFor) {
  workplace_.busy_server = "web1";
  EXPECT_EQ(Run(three_), 0);
  EXPECT_THAT(out(), HasSubstr("[1/3] backup:run runs on web1: waiting until it has ended.\n"));
}

// Takes nothing from the line on that says for whom a backfill waits, until Resume().
class PausedReader final : public std::stringbuf {
 public:
  void Resume() { resumed_.set_value(); }

 protected:
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    const std::string_view piece(text, static_cast<std::size_t>(size));
    if (piece.find("waiting until") != std::string_view::npos) resumed_.get_future().wait();
    return std::stringbuf::xsputn(text, size);
  }

 private:
  std::promise<void> resumed_;
};

TEST_F(BackfillCommand, HoldsUpNoEngineForAReaderWhoPauses) {
  PausedReader reader;
  out_.std::ios::rdbuf(&reader);
  workplace_.busy_server = "web1";
  workplace_.told_busy = [&reader] { reader.Resume(); };
  EXPECT_EQ(Run(three_), 0);
  EXPECT_THAT(reader.str(), HasSubstr("waiting until it has ended.\ndumping\n[1/3] "));
}

TEST_F(BackfillCommand, RefusesATimeThatIsNone) {
  const auto error = [this](std::vector<std::string> options) {
    options.insert(options.begin(), {"schedule:backfill", "backup:run"});
    EXPECT_EQ(Run(options), 2);
    return err().substr(0, err().find('\n'));
  };
  EXPECT_EQ(error({}), "error: --from: expected the first instant");
  EXPECT_THAT(error({"--from", "soon"}), StartsWith("error: --from: "));
  EXPECT_THAT(error({"--from", "2026-03-01", "--to", "then"}), StartsWith("error: --to: "));
  EXPECT_EQ(error({"--from", "2026-03-01", "--to", "2026-04-01"}),
            "error: --to 2026-04-01: lies ahead: expected now at the latest");
  EXPECT_EQ(error({"--from", "2026-03-02", "--to", "2026-03-01"}),
            "error: --from 2026-03-02: expected an instant before 2026-03-01 00:00:00 +08:00");
  EXPECT_THAT(error({"--from", "2026-03-01", "--pace", "slow"}), StartsWith("error: --pace: expected a duration"));
}

TEST_F(BackfillCommand, RefusesMoreInstantsThanOneWantsToWaitFor) {
  workplace_.define = [](Scheduler& scheduler) {
    scheduler.Command("backup:run").Name("poll").EverySecond().Register();
  };
  EXPECT_EQ(Run({"schedule:backfill", "poll", "--from", "2026-03-06 00:00"}), 2);
  EXPECT_THAT(err(), StartsWith("error: poll has more than 10000 instants in that time: expected --to "
                                "2026-03-06T02:46:40Z at the latest\n"));
  EXPECT_EQ(Run({"schedule:backfill", "poll", "--from", "2026-03-06 00:00", "--to", "2026-03-06T02:46:40Z", "-n"}), 0);
}

TEST_F(BackfillCommand, RefusesATaskThatHasNoInstants) {
  workplace_.define = [](Scheduler& scheduler) {
    scheduler.Command("backup:run").Name("at start").Cron("@reboot").Register();
  };
  EXPECT_EQ(Run({"schedule:backfill", "at start", "--from", "2026-03-01"}), 1);
  EXPECT_EQ(err(), "error: at start runs when a server starts: it has no instants to run again\n");
  EXPECT_EQ(Run({"schedule:backfill", "backup:rum", "--from", "2026-03-01"}), 1);
  EXPECT_EQ(err(), "error: no task \"backup:rum\" in the schedule; did you mean \"backup:run\"?\n");
}

}  // namespace
}  // namespace rota
