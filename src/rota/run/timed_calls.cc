// A call is shared by who waits for it and the thread that makes it; both touch it under the mutex only, but for the
// function, which is the thread's. Whoever comes first decides: a call that ended is not given up, and one that was
// given up tells nobody how it ended. What has not been begun when its caller leaves is taken back.
#include "rota/run/timed_calls.h"

#include <algorithm>
#include <system_error>
#include <utility>

#include "rota/base/format.h"
#include "rota/engine/worker_pool.h"
#include "rota/run/user_code.h"
#include "rota/time/format.h"

namespace rota {

TimedCalls::~TimedCalls() {
  std::vector<std::thread> threads;
  {
    const MutexLock lock(mu_);
    closing_ = true;
    threads = std::move(threads_);
  }
  changed_.NotifyAll();
  for (std::thread& thread : threads) thread.join();
}

Status TimedCalls::Call(const std::string& key, std::function<void()> function, Milliseconds timeout,
                        const std::stop_token& stop) {
  const auto work = std::make_shared<Work>();
  work->key = key;
  work->function = std::move(function);
  // Outlives the lock: its end waits for a callback that takes it.
  const std::stop_callback wake(stop, [this] {
    const MutexLock lock(mu_);
    changed_.NotifyAll();
  });
  const MutexLock lock(mu_);
  if (Status queued = Enqueue(work); !queued.ok()) return queued;
  const SteadyTime deadline = clock_.SteadyNow() + timeout;
  while (!work->ended && !stop.stop_requested() && clock_.SteadyNow() < deadline) {
    clock_.Wait(mu_, changed_, deadline);
  }
  if (work->ended) return work->status;
  if (std::erase(queue_, work) == 0) {
    work->given_up = true;
    overdue_.insert(key);
  }
  if (stop.stop_requested()) return Status(StatusCode::kCancelled, "stopped");
  return Unavailable("did not answer within {}", FormatDuration(timeout));
}

Status TimedCalls::Enqueue(const std::shared_ptr<Work>& work) {
  if (overdue_.contains(work->key)) return Unavailable("was not asked: an earlier call of it has not ended yet");
  if (overdue_.size() >= kMostOverdue) {
    return Unavailable("was not asked: {} calls of others have not ended", overdue_.size());
  }
  if (idle_ <= queue_.size()) {
    try {
      threads_.emplace_back([this] {
        NameThisThread(name_);
        Serve();
      });
    } catch (const std::system_error& error) {
      return Unavailable("was not asked: a thread cannot be started: {}", error);
    }
  }
  queue_.push_back(work);
  changed_.NotifyAll();
  return Status::Ok();
}

std::size_t TimedCalls::overdue() {
  const MutexLock lock(mu_);
  return overdue_.size();
}

void TimedCalls::Serve() {
  std::shared_ptr<Work> work;
  Status status;
  for (;;) {
    {
      const MutexLock lock(mu_);
      if (work) End(*work, std::move(status));
      ++idle_;
      while (queue_.empty() && !closing_) changed_.Wait(mu_);
      --idle_;
      if (queue_.empty()) return;
      work = std::move(queue_.front());
      queue_.pop_front();
    }
    status = CallFunction(work->function);
    work->function = nullptr;  // Its end too is the user's code.
  }
}

void TimedCalls::End(Work& work, Status status) {
  work.status = std::move(status);
  work.ended = true;
  if (work.given_up) overdue_.erase(overdue_.find(work.key));
  changed_.NotifyAll();
}

}  // namespace rota
