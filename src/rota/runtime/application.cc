#include "rota/runtime/application.h"

#include <cstdlib>
#include <exception>
#include <functional>
#include <iostream>
#include <stop_token>
#include <utility>

#include "rota/console/console.h"
#include "rota/console/invocation.h"
#include "rota/runtime/signal_watcher.h"
#include "rota/runtime/version.h"
#include "rota/runtime/wiring.h"
#include "rota/time/clock.h"

namespace rota {

struct Application::State {
  explicit State(std::string config_given) : config(std::move(config_given)) {}

  const std::string config;
  CommandRegistry commands;
  std::unique_ptr<Kernel> kernel;
};

Application::Application(std::string config) : state_(std::make_unique<State>(std::move(config))) {}

Application::~Application() = default;

CommandRegistry& Application::commands() { return state_->commands; }

void Application::UseKernel(std::unique_ptr<Kernel> kernel) { state_->kernel = std::move(kernel); }

Result<std::shared_ptr<const Schedule>> Application::LoadSchedule() const {
  SystemClock clock;
  return Wiring(state_->config, state_->commands, state_->kernel.get(), clock).LoadSchedule();
}

int Application::Run(int argc, char** argv) {
  const Result<Invocation> invocation = ParseInvocation(state_->commands, argc, argv);
  // A wrong command line is the console's to explain: it parses the same words.
  const std::string config = invocation && invocation->config ? *invocation->config : state_->config;

  SystemClock clock;
  Wiring wiring(config, state_->commands, state_->kernel.get(), clock);
  std::stop_source stop;
  const auto end = [&wiring, &stop](int signal, int count) {
    const bool has_engine = wiring.Stop();
    if (!has_engine && count > 1) std::_Exit(128 + signal);  // A command that ignores the first one.
    stop.request_stop();
  };
  const bool reloads = invocation && invocation->command == "schedule:work";
  const SignalWatcher signals(end, reloads ? [&wiring] { wiring.Reload(); } : std::function<void()>());
  int code = 1;
  try {
    Console console(
        state_->commands, wiring, clock,
        {.version = kVersion, .author = OperatorName(), .locale = EnvironmentLocale(), .input = StandardInputKind()},
        std::cin, std::cout, std::cerr);
    code = console.Run(argc, argv, stop.get_token());
  } catch (const std::exception& error) {  // A command of the program has the name of a built-in one.
    std::cerr << "error: " << error.what() << "\n";
  }
  if (wiring.HasAbandonedWork()) {
    // Joining its threads would hang. Its outcome is recorded and its children are killed.
    std::cout.flush();
    std::_Exit(code);
  }
  return code;
}

}  // namespace rota
