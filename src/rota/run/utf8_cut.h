#pragma once

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace rota {

// The length of `text` without the UTF-8 sequence that its end breaks off, if there is one: where to cut what goes on.
// Not zero unless the text is empty or shorter than a sequence.
inline std::size_t CompleteLength(std::string_view text) {
  for (std::size_t back = 1; back <= std::min<std::size_t>(3, text.size()); ++back) {
    const auto byte = static_cast<unsigned char>(text[text.size() - back]);
    if ((byte & 0xc0) == 0x80) continue;  // Of a sequence that began before.
    const std::size_t length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1;
    return length > back ? text.size() - back : text.size();
  }
  return text.size();
}

}  // namespace rota
