#include "rota/run/context.h"

#include <gtest/gtest.h>

#include <stdexcept>
#include <thread>

namespace rota {
namespace {

Arguments SomeArguments() {
  Arguments arguments;
  arguments.arguments["target"] = {"/srv"};
  arguments.arguments["table"] = {};
  arguments.options["keep"] = "7";
  arguments.flags["dry-run"] = true;
  return arguments;
}

template <typename F>
std::string Thrown(F&& call) {
  try {
    call();
  } catch (const std::out_of_range& error) {
    return error.what();
  }
  return "";
}

TEST(Context, GivesTheValuesOfArgumentsAndOptions) {
  Context::Facts facts;
  facts.fencing_token = 42;
  const Context context(facts, SomeArguments(), {}, {}, {});
  EXPECT_EQ(context.Argument("target"), "/srv");
  EXPECT_TRUE(context.Arguments("table").empty());
  EXPECT_EQ(context.Option("keep"), "7");
  EXPECT_TRUE(context.Flag("dry-run"));
  EXPECT_EQ(context.FencingToken(), 42u);
}

TEST(Context, ThrowsForWhatWasNotDeclared) {
  const Context context({}, SomeArguments(), {}, {}, {});
  EXPECT_EQ(Thrown([&] { context.Option("kep"); }), "the command declares no option \"kep\"; did you mean \"keep\"?");
  EXPECT_EQ(Thrown([&] { context.Flag("keep"); }), "the command declares no flag \"keep\"");
  EXPECT_EQ(Thrown([&] { context.Argument("file"); }), "the command declares no argument \"file\"");
  EXPECT_EQ(Thrown([&] { context.Argument("table"); }), "argument \"table\" is repeated: read it with Arguments()");
}

TEST(Context, TellsOfAStopAndALostLease) {
  std::stop_source stop;
  bool lost = false;
  const Context context({}, {}, stop.get_token(), [&lost] { return lost; }, {});
  EXPECT_FALSE(context.StopRequested());
  EXPECT_FALSE(context.LeaseLost());
  stop.request_stop();
  lost = true;
  EXPECT_TRUE(context.StopRequested());
  EXPECT_TRUE(context.StopToken().stop_requested());
  EXPECT_TRUE(context.LeaseLost());
}

TEST(Context, PrintsLines) {
  std::string printed;
  Context context({}, {}, {}, {}, [&printed](std::string_view text) { printed += text; });
  context.Print("kept {} of {}", 7, "10");
  context.Write("as it is");
  EXPECT_EQ(printed, "kept 7 of 10\nas it is");
}

TEST(Context, DropsOutputNobodyWants) {
  Context context({}, {}, {}, {}, {});
  context.Print("hello");
  EXPECT_FALSE(context.LeaseLost());
}

TEST(Context, HandsOverOneLineAtATime) {
  std::string printed;  // Unguarded: a second caller at the same time would tear it.
  Context context({}, {}, {}, {}, [&printed](std::string_view text) { printed += text; });
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&context] {
        for (int i = 0; i < 1000; ++i) context.Print("0123456789");
      });
    }
  }
  EXPECT_EQ(printed.size(), 4u * 1000u * 11u);
}

}  // namespace
}  // namespace rota
