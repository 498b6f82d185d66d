#include "rota/run/output_tail.h"

#include <gtest/gtest.h>

#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "rota/base/format.h"
#include "rota/base/text.h"

namespace rota {
namespace {

constexpr std::size_t kAll = OutputTail::kHeadBytes + OutputTail::kTailBytes;

std::string Kept(const std::string& text, std::size_t piece) {
  OutputTail tail;
  for (std::size_t i = 0; i < text.size(); i += piece) tail.Write(std::string_view(text).substr(i, piece));
  return tail.Finish();
}

TEST(OutputTail, KeepsAllThatFits) {
  EXPECT_EQ(OutputTail().Finish(), "");
  EXPECT_EQ(Kept("one\ntwo", 2), "one\ntwo");
  EXPECT_EQ(Kept(std::string(kAll, 'x'), 1000), std::string(kAll, 'x'));
}

TEST(OutputTail, KeepsHeadAndTailAndCountsTheRest) {
  for (const std::size_t surplus : {1u, 1000u, 12u * 1024u, 100'000u}) {
    const std::string text =
        std::string(OutputTail::kHeadBytes, 'h') + std::string(surplus, '-') + std::string(OutputTail::kTailBytes, 't');
    const std::string expected = std::string(OutputTail::kHeadBytes, 'h') +
                                 Format("\n[... {} bytes left out ...]\n", surplus) +
                                 std::string(OutputTail::kTailBytes, 't');
    for (const std::size_t piece : {7u, 4096u, 1'000'000u}) {
      EXPECT_EQ(Kept(text, piece), expected) << surplus << " in pieces of " << piece;
    }
  }
}

TEST(OutputTail, CutsBetweenCharacters) {
  for (std::size_t shift = 0; shift < 4; ++shift) {
    std::string text(shift, 'x');
    while (text.size() < 3 * kAll) text += "\xf0\x9f\x95\x90";  // U+1F550, a clock.
    const std::string kept = Kept(text, 999);
    EXPECT_EQ(kept.find("\xef\xbf\xbd"), std::string::npos) << shift;
    EXPECT_LE(kept.size(), kAll + 64);
  }
}

TEST(OutputTail, GivesValidUtf8ForAnyBytes) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(Format("seed {}", seed));
  std::mt19937 random(seed);
  for (const std::size_t size : {10u, 5000u, 100'000u}) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    const std::string kept = Kept(bytes, 1 + random() % 5000);
    EXPECT_EQ(kept, ValidUtf8(kept));
    EXPECT_LE(kept.size(), 3 * kAll + 64);
  }
}

std::vector<std::string> Lines(const std::vector<std::string>& writes) {
  std::vector<std::string> lines;
  OutputTail tail([&lines](std::string_view line) { lines.emplace_back(line); });
  for (const std::string& text : writes) tail.Write(text);
  tail.Finish();
  return lines;
}

TEST(OutputTail, HandsOverWholeLines) {
  using L = std::vector<std::string>;
  EXPECT_EQ(Lines({"a\nb", "c\n\n", "d\r\n", "last"}), (L{"a", "bc", "", "d", "last"}));
  EXPECT_EQ(Lines({"\xff\n"}), L{"\xef\xbf\xbd"});
  EXPECT_EQ(Lines({}), L{});
}

TEST(OutputTail, HandsOverALineWhenItEndsAndNotBefore) {
  int lines = 0;
  OutputTail tail([&lines](std::string_view) { ++lines; });
  tail.Write("ready");
  EXPECT_EQ(lines, 0);
  tail.Write("\n");
  EXPECT_EQ(lines, 1);
}

TEST(OutputTail, BreaksALineThatNeverEnds) {
  std::string joined;
  std::size_t longest = 0;
  OutputTail tail([&](std::string_view line) {
    joined += line;
    longest = std::max(longest, line.size());
  });
  std::string text = "x";
  while (text.size() < 100'000) text += "\xe4\xb8\x80";
  tail.Write(text);
  tail.Finish();
  EXPECT_EQ(joined, text);
  EXPECT_LE(longest, OutputTail::kLineBytes);
}

TEST(OutputTail, StopsCallingAWatcherThatThrows) {
  int calls = 0;
  OutputTail tail([&calls](std::string_view) {
    ++calls;
    throw std::runtime_error("terminal gone");
  });
  tail.Write("a\nb\n");
  EXPECT_EQ(tail.Finish(), "a\nb\n");
  EXPECT_EQ(calls, 1);
}

TEST(OutputTail, KeepsLinesOfSeveralThreadsWhole) {
  std::vector<std::string> lines;
  OutputTail tail([&lines](std::string_view line) { lines.emplace_back(line); });
  {
    std::vector<std::jthread> threads;
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&tail, t] {
        const std::string line = std::string(20, static_cast<char>('a' + t)) + "\n";
        for (int i = 0; i < 500; ++i) tail.Write(line);
      });
    }
  }
  ASSERT_EQ(lines.size(), 2000u);
  for (const std::string& line : lines) EXPECT_EQ(line, std::string(20, line[0]));
}

}  // namespace
}  // namespace rota
