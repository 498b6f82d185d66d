#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/instant.h"
#include "rota/base/status.h"
#include "rota/coordination/redis/redis_store.h"
#include "rota/time/clock.h"

namespace rota::redis {

// One reply of a server, as RESP2 has it.
struct Reply {
  enum class Kind { kNil, kInteger, kText, kArray, kError };
  Kind kind = Kind::kNil;
  std::int64_t integer = 0;
  std::string text;  // kText: bytes; kError: "WRONGTYPE Operation against …".
  std::vector<Reply> items;
};

// A Lua script, and the name by which servers know it. Immutable.
class Script {
 public:
  explicit Script(std::string text);
  const std::string& text() const { return text_; }
  const std::string& sha1() const { return sha1_; }  // 40 hexadecimal digits.

 private:
  std::string text_;
  std::string sha1_;
};

struct Command {
  std::string key;                 // Says which node of a cluster it is for.
  std::vector<std::string> words;  // "HGET", key, field; for a script: the number of keys, keys, arguments.
  const Script* script = nullptr;  // Sent in full where the server does not know it (yet, or any more).
};

// Talks to a Redis server, to the primary that Sentinels name, or to the nodes of a cluster. Connects when first used
// and again when a connection breaks, not sooner than a growing, jittered delay after a failed attempt: a call in
// between fails at once. Follows MOVED, ASK and a changed primary. Nothing waits longer than the time-outs of the
// options; what was sent and not answered is not sent again (the caller's commands may be repeated, and it knows
// better), but for a pooled connection that turns out to be closed before it took anything.
//
// Errors are kUnavailable and name the server, never a password. Thread-safe: each call uses connections of its own.
class Client {
 public:
  // `options` are those of the store. Makes no connection yet. `clock` times the delays between attempts to connect
  // and must outlive the client; without one that is the system's.
  explicit Client(const RedisStoreOptions& options);
  Client(const RedisStoreOptions& options, const Clock& clock);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // Sends the commands, pipelined, and returns an answer for each in their order. Commands for one node go over one
  // connection in the order given; only where somebody flushed the scripts, or a slot moves at that moment, may a
  // command be overtaken by those behind it. A reply of Kind::kError is an answer; those that only say that the node
  // cannot serve now (LOADING, READONLY, MASTERDOWN, CLUSTERDOWN, OOM, MISCONF, NOREPLICAS, BUSY, NOAUTH, …) are
  // kUnavailable.
  std::vector<Result<Reply>> Execute(std::span<const Command> commands);
  // For each key the name of the node that serves it, as far as is known; empty where it is not.
  std::vector<std::string> NodesOf(std::span<const std::string> keys);
  // Sends one command to each primary: to the one there is, or to those of a cluster that have slots.
  struct NodeReply {
    std::string node;  // "10.0.0.1:6379", "/run/redis.sock"
    Result<Reply> reply;
  };
  std::vector<NodeReply> ExecuteOnPrimaries(const std::vector<std::string>& words);

  // As shown to people: "10.0.0.1:6379/0", "sentinel mymaster", "cluster at 10.0.0.1:7000".
  std::string name() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rota::redis
