#include "rota/report/history_list.h"

#include "rota/base/format.h"
#include "rota/report/json.h"
#include "rota/report/table.h"
#include "rota/report/wording.h"
#include "rota/time/format.h"

namespace rota {
namespace {

constexpr int kOutcomeWidth = 60;

std::string DescribeDue(const HistoryRow& row) {
  const OccurrenceRecord& record = row.record;
  std::string due = FormatInstant(record.scheduled_at, row.zone);
  if (record.scheduled_last != record.scheduled_at) due += " to " + FormatInstant(record.scheduled_last, row.zone);
  if (record.count > 1) due += Format(" ({} instants)", record.count);
  if (record.kind != OccurrenceKind::kScheduled) due += Format(" ({})", Name(record.kind));
  return due;
}

std::string DescribeLength(const OccurrenceRecord& record, WallTime now) {
  if (const auto took = Took(record)) return Roughly(*took);
  if (record.outcome == Outcome::kRunning && record.started_at) return Roughly(now - *record.started_at) + " so far";
  return "-";
}

}  // namespace

std::vector<HistoryRow> ListHistory(const Schedule* schedule, std::span<const OccurrenceRecord> records) {
  std::vector<HistoryRow> rows;
  for (const OccurrenceRecord& record : records) {
    const Task* task = schedule == nullptr ? nullptr : schedule->Find(record.task);
    rows.push_back({record, task == nullptr ? TimeZone() : task->trigger->zone()});
  }
  return rows;
}

std::string ToTable(std::span<const HistoryRow> rows, WallTime now) {
  Table table({{"DUE"}, {"TASK"}, {"SERVER"}, {"OUTCOME", kOutcomeWidth}, {"TOOK"}, {"RUN"}});
  for (const HistoryRow& row : rows) {
    const OccurrenceRecord& record = row.record;
    table.AddRow({DescribeDue(row), record.task, record.server.empty() ? "-" : record.server,
                  DescribeOutcome(record.outcome, record.reason), DescribeLength(record, now), record.run_id});
  }
  return table.Render();
}

std::string ToJson(std::span<const HistoryRow> rows) {
  boost::json::array records;
  for (const HistoryRow& row : rows) records.push_back(json::Record(row.record, row.zone));
  return json::Line(records);
}

}  // namespace rota
