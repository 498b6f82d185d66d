#include "rota/base/hash.h"

#include <gtest/gtest.h>

#include <array>
#include <string>

namespace rota {
namespace {

TEST(StableHash, NeverChangesBetweenReleases) {
  EXPECT_EQ(StableHash(""), 0xf52a15e9a9b5e89bu);
  EXPECT_EQ(StableHash("backup:run"), 0x16d2c12f8c0e5eb4u);
}

TEST(StableHash, SpreadsSimilarNamesEvenly) {
  std::array<int, 16> buckets{};
  for (int i = 0; i < 16000; ++i) ++buckets[StableHash("task-" + std::to_string(i)) % 16];
  for (const int count : buckets) EXPECT_NEAR(count, 1000, 150);
}

}  // namespace
}  // namespace rota
