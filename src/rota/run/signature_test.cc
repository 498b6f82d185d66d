#include "rota/run/signature.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace rota {
namespace {

using Words = std::vector<std::string>;

Signature Backup() {
  Signature signature;
  signature.name = "backup:run";
  signature.description = "Run database backup";
  signature.arguments = {{"target", "Where the backup goes", Signature::Presence::kRequired, ""},
                         {"format", "How it is packed", Signature::Presence::kOptional, "tar"},
                         {"table", "Only these tables", Signature::Presence::kRepeated, ""}};
  signature.options = {{"keep", 'k', "How many backups to keep", false, "7"},
                       {"label", 0, "A text for the list", false, ""},
                       {"dry-run", 'n', "Show what would be done", true, ""}};
  return signature;
}

Arguments Parse(const Words& words) {
  Result<Arguments> parsed = ParseArguments(Backup(), words);
  EXPECT_TRUE(parsed) << parsed.error().message();
  return parsed.value_or(Arguments{});
}

std::string ErrorOf(const Words& words) {
  const Result<Arguments> parsed = ParseArguments(Backup(), words);
  EXPECT_FALSE(parsed);
  if (parsed) return "";
  EXPECT_EQ(parsed.error().code(), StatusCode::kInvalidArgument);
  return parsed.error().message();
}

TEST(ParseArguments, FillsInDefaults) {
  const Arguments parsed = Parse({"/srv"});
  EXPECT_EQ(parsed.arguments.at("target"), Words{"/srv"});
  EXPECT_EQ(parsed.arguments.at("format"), Words{"tar"});
  EXPECT_EQ(parsed.arguments.at("table"), Words{});
  EXPECT_EQ(parsed.options.at("keep"), "7");
  EXPECT_EQ(parsed.options.at("label"), "");
  EXPECT_FALSE(parsed.flags.at("dry-run"));
}

TEST(ParseArguments, ReadsEverySpellingOfAnOption) {
  EXPECT_EQ(Parse({"/srv", "--keep", "3"}).options.at("keep"), "3");
  EXPECT_EQ(Parse({"--keep=3", "/srv"}).options.at("keep"), "3");
  EXPECT_EQ(Parse({"-k", "3", "/srv"}).options.at("keep"), "3");
  EXPECT_EQ(Parse({"-k3", "/srv"}).options.at("keep"), "3");
  EXPECT_EQ(Parse({"-nk", "3", "/srv"}).options.at("keep"), "3");
  EXPECT_TRUE(Parse({"-nk", "3", "/srv"}).flags.at("dry-run"));
  EXPECT_TRUE(Parse({"/srv", "--dry-run"}).flags.at("dry-run"));
}

TEST(ParseArguments, TakesTheLastOfTwoValues) {
  EXPECT_EQ(Parse({"/srv", "-k1", "--keep=2"}).options.at("keep"), "2");
  EXPECT_TRUE(Parse({"/srv", "-n", "-n"}).flags.at("dry-run"));
}

TEST(ParseArguments, KeepsAnyTextOfAValue) {
  for (const char* value : {"a b", "=x", "==", "[a,b]", "{}", "%%", "-", "++", "\"q\"", "ä", "a=b", "/x:y", "true"}) {
    EXPECT_EQ(Parse({"/srv", "--label", value}).options.at("label"), value);
    EXPECT_EQ(Parse({"/srv", std::string("--label=") + value}).options.at("label"), value);
    EXPECT_EQ(Parse({value}).arguments.at("target"), Words{value});
    EXPECT_EQ(Parse({"/srv", "tar", "t", value}).arguments.at("table"), (Words{"t", value}));
  }
}

TEST(ParseArguments, TakesAnEmptyValueForWhatItIs) {
  const Arguments parsed = Parse({"--label=", "/srv", "--keep", ""});
  EXPECT_EQ(parsed.options.at("label"), "");
  EXPECT_EQ(parsed.options.at("keep"), "");
  EXPECT_EQ(parsed.arguments.at("target"), Words{"/srv"});
  EXPECT_EQ(Parse({""}).arguments.at("target"), Words{""});
}

TEST(ParseArguments, TakesTheWordAfterAnOptionEvenIfItLooksLikeOne) {
  EXPECT_EQ(Parse({"/srv", "--label", "--dry-run"}).options.at("label"), "--dry-run");
  EXPECT_EQ(Parse({"/srv", "--label", "--x=y"}).options.at("label"), "--x=y");
  EXPECT_EQ(Parse({"/srv", "--keep", "-7"}).options.at("keep"), "-7");
}

TEST(ParseArguments, EndsOptionsAtTwoDashes) {
  const Arguments parsed = Parse({"-n", "--", "--keep", "-k", "--a=b", "--"});
  EXPECT_EQ(parsed.arguments.at("target"), Words{"--keep"});
  EXPECT_EQ(parsed.arguments.at("format"), Words{"-k"});
  EXPECT_EQ(parsed.arguments.at("table"), (Words{"--a=b", "--"}));
  EXPECT_EQ(parsed.options.at("keep"), "7");
}

TEST(ParseArguments, TakesANegativeNumberForAnArgument) {
  EXPECT_EQ(Parse({"-5"}).arguments.at("target"), Words{"-5"});
  EXPECT_EQ(Parse({"-5.5=x"}).arguments.at("target"), Words{"-5.5=x"});
}

TEST(ParseArguments, CollectsRepeatedArgumentsBetweenOptions) {
  const Arguments parsed = Parse({"/srv", "tar", "users", "-n", "orders", "--keep=1", "items"});
  EXPECT_EQ(parsed.arguments.at("table"), (Words{"users", "orders", "items"}));
  EXPECT_TRUE(parsed.flags.at("dry-run"));
}

TEST(ParseArguments, LetsAnArgumentAndAnOptionShareAName) {
  Signature signature;
  signature.name = "copy";
  signature.arguments = {{"from", "", Signature::Presence::kRequired, ""}};
  signature.options = {{"from", 'f', "", false, "here"}, {"argument0", 0, "", false, ""}};
  const Result<Arguments> parsed = ParseArguments(signature, Words{"a", "--from=b"});
  ASSERT_TRUE(parsed) << parsed.error().message();
  EXPECT_EQ(parsed->arguments.at("from"), Words{"a"});
  EXPECT_EQ(parsed->options.at("from"), "b");
}

TEST(ParseArguments, NamesTheUnknownOptionAndTheNearestKnownOne) {
  EXPECT_EQ(ErrorOf({"/srv", "--kep=3"}), "unknown option \"--kep\"; did you mean \"--keep\"?");
  EXPECT_EQ(ErrorOf({"--zebra"}), "unknown option \"--zebra\"");
  EXPECT_EQ(ErrorOf({"-x", "--", "/srv"}), "unknown option \"-x\"");
}

TEST(ParseArguments, NamesWhatIsMissing) {
  EXPECT_EQ(ErrorOf({}), "missing argument <target>: Where the backup goes");
  EXPECT_EQ(ErrorOf({"/srv", "--keep"}), "option --keep: expected a value");
  EXPECT_EQ(ErrorOf({"/srv", "-nk"}), "option --keep: expected a value");
}

TEST(ParseArguments, RefusesAValueForAFlag) {
  EXPECT_EQ(ErrorOf({"/srv", "--dry-run=yes"}), "option --dry-run takes no value");
  EXPECT_EQ(ErrorOf({"/srv", "--dry-run=true"}), "option --dry-run takes no value");
  EXPECT_EQ(ErrorOf({"/srv", "--dry-run=false"}), "option --dry-run takes no value");
}

TEST(ParseArguments, RefusesSurplusArguments) {
  Signature signature;
  signature.name = "cache:clear";
  const auto error = [&signature](const Words& words) { return ParseArguments(signature, words).error().message(); };
  EXPECT_EQ(error({"all\n"}), "unexpected argument \"all\\n\": cache:clear takes none");
  signature.arguments = {{"store", "", Signature::Presence::kOptional, ""}};
  EXPECT_EQ(error({"a", "b"}), "unexpected argument \"b\": cache:clear takes one");
}

TEST(AsksForHelp, HearsItBeforeTwoDashesOnly) {
  EXPECT_TRUE(AsksForHelp(Backup(), Words{"--kep", "--help"}));
  EXPECT_TRUE(AsksForHelp(Backup(), Words{"-h"}));
  EXPECT_FALSE(AsksForHelp(Backup(), Words{"--", "--help"}));
  EXPECT_FALSE(AsksForHelp(Backup(), Words{"help"}));
}

TEST(AsksForHelp, LeavesACommandItsOwnH) {
  Signature signature = Backup();
  signature.options.push_back({"host", 'h', "Which host", false, ""});
  EXPECT_FALSE(AsksForHelp(signature, Words{"-h", "db1"}));
  EXPECT_TRUE(AsksForHelp(signature, Words{"--help"}));
}

TEST(HelpText, ShowsUsageArgumentsAndOptionsInColumns) {
  EXPECT_EQ(HelpText(Backup(), "rota"), R"(Run database backup

Usage:
  rota backup:run [options] <target> [<format>] [<table>...]

Arguments:
  target             Where the backup goes
  format             How it is packed [default: tar]
  table              Only these tables

Options:
  -k, --keep=VALUE   How many backups to keep [default: 7]
      --label=VALUE  A text for the list
  -n, --dry-run      Show what would be done
  -h, --help         Show this help
)");
}

TEST(HelpText, IsShortForACommandThatTakesNothing) {
  Signature signature;
  signature.name = "cache:clear";
  EXPECT_EQ(HelpText(signature, "app"), R"(Usage:
  app cache:clear [options]

Options:
  -h, --help  Show this help
)");
}

}  // namespace
}  // namespace rota
