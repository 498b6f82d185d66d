#pragma once

#include <functional>
#include <thread>

namespace rota {

// Turns SIGINT and SIGTERM, and SIGHUP where it is asked for, into calls on a thread of its own, where anything may be
// done. SIGPIPE and SIGXFSZ do
// nothing as long as it lives: a reader that went away, or a file that may not grow, is an error of write(), not the
// end of the program. Programs that commands start with system() or popen() get all of them as usual. One at a time in
// a process.
class SignalWatcher {
 public:
  // `on_signal` gets the signal's number and how many have come, this one included. Without `on_hangup`, SIGHUP does
  // what it did before.
  explicit SignalWatcher(std::function<void(int signal, int count)> on_signal, std::function<void()> on_hangup = {});
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

 private:
  void Watch();

  const std::function<void(int, int)> on_signal_;
  const std::function<void()> on_hangup_;
  int read_end_ = -1;  // Of a pipe: each byte is a signal's number, 0 the end.
  std::thread thread_;
};

}  // namespace rota
