#include "rota/engine/worker_pool.h"

#include <gtest/gtest.h>
#include <pthread.h>

#include <atomic>
#include <latch>
#include <string>

namespace rota {
namespace {

TEST(WorkerPool, RunsAsMuchAtOnceAsItHasThreads) {
  std::latch all_running(3);
  WorkerPool pool("test", 3);
  for (int i = 0; i < 3; ++i) pool.Post([&all_running] { all_running.arrive_and_wait(); });
  all_running.wait();  // Would hang with fewer threads.
}

TEST(WorkerPool, KeepsTheOrderOnOneThread) {
  std::vector<int> seen;
  {
    WorkerPool pool("test", 1);
    for (int i = 0; i < 100; ++i) pool.Post([&seen, i] { seen.push_back(i); });
  }
  ASSERT_EQ(seen.size(), 100u);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(seen[static_cast<std::size_t>(i)], i);
}

TEST(WorkerPool, FinishesWhatWasPostedBeforeItEnds) {
  std::atomic<int> done = 0;
  {
    WorkerPool pool("test", 2);
    for (int i = 0; i < 1000; ++i) pool.Post([&done] { ++done; });
  }
  EXPECT_EQ(done, 1000);
}

TEST(WorkerPool, NamesItsThreads) {
  char name[16] = "";
  {
    WorkerPool pool("rota-worker", 1);
    pool.Post([&name] { pthread_getname_np(pthread_self(), name, sizeof(name)); });
  }
  EXPECT_EQ(std::string(name), "rota-worker");
}

}  // namespace
}  // namespace rota
