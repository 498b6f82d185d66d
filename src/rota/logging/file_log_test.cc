#include "rota/logging/file_log.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "rota/base/format.h"
#include "rota/base/text.h"

namespace rota {
namespace {

namespace fs = std::filesystem;

LogRecord Record(std::string message, Milliseconds at = Milliseconds(0)) {
  return {WallTime(at), LogLevel::kInfo, std::move(message), {}};
}

class FileLogTest : public testing::Test {
 protected:
  FileLogTest() {
    std::string name = (fs::temp_directory_path() / "rota_file_log.XXXXXX").string();
    EXPECT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  ~FileLogTest() override { fs::remove_all(folder_); }

  std::string Path(std::string_view name) const { return (folder_ / name).string(); }

  std::string Read(std::string_view name) const {
    std::ostringstream text;
    text << std::ifstream(folder_ / name, std::ios::binary).rdbuf();
    return text.str();
  }

  // The messages of a file's lines.
  std::vector<std::string> Messages(std::string_view name) const {
    std::vector<std::string> messages;
    const std::string text = Read(name);
    for (const std::string_view line : Split(text, '\n')) {
      if (line.empty()) continue;
      const auto json = boost::json::parse({line.data(), line.size()});
      messages.emplace_back(json.at("message").as_string());
    }
    return messages;
  }

  std::unique_ptr<FileLog> Open(std::string_view name, std::int64_t max_size = 1024 * 1024, int max_files = 5) const {
    auto log = FileLog::Open({Path(name), max_size, max_files});
    EXPECT_TRUE(log.has_value()) << log.error().message();
    return *std::move(log);
  }

  fs::path folder_;
};

TEST_F(FileLogTest, WritesOneJsonObjectALine) {
  const auto log = Open("rota.log");
  log->Write(Record("one\n\x1b[31mtwo"));
  log->Write(Record("three"));
  EXPECT_EQ(Read("rota.log"), R"({"time":"1970-01-01T00:00:00.000Z","level":"info","message":"one\n\u001b[31mtwo"})"
                              "\n"
                              R"({"time":"1970-01-01T00:00:00.000Z","level":"info","message":"three"})"
                              "\n");
}

TEST_F(FileLogTest, CreatesMissingFoldersAndAppendsToWhatIsThere) {
  Open("var/log/rota.log")->Write(Record("first"));
  Open("var/log/rota.log")->Write(Record("second"));
  EXPECT_EQ(Messages("var/log/rota.log"), (std::vector<std::string>{"first", "second"}));
}

TEST_F(FileLogTest, RotatesBySizeAndKeepsSoManyFiles) {
  const auto log = Open("rota.log", 200, 3);  // Two lines a file.
  for (int i = 0; i < 9; ++i) log->Write(Record(Format("message {}", i)));
  EXPECT_EQ(Messages("rota.log"), (std::vector<std::string>{"message 8"}));
  EXPECT_EQ(Messages("rota.1.log"), (std::vector<std::string>{"message 6", "message 7"}));
  EXPECT_EQ(Messages("rota.2.log"), (std::vector<std::string>{"message 4", "message 5"}));
  EXPECT_FALSE(fs::exists(Path("rota.3.log")));
  for (const char* name : {"rota.log", "rota.1.log", "rota.2.log"}) EXPECT_LE(fs::file_size(Path(name)), 200u) << name;
}

TEST_F(FileLogTest, KeepsASingleFileWithinItsSize) {
  const auto log = Open("rota.log", 200, 1);
  for (int i = 0; i < 5; ++i) log->Write(Record(Format("message {}", i)));
  EXPECT_EQ(Messages("rota.log"), (std::vector<std::string>{"message 4"}));
  EXPECT_FALSE(fs::exists(Path("rota.1.log")));
}

TEST_F(FileLogTest, CountsWhatAnEarlierProcessWroteTowardsTheSize) {
  for (int i = 0; i < 3; ++i) Open("rota.log", 200, 2)->Write(Record(Format("message {}", i)));
  EXPECT_EQ(Messages("rota.log"), (std::vector<std::string>{"message 2"}));
}

TEST_F(FileLogTest, WritesALineThatIsLongerThanAFile) {
  const auto log = Open("rota.log", 100, 3);
  log->Write(Record("short"));
  log->Write(Record(std::string(500, 'x')));
  EXPECT_EQ(Messages("rota.log"), (std::vector<std::string>{std::string(500, 'x')}));
  EXPECT_EQ(Messages("rota.1.log"), (std::vector<std::string>{"short"}));
}

TEST_F(FileLogTest, EndsALineThatACrashCutShort) {
  std::ofstream(Path("rota.log")) << "{\"time\":\"20";
  Open("rota.log")->Write(Record("after the crash"));
  EXPECT_TRUE(Read("rota.log").starts_with("{\"time\":\"20\n{\"time\":\"1970-01-01T"));
}

TEST_F(FileLogTest, RefusesWhatIsNoRegularFile) {
  ::mkfifo(Path("fifo").c_str(), 0600);
  fs::create_directory(Path("folder"));
  std::ofstream(Path("file")) << "x";
  const auto error = [this](std::string_view name) { return FileLog::Open({Path(name)}).error(); };
  const auto expected = [this](std::string_view name, std::string_view why) {
    return Unavailable("log file \"{}\" cannot be opened: {}", Path(name), why);
  };
  EXPECT_EQ(error("fifo"), expected("fifo", "it is not a regular file"));
  EXPECT_EQ(error("folder"), expected("folder", "Is a directory"));
  EXPECT_EQ(error("file/rota.log"), expected("file/rota.log", "Not a directory"));
}

TEST_F(FileLogTest, DoesNotLeakItsDescriptorIntoChildren) {
  const auto log = Open("rota.log", 100, 2);
  log->Write(Record("one"));
  log->Write(Record("a second one, in a file of its own"));
  int found = 0;
  for (const auto& entry : fs::directory_iterator("/proc/self/fd")) {
    std::error_code error;
    if (fs::read_symlink(entry.path(), error) != Path("rota.log")) continue;
    ++found;
    EXPECT_EQ(::fcntl(std::stoi(entry.path().filename().string()), F_GETFD), FD_CLOEXEC);
  }
  EXPECT_EQ(found, 1);
}

// Lets no file grow past a size, as a full disk does.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) {
    std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit now{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &now);
  }
  ~FullDisk() { ::setrlimit(RLIMIT_FSIZE, &before_); }
  FullDisk(const FullDisk&) = delete;
  FullDisk& operator=(const FullDisk&) = delete;

 private:
  rlimit before_{};
};

TEST_F(FileLogTest, SurvivesAFullDiskAndTellsWhatIsMissing) {
  const auto log = Open("rota.log");
  log->Write(Record("before"));
  {
    const FullDisk full(100);
    for (int i = 0; i < 10; ++i) log->Write(Record("lost", Milliseconds(600) * i));
  }
  log->Write(Record("after", std::chrono::minutes(1)));

  const std::string text = Read("rota.log");
  const auto lines = Split(text, '\n');
  ASSERT_EQ(lines.size(), 5u) << text;  // The second was cut short.
  EXPECT_EQ(lines[2], Format(R"({{"time":"1970-01-01T00:01:00.000Z","level":"warning",)"
                             R"("message":"log lines are missing here: the file could not be written","lost":10,)"
                             R"("reason":"Failed flush to file {}: File too large"}})",
                             Path("rota.log")));
  EXPECT_EQ(lines[3], R"({"time":"1970-01-01T00:01:00.000Z","level":"info","message":"after"})");
}

TEST_F(FileLogTest, SurvivesARotationThatFails) {
  const auto log = Open("rota.log", 600, 2);
  fs::create_directories(Path("rota.1.log/in the way"));
  log->Write(Record(std::string(500, 'x')));
  log->Write(Record("two of them do not fit into one file"));
  log->Write(Record("three", std::chrono::seconds(2)));
  EXPECT_EQ(Messages("rota.log"),
            (std::vector<std::string>{"log lines are missing here: the file could not be written", "three"}));
}

TEST_F(FileLogTest, SurvivesTheLossOfItsFolder) {
  const auto log = Open("log/rota.log", 100, 2);
  log->Write(Record("one"));
  fs::remove_all(Path("log"));
  std::ofstream(Path("log")) << "a file in its place";
  log->Write(Record("two of them do not fit into one file"));
  log->Write(Record("three"));
  fs::remove(Path("log"));
  log->Write(Record("four", std::chrono::seconds(2)));
  EXPECT_EQ(Messages("log/rota.log").back(), "four");
}

TEST_F(FileLogTest, TriesAgainAfterTheClockWasSetBack) {
  const auto log = Open("log/rota.log", 100, 2);
  log->Write(Record("one"));
  fs::remove_all(Path("log"));
  std::ofstream(Path("log")) << "a file in its place";
  log->Write(Record("two of them do not fit into one file", std::chrono::hours(1)));
  fs::remove(Path("log"));
  log->Write(Record("three", std::chrono::seconds(0)));
  EXPECT_EQ(Messages("log/rota.log").back(), "three");
}

TEST_F(FileLogTest, KeepsLinesOfManyThreadsWholeAcrossRotations) {
  const auto log = Open("rota.log", 4000, 100);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&log] {
      for (int j = 0; j < 100; ++j) log->Write(Record("0123456789"));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::size_t lines = 0;
  for (const auto& entry : fs::directory_iterator(folder_)) {
    for (const std::string& message : Messages(entry.path().filename().string())) {
      EXPECT_EQ(message, "0123456789");
      ++lines;
    }
  }
  EXPECT_EQ(lines, 400u);
}

}  // namespace
}  // namespace rota
