#include <memory>

#include "rota/rota.h"

namespace {

class BackupCommand : public rota::Command {
 public:
  BackupCommand() : Command("backup:run", "Run database backup") { Flag("dry-run", 'n', "Show what would be done"); }

  rota::Status Handle(rota::Context& context) override {
    context.Print("{}", context.Flag("dry-run") ? "would back up" : "backed up");
    return rota::Status::Ok();
  }
};

class Kernel : public rota::Kernel {
 public:
  void Schedule(rota::Scheduler& scheduler) override {
    scheduler.Command("backup:run").Daily().At("02:00").Unique().Register();
  }
};

}  // namespace

int main(int argc, char** argv) {
  rota::Application app("config.yaml");
  app.commands().Register(std::make_unique<BackupCommand>());
  app.UseKernel(std::make_unique<Kernel>());
  return app.Run(argc, argv);
}
