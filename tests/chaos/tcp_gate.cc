#include "tcp_gate.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <deque>
#include <functional>
#include <optional>
#include <stdexcept>
#include <utility>
#include <vector>

#include "rota/base/format.h"
#include "rota/time/clock.h"

namespace rota::chaos {
namespace {

sockaddr_in Loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

int Connect(int port) {
  const int socket_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const sockaddr_in address = Loopback(port);
  if (connect(socket_fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) return socket_fd;
  close(socket_fd);
  return -1;
}

// Closes with a reset: the other end learns at once that it is over.
void Reset(int socket_fd) {
  const linger at_once{1, 0};
  setsockopt(socket_fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  close(socket_fd);
}

// One way of a connection.
class Lane {
 public:
  Lane(int from, int to) : from_(from), to_(to) {}

  int from() const { return from_; }
  bool at_end() const { return at_end_; }
  bool over() const { return over_; }
  // When the next piece may go on: nothing while there is none.
  std::optional<SteadyTime> due() const { return pieces_.empty() ? std::nullopt : std::optional(pieces_.front().due); }

  void Read(const Weather& weather, SteadyTime now, std::mt19937_64& dice) {
    std::array<char, 64 * 1024> bytes;
    const ssize_t got = read(from_, bytes.data(), bytes.size());
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    at_end_ = got <= 0;
    for (std::size_t begin = 0; got > 0 && begin < static_cast<std::size_t>(got);) {
      const std::size_t size = std::min(static_cast<std::size_t>(got) - begin, weather.most_bytes);
      const auto delay = std::uniform_int_distribution<std::int64_t>(0, weather.most_delay.count())(dice);
      last_due_ = std::max(last_due_, now + Milliseconds(delay));
      pieces_.push_back({last_due_, std::string(bytes.data() + begin, size)});
      begin += size;
    }
  }

  // Sends on what is due; after the last piece, that it was the last.
  void Write(SteadyTime now) {
    while (!pieces_.empty() && pieces_.front().due <= now) {
      std::string& bytes = pieces_.front().bytes;
      const ssize_t sent = send(to_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (sent < 0) {  // Nobody is there any more.
        pieces_.clear();
        at_end_ = true;
        break;
      }
      bytes.erase(0, static_cast<std::size_t>(sent));
      if (bytes.empty()) pieces_.pop_front();
    }
    if (!at_end_ || !pieces_.empty() || over_) return;
    shutdown(to_, SHUT_WR);
    over_ = true;
  }

 private:
  struct Piece {
    SteadyTime due;
    std::string bytes;
  };

  int from_;
  int to_;
  std::deque<Piece> pieces_;
  SteadyTime last_due_;
  bool at_end_ = false;  // Nothing more will come.
  bool over_ = false;    // Nothing more will go.
};

}  // namespace

struct TcpGate::Connection {
  Connection(int client_fd, int server_fd)
      : client(client_fd), server(server_fd), requests(client_fd, server_fd), replies(server_fd, client_fd) {}

  int client;
  int server;
  Lane requests;
  Lane replies;
};

TcpGate::TcpGate(int target_port) : target_port_(target_port), dice_(static_cast<std::uint64_t>(target_port)) {
  listener_ = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  wake_ = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  sockaddr_in address = Loopback(0);
  socklen_t size = sizeof(address);
  if (bind(listener_, reinterpret_cast<const sockaddr*>(&address), size) != 0 || listen(listener_, SOMAXCONN) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no port for a gate");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Serve(); });
}

TcpGate::~TcpGate() {
  Give([](Orders& orders) { orders.ends = true; });
  thread_.join();
  close(listener_);
  close(wake_);
}

void TcpGate::Set(const Weather& weather) {
  Give([&weather](Orders& orders) { orders.weather = weather; });
}

void TcpGate::DropConnections() {
  Give([](Orders& orders) { orders.drops = true; });
}

void TcpGate::Give(const std::function<void(Orders&)>& order) {
  {
    MutexLock lock(mu_);
    order(orders_);
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = write(wake_, &one, sizeof(one));
}

TcpGate::Orders TcpGate::TakeOrders() {
  MutexLock lock(mu_);
  Orders orders = orders_;
  orders_.drops = false;
  return orders;
}

bool TcpGate::TakesConnections() {
  MutexLock lock(mu_);
  return orders_.weather.takes_connections;
}

void TcpGate::Accept() {
  for (;;) {
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) return;
    // Asked now: the weather may have changed before this connection was made.
    const int server = TakesConnections() ? Connect(target_port_) : -1;
    if (server < 0) {
      Reset(client);
      continue;
    }
    const int on = 1;
    for (const int end : {client, server}) {
      fcntl(end, F_SETFL, O_NONBLOCK);
      setsockopt(end, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    }
    connections_.emplace_back(client, server);
  }
}

// Sends on what is due. Returns when there is something to do again.
SteadyTime TcpGate::PassOn(const Weather& weather, SteadyTime now) {
  SteadyTime next = now + std::chrono::seconds(1);
  for (Connection& connection : connections_) {
    for (auto [lane, passes] : {std::pair(&connection.requests, weather.passes_requests),
                                std::pair(&connection.replies, weather.passes_replies)}) {
      if (!passes) continue;
      lane->Write(now);
      // What the other end has no room for is tried again a little later.
      if (lane->due()) next = std::min(next, std::max(*lane->due(), now + Milliseconds(1)));
    }
  }
  connections_.remove_if([](const Connection& connection) {
    if (!connection.requests.over() || !connection.replies.over()) return false;
    close(connection.client);
    close(connection.server);
    return true;
  });
  return next;
}

void TcpGate::Drop() {
  for (const Connection& connection : connections_) {
    Reset(connection.client);
    Reset(connection.server);
  }
  connections_.clear();
}

void TcpGate::Serve() {
  const SystemClock clock;
  for (;;) {
    const Orders orders = TakeOrders();
    if (orders.drops || orders.ends) Drop();
    if (orders.ends) return;
    const SteadyTime now = clock.SteadyNow();
    const SteadyTime next = PassOn(orders.weather, now);

    std::vector<pollfd> watched = {{wake_, POLLIN, 0}, {listener_, POLLIN, 0}};
    std::vector<Lane*> lanes = {nullptr, nullptr};
    for (Connection& connection : connections_) {
      for (Lane* lane : {&connection.requests, &connection.replies}) {
        if (lane->at_end()) continue;
        watched.push_back({lane->from(), POLLIN, 0});
        lanes.push_back(lane);
      }
    }
    const auto patience = std::chrono::ceil<Milliseconds>(next - now);
    if (poll(watched.data(), watched.size(), static_cast<int>(patience.count())) < 0) continue;

    for (std::size_t i = 0; i < lanes.size(); ++i) {
      if (lanes[i] != nullptr && watched[i].revents != 0) lanes[i]->Read(orders.weather, clock.SteadyNow(), dice_);
    }
    std::uint64_t woken = 0;
    [[maybe_unused]] const ssize_t got = read(wake_, &woken, sizeof(woken));
    Accept();
  }
}

}  // namespace rota::chaos
