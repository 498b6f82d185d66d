#include "rota/testing/play/play.h"

#include <chrono>
#include <iostream>

#include "rota/rota.h"

// A test of a schedule, with the installed test kit.
int main() {
  using namespace std::chrono_literals;
  const rota::CommandRegistry commands;
  rota::Scheduler scheduler(commands, rota::TimeZone());
  scheduler.Exec({"/bin/true"}).Name("backup:run").DailyAt("02:00").Unique().Register();
  const std::chrono::sys_days day = 2026y / 3 / 7;
  for (const std::string& line : rota::Lines(rota::Play(*scheduler.Build(), {.from = day, .to = day + 24h}))) {
    std::cout << line << "\n";
  }
}
