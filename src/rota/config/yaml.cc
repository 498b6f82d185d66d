#include "rota/config/yaml.h"

#include <yaml.h>

#include <algorithm>
#include <map>
#include <utility>

#include "rota/base/check.h"
#include "rota/base/text.h"

namespace rota::yaml {
namespace {

std::string_view View(const yaml_char_t* text) {
  return text == nullptr ? std::string_view() : std::string_view(reinterpret_cast<const char*>(text));
}

Position ToPosition(const yaml_mark_t& mark) {
  return {static_cast<int>(mark.line) + 1, static_cast<int>(mark.column) + 1};
}

// The place of a byte, for errors that libyaml reports before it counts lines.
Position PositionOfByte(std::string_view text, std::size_t offset) {
  Position position;
  for (const char c : text.substr(0, offset)) {
    if (c == '\n') {
      ++position.line;
      position.column = 1;
    } else if ((static_cast<unsigned char>(c) & 0xc0) != 0x80) {
      ++position.column;
    }
  }
  return position;
}

// A line of the text up to a place in it, and from there on.
struct CutLine {
  std::string_view before;
  std::string_view after;
};

CutLine CutAt(std::string_view text, Position position) {
  const std::vector<std::string_view> lines = Split(text, '\n');
  const auto line = static_cast<std::size_t>(position.line - 1);
  if (line >= lines.size()) return {};
  std::size_t at = 0;
  for (int column = 0; at < lines[line].size(); ++at) {
    if ((static_cast<unsigned char>(lines[line][at]) & 0xc0) != 0x80 && ++column == position.column) break;
  }
  return {lines[line].substr(0, at), lines[line].substr(at)};
}

// The character with which a text began that libyaml took for something of its own; nothing if it did not.
std::string_view MistakenBeginning(std::string_view text, const yaml_parser_t& parser) {
  if (parser.context == nullptr) return {};
  const bool at_beginning =
      parser.error == YAML_SCANNER_ERROR || std::string_view(parser.context).starts_with("while parsing a flow");
  const CutLine cut = CutAt(text, ToPosition(at_beginning ? parser.context_mark : parser.problem_mark));
  const std::string_view before = Trim(cut.before);
  if (before.ends_with(']')) return "[";  // `[ -f x ] && y`: what follows a list on its line.
  if (before.ends_with('}')) return "{";
  const std::string_view first = at_beginning ? cut.after.substr(0, 1) : std::string_view();
  return std::string_view("*&!%@`{[").find(first) == std::string_view::npos ? std::string_view() : first;
}

// An event of libyaml; frees what the library allocated for it.
class Event {
 public:
  Event() = default;
  ~Event() { yaml_event_delete(&event_); }
  Event(const Event&) = delete;
  Event& operator=(const Event&) = delete;

  yaml_event_t* get() { return &event_; }
  const yaml_event_t* operator->() const { return &event_; }
  Position position() const { return ToPosition(event_.start_mark); }

 private:
  yaml_event_t event_{};
};

// Turns the events of one document into nodes. Recursion is bounded by the depth limit.
class Reader {
 public:
  Reader(std::string_view text, std::string_view file_name, const Limits& limits)
      : text_(text), file_name_(file_name), limits_(limits) {
    ROTA_CHECK(yaml_parser_initialize(&parser_) == 1, "out of memory");
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  ~Reader() { yaml_parser_delete(&parser_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  Result<Node> ReadStream();

 private:
  tl::unexpected<Status> Refuse(Position position, std::string_view message) const {
    return Fail(Status(StatusCode::kInvalidArgument, At(file_name_, position, message)));
  }
  Status Next(Event& event);
  Result<Node> ReadNode(const Event& event, int depth);
  Result<Node> ReadAlias(const Event& event);
  Status ReadItems(Node& node, int depth);
  Status ReadEntries(Node& node, int depth);
  Result<Node::Entry> ReadKey(const Event& event) const;
  Status SpendOnAliases(std::size_t nodes, Position position);

  const std::string_view text_;
  const std::string_view file_name_;
  const Limits limits_;
  yaml_parser_t parser_{};
  std::map<std::string, Node, std::less<>> anchors_;
  std::size_t nodes_ = 0;
  std::size_t alias_nodes_ = 0;
};

Status Reader::Next(Event& event) {
  if (yaml_parser_parse(&parser_, event.get()) == 1) return Status::Ok();
  Position position = ToPosition(parser_.problem_mark);
  std::string problem = parser_.problem == nullptr ? "unreadable" : parser_.problem;
  if (parser_.error == YAML_READER_ERROR) position = PositionOfByte(text_, parser_.problem_offset);
  if (parser_.error == YAML_SCANNER_ERROR && CutAt(text_, position).after.starts_with('\t')) {
    problem = "a tab cannot indent: use spaces";
  }
  if (const std::string_view first = MistakenBeginning(text_, parser_); !first.empty()) {
    problem += Format("; a text that begins with {} needs quotes", first);
  }
  return Refuse(position, Format("not valid YAML: {}", problem)).value();
}

Result<Node> Reader::ReadStream() {
  Node root;
  for (bool seen = false;;) {
    Event event;
    if (Status status = Next(event); !status.ok()) return Fail(std::move(status));
    switch (event->type) {
      case YAML_STREAM_END_EVENT:
        return root;
      case YAML_STREAM_START_EVENT:
      case YAML_DOCUMENT_END_EVENT:
        continue;
      case YAML_DOCUMENT_START_EVENT:
        if (seen) return Refuse(event.position(), "a second document begins here: expected one document a file");
        seen = true;
        continue;
      default:
        break;
    }
    Result<Node> node = ReadNode(event, 1);
    if (!node) return node;
    root = *std::move(node);
  }
}

std::size_t CountNodes(const Node& node) {
  std::size_t count = 1;
  for (const Node& item : node.items) count += CountNodes(item);
  for (const Node::Entry& entry : node.entries) count += 1 + CountNodes(entry.value);
  return count;
}

Status Reader::SpendOnAliases(std::size_t nodes, Position position) {
  alias_nodes_ += nodes;
  if (alias_nodes_ <= limits_.alias_nodes) return Status::Ok();
  return Refuse(position, Format("anchors and aliases expand to more than {} nodes", limits_.alias_nodes)).value();
}

Result<Node> Reader::ReadAlias(const Event& event) {
  const std::string_view name = View(event->data.alias.anchor);
  const auto found = anchors_.find(name);
  if (found == anchors_.end()) {
    return Refuse(event.position(),
                  Format("alias *{}: no anchor &{} stands before it", Printable(name), Printable(name)));
  }
  if (Status status = SpendOnAliases(CountNodes(found->second), event.position()); !status.ok()) {
    return Fail(std::move(status));
  }
  return found->second;
}

bool IsNull(const yaml_event_t& event) {
  constexpr std::string_view kNulls[] = {"", "~", "null", "Null", "NULL"};
  return event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE &&
         std::ranges::find(kNulls, View(event.data.scalar.value)) != std::end(kNulls);
}

Result<Node> Reader::ReadNode(const Event& event, int depth) {
  if (event->type == YAML_ALIAS_EVENT) return ReadAlias(event);
  Node node;
  node.position = event.position();
  if (depth > limits_.depth) return Refuse(node.position, Format("nested deeper than {} levels", limits_.depth));
  if (++nodes_ > limits_.nodes) return Refuse(node.position, Format("more than {} nodes", limits_.nodes));

  std::string_view anchor, tag;
  Status status;
  if (event->type == YAML_SCALAR_EVENT) {
    const auto& scalar = event->data.scalar;
    anchor = View(scalar.anchor);
    tag = View(scalar.tag);
    node.kind = IsNull(*event.operator->()) ? Node::Kind::kNull : Node::Kind::kScalar;
    node.text.assign(reinterpret_cast<const char*>(scalar.value), scalar.length);
  } else if (event->type == YAML_SEQUENCE_START_EVENT) {
    anchor = View(event->data.sequence_start.anchor);
    tag = View(event->data.sequence_start.tag);
    node.kind = Node::Kind::kSequence;
    status = ReadItems(node, depth);
  } else {
    ROTA_CHECK(event->type == YAML_MAPPING_START_EVENT, "libyaml promises a node here");
    anchor = View(event->data.mapping_start.anchor);
    tag = View(event->data.mapping_start.tag);
    node.kind = Node::Kind::kMapping;
    status = ReadEntries(node, depth);
  }
  if (!status.ok()) return Fail(std::move(status));
  if (!tag.empty()) return Refuse(node.position, Format("tag {}: tags are not allowed", Printable(tag)));
  if (!anchor.empty()) {
    if (status = SpendOnAliases(CountNodes(node), node.position); !status.ok()) return Fail(std::move(status));
    anchors_.insert_or_assign(std::string(anchor), node);
  }
  return node;
}

Status Reader::ReadItems(Node& node, int depth) {
  for (;;) {
    Event event;
    if (Status status = Next(event); !status.ok()) return status;
    if (event->type == YAML_SEQUENCE_END_EVENT) return Status::Ok();
    Result<Node> item = ReadNode(event, depth + 1);
    if (!item) return item.error();
    node.items.push_back(*std::move(item));
  }
}

Result<Node::Entry> Reader::ReadKey(const Event& event) const {
  const Position position = event.position();
  if (event->type != YAML_SCALAR_EVENT || event->data.scalar.anchor != nullptr || event->data.scalar.tag != nullptr) {
    return Refuse(position, "this key is not plain text: expected key: value");
  }
  const auto& scalar = event->data.scalar;
  return Node::Entry{std::string(reinterpret_cast<const char*>(scalar.value), scalar.length), position, Node()};
}

Status Reader::ReadEntries(Node& node, int depth) {
  std::map<std::string, Position, std::less<>> seen;
  for (;;) {
    Event event;
    if (Status status = Next(event); !status.ok()) return status;
    if (event->type == YAML_MAPPING_END_EVENT) return Status::Ok();
    Result<Node::Entry> entry = ReadKey(event);
    if (!entry) return entry.error();
    const auto [first, is_new] = seen.emplace(entry->key, entry->position);
    if (!is_new) {
      return Refuse(entry->position,
                    Format("key \"{}\" is given twice, first on line {}", Printable(entry->key), first->second.line))
          .value();
    }
    Event value_event;
    if (Status status = Next(value_event); !status.ok()) return status;
    Result<Node> value = ReadNode(value_event, depth + 1);
    if (!value) return value.error();
    entry->value = *std::move(value);
    node.entries.push_back(*std::move(entry));
  }
}

}  // namespace

const Node* Find(const Node& mapping, std::string_view key) {
  const auto entry = std::ranges::find(mapping.entries, key, &Node::Entry::key);
  return entry == mapping.entries.end() ? nullptr : &entry->value;
}

std::string At(std::string_view file_name, Position position, std::string_view message) {
  return Format("{}:{}:{}: {}", Printable(file_name), position.line, position.column, message);
}

Result<Node> Parse(std::string_view text, std::string_view file_name, const Limits& limits) {
  if (text.size() > limits.bytes) {
    return Fail(InvalidArgument("{}: larger than {} bytes", Printable(file_name), limits.bytes));
  }
  return Reader(text, file_name, limits).ReadStream();
}

}  // namespace rota::yaml
