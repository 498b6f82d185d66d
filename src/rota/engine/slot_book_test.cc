#include "rota/engine/slot_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace rota {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr SteadyTime kNow{std::chrono::hours(1)};

// A book of one pool with six workers and a limit of four, and what it orders.
class Slots : public testing::Test {
 protected:
  SlotBook::Orders Decide(int used, int wanted, SteadyTime now = kNow,
                          SlotBook::Fleet fleet = SlotBook::Fleet::kAlone) {
    book_.Want("reports", wanted);
    return book_.Decide("reports", used, fleet, now);
  }
  void Give(const std::string& id, SteadyTime now = kNow) {
    book_.Asked("reports", id);
    book_.Answered("reports", id, SlotBook::Answer::kGiven, now);
  }

  SlotBook book_{Pools{{"reports", {6, 4}}, {"slow", {2, {}}}}, 1};
};

TEST_F(Slots, AreOfPoolsWithALimit) {
  EXPECT_TRUE(book_.Limits("reports"));
  EXPECT_FALSE(book_.Limits("slow"));
  EXPECT_FALSE(book_.Limits(""));
  book_.Want("slow", 1);
}

TEST_F(Slots, AreAskedForAsManyAsWait) {
  EXPECT_EQ(Decide(0, 0).take, 0);
  EXPECT_EQ(Decide(0, 2).take, 2);
}

TEST_F(Slots, AreNotAskedForBeyondTheLimitOrTheWorkers) {
  EXPECT_EQ(Decide(0, 9).take, 4);
  SlotBook few(Pools{{"reports", {2, 4}}}, 1);
  few.Want("reports", 9);
  EXPECT_EQ(few.Decide("reports", 0, SlotBook::Fleet::kAlone, kNow).take, 2);
}

TEST_F(Slots, AreAskedForAgainOnceTheAnswerIsThere) {
  book_.Asked("reports", "s1");
  EXPECT_EQ(Decide(0, 2).take, 0);
  book_.Answered("reports", "s1", SlotBook::Answer::kGiven, kNow);
  EXPECT_EQ(book_.usable("reports", SlotBook::Fleet::kAlone, kNow), 1);
  EXPECT_EQ(Decide(0, 2).take, 1);
}

TEST_F(Slots, OfAFullPoolAreAskedForAgainWithinASecond) {
  book_.Asked("reports", "s1");
  book_.Answered("reports", "s1", SlotBook::Answer::kFull, kNow);
  EXPECT_EQ(Decide(0, 1, kNow + milliseconds(499)).take, 0);
  const SteadyTime again = book_.NextDeadline(kNow);
  EXPECT_GE(again, kNow + milliseconds(500));
  EXPECT_LT(again, kNow + seconds(1));
  EXPECT_EQ(Decide(0, 1, again).take, 1);
  EXPECT_EQ(Decide(0, 0, kNow + milliseconds(100)).take, 0);
  EXPECT_EQ(book_.NextDeadline(kNow), SteadyTime::max()) << "nothing waits any more";
}

TEST_F(Slots, AreAskedForAtTimesThatKeepNoBeat) {
  std::set<SteadyTime> times;
  for (int i = 0; i < 10; ++i) {
    book_.Asked("reports", "s1");
    book_.Answered("reports", "s1", SlotBook::Answer::kFull, kNow);
    Decide(0, 1);
    times.insert(book_.NextDeadline(kNow));
  }
  EXPECT_GT(times.size(), 1u);
}

TEST_F(Slots, ThatNothingNeedsGoBackAtOnce) {
  Give("s1");
  Give("s2");
  EXPECT_THAT(Decide(1, 1).give_back, IsEmpty());
  EXPECT_THAT(Decide(1, 0).give_back, ElementsAre("s1"));
  EXPECT_THAT(Decide(1, 0).give_back, IsEmpty()) << "it was ordered";
  EXPECT_THAT(book_.Held("reports"), ElementsAre("s2"));
  EXPECT_THAT(Decide(0, 0).give_back, ElementsAre("s2"));
}

TEST_F(Slots, OfRunsThatHaveNoneAreAskedFor) { EXPECT_EQ(Decide(1, 0).take, 1); }

TEST_F(Slots, GoBackAfterTheirTurnWhereOthersMayWait) {
  Give("s1");
  const SteadyTime late = kNow + seconds(10);
  EXPECT_EQ(book_.usable("reports", SlotBook::Fleet::kAlone, late), 1);
  EXPECT_THAT(Decide(0, 1, late).give_back, IsEmpty());
  EXPECT_EQ(book_.usable("reports", SlotBook::Fleet::kShared, late), 0);
  EXPECT_THAT(Decide(1, 1, late, SlotBook::Fleet::kShared).give_back, IsEmpty()) << "its run is under way";
  const SlotBook::Orders orders = Decide(0, 1, late, SlotBook::Fleet::kShared);
  EXPECT_THAT(orders.give_back, ElementsAre("s1"));
  EXPECT_EQ(orders.take, 0);
  EXPECT_EQ(Decide(0, 1, late + milliseconds(1999), SlotBook::Fleet::kShared).take, 0);
  EXPECT_EQ(Decide(0, 1, late + seconds(2), SlotBook::Fleet::kShared).take, 1);
}

TEST_F(Slots, GoBackUntilThatIsAnswered) {
  Give("s1");
  ASSERT_THAT(Decide(0, 0).give_back, ElementsAre("s1"));
  book_.Answered("reports", "s1", SlotBook::Answer::kUnknown, kNow);
  EXPECT_THAT(Decide(0, 0).give_back, IsEmpty());
  EXPECT_EQ(book_.NextDeadline(kNow), kNow + seconds(1));
  EXPECT_THAT(Decide(0, 0, kNow + seconds(1)).give_back, ElementsAre("s1"));
  book_.Answered("reports", "s1", SlotBook::Answer::kGivenBack, kNow + seconds(1));
  EXPECT_THAT(Decide(0, 0, kNow + seconds(9)).give_back, IsEmpty());
}

TEST_F(Slots, ThatMayHaveBeenGivenGoBack) {
  book_.Asked("reports", "s1");
  book_.Answered("reports", "s1", SlotBook::Answer::kUnknown, kNow);
  EXPECT_EQ(book_.usable("reports", SlotBook::Fleet::kAlone, kNow), 0);
  EXPECT_THAT(Decide(0, 0, kNow + seconds(1)).give_back, ElementsAre("s1"));
}

TEST_F(Slots, ThatAreLostAreUsedNoMore) {
  Give("s1");
  EXPECT_FALSE(book_.Lose("r1"));
  EXPECT_TRUE(book_.Lose("s1"));
  EXPECT_EQ(book_.usable("reports", SlotBook::Fleet::kAlone, kNow), 0);
  const SlotBook::Orders orders = Decide(1, 0);
  EXPECT_THAT(orders.give_back, ElementsAre("s1"));
  EXPECT_EQ(orders.take, 1) << "the run goes on, and others are to count it again";
}

TEST_F(Slots, ThatWereWantedOnceAreForgotten) {
  book_.Want("reports", 3);
  book_.ForgetWanted();
  EXPECT_EQ(Decide(0, 0).take, 0);
}

}  // namespace
}  // namespace rota
