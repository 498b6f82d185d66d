// Handlers that write to a pipe, and not a mask with signalfd(): exec resets handlers but keeps a mask, and a program
// that a command starts could then not be stopped.
#include "rota/runtime/signal_watcher.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <utility>

#include "rota/base/check.h"
#include "rota/engine/worker_pool.h"

namespace rota {
namespace {

// Where the handlers write. NOLINTNEXTLINE(cppcoreguidelines-avoid-non-const-global-variables): they are given nothing
std::atomic<int> write_end = -1;
static_assert(std::atomic<int>::is_always_lock_free);

void Tell(int signal) {
  const int error = errno;
  const auto byte = static_cast<unsigned char>(signal);
  // A full pipe holds thousands of signals that nobody has looked at yet: one more tells nothing.
  [[maybe_unused]] const ssize_t written = write(write_end.load(), &byte, 1);
  errno = error;
}

void Handle(int signal, void (*handler)(int)) {
  struct sigaction action{};
  action.sa_handler = handler;
  action.sa_flags = SA_RESTART;
  sigemptyset(&action.sa_mask);
  sigaction(signal, &action, nullptr);
}

}  // namespace

SignalWatcher::SignalWatcher(std::function<void(int, int)> on_signal, std::function<void()> on_hangup)
    : on_signal_(std::move(on_signal)), on_hangup_(std::move(on_hangup)) {
  int ends[2];
  ROTA_CHECK(pipe2(ends, O_CLOEXEC) == 0, "descriptors for signals");
  fcntl(ends[1], F_SETFL, O_NONBLOCK);
  read_end_ = ends[0];
  ROTA_CHECK(write_end.exchange(ends[1]) == -1, "one watcher at a time");
  thread_ = std::thread([this] { Watch(); });
  Handle(SIGINT, Tell);
  Handle(SIGTERM, Tell);
  if (on_hangup_) Handle(SIGHUP, Tell);
  for (const int signal : {SIGPIPE, SIGXFSZ}) Handle(signal, [](int) {});
}

SignalWatcher::~SignalWatcher() {
  for (const int signal : {SIGINT, SIGTERM, SIGPIPE, SIGXFSZ}) Handle(signal, SIG_DFL);
  if (on_hangup_) Handle(SIGHUP, SIG_DFL);
  Tell(0);
  thread_.join();
  close(write_end.exchange(-1));
  close(read_end_);
}

void SignalWatcher::Watch() {
  NameThisThread("rota-signals");
  for (int count = 0;;) {
    unsigned char signal = 0;
    if (read(read_end_, &signal, 1) != 1) continue;  // Interrupted.
    if (signal == 0) return;
    if (signal == SIGHUP) {
      on_hangup_();
    } else {
      on_signal_(signal, ++count);
    }
  }
}

}  // namespace rota
