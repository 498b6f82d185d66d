#pragma once

#include <functional>
#include <thread>

namespace rota {

// Turns SIGINT and SIGTERM into calls on a thread of its own, where anything may be done. Make it before any other
// thread: it blocks the signals in the calling thread, and threads started later inherit that. SIGPIPE is ignored as
// long as it lives: a reader that went away is an error of write(), not the end of the program.
class SignalWatcher {
 public:
  // `on_signal` gets the signal's number and how many have come, this one included.
  explicit SignalWatcher(std::function<void(int signal, int count)> on_signal);
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

 private:
  void Watch();

  const std::function<void(int, int)> on_signal_;
  int signals_ = -1;  // A signalfd.
  int ending_ = -1;   // An eventfd.
  std::thread thread_;
};

}  // namespace rota
