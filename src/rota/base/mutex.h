#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "rota/base/instant.h"

// Annotations that clang's -Wthread-safety checks; nothing to other compilers.
#if defined(__clang__)
#define ROTA_THREAD_ANNOTATION(x) __attribute__((x))
#else
#define ROTA_THREAD_ANNOTATION(x)
#endif
#define ROTA_GUARDED_BY(x) ROTA_THREAD_ANNOTATION(guarded_by(x))
#define ROTA_REQUIRES(...) ROTA_THREAD_ANNOTATION(requires_capability(__VA_ARGS__))
#define ROTA_EXCLUDES(...) ROTA_THREAD_ANNOTATION(locks_excluded(__VA_ARGS__))

namespace rota {

// A mutex that the compiler can reason about. A leaf: never held over a callback or I/O.
class ROTA_THREAD_ANNOTATION(capability("mutex")) Mutex {
 public:
  void Lock() ROTA_THREAD_ANNOTATION(acquire_capability()) { mutex_.lock(); }
  void Unlock() ROTA_THREAD_ANNOTATION(release_capability()) { mutex_.unlock(); }

 private:
  friend class CondVar;
  std::mutex mutex_;
};

// Holds a Mutex for a scope.
class ROTA_THREAD_ANNOTATION(scoped_lockable) MutexLock {
 public:
  explicit MutexLock(Mutex& mu) ROTA_THREAD_ANNOTATION(acquire_capability(mu)) : mu_(mu) { mu_.Lock(); }
  ~MutexLock() ROTA_THREAD_ANNOTATION(release_capability()) { mu_.Unlock(); }
  MutexLock(const MutexLock&) = delete;
  MutexLock& operator=(const MutexLock&) = delete;

 private:
  Mutex& mu_;
};

// A condition variable for a Mutex. Wake-ups may be spurious: wait in a loop.
class CondVar {
 public:
  void Wait(Mutex& mu) ROTA_REQUIRES(mu) {
    std::unique_lock<std::mutex> lock(mu.mutex_, std::adopt_lock);
    condition_.wait(lock);
    lock.release();
  }
  void WaitUntil(Mutex& mu, SteadyTime deadline) ROTA_REQUIRES(mu) {
    std::unique_lock<std::mutex> lock(mu.mutex_, std::adopt_lock);
    condition_.wait_until(lock, deadline);
    lock.release();
  }
  void NotifyOne() { condition_.notify_one(); }
  void NotifyAll() { condition_.notify_all(); }

 private:
  std::condition_variable condition_;
};

}  // namespace rota
