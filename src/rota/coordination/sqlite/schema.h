#pragma once

#include <string>

#include "rota/base/status.h"
#include "rota/coordination/sqlite/connection.h"

namespace rota::sqlite {

// Makes the tables in an empty file, and refuses one of a newer version or of another program (kInvalidArgument).
// `path` is for the messages.
Status UseSchema(Connection& connection, const std::string& path);

}  // namespace rota::sqlite
