#include "note.h"

#include <fcntl.h>
#include <unistd.h>

#include <fstream>
#include <iterator>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "rota/base/format.h"
#include "rota/base/text.h"

namespace rota::chaos {

std::string Line(const Note& note) {
  return Format("{} {} {} {} {} {} {} {} {}\n", note.kind == Note::Kind::kStart ? "start" : "end", note.task,
                note.at.time_since_epoch().count(), note.token, note.server, note.run_id, note.pid,
                note.real.time_since_epoch().count(), note.wall.time_since_epoch().count());
}

Note ParseNote(std::string_view line) {
  Note note;
  std::string kind;
  std::int64_t at = 0;
  std::int64_t real = 0;
  std::int64_t wall = 0;
  std::istringstream words{std::string(line)};
  words >> kind >> note.task >> at >> note.token >> note.server >> note.run_id >> note.pid >> real >> wall;
  if (!words || !(words >> std::ws).eof() || (kind != "start" && kind != "end")) {
    throw std::runtime_error(Format("not a note: \"{}\"", Printable(line)));
  }
  note.kind = kind == "start" ? Note::Kind::kStart : Note::Kind::kEnd;
  note.at = WallTime(Milliseconds(at));
  note.real = SteadyTime(std::chrono::nanoseconds(real));
  note.wall = WallTime(Milliseconds(wall));
  return note;
}

NoteFile::NoteFile(const std::string& path) : fd_(open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644)) {
  if (fd_ < 0) throw std::runtime_error("cannot open " + path);
}

NoteFile::~NoteFile() { close(fd_); }

void NoteFile::Append(const Note& note) const {
  const std::string line = Line(note);
  if (write(fd_, line.data(), line.size()) != static_cast<ssize_t>(line.size())) {
    throw std::runtime_error("cannot write a note");
  }
}

std::vector<Note> NoteReader::Read() {
  std::vector<Note> notes;
  std::ifstream file(path_, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset_));
  const std::string text(std::istreambuf_iterator<char>(file), {});
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    notes.push_back(ParseNote(std::string_view(text).substr(begin, end - begin)));
    begin = end + 1;
  }
  offset_ += begin;
  return notes;
}

}  // namespace rota::chaos
