// One thread, one poll(), three descriptors: the child's output, its pidfd, and an eventfd that the stop and kill
// callbacks ring from other threads. All signals to the child are sent by this thread, and only before it waits for the
// child: until then the process id, and with it the group's, cannot become another's.
#include "rota/run/child_process_runner.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <map>
#include <optional>
#include <stop_token>
#include <string_view>
#include <utility>

#include "rota/base/format.h"
#include "rota/run/account.h"
#include "rota/run/spawn.h"
#include "rota/time/format.h"

namespace rota {
namespace {

const ProcessOptions kAsTheServer;

using Variables = std::map<std::string, std::string, std::less<>>;

void AddFacts(const RunOrder& order, Variables& variables) {
  variables["ROTA_RUN_ID"] = order.run_id;
  variables["ROTA_TASK"] = order.task->id;
  variables["ROTA_SCHEDULED_AT"] = FormatInstant(order.scheduled_at);
  variables["ROTA_ATTEMPT"] = std::to_string(order.attempt);
  variables["ROTA_FENCING_TOKEN"] = std::to_string(order.token);
  // Those of a run that the server itself is part of do not hold here.
  variables.erase("ROTA_PREVIOUS_SCHEDULED_AT");
  if (order.previous_scheduled_at) {
    variables["ROTA_PREVIOUS_SCHEDULED_AT"] = FormatInstant(*order.previous_scheduled_at);
  }
}

// The server's environment, with what the account, the options and the run add to it or replace.
std::vector<std::string> EnvironmentFor(const RunOrder& order, const Account* account, const ProcessOptions& process) {
  Variables variables;
  for (char** variable = environ; variable != nullptr && *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const std::size_t equals = text.find('=');
    if (equals != std::string_view::npos) variables.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  if (account != nullptr) {
    variables["HOME"] = account->home;
    variables["USER"] = variables["LOGNAME"] = account->name;
  }
  for (const auto& [name, value] : process.environment) variables[name] = value;
  AddFacts(order, variables);
  std::vector<std::string> texts;
  for (const auto& [name, value] : variables) texts.push_back(Format("{}={}", name, value));
  return texts;
}

// "signal 9 (Killed)"
std::string DescribeSignal(int signal) {
  const char* name = sigdescr_np(signal);
  return name == nullptr ? Format("signal {}", signal) : Format("signal {} ({})", signal, name);
}

// One child from its start to its end. Should an exception cut the wait short, the child is killed, never left behind.
class Supervision {
 public:
  Supervision(Child child, FileDescriptor output, const FileDescriptor& bell, const RunSignals& signals,
              const Context::Output& write, ProcessGuard& guard)
      : child_(std::move(child)),
        output_(std::move(output)),
        bell_(bell),
        signals_(signals),
        write_(write),
        guard_(guard) {
    guard_.Add(child_.pid);
  }
  Supervision(const Supervision&) = delete;
  Supervision& operator=(const Supervision&) = delete;
  ~Supervision() {
    if (child_.pid < 0) return;
    kill(-child_.pid, SIGKILL);
    Reap();
  }

  // Waits for the end and says how it went.
  RunResult Await();

 private:
  void PassOnSignals();
  void ReadOutput(std::size_t limit);
  std::optional<int> Reap();

  Child child_;
  FileDescriptor output_;  // Closed once everybody who could write has closed it.
  const FileDescriptor& bell_;
  const RunSignals& signals_;
  const Context::Output& write_;
  ProcessGuard& guard_;
  bool ended_ = false;    // A zombie, not yet waited for.
  bool stopped_ = false;  // Was sent SIGTERM or SIGKILL by us.
  bool killed_ = false;
};

RunResult Supervision::Await() {
  while (!ended_ || (stopped_ && !killed_ && output_.open())) {
    pollfd fds[] = {
        {output_.get(), POLLIN, 0}, {ended_ ? -1 : child_.handle.get(), POLLIN, 0}, {bell_.get(), POLLIN, 0}};
    if (poll(fds, std::size(fds), -1) < 0) continue;  // EINTR.
    if (fds[2].revents != 0) {
      eventfd_t rings = 0;
      eventfd_read(bell_.get(), &rings);
    }
    ended_ = ended_ || fds[1].revents != 0;
    // What ended before it heard of a stop was not cancelled.
    if (!ended_ || stopped_) PassOnSignals();
    if (fds[0].revents != 0) ReadOutput(1);
  }
  // What the child printed before its end is in the pipe by now. Somebody else may go on writing for ever.
  int waiting = 0;
  if (output_.open() && ioctl(output_.get(), FIONREAD, &waiting) == 0 && waiting > 0) {
    ReadOutput(static_cast<std::size_t>(waiting));
  }
  if (stopped_) kill(-child_.pid, SIGKILL);
  const std::optional<int> status = Reap();

  if (!status) return {Outcome::kFailed, "cannot learn how the child ended: SIGCHLD is ignored", ""};
  const std::string end =
      WIFSIGNALED(*status) ? DescribeSignal(WTERMSIG(*status)) : Format("exit {}", WEXITSTATUS(*status));
  if (stopped_) return {Outcome::kCancelled, Format("{}: {}", killed_ ? "killed" : "stopped", end), ""};
  RunResult result;
  if (WIFEXITED(*status)) result.exit_code = WEXITSTATUS(*status);
  if (result.exit_code == 0) return result;
  result.outcome = Outcome::kFailed;
  result.reason = end;
  return result;
}

void Supervision::PassOnSignals() {
  if (!killed_ && signals_.kill.stop_requested()) {
    kill(-child_.pid, SIGKILL);
    stopped_ = killed_ = true;
  } else if (!stopped_ && signals_.stop.stop_requested()) {
    kill(-child_.pid, SIGTERM);
    stopped_ = true;
  }
}

// Reads until at least `limit` bytes came, nothing is left, or the end.
void Supervision::ReadOutput(std::size_t limit) {
  std::array<char, 16 * 1024> buffer;
  for (std::size_t total = 0; total < limit;) {
    const ssize_t got = read(output_.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return;
    if (got <= 0) {
      output_.Close();
      return;
    }
    write_({buffer.data(), static_cast<std::size_t>(got)});
    total += static_cast<std::size_t>(got);
  }
}

std::optional<int> Supervision::Reap() {
  guard_.Remove(child_.pid);
  int status = 0;
  pid_t got = -1;
  do {
    got = waitpid(child_.pid, &status, 0);
  } while (got < 0 && errno == EINTR);
  child_.pid = -1;
  return got < 0 ? std::nullopt : std::optional<int>(status);
}

}  // namespace

RunResult ChildProcessRunner::Run(const RunOrder& order, const std::vector<std::string>& argv, SpawnOptions options,
                                  const Context::Output& output) {
  const ProcessOptions& process = options.process == nullptr ? kAsTheServer : *options.process;
  std::optional<Account> account;
  if (!process.user.empty()) {
    Result<Account> found = FindAccount(process.user);
    if (!found) return {Outcome::kFailed, Format("cannot start {}: {}", argv.front(), found.error()), ""};
    account = *std::move(found);
  }
  options.account = account ? &*account : nullptr;
  const FileDescriptor bell(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!bell.open()) return {Outcome::kFailed, "cannot watch a child: " + ErrnoText(errno), ""};
  Result<Pipe> pipe = OpenPipe();
  if (!pipe) return {Outcome::kFailed, "cannot watch a child: " + pipe.error().message(), ""};
  Result<Child> child = Spawn(argv, EnvironmentFor(order, options.account, process), pipe->write, options);
  if (!child) return {Outcome::kFailed, child.error().message(), ""};
  pipe->write.Close();

  Supervision supervision(*std::move(child), std::move(pipe->read), bell, *order.signals, output, guard_);
  // Born after what they touch, so gone before it. A stop that came earlier rings at once.
  const auto ring = [&bell] { eventfd_write(bell.get(), 1); };
  const std::stop_callback on_stop(order.signals->stop.get_token(), ring);
  const std::stop_callback on_kill(order.signals->kill.get_token(), ring);
  return supervision.Await();
}

}  // namespace rota
