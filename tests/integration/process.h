#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rota::integration {

// Long enough for a machine that is busy with other things; a test that waits this long has failed.
inline constexpr std::chrono::seconds kPatience(30);

// Looks again and again until `fact` holds. False when it does not within the patience.
bool Eventually(const std::function<bool()>& fact);

// A program that runs beside the test. Ends with it, whatever becomes of the test. Thread-compatible.
class Process {
 public:
  struct Options {
    std::string folder;                              // Where it runs. Its output is kept there, in hidden files.
    std::map<std::string, std::string> environment;  // On top of the test's own.
    std::optional<rlim_t> file_size_limit;           // As for LimitFileSize(), from the start.
  };

  // Starts argv[0], a path or a name in PATH. A program that cannot be started exits with 127.
  Process(const std::vector<std::string>& argv, const Options& options);
  ~Process();
  Process(Process&& other) noexcept;
  Process& operator=(Process&&) = delete;

  pid_t pid() const { return pid_; }
  void Signal(int signal) const;
  // Waits for the end: the exit code, or 128 and the signal's number. Nothing when it does not end within the patience.
  std::optional<int> Wait();
  // From now on no file may grow beyond so many bytes, RLIM_INFINITY for any: a disk without room, or with room again.
  // A write that does not fit fails and draws no signal.
  void LimitFileSize(rlim_t bytes) const;

  // What it has printed so far.
  std::string out() const;
  std::string err() const;

 private:
  pid_t pid_ = -1;
  std::optional<int> exit_;
  std::string out_file_;
  std::string err_file_;
};

// The text of a file; empty when there is none.
std::string ReadFile(const std::string& path);

// True while the process exists and has not ended.
bool IsRunning(pid_t pid);

}  // namespace rota::integration
