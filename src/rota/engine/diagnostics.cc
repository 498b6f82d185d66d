#include "rota/engine/diagnostics.h"

#include "rota/base/check.h"

namespace rota {

std::string_view Name(Severity severity) {
  switch (severity) {
    case Severity::kNote:
      return "note";
    case Severity::kWarning:
      return "warning";
    case Severity::kError:
      return "error";
  }
  ROTA_CHECK(false, "unknown severity");
}

}  // namespace rota
