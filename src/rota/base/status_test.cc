#include "rota/base/status.h"

#include <gtest/gtest.h>

namespace rota {
namespace {

Result<int> Half(int value) {
  if (value % 2 != 0) return Fail(InvalidArgument("{} is odd", value));
  return value / 2;
}

TEST(Status, IsSuccessByDefault) {
  EXPECT_TRUE(Status().ok());
  EXPECT_EQ(Status(), Status::Ok());
}

TEST(Status, CarriesCodeAndMessage) {
  const Status status = Errorf("backup failed: {}", "disk full");
  EXPECT_EQ(status.code(), StatusCode::kFailed);
  EXPECT_EQ(status.message(), "backup failed: disk full");
}

TEST(Status, GainsContextOnlyWhenItIsAnError) {
  EXPECT_EQ(NotFound("no zone").WithContext("task a").message(), "task a: no zone");
  EXPECT_TRUE(Status::Ok().WithContext("task a").ok());
}

TEST(Result, HoldsAValueOrTheReason) {
  EXPECT_EQ(Half(4).value(), 2);
  EXPECT_EQ(Half(3).error().message(), "3 is odd");
}

TEST(StatusDeathTest, RefusesAnErrorWithoutACode) {
  EXPECT_DEATH((void)Status(StatusCode::kOk, "x"), "an error needs an error code");
}

}  // namespace
}  // namespace rota
