#include "rota/run/process_guard.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <string>
#include <utility>

#include "rota/base/format.h"

namespace rota {
namespace {

// Keeps the groups as words between spaces: " 12 34 ".
constexpr char kScript[] = R"(groups=' '
while read -r change group; do
  case $change in
    +) groups="$groups$group " ;;
    -) groups="${groups%% $group *} ${groups#* $group }" ;;
  esac
done
for group in $groups; do
  kill -s KILL -- "-$group"
done)";

}  // namespace

ProcessGuard::~ProcessGuard() {
  MutexLock lock(mu_);
  socket_.Close();
  if (shell_.pid > 0) waitpid(shell_.pid, nullptr, 0);
}

void ProcessGuard::Add(pid_t group) {
  MutexLock lock(mu_);
  if (!started_) Start();
  Tell('+', group);
}

void ProcessGuard::Remove(pid_t group) {
  MutexLock lock(mu_);
  Tell('-', group);
}

void ProcessGuard::Start() {
  started_ = true;
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) return;
  FileDescriptor ours(ends[0]);
  const FileDescriptor theirs(ends[1]);
  const FileDescriptor silence(open("/dev/null", O_WRONLY | O_CLOEXEC));
  const std::string argv[] = {"/bin/sh", "-c", kScript};
  Result<Child> shell = Spawn(argv, {}, silence, {.input = &theirs, .at_parent_death = AtParentDeath::kStay});
  if (!shell) return;
  shell_ = *std::move(shell);
  socket_ = std::move(ours);
}

void ProcessGuard::Tell(char change, pid_t group) {
  if (!socket_.open()) return;
  const std::string line = Format("{} {}\n", change, group);
  if (send(socket_.get(), line.data(), line.size(), MSG_NOSIGNAL) < 0) socket_.Close();  // The shell was killed.
}

}  // namespace rota
