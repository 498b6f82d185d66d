#include "listener.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>
#include <vector>

namespace rota::redis_test {

Listener::Listener(std::string greeting)
    : greeting_(std::move(greeting)), fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  auto* const raw = reinterpret_cast<sockaddr*>(&address);
  if (bind(fd_, raw, size) != 0 || listen(fd_, 16) != 0 || getsockname(fd_, raw, &size) != 0) {
    throw std::runtime_error("cannot listen on 127.0.0.1");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([this](const std::stop_token& stop) { Serve(stop); });
}

Listener::~Listener() {
  thread_.request_stop();
  thread_.join();
  close(fd_);
}

void Listener::Serve(const std::stop_token& stop) const {
  std::vector<int> connections;
  while (!stop.stop_requested()) {
    pollfd waiting{.fd = fd_, .events = POLLIN, .revents = 0};
    if (poll(&waiting, 1, 20) != 1) continue;
    const int connection = accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
    if (connection < 0) continue;
    connections.push_back(connection);
    if (!greeting_.empty()) send(connection, greeting_.data(), greeting_.size(), MSG_NOSIGNAL);
  }
  for (const int connection : connections) close(connection);
}

}  // namespace rota::redis_test
