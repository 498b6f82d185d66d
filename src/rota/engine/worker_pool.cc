#include "rota/engine/worker_pool.h"

#include <pthread.h>

#include <utility>

#include "rota/base/check.h"

// One thread is woken at a time, and wakes the next when it has taken its work and more is left. Short work is thus
// done by the few threads that are awake, without the price of a wake-up for each; work that blocks costs the work
// behind it no more than that wake-up.

namespace rota {

void NameThisThread(const std::string& name) { pthread_setname_np(pthread_self(), name.substr(0, 15).c_str()); }

WorkerPool::WorkerPool(const std::string& name, int threads) {
  ROTA_CHECK(threads > 0, "a pool needs a thread");
  threads_.reserve(static_cast<std::size_t>(threads));
  try {
    for (int i = 0; i < threads; ++i) {
      threads_.emplace_back([this, name] {
        NameThisThread(name);
        Serve();
      });
    }
  } catch (...) {
    Join();
    throw;
  }
}

WorkerPool::~WorkerPool() { Join(); }

void WorkerPool::Join() {
  {
    MutexLock lock(mu_);
    closing_ = true;
  }
  changed_.NotifyAll();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::Post(std::function<void()> work) {
  MutexLock lock(mu_);
  queue_.push_back(std::move(work));
  WakeOne();
}

void WorkerPool::WakeOne() {
  if (waking_ || idle_ == 0) return;
  waking_ = true;
  changed_.NotifyOne();
}

void WorkerPool::Serve() {
  for (;;) {
    std::function<void()> work;
    {
      MutexLock lock(mu_);
      while (queue_.empty() && !closing_) {
        ++idle_;
        changed_.Wait(mu_);
        --idle_;
        waking_ = false;
      }
      if (queue_.empty()) return;
      work = std::move(queue_.front());
      queue_.pop_front();
      if (!queue_.empty()) WakeOne();
    }
    work();
  }
}

}  // namespace rota
