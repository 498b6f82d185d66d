#include "rota/coordination/redis/keys.h"

#include "rota/base/format.h"
#include "rota/base/hash.h"

namespace rota::redis {
namespace {

// Keeps what would end a part of the name or the hash tag out of it, and line breaks out of terminals.
std::string Encode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = c > ' ' && c != 0x7f && std::string_view("{}:%").find(c) == std::string_view::npos;
    const bool high = static_cast<unsigned char>(c) >= 0x80;  // Other scripts' letters stay readable.
    if (plain || high) {
      encoded += c;
    } else {
      encoded += Format("%{:02X}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    }
  }
  return encoded;
}

}  // namespace

int ShardOf(const TaskId& task, int shards) {
  const std::uint64_t hash = StableHash(task);
  return static_cast<int>(((hash >> 32) * static_cast<std::uint64_t>(shards)) >> 32);
}

Keys::Keys(std::string_view app, std::string_view environment)
    : tag_(Format("{{rota:{}:{}:", Encode(app), Encode(environment))) {}

std::vector<std::string> Keys::OfShard(int shard) const {
  std::vector<std::string> names;
  for (const std::string_view part : {"meta", "scopes", "leases", "records", "history", "pauses", "suspects"}) {
    names.push_back(Name(shard, part));
  }
  return names;
}

std::vector<std::string> Keys::OfFleet() const {
  return {tag_ + "fleet}:meta", tag_ + "fleet}:servers", tag_ + "fleet}:manifests"};
}

std::string Keys::Name(int shard, std::string_view part) const { return Format("{}{}}}:{}", tag_, shard, part); }

}  // namespace rota::redis
