#include "rota/time/machine_zone.h"

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>

namespace rota {
namespace {

class MachineZone : public testing::Test {
 protected:
  MachineZone() {
    std::string pattern = testing::TempDir() + "/etc.XXXXXX";
    etc_ = mkdtemp(pattern.data());
  }
  ~MachineZone() override { std::filesystem::remove_all(etc_); }

  std::filesystem::path etc_;
};

TEST_F(MachineZone, IsWhatTheLinkNames) {
  std::filesystem::create_symlink("/usr/share/zoneinfo/Europe/Berlin", etc_ / "localtime");
  std::ofstream(etc_ / "timezone") << "Asia/Tokyo\n";
  EXPECT_EQ(MachineZoneName(etc_), "Europe/Berlin");
}

TEST_F(MachineZone, IsReadFromTheFileWhereThereIsNoLink) {
  std::ofstream(etc_ / "localtime") << "TZif2";
  std::ofstream(etc_ / "timezone") << "Asia/Tokyo \n";
  EXPECT_EQ(MachineZoneName(etc_), "Asia/Tokyo");
}

TEST_F(MachineZone, IsUtcWhereNothingNamesAZone) {
  EXPECT_EQ(MachineZoneName(etc_), "UTC");
  std::filesystem::create_symlink("/usr/share/zoneinfo/Moon/Base", etc_ / "localtime");
  std::ofstream(etc_ / "timezone") << "nowhere\n";
  EXPECT_EQ(MachineZoneName(etc_), "UTC");
}

}  // namespace
}  // namespace rota
