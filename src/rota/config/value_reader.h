#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rota/base/instant.h"
#include "rota/base/status.h"
#include "rota/config/yaml.h"

namespace rota {

// Tells the value of an environment variable, or nothing when it is not set.
using Environment = std::function<std::optional<std::string>(std::string_view name)>;

// Replaces ${NAME} and ${NAME:-default} (the default also where the variable is empty) by what the environment holds;
// `$${` stands for `${`. A lone `$` is text, and what a variable holds is not looked at again. Errors:
// kInvalidArgument for a variable that is not set, a name that is none, and a `${` without its `}`.
Result<std::string> ExpandVariables(std::string_view text, const Environment& environment);

// A value of the file with its place in it.
template <typename T>
struct Located {
  T value{};
  yaml::Position position;
};

// What a scalar means: how it is read and how its type reads in messages and in the documentation.
template <typename T>
struct ValueType {
  std::string words;  // Follows "expected": "an integer from 1 to 1024".
  // Errors: a message that goes after the key's name, without place.
  std::function<Result<T>(const std::string& text)> parse;
};

ValueType<std::string> Text();      // Any, also "" when written so; no NUL, which would cut it short.
ValueType<std::string> Line();      // Printable and not empty.
ValueType<std::string> ZoneName();  // A name of the IANA database.
ValueType<std::string> TimeOfDay();
ValueType<bool> Boolean();  // true, false
ValueType<int> Integer(int least, int most);
ValueType<Milliseconds> Duration(Milliseconds least, Milliseconds most);
ValueType<std::int64_t> Size(std::int64_t least, std::int64_t most);  // 500, 64KB, 10MB, 1GB: powers of 1024.

// `"value": expected what` with the value fit for one line, cut when it is long.
Status Expected(std::string_view value, std::string_view what);

// One of some words.
template <typename T>
ValueType<T> OneOf(std::vector<std::pair<std::string, T>> words) {
  std::string list;
  for (const auto& [word, value] : words) {
    if (!list.empty()) list += &word == &words.back().first ? " or " : ", ";
    list += word;
  }
  return {list, [words, list](const std::string& text) -> Result<T> {
            for (const auto& [word, value] : words) {
              if (word == text) return value;
            }
            return Fail(Expected(text, list));
          }};
}

// What a node is, in words, for "expected a map, found a list".
std::string_view Describe(yaml::Node::Kind kind);

// Reads values and collects what is wrong with them, so that one pass over a file reports all of its mistakes.
class ValueReader {
 public:
  // A node and the name under which messages speak of it: "server.workers".
  struct Place {
    const yaml::Node& node;
    std::string name;
  };

  ValueReader(std::string file_name, Environment environment)
      : file_name_(std::move(file_name)), environment_(std::move(environment)) {}

  void Refuse(yaml::Position position, std::string_view message);

  template <typename T>
  std::optional<T> Read(const Place& place, const ValueType<T>& type) {
    const std::optional<std::string> text = Scalar(place, type.words);
    if (!text) return std::nullopt;
    Result<T> value = type.parse(*text);
    if (value) return *std::move(value);
    Refuse(place.node.position, Format("{}: {}", place.name, value.error()));
    return std::nullopt;
  }

  // Refuses what is not a list, showing how one is written.
  bool IsList(const Place& place, std::string_view example);

  // A list of scalars; nothing when one of them is wrong.
  template <typename T>
  std::optional<std::vector<T>> ReadList(const Place& place, const ValueType<T>& type, std::string_view example) {
    if (!IsList(place, example)) return std::nullopt;
    std::vector<T> values;
    for (const yaml::Node& item : place.node.items) {
      if (std::optional<T> value = Read(Place{item, place.name}, type)) values.push_back(*std::move(value));
    }
    if (values.size() != place.node.items.size()) return std::nullopt;
    return values;
  }

  std::size_t mistakes() const { return mistakes_.size(); }
  // Success, or one error with a line for each mistake in the order of the file.
  Status status() const;

 private:
  std::optional<std::string> Scalar(const Place& place, std::string_view expected);

  const std::string file_name_;
  const Environment environment_;
  std::vector<std::pair<yaml::Position, std::string>> mistakes_;
};

}  // namespace rota
