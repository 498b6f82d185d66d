#include "rota/config/keys.h"

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "rota/config/config.h"

namespace rota {
namespace {

std::optional<std::string> NoVariables(std::string_view) { return std::nullopt; }

TEST(Keys, HaveTheDefaultsThatTheDocumentationTells) {
  for (const Section& section : Sections()) {
    Options expected;
    if (section.name == "redis") {  // Absent by default as a whole.
      expected.coordination.driver = CoordinationDriver::kRedis;
      expected.redis.emplace();
    }
    for (const auto& key : section.keys) {
      if (key.default_value.empty()) continue;
      const std::string text = Format("{}: {{{}: {}}}", section.name, key.name, key.default_value);
      const Result<Config> config = Config::Parse(text, "f.yaml", NoVariables);
      ASSERT_TRUE(config) << config.error().message();
      EXPECT_EQ(config->options(), expected) << text;
    }
  }
}

TEST(Keys, StandInTheDocumentation) {
  std::ostringstream page;
  page << std::ifstream(ROTA_DOCS_DIR "/configuration.md").rdbuf();
  EXPECT_TRUE(page.str().ends_with("\n" + KeysAsMarkdown()))
      << "docs/configuration.md must end with exactly these tables:\n\n"
      << KeysAsMarkdown();
}

}  // namespace
}  // namespace rota
