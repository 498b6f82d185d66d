#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/instant.h"

namespace rota::chaos {

// The variable that names the file in which workers note what they do.
inline constexpr const char* kNotesVariable = "CHAOS_NOTES";

// What a run leaves in the file when it begins and when it ends: the only witness that no store can mislead.
struct Note {
  enum class Kind { kStart, kEnd };
  Kind kind = Kind::kStart;
  std::string task;
  WallTime at;  // The scheduled instant.
  std::uint64_t token = 0;
  std::string server;
  std::string run_id;
  pid_t pid = 0;
  SteadyTime real;  // The machine's own time, the same for all processes whatever their clocks say.
  WallTime wall;    // What the worker's clock said.
};

// One line, with its end: `start second 1700000000000 17 web-1 01J… 4711 8830012345678 1700000000003`.
std::string Line(const Note& note);
// Reads what Line() writes. Throws std::runtime_error for anything else.
Note ParseNote(std::string_view line);

// Appends the note to the file with one write, so that notes of several processes stay whole and in order. Throws
// std::runtime_error when that fails.
class NoteFile {
 public:
  explicit NoteFile(const std::string& path);
  ~NoteFile();
  NoteFile(const NoteFile&) = delete;
  NoteFile& operator=(const NoteFile&) = delete;
  void Append(const Note& note) const;

 private:
  int fd_;
};

// Follows a file of notes as it grows.
class NoteReader {
 public:
  explicit NoteReader(std::string path) : path_(std::move(path)) {}
  // The notes that came since the last call; none as long as there is no file.
  std::vector<Note> Read();

 private:
  std::string path_;
  std::size_t offset_ = 0;
};

}  // namespace rota::chaos
