#include "rota/coordination/redis/client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <thread>

#include "listener.h"
#include "redis_server.h"
#include "rota/testing/fake_clock.h"

namespace rota::redis {
namespace {

using redis_test::Listener;
using redis_test::RedisServer;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

RedisStoreOptions AtPort(int port) {
  RedisStoreOptions options;
  options.server = {.host = "127.0.0.1", .port = port};
  return options;
}

RedisStoreOptions AtSocket(const std::string& path) {
  RedisStoreOptions options;
  options.socket = path;
  return options;
}

RedisStoreOptions OptionsOf(const RedisServer& server) { return AtPort(server.port()); }

Command Words(std::vector<std::string> words) { return {.key = "k", .words = std::move(words)}; }

Command Scripted(const Script& script, std::vector<std::string> words) {
  return {.key = "k", .words = std::move(words), .script = &script};
}

Result<Reply> Ask(Client& client, std::vector<std::string> words) {
  const Command command = Words(std::move(words));
  return client.Execute({&command, 1}).at(0);
}

// The text of an answer; of an error its message.
std::string TextOf(const Result<Reply>& reply) {
  if (!reply) return std::string(Name(reply.error().code())) + ": " + reply.error().message();
  return reply->kind == Reply::Kind::kInteger ? std::to_string(reply->integer) : reply->text;
}

std::string TextOf(Client& client, std::vector<std::string> words) { return TextOf(Ask(client, std::move(words))); }

TEST(Client, AnswersInTheOrderOfTheCommands) {
  RedisServer server;
  Client client(OptionsOf(server));
  const std::vector<Command> commands = {Words({"SET", "k", std::string("a\0\r\n", 4)}),
                                         Words({"GET", "k"}),
                                         Words({"INCR", "n"}),
                                         Words({"GET", "none"}),
                                         Words({"INCR", "k"}),
                                         Words({"LRANGE", "none", "0", "-1"}),
                                         Words({"INCR", "n"})};
  const auto replies = client.Execute(commands);
  ASSERT_EQ(replies.size(), commands.size());
  EXPECT_EQ(replies[0]->text, "OK");
  EXPECT_EQ(replies[1]->text, std::string("a\0\r\n", 4));
  EXPECT_EQ(replies[2]->integer, 1);
  EXPECT_EQ(replies[3]->kind, Reply::Kind::kNil);
  EXPECT_EQ(replies[4]->kind, Reply::Kind::kError);
  EXPECT_EQ(replies[4]->text, "ERR value is not an integer or out of range");
  EXPECT_EQ(replies[5]->kind, Reply::Kind::kArray);
  EXPECT_EQ(replies[6]->integer, 2);
}

TEST(Client, SendsAndReceivesMoreThanBuffersHold) {
  RedisServer server;
  Client client(OptionsOf(server));
  const std::string megabytes(8 << 20, 'x');
  const std::vector<Command> commands = {Words({"SET", "k", megabytes}), Words({"GET", "k"}), Words({"STRLEN", "k"})};
  const auto replies = client.Execute(commands);
  ASSERT_TRUE(replies[1]) << replies[1].error().message();
  EXPECT_EQ(replies[1]->text, megabytes);
  EXPECT_EQ(replies[2]->integer, 8 << 20);
}

TEST(Client, SendsNothingForNoCommand) {
  Client client(AtPort(redis_test::FreePort()));
  EXPECT_TRUE(client.Execute({}).empty());
}

TEST(Client, UsesAUnixSocket) {
  RedisServer server;
  Client client(AtSocket(server.socket()));
  EXPECT_EQ(TextOf(client, {"PING"}), "PONG");
  EXPECT_EQ(client.name(), server.socket() + "/0");
  EXPECT_EQ(client.ExecuteOnPrimaries({"PING"}).at(0).node, server.socket());
}

TEST(Client, NamesASocketThatIsNotThere) {
  Client client(AtSocket("/nowhere/redis.sock"));
  EXPECT_EQ(TextOf(client, {"PING"}), "unavailable: redis /nowhere/redis.sock: no such file or directory");
  const std::string path(200, 'x');
  Client long_path(AtSocket(path));
  EXPECT_EQ(TextOf(long_path, {"PING"}), "unavailable: redis " + path + ": a socket's path has at most 107 bytes");
}

TEST(Client, LooksUpTheNameOfAHost) {
  RedisServer server;
  RedisStoreOptions options = OptionsOf(server);
  options.server.host = "localhost";
  Client client(options);
  EXPECT_EQ(TextOf(client, {"PING"}), "PONG");
}

TEST(Client, NamesAHostThatIsNotThere) {
  RedisStoreOptions options;
  options.server.host = "no-such-host.invalid";
  Client client(options);
  EXPECT_THAT(TextOf(client, {"PING"}),
              HasSubstr("unavailable: redis no-such-host.invalid:6379: host \"no-such-host.invalid\": "));
}

TEST(Client, SelectsTheDatabase) {
  RedisServer server;
  RedisStoreOptions options = OptionsOf(server);
  options.db = 3;
  Client client(options);
  EXPECT_EQ(client.name(), server.address() + "/3");
  EXPECT_EQ(TextOf(client, {"SET", "k", "1"}), "OK");
  EXPECT_THAT(server.Send({"INFO", "keyspace"}), HasSubstr("db3:keys=1"));
  options.db = 99;
  Client wrong(options);
  EXPECT_EQ(TextOf(wrong, {"PING"}),
            "unavailable: redis " + server.address() + ": database 99: ERR DB index is out of range");
}

TEST(Client, GivesItsConnectionsAName) {
  RedisServer server;
  Client client(OptionsOf(server));
  EXPECT_EQ(TextOf(client, {"CLIENT", "GETNAME"}), "rota");
}

TEST(Client, LogsInWithAPassword) {
  RedisServer server({.arguments = {"--requirepass", "open sesame"}, .login = {"open sesame"}});
  RedisStoreOptions options = OptionsOf(server);
  options.login.password = "open sesame";
  Client client(options);
  EXPECT_EQ(TextOf(client, {"PING"}), "PONG");

  options.login.password = "open barley";
  Client wrong(options);
  EXPECT_EQ(TextOf(wrong, {"PING"}), "unavailable: redis " + server.address() +
                                         ": the server refuses the login of user \"default\" (WRONGPASS)");
  options.login.password = "";
  Client none(options);
  EXPECT_EQ(TextOf(none, {"PING"}),
            "unavailable: redis " + server.address() + ": the server wants a password (NOAUTH)");
}

TEST(Client, SaysThatAServerHasNoPassword) {
  RedisServer server;
  RedisStoreOptions options = OptionsOf(server);
  options.login.password = "open sesame";
  Client client(options);
  EXPECT_EQ(TextOf(client, {"PING"}),
            "unavailable: redis " + server.address() + ": a password is given, but the server has none");
}

TEST(Client, LogsInAsAUser) {
  RedisServer server;
  // May not name its connections.
  server.Send({"ACL", "SETUSER", "scheduler", "on", ">open sesame", "~*", "+@all", "-client"});
  RedisStoreOptions options = OptionsOf(server);
  options.login = {.user = "scheduler", .password = "open sesame"};
  Client client(options);
  EXPECT_EQ(TextOf(client, {"ACL", "WHOAMI"}), "scheduler");

  options.login.user = "x";
  Client wrong(options);
  EXPECT_EQ(TextOf(wrong, {"PING"}),
            "unavailable: redis " + server.address() + ": the server refuses the login of user \"x\" (WRONGPASS)");
}

// A server that knows no AUTH repeats what it was sent.
TEST(Client, TellsNoPasswordOfARefusedLogin) {
  RedisServer server({.arguments = {"--rename-command", "AUTH", "RENAMED"}});
  RedisStoreOptions options = OptionsOf(server);
  options.login = {.user = "scheduler", .password = "open-sesame"};
  Client client(options);
  EXPECT_EQ(TextOf(client, {"PING"}),
            "unavailable: redis " + server.address() + ": the server refuses the login of user \"scheduler\" (ERR)");
}

TEST(Client, RunsAScriptByItsNameOnceTheServerKnowsIt) {
  RedisServer server;
  Client client(OptionsOf(server));
  const Script append("return redis.call('APPEND', KEYS[1], ARGV[1])");
  for (int i = 1; i <= 3; ++i) {
    const Command command = Scripted(append, {"1", "k", "x"});
    EXPECT_EQ(TextOf(client.Execute({&command, 1}).at(0)), std::to_string(i));
  }
  const std::string statistics = server.Send({"INFO", "commandstats"});
  EXPECT_THAT(statistics, HasSubstr("cmdstat_eval:calls=1,"));
  EXPECT_THAT(statistics, HasSubstr("cmdstat_evalsha:calls=2,"));
}

TEST(Client, RunsScriptsThatTheServerForgotInTheirOrder) {
  RedisServer server;
  Client client(OptionsOf(server));
  const Script append("return redis.call('APPEND', KEYS[1], ARGV[1])");
  const Script prepend("return redis.call('SET', KEYS[1], ARGV[1] .. (redis.call('GET', KEYS[1]) or ''))");
  const std::vector<Command> commands = {Scripted(append, {"1", "k", "1"}), Scripted(prepend, {"1", "k", "2"}),
                                         Scripted(append, {"1", "k", "3"}), Scripted(prepend, {"1", "k", "4"})};
  for (int i = 0; i < 2; ++i) {
    server.Send({"DEL", "k"});
    server.Send({"SCRIPT", "FLUSH"});
    for (const auto& reply : client.Execute(commands)) EXPECT_TRUE(reply) << TextOf(reply);
    EXPECT_EQ(server.Send({"GET", "k"}), "4213");
  }
}

TEST(Client, ReportsWhatAScriptIsWrongIn) {
  RedisServer server;
  Client client(OptionsOf(server));
  const Script wrong("return (");
  const Command command = Scripted(wrong, {"0"});
  const auto reply = client.Execute({&command, 1}).at(0);
  ASSERT_TRUE(reply);
  EXPECT_EQ(reply->kind, Reply::Kind::kError);
  EXPECT_THAT(reply->text, HasSubstr("Error compiling script"));
}

TEST(Client, TakesARefusalToServeNowForAFailure) {
  RedisServer server;
  Client client(OptionsOf(server));
  server.Send({"REPLICAOF", "127.0.0.1", std::to_string(redis_test::FreePort())});
  server.Send({"CONFIG", "SET", "replica-serve-stale-data", "no"});
  EXPECT_THAT(TextOf(client, {"GET", "k"}),
              HasSubstr("unavailable: redis " + server.address() + ": MASTERDOWN Link with MASTER is down"));
}

TEST(Client, SaysThatAServerIsPartOfACluster) {
  RedisServer server(
      {.arguments = {"--cluster-enabled", "yes", "--cluster-port", std::to_string(redis_test::FreePort())}});
  Client client(OptionsOf(server));
  EXPECT_THAT(TextOf(client, {"GET", "k"}), HasSubstr("unavailable: redis " + server.address() + ": CLUSTERDOWN"));
}

TEST(Client, SaysThatNobodyListens) {
  const int port = redis_test::FreePort();
  Client client(AtPort(port));
  EXPECT_EQ(TextOf(client, {"PING"}), Format("unavailable: redis 127.0.0.1:{}: connection refused", port));
}

TEST(Client, EndsACallToAServerThatAcceptsAndNeverAnswers) {
  Listener listener;
  RedisStoreOptions options = AtPort(listener.port());
  options.connect_timeout = milliseconds(50);
  Client client(options);
  EXPECT_EQ(TextOf(client, {"PING"}),
            Format("unavailable: redis 127.0.0.1:{}: no answer within 50 ms", listener.port()));
}

TEST(Client, EndsACallToAServerThatDoesNotAnswerAnyMore) {
  RedisServer server;
  RedisStoreOptions options = OptionsOf(server);
  options.command_timeout = milliseconds(100);
  Client client(options);
  EXPECT_EQ(TextOf(client, {"PING"}), "PONG");
  server.Pause();
  EXPECT_EQ(TextOf(client, {"PING"}), "unavailable: redis " + server.address() + ": no answer within 100 ms");
  server.Resume();
  EXPECT_TRUE(redis_test::Eventually([&] { return TextOf(client, {"PING"}) == "PONG"; }));
}

TEST(Client, SaysThatSomethingElseListens) {
  Listener listener("HTTP/1.1 400 Bad Request\r\n\r\n");
  Client client(AtPort(listener.port()));
  EXPECT_EQ(TextOf(client, {"PING"}),
            Format("unavailable: redis 127.0.0.1:{}: this is not Redis: Protocol error, got \"H\" as reply type byte",
                   listener.port()));
}

TEST(Client, SendsAgainWhatAClosedConnectionNeverTook) {
  RedisServer server;
  Client client(OptionsOf(server));
  for (int i = 1; i <= 3; ++i) {
    EXPECT_EQ(TextOf(client, {"INCR", "k"}), std::to_string(i));
    server.Send({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"});
  }
}

TEST(Client, DoesNotSendAgainWhatMayHaveHadItsEffect) {
  RedisServer server;
  Client client(OptionsOf(server));
  const std::vector<Command> commands = {
      Words({"INCR", "n"}), Words({"CLIENT", "KILL", "TYPE", "normal", "SKIPME", "no"}), Words({"INCR", "n"})};
  const auto replies = client.Execute(commands);
  EXPECT_EQ(TextOf(replies[0]), "1");
  EXPECT_EQ(TextOf(replies[2]), "unavailable: redis " + server.address() + ": the server closed the connection");
  EXPECT_EQ(TextOf(client, {"GET", "n"}), "1");
}

TEST(Client, ReturnsToAServerThatWasKilled) {
  RedisServer server;
  FakeClock clock(WallTime(std::chrono::hours(1)));
  Client client(OptionsOf(server), clock);
  EXPECT_EQ(TextOf(client, {"PING"}), "PONG");
  server.Kill();
  EXPECT_EQ(TextOf(client, {"PING"}), "unavailable: redis " + server.address() + ": connection refused");
  server.Restart();
  clock.Advance(std::chrono::seconds(5));
  EXPECT_EQ(TextOf(client, {"PING"}), "PONG");
}

TEST(Client, FailsAtOnceUntilItIsTimeForAnotherAttempt) {
  RedisServer server;
  FakeClock clock(WallTime(std::chrono::hours(1)));
  Client client(OptionsOf(server), clock);
  server.Kill();
  const std::string refused = "unavailable: redis " + server.address() + ": connection refused";
  EXPECT_EQ(TextOf(client, {"PING"}), refused);
  server.Restart();
  EXPECT_EQ(TextOf(client, {"PING"}), refused);
  clock.Advance(milliseconds(50));
  EXPECT_EQ(TextOf(client, {"PING"}), "PONG");
}

TEST(Client, ServesManyThreads) {
  RedisServer server;
  Client client(OptionsOf(server));
  constexpr int kThreads = 12;
  constexpr int kCalls = 100;
  std::atomic<int> answered = 0;
  {
    std::vector<std::jthread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        for (int call = 0; call < kCalls; ++call) {
          const std::vector<Command> commands = {Words({"INCR", "k"}), Words({"PING"})};
          if (TextOf(client.Execute(commands).at(1)) == "PONG") ++answered;
        }
      });
    }
  }
  EXPECT_EQ(answered, kThreads * kCalls);
  EXPECT_EQ(TextOf(client, {"GET", "k"}), std::to_string(kThreads * kCalls));
}

}  // namespace
}  // namespace rota::redis
