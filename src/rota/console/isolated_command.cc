#include <utility>

#include "rota/console/built_in.h"
#include "rota/run/isolated.h"

namespace rota {
namespace {

class IsolatedRunCommand final : public Command {
 public:
  explicit IsolatedRunCommand(const Desk& desk)
      : Command(std::string(kIsolatedRun), "Run a command for a server, in this process"), desk_(desk) {
    Option("server", 0, "The server");
    RepeatedArgument("words", "The command and its arguments");
  }

  Status Handle(Context& context) override {
    return RunIsolated(desk_.commands, context.Arguments("words"), context.Option("server"), context.StopToken(),
                       [&context](std::string_view text) { context.Write(text); });
  }

 private:
  const Desk& desk_;
};

}  // namespace

Commands MakeIsolatedCommands(Desk& desk) {
  Commands commands;
  commands.push_back(std::make_unique<IsolatedRunCommand>(desk));
  return commands;
}

}  // namespace rota
