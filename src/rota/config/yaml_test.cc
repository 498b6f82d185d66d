#include "rota/config/yaml.h"

#include <gtest/gtest.h>

#include <random>

namespace rota::yaml {
namespace {

std::string ErrorOf(std::string_view text, const Limits& limits = {}) {
  const Result<Node> node = Parse(text, "f.yaml", limits);
  return node ? "no error" : node.error().message();
}

TEST(Yaml, KeepsTheOrderAndThePlaceOfEverything) {
  const Result<Node> root = Parse("# comment\nserver:\n  备份: 'one'\n  list: [a, \"b c\"]\n", "f.yaml");
  ASSERT_TRUE(root);
  ASSERT_EQ(root->kind, Node::Kind::kMapping);
  const Node::Entry& server = root->entries.at(0);
  EXPECT_EQ(server.key, "server");
  EXPECT_EQ(server.position, (Position{2, 1}));
  EXPECT_EQ(server.value.entries.at(0).key, "备份");
  EXPECT_EQ(server.value.entries.at(0).value.text, "one");
  EXPECT_EQ(server.value.entries.at(0).value.position, (Position{3, 7}));
  const Node& list = server.value.entries.at(1).value;
  EXPECT_EQ(list.kind, Node::Kind::kSequence);
  EXPECT_EQ(list.items.at(1).text, "b c");
  EXPECT_EQ(list.items.at(1).position, (Position{4, 13}));
}

TEST(Yaml, TellsNothingFromAnEmptyText) {
  const Result<Node> root = Parse("a:\nb: ~\nc: null\nd: \"\"\ne: 'null'\n", "f.yaml");
  ASSERT_TRUE(root);
  const auto kind = [&root](std::size_t i) { return root->entries.at(i).value.kind; };
  EXPECT_EQ(kind(0), Node::Kind::kNull);
  EXPECT_EQ(kind(1), Node::Kind::kNull);
  EXPECT_EQ(kind(2), Node::Kind::kNull);
  EXPECT_EQ(kind(3), Node::Kind::kScalar);
  EXPECT_EQ(kind(4), Node::Kind::kScalar);
}

TEST(Yaml, ReadsAnEmptyFileAsNothing) {
  EXPECT_EQ(Parse("", "f.yaml")->kind, Node::Kind::kNull);
  EXPECT_EQ(Parse("# only a comment\n", "f.yaml")->kind, Node::Kind::kNull);
  EXPECT_EQ(Parse("\xef\xbb\xbf"
                  "a: 1\n",
                  "f.yaml")
                ->entries.at(0)
                .key,
            "a");
}

TEST(Yaml, ExpandsAliasesWithThePlaceOfTheirDefinition) {
  const Result<Node> root = Parse("a: &x [1, 2]\nb: *x\n", "f.yaml");
  ASSERT_TRUE(root);
  EXPECT_EQ(root->entries.at(1).value.items.at(1).text, "2");
  EXPECT_EQ(root->entries.at(1).value.items.at(1).position, (Position{1, 11}));
}

TEST(Yaml, RefusesWhatHidesMistakes) {
  EXPECT_EQ(ErrorOf("a: 1\nb: 2\na: 3\n"), "f.yaml:3:1: key \"a\" is given twice, first on line 1");
  EXPECT_EQ(ErrorOf("a: 1\n---\nb: 2\n"), "f.yaml:2:1: a second document begins here: expected one document a file");
  EXPECT_EQ(ErrorOf("a: !!int 1\n"), "f.yaml:1:4: tag tag:yaml.org,2002:int: tags are not allowed");
  EXPECT_EQ(ErrorOf("[a, b]: 1\n"), "f.yaml:1:1: this key is not plain text: expected key: value");
  EXPECT_EQ(ErrorOf("a: *nowhere\n"), "f.yaml:1:4: alias *nowhere: no anchor &nowhere stands before it");
  EXPECT_EQ(ErrorOf("a: &x [*x]\n"), "f.yaml:1:8: alias *x: no anchor &x stands before it");
}

TEST(Yaml, SaysWhereAndWhyATextIsNotYaml) {
  EXPECT_EQ(ErrorOf("a: 1\n  b: 2\n"), "f.yaml:2:4: not valid YAML: mapping values are not allowed in this context");
  EXPECT_EQ(ErrorOf("a:\n\tb: 2\n"), "f.yaml:2:1: not valid YAML: a tab cannot indent: use spaces");
  EXPECT_EQ(ErrorOf("a: \"open\n"), "f.yaml:2:1: not valid YAML: found unexpected end of stream");
  EXPECT_EQ(ErrorOf("a: 1\nb: x\xff\n"), "f.yaml:2:5: not valid YAML: invalid leading UTF-8 octet");
  EXPECT_EQ(ErrorOf("a: \x01\n"), "f.yaml:1:4: not valid YAML: control characters are not allowed");
}

TEST(Yaml, AsksForQuotesAroundATextThatYamlTakesForMore) {
  EXPECT_EQ(ErrorOf("计划: * * * * *\n"),
            "f.yaml:1:6: not valid YAML: did not find expected alphabetic or numeric character; a text that begins "
            "with * needs quotes");
  for (const std::string text :
       {"*/5 * * * *", "&", "!<x", "%H:%M", "@every 90s", "`date`", "{a} b", "[ -f x ] && y", "[a-z]*", "{a", "[a"}) {
    EXPECT_NE(ErrorOf("a: " + text + "\n").find(Format("; a text that begins with {} needs quotes", text[0])),
              std::string::npos)
        << ErrorOf("a: " + text + "\n");
  }
}

TEST(Yaml, BoundsWhatADocumentMayCost) {
  EXPECT_EQ(ErrorOf("abcdef", {.bytes = 5}), "f.yaml: larger than 5 bytes");
  EXPECT_EQ(ErrorOf("[a, b, c]", {.nodes = 3}), "f.yaml:1:8: more than 3 nodes");
  EXPECT_EQ(ErrorOf("[[[x]]]", {.depth = 3}), "f.yaml:1:4: nested deeper than 3 levels");
  EXPECT_EQ(ErrorOf(std::string(100'000, '[')), "f.yaml:1:33: nested deeper than 32 levels");
}

TEST(Yaml, DoesNotExpandABillionLaughs) {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    text += Format("a{}: &a{} [", i, i);
    for (int j = 0; j < 10; ++j) text += Format("{}*a{}", j == 0 ? "" : ", ", i - 1);
    text += "]\n";
  }
  const std::string error = ErrorOf(text);
  EXPECT_NE(error.find("anchors and aliases expand to more than 100000 nodes"), std::string::npos) << error;
}

// Any bytes give a tree or an error with a place, in bounded time and memory.
TEST(Yaml, SurvivesRandomBytes) {
  const unsigned seed = std::random_device{}();
  SCOPED_TRACE(testing::Message() << "seed " << seed);
  std::mt19937 random(seed);
  constexpr std::string_view kPieces[] = {
      "a", ":", " ", "\n", "- ",  "[",   "]",  "{", "}", ",", "&x",   "*x",           "'", "\"",
      "|", ">", "!", "%",  "---", "...", "\t", "#", "?", "~", "\xff", "\xe5\xa4\x87", "<<"};
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (auto i = random() % 60; i > 0; --i) {
      text += random() % 5 == 0 ? std::string(1, static_cast<char>(random())) : kPieces[random() % std::size(kPieces)];
    }
    const Result<Node> node = Parse(text, "f.yaml");
    EXPECT_TRUE(node || node.error().message().starts_with("f.yaml:")) << node.error().message();
  }
}

}  // namespace
}  // namespace rota::yaml
