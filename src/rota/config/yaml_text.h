#pragma once

#include <string>
#include <string_view>

namespace rota::yaml {

// The text as a scalar in double quotes. REQUIRES of this and the next: valid UTF-8.
std::string Quoted(std::string_view text);
// As a scalar that Parse() reads back, also within [ ]: plain where that is possible, else in quotes; on one line.
std::string Scalar(std::string_view text);

}  // namespace rota::yaml
