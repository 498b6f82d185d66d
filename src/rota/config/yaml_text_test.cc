#include "rota/config/yaml_text.h"

#include <gtest/gtest.h>

#include <random>

#include "rota/base/format.h"
#include "rota/config/yaml.h"

namespace rota::yaml {
namespace {

// What Parse() makes of the scalar; "(none)" where it is no text.
std::string ReadBack(std::string_view scalar, std::string_view layout) {
  std::string document(layout);
  document.replace(document.find('@'), 1, scalar);
  const Result<Node> root = Parse(document, "test.yaml");
  if (!root) return "(error: " + root.error().message() + ")";
  const Node& value = root->entries.at(0).value;
  const Node& node = value.kind == Node::Kind::kSequence ? value.items.at(0) : value;
  return node.kind == Node::Kind::kScalar ? node.text : "(none)";
}

TEST(YamlText, IsPlainWhereNothingCanBeMistaken) {
  for (const char* text : {"df -h", "/usr/bin/rsync -a /srv backup:/srv", "--full", "-c", "test -x a || b", "a=b c"}) {
    EXPECT_EQ(Scalar(text), text);
  }
}

TEST(YamlText, IsInQuotesWhereItWouldBeAnother) {
  EXPECT_EQ(Scalar(""), R"("")");
  EXPECT_EQ(Scalar("*/5 * * * *"), R"("*/5 * * * *")");
  EXPECT_EQ(Scalar("yes"), R"("yes")");
  EXPECT_EQ(Scalar("1e3"), R"("1e3")");
  EXPECT_EQ(Scalar("a: b"), R"("a: b")");
  EXPECT_EQ(Scalar("a #b"), R"("a #b")");
  EXPECT_EQ(Scalar("it's [ok]"), R"("it's [ok]")");
  EXPECT_EQ(Scalar(R"([ "$x" ] && echo 'hi')"), R"('[ "$x" ] && echo ''hi''')");
  EXPECT_EQ(Scalar("a\tb\n\"c\""), R"("a\tb\n\"c\"")");
}

TEST(YamlText, IsReadBackAsItWas) {
  constexpr std::string_view kPieces[] = {"a",
                                          "0",
                                          " ",
                                          ":",
                                          "#",
                                          "-",
                                          "'",
                                          "\"",
                                          "\\",
                                          "\n",
                                          "\t",
                                          "{",
                                          "}",
                                          "[",
                                          "]",
                                          ",",
                                          "&",
                                          "*",
                                          "!",
                                          "|",
                                          ">",
                                          "%",
                                          "@",
                                          "`",
                                          "~",
                                          "=",
                                          "?",
                                          "$",
                                          ".",
                                          "<",
                                          "no",
                                          "\xc3\xa9",
                                          "\x7f",
                                          ";",
                                          "\r",
                                          "\x1",
                                          "\xe2\x80\xa8",
                                          "\xef\xbb\xbf",
                                          "\xf0\x9f\x98\x80",
                                          "\xc2\x85"};
  std::mt19937 random(7);
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    const std::size_t length = random() % 8;
    for (std::size_t i = 0; i < length; ++i) text += kPieces[random() % std::size(kPieces)];
    for (const char* layout : {"key: @\n", "key: [@, b]\n", "key:\n  - @\n"}) {
      ASSERT_EQ(ReadBack(Scalar(text), layout), text) << layout << Scalar(text);
      ASSERT_EQ(ReadBack(Quoted(text), layout), text) << layout << Quoted(text);
    }
  }
}

}  // namespace
}  // namespace rota::yaml
