#include "rota/coordination/redis/connection.h"

#include <hiredis/hiredis.h>

#include <array>
#include <utility>

#include "rota/base/text.h"
#include "rota/coordination/redis/error_reply.h"

namespace rota::redis {
namespace {

struct ReplyDeleter {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};

Reply Convert(const redisReply& raw) {
  Reply reply;
  switch (raw.type) {
    case REDIS_REPLY_INTEGER:
      reply.kind = Reply::Kind::kInteger;
      reply.integer = raw.integer;
      break;
    case REDIS_REPLY_ERROR:
      reply.kind = Reply::Kind::kError;
      reply.text.assign(raw.str, raw.len);
      break;
    case REDIS_REPLY_STATUS:
    case REDIS_REPLY_STRING:
      reply.kind = Reply::Kind::kText;
      reply.text.assign(raw.str, raw.len);
      break;
    case REDIS_REPLY_ARRAY:
      reply.kind = Reply::Kind::kArray;
      reply.items.reserve(raw.elements);
      for (std::size_t i = 0; i < raw.elements; ++i) reply.items.push_back(Convert(*raw.element[i]));
      break;
    default:
      break;
  }
  return reply;
}

bool IsError(const Reply& reply) { return reply.kind == Reply::Kind::kError; }

// What a server says of a login may repeat the words of the command, the password among them: only the first is shown.
Status LoginError(const std::string& error, const RedisLogin& login) {
  const std::string_view word = ErrorWord(error);
  if (login.user.empty() && error.find("without any password configured") != std::string::npos) {
    return Unavailable("a password is given, but the server has none");
  }
  const std::string user = login.user.empty() ? "default" : Printable(login.user);
  return Unavailable("the server refuses the login of user \"{}\" ({})", user, Printable(word));
}

}  // namespace

void AppendCommand(std::string& bytes, const std::vector<std::string>& words) {
  bytes += '*' + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) {
    bytes += '$' + std::to_string(word.size()) + "\r\n";
    bytes += word;
    bytes += "\r\n";
  }
}

void Connection::ReaderDeleter::operator()(redisReader* reader) const { redisReaderFree(reader); }

Connection::Connection(Endpoint endpoint, Stream stream)
    : endpoint_(std::move(endpoint)), stream_(std::move(stream)), reader_(redisReaderCreate()) {}

Result<Connection> Connection::Open(const Endpoint& endpoint, const ConnectionOptions& options, Resolver& resolver,
                                    const Deadline& deadline) {
  Result<Stream> stream = Stream::Connect(endpoint, options.tls, resolver, deadline);
  if (!stream) return Fail(stream.error().WithContext("redis " + endpoint.name()));
  Connection connection(endpoint, *std::move(stream));
  if (Status greeted = connection.Greet(options, deadline); !greeted.ok()) return Fail(std::move(greeted));
  return connection;
}

Status Connection::Greet(const ConnectionOptions& options, const Deadline& deadline) {
  const bool login = !options.login.user.empty() || !options.login.password.empty();
  std::string bytes;
  if (login) {
    std::vector<std::string> words = {"AUTH", options.login.password};
    if (!options.login.user.empty()) words.insert(words.begin() + 1, options.login.user);
    AppendCommand(bytes, words);
  }
  AppendCommand(bytes, {"CLIENT", "SETNAME", "rota"});
  if (options.db != 0) AppendCommand(bytes, {"SELECT", std::to_string(options.db)});
  if (options.role == ConnectionOptions::Role::kPrimary) AppendCommand(bytes, {"ROLE"});
  if (Status sent = Send(bytes, deadline); !sent.ok()) return sent;

  if (login) {
    if (Status welcome = Login(options.login, deadline); !welcome.ok()) return welcome;
  }
  const auto named = Receive(deadline);
  if (!named) return named.error();
  if (IsError(*named)) {
    const std::string_view word = ErrorWord(named->text);
    if (word == "NOAUTH") return Unavailable("{}: the server wants a password (NOAUTH)", name());
    // The name is for people who look at the server's connections; a server that has no names will do.
    const bool harmless = word == "NOPERM" || named->text.starts_with("ERR unknown command");
    if (!harmless) return Unavailable("{}: {}", name(), Printable(named->text));
  }
  if (options.db != 0) {
    const auto selected = Receive(deadline);
    if (!selected) return selected.error();
    if (IsError(*selected)) {
      return Unavailable("{}: database {}: {}", name(), options.db, Printable(selected->text));
    }
  }
  if (options.role == ConnectionOptions::Role::kPrimary) {
    const auto role = Receive(deadline);
    if (!role) return role.error();
    // A user that may not ask finds out by READONLY.
    const bool told = !role->items.empty();
    if (told && role->items[0].text != "master") return Unavailable("{}: not the primary (any more)", name());
    if (!told && ErrorWord(role->text) != "NOPERM") return Unavailable("{}: {}", name(), Printable(role->text));
  }
  return Status::Ok();
}

Status Connection::Login(const RedisLogin& login, const Deadline& deadline) {
  const auto welcome = Receive(deadline);
  if (!welcome) return welcome.error();
  if (!IsError(*welcome)) return Status::Ok();
  return LoginError(welcome->text, login).WithContext(name());
}

Status Connection::Send(std::string_view bytes, const Deadline& deadline) {
  Status sent = stream_.Write(bytes, deadline);
  return sent.ok() ? sent : sent.WithContext(name());
}

Result<Reply> Connection::Receive(const Deadline& deadline) {
  while (true) {
    void* parsed = nullptr;
    if (redisReaderGetReply(reader_.get(), &parsed) != REDIS_OK) {
      return Fail(Unavailable("{}: this is not Redis: {}", name(), Printable(reader_->errstr)));
    }
    if (parsed != nullptr) {
      const std::unique_ptr<redisReply, ReplyDeleter> reply(static_cast<redisReply*>(parsed));
      return Convert(*reply);
    }
    std::array<char, 16 * 1024> bytes;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled before it is read.
    const auto count = stream_.Read(bytes.data(), bytes.size(), deadline);
    if (!count) return Fail(count.error().WithContext(name()));
    redisReaderFeed(reader_.get(), bytes.data(), *count);
  }
}

void Connection::AwaitAny(std::span<const Connection* const> connections, const Deadline& deadline) {
  std::vector<const Stream*> streams;
  for (const Connection* connection : connections) streams.push_back(&connection->stream_);
  Stream::AwaitAny(streams, deadline);
}

Result<Reply> Connection::Ask(const std::vector<std::string>& words, const Deadline& deadline) {
  std::string bytes;
  AppendCommand(bytes, words);
  if (Status sent = Send(bytes, deadline); !sent.ok()) return Fail(std::move(sent));
  auto reply = Receive(deadline);
  if (reply && IsError(*reply)) return Fail(Unavailable("{}: {}", name(), Printable(reply->text)));
  return reply;
}

}  // namespace rota::redis
