// A run hands its lines over without the feed's mutex: each queue has its own, and a queue that is full holds up the
// run alone that waits for it, at its subscriber's wish, until that run is to stop. A subscription that ends while
// lines are handed to it leaves its queue to the last who holds it; it was closed before, so that nobody waits for room
// in it any more.
#include "rota/run/output_feed.h"

#include <algorithm>
#include <stop_token>
#include <utility>

namespace rota {

struct OutputFeed::Queue {
  explicit Queue(Interest given) : interest(std::move(given)) {}

  bool Wants(std::string_view task, std::string_view run_id) const {
    return (!interest.task || *interest.task == task) && (!interest.run_id || *interest.run_id == run_id);
  }

  void Push(const std::vector<OutputLine>& some, const std::stop_token& stop) {
    // Outlives the lock: its end waits for a callback that takes it.
    const std::stop_callback wake(stop, [this] {
      MutexLock lock(mu);
      changed.NotifyAll();
    });
    MutexLock lock(mu);
    for (const OutputLine& line : some) {
      const bool waits = interest.when_full == WhenFull::kWait;
      while (waits && IsFull() && !closed && !stop.stop_requested()) changed.Wait(mu);
      if (closed) return;
      Add(line);
    }
  }

  void Add(const OutputLine& line) ROTA_REQUIRES(mu) {
    if (IsFull()) {
      ++dropped;
      return;
    }
    bytes += line.text.size();
    lines.push_back(line);
    lines.back().dropped = std::exchange(dropped, 0);
    changed.NotifyAll();
  }

  bool IsFull() const ROTA_REQUIRES(mu) { return bytes + lines.size() * sizeof(OutputLine) >= interest.max_bytes; }

  std::vector<OutputLine> TakeAll() ROTA_REQUIRES(mu) {
    bytes = 0;
    changed.NotifyAll();
    return std::exchange(lines, {});
  }

  const Interest interest;
  Mutex mu;
  CondVar changed;
  std::vector<OutputLine> lines ROTA_GUARDED_BY(mu);
  std::size_t bytes ROTA_GUARDED_BY(mu) = 0;
  std::uint64_t dropped ROTA_GUARDED_BY(mu) = 0;  // Since the last line.
  bool closed ROTA_GUARDED_BY(mu) = false;
};

OutputFeed::Subscription::Subscription(OutputFeed& feed, Interest interest)
    : feed_(feed), queue_(std::make_shared<Queue>(std::move(interest))) {
  MutexLock lock(feed_.mu_);
  feed_.queues_.push_back(queue_);
  feed_.watchers_ = feed_.queues_.size();
}

OutputFeed::Subscription::~Subscription() {
  Close();
  MutexLock lock(feed_.mu_);
  std::erase(feed_.queues_, queue_);
  feed_.watchers_ = feed_.queues_.size();
}

std::vector<OutputLine> OutputFeed::Subscription::Await() {
  MutexLock lock(queue_->mu);
  while (queue_->lines.empty() && !queue_->closed) queue_->changed.Wait(queue_->mu);
  return queue_->TakeAll();
}

std::vector<OutputLine> OutputFeed::Subscription::Take() {
  MutexLock lock(queue_->mu);
  return queue_->TakeAll();
}

void OutputFeed::Subscription::Close() {
  MutexLock lock(queue_->mu);
  queue_->closed = true;
  queue_->changed.NotifyAll();
}

bool OutputFeed::IsWatched(std::string_view task, std::string_view run_id) const {
  if (watchers_ == 0) return false;
  MutexLock lock(mu_);
  return std::ranges::any_of(queues_, [&](const auto& queue) { return queue->Wants(task, run_id); });
}

void OutputFeed::Publish(const std::vector<OutputLine>& lines, const std::stop_token& stop) {
  std::vector<std::shared_ptr<Queue>> queues;
  {
    MutexLock lock(mu_);
    queues = queues_;
  }
  for (const auto& queue : queues) {
    if (!queue->Wants(lines.front().task, lines.front().run_id)) continue;
    queue->Push(lines, stop);
  }
}

}  // namespace rota
