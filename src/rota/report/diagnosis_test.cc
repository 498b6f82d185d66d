#include "rota/report/diagnosis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rota/report/test_schedule.h"

namespace rota {
namespace {

using testing::EndsWith;
using testing::HasSubstr;

const WallTime kNow = Utc("2026-03-07 12:00");

Diagnosis Healthy() { return {"redis 10.0.0.1:6379", {}, kNow - std::chrono::hours(24), {}}; }

Diagnosis Sick() {
  Diagnosis diagnosis = Healthy();
  diagnosis.findings = {
      {"eviction-policy", Severity::kError, "maxmemory-policy is allkeys-lru\x1b", "set it to noeviction"},
      {"persistence", Severity::kWarning, "neither AOF nor snapshots are on", "turn AOF on"},
      {"replicas", Severity::kNote, "it has no replica", ""}};
  return diagnosis;
}

HistoryRow Unknown() {
  OccurrenceRecord record;
  record.run_id = "backup:run@1.unknown";
  record.task = "backup:run";
  record.scheduled_at = Utc("2026-03-06 18:00");
  record.scheduled_last = Utc("2026-03-06 20:00");
  record.count = 3;
  record.outcome = Outcome::kUnknown;
  record.reason = "decided before the store lost its state";
  return {record, TimeZone()};
}

TEST(Diagnosis, HasNothingToSayOfAHealthyStore) {
  EXPECT_EQ(ToText(Healthy(), kNow), "Nothing to say about redis 10.0.0.1:6379.\n");
  EXPECT_EQ(ToJson(Healthy()),
            R"({"store":"redis 10.0.0.1:6379","findings":[],"since":"2026-03-06T12:00:00Z","unknown":[]})"
            "\n");
}

TEST(Diagnosis, TellsEachFindingAndWhatToChange) {
  EXPECT_EQ(ToText(Sick(), kNow),
            "redis 10.0.0.1:6379\n"
            "error    eviction-policy: maxmemory-policy is allkeys-lru\\x1b\n"
            "         set it to noeviction\n"
            "warning  persistence: neither AOF nor snapshots are on\n"
            "         turn AOF on\n"
            "note     replicas: it has no replica\n");
  EXPECT_THAT(ToJson(Sick()),
              HasSubstr(R"({"severity":"note","code":"replicas","subject":"","message":"it has no replica",)"
                        R"("advice":""})"));
}

TEST(Diagnosis, FailsForAnErrorAlone) {
  Diagnosis diagnosis = Sick();
  EXPECT_EQ(diagnosis.status(), Errorf("a finding keeps servers from starting"));
  diagnosis.findings.push_back(diagnosis.findings[0]);
  EXPECT_EQ(diagnosis.status(), Errorf("2 findings keep servers from starting"));
  diagnosis.findings[0].severity = diagnosis.findings[3].severity = Severity::kWarning;
  EXPECT_TRUE(diagnosis.status().ok());
}

TEST(Diagnosis, ListsTheOccurrencesThatTheStoreLost) {
  Diagnosis diagnosis = Healthy();
  diagnosis.unknown = {Unknown()};
  EXPECT_EQ(ToText(diagnosis, kNow),
            "redis 10.0.0.1:6379\n"
            "\n"
            "Decided since 2026-03-06T12:00:00Z, but the store has lost how they ended. Find out from the tasks' own "
            "traces whether they "
            "ran:\n"
            "DUE                                                                    TASK        SERVER  OUTCOME"
            "                                           TOOK  RUN\n"
            "2026-03-06 18:00:00 +00:00 to 2026-03-06 20:00:00 +00:00 (3 instants)  backup:run  -       "
            "unknown(decided before the store lost its state)  -     backup:run@1.unknown\n");
  EXPECT_THAT(ToJson(diagnosis), HasSubstr(R"("unknown":[{"run_id":"backup:run@1.unknown",)"));
}

TEST(Diagnosis, TellsThatThereMayBeMoreThanItLists) {
  Diagnosis diagnosis = Healthy();
  diagnosis.unknown.assign(100, Unknown());
  EXPECT_THAT(ToText(diagnosis, kNow), EndsWith("\nand perhaps more: schedule:history --outcome unknown\n"));
}

}  // namespace
}  // namespace rota
