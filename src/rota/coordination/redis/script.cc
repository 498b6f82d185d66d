#include <openssl/sha.h>

#include <array>
#include <utility>

#include "rota/coordination/redis/client.h"

namespace rota::redis {
namespace {

// Servers know a script by the SHA-1 of its text, in lowercase (redis.io/commands/evalsha).
std::string Sha1(std::string_view text) {
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string sha1;
  for (const unsigned char byte : digest) {
    sha1 += kDigits[byte >> 4];
    sha1 += kDigits[byte & 15];
  }
  return sha1;
}

}  // namespace

Script::Script(std::string text) : text_(std::move(text)), sha1_(Sha1(text_)) {}

}  // namespace rota::redis
