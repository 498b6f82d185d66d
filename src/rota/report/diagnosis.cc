#include "rota/report/diagnosis.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/report/json.h"
#include "rota/time/format.h"

namespace rota {
namespace {

constexpr int kMostUnknown = 100;
constexpr std::size_t kSeverityWidth = 9;  // "warning" and a gap.

}  // namespace

Status Diagnosis::status() const {
  const auto errors = std::ranges::count(findings, Severity::kError, &Finding::severity);
  if (errors == 0) return Status::Ok();
  return errors == 1 ? Errorf("a finding keeps servers from starting")
                     : Errorf("{} findings keep servers from starting", errors);
}

Result<Diagnosis> Diagnose(Store& store, const Schedule* schedule, WallTime now) {
  Result<std::vector<Finding>> findings = store.Examine();
  if (!findings) return Fail(findings.error());
  HistoryQuery query;
  query.outcome = Outcome::kUnknown;
  query.from = now - std::chrono::hours(24);
  query.limit = kMostUnknown;
  const Result<std::vector<OccurrenceRecord>> unknown = store.Query(query);
  Diagnosis diagnosis{store.name(), *std::move(findings), *query.from, {}};
  if (unknown) {
    diagnosis.unknown = ListHistory(schedule, *unknown);
  } else if (diagnosis.status().ok()) {  // Else the findings tell what is the matter.
    return Fail(unknown.error());
  }
  return diagnosis;
}

std::string ToText(const Diagnosis& diagnosis, WallTime now) {
  if (diagnosis.findings.empty() && diagnosis.unknown.empty()) {
    return Format("Nothing to say about {}.\n", Printable(diagnosis.store));
  }
  std::string text = Printable(diagnosis.store) + "\n";
  const std::string indent(kSeverityWidth, ' ');
  for (const Finding& finding : diagnosis.findings) {
    std::string severity(Name(finding.severity));
    severity.resize(kSeverityWidth, ' ');
    text += Format("{}{}: {}\n", severity, finding.code, Printable(finding.message));
    if (!finding.advice.empty()) text += Format("{}{}\n", indent, Printable(finding.advice));
  }
  if (diagnosis.unknown.empty()) return text;
  text += Format(
      "\nDecided since {}, but the store has lost how they ended. Find out from the tasks' own traces whether they "
      "ran:\n",
      FormatInstant(diagnosis.since));
  text += ToTable(diagnosis.unknown, now);
  if (diagnosis.unknown.size() == kMostUnknown) text += "and perhaps more: schedule:history --outcome unknown\n";
  return text;
}

std::string ToJson(const Diagnosis& diagnosis) {
  boost::json::array findings;
  for (const Finding& finding : diagnosis.findings) {
    findings.push_back({
        {"severity", json::Text(Name(finding.severity))},
        {"code", json::Text(finding.code)},
        {"subject", json::Text(finding.subject)},
        {"message", json::Text(finding.message)},
        {"advice", json::Text(finding.advice)},
    });
  }
  boost::json::array unknown;
  for (const HistoryRow& row : diagnosis.unknown) unknown.push_back(json::Record(row.record, row.zone));
  return json::Line(boost::json::object{
      {"store", json::Text(diagnosis.store)},
      {"findings", std::move(findings)},
      {"since", json::Utc(diagnosis.since)},
      {"unknown", std::move(unknown)},
  });
}

}  // namespace rota
