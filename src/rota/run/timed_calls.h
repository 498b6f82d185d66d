#pragma once

#include <cstddef>
#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "rota/base/instant.h"
#include "rota/base/mutex.h"
#include "rota/base/status.h"
#include "rota/time/clock.h"

namespace rota {

// Calls functions of a user's that may never return, on threads of its own: the caller waits so long and no longer. The
// thread of a call that is overdue is given up until that call ends, and another one takes its place; a function that
// is overdue is not called again before. Threads are started when they are needed. Thread-safe.
class TimedCalls {
 public:
  // How many calls may be overdue before none is made any more.
  static constexpr std::size_t kMostOverdue = 64;

  // `name` shows in debuggers and top. The clock outlives this.
  TimedCalls(std::string name, Clock& clock) : name_(std::move(name)), clock_(clock) {}
  // Waits for every call to end: where one is overdue, end the process instead.
  ~TimedCalls();
  TimedCalls(const TimedCalls&) = delete;
  TimedCalls& operator=(const TimedCalls&) = delete;

  // Calls the function and waits until it ended. `key` says whose function it is; what the function uses must live as
  // long as it does. Errors: kFailed "threw: …", kUnavailable "did not answer within 10s" or why it was not called,
  // kCancelled when `stop` was set.
  Status Call(const std::string& key, std::function<void()> function, Milliseconds timeout,
              const std::stop_token& stop = {});

  // The calls that nobody waits for any more and that last.
  std::size_t overdue();

 private:
  struct Work {
    std::string key;
    std::function<void()> function;
    bool given_up = false;
    bool ended = false;
    Status status;
  };
  Status Enqueue(const std::shared_ptr<Work>& work) ROTA_REQUIRES(mu_);
  void Serve();
  void End(Work& work, Status status) ROTA_REQUIRES(mu_);

  // Constant after construction.
  const std::string name_;
  Clock& clock_;

  Mutex mu_;
  CondVar changed_;
  std::deque<std::shared_ptr<Work>> queue_ ROTA_GUARDED_BY(mu_);
  std::multiset<std::string> overdue_ ROTA_GUARDED_BY(mu_);  // Their keys.
  std::size_t idle_ ROTA_GUARDED_BY(mu_) = 0;                // Threads that wait for work.
  bool closing_ ROTA_GUARDED_BY(mu_) = false;
  std::vector<std::thread> threads_ ROTA_GUARDED_BY(mu_);
};

}  // namespace rota
