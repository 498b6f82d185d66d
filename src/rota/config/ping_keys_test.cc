#include "rota/config/ping_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string_view>

#include "rota/base/format.h"
#include "rota/config/config.h"
#include "rota/schedule/scheduler.h"

namespace rota {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

class NoCommands final : public CommandCatalog {
 public:
  Status Check(std::string_view name, std::span<const std::string>) const override {
    return NotFound("unknown command \"{}\"", name);
  }
};

std::optional<std::string> NoVariables(std::string_view) { return std::nullopt; }

// The schedule of one task with this `ping`.
Result<Schedule> Load(std::string_view ping) {
  const std::string text = Format("tasks:\n  - {{shell: df, schedule: daily, ping: {}}}\n", ping);
  const Result<Config> config = Config::Parse(text, "f.yaml", NoVariables);
  if (!config) return Fail(config.error());
  const NoCommands commands;
  Scheduler scheduler(commands, TimeZone());
  Status defined = config->DefineTasks(scheduler);
  if (!defined.ok()) return Fail(std::move(defined));
  return scheduler.Build();
}

std::vector<std::string> PingsOf(std::string_view ping) {
  const Result<Schedule> schedule = Load(ping);
  EXPECT_TRUE(schedule) << schedule.error().message();
  std::vector<std::string> pings;
  if (!schedule) return pings;
  for (const Hook& hook : schedule->tasks()[0].policies->hooks) {
    pings.push_back(Format("{} {} {}", Name(hook.point), std::get<std::string>(hook.action), hook.timeout.count()));
  }
  return pings;
}

std::string ErrorOf(std::string_view ping) {
  const Result<Schedule> schedule = Load(ping);
  return schedule ? "no error" : schedule.error().message();
}

TEST(PingKeys, NameAUrlForEachPoint) {
  EXPECT_THAT(
      PingsOf("{start: \"http://a/start\", success: \"http://a\", fail: {url: \"http://a/fail\", timeout: 3s}, "
              "end: \"http://e\", skipped: \"http://s\", missed: \"http://m\", lost: {url: \"http://l\"}}"),
      ElementsAre("start http://a/start 10000", "success http://a 10000", "fail http://a/fail 3000",
                  "end http://e 10000", "skipped http://s 10000", "missed http://m 10000", "lost http://l 10000"));
}

TEST(PingKeys, TellWhatIsWrongAndWhere) {
  EXPECT_EQ(ErrorOf(""), "f.yaml:2:40: ping: expected a URL in it, such as fail: https://example.com/fail");
  EXPECT_EQ(ErrorOf("\"http://a\""), "f.yaml:2:40: ping: expected a map of URLs, found a single value");
  EXPECT_THAT(ErrorOf("{failure: \"http://a\"}"), HasSubstr("unknown key \"failure\" in ping; "));
  EXPECT_THAT(ErrorOf("{fail: example.com}"), HasSubstr("f.yaml:2:47: ping.fail: expected an http:// or https:// URL"));
  EXPECT_EQ(ErrorOf("{fail: {timeout: 1s}}"), "f.yaml:2:47: ping.fail: expected a url in it");
  EXPECT_THAT(ErrorOf("{fail: [a]}"), HasSubstr("ping.fail: expected a URL, or a map with url and timeout"));
  EXPECT_THAT(ErrorOf("{fail: {url: \"http://a\", timeout: 6m}}"), HasSubstr("ping.fail.timeout: \"6m\": expected"));
}

}  // namespace
}  // namespace rota
