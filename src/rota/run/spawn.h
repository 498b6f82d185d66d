#pragma once

#include <sys/types.h>

#include <span>
#include <string>

#include "rota/base/status.h"
#include "rota/run/account.h"
#include "rota/schedule/process_options.h"

namespace rota {

// Owns an open file descriptor and closes it. Thread-compatible.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  FileDescriptor(FileDescriptor&& other) noexcept;
  FileDescriptor& operator=(FileDescriptor&& other) noexcept;
  ~FileDescriptor() { Close(); }

  int get() const { return fd_; }
  bool open() const { return fd_ >= 0; }
  void Close();

 private:
  int fd_ = -1;
};

// A child process that was started and not yet waited for.
struct Child {
  pid_t pid = -1;         // Also the id of its process group.
  FileDescriptor handle;  // A pidfd: readable once the child ended.
};

enum class AtParentDeath { kDie, kStay };

// Where a child finds the descriptor it was given beside its output.
inline constexpr int kReportFd = 3;

struct SpawnOptions {
  std::string program = {};                // What is executed; empty: argv[0], looked up in PATH.
  const FileDescriptor* input = nullptr;   // Null: /dev/null.
  const FileDescriptor* report = nullptr;  // Becomes kReportFd; null: none.
  AtParentDeath at_parent_death = AtParentDeath::kDie;
  const Account* account = nullptr;         // Whose rights it gets; null: this process's.
  const ProcessOptions* process = nullptr;  // For directory, umask and limits; null: this process's.
};

// Starts a program: in a process group of its own, with `output` for output and errors, no other descriptor (but
// `report`), no blocked or ignored signal, with the rights, directory, umask and limits that `options` say. Unless it
// is to stay, it gets SIGKILL when the calling thread ends, so that thread must stay until the child was waited for. A
// name without '/' is looked up in this process's PATH. Errors: kFailed, "cannot start /x: No such file or directory",
// "cannot start /x: directory /y: Permission denied".
//
// Thread-safe. Needs Linux 5.9, and SIGCHLD not ignored in this process.
Result<Child> Spawn(std::span<const std::string> argv, std::span<const std::string> environment,
                    const FileDescriptor& output, const SpawnOptions& options = {});

// A pipe whose ends are not inherited; reading never blocks. Errors: kUnavailable.
struct Pipe {
  FileDescriptor read;
  FileDescriptor write;
};
Result<Pipe> OpenPipe();

// The system's text for an errno.
std::string ErrnoText(int error);

}  // namespace rota
