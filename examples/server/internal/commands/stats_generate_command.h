#pragma once

#include "rota/rota.h"

namespace app {

// Counts what the backups hold and writes it down.
class StatsGenerateCommand : public rota::Command {
 public:
  StatsGenerateCommand();
  rota::Status Handle(rota::Context& context) override;
};

}  // namespace app
