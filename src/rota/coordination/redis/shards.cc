#include "rota/coordination/redis/shards.h"

#include <algorithm>
#include <map>
#include <random>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/coordination/redis/error_reply.h"
#include "rota/time/format.h"

// Interleavings. Calls of several threads are under way at once, each with the epoch known when it was sent. A late
// answer may thus name an older epoch than is known by now; then the next call is told the newer one again, and the
// caller tells what it remembers once more than needed. Beats only ever grow: that of an answer is taken when it is
// larger, so a call never carries one that its shard has not reached.

namespace rota::redis {
namespace {

// So many calls go to Redis in one pipeline: what they do there must end well within the time-out of a command.
constexpr std::size_t kCallsAtATime = 64;
constexpr std::size_t kEpochChangesKept = 100;

std::uint64_t Seed() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

}  // namespace

Status CheckReply(const Client& client, const Result<Reply>& reply) {
  if (!reply) return reply.error();
  if (reply->kind != Reply::Kind::kError) return Status::Ok();
  const std::string message = Format("redis {}: {}", client.name(), Printable(Explain(reply->text)));
  if (IsDenied(reply->text)) return Unavailable("{}", message);
  return DataLoss("{}", message);
}

Shards::Shards(const RedisStoreOptions& options, const Keys& keys, Client& client, Clock& clock)
    : options_(options),
      keys_(keys),
      client_(client),
      clock_(clock),
      ids_(Seed()),
      known_(static_cast<std::size_t>(options.shards)) {}

std::vector<Result<std::string>> Shards::Ask(std::span<const Call> calls, Mode mode, int replicas) {
  if (const Status status = lost(); mode == Mode::kGuarded && !status.ok()) {
    return std::vector<Result<std::string>>(calls.size(), Fail(status));
  }
  std::vector<Result<std::string>> found = AskAll(calls, mode, nullptr);
  if (replicas > 0) AwaitReplicas(calls, replicas, found);
  return found;
}

std::vector<Result<std::string>> Shards::AskIn(const Epochs& epochs, std::span<const Call> calls) {
  return AskAll(calls, Mode::kGuarded, &epochs);
}

std::vector<Result<std::string>> Shards::AskAll(std::span<const Call> calls, Mode mode, const Epochs* epochs) {
  std::vector<Result<std::string>> found;
  found.reserve(calls.size());
  for (std::size_t begin = 0; begin < calls.size(); begin += kCallsAtATime) {
    AskSome(calls.subspan(begin, std::min(kCallsAtATime, calls.size() - begin)), mode, epochs, found);
  }
  return found;
}

void Shards::AskSome(std::span<const Call> calls, Mode mode, const Epochs* epochs,
                     std::vector<Result<std::string>>& found) {
  std::string offered;
  {
    MutexLock lock(mu_);
    offered = ids_.Next(std::max(WallTime(), clock_.Now()));
  }
  std::vector<Command> commands;
  for (const Call& call : calls) commands.push_back(Prepare(call, epochs, offered));
  const std::vector<Result<Reply>> replies = client_.Execute(commands);
  std::vector<EpochChange> changes;
  {
    MutexLock lock(mu_);
    for (std::size_t i = 0; i < calls.size(); ++i) {
      known_[static_cast<std::size_t>(calls[i].shard)].answers = replies[i].has_value();
    }
  }
  for (std::size_t i = 0; i < calls.size(); ++i) found.push_back(Read(calls[i], replies[i], mode, changes));
  Tell(changes);
}

// WAIT is about what its own connection wrote, and the calls may have had another one: it stands behind a write of its
// own, which replicas have only when they have all that was written before.
void Shards::AwaitReplicas(std::span<const Call> calls, int replicas, std::vector<Result<std::string>>& found) {
  std::vector<std::string> keys;
  for (const Call& call : calls) keys.push_back(keys_.OfShard(call.shard)[0]);
  const std::vector<std::string> nodes = client_.NodesOf(keys);
  const std::string patience = Format("{}", options_.command_timeout.count() / 2);
  std::vector<Command> commands;
  std::map<std::string, std::size_t> places;  // Of the two commands of each node: one wait is enough there.
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (!found[i] || !places.emplace(nodes[i], commands.size()).second) continue;
    commands.push_back({keys[i], {"HINCRBY", keys[i], "beat", "0"}, nullptr});
    commands.push_back({keys[i], {"WAIT", Format("{}", replicas), patience}, nullptr});
  }
  const std::vector<Result<Reply>> replies = client_.Execute(commands);
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (!found[i]) continue;
    const std::size_t place = places.at(nodes[i]);
    Status status = CheckReply(client_, replies[place]);
    if (status.ok()) status = CheckReply(client_, replies[place + 1]);
    if (status.ok() && replies[place + 1]->integer < replicas) {
      status = Unavailable("redis {}: {} of {} replicas have what was claimed", client_.name(),
                           replies[place + 1]->integer, replicas);
    }
    if (!status.ok()) found[i] = Fail(std::move(status));
  }
}

Command Shards::Prepare(const Call& call, const Epochs* epochs, const std::string& offered) const {
  Caller caller;
  caller.offered = offered;
  caller.quarantine = options_.quarantine;
  caller.settling = options_.quarantine;
  if (options_.decision_clock != nullptr) {
    caller.now = options_.decision_clock->Now();
    caller.settling = Milliseconds(0);
  }
  const auto shard = static_cast<std::size_t>(call.shard);
  if (epochs != nullptr) {
    caller.epoch = epochs->at(shard);
  } else {
    MutexLock lock(mu_);
    caller.epoch = known_[shard].epoch;
    caller.beat = known_[shard].beat;
  }
  const std::vector<std::string> keys = keys_.OfShard(call.shard);
  Command command{keys[0], {Format("{}", keys.size())}, call.script};
  command.words.insert(command.words.end(), keys.begin(), keys.end());
  command.words.push_back(EncodeCaller(caller));
  command.words.push_back(call.question.asked);
  command.words.insert(command.words.end(), call.question.items.begin(), call.question.items.end());
  return command;
}

Result<std::string> Shards::Read(const Call& call, const Result<Reply>& reply, Mode mode,
                                 std::vector<EpochChange>& changes) {
  if (Status status = CheckReply(client_, reply); !status.ok()) return Fail(std::move(status));
  if (reply->items.size() != 2) return Fail(DataLoss("redis {}: a script answered something else", client_.name()));
  if (mode == Mode::kPlain) return reply->items[1].text;
  const Result<ShardSays> says = DecodeShard(reply->items[0].text);
  if (!says) return Fail(says.error().WithContext(Format("redis {}", client_.name())));
  Learn(call.shard, *says);
  if (says->opened && *says->opened != "it is new") {
    const auto same = std::ranges::find_if(changes, [&](const EpochChange& change) {
      return change.reason == *says->opened && change.former == says->former && change.process == says->process;
    });
    EpochChange& change = same != changes.end() ? *same : changes.emplace_back();
    change.at = says->now;
    change.reason = *says->opened;
    change.epoch = says->epoch;
    change.former = says->former;
    change.process = says->process;
    change.gap = std::max(change.gap, says->gap);
    change.shards.push_back(call.shard);
  }
  if (says->lost) return Fail(Lost(*says->lost));
  if (says->quiet_until) {
    return Fail(Unavailable("redis {}: claims pause until {}, so that every server can tell what it remembers",
                            client_.name(), FormatInstant(*says->quiet_until)));
  }
  return reply->items[1].text;
}

void Shards::Learn(int shard, const ShardSays& says) {
  MutexLock lock(mu_);
  Known& known = known_[static_cast<std::size_t>(shard)];
  if (says.lost) {
    known.next = says.epoch;
    reason_ = *says.lost;
    return;
  }
  if (known.epoch.empty()) known.epoch = says.epoch;
  if (known.epoch == says.epoch) known.beat = std::max(known.beat, says.beat);
}

Status Shards::lost() const {
  MutexLock lock(mu_);
  const bool owed = std::ranges::any_of(known_, [](const Known& known) { return !known.next.empty(); });
  return owed ? Lost(reason_) : Status::Ok();
}

Status Shards::Lost(const std::string& reason) const { return StateLost("redis {}: {}", client_.name(), reason); }

bool Shards::PartAnswers() const {
  if (options_.cluster.empty()) return false;
  MutexLock lock(mu_);
  return std::ranges::any_of(known_, &Known::answers);
}

Shards::Epochs Shards::Newest() const {
  MutexLock lock(mu_);
  Epochs epochs;
  for (const Known& known : known_) epochs.push_back(known.next.empty() ? known.epoch : known.next);
  return epochs;
}

void Shards::Acknowledge(const Epochs& epochs, const std::vector<bool>& failed) {
  MutexLock lock(mu_);
  for (std::size_t i = 0; i < known_.size(); ++i) {
    Known& known = known_[i];
    if (failed[i]) {
      known.next.clear();
    } else if (!known.next.empty() && known.next == epochs[i]) {
      known = {.epoch = epochs[i], .beat = 0, .next = "", .answers = known.answers};
    }
  }
}

// What operators read later. Nothing depends on it, so an error here is nobody's.
void Shards::Tell(std::span<const EpochChange> changes) {
  if (changes.empty()) return;
  std::vector<Command> commands;
  const std::string key = keys_.Epochs();
  for (const EpochChange& change : changes)
    commands.push_back({key, {"LPUSH", key, EncodeEpochChange(change)}, nullptr});
  commands.push_back({key, {"LTRIM", key, "0", Format("{}", kEpochChangesKept - 1)}, nullptr});
  client_.Execute(commands);
}

}  // namespace rota::redis
