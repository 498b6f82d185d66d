#pragma once

#include <cstddef>
#include <string>

#include "rota/base/status.h"

namespace rota {

// The bytes of a regular file; it never waits for a pipe or a device. Errors: kNotFound when there is no such file,
// kUnavailable when it cannot be read or is no regular file, kInvalidArgument when it has more than `limit`.
Result<std::string> ReadBytes(const std::string& path, std::size_t limit);

}  // namespace rota
