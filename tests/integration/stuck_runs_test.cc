#include <csignal>
#include <cstdlib>
#include <iostream>

#include "programs.h"
#include "rota/base/format.h"
#include "rota/time/clock.h"
#include "rota/time/format.h"

// ROTA_STUCK_RUNS says how many children hang, in place of 100. What is printed is for whoever wants figures.

namespace rota::integration {
namespace {

class StuckRuns : public Programs {
 protected:
  static std::size_t Many() {
    const char* text = std::getenv("ROTA_STUCK_RUNS");
    return text == nullptr ? 100 : std::stoul(text);
  }

  // A server with a task that is due every second, and `count` tasks that hang from its start on.
  void WriteConfig(std::size_t count, std::string_view work) const {
    std::string config =
        "server: {workers: 1024, shutdown_grace: 1s, kill_after: 1s}\n"
        "tasks:\n  - {name: tick, schedule: every second, unique: true, exec: [/bin/true]}\n";
    for (std::size_t i = 0; i < count; ++i) {
      config += Format("  - {{name: stuck-{}, schedule: \"@reboot\", {}}}\n", i, work);
    }
    Write("config.yaml", config);
  }

  // The events of one kind, of the stuck tasks or of the others.
  Records Events(std::string_view kind, bool stuck) const {
    Records events = Log(kind, "var/log/rota.log");
    std::erase_if(events, [&](const Record& event) { return Text(event, "task").starts_with("stuck-") != stuck; });
    return events;
  }

  // Waits until all of them hang and other work has gone on for a while.
  void ExpectOtherWorkGoesOn(std::size_t count) const {
    ASSERT_TRUE(Eventually([&] { return Events("run_started", true).size() == count; }));
    const std::size_t before = Events("run_finished", false).size();
    EXPECT_TRUE(Eventually([&] { return Events("run_finished", false).size() >= before + 3; }));
    EXPECT_TRUE(Events("run_finished", true).empty());
    Milliseconds latest{0};
    for (const Record& tick : History("tick")) {
      if (Text(tick, "outcome") != "succeeded") continue;
      latest = std::max(latest, Instant(tick, "started_at") - Instant(tick, "scheduled_at"));
    }
    std::cout << count << " runs hang; of those due every second the latest began after " << FormatDuration(latest)
              << "\n";
  }

  // Shuts down with a grace of a second and another one until the kill.
  static void ExpectItEnds(Process& server) {
    const SystemClock clock;
    const SteadyTime begun = clock.SteadyNow();
    server.Signal(SIGTERM);
    EXPECT_EQ(server.Wait(), 0);
    std::cout << "the server ended after "
              << FormatDuration(std::chrono::duration_cast<Milliseconds>(clock.SteadyNow() - begun)) << "\n";
  }

  void ExpectOutcomes(std::size_t count, const std::string& reason) const {
    const Records ended = Events("run_finished", true);
    EXPECT_EQ(ended.size(), count);
    for (const Record& run : ended) {
      EXPECT_EQ(Text(run, "outcome"), "cancelled");
      EXPECT_THAT(Text(run, "reason"), testing::HasSubstr(reason));
    }
    EXPECT_EQ(Text(History("stuck-0").at(0), "outcome"), "cancelled");
  }
};

TEST_F(StuckRuns, OfChildrenHoldUpNeitherOtherWorkNorTheShutdown) {
  WriteConfig(Many(), "shell: \"trap '' TERM; echo $$ >>children; exec sleep 600\"");
  Process server = Start({"schedule:work"});
  ExpectOtherWorkGoesOn(Many());
  ASSERT_TRUE(Eventually([this] { return Lines("children").size() == Many(); }));
  ExpectItEnds(server);
  ExpectOutcomes(Many(), "signal 9");
  for (const std::string& child : Lines("children")) EXPECT_FALSE(IsRunning(std::stoi(child)));
}

TEST_F(StuckRuns, OfCommandsAreLeftBehindAtTheShutdown) {
  program_ = STUCK_SERVER;
  WriteConfig(20, "command: stuck");
  Process server = Start({"schedule:work"});
  ExpectOtherWorkGoesOn(20);
  ExpectItEnds(server);
  ExpectOutcomes(20, "did not stop at shutdown");
}

}  // namespace
}  // namespace rota::integration
