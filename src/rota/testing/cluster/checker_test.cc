#include "rota/testing/cluster/checker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>

namespace rota::cluster {
namespace {

TEST(Checker, FindsNothingWhereNothingHappened) {
  Checker checker(std::make_shared<const Schedule>(std::vector<Task>()), {});
  checker.Conclude({});
  EXPECT_THAT(checker.violations(), testing::IsEmpty());
}

}  // namespace
}  // namespace rota::cluster
