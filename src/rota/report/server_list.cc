#include "rota/report/server_list.h"

#include "rota/base/format.h"
#include "rota/report/json.h"
#include "rota/report/table.h"
#include "rota/report/wording.h"
#include "rota/time/format.h"

namespace rota {

std::vector<ServerRow> ListServers(std::span<const ServerInfo> servers, WallTime now) {
  std::vector<ServerRow> rows;
  for (const ServerInfo& server : servers) rows.push_back({server, server.alive_until > now});
  return rows;
}

std::string ToTable(std::span<const ServerRow> rows, WallTime now) {
  Table table({{"SERVER"}, {"STATE"}, {"HOST"}, {"PID"}, {"VERSION"}, {"SCHEDULE"}, {"STARTED"}, {"LAST HEARTBEAT"}});
  for (const ServerRow& row : rows) {
    const ServerInfo& server = row.server;
    table.AddRow({server.id, row.alive ? "alive" : "gone", server.host, Format("{}", server.pid), server.version,
                  server.schedule_digest, FormatInstant(server.started_at), Roughly(now - server.seen_at) + " ago"});
  }
  return table.Render();
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
        {"started_at", json::Utc(server.started_at)},
        {"seen_at", json::Utc(server.seen_at)},
        {"alive_until", json::Utc(server.alive_until)},
    });
  }
  return json::Line(servers);
}

}  // namespace rota
