#include "rota/run/run_output.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/run/test_order.h"
#include "rota/testing/fake_clock.h"

namespace rota {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

class Folder {
 public:
  Folder() : path_((std::filesystem::temp_directory_path() / "rota_output.XXXXXX").string()) {
    if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make " + path_);
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string Path(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

std::string Read(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

class RunOutputTest : public testing::Test {
 protected:
  // What comes of a run that prints this.
  RunResult Print(const std::vector<std::string>& writes, RunResult result = {}) {
    RunOutput output(test_.order, clock_, feed_);
    for (const std::string& text : writes) output.Write(text);
    output.Finish(result);
    return result;
  }
  // What somebody who watches is handed meanwhile.
  std::vector<std::string> Watched(const std::vector<std::string>& writes) {
    OutputFeed::Subscription lines(feed_, {});
    Print(writes);
    std::vector<std::string> texts;
    for (const OutputLine& line : lines.Take()) texts.push_back(line.text);
    return texts;
  }
  void SendTo(const std::string& path, OutputFile::Mode mode) { test_.policies->output = {path, mode}; }

  FakeClock clock_{WallTime(std::chrono::milliseconds(1772848800012))};
  OutputFeed feed_;
  TestOrder test_{ShellCall{}};
  Folder folder_;
};

TEST_F(RunOutputTest, IsKeptWithItsTimes) {
  EXPECT_EQ(Print({"dumping\n", "done"}).output_tail,
            "2026-03-07T02:00:00.012Z dumping\n2026-03-07T02:00:00.012Z done");
}

TEST_F(RunOutputTest, IsHandedOverInWholeLines) {
  EXPECT_THAT(Watched({"a\nb", "c\n\n", "d\r\n", "last"}), ElementsAre("a", "bc", "", "d", "last"));
  EXPECT_THAT(Watched({"\xff\x1b[2J\tx\n"}), ElementsAre("\\xff\\x1b[2J\tx"));
  EXPECT_THAT(Watched({}), IsEmpty());
}

TEST_F(RunOutputTest, IsHandedOverWhenALineEndsAndNotBefore) {
  OutputFeed::Subscription lines(feed_, {.run_id = test_.order.run_id});
  RunOutput output(test_.order, clock_, feed_);
  output.Write("ready");
  EXPECT_THAT(lines.Take(), IsEmpty());
  output.Write("\n");
  const std::vector<OutputLine> taken = lines.Take();
  ASSERT_EQ(taken.size(), 1u);
  EXPECT_EQ(taken[0].task, "nightly");
  EXPECT_EQ(taken[0].text, "ready");
  EXPECT_EQ(taken[0].at, clock_.Now());
}

TEST_F(RunOutputTest, IsHandedOverInPiecesWhereALineNeverEnds) {
  std::string text = "x";
  while (text.size() < 100'000) text += "\xe4\xb8\x80";
  std::string joined;
  for (const std::string& line : Watched({text})) {
    EXPECT_LE(line.size(), RunOutput::kLineBytes);
    joined += line;
  }
  EXPECT_EQ(joined, text);
}

TEST_F(RunOutputTest, GoesToItsFileAsItIs) {
  const std::string path = folder_.Path("out.log");
  SendTo(path, OutputFile::Mode::kReplace);
  const std::string bytes("\xff\0binary\r\n", 10);
  const RunResult result = Print({bytes, "two"});
  EXPECT_EQ(Read(path), bytes + "two");
  EXPECT_EQ(result.reason, "");
  Print({"next run\n"});
  EXPECT_EQ(Read(path), "next run\n");
  test_.order.attempt = 2;
  Print({"its second attempt\n"});
  EXPECT_EQ(Read(path), "next run\nits second attempt\n");
}

TEST_F(RunOutputTest, IsAppendedToItsFile) {
  const std::string path = folder_.Path("out.log");
  SendTo(path, OutputFile::Mode::kAppend);
  Print({"one\n"});
  Print({"two\n"});
  EXPECT_EQ(Read(path), "one\ntwo\n");
}

TEST_F(RunOutputTest, OfTwoRunsAtOnceDoesNotOverwriteEachOther) {
  const std::string path = folder_.Path("out.log");
  SendTo(path, OutputFile::Mode::kReplace);
  RunOutput first(test_.order, clock_, feed_);
  first.Write("first\n");
  RunOutput second(test_.order, clock_, feed_);
  first.Write("more\n");
  second.Write("second\n");
  EXPECT_EQ(Read(path), "more\nsecond\n");
}

TEST_F(RunOutputTest, IsInTheFileAsSoonAsItIsPrinted) {
  const std::string path = folder_.Path("out.log");
  SendTo(path, OutputFile::Mode::kAppend);
  RunOutput output(test_.order, clock_, feed_);
  output.Write("hal");
  EXPECT_EQ(Read(path), "hal");
}

TEST_F(RunOutputTest, TellsOfAFileThatCannotBeOpenedAndFailsNoRun) {
  const std::string path = folder_.Path("no/such/out.log");
  SendTo(path, OutputFile::Mode::kReplace);
  const std::string problem = Format("its output is not in {}: No such file or directory", path);
  const RunResult well = Print({"done\n"});
  EXPECT_EQ(well.outcome, Outcome::kSucceeded);
  EXPECT_EQ(well.reason, problem);
  EXPECT_EQ(well.output_tail, "2026-03-07T02:00:00.012Z done\n");
  EXPECT_EQ(Print({}, {Outcome::kFailed, "exit 1", ""}).reason, "exit 1; " + problem);
}

TEST_F(RunOutputTest, TellsOfAFileThatTakesNoMore) {
  SendTo("/dev/full", OutputFile::Mode::kAppend);
  const RunResult result = Print({"one\n", "two\n"});
  EXPECT_EQ(result.outcome, Outcome::kSucceeded);
  EXPECT_EQ(result.reason, "not all of its output is in /dev/full: No space left on device");
}

TEST_F(RunOutputTest, DoesNotWaitForThePipeThatNobodyReads) {
  const std::string path = folder_.Path("pipe");
  ASSERT_EQ(mkfifo(path.c_str(), 0600), 0);
  SendTo(path, OutputFile::Mode::kAppend);
  EXPECT_EQ(Print({"x"}).reason, Format("its output is not in {}: No such device or address", path));
}

}  // namespace
}  // namespace rota
