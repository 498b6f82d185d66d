#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/instant.h"
#include "rota/base/mutex.h"
#include "rota/schedule/task.h"

namespace rota {

// A line that a run printed: printable as PrintableLine() has it, without its line end.
struct OutputLine {
  TaskId task;
  std::string run_id;
  WallTime at;
  std::string text;
  std::uint64_t dropped = 0;  // So many lines before it are missing, since this subscriber was too slow.
};

// What the runs of this process print, as they print it, for whoever watches. A subscriber has a queue of bounded size:
// when that is full, its lines are dropped and counted, so that a slow one slows no run; or, where it asks for that,
// the run waits, until it is asked to stop: the thread that waits is the one that has to pass a stop on.
//
//   OutputFeed::Subscription lines(feed, {.task = "backup:run"});
//   for (auto some = lines.Await(); !some.empty(); some = lines.Await()) { … }  // Until lines.Close().
//
// Outlives its subscriptions. Thread-safe.
class OutputFeed {
 private:
  struct Queue;

 public:
  enum class WhenFull { kDropLines, kWait };
  struct Interest {
    std::optional<TaskId> task = {};         // Nothing: of all tasks.
    std::optional<std::string> run_id = {};  // Nothing: of all runs.
    WhenFull when_full = WhenFull::kDropLines;
    std::size_t max_bytes = 1024 * 1024;
  };

  // From its making to its end, or Close(). Thread-safe.
  class Subscription {
   public:
    Subscription(OutputFeed& feed, Interest interest);
    ~Subscription();
    Subscription(const Subscription&) = delete;
    Subscription& operator=(const Subscription&) = delete;

    // Waits for lines and returns all there are; none once it was closed and they are taken.
    std::vector<OutputLine> Await();
    // All there are now.
    std::vector<OutputLine> Take();
    // No more lines come.
    void Close();

   private:
    OutputFeed& feed_;
    const std::shared_ptr<Queue> queue_;
  };

  // Whether somebody watches this run. Costs next to nothing while nobody watches any.
  bool IsWatched(std::string_view task, std::string_view run_id) const;
  // Hands lines of one run, in their order, to those who watch it; once `stop` was requested, it waits for nobody.
  // REQUIRES: not empty.
  void Publish(const std::vector<OutputLine>& lines, const std::stop_token& stop = {});

 private:
  std::atomic<std::size_t> watchers_ = 0;
  mutable Mutex mu_;
  std::vector<std::shared_ptr<Queue>> queues_ ROTA_GUARDED_BY(mu_);
};

}  // namespace rota
