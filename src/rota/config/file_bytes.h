#pragma once

#include <cstddef>
#include <string>

#include "rota/base/status.h"

namespace rota {

// The bytes of a file. Errors: kNotFound when there is no such file, kUnavailable when it cannot be read,
// kInvalidArgument when it has more than `limit`.
Result<std::string> ReadBytes(const std::string& path, std::size_t limit);

}  // namespace rota
