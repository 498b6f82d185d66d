#include "rota/engine/event_lane.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "rota/base/format.h"
#include "rota/base/mutex.h"

namespace rota {
namespace {

using testing::ElementsAre;

class Names final : public EventSink {
 public:
  void Publish(const Event& event) override { seen.push_back(event.detail + " on " + NameOfThisThread()); }

  std::vector<std::string> seen;  // Of one thread at a time; read after Drain().

 private:
  static std::string NameOfThisThread() {
    char name[16] = "";
    pthread_getname_np(pthread_self(), name, sizeof(name));
    return name;
  }
};

TEST(EventLane, PublishesInOrderOnAThreadOfItsOwn) {
  Names names;
  EventLane lane(names);
  for (int i = 0; i < 1000; ++i) {
    Event event;
    event.detail = Format("{}", i);
    lane.Publish(std::move(event));
  }
  lane.Drain();
  ASSERT_EQ(names.seen.size(), 1000u);
  for (std::size_t i = 0; i < 1000; ++i) EXPECT_EQ(names.seen[i], Format("{} on rota-events", i));
}

// Stands still until it is told to go on, like a console that is paused.
class Paused final : public EventSink {
 public:
  void Publish(const Event& event) override {
    MutexLock lock(mu_);
    entered_ = true;
    changed_.NotifyAll();
    while (!going_) changed_.Wait(mu_);
    seen_.push_back(Format("{} {}", Name(event.kind), event.detail));
    if (event.kind == EventKind::kEventsDropped) gap_at_ = event.at;
  }
  void AwaitFirst() {
    MutexLock lock(mu_);
    while (!entered_) changed_.Wait(mu_);
  }
  void GoOn() {
    MutexLock lock(mu_);
    going_ = true;
    changed_.NotifyAll();
  }
  std::vector<std::string> seen() const {
    MutexLock lock(mu_);
    return seen_;
  }
  WallTime gap_at() const {
    MutexLock lock(mu_);
    return gap_at_;
  }

 private:
  mutable Mutex mu_;
  CondVar changed_;
  bool entered_ ROTA_GUARDED_BY(mu_) = false;
  bool going_ ROTA_GUARDED_BY(mu_) = false;
  std::vector<std::string> seen_ ROTA_GUARDED_BY(mu_);
  WallTime gap_at_ ROTA_GUARDED_BY(mu_);
};

Event Numbered(int number) {
  Event event;
  event.at = WallTime(std::chrono::seconds(number));
  event.detail = Format("{}", number);
  return event;
}

TEST(EventLane, DropsAndCountsWhatASinkThatStandsStillDoesNotTake) {
  Paused sink;
  EventLane lane(sink, {.events = 4});
  lane.Publish(Numbered(0));
  sink.AwaitFirst();
  for (int i = 1; i < 10; ++i) lane.Publish(Numbered(i));
  sink.GoOn();
  lane.Drain();
  lane.Publish(Numbered(10));
  lane.Drain();
  EXPECT_THAT(sink.seen(), ElementsAre("server_started 0", "server_started 1", "server_started 2", "server_started 3",
                                       "events_dropped 6 dropped while nothing took them; outcomes are in the store",
                                       "server_started 10"));
  EXPECT_EQ(sink.gap_at(), WallTime(std::chrono::seconds(4)));
}

TEST(EventLane, KeepsNoMoreBytesThanItMay) {
  Paused sink;
  EventLane lane(sink, {.bytes = 100'000});
  lane.Publish(Numbered(0));
  sink.AwaitFirst();
  Event large = Numbered(1);
  large.record.emplace().output_tail = std::string(120'000, 'x');
  lane.Publish(large);
  lane.Publish(Numbered(2));
  sink.GoOn();
  lane.Drain();
  EXPECT_THAT(sink.seen(), ElementsAre("server_started 0",
                                       "events_dropped 2 dropped while nothing took them; outcomes are in the store"));
}

}  // namespace
}  // namespace rota
