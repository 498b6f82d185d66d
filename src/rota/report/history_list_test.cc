#include "rota/report/history_list.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rota/report/test_schedule.h"

namespace rota {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using testing::HasSubstr;

const WallTime kNow = Utc("2026-03-07 00:00");

OccurrenceRecord Record(std::string_view due) {
  OccurrenceRecord record;
  record.run_id = "01RUN";
  record.task = "backup:run";
  record.scope = "backup:run";
  record.scheduled_at = record.scheduled_last = Utc(due);
  record.server = "web1";
  record.token = 7;
  record.started_at = record.scheduled_at;
  record.finished_at = record.scheduled_at + milliseconds(1250);
  record.outcome = Outcome::kSucceeded;
  return record;
}

Schedule ShanghaiSchedule() {
  return MakeSchedule([](Scheduler& scheduler) {
    scheduler.Command("backup:run").Daily().At("02:00").Timezone("Asia/Shanghai").Unique().Register();
  });
}

std::string Table(const OccurrenceRecord& record) { return ToTable(ListHistory(nullptr, std::vector{record}), kNow); }

TEST(HistoryList, ShowsTimesInTheZoneOfTheTask) {
  const Schedule schedule = ShanghaiSchedule();
  EXPECT_EQ(ToTable(ListHistory(&schedule, std::vector{Record("2026-03-06 18:00")}), kNow),
            "DUE                         TASK        SERVER  OUTCOME    TOOK     RUN\n"
            "2026-03-07 02:00:00 +08:00  backup:run  web1    succeeded  1s250ms  01RUN\n");
}

TEST(HistoryList, ShowsTimesInUtcForATaskThatIsGone) {
  const Schedule schedule = MakeSchedule([](Scheduler&) {});
  EXPECT_THAT(ToTable(ListHistory(&schedule, std::vector{Record("2026-03-06 18:00")}), kNow),
              HasSubstr("2026-03-06 18:00:00 +00:00"));
}

TEST(HistoryList, ShowsTheReasonWithTheOutcome) {
  OccurrenceRecord record = Record("2026-03-06 18:00");
  record.outcome = Outcome::kFailed;
  record.reason = "exit 3";
  EXPECT_THAT(Table(record), HasSubstr("failed(exit 3)"));
}

TEST(HistoryList, ShowsHowLongARunHasBeenUnderWay) {
  OccurrenceRecord record = Record("2026-03-06 18:00");
  record.outcome = Outcome::kRunning;
  record.started_at = kNow - minutes(3) - milliseconds(20);
  record.finished_at.reset();
  EXPECT_THAT(Table(record), HasSubstr("3m so far"));
}

TEST(HistoryList, ShowsNoLengthWhereNothingRan) {
  OccurrenceRecord record = Record("2026-03-06 18:00");
  record.outcome = Outcome::kSkipped;
  record.reason = "overlap";
  record.started_at.reset();
  EXPECT_THAT(Table(record), HasSubstr("skipped(overlap)  -     01RUN"));
}

TEST(HistoryList, ShowsASpanWithItsEndAndCount) {
  OccurrenceRecord record = Record("2026-03-06 18:00");
  record.scheduled_last = Utc("2026-03-06 20:00");
  record.count = 5;
  EXPECT_THAT(Table(record), HasSubstr("2026-03-06 18:00:00 +00:00 to 2026-03-06 20:00:00 +00:00 (5 instants)"));
}

TEST(HistoryList, MarksManualRuns) {
  OccurrenceRecord record = Record("2026-03-06 18:00");
  record.kind = OccurrenceKind::kManual;
  EXPECT_THAT(Table(record), HasSubstr("2026-03-06 18:00:00 +00:00 (manual)"));
}

TEST(HistoryList, GivesAllFactsAsJson) {
  const Schedule schedule = ShanghaiSchedule();
  OccurrenceRecord record = Record("2026-03-06 18:00");
  record.output_tail = "line\n\xff";
  EXPECT_EQ(ToJson(ListHistory(&schedule, std::vector{record})),
            R"([{"run_id":"01RUN","task":"backup:run","kind":"scheduled","scheduled_at":"2026-03-06T18:00:00Z",)"
            R"("scheduled_at_local":"2026-03-07 02:00:00 +08:00","scheduled_last":"2026-03-06T18:00:00Z","count":1,)"
            R"("zone":"Asia/Shanghai","server":"web1","attempt":1,"fencing_token":7,)"
            R"("started_at":"2026-03-06T18:00:00Z","finished_at":"2026-03-06T18:00:01.250Z","took_ms":1250,)"
            R"("outcome":"succeeded","reason":"","output_tail":"line\n�"}])"
            "\n");
}

TEST(HistoryList, IsAnEmptyArrayWithoutRecords) { EXPECT_EQ(ToJson(ListHistory(nullptr, {})), "[]\n"); }

}  // namespace
}  // namespace rota
