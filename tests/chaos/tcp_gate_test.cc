#include "tcp_gate.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

namespace rota::chaos {
namespace {

constexpr int kPatience = 30'000;  // Milliseconds.
constexpr int kMoment = 50;        // For what should not come.

// A socket of this test, on the loopback interface.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  Socket(Socket&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Socket& operator=(Socket&&) = delete;
  ~Socket() { Close(); }

  static Socket Listening() {
    Socket listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(bind(listener.fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    EXPECT_EQ(listen(listener.fd_, 8), 0);
    return listener;
  }
  static Socket ConnectedTo(int port) {
    Socket client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    EXPECT_EQ(connect(client.fd_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    return client;
  }

  int Port() const {
    sockaddr_in address{};
    socklen_t size = sizeof(address);
    EXPECT_EQ(getsockname(fd_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    return ntohs(address.sin_port);
  }
  bool HasInput(int milliseconds) const {
    pollfd watched{fd_, POLLIN, 0};
    return poll(&watched, 1, milliseconds) == 1;
  }
  Socket Accept() const { return Socket(HasInput(kPatience) ? accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC) : -1); }
  void Send(const std::string& text) const {
    EXPECT_EQ(send(fd_, text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
  }
  // What one read gives; "end" at the end, "reset" for a connection that was broken off.
  std::string Read() const {
    char bytes[100];
    const ssize_t got = HasInput(kPatience) ? recv(fd_, bytes, sizeof(bytes), 0) : 0;
    if (got < 0) return "reset";
    return got == 0 ? "end" : std::string(bytes, static_cast<std::size_t>(got));
  }
  std::string Read(std::size_t size) const {
    std::string text;
    while (text.size() < size) {
      const std::string part = Read();
      text += part;
      if (part == "end" || part == "reset") break;
    }
    return text;
  }
  void Close() {
    if (fd_ >= 0) close(fd_);
    fd_ = -1;
  }

 private:
  int fd_;
};

class TcpGateTest : public testing::Test {
 protected:
  Socket listener_ = Socket::Listening();
  TcpGate gate_{listener_.Port()};
};

TEST_F(TcpGateTest, PassesOnWhatBothSay) {
  const Socket client = Socket::ConnectedTo(gate_.port());
  const Socket server = listener_.Accept();
  client.Send("ping");
  EXPECT_EQ(server.Read(), "ping");
  server.Send("pong");
  EXPECT_EQ(client.Read(), "pong");
}

TEST_F(TcpGateTest, PassesOnThatOneSideHasEnded) {
  Socket client = Socket::ConnectedTo(gate_.port());
  const Socket server = listener_.Accept();
  client.Send("last words");
  client.Close();
  EXPECT_EQ(server.Read(), "last words");
  EXPECT_EQ(server.Read(), "end");
}

TEST_F(TcpGateTest, HoldsRequestsBackUntilTheWeatherIsFairAgain) {
  Socket client = Socket::ConnectedTo(gate_.port());
  const Socket server = listener_.Accept();
  gate_.Set({.passes_requests = false});
  client.Send("claim");
  EXPECT_FALSE(server.HasInput(kMoment));
  server.Send("hello");
  EXPECT_EQ(client.Read(), "hello");
  client.Close();
  EXPECT_FALSE(server.HasInput(kMoment));
  gate_.Set({});
  EXPECT_EQ(server.Read(), "claim") << "though the client has given up";
}

TEST_F(TcpGateTest, HoldsRepliesBack) {
  const Socket client = Socket::ConnectedTo(gate_.port());
  const Socket server = listener_.Accept();
  gate_.Set({.passes_replies = false});
  client.Send("claim");
  EXPECT_EQ(server.Read(), "claim");
  server.Send("claimed");
  EXPECT_FALSE(client.HasInput(kMoment));
  gate_.Set({});
  EXPECT_EQ(client.Read(), "claimed");
}

TEST_F(TcpGateTest, LosesWhatItHoldsWhenConnectionsAreDropped) {
  const Socket client = Socket::ConnectedTo(gate_.port());
  const Socket server = listener_.Accept();
  gate_.Set({.passes_replies = false});
  client.Send("claim");
  EXPECT_EQ(server.Read(), "claim");
  server.Send("claimed");
  gate_.DropConnections();
  EXPECT_EQ(client.Read(), "reset");
  EXPECT_EQ(server.Read(), "reset");
}

TEST_F(TcpGateTest, TakesNoConnectionsInBadWeather) {
  gate_.Set({.takes_connections = false});
  const Socket client = Socket::ConnectedTo(gate_.port());
  EXPECT_EQ(client.Read(), "reset");
}

TEST_F(TcpGateTest, BreaksUpWhatPassesAndKeepsItsOrder) {
  gate_.Set({.most_bytes = 1, .most_delay = Milliseconds(2)});
  const Socket client = Socket::ConnectedTo(gate_.port());
  const Socket server = listener_.Accept();
  client.Send("0123456789");
  EXPECT_EQ(server.Read(10), "0123456789");
}

TEST_F(TcpGateTest, BreaksOffWhenNobodyListensBehindIt) {
  listener_.Close();
  const Socket client = Socket::ConnectedTo(gate_.port());
  EXPECT_EQ(client.Read(), "reset");
}

}  // namespace
}  // namespace rota::chaos
