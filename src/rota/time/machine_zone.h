#pragma once

#include <filesystem>
#include <string>

namespace rota {

// The name of the zone that this machine's clock shows, which is the one that cron goes by: where `etc`/localtime links
// to, or else what `etc`/timezone says; UTC where neither names a zone of the database.
std::string MachineZoneName(const std::filesystem::path& etc = "/etc");

}  // namespace rota
