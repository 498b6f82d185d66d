// The client over TLS, against real servers.
#include "tls_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "listener.h"
#include "redis_server.h"
#include "rota/coordination/redis/client.h"

namespace rota::redis {
namespace {

using redis_test::RedisServer;
using redis_test::TlsFiles;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// What a PING draws, after the server's name.
std::string Ping(const RedisStoreOptions& options) {
  Client client(options);
  const Command ping{.key = {}, .words = {"PING"}};
  const auto reply = client.Execute({&ping, 1}).at(0);
  if (reply) return reply->text;
  const std::string server = Format("redis {}:{}: ", options.server.host, options.server.port);
  EXPECT_THAT(reply.error().message(), StartsWith(server));
  return reply.error().message().substr(server.size());
}

class Tls : public ::testing::Test {
 protected:
  RedisStoreOptions Options(const RedisServer& server) const {
    RedisStoreOptions options;
    options.server = {.host = "127.0.0.1", .port = server.port()};
    options.tls = RedisTls{.ca_file = files_.ca(), .cert_file = {}, .key_file = {}, .server_name = {}};
    return options;
  }

  TlsFiles files_;
};

TEST_F(Tls, TakesAServerWhoseCertificateTheAuthoritySigned) {
  RedisServer server({.arguments = files_.ServerArguments(), .tls = true});
  RedisStoreOptions options = Options(server);
  EXPECT_EQ(Ping(options), "PONG");
  options.server.host = "localhost";
  EXPECT_EQ(Ping(options), "PONG");
}

TEST_F(Tls, CarriesALoginAndLargeAnswers) {
  std::vector<std::string> arguments = files_.ServerArguments();
  arguments.insert(arguments.end(), {"--requirepass", "open sesame"});
  RedisServer server({.arguments = arguments, .login = {"open sesame"}, .tls = true});
  RedisStoreOptions options = Options(server);
  options.login.password = "open sesame";
  Client client(options);
  const std::string megabytes(4 << 20, 'x');
  const std::vector<Command> commands = {{.key = {}, .words = {"SET", "k", megabytes}},
                                         {.key = {}, .words = {"GET", "k"}},
                                         {.key = {}, .words = {"CLIENT", "ID"}}};
  std::set<std::int64_t> connections;
  for (int i = 0; i < 3; ++i) {
    const auto replies = client.Execute(commands);
    ASSERT_TRUE(replies[1]) << replies[1].error().message();
    EXPECT_EQ(replies[1]->text, megabytes);
    connections.insert(replies[2]->integer);
  }
  EXPECT_EQ(connections.size(), 1u) << "one connection serves all calls";

  options.login.password = "open barley";
  EXPECT_EQ(Ping(options), "the server refuses the login of user \"default\" (WRONGPASS)");
}

TEST_F(Tls, RefusesAServerThatAnotherAuthoritySigned) {
  TlsFiles others;
  RedisServer server({.arguments = others.ServerArguments(), .tls = true});
  EXPECT_EQ(Ping(Options(server)), "certificate verify failed: self-signed certificate in certificate chain");
  RedisStoreOptions options = Options(server);
  options.tls->ca_file.clear();
  EXPECT_THAT(Ping(options), StartsWith("certificate verify failed: "));
}

TEST_F(Tls, RefusesAServerWithAnotherName) {
  TlsFiles elsewhere("DNS:elsewhere");
  RedisServer server({.arguments = elsewhere.ServerArguments(), .tls = true});
  RedisStoreOptions options = Options(server);
  options.tls->ca_file = elsewhere.ca();
  EXPECT_EQ(Ping(options), "certificate verify failed: IP address mismatch: it does not bear \"127.0.0.1\"");
  options.server.host = "localhost";
  EXPECT_EQ(Ping(options), "certificate verify failed: hostname mismatch: it does not bear \"localhost\"");
  options.tls->server_name = "elsewhere";
  EXPECT_EQ(Ping(options), "PONG");
}

TEST_F(Tls, ShowsItsOwnCertificateWhereTheServerWantsOne) {
  RedisServer server({.arguments = files_.ServerArguments(TlsFiles::Clients::kCertified), .tls = true});
  RedisStoreOptions options = Options(server);
  EXPECT_THAT(Ping(options), HasSubstr("certificate required"));
  options.tls->cert_file = files_.client_cert();
  options.tls->key_file = files_.client_key();
  EXPECT_EQ(Ping(options), "PONG");
}

TEST_F(Tls, NamesAFileThatItCannotUse) {
  RedisServer server({.arguments = files_.ServerArguments(), .tls = true});
  RedisStoreOptions options = Options(server);
  options.tls->ca_file = "/nowhere/ca.crt";
  EXPECT_THAT(Ping(options), StartsWith("cannot use tls.ca_file \"/nowhere/ca.crt\": "));
  options = Options(server);
  options.tls->cert_file = files_.client_cert();
  options.tls->key_file = files_.server_key();
  EXPECT_THAT(Ping(options), StartsWith("cannot use tls.key_file \"" + files_.server_key() + "\": "));
}

TEST_F(Tls, SaysThatAServerSpeaksNoTls) {
  RedisServer server;  // Which waits for the end of the line.
  RedisStoreOptions options = Options(server);
  options.connect_timeout = Milliseconds(100);
  EXPECT_EQ(Ping(options), "no TLS handshake within 100 ms (does the server speak TLS?)");
  redis_test::Listener http("HTTP/1.1 400 Bad Request\r\n\r\n");
  options.server.port = http.port();
  EXPECT_THAT(Ping(options), StartsWith("TLS handshake failed: "));
}

TEST_F(Tls, SaysThatAServerSpeaksNothingElse) {
  RedisServer server({.arguments = files_.ServerArguments(), .tls = true});
  RedisStoreOptions options = Options(server);
  options.tls.reset();
  EXPECT_THAT(Ping(options), AnyOf("the server closed the connection", "connection reset by peer"));
}

}  // namespace
}  // namespace rota::redis
