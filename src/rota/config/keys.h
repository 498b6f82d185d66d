#pragma once

#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "rota/config/calendars.h"
#include "rota/config/options.h"
#include "rota/config/value_reader.h"
#include "rota/cron/next.h"
#include "rota/schedule/business_days.h"
#include "rota/schedule/task.h"

namespace rota {

// One element of `tasks:`, as written. Absent keys are empty.
struct TaskEntry {
  using Window = std::pair<std::string, std::string>;

  yaml::Position position;
  std::optional<Located<std::string>> name;
  std::optional<Located<std::string>> description;
  std::optional<Located<std::string>> schedule;
  std::optional<Located<CronDialect>> dialect;
  std::optional<Located<std::string>> timezone;
  std::optional<Located<std::string>> on;
  std::optional<Located<std::string>> except;
  std::optional<Located<Shift>> shift;
  std::optional<Located<int>> business_day;
  std::optional<Located<DstGap>> dst_gap;
  std::optional<Located<DstOverlap>> dst_overlap;
  std::optional<Located<std::string>> command;
  std::optional<Located<std::vector<std::string>>> arguments;
  std::optional<Located<std::vector<std::string>>> exec;
  std::optional<Located<std::string>> shell;
  std::optional<Located<bool>> unique;
  std::optional<Located<bool>> without_overlapping;
  std::optional<Located<Milliseconds>> lock_timeout;
  std::optional<Located<Milliseconds>> timeout;
  std::optional<Located<Milliseconds>> kill_after;
  std::optional<Located<RetryPolicy>> retry;
  std::optional<Located<std::vector<std::string>>> environments;
  std::optional<Located<Window>> between;
  std::optional<Located<Window>> unless_between;
  std::optional<Located<std::vector<std::string>>> tags;
};

// What one file says.
struct FileContents {
  Options options;
  std::optional<Located<CoordinationDriver>> driver;  // As written; options hold what follows from it.
  std::vector<CalendarEntry> calendars;
  std::vector<TaskEntry> tasks;
};

// A key of the file: how it is read, and what the documentation says of it. Reader, suggestions and documentation all
// come from the one table of keys.
template <typename Target>
struct Key {
  std::string name;
  std::string type;           // "an integer from 1 to 1024"
  std::string default_value;  // As one would write it in the file; empty: none.
  std::string meaning;
  std::function<void(ValueReader& reader, const ValueReader::Place& place, Target& target)> read;
};

template <typename T>
void Assign(T& slot, T value, yaml::Position) {
  slot = std::move(value);
}
template <typename T>
void Assign(std::optional<Located<T>>& slot, T value, yaml::Position position) {
  slot = Located<T>{std::move(value), position};
}

// A key with a single value; `slot` tells where in the target it goes.
template <typename Target, typename T, typename Slot>
Key<Target> Value(std::string name, ValueType<T> type, std::string default_value, std::string meaning, Slot slot) {
  std::string words = type.words;
  return {std::move(name), std::move(words), std::move(default_value), std::move(meaning),
          [type = std::move(type), slot](ValueReader& reader, const ValueReader::Place& place, Target& target) {
            if (std::optional<T> value = reader.Read(place, type)) {
              Assign(std::invoke(slot, target), *std::move(value), place.node.position);
            }
          }};
}

struct Section {
  std::string name;
  std::string meaning;
  std::vector<Key<FileContents>> keys;
};

// All sections but `calendars` and `tasks`, and the keys of a calendar, of a task and of its `retry`, in the order of
// the documentation.
const std::vector<Section>& Sections();
const std::vector<Key<CalendarEntry>>& CalendarKeys();
const std::vector<Key<TaskEntry>>& TaskKeys();
const std::vector<Key<RetryPolicy>>& RetryKeys();

// Reads a whole file. What is wrong is left with the reader.
FileContents ReadFile(const yaml::Node& root, ValueReader& reader);

// The tables of docs/configuration.md, in Markdown.
std::string KeysAsMarkdown();

}  // namespace rota
