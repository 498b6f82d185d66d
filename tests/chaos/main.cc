// Chaos with real processes: servers of a fleet are killed, stopped, cut off and misled while an observer counts what
// becomes of every occurrence that is due.

#include <algorithm>
#include <atomic>
#include <boost/json.hpp>
#include <charconv>
#include <exception>
#include <iostream>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/report/table.h"
#include "rota/runtime/signal_watcher.h"
#include "rota/time/format.h"
#include "scenario.h"
#include "stage.h"

namespace rota::chaos {
namespace {

struct Wish {
  std::vector<const Scenario*> scenarios;
  double minutes = 1;
  std::optional<std::uint64_t> seed;
  StoreKind store = StoreKind::kRedis;
  bool json = false;
};

constexpr std::string_view kUsage =
    "usage: rota_chaos [--scenario NAME|all]... [--minutes N] [--store redis|sqlite] [--seed N] [--json]\n"
    "\n"
    "Starts fleets of real servers, brings each scenario's fault upon one for N minutes (1), and prints what became "
    "of\n"
    "the occurrences that were due. Ends with 1 when something happened that the guarantee does not allow.\n"
    "\n";

[[noreturn]] void ShowUsage(std::ostream& out, int exit_code) {
  out << kUsage;
  for (const Scenario& scenario : Scenarios()) out << Format("  {:24}{}\n", scenario.name, scenario.fault);
  std::exit(exit_code);
}

template <typename T>
T ParseNumber(std::string_view option, std::string_view text) {
  T value{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error == std::errc() && end == text.data() + text.size() && value > 0) return value;
  std::cerr << Format("{}: \"{}\" is not a positive number\n", option, Printable(text));
  std::exit(2);
}

void AddScenarios(std::string_view name, std::vector<const Scenario*>& chosen) {
  if (name == "all") {
    for (const Scenario& scenario : Scenarios()) chosen.push_back(&scenario);
  } else if (const Scenario* scenario = FindScenario(name)) {
    chosen.push_back(scenario);
  } else {
    std::cerr << Format("no scenario \"{}\"\n", Printable(name));
    ShowUsage(std::cerr, 2);
  }
}

Wish ParseWish(const std::vector<std::string>& words) {
  Wish wish;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--help" || word == "-h") ShowUsage(std::cout, 0);
    if (word == "--json") {
      wish.json = true;
      continue;
    }
    if (i + 1 == words.size()) ShowUsage(std::cerr, 2);
    const std::string& value = words[++i];
    if (word == "--scenario") {
      AddScenarios(value, wish.scenarios);
    } else if (word == "--minutes") {
      wish.minutes = ParseNumber<double>(word, value);
    } else if (word == "--seed") {
      wish.seed = ParseNumber<std::uint64_t>(word, value);
    } else if (word == "--store" && (value == "redis" || value == "sqlite")) {
      wish.store = value == "redis" ? StoreKind::kRedis : StoreKind::kSqlite;
    } else {
      ShowUsage(std::cerr, 2);
    }
  }
  if (wish.scenarios.empty()) AddScenarios("all", wish.scenarios);
  return wish;
}

struct Row {
  const Scenario* scenario;
  std::uint64_t seed;
  Report report;
};

// "12 late, 3 store"
std::string Reasons(const Verdict& verdict) {
  constexpr std::string_view kMissed = "missed(";
  std::vector<std::string> parts;
  for (const auto& [outcome, count] : verdict.ended) {
    if (!outcome.starts_with(kMissed)) continue;
    parts.push_back(Format("{} {}", count, outcome.substr(kMissed.size(), outcome.size() - kMissed.size() - 1)));
  }
  return parts.empty() ? "0" : Join(parts, ", ");
}

std::string ToTable(const std::vector<Row>& rows) {
  std::vector<Table::Column> columns;
  for (const char* title : {"SCENARIO", "FAULTS", "TASK", "DUE", "ONCE", "TWICE", "MISSED", "OVERLAPS", "SKIPPED",
                            "LOST", "UNKNOWN", "NO OUTCOME", "ALLOWED"}) {
    columns.push_back({title});
  }
  Table table(std::move(columns));
  for (const auto& [scenario, seed, report] : rows) {
    for (const auto& [task, verdict] : report.lines) {
      const auto text = [](std::uint64_t count) { return std::to_string(count); };
      std::string overlaps = text(verdict.overlaps);
      if (verdict.excused_overlaps > 0) overlaps += Format(" (and {} allowed)", verdict.excused_overlaps);
      table.AddRow({std::string(scenario->name), std::to_string(report.faults), task, text(verdict.due),
                    text(verdict.started_once), text(verdict.duplicates), Reasons(verdict), overlaps,
                    text(verdict.EndedLike("skipped")), text(verdict.EndedLike("lost")),
                    text(verdict.EndedLike("unknown")), text(verdict.without_outcome), std::string(scenario->allowed)});
    }
  }
  std::string told = table.Render();
  for (const auto& [scenario, seed, report] : rows) {
    std::vector<Milliseconds> sorted = report.takeovers;
    if (sorted.empty()) continue;
    std::ranges::sort(sorted);
    told += Format("{}: {} take-overs, the median after {}, the latest after {}\n", scenario->name, sorted.size(),
                   FormatDuration(sorted[sorted.size() / 2]), FormatDuration(sorted.back()));
  }
  return told;
}

boost::json::object ToJson(const Verdict& verdict) {
  boost::json::object ended;
  for (const auto& [outcome, count] : verdict.ended) ended[outcome] = count;
  return {{"due", verdict.due},
          {"started_once", verdict.started_once},
          {"duplicates", verdict.duplicates},
          {"outcomes", ended},
          {"overlaps", verdict.overlaps},
          {"excused_overlaps", verdict.excused_overlaps},
          {"without_outcome", verdict.without_outcome},
          {"several_outcomes", verdict.several_outcomes},
          {"contradictions", verdict.contradictions},
          {"token_regressions", verdict.token_regressions},
          {"vanished", verdict.vanished}};
}

boost::json::object ToJson(const Row& row) {
  boost::json::object tasks;
  for (const auto& [task, verdict] : row.report.lines) tasks[task] = ToJson(verdict);
  boost::json::array takeovers;
  for (const Milliseconds takeover : row.report.takeovers) takeovers.push_back(takeover.count());
  boost::json::array violations;
  for (const std::string& violation : row.report.violations) violations.push_back(boost::json::string(violation));
  boost::json::array delays;
  for (const std::string& delay : row.report.delays) delays.push_back(boost::json::string(delay));
  return {{"scenario", row.scenario->name},
          {"seed", row.seed},
          {"faults", row.report.faults},
          {"tasks", tasks},
          {"takeovers_ms", takeovers},
          {"violations", violations},
          {"delays", delays},
          {"allowed", row.scenario->allowed}};
}

// False when it did not end well.
bool PlayOne(const Scenario& scenario, const Run& run, std::vector<Row>& rows) {
  std::cerr << Format("{}: {}, for {}, seed {}\n", scenario.name, scenario.fault, FormatDuration(run.duration),
                      run.seed);
  rows.push_back({&scenario, run.seed, scenario.play(run)});
  const Report& report = rows.back().report;
  for (const std::string& violation : report.violations) std::cerr << "  NOT ALLOWED: " << violation << "\n";
  for (const std::string& delay : report.delays) std::cerr << "  LATE: " << delay << "\n";
  for (const auto& [task, verdict] : report.lines) {
    for (const std::string& example : verdict.examples) std::cerr << "    " << example << "\n";
  }
  return report.violations.empty() && report.delays.empty();
}

int PlayAll(const Wish& wish) {
  std::atomic<bool> interrupted = false;
  const SignalWatcher watcher([&interrupted](int, int) { interrupted = true; });
  Run run;
  run.store = wish.store;
  run.duration = Milliseconds(static_cast<std::int64_t>(wish.minutes * 60'000));
  run.seed = wish.seed ? *wish.seed : std::random_device()();
  run.interrupted = &interrupted;
  run.on_progress = [](const std::string& line) { std::cerr << "  " << line << "\n"; };
  std::vector<Row> rows;
  bool well = true;
  try {
    for (const Scenario* scenario : wish.scenarios) well = PlayOne(*scenario, run, rows) && well;
  } catch (const Interrupted&) {
    std::cerr << "  interrupted\n";
    well = false;
  }
  if (wish.json) {
    boost::json::array array;
    for (const Row& row : rows) array.push_back(ToJson(row));
    std::cout << boost::json::serialize(array) << "\n";
  } else {
    std::cout << ToTable(rows);
  }
  return well ? 0 : 1;
}

}  // namespace
}  // namespace rota::chaos

int main(int argc, char** argv) {
  try {
    return rota::chaos::PlayAll(rota::chaos::ParseWish({argv + 1, argv + argc}));
  } catch (const std::exception& error) {
    std::cerr << "rota_chaos: " << error.what() << "\n";
    return 1;
  }
}
