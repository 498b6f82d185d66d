#include "rota/base/suggest.h"

#include <gtest/gtest.h>

#include <vector>

namespace rota {
namespace {

const std::vector<std::string> kCommands = {"backup:run", "cache:clear", "stats:generate"};

TEST(ClosestMatch, FindsATypingSlip) {
  EXPECT_EQ(ClosestMatch("bakcup:run", kCommands), "backup:run");
  EXPECT_EQ(ClosestMatch("Cache:Clera", kCommands), "cache:clear");
}

TEST(ClosestMatch, StaysSilentWhenNothingIsNear) {
  EXPECT_EQ(ClosestMatch("migrate", kCommands), std::nullopt);
  EXPECT_EQ(ClosestMatch("x", {}), std::nullopt);
}

TEST(DidYouMean, IsReadyToAppend) {
  EXPECT_EQ(DidYouMean("backup:rum", kCommands), "; did you mean \"backup:run\"?");
  EXPECT_EQ(DidYouMean("migrate", kCommands), "");
}

}  // namespace
}  // namespace rota
