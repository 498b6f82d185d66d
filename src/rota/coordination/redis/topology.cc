#include "rota/coordination/redis/topology.h"

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <iterator>
#include <utility>

#include "rota/base/text.h"

namespace rota::redis {
namespace {

std::uint16_t Crc16(std::string_view bytes) {
  std::uint16_t crc = 0;
  for (const char byte : bytes) {
    crc = static_cast<std::uint16_t>(crc ^ (static_cast<unsigned char>(byte) << 8));
    for (int bit = 0; bit < 8; ++bit) {
      crc = static_cast<std::uint16_t>((crc << 1) ^ ((crc & 0x8000) != 0 ? 0x1021 : 0));
    }
  }
  return crc;
}

std::string_view HashedPart(std::string_view key) {
  const std::size_t open = key.find('{');
  if (open == std::string_view::npos) return key;
  const std::size_t close = key.find('}', open);
  if (close == std::string_view::npos || close == open + 1) return key;
  return key.substr(open + 1, close - open - 1);
}

std::optional<int> ParseNumber(std::string_view text) {
  int number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace

int SlotOf(std::string_view key) { return Crc16(HashedPart(key)) % kSlots; }

Result<SlotMap> SlotMap::Parse(const Reply& reply, const RedisAddress& asked) {
  const auto bad = [] { return Fail(Unavailable("the answer to CLUSTER SLOTS is no list of slots")); };
  if (reply.kind != Reply::Kind::kArray) return bad();
  SlotMap map;
  for (const Reply& range : reply.items) {
    // The first slot, the last one, the primary, its replicas; a server is a host, a port, and more in later versions.
    if (range.items.size() < 3 || range.items[2].items.size() < 2) return bad();
    const std::int64_t first = range.items[0].integer;
    const std::int64_t last = range.items[1].integer;
    const Reply& host = range.items[2].items[0];
    const std::int64_t port = range.items[2].items[1].integer;
    if (first < 0 || last < first || last >= kSlots || port < 1 || port > 65535) return bad();
    const bool nameless = host.text.empty() || host.text == "?";
    map.ranges_[static_cast<int>(first)] = {
        .end = static_cast<int>(last),
        .primary = {.address = {.host = nameless ? asked.host : host.text, .port = static_cast<int>(port)},
                    .socket = {}}};
  }
  return map;
}

std::optional<Endpoint> SlotMap::At(int slot) const {
  const auto after = ranges_.upper_bound(slot);
  if (after == ranges_.begin()) return std::nullopt;
  const auto& range = std::prev(after)->second;
  if (range.end < slot) return std::nullopt;
  return range.primary;
}

std::vector<Endpoint> SlotMap::Primaries() const {
  std::vector<Endpoint> primaries;
  for (const auto& [first, range] : ranges_) {
    if (std::find(primaries.begin(), primaries.end(), range.primary) == primaries.end()) {
      primaries.push_back(range.primary);
    }
  }
  return primaries;
}

std::optional<Endpoint> ParseAddress(std::string_view text, const RedisAddress& asked) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::nullopt;
  const std::optional<int> port = ParseNumber(text.substr(colon + 1));
  if (!port) return std::nullopt;
  const std::string host(text.substr(0, colon));
  return Endpoint{.address = {.host = host.empty() ? asked.host : host, .port = *port}, .socket = {}};
}

std::optional<Redirection> ParseRedirection(std::string_view error, const RedisAddress& asked) {
  const std::vector<std::string_view> words = Split(error, ' ');
  if (words.size() < 3 || (words[0] != "MOVED" && words[0] != "ASK")) return std::nullopt;
  std::optional<Endpoint> to = ParseAddress(words[2], asked);
  if (!to) return std::nullopt;
  const auto kind = words[0] == "MOVED" ? Redirection::Kind::kMoved : Redirection::Kind::kAsk;
  return Redirection{.kind = kind, .to = *std::move(to)};
}

}  // namespace rota::redis
