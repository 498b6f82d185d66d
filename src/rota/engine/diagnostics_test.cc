#include "rota/engine/diagnostics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace rota {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

Finding Off(const std::string& server, Severity severity = Severity::kWarning) {
  return {"clock-offset", severity, server + " is off", "keep the clock", server};
}

TEST(FindingBook, TellsEachFindingOnce) {
  FindingBook book;
  const Finding plain{"latency", Severity::kWarning, "it is slow", ""};
  EXPECT_THAT(book.Update({plain, Off("web-1")}),
              ElementsAre("latency (warning): it is slow", "clock-offset (warning): web-1 is off: keep the clock"));
  EXPECT_THAT(book.Update({plain, Off("web-1")}), IsEmpty());
}

TEST(FindingBook, TellsFindingsOfOneCodeApartByTheirSubjects) {
  FindingBook book;
  book.Update({Off("web-1", Severity::kError)});
  const std::vector<Finding> both = {Off("web-1", Severity::kError), Off("web-2")};
  EXPECT_THAT(book.Update(both), ElementsAre("clock-offset (warning): web-2 is off: keep the clock"));
  EXPECT_THAT(book.Update(both), IsEmpty());
  EXPECT_THAT(book.Update({Off("web-2")}), ElementsAre("clock-offset of web-1 is gone"));
}

TEST(FindingBook, TellsTheWorstOfThoseWithOneSubjectAndEachChangeOfItsWeight) {
  FindingBook book;
  const std::vector<Finding> two = {Off("web-1", Severity::kError), Off("web-1")};
  EXPECT_THAT(book.Update(two), ElementsAre("clock-offset (error): web-1 is off: keep the clock"));
  EXPECT_THAT(book.Update(two), IsEmpty());
  EXPECT_THAT(book.Update({Off("web-1")}), ElementsAre("clock-offset (warning): web-1 is off: keep the clock"));
}

TEST(FindingBook, KeepsNotesToItself) {
  FindingBook book;
  const Finding note{"forgets", Severity::kNote, "it forgets", ""};
  EXPECT_THAT(book.Update({note}), IsEmpty());
  EXPECT_THAT(book.Update({}), IsEmpty());
}

}  // namespace
}  // namespace rota
