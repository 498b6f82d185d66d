#pragma once

#include <memory>
#include <string>

#include "rota/base/status.h"
#include "rota/run/command_registry.h"
#include "rota/schedule/schedule.h"
#include "rota/schedule/scheduler.h"

namespace rota {

// A program that defines commands and runs them on a schedule: reads the configuration, makes the schedule, the store,
// the logs and the engine when a command needs them, and ends them in order.
//
//   int main(int argc, char** argv) {
//     rota::Application app("config/config.yaml");
//     app.commands().Register(std::make_unique<BackupCommand>());
//     app.UseKernel(std::make_unique<Kernel>());
//     return app.Run(argc, argv);
//   }
//
// Confined to the main thread.
class Application {
 public:
  // `config` is read when a command needs it; `--config FILE` on the command line replaces it.
  explicit Application(std::string config);
  ~Application();
  Application(const Application&) = delete;
  Application& operator=(const Application&) = delete;

  CommandRegistry& commands();
  // The tasks that the program defines, besides those of the configuration's `tasks:`.
  void UseKernel(std::unique_ptr<Kernel> kernel);

  // The schedule that the program would run: the configuration's tasks and the kernel's. For tests of it. Errors: what
  // is wrong with the configuration or with a definition.
  Result<std::shared_ptr<const Schedule>> LoadSchedule() const;

  // Runs the command that argv names, once, and returns the exit code for main(): 0 ok, 1 failed, 2 wrong usage.
  // SIGINT and SIGTERM are taken over meanwhile, and so is SIGHUP by schedule:work. When work does not end although it
  // was stopped and killed, the process ends here, with that exit code.
  int Run(int argc, char** argv);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace rota
