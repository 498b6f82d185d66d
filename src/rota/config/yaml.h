#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "rota/base/status.h"

namespace rota::yaml {

// A place in a document: both from 1; columns count characters.
struct Position {
  int line = 1;
  int column = 1;
  friend auto operator<=>(const Position&, const Position&) = default;
};

// A node of a document, with its place. What an alias stands for keeps the place of its definition.
struct Node {
  enum class Kind {
    kNull,  // A plain scalar that is empty, `~` or `null`.
    kScalar,
    kSequence,
    kMapping,
  };
  struct Entry;

  Kind kind = Kind::kNull;
  Position position;
  std::string text;            // kScalar: quotes and escapes are resolved.
  std::vector<Node> items;     // kSequence.
  std::vector<Entry> entries;  // kMapping: in the order of the document, keys are unique.
};

struct Node::Entry {
  std::string key;
  Position position;  // Of the key.
  Node value;
};

// What a document may cost. Aliases count what they expand to, so that a few lines cannot fill the memory.
struct Limits {
  std::size_t bytes = 8 * 1024 * 1024;
  std::size_t nodes = 1'000'000;
  std::size_t alias_nodes = 100'000;
  int depth = 32;
};

// Reads one document of YAML 1.1 in UTF-8; an empty text is a kNull node. Refuses what hides mistakes: a key given
// twice, a key that is not a scalar, tags, and a second document. Errors: kInvalidArgument, "file:line:column: …".
Result<Node> Parse(std::string_view text, std::string_view file_name, const Limits& limits = {});

// What a mapping has for the key; null: nothing.
const Node* Find(const Node& mapping, std::string_view key);

// "config/config.yaml:12:5: message".
std::string At(std::string_view file_name, Position position, std::string_view message);

}  // namespace rota::yaml
