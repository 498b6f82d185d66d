#include <memory>

#include "internal/commands/backup_command.h"
#include "internal/commands/cache_clear_command.h"
#include "internal/commands/heartbeat_command.h"
#include "internal/commands/stats_generate_command.h"
#include "internal/schedule/kernel.h"
#include "rota/rota.h"

int main(int argc, char** argv) {
  rota::Application server("config/config.yaml");
  server.commands().Register(std::make_unique<app::BackupCommand>());
  server.commands().Register(std::make_unique<app::CacheClearCommand>());
  server.commands().Register(std::make_unique<app::HeartbeatCommand>());
  server.commands().Register(std::make_unique<app::StatsGenerateCommand>());
  server.UseKernel(std::make_unique<app::Kernel>());
  return server.Run(argc, argv);
}
