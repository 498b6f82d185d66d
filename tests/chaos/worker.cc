// A server of the fleet under test. Its tasks are those of config.yaml; each run of `note` leaves a line in a file when
// it begins and another one when it ends.

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <thread>

#include "note.h"
#include "rota/rota.h"
#include "rota/time/clock.h"
#include "rota/time/format.h"

namespace rota::chaos {
namespace {

class NoteCommand final : public Command {
 public:
  explicit NoteCommand(const std::string& path) : Command("note", "Note that it ran"), file_(path) {
    Option("take", 't', "How long it works", "0ms");
  }

  Status Handle(Context& context) override {
    const Result<Milliseconds> take = ParseDuration(context.Option("take"));
    if (!take) return take.error();
    const SteadyTime end = clock_.SteadyNow() + *take;
    Append(Note::Kind::kStart, context);
    while (!context.StopRequested()) {
      const auto left = end - clock_.SteadyNow();
      if (left <= left.zero()) break;
      std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(left, kStopCheck));
    }
    const bool stopped = context.StopRequested() && clock_.SteadyNow() < end;
    Append(Note::Kind::kEnd, context);
    return stopped ? Status(StatusCode::kCancelled, "stopped") : Status::Ok();
  }

 private:
  static constexpr Milliseconds kStopCheck{20};

  void Append(Note::Kind kind, const Context& context) const {
    const Context::Facts& facts = context.facts();
    file_.Append({.kind = kind,
                  .task = facts.task,
                  .at = facts.scheduled_at.value_or(WallTime()),
                  .token = facts.fencing_token,
                  .server = facts.server,
                  .run_id = facts.run_id,
                  .pid = getpid(),
                  .real = clock_.SteadyNow(),
                  .wall = clock_.Now()});
  }

  NoteFile file_;
  SystemClock clock_;
};

}  // namespace
}  // namespace rota::chaos

int main(int argc, char** argv) {
  const char* notes = std::getenv(rota::chaos::kNotesVariable);
  if (notes == nullptr) {
    std::cerr << rota::chaos::kNotesVariable << " is not set\n";
    return 2;
  }
  rota::Application app("config.yaml");
  app.commands().Register(std::make_unique<rota::chaos::NoteCommand>(notes));
  return app.Run(argc, argv);
}
