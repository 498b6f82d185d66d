#include "rota/report/lock_list.h"

#include <optional>
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

std::string DescribeRest(const Lock& lock, WallTime end, WallTime now) {
  if (!HoldsLease(lock)) return "none";
  return end > now ? Roughly(end - now) + " left" : Format("over for {}", Roughly(now - end));
}

}  // namespace

std::string NameOf(const Lock& lock) {
  return IsPoolScope(lock.scope) ? Format("pool {}", PoolOfScope(lock.scope)) : lock.task;
}

bool HoldsLease(const Lock& lock) { return lock.lock_until != WallTime(); }

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
    table.AddRow({NameOf(lock), lock.server, lock.since ? FormatInstant(*lock.since) : "-",
                  DescribeRest(lock, lock.lease_until, now),
                  IsPoolScope(lock.scope) ? "none" : DescribeRest(lock, lock.lock_until, now), Format("{}", lock.token),
                  lock.run_id});
  }
  return table.Render();
}

std::string ToJson(std::span<const Lock> locks) {
  boost::json::array array;
  for (const Lock& lock : locks) {
    const bool held = HoldsLease(lock);
    const bool is_slot = IsPoolScope(lock.scope);
    array.push_back({
        {"task", is_slot ? boost::json::value() : json::Text(lock.task)},
        {"pool", is_slot ? json::Text(PoolOfScope(lock.scope)) : boost::json::value()},
        {"scope", json::Text(lock.scope)},
        {"server", json::Text(lock.server)},
        {"run_id", json::Text(lock.run_id)},
        {"fencing_token", lock.token},
        {"since", json::Utc(lock.since)},
        {"lease_until", held ? json::Utc(lock.lease_until) : nullptr},
        {"lock_until", held && !is_slot ? json::Utc(lock.lock_until) : nullptr},
    });
  }
  return json::Line(array);
}

}  // namespace rota
