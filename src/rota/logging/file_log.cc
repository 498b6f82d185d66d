#include "rota/logging/file_log.h"

#include <fcntl.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <exception>
#include <filesystem>
#include <system_error>
#include <utility>

#include "rota/logging/log_line.h"

namespace rota {
namespace {

constexpr auto kRetryAfter = std::chrono::seconds(1);

Status Refuse(const std::string& path, std::string_view why) {
  return Unavailable("log file \"{}\" cannot be opened: {}", path, why);
}

// Checks that `path` is or can become a regular file that takes lines, and tells whether its last line lacks its end.
// spdlog would retry and sleep, hide the reason, and wait for ever on a named pipe.
Result<bool> Inspect(const std::string& path) {
  const std::filesystem::path folder = std::filesystem::path(path).parent_path();
  std::error_code error;
  if (!folder.empty()) std::filesystem::create_directories(folder, error);
  if (error) return Fail(Refuse(path, error.message()));
  const int descriptor = ::open(path.c_str(), O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK, 0666);
  if (descriptor < 0) return Fail(Refuse(path, std::strerror(errno)));
  struct stat facts{};
  char last = '\n';
  const bool regular = ::fstat(descriptor, &facts) == 0 && S_ISREG(facts.st_mode);
  if (regular && facts.st_size > 0 && ::pread(descriptor, &last, 1, facts.st_size - 1) != 1) last = '\n';
  ::close(descriptor);
  if (!regular) return Fail(Refuse(path, "it is not a regular file"));
  return last != '\n';
}

}  // namespace

// spdlog's rotating file without its exceptions. After an error it must be thrown away: it may hold no file then, and
// writes to a null FILE.
class FileLog::RotatingFile {
 public:
  static Result<std::unique_ptr<RotatingFile>> Open(const FileLogOptions& options) {
    const Result<bool> torn = Inspect(options.path);
    if (!torn) return Fail(torn.error());
    try {
      auto file = std::unique_ptr<RotatingFile>(new RotatingFile(options));
      if (*torn) {
        if (Status status = file->Append("", WallTime()); !status.ok()) return Fail(std::move(status));
      }
      return file;
    } catch (const std::exception& error) {
      return Fail(Refuse(options.path, error.what()));
    }
  }

  Status Append(const std::string& line, WallTime at) {
    try {
      sink_.log(spdlog::details::log_msg(at, {}, {}, spdlog::level::info, line));
      sink_.flush();
      return Status::Ok();
    } catch (const std::exception& error) {
      return Unavailable("{}", error.what());
    }
  }

 private:
  explicit RotatingFile(const FileLogOptions& options)
      : sink_(options.path, static_cast<std::size_t>(options.max_size), static_cast<std::size_t>(options.max_files - 1),
              false, Events()) {
    sink_.set_formatter(
        std::make_unique<spdlog::pattern_formatter>("%v", spdlog::pattern_time_type::utc, std::string("\n")));
  }

  static spdlog::file_event_handlers Events() {
    spdlog::file_event_handlers events;
    events.after_open = [](const std::string&, std::FILE* file) { ::fcntl(::fileno(file), F_SETFD, FD_CLOEXEC); };
    return events;
  }

  spdlog::sinks::rotating_file_sink_st sink_;
};

Result<std::unique_ptr<FileLog>> FileLog::Open(const FileLogOptions& options) {
  Result<std::unique_ptr<RotatingFile>> file = RotatingFile::Open(options);
  if (!file) return Fail(file.error());
  return std::unique_ptr<FileLog>(new FileLog(options, *std::move(file)));
}

FileLog::FileLog(FileLogOptions options, std::unique_ptr<RotatingFile> file)
    : options_(std::move(options)), file_(std::move(file)) {}

FileLog::~FileLog() = default;

void FileLog::Write(const LogRecord& record) {
  MutexLock lock(mu_);
  // Both ways, lest a clock that is set back keep the file closed.
  if (file_ == nullptr && std::chrono::abs(record.at - tried_at_) < kRetryAfter) {
    ++lost_;
    return;
  }
  if (Status status = Append(record); !status.ok()) {
    file_.reset();
    tried_at_ = record.at;
    error_ = std::move(status);
    ++lost_;
  }
}

Status FileLog::Append(const LogRecord& record) {
  if (file_ == nullptr) {
    Result<std::unique_ptr<RotatingFile>> file = RotatingFile::Open(options_);
    if (!file) return file.error();
    file_ = *std::move(file);
  }
  if (lost_ > 0) {
    LogRecord gap{record.at, LogLevel::kWarning, "log lines are missing here: the file could not be written", {}};
    gap.fields = {{"lost", lost_}, {"reason", error_.message()}};
    if (Status status = file_->Append(JsonLine(gap), gap.at); !status.ok()) return status;
    lost_ = 0;
  }
  return file_->Append(JsonLine(record), record.at);
}

}  // namespace rota
