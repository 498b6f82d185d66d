#include "rota/run/timed_calls.h"

#include <gtest/gtest.h>

#include <atomic>
#include <future>
#include <stdexcept>

#include "rota/testing/fake_clock.h"

namespace rota {
namespace {

using std::chrono::seconds;

constexpr seconds kTimeout(10);

class TimedCallsTest : public testing::Test {
 protected:
  // Makes a call that lasts until `end` is set, and gives it up.
  void Hang(const std::string& key) {
    std::promise<void> begun;
    std::future<Status> status = std::async(std::launch::async, [&] {
      return calls_.Call(
          key,
          [&begun, end = end_.get_future().share()] {
            begun.set_value();
            end.wait();
          },
          kTimeout);
    });
    begun.get_future().wait();
    clock_.AwaitWaiters(1);
    clock_.Advance(kTimeout);
    EXPECT_EQ(status.get(), Unavailable("did not answer within 10s"));
    EXPECT_EQ(calls_.overdue(), 1u);
  }

  FakeClock clock_{WallTime()};
  std::promise<void> end_;
  TimedCalls calls_{"test-calls", clock_};
};

TEST_F(TimedCallsTest, ReturnWhenTheFunctionDid) {
  int calls = 0;
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(calls_.Call("a", [&calls] { ++calls; }, kTimeout).ok());
  EXPECT_EQ(calls, 100);
  EXPECT_EQ(calls_.overdue(), 0u);
}

TEST_F(TimedCallsTest, TellWhatTheFunctionThrew) {
  EXPECT_EQ(
      calls_.Call("a", [] { throw std::runtime_error("no such table"); }, kTimeout), Errorf("threw: no such table"));
  EXPECT_EQ(calls_.Call("a", [] { throw 7; }, kTimeout), Errorf("threw something that is not a std::exception"));
}

TEST_F(TimedCallsTest, GiveUpWhatDoesNotEndAndGoOnWithOthers) {
  Hang("a");
  EXPECT_EQ(calls_.Call(
                "a", [] { ADD_FAILURE(); }, kTimeout),
            Unavailable("was not asked: an earlier call of it has not ended yet"));
  EXPECT_TRUE(calls_.Call("b", [] {}, kTimeout).ok());
  end_.set_value();
}

TEST_F(TimedCallsTest, CallAFunctionAgainOnceItsOverdueCallEnded) {
  Hang("a");
  end_.set_value();
  while (calls_.overdue() > 0) std::this_thread::yield();
  EXPECT_TRUE(calls_.Call("a", [] {}, kTimeout).ok());
}

TEST_F(TimedCallsTest, AreLeftWhenTheCallerIsStopped) {
  std::stop_source stop;
  const Status status = calls_.Call(
      "a",
      [&stop, end = end_.get_future().share()] {
        stop.request_stop();
        end.wait();
      },
      kTimeout, stop.get_token());
  EXPECT_EQ(status, Status(StatusCode::kCancelled, "stopped"));
  EXPECT_EQ(calls_.overdue(), 1u);
  end_.set_value();
}

TEST_F(TimedCallsTest, RunSideBySide) {
  // Each waits for the other.
  std::promise<void> first;
  std::promise<void> second;
  std::future<Status> one = std::async(std::launch::async, [&] {
    return calls_.Call(
        "a",
        [&] {
          first.set_value();
          second.get_future().wait();
        },
        kTimeout);
  });
  EXPECT_TRUE(calls_
                  .Call(
                      "b",
                      [&] {
                        second.set_value();
                        first.get_future().wait();
                      },
                      kTimeout)
                  .ok());
  EXPECT_TRUE(one.get().ok());
}

}  // namespace
}  // namespace rota
