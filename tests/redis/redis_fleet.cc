#include "redis_fleet.h"

#include <sstream>
#include <stdexcept>

#include "rota/base/format.h"

namespace rota::redis_test {
namespace {

constexpr int kSlots = 16384;

void Await(const std::string& what, const std::function<bool()>& fact) {
  if (!Eventually(fact)) throw std::runtime_error("not within the patience: " + what);
}

// The value of a field in a reply of names and values, one a line.
std::string Field(const std::string& lines, const std::string& name) {
  std::istringstream in(lines);
  std::string field;
  std::string value;
  while (std::getline(in, field) && std::getline(in, value)) {
    if (field == name) return value;
  }
  return "";
}

int Count(const std::string& text, const std::string& part) {
  int count = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++count;
  return count;
}

bool Contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

Sentinels::Sentinels(const RedisServer& primary, int replicas, const SentinelsOptions& options) : name_(options.name) {
  const std::string monitor = Format("{} 127.0.0.1 {} {}", name_, primary.port(), options.count / 2 + 1);
  std::string configuration = Format("sentinel monitor {}\n", monitor);
  configuration += Format("sentinel down-after-milliseconds {} 500\n", name_);
  configuration += Format("sentinel failover-timeout {} 3000\n", name_);
  if (!options.primary_password.empty()) {
    configuration += Format("sentinel auth-pass {} {}\n", name_, options.primary_password);
  }
  Await("replicas that follow",
        [&] { return Count(primary.Send({"INFO", "replication"}), "state=online") == replicas; });
  std::vector<std::string> arguments = options.arguments;
  arguments.push_back("--sentinel");
  for (int i = 0; i < options.count; ++i) {
    sentinels_.push_back(std::make_unique<RedisServer>(
        RedisServerOptions{.arguments = arguments, .login = options.login, .configuration = configuration}));
  }
  for (const auto& sentinel : sentinels_) {
    Await("Sentinels that know each other", [&] {
      const std::string facts = sentinel->Send({"SENTINEL", "MASTER", name_});
      return Field(facts, "num-other-sentinels") == std::to_string(options.count - 1) &&
             Field(facts, "num-slaves") == std::to_string(replicas) && Field(facts, "flags") == "master";
    });
  }
}

int Sentinels::PrimaryPort(std::size_t i) const {
  const std::string lines = sentinels_[i]->Send({"SENTINEL", "GET-MASTER-ADDR-BY-NAME", name_});
  return std::stoi(lines.substr(lines.find('\n') + 1));
}

Cluster::Cluster(int primaries, const std::vector<std::string>& arguments) {
  for (int i = 0; i < primaries; ++i) {
    std::vector<std::string> words = {
        "--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-port", std::to_string(FreePort())};
    words.insert(words.end(), arguments.begin(), arguments.end());
    servers_.push_back(std::make_unique<RedisServer>(RedisServerOptions{.arguments = words}));
    const int begin = kSlots * i / primaries;
    const int end = kSlots * (i + 1) / primaries;
    owners_.insert(owners_.end(), static_cast<std::size_t>(end - begin), static_cast<std::size_t>(i));
    at(static_cast<std::size_t>(i)).Send({"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)});
    at(static_cast<std::size_t>(i)).Send({"CLUSTER", "ADDSLOTSRANGE", std::to_string(begin), std::to_string(end - 1)});
    if (i > 0) at(0).Send({"CLUSTER", "MEET", "127.0.0.1", std::to_string(servers_.back()->port()), words[5]});
  }
  for (const auto& server : servers_) {
    Await("a cluster that is whole", [&] {
      const std::string facts = server->Send({"CLUSTER", "INFO"});
      return Contains(facts, "cluster_state:ok") && Contains(facts, Format("cluster_known_nodes:{}", primaries)) &&
             Contains(facts, Format("cluster_size:{}", primaries));
    });
  }
}

void Cluster::BeginMigration(int slot, std::size_t to) {
  const std::size_t from = OwnerOf(slot);
  at(to).Send({"CLUSTER", "SETSLOT", std::to_string(slot), "IMPORTING", Id(from)});
  at(from).Send({"CLUSTER", "SETSLOT", std::to_string(slot), "MIGRATING", Id(to)});
}

void Cluster::EndMigration(int slot, std::size_t to) {
  const std::size_t from = OwnerOf(slot);
  std::istringstream keys(at(from).Send({"CLUSTER", "GETKEYSINSLOT", std::to_string(slot), "1000"}));
  for (std::string key; std::getline(keys, key);) {
    at(from).Send({"MIGRATE", "127.0.0.1", std::to_string(at(to).port()), key, "0", "5000"});
  }
  const std::string id = Id(to);
  at(to).Send({"CLUSTER", "SETSLOT", std::to_string(slot), "NODE", id});
  for (const auto& server : servers_) server->Send({"CLUSTER", "SETSLOT", std::to_string(slot), "NODE", id});
  owners_[static_cast<std::size_t>(slot)] = to;
}

}  // namespace rota::redis_test
