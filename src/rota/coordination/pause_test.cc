#include "rota/coordination/pause.h"

#include <gtest/gtest.h>

namespace rota {
namespace {

using std::chrono::minutes;

const WallTime kNow = WallTime(std::chrono::hours(24 * 365 * 50));
const std::vector<std::string> kTags = {"db", "nightly"};

Pause Of(PauseTarget target, std::string author) { return {std::move(target), std::move(author), "", kNow, {}}; }
// Who holds back the task backup:run with those tags.
std::string FoundOf(const std::vector<Pause>& pauses, bool even_in_maintenance_mode = false) {
  const Pause* found = FindPause(pauses, {"backup:run", kTags, even_in_maintenance_mode}, kNow);
  return found == nullptr ? "nobody" : found->author;
}

TEST(FindPause, FindsTheOneThatTellsMostInAnyOrder) {
  std::vector<Pause> pauses = {Of(PauseTarget::Maintenance(), "maintainer"), Of(PauseTarget::All(), "all"),
                               Of(PauseTarget::Tag("nightly"), "nightly"), Of(PauseTarget::Tag("db"), "db"),
                               Of(PauseTarget::Task("backup:run"), "task")};
  for (const char* expected : {"task", "db", "nightly", "all", "maintainer"}) {
    EXPECT_EQ(FoundOf(pauses), expected);
    EXPECT_EQ(FoundOf({pauses.rbegin(), pauses.rend()}), expected);
    pauses.pop_back();
  }
  EXPECT_EQ(FoundOf(pauses), "nobody");
}

TEST(FindPause, PassesOverWhatIsOfOthersOrOver) {
  Pause over = Of(PauseTarget::All(), "over");
  over.until = kNow;
  EXPECT_EQ(FoundOf({over, Of(PauseTarget::Tag("backup:run"), "tag"), Of(PauseTarget::Task("db"), "task")}), "nobody");
  over.until = kNow + minutes(1);
  EXPECT_EQ(FoundOf({over}), "over");
}

TEST(FindPause, HoldsMaintenanceBackFromWhatRunsEvenSo) {
  EXPECT_EQ(FoundOf({Of(PauseTarget::Maintenance(), "maintainer")}, true), "nobody");
  EXPECT_EQ(FoundOf({Of(PauseTarget::Maintenance(), "maintainer"), Of(PauseTarget::All(), "all")}, true), "all");
}

TEST(PauseTarget, IsReadBackFromItsKey) {
  for (const PauseTarget& target : {PauseTarget::All(), PauseTarget::Maintenance(), PauseTarget::Tag("nightly"),
                                    PauseTarget::Tag("maintenance"), PauseTarget::Task("tag nightly")}) {
    EXPECT_EQ(TargetOf(KeyOf(target)), target) << KeyOf(target);
  }
}

// What stores hold since the first version.
TEST(PauseTarget, HasTheKeyThatStoresAlreadyHold) {
  EXPECT_EQ(KeyOf(PauseTarget::All()), "");
  EXPECT_EQ(KeyOf(PauseTarget::Task("backup:run")), "backup:run");
}

}  // namespace
}  // namespace rota
