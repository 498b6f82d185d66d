#include "internal/commands/backup_command.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <string>
#include <vector>

namespace app {
namespace {

namespace fs = std::filesystem;

// The finished backups, oldest first: they are named after their run ids, which sort by time.
std::vector<fs::path> FinishedBackups(const fs::path& folder) {
  std::vector<fs::path> backups;
  for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
    if (entry.is_directory() && entry.path().extension() != ".part") backups.push_back(entry.path());
  }
  std::sort(backups.begin(), backups.end());
  return backups;
}

}  // namespace

BackupCommand::BackupCommand() : Command("backup:run", "Run database backup") {
  OptionalArgument("source", "The folder to back up", "config");
  Option("target", 't', "Where backups are kept", "var/backups");
  Option("keep", 'k', "How many backups to keep", "7");
}

rota::Status BackupCommand::Handle(rota::Context& context) {
  const fs::path source = context.Argument("source");
  const fs::path target = context.Option("target");
  const std::string& keep_text = context.Option("keep");
  std::size_t keep = 0;
  const auto [end, error] = std::from_chars(keep_text.data(), keep_text.data() + keep_text.size(), keep);
  if (error != std::errc() || end != keep_text.data() + keep_text.size() || keep == 0) {
    return rota::InvalidArgument("--keep={}: expected a number from 1", keep_text);
  }
  if (!fs::is_directory(source)) {
    return rota::Errorf("backup failed: {}", source.string() + " is not a folder");
  }

  // Written aside and renamed when complete: a crash leaves no half backup under a good name, and running the same
  // occurrence again does no harm.
  const fs::path finished = target / context.facts().run_id;
  const fs::path part = finished.string() + ".part";
  std::error_code reason;
  fs::create_directories(target, reason);
  if (!reason) fs::copy(source, part, fs::copy_options::recursive | fs::copy_options::overwrite_existing, reason);
  if (!reason) fs::rename(part, finished, reason);
  if (reason) return rota::Errorf("backup failed: {}", reason.message());
  context.Print("{} saved as {}", source.string(), finished.string());

  const std::vector<fs::path> backups = FinishedBackups(target);
  for (std::size_t i = 0; i + keep < backups.size(); ++i) {
    fs::remove_all(backups[i], reason);
    if (reason)
      return rota::Errorf("backup saved, but {} could not be removed: {}", backups[i].string(), reason.message());
    context.Print("{} removed", backups[i].string());
  }
  return rota::Status::Ok();
}

}  // namespace app
