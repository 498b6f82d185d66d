#include "rota/coordination/redis/directory.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <string_view>
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

// Asks the Sentinels for the primary, and believes the one that knows of the latest fail-over. And asks again now and
// then: after a fail-over by hand the old primary goes on taking commands for ten seconds, all of which are
// lost.
class SentinelPrimary final : public Directory {
 public:
  SentinelPrimary(const RedisStoreOptions& options, const Dialing& dialing)
      : options_(options),
        dialing_(dialing),
        sentinel_dialing_{.connection = {.login = options.sentinel_login, .tls = options.tls},
                          .connect_timeout = options.connect_timeout,
                          .clock = dialing.clock,
                          .resolver = dialing.resolver},
        backoff_(std::random_device()()) {
    for (const RedisAddress& address : options.sentinels) {
      sentinels_.push_back(std::make_unique<Node>(Endpoint{.address = address, .socket = {}}, sentinel_dialing_));
    }
  }

  Result<NodePtr> NodeOf(std::string_view, const Deadline& deadline) override {
    if (NodePtr known = Known(deadline)) return known;
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
    ask_again_at_ = dialing_.clock.SteadyNow() + kAskAgainAfter;
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
  static constexpr Milliseconds kAskAgainAfter{1000};

  // The primary found before; null where there is none, or a Sentinel names another by now. When no Sentinel answers it
  // is as good as ever.
  NodePtr Known(const Deadline& deadline) {
    NodePtr known;
    {
      const MutexLock lock(mu_);
      const SteadyTime now = dialing_.clock.SteadyNow();
      if (primary_ == nullptr || now < ask_again_at_) return primary_;
      ask_again_at_ = now + kAskAgainAfter;  // Other threads need not ask too.
      known = primary_;
    }
    const Survey survey = AskSentinels(deadline);
    if (!survey.newest || survey.newest->endpoint == known->endpoint()) return known;
    Doubt(*known);
    return nullptr;
  }

  Result<NodePtr> Find(const Deadline& deadline) {
    Survey survey = AskSentinels(deadline);
    if (survey.newest) {
      auto node = std::make_shared<Node>(survey.newest->endpoint, dialing_);
      auto connection = node->Borrow(deadline);
      if (!connection) return Fail(connection.error());
      node->Return(*std::move(connection));
      return node;
    }
    if (survey.failure) return Fail(*std::move(survey.failure));
    return Fail(Unavailable("none of {} Sentinels answers ({})", sentinels_.size(), Join(survey.silent, "; ")));
  }

  struct Named {
    Endpoint endpoint;
    std::int64_t config_epoch = 0;  // Of the fail-over that made it the primary: the larger, the later.
  };
  struct Survey {
    std::optional<Named> newest;
    std::optional<Status> failure;    // Of one that knows no such primary.
    std::vector<std::string> silent;  // Why those that did not answer did not.
  };

  // All of them: one that has not heard of the last fail-over names the old primary, which may be up again and take
  // itself for one.
  Survey AskSentinels(const Deadline& deadline) {
    Survey survey;
    for (std::size_t i = 0; i < sentinels_.size(); ++i) {
      const auto named = AskSentinel(i, deadline);
      if (!named) {
        constexpr std::string_view kKind = "redis ";
        std::string_view message = named.error().message();
        if (message.starts_with(kKind)) message.remove_prefix(kKind.size());
        survey.silent.emplace_back(message);
      } else if (!*named) {
        survey.failure = Unavailable("the Sentinel {} knows no primary of this name", sentinels_[i]->endpoint().name());
      } else if (!survey.newest || (*named)->config_epoch > survey.newest->config_epoch) {
        survey.newest = **named;
      }
    }
    return survey;
  }

  // Nothing: it knows no primary of the name.
  Result<std::optional<Named>> AskSentinel(std::size_t i, const Deadline& deadline) {
    // One that swallows everything leaves time for those behind it, and for the primary.
    const Deadline share = deadline.Within(deadline.Left() / static_cast<std::int64_t>(sentinels_.size() - i + 1));
    auto connection = sentinels_[i]->Borrow(share);
    if (!connection) return Fail(connection.error());
    // The epoch before the address: should a fail-over come in between, the new address only counts for too little.
    const auto epochs = connection->Ask({"SENTINEL", "MASTERS"}, share);
    if (!epochs) return Fail(epochs.error());
    const auto reply = connection->Ask({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", options_.sentinel_primary}, share);
    if (!reply) return Fail(reply.error());
    sentinels_[i]->Return(*std::move(connection));
    if (reply->items.size() < 2) return std::nullopt;
    std::optional<Endpoint> endpoint = ParseAddress(reply->items[0].text + ':' + reply->items[1].text, {});
    if (!endpoint) return Fail(Unavailable("redis {}: this is no Sentinel", sentinels_[i]->endpoint().name()));
    return Named{*std::move(endpoint), ConfigEpoch(*epochs)};
  }

  std::int64_t ConfigEpoch(const Reply& primaries) const {
    std::int64_t epoch = 0;
    for (const Reply& primary : primaries.items) {
      std::map<std::string_view, std::string_view> facts;
      for (std::size_t n = 0; n + 1 < primary.items.size(); n += 2) {
        facts[primary.items[n].text] = primary.items[n + 1].text;
      }
      const std::string_view text = facts["config-epoch"];
      if (facts["name"] == options_.sentinel_primary) std::from_chars(text.data(), text.data() + text.size(), epoch);
    }
    return epoch;
  }

  const RedisStoreOptions& options_;
  const Dialing& dialing_;
  const Dialing sentinel_dialing_;
  std::vector<std::unique_ptr<Node>> sentinels_;  // Constant after construction.
  Backoff backoff_;
  Mutex mu_;
  NodePtr primary_ ROTA_GUARDED_BY(mu_);  // Null: to be found.
  SteadyTime ask_again_at_ ROTA_GUARDED_BY(mu_);
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
    if (const auto it = std::find(knowing.begin(), knowing.end(), doubted); it != knowing.end()) {
      std::rotate(it, it + 1, knowing.end());
    }
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
