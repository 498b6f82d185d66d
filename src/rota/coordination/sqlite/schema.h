#pragma once

#include "rota/base/status.h"
#include "rota/coordination/sqlite/connection.h"

namespace rota::sqlite {

// Makes the tables in an empty file, and refuses one of a newer version or of another program (kInvalidArgument).
Status UseSchema(Connection& connection);

}  // namespace rota::sqlite
