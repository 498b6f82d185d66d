// A fleet of three processes on a Redis of its own: how late the last of 10,000 unique tasks is claimed that are due at
// one instant, how many scripts Redis runs for each, and how evenly 300 one-second tasks are spread. What the machine's
// Redis is able to is measured beside it.
//
// The program is its own server: started with `schedule:work` it works on the tasks of config.yaml.

#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <limits>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "../tests/integration/process.h"
#include "../tests/redis/redis_server.h"
#include "rota/base/mutex.h"
#include "rota/base/text.h"
#include "rota/coordination/redis/redis_store.h"
#include "rota/rota.h"
#include "rota/time/clock.h"
#include "rota/time/format.h"

namespace rota {
namespace {

using integration::Process;
using redis_test::RedisServer;
using std::chrono::seconds;

constexpr int kServers = 3;
constexpr int kRounds = 5;

class NoWork final : public Command {
 public:
  NoWork() : Command("none", "Do nothing") {}
  Status Handle(Context&) override { return Status::Ok(); }
};

int Serve(int argc, char** argv) {
  Application app("config.yaml");
  app.commands().Register(std::make_unique<NoWork>());
  return app.Run(argc, argv);
}

// Servers with so many tasks that are all due every `period`.
class Fleet {
 public:
  Fleet(int tasks, Milliseconds period) : period_(period) {
    WriteConfig(tasks);
    RedisStoreOptions options;
    options.server = {"127.0.0.1", redis_.port()};
    options.app = "bench";
    store_ = MakeRedisStore(options, clock_);
    for (int i = 1; i <= kServers; ++i) {
      servers_.emplace_back(std::vector<std::string>{"/proc/self/exe", "schedule:work"},
                            Process::Options{folder_.path(), {{"SERVER", Format("s{}", i)}}, {}});
    }
    const auto joined = [this] {
      const auto servers = store_->Servers();
      return servers && servers->size() == kServers;
    };
    if (!redis_test::Eventually(joined)) throw std::runtime_error("the servers do not join");
  }
  ~Fleet() {
    for (const Process& server : servers_) server.Signal(SIGTERM);
    for (Process& server : servers_) (void)server.Wait();
  }
  Fleet(const Fleet&) = delete;
  Fleet& operator=(const Fleet&) = delete;

  const RedisServer& redis() const { return redis_; }
  // The next instant that is at least `ahead` from now.
  WallTime NextInstant(Milliseconds ahead) const {
    return WallTime(((clock_.Now() + ahead).time_since_epoch() / period_ + 1) * period_);
  }
  void WaitUntil(WallTime instant) {
    const SteadyTime end = clock_.SteadyNow() + (instant - clock_.Now());
    Mutex mu;
    CondVar never;
    MutexLock lock(mu);
    while (clock_.SteadyNow() < end) clock_.Wait(mu, never, end);
  }
  std::vector<OccurrenceRecord> History(WallTime from, WallTime to) {
    HistoryQuery query;
    query.from = from;
    query.to = to;
    query.limit = std::numeric_limits<int>::max();
    auto records = store_->Query(query);
    if (!records) throw std::runtime_error(records.error().message());
    return *std::move(records);
  }
  // What Redis did so far.
  struct Scripts {
    std::int64_t calls = 0;
    double ms = 0;  // Of its time.
  };
  Scripts Ran() const {
    const std::string facts = redis_.Send({"INFO", "commandstats"});
    const std::size_t place = facts.find("cmdstat_evalsha:");
    long long calls = 0;
    long long microseconds = 0;
    if (place == std::string::npos) return {};
    std::sscanf(facts.c_str() + place, "cmdstat_evalsha:calls=%lld,usec=%lld", &calls, &microseconds);
    return {calls, static_cast<double>(microseconds) / 1000};
  }

 private:
  void WriteConfig(int tasks) const {
    std::ofstream config(folder_.path() + "/config.yaml");
    config << "app: {name: bench}\nserver: {id: \"${SERVER}\", workers: 1024}\n"
           << Format("redis: {{host: 127.0.0.1, port: {}}}\n", redis_.port())
           << "history: {max_records: 100000000}\nlog: {file: \"${SERVER}.log\", level: warning}\ntasks:\n";
    for (int i = 0; i < tasks; ++i) {
      config << Format("  - {{name: task-{}, schedule: every {}, unique: true, command: none}}\n", i,
                       FormatDuration(period_));
    }
  }

  const Milliseconds period_;
  SystemClock clock_;
  redis_test::TemporaryFolder folder_;
  RedisServer redis_;
  std::unique_ptr<Store> store_;
  std::vector<Process> servers_;
};

// Scripts a second that redis-benchmark gets through with one command at a time on each of three connections.
double ScriptsPerSecond(const RedisServer& redis) {
  const std::string sha = redis.Send({"SCRIPT", "LOAD", "return redis.call('HSET', KEYS[1], ARGV[1], ARGV[1])"});
  const std::string command =
      Format("redis-benchmark -p {} -c {} -n 20000 --csv EVALSHA {} 1 bench field", redis.port(), kServers, sha);
  const std::unique_ptr<FILE, int (*)(FILE*)> output(popen(command.c_str(), "r"), pclose);
  std::string last;
  std::array<char, 512> line;
  while (fgets(line.data(), line.size(), output.get()) != nullptr) last = line.data();
  const std::vector<std::string_view> cells = Split(last, ',');  // "name","requests per second",…
  return cells.size() < 2 ? 0 : std::atof(std::string(cells[1].substr(1)).c_str());
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

void BM_ClaimTenThousandAtOneInstant(benchmark::State& state) {
  constexpr int kTasks = 10'000;
  for (auto _ : state) {
    Fleet fleet(kTasks, seconds(20));
    std::vector<double> last_claims;
    std::vector<double> last_ends;
    std::vector<double> scripts;
    std::vector<double> busy;
    WallTime at = fleet.NextInstant(seconds(10));
    for (int round = 0; round < kRounds; ++round, at += seconds(20)) {
      fleet.WaitUntil(at - seconds(1));
      const Fleet::Scripts before = fleet.Ran();
      fleet.WaitUntil(at + seconds(9));
      const Fleet::Scripts after = fleet.Ran();
      scripts.push_back(static_cast<double>(after.calls - before.calls) / kTasks);
      busy.push_back(after.ms - before.ms);
      WallTime last_claim = at;
      WallTime last_end = at;
      int ran = 0;
      for (const OccurrenceRecord& record : fleet.History(at, at + Milliseconds(1))) {
        if (record.outcome != Outcome::kSucceeded) continue;
        ++ran;
        last_claim = std::max(last_claim, *record.started_at);
        last_end = std::max(last_end, *record.finished_at);
      }
      if (ran != kTasks) state.SkipWithError(Format("{} of {} tasks ran", ran, kTasks).c_str());
      last_claims.push_back(static_cast<double>((last_claim - at).count()));
      last_ends.push_back(static_cast<double>((last_end - at).count()));
    }
    state.counters["last_claim_ms"] = Median(last_claims);
    state.counters["least_ms"] = std::ranges::min(last_claims);
    state.counters["most_ms"] = std::ranges::max(last_claims);
    state.counters["last_end_ms"] = Median(last_ends);
    state.counters["evalsha_per_run"] = Median(scripts);
    state.counters["redis_ms"] = Median(busy);
    state.counters["redis-benchmark_evalsha/s"] = ScriptsPerSecond(fleet.redis());
  }
}
BENCHMARK(BM_ClaimTenThousandAtOneInstant)->Unit(benchmark::kSecond)->Iterations(1);

void BM_ShareOneSecondTasks(benchmark::State& state) {
  constexpr int kTasks = 300;
  constexpr Milliseconds kStretch = seconds(30);
  for (auto _ : state) {
    Fleet fleet(kTasks, seconds(1));
    const WallTime from = fleet.NextInstant(seconds(10));
    fleet.WaitUntil(from);
    const std::int64_t before = fleet.Ran().calls;
    fleet.WaitUntil(from + kStretch);
    const std::int64_t scripts = fleet.Ran().calls - before;
    fleet.WaitUntil(from + kStretch + seconds(1));
    std::map<std::string, double> runs;
    double all = 0;
    for (const OccurrenceRecord& record : fleet.History(from, from + kStretch)) {
      if (record.outcome != Outcome::kSucceeded) continue;
      ++runs[record.server];
      ++all;
    }
    for (const auto& [server, count] : runs) {
      state.counters[server + "_runs/s"] = count / static_cast<double>(kStretch / seconds(1));
    }
    state.counters["missed"] = kTasks * static_cast<double>(kStretch / seconds(1)) - all;
    state.counters["evalsha_per_run"] = static_cast<double>(scripts) / all;
  }
}
BENCHMARK(BM_ShareOneSecondTasks)->Unit(benchmark::kSecond)->Iterations(1);

}  // namespace
}  // namespace rota

int main(int argc, char** argv) {
  if (argc == 2 && std::string_view(argv[1]) == "schedule:work") return rota::Serve(argc, argv);
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
}
