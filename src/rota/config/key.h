#pragma once

#include <algorithm>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "rota/config/value_reader.h"
#include "rota/config/yaml.h"

namespace rota {

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
void Assign(std::optional<T>& slot, T value, yaml::Position) {
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

// A key with a list of values.
template <typename Target, typename T, typename Slot>
Key<Target> List(std::string name, ValueType<T> type, std::string_view example, std::string meaning, Slot slot) {
  std::string words = "a list: " + type.words;
  return {
      std::move(name), std::move(words), "", std::move(meaning),
      [type = std::move(type), example, slot](ValueReader& reader, const ValueReader::Place& place, Target& target) {
        if (auto values = reader.ReadList(place, type, example)) {
          Assign(std::invoke(slot, target), *std::move(values), place.node.position);
        }
      }};
}

template <typename Named>
std::vector<std::string> Names(const std::vector<Named>& named) {
  std::vector<std::string> names;
  for (const Named& one : named) names.push_back(one.name);
  return names;
}

// Refuses a key that is none of the `known` ones.
void RefuseKey(ValueReader& reader, const yaml::Node::Entry& entry, std::string_view place,
               const std::vector<std::string>& known);

// True if the node is a map that is to be read. Nothing at all, as where each of a section's lines is a comment, is
// an empty map.
bool IsMap(ValueReader& reader, const ValueReader::Place& place, std::string_view expected);

// Reads the entries of a map by their table. `prefix` begins the keys' names in messages.
template <typename Target>
void ReadKeys(ValueReader& reader, const ValueReader::Place& map, std::string_view prefix,
              const std::vector<Key<Target>>& keys, Target& target) {
  for (const yaml::Node::Entry& entry : map.node.entries) {
    const auto key = std::ranges::find(keys, entry.key, &Key<Target>::name);
    if (key == keys.end()) {
      RefuseKey(reader, entry, map.name, Names(keys));
    } else {
      key->read(reader, {entry.value, std::string(prefix) + key->name}, target);
    }
  }
}

}  // namespace rota
