#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "rota/base/log.h"
#include "rota/base/mutex.h"
#include "rota/base/status.h"

namespace rota {

struct FileLogOptions {
  std::string path;
  std::int64_t max_size = 10 * 1024 * 1024;  // Bytes; the line that would pass it begins a new file. At least 1.
  int max_files = 5;                         // Files kept, the one being written included. At least 1.
};

// Appends records as JSON lines (JsonLine) to a file: "rota.log", whose predecessors are "rota.1.log", "rota.2.log", …
// Every line reaches the kernel before Write() returns, so a crash of the program loses none. When the file cannot be
// written (disk full, folder gone) lines are counted and the file is tried again at most once a second; the first
// line that can be written is preceded by one that says how many are missing and why. A line that a crash or a full
// disk cut short is ended before the next one. The descriptor does not leak into child processes.
//
// One process per file: two that rotate the same file keep whole lines but fewer files than max_files. Thread-safe.
class FileLog final : public LogSink {
 public:
  // Creates missing folders. Errors: kUnavailable with the path and the system's reason.
  static Result<std::unique_ptr<FileLog>> Open(const FileLogOptions& options);
  ~FileLog() override;

  void Write(const LogRecord& record) override;

 private:
  class RotatingFile;
  FileLog(FileLogOptions options, std::unique_ptr<RotatingFile> file);

  Status Append(const LogRecord& record) ROTA_REQUIRES(mu_);

  const FileLogOptions options_;

  // Held over the write: a file has one end.
  Mutex mu_;
  std::unique_ptr<RotatingFile> file_ ROTA_GUARDED_BY(mu_);  // Null after an error, until it is opened again.
  std::int64_t lost_ ROTA_GUARDED_BY(mu_) = 0;
  Status error_ ROTA_GUARDED_BY(mu_);  // Why the last line was lost.
  WallTime tried_at_ ROTA_GUARDED_BY(mu_);
};

}  // namespace rota
