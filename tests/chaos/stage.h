#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <vector>

#include "../integration/process.h"
#include "backend.h"
#include "judge.h"
#include "note.h"
#include "rota/time/clock.h"

namespace rota::chaos {

// Thrown where the stage waits, when somebody wants the program to end.
class Interrupted : public std::runtime_error {
 public:
  Interrupted() : std::runtime_error("interrupted") {}
};

// Unique tasks whose runs note that they ran.
struct TaskKind {
  std::string name;  // Of the task, or the beginning of the names of several.
  Milliseconds period{};
  Milliseconds take{};  // How long a run works.
  int count = 1;
};

// Whether the store keeps what it acknowledged, come what may in the scenario.
enum class StoreKeeps { kEverything, kPerhapsNot };

// What the fault explains.
struct Explained {
  bool misses = true;  // More than a busy machine does.
  bool losses = true;  // Of runs: a server dies, stands still or is cut off.
};

struct StageOptions {
  std::vector<TaskKind> tasks;
  std::vector<Milliseconds> clock_offsets = std::vector<Milliseconds>(3);  // One for each server.
  StoreKeeps store_keeps = StoreKeeps::kEverything;
  Explained explained;
  Milliseconds lease_ttl = std::chrono::seconds(3);
  int workers = 16;
  std::uint64_t seed = 1;
  const std::atomic<bool>* interrupted = nullptr;  // Looked at while waiting.
};

// A folder that is removed in the end, unless somebody is to look into it.
class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const std::string& path() const { return path_; }
  void Keep() { kept_ = true; }

 private:
  std::string path_;
  bool kept_ = false;
};

// A fleet of real processes on one store, an observer, and hands that do harm. Every process ends with it. Confined to
// one thread, which must live as long as the processes shall.
class Stage {
 public:
  // Both must outlive it.
  Stage(const Folder& folder, Backend& backend, StageOptions options);

  // Starts all servers, and waits until each has joined and the tasks run.
  void Open();

  int servers() const { return static_cast<int>(options_.clock_offsets.size()); }
  void Start(int server);
  void Kill(int server);       // SIGKILL.
  void Terminate(int server);  // SIGTERM; waits for its end. Throws when it does not end well.
  void Freeze(int server);     // SIGSTOP.
  void Thaw(int server);       // SIGCONT.
  bool IsUp(int server) const { return processes_[server].has_value(); }
  std::optional<int> ServerOf(pid_t pid) const;  // Nothing when that process has ended.

  // Goes on watching for so long.
  void Wait(Milliseconds duration);
  // Goes on watching until `fact` holds; false when it does not within the patience.
  bool Until(const std::function<bool()>& fact, Milliseconds patience);
  // The same, with enough patience for anything that comes at all; throws std::runtime_error, with `what`, if it does
  // not.
  void Await(std::string_view what, const std::function<bool()>& fact);

  // Ends what was begun: starts the servers that are down, waits until all that was due has an outcome, ends the
  // servers and judges what happened since Open(), for each kind of task. Once.
  std::vector<Verdict> Close();

  const std::vector<Note>& notes() const { return evidence_.notes; }  // So far.
  std::mt19937_64& dice() { return dice_; }
  int Pick(int below) { return static_cast<int>(dice_() % static_cast<std::uint64_t>(below)); }
  SteadyTime Now() const { return clock_.SteadyNow(); }
  const StageOptions& options() const { return options_; }

 private:
  void WriteConfig() const;
  bool AllRanSince(WallTime from) const;  // All tasks, at an instant before this second.
  void Look();                            // Reads what came since the last look.
  Status ReadHistory(WallTime from, WallTime to);
  std::vector<Verdict> JudgeAll(WallTime to);
  void CheckClocks() const;

  const Folder& folder_;
  Backend& backend_;
  const StageOptions options_;
  SystemClock clock_;
  std::mt19937_64 dice_;
  std::vector<std::optional<integration::Process>> processes_;
  std::vector<SteadyTime> frozen_since_;
  std::unique_ptr<Store> store_;
  NoteReader reader_;
  Evidence evidence_;
  SteadyTime history_due_;
};

}  // namespace rota::chaos
