#include "scenario.h"

#include <algorithm>
#include <memory>

#include "backend.h"
#include "rota/base/format.h"
#include "rota/time/format.h"
#include "stage.h"

namespace rota::chaos {
namespace {

using std::chrono::seconds;

const TaskSpec kSecond{"second", seconds(1), Milliseconds(5)};
const TaskSpec kRapid{"rapid", Milliseconds(5), Milliseconds(0)};
const TaskSpec kHold{"hold", seconds(1), Milliseconds(1500)};  // Every other occurrence finds it still running.

// A scenario while it plays.
struct Act {
  Stage& stage;
  Backend& backend;
  Report& report;
};
using Strike = void (*)(Act& act);  // Does harm once, and lets the fleet live with it for a while.

// Counts what no fault excuses.
void CheckPromises(Report& report) {
  const Verdict& verdict = report.verdict;
  const auto none = [&report](std::uint64_t count, std::string_view what) {
    if (count > 0) report.violations.push_back(Format("{} {}", count, what));
  };
  none(verdict.duplicates, "starts of an occurrence that had started before");
  none(verdict.overlaps, "starts while another run of the task was under way");
  none(verdict.without_outcome, "due instants without an outcome");
  none(verdict.several_outcomes, "due instants with several outcomes");
  none(verdict.contradictions, "due instants whose outcome is not what happened");
  none(verdict.token_regressions, "fencing tokens that did not grow");
  none(verdict.vanished, "outcomes that the store told once and later did not know");
  none(verdict.EndedLike("unknown"), "instants with an unknown outcome");
  if (verdict.started_once == 0) report.violations.push_back("nothing ran");
}

Report Play(const Run& run, StageOptions options, Strike strike) {
  options.seed = run.seed;
  options.interrupted = run.interrupted;
  Report report;
  const Folder folder;
  const std::unique_ptr<Backend> backend = MakeSqliteBackend(folder.path());
  Stage stage(folder, *backend, std::move(options));
  stage.Open();
  Act act{stage, *backend, report};
  for (const SteadyTime end = stage.Now() + run.duration; stage.Now() < end; ++report.faults) strike(act);
  report.verdict = stage.Close();
  CheckPromises(report);
  return report;
}

StageOptions Usual() {
  StageOptions options;
  options.tasks = {kSecond, kRapid, kHold};
  return options;
}

void KillAndRestart(Act& act) {
  const int victim = act.stage.Pick(act.stage.servers());
  act.stage.Kill(victim);
  act.stage.Wait(Milliseconds(act.stage.Pick(4000)));  // Shorter and longer than the lease.
  act.stage.Start(victim);
  act.stage.Wait(seconds(2));
}

void FreezeAndThaw(Act& act) {
  const int victim = act.stage.Pick(act.stage.servers());
  act.stage.Freeze(victim);
  act.stage.Wait(2 * act.stage.options().lease_ttl);
  act.stage.Thaw(victim);
  act.stage.Wait(seconds(3));
}

void RollOver(Act& act) {
  for (int server = 0; server < act.stage.servers(); ++server) {
    act.stage.Terminate(server);
    act.stage.Start(server);
    act.stage.Wait(seconds(1));
  }
}

void LiveOn(Act& act) { act.stage.Wait(seconds(1)); }

// Kills who holds the run of a long task, and waits until it runs elsewhere.
void KillHolder(Act& act) {
  Stage& stage = act.stage;
  stage.Await("the long task runs", [&] {
    if (stage.notes().empty()) return false;
    const Note& last = stage.notes().back();
    return last.kind == Note::Kind::kStart && stage.ServerOf(last.pid).has_value();
  });
  stage.Wait(Milliseconds(500 + stage.Pick(1500)));  // Any phase of the renewals.
  const std::size_t seen = stage.notes().size();
  const int holder = stage.ServerOf(stage.notes().back().pid).value();
  const SteadyTime killed = stage.Now();
  stage.Kill(holder);
  stage.Await("the task of a killed holder runs elsewhere", [&] { return stage.notes().size() > seen; });
  act.report.takeovers.push_back(std::chrono::ceil<Milliseconds>(stage.notes()[seen].real - killed));
  stage.Start(holder);
}

// Clocks that differ by `spread`, all within it: half of it slow, half of it fast.
std::vector<Milliseconds> Spread(Milliseconds spread) { return {-spread / 2, Milliseconds(0), spread / 2}; }

Report PlaySkew(const Run& run, Milliseconds spread) {
  StageOptions options;
  for (int i = 0; i < 100; ++i) options.tasks.push_back({Format("second-{}", i), kSecond.period, kSecond.take});
  options.tasks.push_back(kRapid);
  options.clock_offsets = Spread(spread);
  return Play(run, std::move(options), LiveOn);
}

Report PlayKillHolder(const Run& run) {
  StageOptions options;
  options.tasks = {{"long", Milliseconds(500), std::chrono::hours(1)}};
  Report report = Play(run, options, KillHolder);
  const Milliseconds most = options.lease_ttl + seconds(1);
  for (const Milliseconds takeover : report.takeovers) {
    if (takeover > most) report.violations.push_back(Format("a take-over took {}", FormatDuration(takeover)));
  }
  return report;
}

constexpr std::string_view kNothing = "nothing";

}  // namespace

const std::vector<Scenario>& Scenarios() {
  static const std::vector<Scenario> scenarios = {
      {"sigkill", "a server is killed and started again", kNothing,
       [](const Run& run) { return Play(run, Usual(), KillAndRestart); }},
      {"sigstop", "a server stands still for two leases", "overlap with a run of the server that stood still",
       [](const Run& run) { return Play(run, Usual(), FreezeAndThaw); }},
      {"deploy", "servers are stopped by SIGTERM and started again, one after another", kNothing,
       [](const Run& run) { return Play(run, Usual(), RollOver); }},
      {"clocks", "clocks of two servers go 5 s wrong", kNothing,
       [](const Run& run) {
         StageOptions options = Usual();
         options.clock_offsets = Spread(seconds(10));
         return Play(run, std::move(options), LiveOn);
       }},
      {"kill-holder", "the holder of a long run is killed", kNothing, PlayKillHolder},
      {"skew-100ms", "clocks spread over 100 ms", kNothing,
       [](const Run& run) { return PlaySkew(run, Milliseconds(100)); }},
      {"skew-1s", "clocks spread over 1 s", kNothing, [](const Run& run) { return PlaySkew(run, seconds(1)); }},
      {"skew-5s", "clocks spread over 5 s", kNothing, [](const Run& run) { return PlaySkew(run, seconds(5)); }},
  };
  return scenarios;
}

const Scenario* FindScenario(std::string_view name) {
  const auto found = std::ranges::find(Scenarios(), name, &Scenario::name);
  return found == Scenarios().end() ? nullptr : &*found;
}

}  // namespace rota::chaos
