#include "rota/console/input_lines.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <string>
#include <string_view>
#include <vector>

namespace rota {
namespace {

class InputLinesTest : public testing::Test {
 protected:
  InputLinesTest() { EXPECT_EQ(pipe(ends_), 0); }
  ~InputLinesTest() override {
    close(ends_[0]);
    End();
  }
  void Send(std::string_view text) const { EXPECT_EQ(write(ends_[1], text.data(), text.size()), std::ssize(text)); }
  void End() {
    if (ends_[1] >= 0) close(ends_[1]);
    ends_[1] = -1;
  }

  int ends_[2] = {-1, -1};
  std::stop_source stop_;
  std::string line_;
};

TEST_F(InputLinesTest, GivesEachLineWhenItIsThere) {
  InputLines lines(ends_[0], {});
  Send("one\n\nth");
  ASSERT_TRUE(lines.Next(line_));
  EXPECT_EQ(line_, "one");
  ASSERT_TRUE(lines.Next(line_));
  EXPECT_EQ(line_, "");
  Send("ree\nlast");
  ASSERT_TRUE(lines.Next(line_));
  EXPECT_EQ(line_, "three");
  End();
  ASSERT_TRUE(lines.Next(line_));
  EXPECT_EQ(line_, "last");
  EXPECT_FALSE(lines.Next(line_));
  EXPECT_FALSE(lines.Next(line_));
}

TEST_F(InputLinesTest, EndsAtAStopWithLinesLeft) {
  InputLines lines(ends_[0], stop_.get_token());
  Send("one\ntwo\nthr");
  ASSERT_TRUE(lines.Next(line_));
  stop_.request_stop();
  EXPECT_FALSE(lines.Next(line_));
}

TEST_F(InputLinesTest, EndsWhenTheInputCannotBeRead) {
  close(ends_[0]);
  EXPECT_FALSE(InputLines(ends_[0], {}).Next(line_));
}

}  // namespace
}  // namespace rota
