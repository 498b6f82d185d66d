#pragma once

#include "rota/rota.h"

namespace app {

// Copies the data folder into a folder of its own below the backups, and drops the oldest backups.
class BackupCommand : public rota::Command {
 public:
  BackupCommand();
  rota::Status Handle(rota::Context& context) override;
};

}  // namespace app
