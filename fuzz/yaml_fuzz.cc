#include <cstddef>
#include <cstdint>
#include <string_view>

#include "rota/base/check.h"
#include "rota/config/yaml.h"

// Any bytes are a document or are refused with a place: never a crash, a hang or a memory full of aliases.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const rota::Result<rota::yaml::Node> document = rota::yaml::Parse(text, "fuzz.yaml");
  if (!document.has_value()) {
    ROTA_CHECK(document.error().message().starts_with("fuzz.yaml"), "a refusal without a place");
  }
  return 0;
}
