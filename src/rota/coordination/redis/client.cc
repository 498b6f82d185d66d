#include "rota/coordination/redis/client.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "rota/base/text.h"
#include "rota/coordination/redis/deadline.h"
#include "rota/coordination/redis/directory.h"
#include "rota/coordination/redis/error_reply.h"
#include "rota/coordination/redis/node.h"
#include "rota/coordination/redis/topology.h"

namespace rota::redis {
namespace {

// A command on its way. It may go more than once: what is sent again has had no effect.
struct Errand {
  std::size_t index;              // Among the commands of the call.
  std::shared_ptr<Node> to = {};  // Null: whoever serves the key.
  bool asking = false;            // The slot is on its way to that node (ASK).
  bool whole_script = false;      // The node does not know the script by its name.
  bool another_try = true;        // May look for another node where this one takes no connection.
};

// The errands of one node.
struct Trip {
  std::shared_ptr<Node> node;
  std::vector<Errand> errands;
  std::optional<Connection> connection;
};

Trip& TripTo(std::vector<Trip>& trips, const std::shared_ptr<Node>& node) {
  const auto it = std::find_if(trips.begin(), trips.end(), [&](const Trip& trip) { return trip.node == node; });
  if (it != trips.end()) return *it;
  return trips.emplace_back(Trip{.node = node, .errands = {}, .connection = {}});
}

// As EVALSHA, but in full (which also makes the server remember it) where this connection has not sent it yet: so no
// script meets a server that does not know it, and overtakes none that has to be sent again.
void AppendScript(std::string& bytes, const Command& command, const Errand& errand, std::set<std::string>& sent) {
  const Script& script = *command.script;
  const bool first = sent.insert(script.sha1()).second;
  std::vector<std::string> words = {"EVALSHA", script.sha1()};
  if (first || errand.whole_script) words = {"EVAL", script.text()};
  words.insert(words.end(), command.words.begin(), command.words.end());
  AppendCommand(bytes, words);
}

// Brings commands to their nodes, and their answers back.
class Call {
 public:
  Call(Directory& directory, std::span<const Command> commands, std::vector<Errand> errands,
       const RedisStoreOptions& options)
      : directory_(directory),
        commands_(commands),
        options_(options),
        deadline_(options.connect_timeout + options.command_timeout),
        results_(commands.size(), Fail(Unavailable("redis: sent from node to node too often"))),
        pending_(std::move(errands)) {}

  std::vector<Result<Reply>> Run() {
    constexpr int kRounds = 8;  // More only where a cluster's nodes contradict each other.
    for (int round = 0; round < kRounds && !pending_.empty(); ++round) {
      std::vector<Trip> trips = Plan(std::exchange(pending_, {}));
      SendAll(trips);
      ReceiveAll(trips);
      std::sort(pending_.begin(), pending_.end(), [](const Errand& a, const Errand& b) { return a.index < b.index; });
    }
    return std::move(results_);
  }

 private:
  std::vector<Trip> Plan(std::vector<Errand> errands) {
    std::vector<Trip> trips;
    for (Errand& errand : errands) {
      if (errand.to == nullptr) {
        auto node = directory_.NodeOf(commands_[errand.index].key, deadline_);
        if (!node) {
          results_[errand.index] = Fail(node.error());
          continue;
        }
        errand.to = *std::move(node);
      }
      TripTo(trips, errand.to).errands.push_back(errand);
    }
    return trips;
  }

  // A node that takes no connection leaves time for the others.
  void SendAll(std::vector<Trip>& trips) {
    const Deadline connecting = deadline_.Within(options_.connect_timeout);
    for (std::size_t i = 0; i < trips.size(); ++i) {
      Send(trips[i], connecting.Within(connecting.Left() / static_cast<std::int64_t>(trips.size() - i)));
    }
  }

  void Send(Trip& trip, const Deadline& connecting) {
    auto connection = trip.node->Borrow(connecting);
    if (!connection) return CannotConnect(trip, connection.error());
    std::string bytes;
    for (const Errand& errand : trip.errands) {
      const Command& command = commands_[errand.index];
      if (errand.asking) AppendCommand(bytes, {"ASKING"});
      if (command.script != nullptr) {
        AppendScript(bytes, command, errand, connection->scripts());
      } else {
        AppendCommand(bytes, command.words);
      }
    }
    if (Status sent = connection->Send(bytes, deadline_.Within(options_.command_timeout)); !sent.ok()) {
      return Broke(trip, trip.errands.begin(), sent);
    }
    trip.connection = *std::move(connection);
  }

  // Nothing was sent. Another server may serve by now.
  void CannotConnect(Trip& trip, const Status& failure) {
    directory_.Doubt(*trip.node);
    for (Errand& errand : trip.errands) {
      results_[errand.index] = Fail(failure);
      if (errand.another_try) pending_.push_back({.index = errand.index, .another_try = false});
    }
  }

  // What the errands from `first` on have done nobody knows.
  void Broke(Trip& trip, std::vector<Errand>::iterator first, const Status& failure) {
    trip.node->DropConnections();
    directory_.Doubt(*trip.node);
    for (auto it = first; it != trip.errands.end(); ++it) results_[it->index] = Fail(failure);
  }

  // From those first that have answered: the others may never do.
  void ReceiveAll(std::vector<Trip>& trips) {
    const Deadline deadline = deadline_.Within(options_.command_timeout);
    std::vector<Trip*> waiting;
    for (Trip& trip : trips) {
      if (trip.connection) waiting.push_back(&trip);
    }
    while (!waiting.empty()) {
      std::vector<const Connection*> connections;
      for (const Trip* trip : waiting) connections.push_back(&*trip->connection);
      Connection::AwaitAny(connections, deadline);
      auto next = std::find_if(waiting.begin(), waiting.end(), [](Trip* trip) { return !trip->connection->IsQuiet(); });
      if (next == waiting.end()) next = waiting.begin();  // The time is over for all.
      Receive(**next, deadline);
      waiting.erase(next);
    }
  }

  void Receive(Trip& trip, const Deadline& deadline) {
    for (auto it = trip.errands.begin(); it != trip.errands.end(); ++it) {
      if (it->asking) {
        if (const auto allowed = trip.connection->Receive(deadline); !allowed) {
          return Broke(trip, it, allowed.error());
        }
      }
      auto reply = trip.connection->Receive(deadline);
      if (!reply) return Broke(trip, it, reply.error());
      Settle(trip, *it, *std::move(reply));
    }
    trip.node->Return(*std::move(trip.connection));
  }

  void Settle(Trip& trip, const Errand& errand, Reply reply) {
    if (reply.kind != Reply::Kind::kError) {
      results_[errand.index] = std::move(reply);
      return;
    }
    const std::string_view word = ErrorWord(reply.text);
    if (word == "NOSCRIPT" && commands_[errand.index].script != nullptr && !errand.whole_script) {
      Errand again = errand;
      again.to = trip.node;
      again.whole_script = true;
      pending_.push_back(std::move(again));
      return;
    }
    if (const auto redirection = ParseRedirection(reply.text, trip.node->endpoint().address)) {
      return Follow(trip, errand, *redirection);
    }
    if (IsPassing(reply.text)) {
      // What these say of the server may be true of this one only.
      for (const std::string_view elsewhere : {"READONLY", "MASTERDOWN", "CLUSTERDOWN", "LOADING", "UNBLOCKED"}) {
        if (word == elsewhere) directory_.Doubt(*trip.node);
      }
      results_[errand.index] = Fail(Unavailable("{}: {}", trip.connection->name(), Printable(Explain(reply.text))));
      return;
    }
    results_[errand.index] = std::move(reply);
  }

  void Follow(const Trip& trip, const Errand& errand, const Redirection& redirection) {
    auto node = directory_.NodeAt(redirection.to);
    if (node == nullptr) {
      results_[errand.index] = Fail(Unavailable("{}: this is a node of a cluster, but the options name a single server",
                                                trip.connection->name()));
      return;
    }
    const bool asking = redirection.kind == Redirection::Kind::kAsk;
    if (!asking) directory_.Doubt(*trip.node);
    pending_.push_back(
        {.index = errand.index, .to = std::move(node), .asking = asking, .another_try = errand.another_try});
  }

  Directory& directory_;
  std::span<const Command> commands_;
  const RedisStoreOptions& options_;
  const Deadline deadline_;
  std::vector<Result<Reply>> results_;
  std::vector<Errand> pending_;
};

ConnectionOptions ConnectionOptionsOf(const RedisStoreOptions& options) {
  const bool sentinel = options.cluster.empty() && !options.sentinels.empty();
  return {.login = options.login,
          .db = options.cluster.empty() ? options.db : 0,
          .tls = options.tls,
          .role = sentinel ? ConnectionOptions::Role::kPrimary : ConnectionOptions::Role::kAny};
}

}  // namespace

struct Client::State {
  explicit State(const RedisStoreOptions& given, const Clock* clock)
      : options(given),
        dialing{.connection = ConnectionOptionsOf(given),
                .connect_timeout = given.connect_timeout,
                .clock = clock == nullptr ? machine_clock : *clock,
                .resolver = resolver},
        directory(MakeDirectory(options, dialing)) {}

  const RedisStoreOptions options;
  const SystemClock machine_clock;
  Resolver resolver;
  const Dialing dialing;
  const std::unique_ptr<Directory> directory;
};

Client::Client(const RedisStoreOptions& options) : state_(std::make_unique<State>(options, nullptr)) {}

Client::Client(const RedisStoreOptions& options, const Clock& clock)
    : state_(std::make_unique<State>(options, &clock)) {}

Client::~Client() = default;

std::vector<Result<Reply>> Client::Execute(std::span<const Command> commands) {
  std::vector<Errand> errands;
  for (std::size_t i = 0; i < commands.size(); ++i) errands.push_back({.index = i});
  return Call(*state_->directory, commands, std::move(errands), state_->options).Run();
}

std::vector<std::string> Client::NodesOf(std::span<const std::string> keys) {
  const Deadline deadline(state_->options.connect_timeout + state_->options.command_timeout);
  std::vector<std::string> names;
  for (const std::string& key : keys) {
    const auto node = state_->directory->NodeOf(key, deadline);
    names.push_back(node ? (*node)->endpoint().name() : "");
  }
  return names;
}

std::vector<Client::NodeReply> Client::ExecuteOnPrimaries(const std::vector<std::string>& words) {
  const RedisStoreOptions& options = state_->options;
  const auto nodes = state_->directory->Primaries(Deadline(options.connect_timeout + options.command_timeout));
  if (!nodes) return {{.node = name(), .reply = Fail(nodes.error())}};
  const std::vector<Command> commands(nodes->size(), Command{.key = {}, .words = words});
  std::vector<Errand> errands;
  for (std::size_t i = 0; i < nodes->size(); ++i)
    errands.push_back({.index = i, .to = (*nodes)[i], .another_try = false});
  std::vector<Result<Reply>> answers = Call(*state_->directory, commands, std::move(errands), options).Run();
  std::vector<NodeReply> replies;
  for (std::size_t i = 0; i < nodes->size(); ++i) {
    replies.push_back({.node = (*nodes)[i]->endpoint().name(), .reply = std::move(answers[i])});
  }
  return replies;
}

std::string Client::name() const {
  const RedisStoreOptions& options = state_->options;
  if (!options.cluster.empty()) return "cluster at " + Endpoint{.address = options.cluster[0], .socket = {}}.name();
  if (!options.sentinels.empty()) return "sentinel " + Printable(options.sentinel_primary);
  return Format("{}/{}", Endpoint{.address = options.server, .socket = options.socket}.name(), options.db);
}

}  // namespace rota::redis
