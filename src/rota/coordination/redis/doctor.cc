#include "rota/coordination/redis/doctor.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <chrono>
#include <set>
#include <tuple>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/coordination/redis/error_reply.h"
#include "rota/coordination/redis/history.h"
#include "rota/coordination/redis/shards.h"
#include "rota/time/format.h"

namespace rota::redis {
namespace {

using std::chrono::seconds;

constexpr Milliseconds kSlow(50);
constexpr Milliseconds kClockOff = seconds(1);
constexpr std::size_t kPings = 5;
constexpr double kNearlyFull = 0.9;
constexpr std::int64_t kRoomForACall = 256 << 10;  // Its script, its batch, its answer.
constexpr Milliseconds kRecently = std::chrono::hours(24);
constexpr int kUnknownRead = 1'000;

std::string_view Find(const Facts& facts, std::string_view name) {
  const auto found = facts.find(name);
  return found == facts.end() ? std::string_view() : std::string_view(found->second);
}

std::int64_t FindNumber(const Facts& facts, std::string_view name) {
  const std::string_view text = Find(facts, name);
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

// Collects what is found about one node.
class Findings {
 public:
  explicit Findings(std::string node) : node_(std::move(node)) {}
  void Add(std::string_view code, Severity severity, std::string_view message, std::string_view advice = "") {
    all_.push_back({std::string(code), severity, Format("redis {}: {}", node_, message), std::string(advice), node_});
  }
  std::vector<Finding> Take() { return std::move(all_); }

 private:
  std::string node_;
  std::vector<Finding> all_;
};

void DiagnoseVersion(const PrimaryFacts& node, Findings& findings) {
  const std::string_view version = Find(node.info, "redis_version");
  if (FindNumber(node.info, "redis_version") >= 6) return;
  findings.Add("version", Severity::kError, Format("its version is {}", version), "upgrade it to 6.0 or later");
}

void DiagnoseEviction(const PrimaryFacts& node, Findings& findings) {
  const std::string_view policy = Find(node.info, "maxmemory_policy");
  constexpr std::string_view kAdvice = "CONFIG SET maxmemory-policy noeviction, and the same in its configuration file";
  if (policy.starts_with("allkeys-")) {
    findings.Add("eviction-policy", Severity::kError,
                 Format("maxmemory-policy is {}: when its memory is full, it forgets decisions", policy), kAdvice);
  } else if (policy.starts_with("volatile-")) {
    findings.Add(
        "eviction-policy", Severity::kWarning,
        Format("maxmemory-policy is {}: it spares Rota's keys, which do not expire, but not those of others", policy),
        kAdvice);
  }
}

bool IsReplica(const PrimaryFacts& node) { return Find(node.info, "role") == "slave"; }

void DiagnoseRole(const PrimaryFacts& node, Findings& findings) {
  if (!IsReplica(node)) return;
  const bool read_only = Find(node.info, "slave_read_only") != "0";
  findings.Add("replica", Severity::kError,
               read_only ? kReadOnly.reason : "it is a replica that takes claims: its primary never hears of them",
               Format("name its primary ({}:{}), or the Sentinels that know it (redis.sentinels)",
                      Find(node.info, "master_host"), Find(node.info, "master_port")));
}

void DiagnoseMemory(const PrimaryFacts& node, Findings& findings) {
  const std::int64_t limit = FindNumber(node.info, "maxmemory");
  const std::int64_t used = FindNumber(node.info, "used_memory") - FindNumber(node.info, "mem_not_counted_for_evict");
  if (IsReplica(node)) return;  // It has no limit of its own.
  if (limit > 0 && used > limit - kRoomForACall && Find(node.info, "maxmemory_policy") == "noeviction") {
    findings.Add("memory", Severity::kError, kMemoryFull.reason,
                 Format("raise maxmemory from {} MiB, or lower history.max_records", limit >> 20));
    return;
  }
  if (limit == 0 || static_cast<double>(used) < kNearlyFull * static_cast<double>(limit)) return;
  findings.Add(
      "memory", Severity::kWarning,
      Format("{} of {} MiB of its memory are used: when it is full, it refuses claims", used >> 20, limit >> 20),
      "raise maxmemory, or lower history.max_records");
}

void DiagnosePersistence(const PrimaryFacts& node, Findings& findings) {
  if (Find(node.info, "rdb_last_bgsave_status") == "err" || Find(node.info, "aof_last_write_status") == "err") {
    findings.Add("persistence", Severity::kError, kCannotSave.reason, kCannotSave.advice);
  }
  if (!node.config) {
    findings.Add("config", Severity::kNote, "its configuration cannot be read: how it keeps its data is not examined",
                 "allow its user CONFIG GET (ACL SETUSER … +config|get)");
    return;
  }
  const std::string_view fsync = Find(*node.config, "appendfsync");
  if (Find(node.info, "aof_enabled") == "1") {
    if (fsync == "everysec") {
      findings.Add("persistence", Severity::kNote,
                   "appendfsync is everysec: a crash of its machine loses the last second, and every restart makes "
                   "claims pause");
    } else if (fsync != "always") {
      findings.Add("persistence", Severity::kWarning,
                   Format("appendfsync is {}: a crash of its machine loses what the kernel had not written", fsync),
                   "CONFIG SET appendfsync everysec");
    }
  } else if (!Find(*node.config, "save").empty()) {
    findings.Add("persistence", Severity::kWarning, "it keeps snapshots only: a crash loses all since the last one",
                 "CONFIG SET appendonly yes");
  } else {
    findings.Add("persistence", Severity::kWarning, "it keeps nothing on disk: a restart loses all decisions",
                 "CONFIG SET appendonly yes");
  }
}

void DiagnoseReplicas(const PrimaryFacts& node, int wanted, Findings& findings) {
  const std::int64_t replicas = FindNumber(node.info, "connected_slaves");
  if (replicas < wanted) {
    findings.Add("replicas", Severity::kError,
                 Format("it has {} of the {} replicas that each claim waits for", replicas, wanted),
                 "connect more replicas, or lower redis.wait_replicas");
  } else if (replicas == 0) {
    findings.Add("replicas", Severity::kNote, "it has no replica: while it is down, nothing is claimed");
  }
}

void DiagnoseCluster(const PrimaryFacts& node, const RedisStoreOptions& options, Findings& findings) {
  if (Find(node.info, "cluster_enabled") != "1") return;
  if (options.cluster.empty()) {
    findings.Add("cluster", Severity::kError, "it is one of a cluster, and may keep some of the shards only",
                 "name the cluster's nodes: redis.cluster");
  } else if (const std::string_view state = Find(node.cluster, "cluster_state"); state != "ok") {
    findings.Add("cluster", Severity::kError, Format("the state of its cluster is {}", state),
                 "redis-cli --cluster check");
  }
}

// What is told already is not told again.
void AddFailure(const Status& failure, std::string subject, std::vector<Finding>& findings) {
  const auto told = [&](const Finding& finding) { return failure.message().starts_with(finding.message); };
  if (std::ranges::any_of(findings, told)) return;
  findings.push_back({"unusable", Severity::kError, failure.message(), "", std::move(subject)});
}

// Of those that answer, and findings for those that refuse to; an error when none answers.
Result<std::vector<PrimaryFacts>> ReadNodes(Client& client, std::vector<Finding>& findings) {
  std::vector<PrimaryFacts> nodes;
  Status failure;
  for (const Client::NodeReply& answer : client.ExecuteOnPrimaries({"INFO"})) {
    if (Status status = CheckReply(client, answer.reply); status.ok()) {
      nodes.push_back({answer.node, ReadFacts(answer.reply->text), {}, {}});
    } else if (answer.reply) {
      AddFailure(status, answer.node, findings);
    } else {
      failure = std::move(status);
    }
  }
  if (nodes.empty() && findings.empty()) return Fail(std::move(failure));
  const auto ask_each = [&](const std::vector<std::string>& words, auto take) {
    for (const Client::NodeReply& answer : client.ExecuteOnPrimaries(words)) {
      const auto node = std::ranges::find(nodes, answer.node, &PrimaryFacts::name);
      if (node != nodes.end() && CheckReply(client, answer.reply).ok()) take(*node, *answer.reply);
    }
  };
  for (const char* name : {"appendfsync", "save"}) {
    ask_each({"CONFIG", "GET", name}, [](PrimaryFacts& node, const Reply& reply) {
      if (!node.config) node.config.emplace();
      if (reply.items.size() == 2) node.config->emplace(reply.items[0].text, reply.items[1].text);
    });
  }
  if (std::ranges::any_of(nodes, [](const PrimaryFacts& node) { return Find(node.info, "cluster_enabled") == "1"; })) {
    ask_each({"CLUSTER", "INFO"}, [](PrimaryFacts& node, const Reply& reply) { node.cluster = ReadFacts(reply.text); });
  }
  return nodes;
}

struct ShardProbes {
  std::vector<Status> reads;
  std::vector<Status> writes;
};

// Reads something of every key: of a shard whose node is gone, or whose keys hold something else, no call tells when
// other shards answer it. And writes what has no effect where there is no such key.
ShardProbes ProbeShards(const RedisStoreOptions& options, const Keys& keys, Client& client) {
  constexpr std::array<const char*, 7> kCounts = {"HLEN", "HLEN", "HLEN", "HLEN", "ZCARD", "HLEN", "SCARD"};
  constexpr std::size_t kProbes = kCounts.size() + 1;
  std::vector<Command> commands;
  for (int shard = 0; shard < options.shards; ++shard) {
    const std::vector<std::string> names = keys.OfShard(shard);
    for (std::size_t i = 0; i < names.size(); ++i) commands.push_back({names[i], {kCounts.at(i), names[i]}, nullptr});
    commands.push_back({keys.Probe(shard), {"LPUSHX", keys.Probe(shard), ""}, nullptr});
  }
  const std::vector<Result<Reply>> replies = client.Execute(commands);
  const auto count = static_cast<std::size_t>(options.shards);
  ShardProbes probes{std::vector<Status>(count), std::vector<Status>(count)};
  for (std::size_t i = 0; i < replies.size(); ++i) {
    const bool wrote = i % kProbes == kCounts.size();
    Status& probe = (wrote ? probes.writes : probes.reads)[i / kProbes];
    if (probe.ok()) probe = CheckReply(client, replies[i]);
  }
  return probes;
}

// Of shards that can be read.
void AddRefusedWrites(const ShardProbes& probes, const Keys& keys, Client& client, std::vector<Finding>& findings) {
  for (std::size_t shard = 0; shard < probes.writes.size(); ++shard) {
    if (!probes.reads[shard].ok() || probes.writes[shard].ok()) continue;
    const std::string key = keys.Probe(static_cast<int>(shard));
    AddFailure(probes.writes[shard], client.NodesOf({&key, 1}).front(), findings);
  }
}

// Of the node that the fleet's keys are on.
std::optional<Milliseconds> MeasureLatency(const Keys& keys, Client& client, const Clock& clock) {
  std::array<SteadyTime::duration, kPings> took{};
  const Command ping{keys.Epochs(), {"PING"}, nullptr};
  for (SteadyTime::duration& one : took) {
    const SteadyTime before = clock.SteadyNow();
    if (!client.Execute({&ping, 1}).front()) return std::nullopt;
    one = clock.SteadyNow() - before;
  }
  std::ranges::sort(took);
  return std::chrono::ceil<Milliseconds>(took[kPings / 2]);
}

Result<std::vector<Finding>> ReadEpochs(const RedisStoreOptions& options, const Keys& keys, Client& client,
                                        WallTime now) {
  const std::string key = keys.Epochs();
  const Command command{key, {"LRANGE", key, "0", "-1"}, nullptr};
  const Result<Reply> reply = client.Execute({&command, 1}).front();
  if (Status status = CheckReply(client, reply); !status.ok()) return Fail(std::move(status));
  std::vector<EpochChange> changes;
  for (const Reply& item : reply->items) {
    Result<EpochChange> change = DecodeEpochChange(item.text);
    if (!change) return Fail(change.error().WithContext(Format("redis {}", client.name())));
    if (change->at > now - kRecently) changes.push_back(*std::move(change));
  }
  if (changes.empty()) return std::vector<Finding>();
  HistoryQuery query;
  query.outcome = Outcome::kUnknown;
  query.from = now - 2 * kRecently;
  query.limit = kUnknownRead;
  const Result<std::vector<OccurrenceRecord>> unknown = ReadHistory(client, keys, options.shards, query);
  if (!unknown) return Fail(unknown.error());
  return DiagnoseEpochs(changes, options.shards, *unknown);
}

// Whether both tell of one loss, met by calls that asked different shards.
bool OfOneLoss(const EpochChange& a, const EpochChange& b) {
  const auto in_a = [&a](int shard) { return std::ranges::find(a.shards, shard) != a.shards.end(); };
  return a.reason == b.reason && a.former == b.former && a.process == b.process && std::ranges::none_of(b.shards, in_a);
}

// In their order; each is where and when the newest change of it was.
std::vector<EpochChange> Losses(const std::vector<EpochChange>& changes) {
  std::vector<EpochChange> losses;
  for (const EpochChange& change : changes) {
    const auto known = std::ranges::find_if(losses, [&](const EpochChange& loss) { return OfOneLoss(loss, change); });
    if (known == losses.end()) {
      losses.push_back(change);
      continue;
    }
    known->gap = std::max(known->gap, change.gap);
    known->shards.insert(known->shards.end(), change.shards.begin(), change.shards.end());
  }
  return losses;
}

}  // namespace

Facts ReadFacts(std::string_view text) {
  Facts facts;
  for (std::string_view line : Split(text, '\n')) {
    line = Trim(line);
    const std::size_t colon = line.find(':');
    if (colon != std::string_view::npos) facts.emplace(line.substr(0, colon), line.substr(colon + 1));
  }
  return facts;
}

std::vector<Finding> DiagnoseNode(const PrimaryFacts& node, const RedisStoreOptions& options) {
  Findings findings(node.name);
  DiagnoseVersion(node, findings);
  DiagnoseRole(node, findings);
  DiagnoseCluster(node, options, findings);
  DiagnoseEviction(node, findings);
  DiagnoseMemory(node, findings);
  DiagnosePersistence(node, findings);
  DiagnoseReplicas(node, options.wait_replicas, findings);
  return findings.Take();
}

std::vector<Finding> DiagnoseClocks(const std::vector<ServerInfo>& servers, WallTime now, Milliseconds max_skew) {
  std::vector<Finding> findings;
  for (const ServerInfo& server : servers) {
    if (server.alive_until <= now || !server.clock_offset || std::chrono::abs(*server.clock_offset) <= kClockOff) {
      continue;
    }
    const bool ahead = *server.clock_offset > Milliseconds(0);
    std::string message = Format("server {}: its clock is {} {} that of Redis", server.id,
                                 FormatDuration(std::chrono::abs(*server.clock_offset)), ahead ? "ahead of" : "behind");
    if (*server.clock_offset > max_skew) {
      message += Format(": more than {}, so its claims come early and are asked again", FormatDuration(max_skew));
    }
    findings.push_back({"clock-offset", Severity::kWarning, std::move(message),
                        "let one source keep the clocks of that server and of Redis (chrony, systemd-timesyncd)",
                        server.id});
  }
  return findings;
}

std::vector<Finding> DiagnoseLatency(Milliseconds median) {
  if (median <= kSlow) return {};
  return {{"latency", Severity::kWarning,
           Format("Redis answers within {}: every claim takes as long", FormatDuration(median)),
           "look for slow commands (SLOWLOG GET), a busy machine, or a long way to it"}};
}

std::vector<Finding> DiagnoseShards(const std::vector<Status>& shards) {
  std::vector<Finding> findings;
  const auto add = [&](StatusCode code, const Finding& finding) {
    const auto first = std::ranges::find(shards, code, &Status::code);
    if (first == shards.end()) return;
    const auto count = std::ranges::count(shards, code, &Status::code);
    findings.push_back(finding);
    findings.back().message = Format("{} of {} shards {}, and their tasks wait: shard {}: {}", count, shards.size(),
                                     finding.message, first - shards.begin(), first->message());
  };
  add(StatusCode::kDataLoss, {"shards-broken", Severity::kError, "cannot be used",
                              "their keys hold something else: see what wrote it, and delete or restore them"});
  const bool all = std::ranges::count(shards, StatusCode::kUnavailable, &Status::code) == std::ssize(shards);
  add(StatusCode::kUnavailable,
      {"shards-silent", all ? Severity::kError : Severity::kWarning, "cannot be asked", "see the node that has them"});
  return findings;
}

std::vector<Finding> DiagnoseEpochs(const std::vector<EpochChange>& changes, int shards,
                                    const std::vector<OccurrenceRecord>& unknown) {
  if (changes.empty()) return {};
  const std::vector<EpochChange> losses = Losses(changes);
  const EpochChange& last = losses.front();
  std::string message =
      Format("the store may have lost what it acknowledged {}, last at {}: {} ({} of {} shards",
             losses.size() == 1 ? std::string("once in a day") : Format("{} times in a day", losses.size()),
             FormatInstant(last.at), last.reason, last.shards.size(), shards);
  if (last.gap) message += Format(", {} lost", FormatDuration(*last.gap));
  message += ")";
  std::set<std::string> tasks;
  for (const OccurrenceRecord& record : unknown) tasks.insert(record.task);
  const std::string advice = "pauses that were set before may be gone: schedule:list shows those in force";
  if (unknown.empty()) return {{"state-lost", Severity::kWarning, message + "; no outcome is unknown", advice}};
  const std::vector<std::string> names(tasks.begin(), tasks.end());
  constexpr std::size_t kNamed = 5;
  std::string list =
      Join({names.begin(), names.begin() + static_cast<std::ptrdiff_t>(std::min(kNamed, names.size()))}, ", ");
  if (names.size() > kNamed) list += Format(" and {} more", names.size() - kNamed);
  return {{"state-lost", Severity::kWarning, Format("{}; unknown outcomes: {} of {}", message, unknown.size(), list),
           "schedule:history --outcome unknown lists them: see whether they ran, and run what did not; " + advice}};
}

Result<std::vector<Finding>> Examine(const RedisStoreOptions& options, const Keys& keys, Client& client,
                                     FleetRows& fleet, const Clock& clock) {
  std::vector<Finding> findings;
  const Result<std::vector<PrimaryFacts>> nodes = ReadNodes(client, findings);
  if (!nodes) return Fail(nodes.error());
  const auto add = [&findings](std::vector<Finding> some) { std::ranges::move(some, std::back_inserter(findings)); };
  for (const PrimaryFacts& node : *nodes) add(DiagnoseNode(node, options));
  const ShardProbes probes = ProbeShards(options, keys, client);
  std::vector<Finding> shards = DiagnoseShards(probes.reads);
  const bool is_whole = shards.empty();
  add(std::move(shards));
  AddRefusedWrites(probes, keys, client, findings);
  if (const Result<FleetRows::Seen> seen = fleet.Read(); seen) {
    add(fleet.FindTaken(seen->servers));
    add(DiagnoseClocks(seen->servers, seen->now, options.max_skew));
    Result<std::vector<Finding>> epochs = ReadEpochs(options, keys, client, seen->now);
    if (epochs) {
      add(*std::move(epochs));
    } else if (is_whole) {
      AddFailure(epochs.error(), "", findings);
    }
  } else if (seen.error().code() == StatusCode::kInvalidArgument) {
    findings.push_back({"shards", Severity::kError, seen.error().message(), "give all servers of a fleet one number"});
  } else if (is_whole) {
    AddFailure(seen.error(), "", findings);
  }
  if (const std::optional<Milliseconds> latency = MeasureLatency(keys, client, clock)) add(DiagnoseLatency(*latency));
  std::ranges::sort(findings, [](const Finding& a, const Finding& b) {
    return std::tie(b.severity, a.code, a.message) < std::tie(a.severity, b.code, b.message);
  });
  return findings;
}

}  // namespace rota::redis
