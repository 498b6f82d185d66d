#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <system_error>

#include "rota/base/format.h"
#include "rota/testing/cluster/simulation.h"

// Lets many fleets live through faults, one by one, and tells what came of it.
namespace rota::cluster {
namespace {

constexpr std::string_view kUsage =
    "usage: rota_simulate [--seeds N] [--occurrences M] [--servers K] [--seed S [--journal TASK]]\n"
    "\n"
    "Simulates N fleets (100) of K servers each (2 to 6, by the seed), each with about M/N of M occurrences\n"
    "(N times 20000), under faults. Seeds are 1 to N; --seed S simulates the fleet of that seed alone, again, and\n"
    "--journal tells what happens to TASK in it (\"task-7\"; \"task\": to all).\n"
    "Exits 1 when a promise was broken.\n";

struct Request {
  std::int64_t seeds = 100;
  std::int64_t occurrences = 0;  // 0: not said.
  std::int64_t servers = 0;
  std::optional<std::int64_t> seed;
  std::optional<std::string> journal;
};

std::optional<Request> Parse(int argc, char** argv) {
  Request request;
  for (int i = 1; i < argc; i += 2) {
    const std::string_view name = argv[i];
    const std::string_view text = i + 1 < argc ? argv[i + 1] : "";
    if (name == "--journal") {
      request.journal = text;
      continue;
    }
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 1) return std::nullopt;
    if (name == "--seeds") {
      request.seeds = value;
    } else if (name == "--occurrences") {
      request.occurrences = value;
    } else if (name == "--servers") {
      request.servers = value;
    } else if (name == "--seed") {
      request.seed = value;
    } else {
      return std::nullopt;
    }
  }
  return request;
}

void Print(std::string_view text) { std::fwrite(text.data(), 1, text.size(), stdout); }

void PrintRow(std::string_view name, std::int64_t count) { Print(Format("  {:<40}{:>12}\n", name, count)); }

void PrintTable(std::string_view title, const std::map<std::string, std::int64_t>& rows) {
  std::int64_t sum = 0;
  for (const auto& [name, count] : rows) sum += count;
  Print(Format("{:<42}{:>12}\n", title, sum));
  for (const auto& [name, count] : rows) PrintRow(name, count);
}

class Total {
 public:
  // Of each seed so many violations are printed.
  explicit Total(std::size_t most_shown) : most_shown_(most_shown) {}

  void Add(std::uint64_t seed, const SimulationReport& report) {
    ++seeds_;
    occurrences_ += report.occurrences;
    duration_ += report.duration;
    for (const auto& [name, count] : report.faults) faults_[name] += count;
    for (const auto& [name, count] : report.outcomes) outcomes_[name] += count;
    for (const auto& [name, count] : report.suspects) suspects_[name] += count;
    violations_ += static_cast<std::int64_t>(report.violations.size());
    const std::size_t shown = std::min(report.violations.size(), most_shown_);
    for (std::size_t i = 0; i < shown; ++i) Print(Format("seed {}: after {}\n", seed, report.violations[i]));
    if (shown < report.violations.size()) {
      Print(Format("seed {}: and {} more: see them with --seed {}\n", seed, report.violations.size() - shown, seed));
    }
    std::fflush(stdout);
  }

  void PrintAll() const {
    Print(Format("{:<42}{:>12}\n", "seeds", seeds_));
    Print(Format("{:<42}{:>12}\n", "virtual hours", duration_ / std::chrono::hours(1)));
    Print(Format("{:<42}{:>12}\n", "occurrences", occurrences_));
    PrintTable("faults", faults_);
    PrintTable("outcomes", outcomes_);
    PrintTable("suspects, as a loss of state allows", suspects_);
    Print(Format("{:<42}{:>12}\n", "violations", violations_));
  }

  std::int64_t occurrences() const { return occurrences_; }
  std::int64_t violations() const { return violations_; }

 private:
  const std::size_t most_shown_;
  std::int64_t seeds_ = 0;
  std::int64_t occurrences_ = 0;
  std::int64_t violations_ = 0;
  std::chrono::seconds duration_{};
  std::map<std::string, std::int64_t> faults_;
  std::map<std::string, std::int64_t> outcomes_;
  std::map<std::string, std::int64_t> suspects_;
};

// On a terminal a line that is written over; else one for each tenth.
void ShowProgress(std::int64_t done, std::int64_t all, const Total& total) {
  const std::string text =
      Format("{} of {} seeds, {} occurrences, {} violations", done, all, total.occurrences(), total.violations());
  if (isatty(STDERR_FILENO) != 0) {
    std::fprintf(stderr, "\r%s%s", text.c_str(), done == all ? "\n" : "");
  } else if (done * 10 / all != (done - 1) * 10 / all) {
    std::fprintf(stderr, "%s\n", text.c_str());
  }
}

// Prints what happens to one task, and all that is of no task.
std::function<void(const std::string&)> JournalOf(const std::string& task) {
  return [task](const std::string& line) {
    const auto place = line.find("task-");
    if (place == std::string::npos || line.find(task) != std::string::npos) Print(line + "\n");
  };
}

int Run(const Request& request) {
  const std::int64_t first = request.seed.value_or(1);
  const std::int64_t count = request.seed ? 1 : request.seeds;
  SimulationOptions options;
  if (request.occurrences > 0) options.occurrences = request.occurrences / count;
  options.servers = static_cast<int>(request.servers);
  if (request.journal) options.journal = JournalOf(*request.journal);
  Total total(request.seed ? SIZE_MAX : 10);
  for (std::int64_t i = 0; i < count; ++i) {
    options.seed = static_cast<std::uint64_t>(first + i);
    total.Add(options.seed, Simulate(options));
    ShowProgress(i + 1, count, total);
  }
  total.PrintAll();
  return total.violations() == 0 ? 0 : 1;
}

}  // namespace
}  // namespace rota::cluster

int main(int argc, char** argv) {
  const auto request = rota::cluster::Parse(argc, argv);
  if (request) return rota::cluster::Run(*request);
  std::fwrite(rota::cluster::kUsage.data(), 1, rota::cluster::kUsage.size(), stderr);
  return 2;
}
