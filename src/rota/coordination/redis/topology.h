#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/status.h"
#include "rota/coordination/redis/client.h"
#include "rota/coordination/redis/stream.h"

// What servers say of where keys are, read; pure.
namespace rota::redis {

inline constexpr int kSlots = 16384;

// The slot of a key in a cluster: CRC16 (XMODEM) of what is between its first '{' and the next '}', or of all of it
// where that is nothing (redis.io/docs/reference/cluster-spec, "Hash tags").
int SlotOf(std::string_view key);

// Which primary serves which slots. Immutable.
class SlotMap {
 public:
  // Reads a reply to CLUSTER SLOTS. A server that does not know its own name stands in it without one: that is
  // `asked`'s. Errors: kUnavailable, "the answer to CLUSTER SLOTS is no list of slots".
  static Result<SlotMap> Parse(const Reply& reply, const RedisAddress& asked);

  // Nothing where no server serves the slot.
  std::optional<Endpoint> At(int slot) const;
  // The primaries that have slots, in the order of these.
  std::vector<Endpoint> Primaries() const;

 private:
  struct Range {
    int end;  // The last slot.
    Endpoint primary;
  };
  std::map<int, Range> ranges_;  // By the first slot.
};

// "10.0.0.2:6381", "fe80::1:6381" (Redis writes no brackets); ":6381" is on `asked`'s host. Nothing where it is none.
std::optional<Endpoint> ParseAddress(std::string_view text, const RedisAddress& asked);

// A word from a server of a cluster that a key is elsewhere: "MOVED 3999 10.0.0.2:6381", "ASK …".
struct Redirection {
  enum class Kind { kMoved, kAsk };
  Kind kind{};
  Endpoint to;
};
// Nothing where the error is none.
std::optional<Redirection> ParseRedirection(std::string_view error, const RedisAddress& asked);

}  // namespace rota::redis
