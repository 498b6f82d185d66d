#include "rota/config/key.h"

#include "rota/base/format.h"
#include "rota/base/suggest.h"
#include "rota/base/text.h"

namespace rota {

void RefuseKey(ValueReader& reader, const yaml::Node::Entry& entry, std::string_view place,
               const std::vector<std::string>& known) {
  reader.Refuse(entry.position, Format("unknown key \"{}\" in {}{}; allowed: {}", Printable(entry.key), place,
                                       DidYouMean(entry.key, known), Join(known, ", ")));
}

// True if the node is a map that is to be read. Nothing at all, as where each of a section's lines is a comment, is
// an empty map.
bool IsMap(ValueReader& reader, const ValueReader::Place& place, std::string_view expected) {
  if (place.node.kind == yaml::Node::Kind::kMapping) return true;
  if (place.node.kind != yaml::Node::Kind::kNull) {
    reader.Refuse(place.node.position,
                  Format("{}: expected {}, found {}", place.name, expected, Describe(place.node.kind)));
  }
  return false;
}

}  // namespace rota
