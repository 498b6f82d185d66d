#include "process.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

#include "rota/base/format.h"
#include "rota/time/clock.h"

namespace rota::integration {
namespace {

std::string MakeOutputFile(const std::string& folder, std::string_view stream) {
  std::string path = Format("{}/.{}.XXXXXX", folder, stream);
  const int fd = mkostemp(path.data(), O_CLOEXEC);
  if (fd < 0) throw std::runtime_error("cannot make " + path);
  close(fd);
  return path;
}

// The soft limit only, so that it can be raised again. 0 is the calling process.
bool LimitFiles(pid_t pid, rlim_t bytes) {
  rlimit limit{};
  if (prlimit(pid, RLIMIT_FSIZE, nullptr, &limit) != 0) return false;
  limit.rlim_cur = std::min(bytes, limit.rlim_max);
  return prlimit(pid, RLIMIT_FSIZE, &limit, nullptr) == 0;
}

// Runs in the child of a program with one thread.
[[noreturn]] void BecomeProgram(const std::vector<std::string>& argv, const Process::Options& options, pid_t parent,
                                const std::string& out, const std::string& err) {
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent || chdir(options.folder.c_str()) != 0) _exit(127);
  setenv("LC_ALL", "C", 1);  // Programs speak English, whatever the language of who runs the tests.
  for (const auto& [name, value] : options.environment) setenv(name.c_str(), value.c_str(), 1);
  signal(SIGXFSZ, SIG_IGN);
  if (options.file_size_limit && !LimitFiles(0, *options.file_size_limit)) _exit(127);
  dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
  dup2(open(out.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC), STDOUT_FILENO);
  dup2(open(err.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC), STDERR_FILENO);
  std::vector<char*> words;
  for (const std::string& word : argv) words.push_back(const_cast<char*>(word.c_str()));  // exec's old signature.
  words.push_back(nullptr);
  execvp(words[0], words.data());
  _exit(127);
}

}  // namespace

bool Eventually(const std::function<bool()>& fact) {
  const SystemClock clock;
  const SteadyTime deadline = clock.SteadyNow() + kPatience;
  while (!fact()) {
    if (clock.SteadyNow() > deadline) return false;
    poll(nullptr, 0, 20);
  }
  return true;
}

Process::Process(const std::vector<std::string>& argv, const Options& options)
    : out_file_(MakeOutputFile(options.folder, "out")), err_file_(MakeOutputFile(options.folder, "err")) {
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ == 0) BecomeProgram(argv, options, parent, out_file_, err_file_);
  if (pid_ < 0) throw std::runtime_error("cannot start " + argv[0]);
}

Process::~Process() {
  if (pid_ < 0 || exit_) return;
  kill(pid_, SIGKILL);
  waitpid(pid_, nullptr, 0);
}

Process::Process(Process&& other) noexcept
    : pid_(std::exchange(other.pid_, -1)),
      exit_(other.exit_),
      out_file_(std::move(other.out_file_)),
      err_file_(std::move(other.err_file_)) {}

void Process::Signal(int signal) const {
  if (!exit_) kill(pid_, signal);
}

std::optional<int> Process::Wait() {
  Eventually([this] {
    int status = 0;
    if (!exit_ && waitpid(pid_, &status, WNOHANG) == pid_) {
      exit_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
    }
    return exit_.has_value();
  });
  return exit_;
}

void Process::LimitFileSize(rlim_t bytes) const {
  if (!LimitFiles(pid_, bytes)) throw std::runtime_error("cannot limit the size of files");
}

std::string Process::out() const { return ReadFile(out_file_); }

std::string Process::err() const { return ReadFile(err_file_); }

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

bool IsRunning(pid_t pid) {
  // A zombie has ended, though nobody may have waited for it. Its state follows its name, which is in parentheses.
  const std::string facts = ReadFile(Format("/proc/{}/stat", pid));
  const std::size_t name_end = facts.rfind(") ");
  return name_end != std::string::npos && facts[name_end + 2] != 'Z' && facts[name_end + 2] != 'X';
}

}  // namespace rota::integration
