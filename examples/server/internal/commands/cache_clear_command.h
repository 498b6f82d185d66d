#pragma once

#include "rota/rota.h"

namespace app {

// Empties the cache folder of this server.
class CacheClearCommand : public rota::Command {
 public:
  CacheClearCommand();
  rota::Status Handle(rota::Context& context) override;
};

}  // namespace app
