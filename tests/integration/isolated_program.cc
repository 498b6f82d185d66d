// A program whose commands end in every way, alone in a process.
#include <unistd.h>

#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>

#include "rota/rota.h"

namespace {

class Job final : public rota::Command {
 public:
  Job() : Command("job", "Does what its argument says") {
    Argument("what", "What to do");
    Option("word", 'w', "A word", "none");
    Flag("loud", 'l', "Whether to shout");
  }

  rota::Status Handle(rota::Context& context) override {
    const std::string& what = context.Argument("what");
    if (what == "tell") return Tell(context);
    if (what == "fail") return rota::Errorf("the disk of {} is full\nand slow", context.Option("word"));
    if (what == "throw") throw std::runtime_error("boom");
    if (what == "exit") std::_Exit(75);
    if (what == "crash") {
      context.Print("about to crash");
      std::signal(SIGSEGV, SIG_DFL);
      raise(SIGSEGV);
    }
    if (what == "linger") return Linger();
    if (what == "wait") {
      context.Print("waiting");
      std::mutex mu;
      std::condition_variable_any never;
      std::unique_lock lock(mu);
      never.wait(lock, context.StopToken(), [] { return false; });
      context.Print("tidied up");
      return {rota::StatusCode::kCancelled, "gave up after 3 of 9 files"};
    }
    return rota::Status::Ok();
  }

 private:
  static rota::Status Linger() {
    std::atexit([] {
      std::signal(SIGTERM, SIG_IGN);
      for (;;) pause();
    });
    return rota::Status::Ok();
  }
  static rota::Status Tell(rota::Context& context) {
    const rota::Context::Facts& facts = context.facts();
    context.Print("{} attempt {} on {}, {} {}", facts.task, facts.attempt, facts.server, context.Option("word"),
                  context.Flag("loud") ? "loud" : "quiet");
    context.Print("run {} scheduled {} token {}", facts.run_id, facts.scheduled_at ? "once" : "never",
                  context.FencingToken() > 0 ? "given" : "missing");
    std::cout << "printed by itself\n";
    return rota::Status::Ok();
  }
};

}  // namespace

int main(int argc, char** argv) {
  rota::Application app("config.yaml");
  app.commands().Register(std::make_unique<Job>());
  return app.Run(argc, argv);
}
