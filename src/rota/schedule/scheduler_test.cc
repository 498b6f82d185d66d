#include "rota/schedule/scheduler.h"

#include <gtest/gtest.h>

#include "rota/base/suggest.h"
#include "rota/time/format.h"

namespace rota {
namespace {

using namespace std::chrono_literals;

class AnyCommand : public CommandCatalog {
 public:
  Status Check(std::string_view name, std::span<const std::string> arguments) const override {
    static const std::vector<std::string> kKnown = {"backup:run", "cache:clear", "stats:generate", "report:generate",
                                                    "task"};
    if (std::find(kKnown.begin(), kKnown.end(), name) == kKnown.end()) {
      return NotFound("unknown command \"{}\"{}", name, DidYouMean(name, kKnown));
    }
    if (!arguments.empty() && arguments.front() == "--bad") return InvalidArgument("unknown option --bad");
    return Status();
  }
};

std::string CronOf(const Schedule& schedule, std::string_view id) {
  const Task* task = schedule.Find(id);
  return task == nullptr ? "no task" : std::get<CronFrequency>(task->trigger->frequency()).text;
}

TEST(Scheduler, DefinesTheTasksOfTheManual) {
  AnyCommand catalog;
  Scheduler scheduler(catalog, TimeZone());
  scheduler.Command("backup:run").Daily().At("02:00").Unique().Register();
  scheduler.Command("cache:clear").EveryThirtyMinutes().Register();
  scheduler.Command("stats:generate").Weekly().At("00:00").Unique().Register();
  const Result<Schedule> schedule = scheduler.Build();
  ASSERT_TRUE(schedule) << schedule.error().message();
  ASSERT_EQ(schedule->tasks().size(), 3u);
  EXPECT_EQ(CronOf(*schedule, "backup:run"), "0 2 * * *");
  EXPECT_EQ(CronOf(*schedule, "cache:clear"), "*/30 * * * *");
  EXPECT_EQ(CronOf(*schedule, "stats:generate"), "0 0 * * 0");
  EXPECT_TRUE(schedule->Find("backup:run")->unique());
  EXPECT_FALSE(schedule->Find("cache:clear")->unique());
  EXPECT_EQ(schedule->Find("backup"), nullptr);
}

}  // namespace
}  // namespace rota
