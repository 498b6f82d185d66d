#include "rota/report/reload_list.h"

#include "rota/base/check.h"
#include "rota/base/format.h"
#include "rota/report/json.h"
#include "rota/report/table.h"

namespace rota {

std::string_view Name(ReloadRow::Result result) {
  switch (result) {
    case ReloadRow::Result::kReloaded:
      return "reloaded";
    case ReloadRow::Result::kUnchanged:
      return "unchanged";
    case ReloadRow::Result::kFailed:
      return "failed";
    case ReloadRow::Result::kNotReached:
      return "not reached";
  }
  ROTA_CHECK(false, "unknown result of a reload");
}

std::string ToTable(std::span<const ReloadRow> rows) {
  Table table({{"SERVER"}, {"HOST"}, {"PID"}, {"SCHEDULE"}, {"RESULT"}});
  for (const ReloadRow& row : rows) {
    std::string result(Name(row.result));
    if (!row.detail.empty()) result += ": " + row.detail;
    table.AddRow({row.server.id, row.server.host, Format("{}", row.server.pid), row.server.schedule_digest, result});
  }
  return table.Render();
}

std::string ToJson(std::span<const ReloadRow> rows) {
  boost::json::array servers;
  for (const ReloadRow& row : rows) {
    servers.push_back({
        {"server", json::Text(row.server.id)},
        {"host", json::Text(row.server.host)},
        {"pid", row.server.pid},
        {"schedule_digest", json::Text(row.server.schedule_digest)},
        {"release", json::Text(row.server.release)},
        {"result", json::Text(Name(row.result))},
        {"detail", json::Text(row.detail)},
    });
  }
  return json::Line(servers);
}

}  // namespace rota
