#include "rota/report/lock_list.h"

#include <vector>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/report/json.h"
#include "rota/report/server_list.h"
#include "rota/report/table.h"
#include "rota/report/wording.h"
#include "rota/time/format.h"

namespace rota {
namespace {

std::string DescribeRest(WallTime end, WallTime now) {
  return end > now ? Roughly(end - now) + " left" : Format("over for {}", Roughly(now - end));
}

}  // namespace

std::string DescribeHolders(std::span<const Lock> locks, std::span<const ServerInfo> servers, WallTime now) {
  std::vector<std::string> holders;
  for (const Lock& lock : locks) {
    std::string holder = lock.server;
    if (!IsAlive(lock.server, servers, now)) holder += " (gone)";
    if (lock.since) holder += " since " + FormatInstant(*lock.since);
    holders.push_back(std::move(holder));
  }
  return Join(holders, " and ");
}

std::string ToTable(std::span<const Lock> locks, WallTime now) {
  Table table({{"TASK"}, {"SERVER"}, {"SINCE"}, {"LEASE"}, {"LOCK TIMEOUT"}, {"TOKEN"}, {"RUN"}});
  for (const Lock& lock : locks) {
    table.AddRow({lock.task, lock.server, lock.since ? FormatInstant(*lock.since) : "-",
                  DescribeRest(lock.lease_until, now), DescribeRest(lock.lock_until, now), Format("{}", lock.token),
                  lock.run_id});
  }
  return table.Render();
}

std::string ToJson(std::span<const Lock> locks) {
  boost::json::array array;
  for (const Lock& lock : locks) {
    array.push_back({
        {"task", json::Text(lock.task)},
        {"scope", json::Text(lock.scope)},
        {"server", json::Text(lock.server)},
        {"run_id", json::Text(lock.run_id)},
        {"fencing_token", lock.token},
        {"since", json::Utc(lock.since)},
        {"lease_until", json::Utc(lock.lease_until)},
        {"lock_until", json::Utc(lock.lock_until)},
    });
  }
  return json::Line(array);
}

}  // namespace rota
