#include "rota/schedule/task.h"

#include <gtest/gtest.h>

namespace rota {
namespace {

TEST(DescribeWork, ReadsAsAPersonWouldTypeIt) {
  EXPECT_EQ(Describe(CommandCall{"backup:run", {}}), "backup:run");
  EXPECT_EQ(Describe(CommandCall{"backup:run", {"--full", "two words", "", "it's"}}),
            "backup:run --full 'two words' '' 'it'\\''s'");
  EXPECT_EQ(Describe(ExecCall{{"/usr/bin/rsync", "-a", "/srv", "$HOME", "备份"}}),
            "/usr/bin/rsync -a /srv '$HOME' 备份");
  EXPECT_EQ(Describe(ExecCall{{"my program"}}), "'my program'");
  EXPECT_EQ(Describe(ShellCall{"df -h | mail ops"}), "df -h | mail ops");
}

TEST(OverlapPolicy, HasNames) {
  EXPECT_EQ(Name(OverlapPolicy::kSkip), "skip");
  EXPECT_EQ(Name(OverlapPolicy::kAllow), "allow");
}

}  // namespace
}  // namespace rota
