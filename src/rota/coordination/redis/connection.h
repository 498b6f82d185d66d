#pragma once

#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/status.h"
#include "rota/coordination/redis/client.h"
#include "rota/coordination/redis/deadline.h"
#include "rota/coordination/redis/stream.h"

struct redisReader;  // NOLINT(readability-identifier-naming): hiredis' own name.

namespace rota::redis {

// Appends a command as RESP has it.
void AppendCommand(std::string& bytes, const std::vector<std::string>& words);

// What a connection needs to be of use.
struct ConnectionOptions {
  enum class Role { kAny, kPrimary };
  RedisLogin login;
  int db = 0;
  std::optional<RedisTls> tls;
  Role role = Role::kAny;
};

// A connection to a server, logged in. Errors are kUnavailable and name the server; after one the connection is of no
// use. Confined to one thread at a time.
class Connection {
 public:
  // Connects, logs in, and sees that the server has the wanted role. The errors tell no password.
  static Result<Connection> Open(const Endpoint& endpoint, const ConnectionOptions& options, Resolver& resolver,
                                 const Deadline& deadline);

  Status Send(std::string_view bytes, const Deadline& deadline);
  // The next answer; one that says that something is wrong is an answer too.
  Result<Reply> Receive(const Deadline& deadline);
  // Sends one command and receives its answer; an error of the server is an error.
  Result<Reply> Ask(const std::vector<std::string>& words, const Deadline& deadline);

  // False when the server has closed it while nobody used it.
  bool IsQuiet() const { return stream_.IsQuiet(); }
  // Returns when one of them has something to be received, or the time is over.
  static void AwaitAny(std::span<const Connection* const> connections, const Deadline& deadline);
  // The scripts that this connection has sent in full, by SHA-1.
  std::set<std::string>& scripts() { return scripts_; }
  std::string name() const { return "redis " + endpoint_.name(); }

 private:
  struct ReaderDeleter {
    void operator()(redisReader* reader) const;
  };

  Connection(Endpoint endpoint, Stream stream);
  Status Greet(const ConnectionOptions& options, const Deadline& deadline);
  Status Login(const RedisLogin& login, const Deadline& deadline);

  Endpoint endpoint_;
  Stream stream_;
  std::unique_ptr<redisReader, ReaderDeleter> reader_;
  std::set<std::string> scripts_;
};

}  // namespace rota::redis
