#include "rota/logging/event_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "rota/base/text.h"
#include "rota/logging/log_line.h"

namespace rota {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;

// 2026-03-07T02:00:00Z
constexpr WallTime kTwo{milliseconds(1772848800000)};

OccurrenceRecord Running() {
  OccurrenceRecord record;
  record.run_id = "01RUN";
  record.task = "backup:run";
  record.scope = "backup:run";
  record.scheduled_at = record.scheduled_last = kTwo;
  record.server = "web-1";
  record.token = 7;
  record.started_at = kTwo + milliseconds(20);
  return record;
}

OccurrenceRecord Ended(Outcome outcome, std::string reason = {}) {
  OccurrenceRecord record = Running();
  record.outcome = outcome;
  record.reason = std::move(reason);
  record.finished_at = kTwo + milliseconds(1520);
  return record;
}

Event About(EventKind kind, OccurrenceRecord record) {
  Event event;
  event.kind = kind;
  event.at = kTwo + milliseconds(1520);
  event.server = "web-1";
  event.record = std::move(record);
  return event;
}

Event OfServer(EventKind kind, std::string detail = {}, Milliseconds change = {}) {
  return {kind, kTwo, "web-1", std::nullopt, change, std::move(detail)};
}

std::string BehindTheTime(const LogRecord& record) {
  const std::string line = HumanLine(record, TimeZone(), Colors::kOff);
  return line.substr(std::string_view("2026-03-07 02:00:00.000 +00:00 ").size());
}

// Level, message and all fields, those for machines too.
std::string Line(const Event& event) {
  LogRecord record = ToLogRecord(event);
  for (LogField& field : record.fields) field.machines_only = false;
  return BehindTheTime(record);
}

// Level, message and fields, as the console shows them.
std::string LineForPeople(const Event& event) { return BehindTheTime(ToLogRecord(event)); }

TEST(EventLog, TellsTheStartOfARun) {
  EXPECT_EQ(Line(About(EventKind::kRunStarted, Running())),
            "INFO  backup:run started  event=run_started task=backup:run run_id=01RUN occurrence=2026-03-07T02:00:00Z "
            "attempt=1 server=web-1 token=7");
}

TEST(EventLog, TellsTheEndOfARunWithItsDurationOutcomeAndReason) {
  EXPECT_EQ(
      Line(About(EventKind::kRunFinished, Ended(Outcome::kFailed, "backup failed: disk full"))),
      "ERROR backup:run finished: failed(backup failed: disk full)  event=run_finished task=backup:run run_id=01RUN "
      "occurrence=2026-03-07T02:00:00Z attempt=1 server=web-1 token=7 duration_ms=1500 outcome=failed "
      "reason=\"backup failed: disk full\"");
  EXPECT_EQ(Line(About(EventKind::kRunFinished, Ended(Outcome::kSucceeded))),
            "INFO  backup:run finished: succeeded  event=run_finished task=backup:run run_id=01RUN "
            "occurrence=2026-03-07T02:00:00Z attempt=1 server=web-1 token=7 duration_ms=1500 outcome=succeeded");
}

TEST(EventLog, TellsOfAnAttemptThatFailedAndOfTheNext) {
  Event event = About(EventKind::kAttemptFailed, Ended(Outcome::kFailed, "exit 75"));
  event.detail = "attempt 2 of 3 follows in 10s";
  EXPECT_THAT(Line(event),
              testing::StartsWith("WARN  backup:run: attempt 1 failed(exit 75): attempt 2 of 3 follows in 10s  "
                                  "event=attempt_failed task=backup:run "));
}

TEST(EventLog, ShowsPeopleOnlyWhatTheMessageLacks) {
  EXPECT_EQ(LineForPeople(About(EventKind::kRunStarted, Running())),
            "INFO  backup:run started  run_id=01RUN occurrence=2026-03-07T02:00:00Z");
  EXPECT_EQ(LineForPeople(About(EventKind::kRunFinished, Ended(Outcome::kFailed, "backup failed: disk full"))),
            "ERROR backup:run finished: failed(backup failed: disk full)  run_id=01RUN "
            "occurrence=2026-03-07T02:00:00Z duration_ms=1500");
  EXPECT_EQ(LineForPeople(OfServer(EventKind::kServerStopped)), "INFO  server web-1 stopped");
  OccurrenceRecord again = Running();
  again.attempt = 2;
  EXPECT_TRUE(LineForPeople(About(EventKind::kRunStarted, again)).ends_with(" attempt=2"));
}

TEST(EventLog, KeepsTheEventsOwnTime) {
  EXPECT_EQ(ToLogRecord(About(EventKind::kRunFinished, Ended(Outcome::kSucceeded))).at, kTwo + milliseconds(1520));
}

TEST(EventLog, GivesEachOutcomeTheLevelOfWhoShouldLook) {
  const auto level = [](EventKind kind, Outcome outcome) { return ToLogRecord(About(kind, Ended(outcome))).level; };
  EXPECT_EQ(level(EventKind::kRunFinished, Outcome::kSucceeded), LogLevel::kInfo);
  EXPECT_EQ(level(EventKind::kRunFinished, Outcome::kFailed), LogLevel::kError);
  EXPECT_EQ(level(EventKind::kRunFinished, Outcome::kTimedOut), LogLevel::kError);
  EXPECT_EQ(level(EventKind::kRunFinished, Outcome::kLost), LogLevel::kError);
  EXPECT_EQ(level(EventKind::kRunFinished, Outcome::kUnknown), LogLevel::kError);
  EXPECT_EQ(level(EventKind::kRunFinished, Outcome::kCancelled), LogLevel::kWarning);
  EXPECT_EQ(level(EventKind::kOccurrenceClosed, Outcome::kSkipped), LogLevel::kInfo);
  EXPECT_EQ(level(EventKind::kOccurrenceClosed, Outcome::kMissed), LogLevel::kWarning);
}

TEST(EventLog, TellsWhyAnOccurrenceDidNotRun) {
  OccurrenceRecord record = Running();
  record.outcome = Outcome::kSkipped;
  record.reason = reason::kOverlap;
  record.started_at.reset();
  record.token = 0;
  EXPECT_EQ(Line(About(EventKind::kOccurrenceClosed, record)),
            "INFO  backup:run did not run: skipped(overlap)  event=occurrence_closed task=backup:run run_id=01RUN "
            "occurrence=2026-03-07T02:00:00Z attempt=1 server=web-1 outcome=skipped reason=overlap");
}

TEST(EventLog, TellsOfASpanOfMissedOccurrencesInOneLine) {
  OccurrenceRecord record = Running();
  record.outcome = Outcome::kMissed;
  record.reason = reason::kDown;
  record.scheduled_last = kTwo + hours(3);
  record.count = 4;
  record.token = 0;
  record.started_at.reset();
  EXPECT_EQ(Line(About(EventKind::kOccurrenceClosed, record)),
            "WARN  backup:run did not run 4 times from 2026-03-07T02:00:00Z to 2026-03-07T05:00:00Z: missed(down)  "
            "event=occurrence_closed task=backup:run run_id=01RUN occurrence=2026-03-07T02:00:00Z "
            "last_occurrence=2026-03-07T05:00:00Z count=4 attempt=1 server=web-1 outcome=missed reason=down");
  record.count = 0;  // Not counted.
  EXPECT_EQ(ToLogRecord(About(EventKind::kOccurrenceClosed, record)).message,
            "backup:run did not run from 2026-03-07T02:00:00Z to 2026-03-07T05:00:00Z: missed(down)");
}

TEST(EventLog, SaysWhichServerDiedAndWhichOneFoundOut) {
  Event event = About(EventKind::kRunLost, Ended(Outcome::kLost, "the server died"));
  event.record->finished_at.reset();
  event.server = "web-2";
  EXPECT_EQ(Line(event),
            "ERROR backup:run was lost: its server web-1 died  event=run_lost task=backup:run run_id=01RUN "
            "occurrence=2026-03-07T02:00:00Z attempt=1 server=web-1 token=7 outcome=lost reason=\"the server died\" "
            "recorded_by=web-2");
}

TEST(EventLog, MarksRunsThatAPersonAskedFor) {
  OccurrenceRecord record = Running();
  record.kind = OccurrenceKind::kManual;
  EXPECT_NE(Line(About(EventKind::kRunStarted, record)).find(" kind=manual "), std::string::npos);
}

TEST(EventLog, TellsOfALostLease) {
  Event event = About(EventKind::kLeaseLost, Running());
  event.detail = "the lock timeout of 30m passed";
  EXPECT_EQ(Line(event),
            "WARN  backup:run lost its lease: another server may run it from now on: the lock timeout of 30m passed  "
            "event=lease_lost task=backup:run run_id=01RUN occurrence=2026-03-07T02:00:00Z attempt=1 server=web-1 "
            "token=7");
}

TEST(EventLog, TellsOfAHookThatFailed) {
  Event event = About(EventKind::kHookFailed, Running());
  event.detail = "OnFailure() threw: no mail today";
  EXPECT_EQ(Line(event),
            "WARN  backup:run: a hook failed: OnFailure() threw: no mail today  event=hook_failed task=backup:run "
            "run_id=01RUN occurrence=2026-03-07T02:00:00Z attempt=1 server=web-1 token=7");
}

TEST(EventLog, TellsOfTheServerTheClockAndTheStore) {
  EXPECT_EQ(Line(OfServer(EventKind::kServerStarted, "3 tasks, sqlite var/rota.db")),
            "INFO  server web-1 started: 3 tasks, sqlite var/rota.db  event=server_started server=web-1");
  EXPECT_EQ(Line(OfServer(EventKind::kServerStopping)),
            "INFO  server web-1 is stopping  event=server_stopping server=web-1");
  EXPECT_EQ(Line(OfServer(EventKind::kServerStopped)), "INFO  server web-1 stopped  event=server_stopped server=web-1");
  EXPECT_EQ(Line(OfServer(EventKind::kScheduleReloaded, "1 task added")),
            "INFO  the schedule was reloaded: 1 task added  event=schedule_reloaded server=web-1");
  EXPECT_EQ(Line(OfServer(EventKind::kScheduleDrift, "b follows 00ff")),
            "WARN  servers follow different schedules: b follows 00ff  event=schedule_drift server=web-1");
  EXPECT_EQ(Line(OfServer(EventKind::kScheduleDriftEnded, "00ff")),
            "INFO  a different schedule is followed no more: 00ff  event=schedule_drift_ended server=web-1");
  EXPECT_EQ(Line(OfServer(EventKind::kTasksWithheld, "1 task, release 2")),
            "INFO  tasks are left to servers of a newer release: 1 task, release 2  event=tasks_withheld server=web-1");
  EXPECT_EQ(Line(OfServer(EventKind::kTasksResumed)),
            "INFO  tasks are left to others no more  event=tasks_resumed server=web-1");
  EXPECT_EQ(Line(OfServer(EventKind::kReloadFailed, "config.yaml:3:1: taks: unknown key")),
            "ERROR the schedule stays as it was: config.yaml:3:1: taks: unknown key  event=reload_failed "
            "server=web-1");
  EXPECT_EQ(Line(OfServer(EventKind::kClockJumped, "", minutes(90))),
            "WARN  the clock of server web-1 jumped forwards by 1h30m  event=clock_jumped server=web-1 "
            "change_ms=5400000");
  EXPECT_EQ(ToLogRecord(OfServer(EventKind::kClockJumped, "", milliseconds(-1500))).message,
            "the clock of server web-1 jumped backwards by 1s500ms");
  EXPECT_EQ(Line(OfServer(EventKind::kZonesChanged, "Africa/Casablanca, Africa/El_Aaiun")),
            "INFO  time zones have new rules: Africa/Casablanca, Africa/El_Aaiun  event=zones_changed server=web-1");
  EXPECT_EQ(Line(OfServer(EventKind::kCalendarEnds, "calendar cn covers days up to 2026-12-31")),
            "WARN  a calendar needs its next days: calendar cn covers days up to 2026-12-31  event=calendar_ends "
            "server=web-1");
  EXPECT_EQ(Line(OfServer(EventKind::kStoreUnavailable, "database is locked")),
            "WARN  the store takes no claims: database is locked  event=store_unavailable server=web-1");
  EXPECT_EQ(Line(OfServer(EventKind::kStoreAvailable)),
            "INFO  the store is available again  event=store_available server=web-1");
  EXPECT_EQ(Line(OfServer(EventKind::kStateLost, "redis db:6379/0: it was emptied")),
            "ERROR the store may have lost what it acknowledged: redis db:6379/0: it was emptied  event=state_lost "
            "server=web-1");
  EXPECT_EQ(Line(OfServer(EventKind::kStoreFinding, "latency (warning): Redis answers within 51ms")),
            "WARN  store finding: latency (warning): Redis answers within 51ms  event=store_finding server=web-1");
  EXPECT_EQ(Line(OfServer(EventKind::kIdTaken, "a live server is called web: give each its own server.id")),
            "WARN  the id of this server was taken: a live server is called web: give each its own server.id  "
            "event=id_taken server=web-1");
  EXPECT_EQ(Line(OfServer(EventKind::kEventsDropped, "6 dropped while nothing took them")),
            "WARN  events are missing here: 6 dropped while nothing took them  event=events_dropped server=web-1");
}

TEST(EventLog, ShowsTheOutputOfARunThatDidNotSucceed) {
  OccurrenceRecord record = Ended(Outcome::kFailed, "exit 3");
  record.output_tail = "rsync: no space\n";
  EXPECT_TRUE(
      Line(About(EventKind::kRunFinished, record)).ends_with("reason=\"exit 3\" output=\"rsync: no space\\n\""));
  record.outcome = Outcome::kSucceeded;
  EXPECT_EQ(Line(About(EventKind::kRunFinished, record)).find("rsync"), std::string::npos);
}

TEST(EventLog, LetsNoNameReasonOrOutputForgeALine) {
  const std::string evil = "x\n2026-03-07 ERROR forged\r\x1b[2J\xff\xe2\x80\xa8\xe2\x80\xae";
  OccurrenceRecord record = Ended(Outcome::kFailed, evil);
  record.task = record.server = record.output_tail = evil;
  Event event = About(EventKind::kRunFinished, record);
  event.detail = evil;
  const LogRecord line = ToLogRecord(event);
  for (const std::string& text : {JsonLine(line), HumanLine(line, TimeZone(), Colors::kOff)}) {
    EXPECT_EQ(Printable(text), text);
  }
}

TEST(EventLog, CutsTextsThatWouldFillTheLog) {
  std::string reason(5000, 'r');
  reason.replace(4095, 3, "份");  // Lies across the limit.
  OccurrenceRecord record = Ended(Outcome::kFailed, reason);
  record.output_tail = std::string(9000, 'o') + "the end";
  const LogRecord line = ToLogRecord(About(EventKind::kRunFinished, record));
  EXPECT_EQ(line.message, "backup:run finished: failed(" + std::string(4095, 'r') + "… (5000 bytes))");
  EXPECT_LT(JsonLine(line).size(), 3 * 4096u + 1000u);
  EXPECT_EQ(Printable(JsonLine(line)), JsonLine(line));
  EXPECT_NE(JsonLine(line).find("the end"), std::string::npos);
}

TEST(EventLog, WritesEachEventToItsSink) {
  class Collector final : public LogSink {
   public:
    void Write(const LogRecord& record) override { messages.push_back(record.message); }
    std::vector<std::string> messages;
  };
  Collector sink;
  EventLog log(sink);
  log.Publish(About(EventKind::kRunStarted, Running()));
  log.Publish(OfServer(EventKind::kServerStopped));
  EXPECT_EQ(sink.messages, (std::vector<std::string>{"backup:run started", "server web-1 stopped"}));
}

}  // namespace
}  // namespace rota
