#include "redis_server.h"

#include <gtest/gtest.h>

#include <csignal>
#include <stdexcept>

#include "redis_fleet.h"
#include "tls_files.h"

namespace rota::redis_test {
namespace {

TEST(RedisServer, ForgetsOrKeepsWhatItHasAsItIsTold) {
  RedisServer forgetful;
  forgetful.Send({"SET", "a", "1"});
  forgetful.Restart();
  EXPECT_EQ(forgetful.Send({"GET", "a"}), "");

  RedisServer careful({.arguments = {"--appendonly", "yes", "--appendfsync", "always"}});
  careful.Send({"SET", "a", "1"});
  const int port = careful.port();
  careful.Kill();
  careful.Restart();
  EXPECT_EQ(careful.Send({"GET", "a"}), "1");
  EXPECT_EQ(careful.port(), port);
}

TEST(RedisServer, EndsItsProcess) {
  pid_t pid = 0;
  {
    RedisServer server;
    server.Pause();
    pid = server.pid();
    EXPECT_EQ(kill(pid, 0), 0);
  }
  EXPECT_NE(kill(pid, 0), 0);
}

TEST(RedisServer, SaysWhyItDoesNotStart) {
  try {
    RedisServer server({.arguments = {"--no-such-option", "1"}});
    FAIL() << "it started";
  } catch (const std::runtime_error& error) {
    EXPECT_NE(std::string(error.what()).find("no-such-option"), std::string::npos) << error.what();
  }
}

TEST(Sentinels, NameThePrimary) {
  RedisServer primary;
  Sentinels sentinels(primary, 0);
  for (std::size_t i = 0; i < sentinels.size(); ++i) EXPECT_EQ(sentinels.PrimaryPort(i), primary.port());
}

TEST(Cluster, MovesASlotWithItsKeys) {
  Cluster cluster;
  constexpr int kSlot = 15495;  // Of "a".
  const std::size_t from = cluster.OwnerOf(kSlot);
  const std::size_t to = (from + 1) % cluster.size();
  cluster.at(from).Send({"SET", "a", "1"});
  cluster.BeginMigration(kSlot, to);
  cluster.EndMigration(kSlot, to);
  EXPECT_EQ(cluster.at(to).Send({"GET", "a"}), "1");
  EXPECT_EQ(cluster.OwnerOf(kSlot), to);
}

TEST(TlsFiles, StartAServerThatSpeaksTls) {
  TlsFiles files;
  RedisServer server({.arguments = files.ServerArguments(), .tls = true});
  EXPECT_EQ(server.Send({"PING"}), "PONG");
}

}  // namespace
}  // namespace rota::redis_test
