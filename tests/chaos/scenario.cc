#include "scenario.h"

#include <algorithm>
#include <exception>
#include <memory>

#include "backend.h"
#include "rota/base/format.h"
#include "rota/time/format.h"
#include "stage.h"

namespace rota::chaos {
namespace {

using std::chrono::seconds;

// The quarantine in which servers tell a Redis that lost its state what they remember (3.5 s for such leases), and
// calm.
constexpr Milliseconds kRecovery = seconds(6);
constexpr Milliseconds kProgress = seconds(15);

const TaskKind kSecond{"second", seconds(1), Milliseconds(5), 1};
const TaskKind kRapid{"rapid", Milliseconds(5), Milliseconds(0), 1};
const TaskKind kHold{"hold", seconds(1), Milliseconds(1500), 1};  // Every other occurrence finds it still running.

StageOptions Usual() {
  StageOptions options;
  options.tasks = {kSecond, kRapid, kHold};
  return options;
}

void CheckPromises(const StageOptions& options, Report& report) {
  for (const auto& [task, verdict] : report.lines) {
    const auto none = [&](std::uint64_t count, std::string_view what) {
      if (count > 0) report.violations.push_back(Format("{}: {} {}", task, count, what));
    };
    none(verdict.duplicates, "starts of an occurrence that had started before");
    none(verdict.overlaps, "starts while another run of the task was under way");
    none(verdict.without_outcome, "due instants without an outcome");
    none(verdict.several_outcomes, "due instants with several outcomes");
    none(verdict.contradictions, "due instants whose outcome is not what happened");
    none(verdict.token_regressions, "fencing tokens that did not grow");
    none(verdict.vanished, "outcomes that the store told once and later did not know");
    if (options.store_keeps == StoreKeeps::kEverything) none(verdict.EndedLike("unknown"), "unknown outcomes");
    if (!options.explained.losses) none(verdict.EndedLike("lost"), "lost runs though no server was harmed");
    const std::uint64_t missed = verdict.EndedLike("missed");
    if (!options.explained.misses && task != kRapid.name && missed > verdict.due / 4) {
      report.violations.push_back(Format("{}: {} of {} due instants missed", task, missed, verdict.due));
    }
    if (verdict.started_once == 0) report.violations.push_back(Format("{}: never ran", task));
  }
}

// Does harm once, and lets the fleet live with it for a while.
using Strike = std::function<void(Stage& stage, Report& report)>;

Report PlayOn(Stage& stage, const Run& run, const Strike& strike) {
  Report report;
  stage.Open();
  SteadyTime told = stage.Now();
  for (const SteadyTime end = stage.Now() + run.duration; stage.Now() < end; ++report.faults) {
    strike(stage, report);
    if (!run.on_progress || stage.Now() < told + kProgress) continue;
    told = stage.Now();
    const auto left = std::chrono::ceil<seconds>(std::max(end - told, SteadyTime::duration::zero()));
    run.on_progress(
        Format("{} faults, {} lines noted, {} s to go", report.faults + 1, stage.notes().size(), left.count()));
  }
  const std::vector<Verdict> verdicts = stage.Close();
  for (std::size_t i = 0; i < verdicts.size(); ++i) {
    report.lines.push_back({stage.options().tasks[i].name, verdicts[i]});
  }
  CheckPromises(stage.options(), report);
  return report;
}

Report Play(const Run& run, Folder& folder, Backend& backend, StageOptions options, const Strike& strike) {
  options.seed = run.seed;
  options.interrupted = run.interrupted;
  Report report;
  try {
    Stage stage(folder, backend, options);
    report = PlayOn(stage, run, strike);
  } catch (const Interrupted&) {
    throw;
  } catch (const std::exception& error) {  // It could not go on, which nothing excuses.
    report.violations.push_back(error.what());
  }
  if (run.on_progress && !report.violations.empty()) {
    folder.Keep();
    run.on_progress("look into " + folder.path());
  }
  return report;
}

// On the store of the run's choice, which is left in peace.
Report Play(const Run& run, const StageOptions& options, const Strike& strike) {
  Folder folder;
  std::unique_ptr<Backend> backend;
  if (run.store == StoreKind::kSqlite) {
    backend = std::make_unique<SqliteBackend>(folder.path());
  } else {
    const int servers = static_cast<int>(options.clock_offsets.size());
    backend = std::make_unique<RedisBackend>(Persistence::kNone, servers);
  }
  return Play(run, folder, *backend, options, strike);
}

void LiveOn(Stage& stage, Report&) { stage.Wait(seconds(1)); }

Report PlaySigkill(const Run& run) {
  return Play(run, Usual(), [](Stage& stage, Report&) {
    const int victim = stage.Pick(stage.servers());
    stage.Kill(victim);
    stage.Wait(Milliseconds(stage.Pick(4000)));  // Shorter and longer than the lease.
    stage.Start(victim);
    stage.Wait(seconds(2));
  });
}

Report PlaySigstop(const Run& run) {
  return Play(run, Usual(), [](Stage& stage, Report&) {
    const int victim = stage.Pick(stage.servers());
    stage.Freeze(victim);
    stage.Wait(2 * stage.options().lease_ttl);
    stage.Thaw(victim);
    stage.Wait(seconds(3));
  });
}

Report PlayDeploy(const Run& run) {
  StageOptions options = Usual();
  options.explained.losses = false;
  return Play(run, options, [](Stage& stage, Report&) {
    for (int server = 0; server < stage.servers(); ++server) {
      stage.Terminate(server);
      stage.Start(server);
      stage.Wait(seconds(1));
    }
  });
}

Report PlayRestarts(const Run& run, Persistence persistence) {
  StageOptions options = Usual();
  if (persistence == Persistence::kNone) options.store_keeps = StoreKeeps::kPerhapsNot;
  Folder folder;
  RedisBackend backend(persistence, static_cast<int>(options.clock_offsets.size()));
  return Play(run, folder, backend, options, [&backend](Stage& stage, Report&) {
    stage.Pick(2) == 0 ? backend.redis().Kill() : backend.redis().Stop();
    stage.Wait(Milliseconds(stage.Pick(6000)));
    backend.redis().Restart();
    stage.Wait(kRecovery);
  });
}

Report PlayFailover(const Run& run) {
  StageOptions options = Usual();
  options.store_keeps = StoreKeeps::kPerhapsNot;
  Folder folder;
  SentinelBackend backend;
  return Play(run, folder, backend, options, [&backend](Stage& stage, Report&) {
    redis_test::RedisServer& primary = backend.primary();
    if (stage.Pick(2) == 0) {  // Replicas lag, and what they lack is lost.
      SentinelBackend::CutReplication(primary);
      stage.Wait(Milliseconds(stage.Pick(1000)));
    }
    primary.Kill();
    stage.Await("the Sentinels name another primary", [&] { return &backend.primary() != &primary; });
    stage.Wait(kRecovery);
    primary.Restart();
    stage.Await("all replicas follow the primary", [&backend] { return backend.IsWhole(); });
  });
}

// Nothing passes between a server and its Redis, or requests do and their replies do not; late or never.
Report PlayCut(const Run& run) {
  const StageOptions options = Usual();
  Folder folder;
  RedisBackend backend(Persistence::kNone, static_cast<int>(options.clock_offsets.size()));
  return Play(run, folder, backend, options, [&backend](Stage& stage, Report&) {
    TcpGate& gate = backend.gate(stage.Pick(stage.servers()));
    gate.Set({.passes_requests = stage.Pick(2) == 0, .passes_replies = false});
    stage.Wait((1 + stage.Pick(2)) * stage.options().lease_ttl);
    if (stage.Pick(2) == 0) gate.DropConnections();
    gate.Set({});
    stage.Wait(seconds(3));
  });
}

Report PlayFlaky(const Run& run) {
  const StageOptions options = Usual();
  Folder folder;
  RedisBackend backend(Persistence::kNone, static_cast<int>(options.clock_offsets.size()));
  return Play(run, folder, backend, options, [&backend](Stage& stage, Report&) {
    const std::size_t most_bytes = 1 + static_cast<std::size_t>(stage.Pick(500));
    const Milliseconds most_delay(stage.Pick(20));
    for (int server = 0; server < stage.servers(); ++server) {
      backend.gate(server).Set({.most_bytes = most_bytes, .most_delay = most_delay});
    }
    stage.Wait(seconds(2));
    backend.gate(stage.Pick(stage.servers())).DropConnections();
    stage.Wait(seconds(1));
    for (int server = 0; server < stage.servers(); ++server) backend.gate(server).Set({});
    stage.Wait(seconds(1));
  });
}

// Clocks that differ by `spread`: one slow, one right, one fast.
std::vector<Milliseconds> Spread(Milliseconds spread) { return {-spread / 2, Milliseconds(0), spread / 2}; }

// By the clock of a Redis: a store in a file would go by the servers' own.
Report PlayClocks(const Run& run, StageOptions options, Milliseconds spread) {
  options.clock_offsets = Spread(spread);
  options.explained = {.misses = false, .losses = false};
  Run on_redis = run;
  on_redis.store = StoreKind::kRedis;
  return Play(on_redis, options, LiveOn);
}

Report PlaySkew(const Run& run, Milliseconds spread) {
  StageOptions options;
  options.tasks = {kSecond};
  options.tasks[0].count = 100;
  return PlayClocks(run, std::move(options), spread);
}

Report PlayKillHolder(const Run& run) {
  StageOptions options;
  options.tasks = {{"long", Milliseconds(500), seconds(6), 1}};
  Report told = Play(run, options, [](Stage& stage, Report& report) {
    stage.Await("the long task runs", [&stage] {
      return !stage.notes().empty() && stage.notes().back().kind == Note::Kind::kStart &&
             stage.ServerOf(stage.notes().back().pid);
    });
    stage.Wait(Milliseconds(500 + stage.Pick(1500)));  // At any time between renewals.
    const std::size_t seen = stage.notes().size();
    const int holder = stage.ServerOf(stage.notes().back().pid).value();
    const SteadyTime killed = stage.Now();
    stage.Kill(holder);
    stage.Await("the task of a killed holder runs elsewhere", [&] { return stage.notes().size() > seen; });
    report.takeovers.push_back(std::chrono::ceil<Milliseconds>(stage.notes()[seen].real - killed));
    stage.Start(holder);
    stage.Wait(seconds(1));
  });
  for (const Milliseconds takeover : told.takeovers) {
    if (takeover <= options.lease_ttl + seconds(1)) continue;
    told.delays.push_back(Format("a take-over that took {}", FormatDuration(takeover)));
  }
  return told;
}

}  // namespace

const std::vector<Scenario>& Scenarios() {
  static const std::vector<Scenario> kScenarios = {
      {"sigkill", "a server is killed and started again", "nothing", PlaySigkill},
      {"sigstop", "a server stands still for two leases", "an overlap with a run that stood still", PlaySigstop},
      {"redis-restart-aof", "Redis, with an append-only file, is killed or stopped and started again", "nothing",
       [](const Run& run) { return PlayRestarts(run, Persistence::kAppendOnlyFile); }},
      {"redis-restart-bare", "Redis, without persistence, is killed or stopped and started again", "unknown outcomes",
       [](const Run& run) { return PlayRestarts(run, Persistence::kNone); }},
      {"sentinel-failover", "the primary is killed, half of the times with replicas behind it", "unknown outcomes",
       PlayFailover},
      {"cut", "a server is cut off from Redis, or only the replies", "nothing", PlayCut},
      {"flaky", "bytes come in pieces and late, connections break", "nothing", PlayFlaky},
      {"clocks", "the clocks of two servers go wrong, by 5 s each way", "nothing",
       [](const Run& run) { return PlayClocks(run, Usual(), seconds(10)); }},
      {"deploy", "servers are stopped by SIGTERM and started again, one after another", "nothing", PlayDeploy},
      {"kill-holder", "the holder of a long run is killed", "nothing", PlayKillHolder},
      {"skew-100ms", "clocks spread over 100 ms", "nothing",
       [](const Run& run) { return PlaySkew(run, Milliseconds(100)); }},
      {"skew-1s", "clocks spread over 1 s", "nothing", [](const Run& run) { return PlaySkew(run, seconds(1)); }},
      {"skew-5s", "clocks spread over 5 s", "nothing", [](const Run& run) { return PlaySkew(run, seconds(5)); }},
  };
  return kScenarios;
}

const Scenario* FindScenario(std::string_view name) {
  const auto found = std::ranges::find(Scenarios(), name, &Scenario::name);
  return found == Scenarios().end() ? nullptr : &*found;
}

}  // namespace rota::chaos
