#pragma once

#include <string>
#include <thread>

namespace rota::redis_test {

// A server that takes connections, says the same to each, and never answers.
class Listener {
 public:
  explicit Listener(std::string greeting = "");
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  int port() const { return port_; }

 private:
  void Serve(const std::stop_token& stop) const;

  std::string greeting_;
  int fd_ = -1;
  int port_ = 0;
  std::jthread thread_;  // Last: joined before the rest goes.
};

}  // namespace rota::redis_test
