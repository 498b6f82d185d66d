#include "rota/run/command.h"

#include <gtest/gtest.h>

#include <functional>
#include <stdexcept>

namespace rota {
namespace {

// A command that declares what a test asks for.
class Declared : public Command {
 public:
  explicit Declared(std::string name, const std::function<void(Declared&)>& declare = {})
      : Command(std::move(name), "A description") {
    if (declare) declare(*this);
  }
  Status Handle(Context&) override { return Status::Ok(); }

  using Command::Argument;
  using Command::Flag;
  using Command::Option;
  using Command::OptionalArgument;
  using Command::RepeatedArgument;
};

std::string Refusal(const std::string& name, const std::function<void(Declared&)>& declare = {}) {
  try {
    Declared command(name, declare);
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
  return "";
}

TEST(Command, KeepsWhatItDeclares) {
  const Declared command("backup:run", [](Declared& c) {
    c.Argument("target", "Where to");
    c.OptionalArgument("format", "Packing", "tar");
    c.RepeatedArgument("table", "Which");
    c.Option("keep", 'k', "How many", "7");
    c.Flag("dry-run", 'n', "Show only");
  });
  EXPECT_EQ(command.name(), "backup:run");
  const Signature& signature = command.signature();
  EXPECT_EQ(signature.description, "A description");
  ASSERT_EQ(signature.arguments.size(), 3u);
  EXPECT_EQ(signature.arguments[1].default_value, "tar");
  EXPECT_EQ(signature.arguments[2].presence, Signature::Presence::kRepeated);
  ASSERT_EQ(signature.options.size(), 2u);
  EXPECT_FALSE(signature.options[0].is_flag);
  EXPECT_EQ(signature.options[0].default_value, "7");
  EXPECT_TRUE(signature.options[1].is_flag);
}

TEST(Command, AcceptsNamesOfJoinedWords) {
  for (const char* name : {"list", "backup:run", "a:b:c", "cron:next-5", "db.v2:up_date"}) {
    EXPECT_EQ(Refusal(name), "") << name;
  }
}

TEST(Command, RefusesOtherNames) {
  for (const char* name : {"", "Backup", "backup run", ":run", "backup:", "a::b", "-x", "a\n"}) {
    EXPECT_NE(Refusal(name), "") << name;
  }
  EXPECT_EQ(Refusal("Backup\n"),
            "command \"Backup\\n\": expected a name of lower case words joined by ':' and '-', such as backup:run");
}

TEST(Command, RefusesArgumentsThatCannotFollow) {
  EXPECT_EQ(Refusal("x",
                    [](Declared& c) {
                      c.OptionalArgument("a", "");
                      c.Argument("b", "");
                    }),
            "command x: argument \"b\": a required argument cannot follow an optional one");
  EXPECT_EQ(Refusal("x",
                    [](Declared& c) {
                      c.RepeatedArgument("a", "");
                      c.OptionalArgument("b", "");
                    }),
            "command x: argument \"b\": nothing can follow a repeated argument");
  EXPECT_EQ(Refusal("x",
                    [](Declared& c) {
                      c.Argument("a", "");
                      c.Argument("a", "");
                    }),
            "command x: argument \"a\": declared twice");
  EXPECT_EQ(Refusal("x", [](Declared& c) { c.Argument("a b", ""); }),
            "command x: argument \"a b\": expected lower case words joined by '-'");
}

TEST(Command, RefusesOptionsThatClash) {
  EXPECT_EQ(Refusal("x",
                    [](Declared& c) {
                      c.Option("keep", 'k', "");
                      c.Flag("keep", 'q', "");
                    }),
            "command x: option \"keep\": declared twice");
  EXPECT_EQ(Refusal("x",
                    [](Declared& c) {
                      c.Option("keep", 'k', "");
                      c.Flag("kill", 'k', "");
                    }),
            "command x: option \"kill\": -k is already the short form of --keep");
  EXPECT_EQ(Refusal("x", [](Declared& c) { c.Flag("help", 0, ""); }),
            "command x: option \"help\": every command has it already");
  EXPECT_EQ(Refusal("x", [](Declared& c) { c.Flag("all", '-', ""); }),
            "command x: option \"all\": its short form must be a letter, or 0 for none");
  EXPECT_EQ(Refusal("x", [](Declared& c) { c.Flag("--all", 0, ""); }),
            "command x: option \"--all\": expected lower case words joined by '-'");
}

TEST(Command, LetsManyOptionsGoWithoutALetter) {
  EXPECT_EQ(Refusal("x",
                    [](Declared& c) {
                      c.Flag("a", 0, "");
                      c.Flag("b", 0, "");
                    }),
            "");
}

}  // namespace
}  // namespace rota
