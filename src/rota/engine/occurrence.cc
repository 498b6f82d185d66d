#include "rota/engine/occurrence.h"

#include <array>

#include "rota/base/check.h"
#include "rota/base/format.h"

namespace rota {
namespace {

constexpr std::array<std::string_view, 9> kOutcomeNames = {"running", "succeeded", "failed", "timed_out", "cancelled",
                                                           "lost",    "skipped",   "missed", "unknown"};

constexpr std::string_view kPoolPrefix = " pool ";

}  // namespace

std::string_view Name(Outcome outcome) { return kOutcomeNames[static_cast<std::size_t>(outcome)]; }

std::optional<Outcome> ParseOutcome(std::string_view name) {
  for (std::size_t i = 0; i < kOutcomeNames.size(); ++i) {
    if (kOutcomeNames[i] == name) return static_cast<Outcome>(i);
  }
  return std::nullopt;
}

std::string_view Name(OccurrenceKind kind) {
  switch (kind) {
    case OccurrenceKind::kScheduled:
      return "scheduled";
    case OccurrenceKind::kManual:
      return "manual";
    case OccurrenceKind::kBackfill:
      return "backfill";
    case OccurrenceKind::kStart:
      return "start";
  }
  ROTA_CHECK(false, "unknown kind of occurrence");
}

bool IsAskedFor(OccurrenceKind kind) { return kind == OccurrenceKind::kManual || kind == OccurrenceKind::kBackfill; }

Scope MakeScope(const Task& task, std::string_view server) {
  // Ids hold no control characters, so no unique task's id can be another task's scope on some server.
  return task.unique() ? task.id : Format("{}\x1f{}", task.id, server);
}

TaskId TaskOfScope(const Scope& scope) { return scope.substr(0, scope.find('\x1f')); }

Scope PoolScope(std::string_view pool) { return std::string(kPoolPrefix) + std::string(pool); }

bool IsPoolScope(const Scope& scope) { return scope.starts_with(kPoolPrefix); }

std::string_view PoolOfScope(const Scope& scope) { return std::string_view(scope).substr(kPoolPrefix.size()); }

std::size_t SizeOf(const OccurrenceRecord& record) {
  return sizeof(record) + record.run_id.size() + record.task.size() + record.scope.size() + record.server.size() +
         record.reason.size() + record.output_tail.size();
}

std::string DescribeOutcome(Outcome outcome, std::string_view reason) {
  return reason.empty() ? std::string(Name(outcome)) : Format("{}({})", Name(outcome), reason);
}

}  // namespace rota
