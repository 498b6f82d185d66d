#include "rota/logging/console_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "rota/base/format.h"
#include "rota/base/text.h"

namespace rota {
namespace {

LogRecord Record(std::string message) { return {WallTime(), LogLevel::kInfo, std::move(message), {}}; }

class Pipe {
 public:
  Pipe() {
    std::signal(SIGPIPE, SIG_IGN);
    EXPECT_EQ(::pipe(ends_), 0);
  }
  ~Pipe() {
    CloseReader();
    ::close(ends_[1]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;

  int writer() const { return ends_[1]; }
  void CloseReader() {
    if (ends_[0] >= 0) ::close(std::exchange(ends_[0], -1));
  }
  // All that is there now.
  std::string Drain() {
    std::string text;
    char buffer[4096];
    for (pollfd ready{ends_[0], POLLIN, 0}; ::poll(&ready, 1, 0) == 1;) {
      const ssize_t count = ::read(ends_[0], buffer, sizeof buffer);
      if (count <= 0) break;
      text.append(buffer, static_cast<std::size_t>(count));
    }
    return text;
  }

 private:
  int ends_[2] = {-1, -1};
};

// A pseudo terminal's program side.
class Terminal {
 public:
  Terminal() {
    master_ = ::posix_openpt(O_RDWR | O_NOCTTY);
    EXPECT_EQ(::grantpt(master_), 0);
    EXPECT_EQ(::unlockpt(master_), 0);
    slave_ = ::open(::ptsname(master_), O_RDWR | O_NOCTTY);
  }
  ~Terminal() {
    ::close(slave_);
    ::close(master_);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;

  int descriptor() const { return slave_; }

 private:
  int master_ = -1;
  int slave_ = -1;
};

class Colored : public testing::Test {
 protected:
  void SetUp() override {
    ::unsetenv("NO_COLOR");
    ::setenv("TERM", "xterm", 1);
  }
  void TearDown() override { ::unsetenv("NO_COLOR"); }

  Terminal terminal_;
};

TEST_F(Colored, OnATerminal) { EXPECT_EQ(ColorsFor(terminal_.descriptor()), Colors::kOn); }

TEST_F(Colored, NotWhereNoColorIsSet) {
  ::setenv("NO_COLOR", "1", 1);
  EXPECT_EQ(ColorsFor(terminal_.descriptor()), Colors::kOff);
  ::setenv("NO_COLOR", "", 1);
  EXPECT_EQ(ColorsFor(terminal_.descriptor()), Colors::kOn);
}

TEST_F(Colored, NotOnADumbTerminal) {
  ::setenv("TERM", "dumb", 1);
  EXPECT_EQ(ColorsFor(terminal_.descriptor()), Colors::kOff);
}

TEST_F(Colored, NotInAPipe) {
  const Pipe pipe;
  EXPECT_EQ(ColorsFor(pipe.writer()), Colors::kOff);
}

TEST(ConsoleLog, WritesALineForEachRecord) {
  Pipe pipe;
  ConsoleLog log(pipe.writer(), TimeZone(), Colors::kOff);
  log.Write(Record("one"));
  log.Write(Record("two\nlines"));
  EXPECT_EQ(pipe.Drain(),
            "1970-01-01 00:00:00.000 +00:00 INFO  one\n1970-01-01 00:00:00.000 +00:00 INFO  two\\nlines\n");
}

TEST(ConsoleLog, LeavesOutWhatIsForMachinesOnly) {
  Pipe pipe;
  ConsoleLog log(pipe.writer(), TimeZone(), Colors::kOff);
  LogRecord record = Record("one");
  record.machines_only = true;
  log.Write(record);
  EXPECT_EQ(pipe.Drain(), "");
}

TEST(ConsoleLog, DropsLinesOfAReaderThatStoppedAndSaysSoLater) {
  Pipe pipe;
  ConsoleLog log(pipe.writer(), TimeZone(), Colors::kOff);
  const std::string kilobyte(1024, 'x');
  for (int i = 0; i < 200; ++i) log.Write(Record(Format("{} {}", i, kilobyte)));
  const std::string before = pipe.Drain();
  log.Write(Record("after"));
  const std::string after = pipe.Drain();

  const auto whole = static_cast<std::size_t>(std::ranges::count(before, '\n'));
  EXPECT_GT(whole, 10u);
  EXPECT_NE(after.find(Format("WARN  log lines are missing here: the reader was too slow  dropped={}\n", 200 - whole)),
            std::string::npos)
      << after;
  EXPECT_TRUE(after.ends_with("INFO  after\n"));
}

TEST(ConsoleLog, EndsALineThatWasCutShort) {
  Pipe pipe;
  ConsoleLog log(pipe.writer(), TimeZone(), Colors::kOff);
  log.Write(Record(std::string(200'000, 'x')));  // More than a pipe holds.
  const std::string before = pipe.Drain();
  EXPECT_GT(before.size(), 4096u);
  EXPECT_FALSE(before.ends_with("\n"));
  log.Write(Record("after"));
  EXPECT_TRUE(pipe.Drain().starts_with("\n1970-01-01 00:00:00.000 +00:00 WARN  log lines are missing here"));
}

TEST(ConsoleLog, OutlivesItsReader) {
  Pipe pipe;
  ConsoleLog log(pipe.writer(), TimeZone(), Colors::kOff);
  pipe.CloseReader();
  log.Write(Record("one"));
  log.Write(Record("two"));
}

TEST(ConsoleLog, KeepsLinesOfManyThreadsWhole) {
  Pipe pipe;
  ConsoleLog log(pipe.writer(), TimeZone(), Colors::kOff);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&log] {
      for (int j = 0; j < 50; ++j) log.Write(Record("0123456789"));
    });
  }
  for (std::thread& thread : threads) thread.join();
  const std::string text = pipe.Drain();
  const auto lines = Split(text, '\n');
  ASSERT_EQ(lines.size(), 201u);
  for (std::size_t i = 0; i < 200; ++i) EXPECT_EQ(lines[i], "1970-01-01 00:00:00.000 +00:00 INFO  0123456789");
}

}  // namespace
}  // namespace rota
