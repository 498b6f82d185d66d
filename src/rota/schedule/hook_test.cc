#include "rota/schedule/hook.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "rota/schedule/scheduler.h"
#include "rota/schedule/test_catalog.h"

namespace rota {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;

void Ignore(const HookFacts&) {}

std::string ErrorOf(const Hook& hook) { return CheckHook(hook).message(); }

TEST(Hook, IsCheckedWhenItsTaskIsRegistered) {
  EXPECT_EQ(ErrorOf({HookPoint::kStart, Ignore}), "");
  EXPECT_EQ(ErrorOf({HookPoint::kLost, "https://example.com"}), "");
  EXPECT_EQ(ErrorOf({HookPoint::kFail, HookFunction()}), "OnFailure(): expected a function");
  EXPECT_EQ(ErrorOf({HookPoint::kSkipped, Ignore, seconds(0)}), "OnSkipped(): timeout 0s: expected 1ms to 5m");
  EXPECT_EQ(ErrorOf({HookPoint::kMissed, "https://example.com", minutes(6)}),
            "Ping(HookPoint::kMissed): timeout 6m: expected 1ms to 5m");
  EXPECT_EQ(ErrorOf({HookPoint::kEnd, "example.com"}),
            "Ping(HookPoint::kEnd): expected an http:// or https:// URL, such as https://example.com/health");
}

TEST(Hook, OfAGroupComesBeforeThoseOfItsTasks) {
  const TestCatalog catalog;
  Scheduler scheduler(catalog, TimeZone());
  const auto all = Attributes().Before(Ignore).OnFailure(Ignore, seconds(3)).Ping(HookPoint::kFail, "https://a");
  scheduler.Group(all, [](Scheduler& group) {
    group.Shell("true").Daily().OnFailure(Ignore).After(Ignore).OnSuccess(Ignore).OnSkipped(Ignore).Register();
    group.Group(Attributes().OnMissed(Ignore).OnLost(Ignore), [](Scheduler& inner) {
      inner.Shell("df")
          .Daily()
          .OnMissed(Ignore)
          .OnLost(Ignore)
          .Ping(HookPoint::kStart, "https://b", seconds(2))
          .Register();
    });
  });
  const Result<Schedule> schedule = scheduler.Build();
  ASSERT_TRUE(schedule) << schedule.error().message();
  const auto calls = [&schedule](std::string_view id) {
    std::vector<std::string> texts;
    for (const Hook& hook : schedule->Find(id)->policies->hooks) texts.push_back(CallOf(hook));
    return texts;
  };
  EXPECT_THAT(calls("true"), ElementsAre("Before()", "OnFailure()", "Ping(HookPoint::kFail)", "OnFailure()", "After()",
                                         "OnSuccess()", "OnSkipped()"));
  EXPECT_THAT(calls("df"), ElementsAre("Before()", "OnFailure()", "Ping(HookPoint::kFail)", "OnMissed()", "OnLost()",
                                       "OnMissed()", "OnLost()", "Ping(HookPoint::kStart)"));
  const std::vector<Hook>& hooks = schedule->Find("df")->policies->hooks;
  EXPECT_EQ(hooks[0].timeout, seconds(10));
  EXPECT_EQ(hooks[1].timeout, seconds(3));
  EXPECT_EQ(hooks.back().timeout, seconds(2));
}

TEST(Hook, IsDescribedWithoutTheSecretsOfItsUrl) {
  EXPECT_EQ(Describe(Hook{HookPoint::kFail, Ignore}), "OnFailure()");
  EXPECT_EQ(Describe(Hook{HookPoint::kFail, "https://a.example/x?key=1", seconds(3)}),
            "ping https://a.example/x?*** at fail within 3s");
}

TEST(Hook, ThatIsWrongIsRefusedWithItsTask) {
  const TestCatalog catalog;
  Scheduler scheduler(catalog, TimeZone());
  EXPECT_EQ(scheduler.Shell("df").Daily().After(HookFunction()).TryRegister().error().message(),
            "df: After(): expected a function");
}

TEST(Hook, ThatPingsAnotherUrlChangesTheDigest) {
  const auto digest_of = [](const Attributes& attributes) {
    const TestCatalog catalog;
    Scheduler scheduler(catalog, TimeZone());
    scheduler.Group(attributes, [](Scheduler& group) { group.Shell("df").Daily().Register(); });
    return scheduler.Build()->digest();
  };
  const Attributes plain;
  std::vector<std::string> digests = {digest_of(plain), digest_of(plain.Ping(HookPoint::kFail, "https://a")),
                                      digest_of(plain.Ping(HookPoint::kFail, "https://b")),
                                      digest_of(plain.Ping(HookPoint::kLost, "https://a")),
                                      digest_of(plain.Ping(HookPoint::kFail, "https://a", seconds(1)))};
  std::ranges::sort(digests);
  EXPECT_EQ(std::ranges::adjacent_find(digests), digests.end());
}

}  // namespace
}  // namespace rota
