#include "rota/run/output_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "rota/base/format.h"

namespace rota {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using Subscription = OutputFeed::Subscription;

void Print(OutputFeed& feed, const std::string& task, const std::string& run_id, const std::string& text) {
  feed.Publish({{task, run_id, WallTime(), text}});
}

std::vector<std::string> Texts(const std::vector<OutputLine>& lines) {
  std::vector<std::string> texts;
  for (const OutputLine& line : lines) texts.push_back(line.text);
  return texts;
}

TEST(OutputFeed, HandsLinesToThoseWhoWatchThem) {
  OutputFeed feed;
  EXPECT_FALSE(feed.IsWatched("a", "1"));
  Subscription all(feed, {});
  Subscription task(feed, {.task = "a"});
  Subscription run(feed, {.run_id = "2"});
  Print(feed, "a", "1", "one");
  Print(feed, "a", "2", "two");
  Print(feed, "b", "3", "three");
  EXPECT_THAT(Texts(all.Take()), ElementsAre("one", "two", "three"));
  EXPECT_THAT(Texts(task.Take()), ElementsAre("one", "two"));
  EXPECT_THAT(Texts(run.Await()), ElementsAre("two"));
  EXPECT_THAT(all.Take(), IsEmpty());
}

TEST(OutputFeed, KnowsWhichRunsAreWatched) {
  OutputFeed feed;
  {
    const Subscription task(feed, {.task = "a"});
    EXPECT_TRUE(feed.IsWatched("a", "1"));
    EXPECT_FALSE(feed.IsWatched("b", "1"));
  }
  EXPECT_FALSE(feed.IsWatched("a", "1"));
}

TEST(OutputFeed, DropsAndCountsWhatASlowSubscriberMisses) {
  OutputFeed feed;
  Subscription slow(feed, {.max_bytes = 2 * sizeof(OutputLine)});
  Subscription fast(feed, {});
  for (int i = 1; i <= 5; ++i) Print(feed, "a", "1", std::to_string(i));
  EXPECT_THAT(Texts(slow.Take()), ElementsAre("1", "2"));
  EXPECT_THAT(Texts(fast.Take()), ElementsAre("1", "2", "3", "4", "5"));
  Print(feed, "a", "1", "6");
  Print(feed, "a", "1", "7");
  const std::vector<OutputLine> lines = slow.Take();
  EXPECT_THAT(Texts(lines), ElementsAre("6", "7"));
  EXPECT_EQ(lines[0].dropped, 3u);
  EXPECT_EQ(lines[1].dropped, 0u);
}

TEST(OutputFeed, LetsARunWaitForWhoAsksForThat) {
  OutputFeed feed;
  Subscription lines(feed, {.when_full = OutputFeed::WhenFull::kWait, .max_bytes = 2 * sizeof(OutputLine)});
  std::jthread run([&] {
    for (int i = 0; i < 1000; ++i) Print(feed, "a", "1", std::to_string(i));
    lines.Close();
  });
  std::vector<std::string> all;
  for (auto some = lines.Await(); !some.empty(); some = lines.Await()) {
    for (const OutputLine& line : some) all.push_back(line.text);
  }
  ASSERT_EQ(all.size(), 1000u);
  EXPECT_EQ(all.back(), "999");
}

TEST(OutputFeed, LetsNoRunWaitForASubscriberThatHasGone) {
  OutputFeed feed;
  auto lines = std::make_unique<Subscription>(
      feed, OutputFeed::Interest{.when_full = OutputFeed::WhenFull::kWait, .max_bytes = 1});
  Print(feed, "a", "1", "fills it");
  const std::jthread run([&] { Print(feed, "a", "1", "waits"); });
  lines.reset();
}

TEST(OutputFeed, LetsNoRunWaitThatIsToStop) {
  OutputFeed feed;
  Subscription lines(feed, {.when_full = OutputFeed::WhenFull::kWait, .max_bytes = 1});
  std::stop_source stop;
  {
    const std::jthread run([&] { feed.Publish({{"a", "1", {}, "1"}, {"a", "1", {}, "2"}}, stop.get_token()); });
    stop.request_stop();
  }
  feed.Publish({{"a", "1", {}, "3"}}, stop.get_token());
  EXPECT_THAT(Texts(lines.Take()), ElementsAre("1"));
  Print(feed, "a", "1", "4");
  const std::vector<OutputLine> rest = lines.Take();
  ASSERT_THAT(Texts(rest), ElementsAre("4"));
  EXPECT_EQ(rest[0].dropped, 2u);
}

TEST(OutputFeed, EndsTheWaitOfASubscriberThatIsClosed) {
  OutputFeed feed;
  Subscription lines(feed, {});
  Print(feed, "a", "1", "last");
  std::vector<std::string> seen;
  std::jthread reader([&] {
    for (auto some = lines.Await(); !some.empty(); some = lines.Await()) {
      for (const OutputLine& line : some) seen.push_back(line.text);
    }
  });
  lines.Close();
  reader.join();
  EXPECT_THAT(seen, ElementsAre("last"));
  Print(feed, "a", "1", "too late");
  EXPECT_THAT(lines.Take(), IsEmpty());
}

TEST(OutputFeed, KeepsTheLinesOfEachOfManyRunsInOrder) {
  OutputFeed feed;
  Subscription lines(feed, {.max_bytes = 100'000'000});
  {
    std::vector<std::jthread> runs;
    for (int r = 0; r < 4; ++r) {
      runs.emplace_back([&feed, r] {
        for (int i = 0; i < 500; ++i) Print(feed, "a", std::to_string(r), std::to_string(i));
      });
    }
  }
  std::vector<int> next(4);
  for (const OutputLine& line : lines.Take()) {
    const auto run = static_cast<std::size_t>(std::stoi(line.run_id));
    EXPECT_EQ(line.text, std::to_string(next[run]++));
  }
  EXPECT_THAT(next, ElementsAre(500, 500, 500, 500));
}

}  // namespace
}  // namespace rota
