#include "rota/schedule/calendar_warnings.h"

#include <gtest/gtest.h>

#include "rota/schedule/scheduler.h"
#include "rota/schedule/test_catalog.h"
#include "rota/time/format.h"

namespace rota {
namespace {

using namespace std::chrono_literals;

class CalendarWarningsTest : public testing::Test {
 protected:
  CalendarWarningsTest() {
    scheduler_.DefineCalendar(
        Calendar("cn", DaySet::OfWeekdays(0x3e), {.version = "2026", .covered_until = CivilDay{2026y / 12 / 31}}));
    scheduler_.DefineCalendar(Calendar("hk", DaySet::OfWeekdays(0x3e), {.covered_until = CivilDay{2026y / 12 / 30}}));
    scheduler_.DefineCalendar(Calendar("always", DaySet::OfWeekdays(0x3e)));
  }

  using Texts = std::vector<std::string>;
  Texts At(std::string_view now) const { return CalendarWarnings(*schedule_, *ParseInstant(now, TimeZone())); }
  void Build() { schedule_.emplace(*scheduler_.Build()); }

  TestCatalog catalog_;
  Scheduler scheduler_{catalog_, TimeZone()};
  std::optional<Schedule> schedule_;
};

TEST_F(CalendarWarningsTest, BeginThirtyDaysBeforeACalendarEndsAndGoOn) {
  scheduler_.Command("task").Daily().On("cn").Register();
  Build();
  EXPECT_EQ(At("2026-11-30T23:59:59Z"), Texts());
  EXPECT_EQ(
      At("2026-12-01T00:00:00Z"),
      Texts{"calendar cn (version 2026) covers days up to 2026-12-31, 30 days from today: task follows its weekly "
            "rule alone after that"});
  EXPECT_EQ(At("2026-12-31T12:00:00Z"),
            Texts{"calendar cn (version 2026) covers days up to 2026-12-31, 0 days from today: task follows its weekly "
                  "rule alone after that"});
  EXPECT_EQ(
      At("2027-01-01T00:00:00Z"),
      Texts{"calendar cn (version 2026) covers days up to 2026-12-31, 1 day ago: task follows its weekly rule alone "
            "after that"});
}

TEST_F(CalendarWarningsTest, CountTheDaysInTheZoneOfTheTask) {
  scheduler_.Command("task").Daily().On("cn").Timezone("Asia/Shanghai").Register();
  Build();
  EXPECT_EQ(At("2026-11-30T15:59:59Z"), Texts());
  EXPECT_EQ(At("2026-11-30T16:00:00Z").size(), 1u);
}

TEST_F(CalendarWarningsTest, TellOfEachCalendarInUseOnce) {
  scheduler_.Command("task").Name("a").Daily().Except("hk", Shift::kNext).Register();
  scheduler_.Command("task").Name("b").Daily().On("cn").Register();
  scheduler_.Command("task").Name("c").OnLastBusinessDay("hk").Register();
  scheduler_.Command("task").Name("d").Daily().On("always").Register();
  Build();
  EXPECT_EQ(
      At("2027-03-01T00:00:00Z"),
      (Texts{"calendar cn (version 2026) covers days up to 2026-12-31, 60 days ago: b follows its weekly rule alone "
             "after that",
             "calendar hk covers days up to 2026-12-30, 61 days ago: a and 1 other task follow its weekly rule "
             "alone after that"}));
}

TEST_F(CalendarWarningsTest, AreNotGivenForCalendarsThatNoTaskUses) {
  scheduler_.Command("task").Daily().Register();
  Build();
  EXPECT_EQ(At("2027-03-01T00:00:00Z"), Texts());
}

}  // namespace
}  // namespace rota
