#include "internal/commands/cache_clear_command.h"

#include <filesystem>

namespace app {

CacheClearCommand::CacheClearCommand() : Command("cache:clear", "Empty this server's cache") {}

rota::Status CacheClearCommand::Handle(rota::Context& context) {
  const std::filesystem::path cache = "var/cache";
  std::error_code reason;
  const std::uintmax_t removed = std::filesystem::remove_all(cache, reason);
  if (!reason) std::filesystem::create_directories(cache, reason);
  if (reason) return rota::Errorf("{} could not be emptied: {}", cache.string(), reason.message());
  context.Print("{} entries removed", removed == 0 ? 0 : removed - 1);
  return rota::Status::Ok();
}

}  // namespace app
