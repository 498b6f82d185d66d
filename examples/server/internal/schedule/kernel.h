#pragma once

#include "rota/rota.h"

namespace app {

// What this server does when.
class Kernel : public rota::Kernel {
 public:
  void Schedule(rota::Scheduler& scheduler) override;
};

}  // namespace app
