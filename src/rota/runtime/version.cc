#include "rota/runtime/version.h"

namespace rota {

const char kVersion[] = ROTA_VERSION;

}  // namespace rota
