#pragma once

#include <cstddef>
#include <functional>
#include <limits>
#include <list>
#include <memory>
#include <random>
#include <string>
#include <thread>

#include "rota/base/instant.h"
#include "rota/base/mutex.h"

namespace rota::chaos {

// What a network does to what goes through it.
struct Weather {
  bool passes_requests = true;    // False: what clients send is held back until it is true again, also when they have
  bool passes_replies = true;     // given up meanwhile; the same of what the server sends.
  bool takes_connections = true;  // False: new ones are closed at once.
  std::size_t most_bytes = std::numeric_limits<std::size_t>::max();  // Larger pieces are broken up.
  Milliseconds most_delay{};                                         // Each piece comes late by up to this.
};

// A port of this machine that leads to another one, through whatever weather it is told. Bytes stay in order, as TCP
// keeps them. Thread-safe.
class TcpGate {
 public:
  // Fair weather at first.
  explicit TcpGate(int target_port);
  ~TcpGate();
  TcpGate(const TcpGate&) = delete;
  TcpGate& operator=(const TcpGate&) = delete;

  int port() const { return port_; }
  void Set(const Weather& weather) ROTA_EXCLUDES(mu_);
  // Resets all connections; what they hold is lost.
  void DropConnections() ROTA_EXCLUDES(mu_);

 private:
  struct Connection;
  struct Orders {
    Weather weather;
    bool drops = false;
    bool ends = false;
  };

  void Give(const std::function<void(Orders&)>& order) ROTA_EXCLUDES(mu_);
  Orders TakeOrders() ROTA_EXCLUDES(mu_);
  void Serve();
  SteadyTime PassOn(const Weather& weather, SteadyTime now);
  bool TakesConnections() ROTA_EXCLUDES(mu_);
  void Accept();
  void Drop();

  Mutex mu_;
  Orders orders_ ROTA_GUARDED_BY(mu_);

  // Constant after construction.
  const int target_port_;
  int listener_ = -1;
  int wake_ = -1;  // An eventfd.
  int port_ = 0;

  // Of the gate's thread.
  std::list<Connection> connections_;
  std::mt19937_64 dice_;

  std::thread thread_;
};

}  // namespace rota::chaos
