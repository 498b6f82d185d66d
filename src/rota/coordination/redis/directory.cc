#include "rota/coordination/redis/directory.h"

#include <algorithm>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/coordination/redis/topology.h"

namespace rota::redis {
namespace {

using NodePtr = Directory::NodePtr;

class OneServer final : public Directory {
 public:
  OneServer(const RedisStoreOptions& options, const Dialing& dialing)
      : node_(std::make_shared<Node>(Endpoint{.address = options.server, .socket = options.socket}, dialing)) {}

  Result<NodePtr> NodeOf(std::string_view, const Deadline&) override { return node_; }
  Result<std::vector<NodePtr>> Primaries(const Deadline&) override { return std::vector<NodePtr>{node_}; }
  NodePtr NodeAt(const Endpoint&) override { return nullptr; }
  void Doubt(const Node&) override {}

 private:
  const NodePtr node_;
};

// Asks one Sentinel after another for the primary, until one names a server that says itself that it is.
class SentinelPrimary final : public Directory {
 public:
  SentinelPrimary(const RedisStoreOptions& options, const Dialing& dialing)
      : options_(options), dialing_(dialing), backoff_(std::random_device()()) {}

  Result<NodePtr> NodeOf(std::string_view, const Deadline& deadline) override {
    {
      const MutexLock lock(mu_);
      if (primary_ != nullptr) return primary_;
    }
    if (auto failure = backoff_.Holds(dialing_.clock.SteadyNow())) return Fail(*std::move(failure));
    auto found = Find(deadline);
    if (!found) {
      Status failure = found.error().WithContext("sentinel " + Printable(options_.sentinel_primary));
      backoff_.Failed(failure, dialing_.clock.SteadyNow());
      return Fail(std::move(failure));
    }
    backoff_.Succeeded();
    const MutexLock lock(mu_);
    // Another thread may have found the same meanwhile.
    if (primary_ == nullptr || primary_->endpoint() != (*found)->endpoint()) primary_ = *found;
    return primary_;
  }

  Result<std::vector<NodePtr>> Primaries(const Deadline& deadline) override {
    auto node = NodeOf("", deadline);
    if (!node) return Fail(node.error());
    return std::vector<NodePtr>{*std::move(node)};
  }

  NodePtr NodeAt(const Endpoint&) override { return nullptr; }

  void Doubt(const Node& node) override {
    const MutexLock lock(mu_);
    if (primary_.get() == &node) primary_ = nullptr;
  }

 private:
  Result<NodePtr> Find(const Deadline& deadline) {
    std::vector<std::string> silent;
    std::optional<Status> failure;
    for (std::size_t i = 0; i < options_.sentinels.size(); ++i) {
      // One that swallows everything leaves time for the others, and for the primary.
      const auto share = deadline.Left() / static_cast<std::int64_t>(options_.sentinels.size() - i + 1);
      const Endpoint sentinel{.address = options_.sentinels[i], .socket = {}};
      const auto named = AskSentinel(sentinel, deadline.Within(share));
      if (!named) {
        constexpr std::string_view kKind = "redis ";
        std::string_view message = named.error().message();
        if (message.starts_with(kKind)) message.remove_prefix(kKind.size());
        silent.emplace_back(message);
        continue;
      }
      if (!*named) {
        failure = Unavailable("the Sentinel {} knows no primary of this name", sentinel.name());
        continue;
      }
      auto node = std::make_shared<Node>(**named, dialing_);
      auto connection = node->Borrow(deadline);
      if (connection) {
        node->Return(*std::move(connection));
        return node;
      }
      failure = connection.error();
    }
    if (failure) return Fail(*std::move(failure));
    return Fail(Unavailable("none of {} Sentinels answers ({})", options_.sentinels.size(), Join(silent, "; ")));
  }

  // Nothing: it knows no primary of the name.
  Result<std::optional<Endpoint>> AskSentinel(const Endpoint& sentinel, const Deadline& deadline) {
    const ConnectionOptions connection_options{
        .login = options_.sentinel_login, .db = 0, .tls = options_.tls, .role = ConnectionOptions::Role::kAny};
    const Deadline limit = deadline.Within(options_.connect_timeout);
    auto connection = Connection::Open(sentinel, connection_options, dialing_.resolver, limit);
    if (!connection) return Fail(connection.error());
    const auto reply = connection->Ask({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", options_.sentinel_primary}, limit);
    if (!reply) return Fail(reply.error());
    if (reply->items.size() < 2) return std::nullopt;
    int port = 0;
    for (const char digit : reply->items[1].text) port = port * 10 + (digit - '0');
    return Endpoint{.address = {.host = reply->items[0].text, .port = port}, .socket = {}};
  }

  const RedisStoreOptions& options_;
  const Dialing& dialing_;
  Backoff backoff_;
  Mutex mu_;
  NodePtr primary_ ROTA_GUARDED_BY(mu_);  // Null: to be found.
};

class ClusterNodes final : public Directory {
 public:
  ClusterNodes(const RedisStoreOptions& options, const Dialing& dialing) : options_(options), dialing_(dialing) {}

  Result<NodePtr> NodeOf(std::string_view key, const Deadline& deadline) override {
    const auto map = Slots(deadline);
    if (!map) return Fail(map.error());
    const int slot = SlotOf(key);
    const std::optional<Endpoint> endpoint = (*map)->At(slot);
    if (endpoint) return NodeAt(*endpoint);
    {
      const MutexLock lock(mu_);
      doubted_ = Seed(0);
    }
    return Fail(Unavailable("cluster at {}: no server serves slot {}", Seed(0).name(), slot));
  }

  Result<std::vector<NodePtr>> Primaries(const Deadline& deadline) override {
    const auto map = Slots(deadline);
    if (!map) return Fail(map.error());
    std::vector<NodePtr> nodes;
    for (const Endpoint& endpoint : (*map)->Primaries()) nodes.push_back(NodeAt(endpoint));
    return nodes;
  }

  NodePtr NodeAt(const Endpoint& endpoint) override {
    const MutexLock lock(mu_);
    NodePtr& node = nodes_[endpoint];
    if (node == nullptr) node = std::make_shared<Node>(endpoint, dialing_);
    return node;
  }

  void Doubt(const Node& node) override {
    const MutexLock lock(mu_);
    doubted_ = node.endpoint();
  }

 private:
  using MapPtr = std::shared_ptr<const SlotMap>;

  Endpoint Seed(std::size_t i) const { return {.address = options_.cluster[i], .socket = {}}; }

  Result<MapPtr> Slots(const Deadline& deadline) {
    // Whom to ask: those who served last, then those that the options name, and at last who gave rise to doubt, which
    // may be cut off from the others.
    std::vector<Endpoint> knowing;
    std::optional<Endpoint> doubted;
    {
      const MutexLock lock(mu_);
      if (map_ != nullptr && !doubted_) return map_;
      if (map_ != nullptr) knowing = map_->Primaries();
      doubted = doubted_;
    }
    for (std::size_t i = 0; i < options_.cluster.size(); ++i) {
      if (std::find(knowing.begin(), knowing.end(), Seed(i)) == knowing.end()) knowing.push_back(Seed(i));
    }
    std::stable_partition(knowing.begin(), knowing.end(), [&](const Endpoint& node) { return node != doubted; });
    std::vector<std::string> failures;
    for (std::size_t i = 0; i < knowing.size(); ++i) {
      const auto share = deadline.Left() / static_cast<std::int64_t>(knowing.size() - i + 1);
      auto map = AskNode(knowing[i], deadline.Within(share));
      if (map) return Adopt(*std::move(map));
      failures.push_back(map.error().message());
    }
    return Fail(Unavailable("cluster at {}: none of {} nodes tells the slots ({})", Seed(0).name(), knowing.size(),
                            Join(failures, "; ")));
  }

  Result<SlotMap> AskNode(const Endpoint& endpoint, const Deadline& deadline) {
    const NodePtr node = NodeAt(endpoint);
    auto connection = node->Borrow(deadline);
    if (!connection) return Fail(connection.error());
    const auto reply = connection->Ask({"CLUSTER", "SLOTS"}, deadline.Within(options_.command_timeout));
    if (!reply) return Fail(reply.error());
    node->Return(*std::move(connection));
    auto map = SlotMap::Parse(*reply, endpoint.address);
    if (!map) return Fail(map.error().WithContext("redis " + endpoint.name()));
    return map;
  }

  MapPtr Adopt(SlotMap map) {
    const std::vector<Endpoint> primaries = map.Primaries();
    auto adopted = std::make_shared<const SlotMap>(std::move(map));
    const MutexLock lock(mu_);
    map_ = adopted;
    doubted_.reset();
    std::erase_if(nodes_, [&](const auto& entry) {
      return std::find(primaries.begin(), primaries.end(), entry.first) == primaries.end();
    });
    return adopted;
  }

  const RedisStoreOptions& options_;
  const Dialing& dialing_;
  Mutex mu_;
  MapPtr map_ ROTA_GUARDED_BY(mu_);
  std::optional<Endpoint> doubted_ ROTA_GUARDED_BY(mu_);
  std::map<Endpoint, NodePtr> nodes_ ROTA_GUARDED_BY(mu_);
};

}  // namespace

std::unique_ptr<Directory> MakeDirectory(const RedisStoreOptions& options, const Dialing& dialing) {
  if (!options.cluster.empty()) return std::make_unique<ClusterNodes>(options, dialing);
  if (!options.sentinels.empty()) return std::make_unique<SentinelPrimary>(options, dialing);
  return std::make_unique<OneServer>(options, dialing);
}

}  // namespace rota::redis
