#include "rota/runtime/signal_watcher.h"

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

#include "rota/base/check.h"
#include "rota/engine/worker_pool.h"

namespace rota {
namespace {

sigset_t Watched() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGINT);
  sigaddset(&set, SIGTERM);
  return set;
}

}  // namespace

SignalWatcher::SignalWatcher(std::function<void(int, int)> on_signal) : on_signal_(std::move(on_signal)) {
  const sigset_t set = Watched();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  signal(SIGPIPE, SIG_IGN);
  signals_ = signalfd(-1, &set, SFD_CLOEXEC);
  ending_ = eventfd(0, EFD_CLOEXEC);
  ROTA_CHECK(signals_ >= 0 && ending_ >= 0, "descriptors for signals");
  thread_ = std::thread([this] { Watch(); });
}

SignalWatcher::~SignalWatcher() {
  const std::uint64_t one = 1;
  ROTA_CHECK(write(ending_, &one, sizeof(one)) == sizeof(one), "an eventfd takes a one");
  thread_.join();
  close(signals_);
  close(ending_);
  signal(SIGPIPE, SIG_DFL);
  const sigset_t set = Watched();
  pthread_sigmask(SIG_UNBLOCK, &set, nullptr);
}

void SignalWatcher::Watch() {
  NameThisThread("rota-signals");
  for (int count = 0;;) {
    pollfd watched[] = {{signals_, POLLIN, 0}, {ending_, POLLIN, 0}};
    if (poll(watched, 2, -1) < 0) continue;  // Interrupted.
    if (watched[1].revents != 0) return;
    signalfd_siginfo info{};
    if (read(signals_, &info, sizeof(info)) == sizeof(info)) on_signal_(static_cast<int>(info.ssi_signo), ++count);
  }
}

}  // namespace rota
