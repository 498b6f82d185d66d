#include "stage.h"

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>
#include <thread>
#include <utility>

#include "rota/base/format.h"
#include "rota/time/format.h"

namespace rota::chaos {
namespace {

namespace fs = std::filesystem;
using std::chrono::seconds;

constexpr Milliseconds kTick(20);
constexpr Milliseconds kHistoryPeriod = seconds(2);
// How far back a look at the history goes: an outcome may come after an outage, be lost in the next one, and be told
// again after that.
constexpr Milliseconds kRecent = seconds(30);
constexpr Milliseconds kPatience = seconds(60);
constexpr Milliseconds kSettleCheck(500);
constexpr Milliseconds kClockTolerance(10);

std::string ServerId(int server) { return Format("s{}", server + 1); }

// libfaketime reads an offset in seconds.
std::string Seconds(Milliseconds offset) {
  const auto ms = std::chrono::abs(offset).count();
  return Format("{}{}.{:03}", offset < Milliseconds(0) ? "-" : "+", ms / 1000, ms % 1000);
}

std::vector<WatchedTask> TasksOf(const TaskKind& kind) {
  std::vector<WatchedTask> tasks;
  for (int i = 1; i <= kind.count; ++i) {
    tasks.push_back({kind.count == 1 ? kind.name : Format("{}-{}", kind.name, i), kind.period});
  }
  return tasks;
}

// The end of what a process that ended by itself had to say.
std::string LastWords(const integration::Process& process) {
  constexpr std::size_t kMost = 2000;
  const std::string text = process.err();
  return text.substr(text.size() > kMost ? text.size() - kMost : 0);
}

}  // namespace

Folder::Folder() : path_((fs::temp_directory_path() / "rota_chaos.XXXXXX").string()) {
  if (mkdtemp(path_.data()) == nullptr) throw std::runtime_error("cannot make " + path_);
}

Folder::~Folder() {
  if (kept_) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

Stage::Stage(const Folder& folder, Backend& backend, StageOptions options)
    : folder_(folder),
      backend_(backend),
      options_(std::move(options)),
      dice_(options_.seed),
      frozen_since_(options_.clock_offsets.size()),
      reader_(folder.path() + "/notes") {
  for (std::size_t i = 0; i < options_.clock_offsets.size(); ++i) processes_.emplace_back();
  WriteConfig();
}

void Stage::WriteConfig() const {
  std::string text = Format(
      "app: {{name: {}, environment: {}}}\n"
      "server: {{id: \"${{SERVER}}\", workers: {}, shutdown_grace: 2s}}\n"
      "coordination: {{lease_ttl: {}, max_skew: {}}}\n"
      "history: {{max_records: 100000000}}\n"
      "log: {{file: \"${{SERVER}}.log\", level: warning, max_size: 100MB}}\n"
      "{}"
      "tasks:\n",
      kApp, kEnvironment, options_.workers, FormatDuration(options_.lease_ttl), FormatDuration(kMaxSkew),
      backend_.Config());
  for (const TaskKind& kind : options_.tasks) {
    for (const WatchedTask& task : TasksOf(kind)) {
      text += Format("  - {{name: {}, schedule: every {}, unique: true, command: note, arguments: [--take, {}]}}\n",
                     task.name, FormatDuration(kind.period), FormatDuration(kind.take));
    }
  }
  std::ofstream(folder_.path() + "/config.yaml") << text;
}

void Stage::Open() {
  Result<std::unique_ptr<Store>> store = backend_.Open(clock_);
  if (!store) throw std::runtime_error(store.error().message());
  store_ = *std::move(store);
  for (int server = 0; server < servers(); ++server) Start(server);
  Await("all servers have joined", [this] {
    const Result<std::vector<ServerInfo>> joined = store_->Servers();
    return joined && std::ssize(*joined) >= servers();
  });
  // A store that is new lets a moment pass before the first claim of each of its parts.
  Await("all tasks have run", [this] { return AllRanSince(WallTime()); });
  // What a fast clock was early for while the store was new is not judged: that is a matter of starting, not of
  // running.
  const Milliseconds fastest = *std::ranges::max_element(options_.clock_offsets);
  evidence_.from = std::chrono::ceil<seconds>(clock_.Now() + 2 * std::max(fastest, Milliseconds(0)));
}

bool Stage::AllRanSince(WallTime from) const {
  const WallTime to = std::chrono::floor<seconds>(clock_.Now());
  std::set<std::string> ran;
  for (const Note& note : evidence_.notes) {
    if (note.at >= from && note.at < to) ran.insert(note.task);
  }
  std::size_t tasks = 0;
  for (const TaskKind& kind : options_.tasks) tasks += static_cast<std::size_t>(kind.count);
  return ran.size() == tasks;
}

void Stage::Start(int server) {
  std::map<std::string, std::string> variables = backend_.Environment(server);
  variables["SERVER"] = ServerId(server);
  variables[kNotesVariable] = folder_.path() + "/notes";
  if (const Milliseconds offset = options_.clock_offsets[server]; offset != Milliseconds(0)) {
    variables["LD_PRELOAD"] = FAKETIME_LIBRARY;
    variables["FAKETIME"] = Seconds(offset);
    variables["FAKETIME_DONT_FAKE_MONOTONIC"] = "1";
    variables["FAKETIME_DISABLE_SHM"] = "1";  // It would outlive a process that is killed.
  }
  processes_[server].emplace(std::vector<std::string>{CHAOS_WORKER, "schedule:work"},
                             integration::Process::Options{folder_.path(), std::move(variables), {}});
}

void Stage::Kill(int server) {
  integration::Process& process = processes_.at(server).value();
  process.Signal(SIGKILL);
  if (frozen_since_[server] != SteadyTime()) Thaw(server);
  process.Wait();
  evidence_.deaths[process.pid()] = Now();
  processes_[server].reset();
}

void Stage::Terminate(int server) {
  integration::Process& process = processes_.at(server).value();
  process.Signal(SIGTERM);
  const std::optional<int> exit = process.Wait();
  evidence_.deaths[process.pid()] = Now();
  if (exit != 0) {
    throw std::runtime_error(Format("{} did not end well on SIGTERM: {}\n{}", ServerId(server),
                                    exit ? Format("exit {}", *exit) : "it did not end", LastWords(process)));
  }
  processes_[server].reset();
}

void Stage::Freeze(int server) {
  processes_.at(server)->Signal(SIGSTOP);
  frozen_since_[server] = Now();
}

void Stage::Thaw(int server) {
  const pid_t pid = processes_.at(server)->pid();
  processes_[server]->Signal(SIGCONT);
  evidence_.standstills.push_back({pid, std::exchange(frozen_since_[server], SteadyTime()), Now()});
}

std::optional<int> Stage::ServerOf(pid_t pid) const {
  for (int server = 0; server < servers(); ++server) {
    if (IsUp(server) && processes_[server]->pid() == pid) return server;
  }
  return std::nullopt;
}

void Stage::Wait(Milliseconds duration) {
  const SteadyTime end = Now() + duration;
  for (;;) {
    Look();
    const auto left = end - Now();
    if (left <= left.zero()) return;
    std::this_thread::sleep_for(std::min<std::chrono::nanoseconds>(left, kTick));
  }
}

bool Stage::Until(const std::function<bool()>& fact, Milliseconds patience) {
  const SteadyTime end = Now() + patience;
  for (;;) {
    Look();
    if (fact()) return true;
    if (Now() > end) return false;
    std::this_thread::sleep_for(kTick);
  }
}

void Stage::Await(std::string_view what, const std::function<bool()>& fact) {
  if (!Until(fact, kPatience))
    throw std::runtime_error(Format("waited {} in vain until {}", FormatDuration(kPatience), what));
}

void Stage::Look() {
  if (options_.interrupted != nullptr && options_.interrupted->load()) throw Interrupted();
  for (int server = 0; server < servers(); ++server) {
    if (IsUp(server) && !integration::IsRunning(processes_[server]->pid())) {
      throw std::runtime_error(Format("{} ended by itself\n{}", ServerId(server), LastWords(*processes_[server])));
    }
  }
  for (Note& note : reader_.Read()) evidence_.notes.push_back(std::move(note));
  if (Now() < history_due_) return;
  (void)ReadHistory(clock_.Now() - kRecent, clock_.Now() + kRecent);  // Fails while the store is away.
  history_due_ = Now() + kHistoryPeriod;
}

Status Stage::ReadHistory(WallTime from, WallTime to) {
  HistoryQuery query;
  query.from = from;
  query.to = to;
  query.limit = std::numeric_limits<int>::max();
  Result<std::vector<OccurrenceRecord>> records = store_->Query(query);
  if (!records) return records.error();
  for (OccurrenceRecord& record : *records) {
    const std::string run_id = record.run_id;
    evidence_.records[run_id] = std::move(record);
  }
  return Status::Ok();
}

std::vector<Verdict> Stage::JudgeAll(WallTime to) {
  evidence_.to = to;
  std::vector<Verdict> verdicts;
  for (const TaskKind& kind : options_.tasks) {
    evidence_.tasks = TasksOf(kind);
    verdicts.push_back(Judge(evidence_));
  }
  return verdicts;
}

// That the clocks of the servers are wrong as wished: else a scenario about them shows nothing.
void Stage::CheckClocks() const {
  const auto real_to_wall = clock_.Now().time_since_epoch() - clock_.SteadyNow().time_since_epoch();
  for (int server = 0; server < servers(); ++server) {
    const std::string id = ServerId(server);
    const auto is_its = [&id](const Note& note) { return note.server == id; };
    const auto is_right = [&](const Note& note) {  // Some are late: the process may have to wait between two clocks.
      const auto offset = note.wall.time_since_epoch() - note.real.time_since_epoch() - real_to_wall;
      return is_its(note) && std::chrono::abs(offset - options_.clock_offsets[server]) < kClockTolerance;
    };
    if (std::ranges::any_of(evidence_.notes, is_its) && std::ranges::none_of(evidence_.notes, is_right)) {
      throw std::runtime_error(Format("the clock of {} is not wrong by {}: {} does not do its work", id,
                                      FormatDuration(options_.clock_offsets[server]), FAKETIME_LIBRARY));
    }
  }
}

std::vector<Verdict> Stage::Close() {
  for (int server = 0; server < servers(); ++server) {
    if (!IsUp(server)) Start(server);
  }
  // What a victim had claimed is held until its lease runs out, which may be all of a short play. What never runs is
  // for the judge to tell.
  (void)Until([this] { return AllRanSince(evidence_.from); }, kPatience);
  const WallTime to = std::chrono::floor<seconds>(clock_.Now());
  SteadyTime next;
  const auto settled = [&] {
    if (Now() < next) return false;
    next = Now() + kSettleCheck;
    if (!ReadHistory(evidence_.from, to).ok()) return false;
    return std::ranges::all_of(JudgeAll(to), [](const Verdict& verdict) { return verdict.without_outcome == 0; });
  };
  (void)Until(settled, kPatience);  // What never gets an outcome is for the judge to tell.
  for (int server = 0; server < servers(); ++server) Terminate(server);
  Look();
  CheckClocks();
  evidence_.told = evidence_.records;
  if (options_.store_keeps == StoreKeeps::kEverything) evidence_.records.clear();
  if (Status read = ReadHistory(evidence_.from, to); !read.ok()) throw std::runtime_error(read.message());
  return JudgeAll(to);
}

}  // namespace rota::chaos
