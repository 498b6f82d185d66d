#pragma once

#include <deque>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "rota/base/mutex.h"

namespace rota {

// A fixed number of named threads that carry out posted work in the order it came. The destructor finishes what was
// posted and joins: work must end by itself. Thread-safe.
class WorkerPool {
 public:
  // `name` shows in debuggers and top; at most 15 characters. Throws std::system_error when the system
  // has no more threads. REQUIRES: threads > 0.
  WorkerPool(const std::string& name, int threads);
  ~WorkerPool();
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;

  // Work must not throw.
  void Post(std::function<void()> work);

 private:
  void Serve();
  void Join();
  void WakeOne() ROTA_REQUIRES(mu_);

  Mutex mu_;
  CondVar changed_;
  std::deque<std::function<void()>> queue_ ROTA_GUARDED_BY(mu_);
  std::size_t idle_ ROTA_GUARDED_BY(mu_) = 0;  // Threads that wait for work.
  bool waking_ ROTA_GUARDED_BY(mu_) = false;   // One of them was notified and has not come yet.
  bool closing_ ROTA_GUARDED_BY(mu_) = false;

  std::vector<std::thread> threads_;  // Constant after construction.
};

// Names the calling thread; at most 15 characters count.
void NameThisThread(const std::string& name);

}  // namespace rota
