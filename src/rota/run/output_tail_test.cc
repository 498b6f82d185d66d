#include "rota/run/output_tail.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string>

#include "rota/base/format.h"
#include "rota/base/text.h"

namespace rota {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::StartsWith;

constexpr std::size_t kAll = OutputTail::kHeadBytes + OutputTail::kTailBytes;
constexpr std::string_view kStamp = "2026-03-07T02:00:00.012Z ";
const WallTime kNow = WallTime(std::chrono::milliseconds(1772848800012));

std::string Kept(const std::string& text, std::size_t piece) {
  OutputTail tail;
  for (std::size_t i = 0; i < text.size(); i += piece) tail.Write(kNow, std::string_view(text).substr(i, piece));
  return tail.Finish();
}

TEST(OutputTail, KeepsAllThatFitsWithTheInstantOfEachLine) {
  EXPECT_EQ(OutputTail().Finish(), "");
  OutputTail tail;
  tail.Write(kNow, "one\ntw");
  tail.Write(kNow + Milliseconds(988), "o\n\nthree");
  tail.Write(kNow + std::chrono::hours(24), " and more");
  EXPECT_EQ(tail.Finish(),
            "2026-03-07T02:00:00.012Z one\n"
            "2026-03-07T02:00:00.012Z two\n"
            "2026-03-07T02:00:01.000Z \n"
            "2026-03-07T02:00:01.000Z three and more");
}

// "1,234,567"
std::string Grouped(std::size_t number) {
  if (number < 1000) return std::to_string(number);
  return Format("{},{:03}", Grouped(number / 1000), number % 1000);
}

// Lines "line 1" to "line N".
std::string Lines(int count) {
  std::string text;
  for (int i = 1; i <= count; ++i) text += Format("line {}\n", i);
  return text;
}

TEST(OutputTail, KeepsHeadAndTailAndCountsTheRest) {
  const std::string text = Lines(100'000);
  for (const std::size_t piece : {7u, 1000u, 16u * 1024u, 10'000'000u}) {
    const std::string kept = Kept(text, piece);
    EXPECT_LE(kept.size(), kAll + 100);
    EXPECT_GE(kept.size(), kAll * 3 / 4) << piece;
    EXPECT_THAT(kept, StartsWith(Format("{}line 1\n{}line 2\n", kStamp, kStamp)));
    EXPECT_THAT(kept, EndsWith(Format("\n{}line 100000\n", kStamp)));

    const std::size_t notice = kept.find("…");
    const auto left = std::count(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(notice), '\n');
    const auto right = std::count(kept.begin() + static_cast<std::ptrdiff_t>(notice), kept.end(), '\n') - 1;
    const std::size_t bytes = Lines(100'000 - static_cast<int>(right)).size() - Lines(static_cast<int>(left)).size();
    EXPECT_THAT(kept, HasSubstr(Format("\n… {} bytes in {} lines are left out …\n{}line ", Grouped(bytes),
                                       Grouped(static_cast<std::size_t>(100'000 - left - right)), kStamp)))
        << piece;
  }
}

TEST(OutputTail, CountsALineThatNeverEnds) {
  const std::string text = "first\n" + std::string(64'000'000, 'x') + "\nlast\n";
  const std::string kept = Kept(text, 16 * 1024);
  EXPECT_THAT(kept, StartsWith(Format("{}first\n{}xxx", kStamp, kStamp)));
  EXPECT_THAT(kept, HasSubstr(" bytes in 1 line are left out …\nxxx"));
  EXPECT_THAT(kept, EndsWith(Format("xxx\n{}last\n", kStamp)));
  const auto shown = static_cast<std::size_t>(std::ranges::count(kept, 'x'));
  EXPECT_THAT(kept, HasSubstr("… " + Grouped(64'000'000 - shown) + " bytes"));
}

TEST(OutputTail, CutsBetweenCharacters) {
  for (std::size_t shift = 0; shift < 4; ++shift) {
    std::string text(shift, 'x');
    while (text.size() < 3 * kAll) text += "\xf0\x9f\x95\x90";  // U+1F550, a clock.
    const std::string kept = Kept(text, 999);
    EXPECT_EQ(kept.find("\\x"), std::string::npos) << shift;
    EXPECT_LE(kept.size(), kAll + 100);
  }
}

TEST(OutputTail, MakesAnyBytesPrintable) {
  EXPECT_EQ(Kept(std::string("\xff\0a\t\x1b[2J\r\xc3\xa4\r\n", 13), 3),
            Format("{}\\xff\\x00a\t\\x1b[2J\\r\xc3\xa4\n", kStamp));
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(Format("seed {}", seed));
  std::mt19937 random(seed);
  for (const std::size_t size : {10u, 5000u, 100'000u}) {
    std::string bytes(size, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    const std::string kept = Kept(bytes, 1 + random() % 5000);
    EXPECT_EQ(kept, ValidUtf8(kept));
    EXPECT_TRUE(std::ranges::all_of(
        kept, [](char c) { return static_cast<unsigned char>(c) >= 0x20 || c == '\n' || c == '\t'; }));
    EXPECT_LE(kept.size(), kAll + 100);
  }
}

TEST(OutputTail, KeepsTheSameHoweverTheBytesCome) {
  const unsigned seed = std::random_device()();
  SCOPED_TRACE(Format("seed {}", seed));
  std::mt19937 random(seed);
  std::string text;
  while (text.size() < 60'000)
    text += std::string(random() % 40, 'a') + (random() % 50 == 0 ? std::string(3000, 'b') : "") + "\n";
  const std::string whole = Kept(text, 1);
  for (const std::size_t piece : {2u, 13u, 511u, 4096u}) EXPECT_EQ(Kept(text, piece), whole) << piece;
}

}  // namespace
}  // namespace rota
