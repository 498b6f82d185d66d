// A server whose command looks at nothing and never ends.

#include <memory>

#include "rota/base/mutex.h"
#include "rota/rota.h"

namespace {

class StuckCommand final : public rota::Command {
 public:
  StuckCommand() : Command("stuck", "Wait for what never happens") {}

  rota::Status Handle(rota::Context&) override {
    rota::MutexLock lock(mu_);
    for (;;) never_.Wait(mu_);
  }

 private:
  rota::Mutex mu_;
  rota::CondVar never_;
};

}  // namespace

int main(int argc, char** argv) {
  rota::Application app("config.yaml");
  app.commands().Register(std::make_unique<StuckCommand>());
  return app.Run(argc, argv);
}
