#include "internal/schedule/kernel.h"

namespace app {

void Kernel::Schedule(rota::Scheduler& scheduler) {
  // A backup every night at two.
  scheduler.Command("backup:run").Daily().At("02:00").Unique().Register();

  // The cache is cleared every half hour, on every server.
  scheduler.Command("cache:clear").EveryThirtyMinutes().Register();

  // Statistics in the night to Sunday.
  scheduler.Command("stats:generate").Weekly().At("00:00").Unique().Register();

  // Something to watch while you read this.
  scheduler.Command("heartbeat").EveryTenSeconds().Unique().Register();
}

}  // namespace app
