// Why vfork(), and not posix_spawn() or fork().
//
// A child must die with its server, also when the server gets SIGKILL. Only the kernel can see to that: a child asks
// for it with prctl(PR_SET_PDEATHSIG), between its birth and its exec. posix_spawn() has no such step (and a helper
// program that takes it would be one more thing to install and to find). fork() copies the page tables: 18 ms and more
// with a parent of 512 MB. vfork() is what posix_spawn() itself is made of.
//
// What makes it sound:
// - The child shares the parent's memory until it execs, while the parent's thread stands still. It therefore calls
//   nothing but async-signal-safe functions, allocates nothing, writes to nothing but its stack, and leaves by exec or
//   _exit(). execvpe() searches PATH on the stack in glibc and musl; posix_spawnp() calls it in the same place.
// - A signal handler of the parent must not run in the child, in shared memory: all signals are blocked around vfork(),
//   and unblocked in the child once every handler is back to its default.
// - The parent-death signal belongs to the parent *thread*. The thread that spawns waits for the child, so it cannot
//   end before it. A server that died before the prctl() is noticed by the changed parent id.
// - A failing exec is reported through a pipe that a successful one closes. So it also works where vfork() is fork(),
//   as under ThreadSanitizer.
// - Another thread may start a child at any moment. Every descriptor here is O_CLOEXEC from its birth, and a child
//   closes all but its five first of all, so it holds no other child's pipe open, not even until its exec.
// - Who a user is, is looked up before. To become that user the child calls the kernel, not glibc's setuid(), which
//   would tell all threads of the parent to follow. A change of rights takes the parent-death signal back, so it is
//   asked for after that.
#include "rota/run/spawn.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <optional>
#include <string_view>
#include <system_error>
#include <utility>
#include <vector>

#include "rota/base/format.h"
#include "rota/base/text.h"

namespace rota {
namespace {

constexpr int kErrorFd = 4;      // Where the child keeps the pipe that reports a failing exec.
constexpr int kFirstOwnFd = 10;  // Our descriptors lie above those the child is given, or dup2() would clobber them.

// What a child does before it is its program. A limit is the number of its resource.
enum Step : int { kBecomeUser = -3, kEnterDirectory = -2, kExecute = -1 };

struct Failure {
  int step;
  int error;
};

struct Limit {
  int resource;
  std::string_view name;
  rlimit value;
};

struct ChildPlan {
  const char* program;
  char* const* argv;
  char* const* environment;
  int input;
  int output;
  int error;
  int report;    // -1: none.
  pid_t parent;  // 0: the child does not die with it.
  const Account* account = nullptr;
  const char* directory = nullptr;
  std::optional<mode_t> mask = std::nullopt;
  std::span<const Limit> limits = {};
};

[[noreturn]] void Report(int step) {
  const Failure failure = {step, errno};
  const ssize_t written = write(kErrorFd, &failure, sizeof failure);
  _exit(written < 0 ? 126 : 127);
}

void BecomeUser(const Account& account) {
  if (syscall(SYS_setgroups, account.groups.size(), account.groups.data()) != 0) Report(kBecomeUser);
  if (syscall(SYS_setresgid, account.gid, account.gid, account.gid) != 0) Report(kBecomeUser);
  if (syscall(SYS_setresuid, account.uid, account.uid, account.uid) != 0) Report(kBecomeUser);
}

// Runs in the child, in the parent's memory: see the top.
[[noreturn]] void BecomeProgram(const ChildPlan& plan) {
  setpgid(0, 0);
  dup2(plan.input, STDIN_FILENO);
  dup2(plan.output, STDOUT_FILENO);
  dup2(plan.output, STDERR_FILENO);
  dup3(plan.error, kErrorFd, O_CLOEXEC);
  if (plan.report >= 0) {
    dup2(plan.report, kReportFd);
  } else {
    close(kReportFd);
  }
  // For descriptors that other code opened without O_CLOEXEC; where the call is forbidden, those stay open.
  syscall(SYS_close_range, kErrorFd + 1, ~0u, 0u);
  for (const Limit& limit : plan.limits) {
    if (syscall(SYS_prlimit64, 0, limit.resource, &limit.value, nullptr) != 0) Report(limit.resource);
  }
  if (plan.mask) umask(*plan.mask);
  if (plan.account != nullptr) BecomeUser(*plan.account);
  if (plan.parent != 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != plan.parent) _exit(127);
  }
  if (plan.directory != nullptr && chdir(plan.directory) != 0) Report(kEnterDirectory);
  for (int signal = 1; signal < NSIG; ++signal) std::signal(signal, SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  execvpe(plan.program, plan.argv, plan.environment);
  Report(kExecute);
}

// A function of its own, so that no variable of the caller lives in registers across the second return.
__attribute__((noinline)) pid_t StartChild(const ChildPlan& plan) {
  const pid_t pid = vfork();  // NOLINT(bugprone-unsafe-functions): see the top.
  if (pid == 0) BecomeProgram(plan);
  return pid;
}

pid_t StartWithSignalsBlocked(const ChildPlan& plan) {
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  const pid_t pid = StartChild(plan);
  const int error = errno;
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  errno = error;
  return pid;
}

void Reap(pid_t pid) {
  while (waitpid(pid, nullptr, 0) < 0 && errno == EINTR) {
  }
}

// What failed, or nothing when the program runs. Returns at once: the child has left vfork().
std::optional<Failure> ReadFailure(const FileDescriptor& pipe) {
  Failure failure{};
  ssize_t got = 0;
  do {
    got = read(pipe.get(), &failure, sizeof failure);
  } while (got < 0 && errno == EINTR);
  return got == sizeof failure ? std::optional(failure) : std::nullopt;
}

// The limits as the kernel takes them: a child must not raise them again, but SIGXCPU needs a second to be heard.
std::vector<Limit> LimitsOf(const ProcessLimits& limits) {
  std::vector<Limit> all;
  const auto add = [&all](int resource, std::string_view name, std::optional<std::int64_t> value) {
    if (value) all.push_back({resource, name, {static_cast<rlim_t>(*value), static_cast<rlim_t>(*value)}});
  };
  add(RLIMIT_AS, "memory", limits.memory);
  add(RLIMIT_NOFILE, "open_files", limits.open_files);
  add(RLIMIT_NPROC, "processes", limits.processes);
  add(RLIMIT_CORE, "core_size", limits.core_size);
  add(RLIMIT_FSIZE, "file_size", limits.file_size);
  if (limits.cpu_time) {
    add(RLIMIT_CPU, "cpu_time", limits.cpu_time->count());
    rlimit ours{};
    getrlimit(RLIMIT_CPU, &ours);
    rlimit& wanted = all.back().value;
    if (wanted.rlim_cur < ours.rlim_max) ++wanted.rlim_max;
  }
  return all;
}

std::string Describe(const Failure& failure, const ChildPlan& plan) {
  std::string why = ErrnoText(failure.error);
  if (failure.step == kBecomeUser) return Format("user {}: {}", Printable(plan.account->name), why);
  if (failure.step == kEnterDirectory) return Format("directory {}: {}", Printable(plan.directory), why);
  for (const Limit& limit : plan.limits) {
    if (limit.resource == failure.step) return Format("limit {} {}: {}", limit.name, limit.value.rlim_cur, why);
  }
  return why;
}

bool IsThisProcess(const Account& account) { return account.uid == geteuid() && account.gid == getegid(); }

std::vector<char*> Pointers(std::span<const std::string> texts) {
  std::vector<char*> pointers;
  pointers.reserve(texts.size() + 1);
  for (const std::string& text : texts) pointers.push_back(const_cast<char*>(text.c_str()));  // exec's old signature.
  pointers.push_back(nullptr);
  return pointers;
}

FileDescriptor MoveAboveGiven(int fd) {
  if (fd < 0 || fd >= kFirstOwnFd) return FileDescriptor(fd);
  const FileDescriptor low(fd);
  return FileDescriptor(fcntl(fd, F_DUPFD_CLOEXEC, kFirstOwnFd));
}

Result<Pipe> MakePipe(int flags) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return Fail(Unavailable("{}", ErrnoText(errno)));
  Pipe pipe = {MoveAboveGiven(ends[0]), MoveAboveGiven(ends[1])};
  if (!pipe.read.open() || !pipe.write.open()) return Fail(Unavailable("{}", ErrnoText(errno)));
  if (flags != 0) fcntl(pipe.read.get(), F_SETFL, flags);
  return pipe;
}

}  // namespace

FileDescriptor::FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  std::swap(fd_, other.fd_);
  return *this;
}

void FileDescriptor::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
}

std::string ErrnoText(int error) { return std::generic_category().message(error); }

Result<Pipe> OpenPipe() { return MakePipe(O_NONBLOCK); }

Result<Child> Spawn(std::span<const std::string> argv, std::span<const std::string> environment,
                    const FileDescriptor& output, const SpawnOptions& options) {
  if (argv.empty()) return Fail(Errorf("cannot start a program: none is given"));
  const auto failed = [&argv](const std::string& why) {
    return Fail(Errorf("cannot start {}: {}", Printable(argv[0]), why));
  };
  const std::vector<char*> arguments = Pointers(argv);
  const std::vector<char*> variables = Pointers(environment);
  const FileDescriptor input =
      MoveAboveGiven(options.input == nullptr ? open("/dev/null", O_RDONLY | O_CLOEXEC)
                                              : fcntl(options.input->get(), F_DUPFD_CLOEXEC, kFirstOwnFd));
  if (!input.open()) return failed("input: " + ErrnoText(errno));
  Result<Pipe> report = MakePipe(0);
  if (!report) return failed(report.error().message());

  const pid_t parent = options.at_parent_death == AtParentDeath::kDie ? getpid() : 0;
  const char* const program = options.program.empty() ? arguments[0] : options.program.c_str();
  const int given = options.report == nullptr ? -1 : options.report->get();
  ChildPlan plan{program, arguments.data(), variables.data(), input.get(), output.get(), report->write.get(), given,
                 parent};
  std::vector<Limit> limits;
  if (options.account != nullptr && !IsThisProcess(*options.account)) plan.account = options.account;
  if (const ProcessOptions* process = options.process) {
    if (!process->directory.empty()) plan.directory = process->directory.c_str();
    if (process->umask) plan.mask = static_cast<mode_t>(*process->umask);
    limits = LimitsOf(process->limits);
    plan.limits = limits;
  }
  Child child;
  child.pid = StartWithSignalsBlocked(plan);
  if (child.pid < 0) return failed(ErrnoText(errno));
  report->write.Close();
  if (const std::optional<Failure> failure = ReadFailure(report->read)) {
    Reap(child.pid);
    return failed(Describe(*failure, plan));
  }
  // Not yet waited for, so the id is still the child's.
  child.handle = FileDescriptor(static_cast<int>(syscall(SYS_pidfd_open, child.pid, 0)));
  if (!child.handle.open()) {
    const int error = errno;
    kill(-child.pid, SIGKILL);
    Reap(child.pid);
    return failed(ErrnoText(error));
  }
  return child;
}

}  // namespace rota
