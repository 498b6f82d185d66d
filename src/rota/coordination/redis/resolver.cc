#include "rota/coordination/redis/resolver.h"

#include <netdb.h>
#include <pthread.h>

#include <cstring>
#include <optional>
#include <system_error>
#include <thread>
#include <utility>

namespace rota::redis {
namespace {

using Addresses = Result<std::vector<SocketAddress>>;

Addresses LookUp(const std::string& host, int port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* found = nullptr;
  const int error = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
  if (error != 0) return Fail(Unavailable("host \"{}\": {}", host, gai_strerror(error)));
  std::vector<SocketAddress> addresses;
  for (const addrinfo* info = found; info != nullptr; info = info->ai_next) {
    SocketAddress& address = addresses.emplace_back();
    address.size = info->ai_addrlen;
    std::memcpy(&address.storage, info->ai_addr, info->ai_addrlen);
  }
  freeaddrinfo(found);
  return addresses;
}

}  // namespace

// Has its own mutex, so that its thread needs nothing of the resolver.
struct Resolver::Lookup {
  Mutex mu;
  CondVar done;
  std::optional<Addresses> addresses ROTA_GUARDED_BY(mu);
  std::jthread thread;  // Last: joined before the rest goes.

  void Finish(Addresses found) {
    const MutexLock lock(mu);
    addresses = std::move(found);
    done.NotifyAll();
  }
};

Resolver::~Resolver() = default;

Addresses Resolver::Resolve(const std::string& host, int port, const Deadline& deadline) {
  if (Addresses numeric = LookUp(host, port, AI_NUMERICHOST | AI_NUMERICSERV)) return numeric;
  const std::string key = host + ' ' + std::to_string(port);
  std::shared_ptr<Lookup> lookup;
  try {
    const MutexLock lock(mu_);
    std::shared_ptr<Lookup>& running = lookups_[key];
    if (running == nullptr) {
      lookup = std::make_shared<Lookup>();
      lookup->thread = std::jthread([host, port, own = lookup.get()] {
        pthread_setname_np(pthread_self(), "rota-resolver");
        own->Finish(LookUp(host, port, AI_NUMERICSERV));
      });
      running = lookup;
    }
    lookup = running;
  } catch (const std::system_error& error) {  // No thread is to be had.
    return Fail(Unavailable("host \"{}\": {}", host, error));
  }
  std::optional<Addresses> addresses;
  {
    const MutexLock lock(lookup->mu);
    while (!lookup->addresses && deadline.Left() > Milliseconds(0)) {
      lookup->done.WaitUntil(lookup->mu, deadline.at());
    }
    addresses = lookup->addresses;
  }
  if (!addresses) return Fail(Unavailable("host \"{}\": not resolved within {} ms", host, deadline.allowed().count()));
  const MutexLock lock(mu_);
  // The next question is a new look-up; another caller may have begun it already.
  if (const auto it = lookups_.find(key); it != lookups_.end() && it->second == lookup) lookups_.erase(it);
  return *std::move(addresses);
}

}  // namespace rota::redis
