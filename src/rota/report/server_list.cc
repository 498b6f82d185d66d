#include "rota/report/server_list.h"

#include <algorithm>
#include <chrono>
#include <optional>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/coordination/releases.h"
#include "rota/report/json.h"
#include "rota/report/table.h"
#include "rota/report/wording.h"
#include "rota/time/format.h"

namespace rota {
namespace {

constexpr std::chrono::hours kRecently{24};

// "+12ms": how far the server's clock is ahead of the store's.
std::string DescribeOffset(std::optional<Milliseconds> offset) {
  if (!offset) return "-";
  const std::string_view sign = *offset > Milliseconds::zero() ? "+" : *offset < Milliseconds::zero() ? "-" : "";
  return Format("{}{}", sign, Roughly(std::chrono::abs(*offset)));
}

std::string DescribeSchedule(const ServerRow& row) {
  if (row.server.schedule_digest.empty()) return "-";
  return row.server.schedule_digest + (row.drifted ? " drift" : "");
}

}  // namespace

bool IsAlive(std::string_view server, std::span<const ServerInfo> servers, WallTime now) {
  const auto found = std::ranges::find(servers, server, &ServerInfo::id);
  return found != servers.end() && found->alive_until > now;
}

std::vector<ServerRow> ListServers(std::span<const ServerInfo> servers, WallTime now) {
  std::vector<ServerRow> rows;
  for (const ServerInfo& server : servers)
    rows.push_back({server, server.alive_until > now, HasDrifted(server, servers, now)});
  return rows;
}

void KeepRecent(std::vector<ServerRow>& rows, WallTime now) {
  std::erase_if(rows, [now](const ServerRow& row) { return !row.alive && now - row.server.seen_at > kRecently; });
}

std::string ToTable(std::span<const ServerRow> rows, WallTime now) {
  Table table({{"SERVER"},
               {"STATE"},
               {"HOST"},
               {"PID"},
               {"VERSION"},
               {"RELEASE"},
               {"SCHEDULE"},
               {"STARTED"},
               {"LAST HEARTBEAT"},
               {"CLOCK"}});
  for (const ServerRow& row : rows) {
    const ServerInfo& server = row.server;
    table.AddRow({server.id, row.alive ? "alive" : "gone", server.host, Format("{}", server.pid), server.version,
                  server.release.empty() ? "-" : server.release, DescribeSchedule(row),
                  FormatInstant(server.started_at), Roughly(now - server.seen_at) + " ago",
                  DescribeOffset(server.clock_offset)});
  }
  std::string text = table.Render();
  for (const ServerRow& row : rows) {
    if (row.alive && !row.server.reload_error.empty()) {
      text += Format("\n{} could not be reloaded: {}\n", row.server.id, Printable(row.server.reload_error));
    }
  }
  return text;
}

std::string ToJson(std::span<const ServerRow> rows) {
  boost::json::array servers;
  for (const ServerRow& row : rows) {
    const ServerInfo& server = row.server;
    servers.push_back({
        {"server", json::Text(server.id)},
        {"alive", row.alive},
        {"incarnation", json::Text(server.incarnation)},
        {"host", json::Text(server.host)},
        {"pid", server.pid},
        {"version", json::Text(server.version)},
        {"schedule_digest", json::Text(server.schedule_digest)},
        {"drift", row.drifted},
        {"release", json::Text(server.release)},
        {"reload_error", json::Text(server.reload_error)},
        {"started_at", json::Utc(server.started_at)},
        {"seen_at", json::Utc(server.seen_at)},
        {"alive_until", json::Utc(server.alive_until)},
        {"clock_offset_ms", json::Millis(server.clock_offset)},
    });
  }
  return json::Line(servers);
}

}  // namespace rota
