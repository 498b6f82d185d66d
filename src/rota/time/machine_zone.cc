#include "rota/time/machine_zone.h"

#include <fstream>
#include <string_view>
#include <system_error>

#include "rota/base/text.h"
#include "rota/time/time_zone.h"

namespace rota {

std::string MachineZoneName(const std::filesystem::path& etc) {
  constexpr std::string_view kDatabase = "/zoneinfo/";
  std::error_code no_link;
  const std::string target = std::filesystem::read_symlink(etc / "localtime", no_link).string();
  const std::size_t database = target.find(kDatabase);
  if (!no_link && database != std::string::npos) {
    const std::string name = target.substr(database + kDatabase.size());
    if (TimeZone::Load(name)) return name;
  }
  std::string line;
  std::ifstream file(etc / "timezone");
  if (std::getline(file, line) && TimeZone::Load(Trim(line))) return std::string(Trim(line));
  return "UTC";
}

}  // namespace rota
