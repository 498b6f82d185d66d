#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "rota/base/status.h"
#include "rota/coordination/redis/deadline.h"
#include "rota/coordination/redis/redis_store.h"

namespace rota::redis {

class Resolver;

// Where a server listens.
struct Endpoint {
  RedisAddress address;
  std::string socket;  // A unix socket's path, which goes before the address.

  std::string name() const;  // "10.0.0.1:6379", "[::1]:6379", "/run/redis.sock"
  friend bool operator==(const Endpoint&, const Endpoint&) = default;
  friend auto operator<=>(const Endpoint& a, const Endpoint& b) { return a.name() <=> b.name(); }
};

// A connected stream of bytes, encrypted or plain, whose calls block no longer than they are told. A call that fails
// leaves nothing to use. Errors are kUnavailable without the server's name ("connection refused", "certificate verify
// failed: self-signed certificate"). Confined to one thread at a time.
class Stream {
 public:
  // Looks the host up, connects to the first of its addresses that takes the connection, and shakes hands for TLS: the
  // server's certificate must be signed by an authority of `tls` and bear the server's name. The files of `tls` are
  // read each time, so that renewed ones count.
  static Result<Stream> Connect(const Endpoint& endpoint, const std::optional<RedisTls>& tls, Resolver& resolver,
                                const Deadline& deadline);
  Stream(Stream&& other) noexcept;
  Stream& operator=(Stream&& other) noexcept;
  ~Stream();

  Status Write(std::string_view bytes, const Deadline& deadline);
  // Reads what there is, up to `size` bytes, and at least one.
  Result<std::size_t> Read(char* bytes, std::size_t size, const Deadline& deadline);
  // False when there is something to read: an end, or what nobody has asked for.
  bool IsQuiet() const;
  // Returns when there is something to read from one of them, or the time is over.
  static void AwaitAny(std::span<const Stream* const> streams, const Deadline& deadline);

 private:
  struct State;
  explicit Stream(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
};

}  // namespace rota::redis
