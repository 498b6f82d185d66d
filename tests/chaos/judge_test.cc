#include "judge.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rota/base/format.h"

namespace rota::chaos {
namespace {

using std::chrono::seconds;

constexpr WallTime kStart(seconds(1'000));
constexpr pid_t kPid = 7;

SteadyTime Real(Milliseconds after) { return SteadyTime(seconds(50) + after); }

// A task that is due every second, at `kStart` and twice more; all goes well unless a test makes it otherwise.
class JudgeTest : public testing::Test {
 protected:
  JudgeTest() {
    evidence_.tasks = {{"beat", seconds(1)}};
    evidence_.from = kStart;
    evidence_.to = kStart + seconds(3);
    for (int i = 0; i < 3; ++i) {
      Ran(i, Format("r{}", i));
      Record(i, Format("r{}", i), Outcome::kSucceeded);
    }
  }

  Note& Add(Note::Kind kind, int instant, const std::string& run_id, Milliseconds after) {
    evidence_.notes.push_back({.kind = kind,
                               .task = "beat",
                               .at = kStart + seconds(instant),
                               .token = static_cast<std::uint64_t>(instant) + 1,
                               .server = "a",
                               .run_id = run_id,
                               .pid = kPid,
                               .real = Real(after),
                               .wall = {}});
    return evidence_.notes.back();
  }
  void Ran(int instant, const std::string& run_id) {
    Add(Note::Kind::kStart, instant, run_id, seconds(instant));
    Add(Note::Kind::kEnd, instant, run_id, seconds(instant) + Milliseconds(500));
  }
  OccurrenceRecord& Record(int instant, const std::string& run_id, Outcome outcome, std::string_view reason = "") {
    OccurrenceRecord& record = evidence_.records[run_id];
    record.run_id = run_id;
    record.task = "beat";
    record.scheduled_at = record.scheduled_last = kStart + seconds(instant);
    record.outcome = outcome;
    record.reason = std::string(reason);
    record.server = "a";
    return record;
  }
  void Forget(int instant) {
    evidence_.records.erase(Format("r{}", instant));
    std::erase_if(evidence_.notes, [&](const Note& note) { return note.at == kStart + seconds(instant); });
  }

  Evidence evidence_;
};

TEST_F(JudgeTest, FindsNothingWhereAllIsWell) {
  const Verdict verdict = Judge(evidence_);
  EXPECT_EQ(verdict.due, 3u);
  EXPECT_EQ(verdict.started_once, 3u);
  EXPECT_EQ(verdict.Ended("succeeded"), 3u);
  EXPECT_EQ(verdict.duplicates + verdict.without_outcome + verdict.several_outcomes + verdict.contradictions, 0u);
  EXPECT_EQ(verdict.token_regressions + verdict.overlaps + verdict.excused_overlaps, 0u);
  EXPECT_THAT(verdict.examples, testing::IsEmpty());
}

TEST_F(JudgeTest, SeesAnOccurrenceThatStartedTwice) {
  Add(Note::Kind::kStart, 1, "again", Milliseconds(2'600)).server = "b";
  const Verdict verdict = Judge(evidence_);
  EXPECT_EQ(verdict.duplicates, 1u);
  EXPECT_EQ(verdict.started_once, 2u);
  EXPECT_EQ(verdict.examples.at(0),
            "beat 1970-01-01T00:16:41Z: started again; run r1 on a with token 2; run again on b with token 2; "
            "succeeded by a (r1, 1 instants)");
}

TEST_F(JudgeTest, SeesAnInstantWithoutOutcome) {
  Record(1, "r1", Outcome::kRunning);
  EXPECT_EQ(Judge(evidence_).without_outcome, 1u);
}

TEST_F(JudgeTest, SeesAnInstantWithSeveralOutcomes) {
  Record(1, "other", Outcome::kLost);
  EXPECT_EQ(Judge(evidence_).several_outcomes, 1u);
}

TEST_F(JudgeTest, TakesASpanAsTheOutcomeOfEachOfItsInstants) {
  Forget(1);
  Forget(2);
  Record(1, "span", Outcome::kMissed, "down").scheduled_last = kStart + seconds(2);
  const Verdict verdict = Judge(evidence_);
  EXPECT_EQ(verdict.without_outcome + verdict.several_outcomes, 0u);
  EXPECT_EQ(verdict.Ended("missed(down)"), 2u);
  EXPECT_EQ(verdict.EndedLike("missed"), 2u);
}

TEST_F(JudgeTest, TakesASpanThatIsNotCountedYetFromAfterTheLastDecidedInstant) {
  Forget(1);
  OccurrenceRecord& gap = Record(1, "gap", Outcome::kMissed, "down");
  gap.scheduled_at = kStart + Milliseconds(1);
  gap.count = 0;
  EXPECT_EQ(Judge(evidence_).Ended("missed(down)"), 1u);
}

TEST_F(JudgeTest, SeesARunThatIsRecordedAsNotRun) {
  Record(1, "r1", Outcome::kMissed, "late");
  EXPECT_EQ(Judge(evidence_).contradictions, 1u);
}

TEST_F(JudgeTest, SeesASuccessThatNobodyWitnessed) {
  Forget(1);
  Record(1, "r1", Outcome::kSucceeded);
  EXPECT_EQ(Judge(evidence_).contradictions, 1u);
}

TEST_F(JudgeTest, SeesATokenThatDoesNotGrow) {
  evidence_.notes[2].token = 1;
  EXPECT_EQ(Judge(evidence_).token_regressions, 1u);
}

TEST_F(JudgeTest, SeesAnOutcomeThatTheStoreForgot) {
  evidence_.told = evidence_.records;
  evidence_.records.erase("r1");
  EXPECT_EQ(Judge(evidence_).vanished, 1u);
  evidence_.told["r1"].outcome = Outcome::kRunning;
  EXPECT_EQ(Judge(evidence_).vanished, 0u);
}

TEST_F(JudgeTest, SeesAStartBeforeTheEndOfTheRunBefore) {
  evidence_.notes[1].real = Real(seconds(1) + Milliseconds(1));
  EXPECT_EQ(Judge(evidence_).overlaps, 1u);
}

TEST_F(JudgeTest, SeesEachOverlapWithALongRun) {
  evidence_.notes[1].real = Real(seconds(10));
  EXPECT_EQ(Judge(evidence_).overlaps, 2u);
}

TEST_F(JudgeTest, TakesARunWithoutEndToHaveEndedWithItsProcess) {
  evidence_.notes.erase(evidence_.notes.begin() + 1);
  EXPECT_EQ(Judge(evidence_).overlaps, 2u) << "the process lives";
  evidence_.deaths[kPid] = Real(Milliseconds(900));
  EXPECT_EQ(Judge(evidence_).overlaps, 0u);
}

TEST_F(JudgeTest, ExcusesAnOverlapWithARunThatStoodStill) {
  evidence_.notes[1].real = Real(Milliseconds(1'500));
  evidence_.standstills = {{kPid, Real(Milliseconds(400)), Real(Milliseconds(1'400))}};
  const Verdict verdict = Judge(evidence_);
  EXPECT_EQ(verdict.overlaps, 0u);
  EXPECT_EQ(verdict.excused_overlaps, 1u);
}

TEST_F(JudgeTest, LooksAtNothingOutsideItsStretch) {
  evidence_.from = kStart + Milliseconds(1);
  evidence_.to = kStart + seconds(2);
  const Verdict verdict = Judge(evidence_);
  EXPECT_EQ(verdict.due, 1u);
  EXPECT_EQ(verdict.started_once, 1u);
}

TEST(Notes, AreReadAsTheyAreWritten) {
  const Note note{.kind = Note::Kind::kEnd,
                  .task = "beat",
                  .at = kStart,
                  .token = 18,
                  .server = "web#2",
                  .run_id = "r",
                  .pid = 4711,
                  .real = Real(Milliseconds(3)),
                  .wall = kStart + Milliseconds(4)};
  EXPECT_EQ(Line(note), "end beat 1000000 18 web#2 r 4711 50003000000 1000004\n");
  EXPECT_EQ(Line(ParseNote(Line(note))), Line(note));
}

TEST(Notes, ThatAreNoneAreRefused) {
  EXPECT_THAT([] { ParseNote("start beat 1"); },
              testing::ThrowsMessage<std::runtime_error>("not a note: \"start beat 1\""));
  EXPECT_ANY_THROW(ParseNote("begin beat 1000000 18 a r 4711 50003000000 1000004"));
  EXPECT_ANY_THROW(ParseNote("start beat 1000000 18 a r 4711 50003000000 1000004 more"));
}

}  // namespace
}  // namespace rota::chaos
