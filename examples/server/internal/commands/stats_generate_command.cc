#include "internal/commands/stats_generate_command.h"

#include <cstdint>
#include <filesystem>
#include <fstream>

namespace app {

namespace fs = std::filesystem;

StatsGenerateCommand::StatsGenerateCommand() : Command("stats:generate", "Count files and bytes of the backups") {}

rota::Status StatsGenerateCommand::Handle(rota::Context& context) {
  const fs::path backups = "var/backups";
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;
  if (fs::is_directory(backups)) {
    for (const fs::directory_entry& entry : fs::recursive_directory_iterator(backups)) {
      if (context.StopRequested()) return rota::Status(rota::StatusCode::kCancelled, "stopped while counting");
      if (!entry.is_regular_file()) continue;
      ++files;
      bytes += entry.file_size();
    }
  }
  fs::create_directories("var");
  std::ofstream report("var/stats.txt", std::ios::trunc);
  report << "files " << files << "\nbytes " << bytes << "\n";
  report.close();
  if (!report) return rota::Errorf("var/stats.txt could not be written");
  context.Print("{} files, {} bytes", files, bytes);
  return rota::Status::Ok();
}

}  // namespace app
