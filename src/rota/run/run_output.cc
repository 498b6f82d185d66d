#include "rota/run/run_output.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "rota/base/format.h"
#include "rota/base/text.h"
#include "rota/run/utf8_cut.h"

namespace rota {
namespace {

constexpr std::size_t kLinesAtOnce = 256;

}  // namespace

RunOutput::RunOutput(const RunOrder& order, const Clock& clock, OutputFeed& feed)
    : order_(order), clock_(clock), feed_(feed) {
  if (order.task->policies->output) OpenFile();
}

void RunOutput::Write(std::string_view bytes) {
  if (file_.open()) WriteFile(bytes);
  const WallTime now = clock_.Now();
  if (feed_.IsWatched(order_.task->id, order_.run_id)) {
    Cut(now, bytes);
    Publish();
  } else {
    line_.clear();
  }
  tail_.Write(now, bytes);
}

void RunOutput::Finish(RunResult& result) {
  if (!line_.empty()) Deliver(clock_.Now(), std::exchange(line_, {}));
  Publish();
  result.output_tail = tail_.Finish();
  if (file_problem_.empty()) return;
  if (!result.reason.empty()) result.reason += "; ";
  result.reason += file_problem_;
}

// Another attempt of a run adds to what the first one wrote. Opened to be appended to in any case, so that two runs of
// a task at once do not write over each other's output; and not to be waited for, as where it is a pipe without reader.
void RunOutput::OpenFile() {
  const OutputFile& wanted = *order_.task->policies->output;
  const bool anew = wanted.mode == OutputFile::Mode::kReplace && order_.attempt == 1;
  const int flags = O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK | (anew ? O_TRUNC : 0);
  file_ = FileDescriptor(open(wanted.path.c_str(), flags, 0666));
  if (!file_.open()) file_problem_ = Format("its output is not in {}: {}", wanted.path, ErrnoText(errno));
}

void RunOutput::WriteFile(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(file_.get(), bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) {
      const std::string& path = order_.task->policies->output->path;
      file_problem_ = Format("not all of its output is in {}: {}", path, ErrnoText(errno));
      return file_.Close();
    }
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
}

void RunOutput::Cut(WallTime at, std::string_view bytes) {
  while (!bytes.empty()) {
    const std::size_t room = kLineBytes - line_.size();
    const std::size_t end = bytes.substr(0, room).find('\n');
    const std::string_view part = bytes.substr(0, std::min(end, room));
    line_.append(part);
    bytes.remove_prefix(part.size());
    if (end != std::string_view::npos) {
      bytes.remove_prefix(1);
      Deliver(at, line_);
      line_.clear();
    } else if (line_.size() == kLineBytes) {
      const std::size_t cut = CompleteLength(line_);
      Deliver(at, std::string_view(line_).substr(0, cut));
      line_.erase(0, cut);
    }
  }
}

void RunOutput::Deliver(WallTime at, std::string_view line) {
  if (line.ends_with('\r')) line.remove_suffix(1);
  lines_.push_back({order_.task->id, order_.run_id, at, PrintableLine(line)});
  if (lines_.size() >= kLinesAtOnce) Publish();
}

void RunOutput::Publish() {
  if (!lines_.empty()) feed_.Publish(std::exchange(lines_, {}), order_.signals->stop.get_token());
}

}  // namespace rota
