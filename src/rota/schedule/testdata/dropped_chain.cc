// Compiles only with END_THE_CHAIN: dropping a chain without Register() draws a warning, here made an error.
#include "rota/schedule/scheduler.h"

void Define(rota::Scheduler& scheduler) {
#ifdef END_THE_CHAIN
  scheduler.Command("backup:run").Daily().Register();
#else
  scheduler.Command("backup:run").Daily();
#endif
}
