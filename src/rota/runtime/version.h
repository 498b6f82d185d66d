#pragma once

namespace rota {

// The version of the library, as --version prints it and servers announce it.
extern const char kVersion[];

}  // namespace rota
