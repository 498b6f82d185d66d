#include "rota/base/file_bytes.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace rota {
namespace {

class ReadBytesOf : public testing::Test {
 protected:
  ~ReadBytesOf() override { std::filesystem::remove_all(folder_); }
  std::string Path(const char* name) const { return folder_ + "/" + name; }
  std::string Write(const char* name, std::string_view content) const {
    std::ofstream(Path(name), std::ios::binary) << content;
    return Path(name);
  }

  const std::string folder_ = [] {
    std::string path = (std::filesystem::temp_directory_path() / "rota-file-bytes-XXXXXX").string();
    return std::string(mkdtemp(path.data()));
  }();
};

TEST_F(ReadBytesOf, AFileGivesThemAll) {
  const std::string content(100'000, '\0');
  EXPECT_EQ(ReadBytes(Write("large", content), content.size()), content);
  EXPECT_EQ(ReadBytes(Write("empty", ""), 0), "");
}

TEST_F(ReadBytesOf, AFileBeyondTheLimitIsRefused) {
  const std::string path = Write("large", "12345");
  EXPECT_EQ(ReadBytes(path, 4).error(), InvalidArgument("{}: larger than 4 bytes", path));
}

TEST_F(ReadBytesOf, AllButARegularFileIsRefusedWithoutWaiting) {
  EXPECT_EQ(ReadBytes(folder_, 9).error(), Unavailable("{}: Is a directory", folder_));
  ASSERT_EQ(mkfifo(Path("pipe").c_str(), 0600), 0);
  EXPECT_EQ(ReadBytes(Path("pipe"), 9).error(), Unavailable("{}: not a regular file", Path("pipe")));
  EXPECT_EQ(ReadBytes("/dev/zero", 9).error(), Unavailable("/dev/zero: not a regular file"));
}

TEST_F(ReadBytesOf, AnAbsentFileIsNotFound) {
  EXPECT_EQ(ReadBytes(Path("none"), 9).error(), NotFound("{}: No such file or directory", Path("none")));
  EXPECT_EQ(ReadBytes(Write("file", "") + "/below", 9).error().code(), StatusCode::kNotFound);
}

}  // namespace
}  // namespace rota
