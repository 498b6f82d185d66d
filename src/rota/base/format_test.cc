#include "rota/base/format.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "rota/base/status.h"

namespace rota {
namespace {

TEST(Format, ReplacesEachPlaceholder) {
  EXPECT_EQ(Format("{} of {}: {}", 3, std::size_t{4}, "five"), "3 of 4: five");
  EXPECT_EQ(Format("{:>5}|{:.2f}|{}|{}", 42, 1.5, true, 'x'), "   42|1.50|true|x");
}

TEST(Format, KeepsDoubledBraces) { EXPECT_EQ(Format("{{{}}}", 1), "{1}"); }

TEST(Format, TakesWhatCarriesAMessage) {
  EXPECT_EQ(Format("{}", InvalidArgument("no such zone")), "no such zone");
  EXPECT_EQ(Format("{}", std::runtime_error("boom")), "boom");
}

TEST(Format, ShowsAnErrorInASpecificationInsteadOfThrowing) {
  EXPECT_EQ(Format("{:d}", "text").substr(0, 18), "{:d} [bad format: ");
}

TEST(Format, DoesNotReadPlaceholdersInArguments) { EXPECT_EQ(Format("{}", "{} {0}"), "{} {0}"); }

}  // namespace
}  // namespace rota
