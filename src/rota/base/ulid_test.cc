#include "rota/base/ulid.h"

#include <gtest/gtest.h>

#include <set>

namespace rota {
namespace {

WallTime At(std::int64_t ms) { return WallTime(Milliseconds(ms)); }

TEST(UlidSource, BeginsWithTheTime) {
  UlidSource source(1);
  const std::string id = source.Next(At(1469918176385));
  EXPECT_EQ(id.size(), 26u);
  EXPECT_EQ(id.substr(0, 10), "01ARYZ6S41");  // The example of the specification.
}

TEST(UlidSource, IncreasesWithinAMillisecondAndWhenTheClockGoesBack) {
  UlidSource source(7);
  std::string last;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = source.Next(At(1000 - i / 100));
    EXPECT_GT(id, last);
    last = id;
  }
}

TEST(UlidSource, DiffersBetweenSeeds) {
  std::set<std::string> ids;
  for (std::uint64_t seed = 0; seed < 100; ++seed) ids.insert(UlidSource(seed).Next(At(5)));
  EXPECT_EQ(ids.size(), 100u);
}

}  // namespace
}  // namespace rota
