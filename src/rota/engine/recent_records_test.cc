#include "rota/engine/recent_records.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace rota {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;

constexpr SteadyTime kStart{std::chrono::hours(1)};

OccurrenceRecord Record(const std::string& run_id, std::size_t output = 0) {
  OccurrenceRecord record;
  record.run_id = run_id;
  record.output_tail = std::string(output, 'x');
  return record;
}

std::vector<std::string> Kept(const RecentRecords& recent) {
  std::vector<std::string> run_ids;
  for (const OccurrenceRecord& record : recent.All()) run_ids.push_back(record.run_id);
  return run_ids;
}

TEST(RecentRecords, ForgetsWhatIsOlderThanTwoMinutes) {
  RecentRecords recent;
  recent.Add(Record("a"), kStart);
  recent.Add(Record("b"), kStart + seconds(60));
  recent.Add(Record("c"), kStart + minutes(2));
  EXPECT_THAT(Kept(recent), ElementsAre("a", "b", "c"));
  recent.Add(Record("d"), kStart + minutes(2) + seconds(1));
  EXPECT_THAT(Kept(recent), ElementsAre("b", "c", "d"));
}

TEST(RecentRecords, ForgetsTheOldestWhereTheyGrowTooLarge) {
  RecentRecords recent(10'000);
  recent.Add(Record("a", 4'000), kStart);
  recent.Add(Record("b", 4'000), kStart);
  EXPECT_THAT(Kept(recent), ElementsAre("a", "b"));
  recent.Add(Record("c", 4'000), kStart);
  EXPECT_THAT(Kept(recent), ElementsAre("b", "c"));
  recent.Add(Record("too large", 20'000), kStart);
  EXPECT_THAT(Kept(recent), ElementsAre());
  recent.Add(Record("d"), kStart);
  EXPECT_THAT(Kept(recent), ElementsAre("d"));
}

}  // namespace
}  // namespace rota
