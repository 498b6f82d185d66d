#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace rota {

// Returns the candidate nearest to `word` by edits (insert, delete, replace, swap of neighbours; case ignored), or
// nothing when the nearest needs more than a third of the word's length: then a suggestion would only confuse.
std::optional<std::string> ClosestMatch(std::string_view word, std::span<const std::string> candidates);

// `; did you mean "x"?` or an empty text: to be appended to an error message.
std::string DidYouMean(std::string_view word, std::span<const std::string> candidates);

}  // namespace rota
