#include "rota/coordination/redis/fleet_rows.h"

#include <algorithm>

#include "rota/base/format.h"
#include "rota/coordination/ledger.h"
#include "rota/coordination/redis/scripts.h"
#include "rota/coordination/redis/shards.h"

namespace rota::redis {
namespace {

// A measurement of the clocks is off by up to half of what the call took.
constexpr Milliseconds kLongestMeasurement(500);
// So often another process may take the id that was free a moment before.
constexpr int kJoinAttempts = 100;

}  // namespace

FleetRows::FleetRows(const RedisStoreOptions& options, const Keys& keys, Client& client, Clock& clock)
    : options_(options), keys_(keys), client_(client), clock_(clock) {}

Result<FleetRows::Answer> FleetRows::Ask(FleetOrder order) {
  order.shards = options_.shards;
  Caller caller;
  if (options_.decision_clock != nullptr) caller.now = options_.decision_clock->Now();
  const std::vector<std::string> keys = keys_.OfFleet();
  const Command command{
      keys[0], {"3", keys[0], keys[1], keys[2], EncodeCaller(caller), EncodeFleet(order)}, &AllScripts().fleet};
  const WallTime before = clock_.Now();
  const Result<Reply> reply = client_.Execute({&command, 1}).front();
  const WallTime after = clock_.Now();
  if (Status status = CheckReply(client_, reply); !status.ok()) return Fail(std::move(status));
  if (reply->items.size() != 2) return Fail(DataLoss("redis {}: a script answered something else", client_.name()));

  const Result<ShardSays> says = DecodeShard(reply->items[0].text);
  Result<FleetAnswer> found = DecodeFleet(reply->items[1].text);
  if (!says || !found) {
    return Fail((says ? found.error() : says.error()).WithContext(Format("redis {}", client_.name())));
  }
  if (found->shards != 0 && found->shards != options_.shards) {
    return Fail(InvalidArgument("redis {}: this fleet divides its tasks into {} shards, not {}: set redis.shards to {}",
                                client_.name(), found->shards, options_.shards, found->shards));
  }
  MutexLock lock(mu_);
  checked_ = found->shards != 0;
  if (after - before <= kLongestMeasurement) clock_offset_ = before + (after - before) / 2 - says->now;
  return Answer{says->now, *std::move(found)};
}

Result<FleetRows::Seen> FleetRows::Read() {
  Result<Answer> answer = Ask({});
  if (!answer) return Fail(answer.error());
  return Seen{answer->now, std::move(answer->found.servers)};
}

Status FleetRows::Check() {
  {
    MutexLock lock(mu_);
    if (checked_) return Status::Ok();
  }
  const Result<Answer> answer = Ask({});
  return answer ? Status::Ok() : answer.error();
}

Result<std::string> FleetRows::Manifest(const std::string& id) {
  FleetOrder order;
  order.manifest_of = id;
  Result<Answer> answer = Ask(std::move(order));
  if (!answer) return Fail(answer.error());
  return std::move(answer->found.manifest);
}

Result<ServerInfo> FleetRows::Join(const ServerInfo& joining, const std::string& manifest, Milliseconds ttl) {
  for (int attempt = 0; attempt < kJoinAttempts; ++attempt) {
    const Result<Answer> seen = Ask({});
    if (!seen) return Fail(seen.error());
    const std::vector<ServerInfo>& servers = seen->found.servers;
    ServerInfo server = joining;
    server.id = ledger::ChooseServerId(joining, servers, seen->now,
                                       [&](const ServerInfo& holder) { return joined_.Gone(holder, joining); });
    FleetOrder order;
    order.join = FleetOrder::Join{.row = server, .manifest = manifest, .ttl = ttl, .expected = {}};
    const auto former = std::ranges::find(servers, server.id, &ServerInfo::id);
    if (former != servers.end()) {
      order.join->expected = seen->found.rows[static_cast<std::size_t>(former - servers.begin())];
    }
    const Result<Answer> answer = Ask(std::move(order));
    if (!answer) return Fail(answer.error());
    if (answer->found.joined) {
      server = *std::ranges::find(answer->found.servers, server.id, &ServerInfo::id);
      joined_.Add(server);
      return server;
    }
  }
  return Fail(Unavailable("redis {}: other servers take every id like {}", client_.name(), joining.id));
}

Result<FleetRows::Seen> FleetRows::Beat(const std::string& id, Milliseconds ttl) {
  const ServerInfo row = joined_.Find(id);
  FleetOrder order;
  order.beat = FleetOrder::Beat{.id = id, .ttl = ttl, .clock_offset = {}, .row = row.id.empty() ? nullptr : &row};
  {
    MutexLock lock(mu_);
    order.beat->clock_offset = clock_offset_;
  }
  Result<Answer> answer = Ask(std::move(order));
  if (!answer) return Fail(answer.error());
  return Seen{answer->now, std::move(answer->found.servers)};
}

Status FleetRows::Leave(const std::string& id) {
  FleetOrder order;
  order.leave = joined_.Find(id);
  order.leave->id = id;
  const Result<Answer> answer = Ask(std::move(order));
  return answer ? Status::Ok() : answer.error();
}

Result<FleetRows::Seen> FleetRows::Drop(Milliseconds keep) {
  FleetOrder order;
  order.keep = keep;
  Result<Answer> answer = Ask(std::move(order));
  if (!answer) return Fail(answer.error());
  return Seen{answer->now, std::move(answer->found.servers)};
}

}  // namespace rota::redis
