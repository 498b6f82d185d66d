#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "rota/base/mutex.h"
#include "rota/base/status.h"
#include "rota/base/ulid.h"
#include "rota/coordination/redis/calls.h"
#include "rota/coordination/redis/client.h"
#include "rota/coordination/redis/keys.h"
#include "rota/coordination/redis/redis_store.h"

namespace rota::redis {

// Asks the scripts of the shards, and knows of each shard the epoch that this process has acknowledged. Where a shard
// is in another one, nothing is done, and the error is kStateLost: for that call and for all that follow, on all
// shards, until Acknowledge(). Thread-safe.
class Shards {
 public:
  struct Call {
    int shard = 0;
    const Script* script = nullptr;
    Question question;
  };
  // What a call does about epochs.
  enum class Mode {
    kGuarded,  // As said above.
    kPlain,    // Nothing: it reads, or changes what no epoch concerns.
  };
  using Epochs = std::vector<std::string>;  // By shard.

  // All must outlive this.
  Shards(const RedisStoreOptions& options, const Keys& keys, Client& client, Clock& clock);

  int count() const { return options_.shards; }
  int Of(const Scope& scope) const { return ShardOf(TaskOfScope(scope), options_.shards); }

  // What each call found, in the order given. Calls for one shard are made in that order. Errors: kUnavailable where
  // the shard does not answer, or does not have the replicas that `replicas` asks for, or claims pause; kStateLost.
  std::vector<Result<std::string>> Ask(std::span<const Call> calls, Mode mode = Mode::kGuarded, int replicas = 0);

  // kStateLost while some shard is in an epoch that this process has not acknowledged.
  Status lost() const;
  // Shards are apart, as in a cluster, and some of them answered when they were last asked.
  bool PartAnswers() const;

  // The epoch that each shard is in, as far as it has been told.
  Epochs Newest() const;
  // Asks in these epochs, whatever was acknowledged.
  std::vector<Result<std::string>> AskIn(const Epochs& epochs, std::span<const Call> calls);
  // This process has told what it remembers in these epochs. Shards where that has failed will ask again.
  void Acknowledge(const Epochs& epochs, const std::vector<bool>& failed);

 private:
  struct Known {
    std::string epoch;  // Empty: none yet.
    std::int64_t beat = 0;
    std::string next;      // The one it is in, when that is another one.
    bool answers = false;  // The last call was answered.
  };

  // `epochs` may be null.
  std::vector<Result<std::string>> AskAll(std::span<const Call> calls, Mode mode, const Epochs* epochs);
  void AskSome(std::span<const Call> calls, Mode mode, const Epochs* epochs, std::vector<Result<std::string>>& found);
  Command Prepare(const Call& call, const Epochs* epochs, const std::string& offered) const;
  void AwaitReplicas(std::span<const Call> calls, int replicas, std::vector<Result<std::string>>& found);
  Result<std::string> Read(const Call& call, const Result<Reply>& reply, Mode mode, std::vector<EpochChange>& changes);
  void Learn(int shard, const ShardSays& says);
  Status Lost(const std::string& reason) const;
  void Tell(std::span<const EpochChange> changes);

  // Constant after construction.
  const RedisStoreOptions& options_;
  const Keys& keys_;
  Client& client_;
  Clock& clock_;

  mutable Mutex mu_;
  UlidSource ids_ ROTA_GUARDED_BY(mu_);
  std::vector<Known> known_ ROTA_GUARDED_BY(mu_);
  std::string reason_ ROTA_GUARDED_BY(mu_);  // Why the last new epoch began.
};

// The reply of a script, or of a command, as text; what the server says against it is an error.
Status CheckReply(const Client& client, const Result<Reply>& reply);

}  // namespace rota::redis
