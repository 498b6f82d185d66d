#pragma once

#include <optional>
#include <string>
#include <vector>

#include "rota/config/calendars.h"
#include "rota/config/key.h"
#include "rota/config/options.h"
#include "rota/config/task_keys.h"
#include "rota/config/value_reader.h"

namespace rota {

// What one file says.
struct FileContents {
  Options options;
  std::optional<Located<CoordinationDriver>> driver;  // As written; options hold what follows from it.
  std::vector<CalendarEntry> calendars;
  std::vector<TaskEntry> tasks;
};

struct Section {
  std::string name;
  std::string meaning;
  std::vector<Key<FileContents>> keys;
};

// All sections but `calendars` and `tasks`, and the keys of a calendar, in the order of the documentation.
const std::vector<Section>& Sections();
const std::vector<Key<CalendarEntry>>& CalendarKeys();

// Reads a whole file. What is wrong is left with the reader.
FileContents ReadFile(const yaml::Node& root, ValueReader& reader);

// The tables of docs/configuration.md, in Markdown.
std::string KeysAsMarkdown();

}  // namespace rota
