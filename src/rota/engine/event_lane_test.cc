#include "rota/engine/event_lane.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "rota/base/format.h"

namespace rota {
namespace {

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

}  // namespace
}  // namespace rota
