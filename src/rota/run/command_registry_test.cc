#include "rota/run/command_registry.h"

#include <gtest/gtest.h>

#include <stdexcept>

namespace rota {
namespace {

class Backup : public Command {
 public:
  explicit Backup(std::string name = "backup:run") : Command(std::move(name), "Run database backup") {
    Argument("target", "Where the backup goes");
  }
  Status Handle(Context&) override { return Status::Ok(); }
};

using Words = std::vector<std::string>;

TEST(CommandRegistry, FindsCommandsByName) {
  CommandRegistry registry;
  registry.Register(std::make_unique<Backup>("stats:generate"));
  registry.Register(std::make_unique<Backup>("backup:run"));
  ASSERT_NE(registry.Find("backup:run"), nullptr);
  EXPECT_EQ(registry.Find("backup:run")->name(), "backup:run");
  EXPECT_EQ(registry.Find("backup"), nullptr);
  EXPECT_EQ(registry.Names(), (Words{"backup:run", "stats:generate"}));
}

TEST(CommandRegistry, RefusesASecondCommandOfTheSameName) {
  CommandRegistry registry;
  registry.Register(std::make_unique<Backup>());
  const Command* first = registry.Find("backup:run");
  try {
    registry.Register(std::make_unique<Backup>());
    FAIL() << "accepted";
  } catch (const std::invalid_argument& error) {
    EXPECT_STREQ(error.what(), "command backup:run is registered twice");
  }
  EXPECT_EQ(registry.Find("backup:run"), first);
  EXPECT_THROW(registry.Register(nullptr), std::invalid_argument);
}

TEST(CommandRegistry, ChecksNameAndArguments) {
  CommandRegistry registry;
  registry.Register(std::make_unique<Backup>());
  EXPECT_TRUE(registry.Check("backup:run", Words{"/srv"}).ok());
  EXPECT_EQ(registry.Check("bakcup:run", {}), NotFound("unknown command \"bakcup:run\"; did you mean \"backup:run\"?"));
  EXPECT_EQ(registry.Check("migrate\n", {}), NotFound("unknown command \"migrate\\n\""));
  EXPECT_EQ(registry.Check("backup:run", {}),
            InvalidArgument("backup:run: missing argument <target>: Where the backup goes"));
}

}  // namespace
}  // namespace rota
