#include "rota/engine/diagnostics.h"

#include "rota/base/check.h"
#include "rota/base/format.h"

namespace rota {

std::string_view Name(Severity severity) {
  switch (severity) {
    case Severity::kNote:
      return "note";
    case Severity::kWarning:
      return "warning";
    case Severity::kError:
      return "error";
  }
  ROTA_CHECK(false, "unknown severity");
}

std::vector<std::string> FindingBook::Update(const std::vector<Finding>& found) {
  std::vector<std::string> lines;
  std::map<std::pair<std::string, std::string>, Severity> now;
  for (const Finding& finding : found) {
    if (finding.severity == Severity::kNote) continue;
    const auto [place, added] = now.emplace(std::pair(finding.code, finding.subject), finding.severity);
    if (!added) continue;  // A worse one of the same kind is told.
    const auto known = known_.find(place->first);
    if (known != known_.end() && known->second == finding.severity) continue;
    lines.push_back(Format("{} ({}): {}{}{}", finding.code, Name(finding.severity), finding.message,
                           finding.advice.empty() ? "" : ": ", finding.advice));
  }
  for (const auto& [key, severity] : known_) {
    if (now.contains(key)) continue;
    const auto& [code, subject] = key;
    lines.push_back(Format("{}{}{} is gone", code, subject.empty() ? "" : " of ", subject));
  }
  known_ = std::move(now);
  return lines;
}

}  // namespace rota
